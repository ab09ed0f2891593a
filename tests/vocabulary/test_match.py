"""Skills found in running text, and the near misses that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.vocabulary.match import Vocabulary, load
from nutgraf.vocabulary.table import SKILL_COLUMNS, Table

FOUND = [
    ("Five years of Python and SQL.", "python sql"),
    ("python3 scripts and Structured Query Language", "python sql"),
    ("C++17, C# and C++", "cpp csharp cpp"),
    ("a .NET service, in ASP.NET", "dotnet dotnet"),
    ("Node.js, node js, NodeJS and Node", "node-js node-js node-js node-js"),
    ("Next.js with Vue.js", "next-js vue-js"),
    ("We write Go and Rust here", "go rust"),
    ("Golang services", "go"),
    ("Python, R and C", "python r c"),
    ("RStudio", "r"),
    ("You know Excel, Word and PowerPoint", "microsoft-excel microsoft-word microsoft-powerpoint"),
    ("MS Excel", "microsoft-excel"),
    ("pivot-tables and a pivot table", "pivot-tables pivot-tables"),
    ("front-end, frontend and front end work", "front-end-development front-end-development front-end-development"),
    ("e-commerce, ecommerce, e commerce", "e-commerce e-commerce e-commerce"),
    ("CI/CD and CI / CD", "ci-cd ci-cd"),
    ("PL/SQL on Oracle", "sql oracle-database"),
    ("REST APIs, a REST API", "rest-apis rest-apis"),
    ("dashboards; a dashboard", "dashboard-design dashboard-design"),
    ("Financial Planning & Analysis", "financial-planning-and-analysis"),
    ("financial planning and analysis (FP&A)", "financial-planning-and-analysis financial-planning-and-analysis"),
    ("P&L, M&A and R&D", "profit-and-loss-management mergers-and-acquisitions research-and-development"),
    ("month-end close in three days", "month-end-close"),
    ("accounts\npayable", "accounts-payable"),
    ("organisational design, organizational design", "organisational-design organisational-design"),
    ("data modelling and data modeling", "data-modelling data-modelling"),
    ("data visualization, data visualisation", "data-visualisation data-visualisation"),
    ("project managers manage projects", "project-management project-management"),
    ("machine learning engineers", "machine-learning"),
    ("A/B testing and SEO", "a-b-testing seo"),
    ("Kubernetes' API", "kubernetes api-design"),
    ("Photoshop/Illustrator/InDesign", "adobe-photoshop adobe-illustrator adobe-indesign"),
    ("stakeholder management, negotiation, mentoring", "stakeholder-management negotiation mentoring"),
    ("Lean Six Sigma", "six-sigma"),
    ("customer service skills", "customer-service"),
    ("triage and shift handovers", "triage shift-handover"),
    ("sourdough and bread baking", "sourdough bread-baking"),
    ("lesson plans, lesson planning", "lesson-planning lesson-planning"),
    ("trained in HACCP", "haccp"),
    ("drive to a WordPress site", "wordpress"),
]
MISSES = [
    "Go to the office and excel at it",
    "Go home. Excel in what you do.",
    "a swift reaction, a spark, and rust on the gate",
    "react to the news and express your views",
    "no access to a word of the outlook",
    "Vitamin C and plan B",
    "R. Smith and J. R. Hale wrote it",
    "javanese coffee and the scalability of ruby rings",
    "sequels are fun",
    "the teams met and zoomed out",
    "It is a slack season",
    "Sales rose by 4 percent",
    "We are hiring and we are an equal opportunity employer",
    "Follow us on Facebook, Instagram and LinkedIn",
    "https://example.org/python/sql?java=1 and python@example.org",
    "the budgetary of rails and the flask of tea",
    "drive results with passion",
    "the project; management said no",
    "machine, learning",
    "a machine. Learning is fun",
    "a new sketch of the notion",
    "plan, lead and help",
    "unity is strength",
    "our ambition, our focus, our energy level",
    "all rights reserved. Copyright 2026.",
    "a workday of eight hours",
    "the sage said so; oracle of the hills",
    "Teams that rest work better",
    "the General Services Administration and the Department of the Treasury",
    "C) the third of the points",
    "a change in design",
]


@pytest.mark.parametrize(("text", "ids"), FOUND)
def test_skills_are_found(text: str, ids: str) -> None:
    """Each skill is found under the names people write, in order."""
    assert [mention.skill.id for mention in load().find(text)] == ids.split()


@pytest.mark.parametrize("text", MISSES)
def test_near_misses_are_not(text: str) -> None:
    """Everyday words, initials, addresses and names cut by a stop are no skills."""
    assert [text[mention.start : mention.end] for mention in load().find(text)] == []


def test_offsets_are_of_the_given_text() -> None:
    """What is before the name, accents and odd spaces included, shifts the offsets and nothing else."""
    text = "Émile’s café — İstanbul: Python’s use,\u00a0data\u00a0analysis & “SQL”."

    assert [text[m.start : m.end] for m in load().find(text)] == ["Python", "data\u00a0analysis", "SQL"]


def test_the_longest_name_wins() -> None:
    """Overlapping names give one mention, the longest."""
    text = "project portfolio management office"

    assert [(m.skill.id, text[m.start : m.end]) for m in load().find(text)] == [
        ("portfolio-management-of-projects", "project portfolio management")
    ]


def test_a_letter_needs_a_witness() -> None:
    """R or C by itself is a letter; next to another skill it is a language; glued to a sign it is neither."""
    found = load().find

    assert found("Section R, part C") == []
    assert [m.skill.id for m in found("We use Python and R. Then we rest.")] == ["python", "r"]
    assert [m.skill.id for m in found("I&C and S&R with Java, at C-level")] == ["java"]
    assert [m.skill.id for m in found("R" + " " * 60 + "Python")] == ["python"]


def test_the_first_claim_on_a_name_stays() -> None:
    """Where two tables claim one name, the earlier one keeps it, and equal labels are one skill."""
    first = Table("a", SKILL_COLUMNS, (("tea", "tea tasting", "g", "cupping"),))
    second = Table(
        "b", SKILL_COLUMNS, (("cup", "cup making", "g", "cupping"), ("tea-2", "Tea tasting", "g", "sipping"))
    )
    vocabulary = Vocabulary([first, second])

    assert [m.skill.id for m in vocabulary.find("cupping, sipping, cup making")] == ["tea", "tea", "cup"]
    assert vocabulary.get("tea-2") == vocabulary.get("tea")
    assert len(vocabulary) == 2


def test_marks_say_how_a_name_is_found() -> None:
    """`=` is found as written only, `~` not in text; both are understood as a name by itself."""
    table = Table("a", SKILL_COLUMNS, (("go", "Go", "g", "=Go|~gopher"),))
    vocabulary = Vocabulary([table])

    assert [m.start for m in vocabulary.find("go Go gopher GO")] == [3]
    assert vocabulary.normalise("GO") == vocabulary.normalise("Gopher") == vocabulary.get("go")


def test_a_long_text_is_read_once() -> None:
    """Every mention of a text of half a million characters is found, hyphen chains included."""
    text = "a-" * 50_000 + " Python, front-end " * 20_000

    assert len(load().find(text)) == 40_000


@given(st.text(max_size=300))
def test_find_never_fails(text: str) -> None:
    """Any text can be read: mentions are in order, do not overlap and slice to something that is not blank."""
    ends = 0
    for mention in load().find(text):
        assert ends <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end].strip()
        ends = mention.end


@given(st.lists(st.sampled_from([*"-/.&'’ \n,;", "C++", "Node", ".js", "R", "front", "end", "Go", "Excel", "é"])))
def test_signs_between_words_never_break_it(pieces: list[str]) -> None:
    """Names cut and joined by any signs keep their offsets."""
    text = "".join(pieces)

    assert all(text[m.start : m.end].strip(" \n,;") == text[m.start : m.end] for m in load().find(text))
