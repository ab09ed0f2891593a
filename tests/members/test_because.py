"""Why a takeaway was chosen: only what the member's record says, in good English."""

import re
from dataclasses import replace
from typing import get_args

import pytest

from nutgraf.members.because import QUOTE_AT_MOST_CHARS, because, holds
from nutgraf.types import Because, Fact, FactKind, ItemKind, Snapshot
from tests.members.people import scope

TEXTS: dict[FactKind, str] = {
    "headline": "Ward nurse who likes data",
    "summary": "I build wards. I like trains.",
    "position": "Ward nurse at Hill Clinic",
    "highlight": "Cut waits from 19 to 11 minutes.",
    "education": "BSc, Nursing at Hill College",
    "certificate": "Triage Level 2",
    "skill": "Data pipelines",
    "guessed-skill": "Wound care",
    "language": "French",
    "interest": "sourdough baking",
    "goal": "I want to lead a ward.",
    "memory": "I can't work nights",
}
FACTS = {
    kind: Fact("headline" if kind == "headline" else f"{kind}.0", kind, text, guess=kind == "guessed-skill")
    for kind, text in TEXTS.items()
}
KNOWN = Snapshot(scope(), "Ana", tuple(FACTS.values()))
CLOSE = {
    "headline": "Because your profile says “Ward nurse who likes data”.",
    "summary": "Because of how you describe yourself.",
    "position": "Because of your work: Ward nurse at Hill Clinic.",
    "highlight": "Because it touches your own work: “Cut waits from 19 to 11 minutes”.",
    "education": "Because of your studies: BSc, Nursing at Hill College.",
    "certificate": "Because you hold the certificate “Triage Level 2”.",
    "skill": "Because your skills include Data pipelines.",
    "guessed-skill": "Because your job titles suggest Wound care (a guess of ours).",
    "language": "Because your languages include French.",
    "interest": "Because your interests include sourdough baking.",
    "goal": "Because you wrote: “I want to lead a ward”.",
    "memory": "Because you told me: “I can't work nights”.",
}


def said(fact: Fact | None, strength: str = "close", known: Snapshot = KNOWN, kind: ItemKind = "job") -> str | None:
    """The sentence, or None."""
    made = because(known, fact, strength, kind)
    return made.text if made else None


def test_every_kind_has_its_sentence() -> None:
    """Each kind of fact is told in one plain sentence."""
    assert {kind: said(fact) for kind, fact in FACTS.items()} == CLOSE
    assert set(CLOSE) == set(get_args(FactKind))


@pytest.mark.parametrize("strength", ["close", "loose", "far"])
@pytest.mark.parametrize("kind", get_args(FactKind))
def test_sentences_read_well(kind: FactKind, strength: str) -> None:
    """Every sentence begins with a capital, ends with one stop, and says of a loose link that it is one."""
    text = said(FACTS[kind], strength)

    assert text
    assert re.fullmatch(r"[A-Z].*[^.…]\.|.*…”?\.?", text)
    assert "  " not in text
    assert "{" not in text
    assert text.startswith({"close": "Because", "loose": "Not far", "far": "A main point of this job"}[strength])


def test_a_guess_says_that_it_is_one() -> None:
    """What we inferred is never told as the member's own word."""
    assert all("a guess of ours" in str(said(FACTS["guessed-skill"], strength)) for strength in ("close", "loose"))


@pytest.mark.parametrize("kind", get_args(FactKind))
@pytest.mark.parametrize("strength", ["close", "loose"])
def test_only_facts_of_the_snapshot_are_claimed(kind: FactKind, strength: str) -> None:
    """Control: a fact that was altered, renamed or belongs to somebody else is not told at all."""
    fact = FACTS[kind]

    assert said(fact, strength)
    for changed in (
        replace(fact, text=f"{fact.text} too"),
        replace(fact, id="other"),
        replace(fact, guess=not fact.guess),
        replace(fact, kind="skill" if kind != "skill" else "goal"),
    ):
        assert said(changed, strength) is None


def test_a_far_fact_is_not_claimed() -> None:
    """When nothing is near, the sentence says so with the member's own headline, else their position, else nothing."""
    alone = Snapshot(scope(), "Ana", (FACTS["skill"],))
    working = Snapshot(scope(), "Ana", (FACTS["skill"], FACTS["position"]))

    assert (
        said(FACTS["skill"], "far")
        == "A main point of this job, away from your own field: “Ward nurse who likes data”."
    )
    assert (
        said(None, known=working) == "A main point of this job, away from your own field: “Ward nurse at Hill Clinic”."
    )
    assert said(None, known=alone) == "A main point of this job; nothing in your profile is close to it."


def test_of_nobody_nothing_is_said() -> None:
    """Without facts there is no reason to give."""
    assert said(FACTS["skill"], known=Snapshot(scope(), None, ())) is None


@pytest.mark.parametrize("kind", [kind for kind in get_args(FactKind) if kind != "summary"])
def test_a_long_fact_is_cut_at_a_word(kind: FactKind) -> None:
    """A long text is told up to a whole word, with a sign that it goes on."""
    fact = Fact("x", kind, "measured things, " * 40 + "and more.")
    text = said(fact, known=Snapshot(scope(), "Ana", (fact,)))

    assert text
    told = re.search(r"measured[\w ,]*", text)
    assert told
    assert fact.text.startswith(told[0])
    assert len(told[0]) <= QUOTE_AT_MOST_CHARS
    assert re.search(r"(?:measured|things)…", text)
    assert "….'" not in text
    assert "…." not in text.replace("…”.", "")


@pytest.mark.parametrize("text", ["{plain}", "{0}", "50% {quote} \\1", "She said “yes” – {", "…"])
def test_a_facts_own_signs_do_nothing(text: str) -> None:
    """Braces and quotes in a fact are told as they stand."""
    fact = Fact("x", "goal", text)

    assert text in str(said(fact, known=Snapshot(scope(), "Ana", (fact,))))


def test_a_fact_of_dots_says_nothing() -> None:
    """What has no words gives no reason."""
    fact = Fact("x", "goal", "...")

    assert said(fact, known=Snapshot(scope(), "Ana", (fact,))) is None


def test_a_reason_must_tell_its_facts() -> None:
    """Control: a reason whose words are not its fact's does not hold."""
    fact = FACTS["skill"]

    assert holds(Because("Because your skills include Data pipelines.", (fact,)), KNOWN)
    assert not holds(Because("Because your skills include Rust.", (fact,)), KNOWN)
    assert not holds(Because("Because your skills include Data pipelines.", (replace(fact, id="z"),)), KNOWN)
