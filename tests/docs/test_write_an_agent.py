"""What the page on agents promises: its folder is a use case, its commands print what is shown, its tables are full."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
from jinja2 import Environment, meta

from nutgraf.decide.agents import load_usecase
from nutgraf.decide.head import OUTSIDE, Head
from nutgraf.decide.route import route
from nutgraf.local import WRITTEN, open_usecase
from nutgraf.orchestration import Agent, BlendRules, Facet, Form
from nutgraf.pipeline.finding import SKILLS_AT_MOST
from nutgraf.prompt.library import Library
from tests.docs import machine
from tests.docs.pages import DOCS, commands, fences, missing_lines
from tests.retrieve.skills.made import forgotten

PAGE = DOCS / "write-an-agent.md"
TEXT = PAGE.read_text("utf-8")
FLAT = " ".join(TEXT.split())
FILES = {fence.file: fence.text for fence in fences(PAGE) if fence.file}
TURN = re.compile(r"^@\w+$", re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that a reader saves."""
    return machine.saved(tmp_path_factory.mktemp("agent"), FILES)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table with this heading."""
    lines = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [line.strip("|").split("|") for line in lines]


def names(cell: str) -> list[str]:
    """What stands between backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def test_the_commands_print_what_is_shown(folder: Path) -> None:
    """Each command of the page on the sample network, as typed in the folder of its files, without a model."""
    machine.needs_encoder()
    typed = [command for fence in fences(PAGE) if fence.language == "console" for command in commands(fence)]
    with forgotten():
        for command in typed:
            result = machine.nutgraf(folder, command.words[1:])
            assert result.exit_code == 0, f"{command.line}\n{result.output}"
            assert missing_lines(command.shown, result.stdout) == [], f"{command.line}\n{result.output}"
    assert len(typed) >= 7


def test_a_scripted_model_is_checked(folder: Path) -> None:
    """The program prints what the page says: the rule instead of what is false, and the true sentence."""
    machine.needs_encoder()
    done = machine.python(folder, FILES["try_it.py"])

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == next(fence.text for fence in fences(PAGE) if fence.language == "text")


def test_the_lines_are_counted() -> None:
    """As many as the page says the use case takes."""
    lines = {name: text.count("\n") for name, text in FILES.items() if name}
    prompts = sum(count for name, count in lines.items() if name.endswith(".jinja"))

    counted = f"{lines['wards/usecase.toml']} lines of TOML, {lines['wards/skills.py']} of Python, {prompts} of prompts"
    assert counted in FLAT


def test_every_form_is_shown(folder: Path) -> None:
    """The folder has an agent of each form, and the page a row for each."""
    agents = load_usecase(folder / "wards").agents.values()

    assert {agent.form for agent in agents} == set(get_args(Form)) == {names(row[0])[0] for row in rows("form")}


def test_the_variables_of_prompts_are_those_of_the_templates() -> None:
    """For each form those that the templates of the shipped use case have; forms without a prompt have none."""
    case = open_usecase("premium")
    library = Library(case.prompts)
    for form, _, variables in rows("form"):
        agent = next(one for one in case.agents.values() if one.form == names(form)[0])
        used = set()
        if agent.prompt:
            turns = TURN.split(library.source(agent.prompt))
            used = set().union(*(meta.find_undeclared_variables(Environment().parse(turn)) for turn in turns))
        assert (names(variables), bool(agent.prompt)) == (sorted(used), agent.form in WRITTEN)


@pytest.mark.parametrize(
    ("heading", "kind"), [("field of an agent", Agent), ("field of a facet", Facet), ("field of `rules`", BlendRules)]
)
def test_the_tables_have_every_field(heading: str, kind: type) -> None:
    """Those that the table of a use case may have, and no others."""
    assert sorted(name for row in rows(heading) for name in names(row[0])) == sorted(f.name for f in fields(kind))


def test_the_defaults_are_those_of_the_code() -> None:
    """Every number and kind that the page names."""
    agent, rules = Agent(name="a", version=1, summary="", form="answer"), BlendRules()

    assert f"most sentences of a block, {agent.sentences_at_most} |" in TEXT
    assert f"in seconds, {agent.gather_within_s:g};" in TEXT
    assert f"most records or facts in it, {Facet(title='').at_most} |" in TEXT
    assert f"in tokens ({rules.budget_tokens:,}) and passages ({rules.passages_at_most})" in TEXT
    for words, value in [("costs", rules.diversity), ("the member adds", rules.personal), ("date adds", rules.recency)]:
        assert f"{words} ({value:g})" in TEXT
    assert f"counts half, {rules.recency_half_life_days:g}" in TEXT
    assert SKILLS_AT_MOST == 4
    assert "the four that fit a question best" in TEXT


def test_routing_knows_the_names_that_are_listed() -> None:
    """Those of the trained head, all of them agents of the shipped use case."""
    told = FLAT.partition("[Routing](routing.md) knows nine kinds")[2].partition("An agent of one of these")[0]

    known = set(Head.load().labels) - {OUTSIDE}
    assert set(names(told)) - {"premium"} == known == set(open_usecase("premium").agents)
    assert len(known) == 9


def test_an_agent_of_another_name_is_reached_as_the_page_says(folder: Path) -> None:
    """By an example word for word and by a short follow-up; what nobody knows goes to `general`, else to the first."""
    agents = tuple(load_usecase(folder / "wards").agents.values())
    without = tuple(agent for agent in agents if agent.name != "general")

    assert route("how do I change wards?", item=None, agents=agents).agent == "new-ward"
    assert route("Blue or green?", item=None, agents=agents).agent == "general"
    assert route("And why?", item=None, agents=agents, before="new-ward").agent == "new-ward"
    assert route("Blue or green?", item=None, agents=without[1:]).agent == without[1].name
