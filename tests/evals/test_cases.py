"""Cases are read strictly, versioned with their rubric, and made from what others have."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from nutgraf.conversation import Feedback
from nutgraf.errors import InputError
from nutgraf.evals.cases import KINDS, Case, CaseSet, Expect, as_line, load_sets, read_cases
from nutgraf.evals.gate import load_gate
from nutgraf.evals.importing import case_from_trace, import_cases
from nutgraf.local import open_usecase
from nutgraf.serve import sample

SHIPPED = resources.files("nutgraf") / "usecases" / "premium" / "evals"
GOOD = '{"id": "a", "agent": "general", "item": "x", "question": "Why?", "expect": {"says": ["31|thirty-one"]}}'


def test_a_case_survives_its_line() -> None:
    """Writing a case and reading it again changes nothing."""
    case = Case(
        id="a", agent="general", item={"id": "i", "title": "T", "text": "One."}, question="Why?", kinds=("easy",),
        expect=Expect(ending="any", never=("x",)), history=(("How?", "So."),), note="from a talk",
    )  # fmt: skip

    assert list(read_cases([as_line(case)], "f.jsonl")) == [case]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 1: is not JSON"),
        ("[]", "must be an object"),
        ('{"agent": "general", "item": "x"}', "id: must be a text"),
        ('{"id": "a", "agent": "general"}', "needs an item, a question, or both"),
        ('{"id": "a", "agent": "general", "item": "x", "colour": 1}', "unknown field 'colour'"),
        ('{"id": "a", "agent": "general", "item": 3}', "item: must be an id or an object"),
        ('{"id": "a", "agent": "general", "item": "x", "expect": {"ending": "soon"}}', "ending must be one of"),
        ('{"id": "a", "agent": "general", "item": "x", "expect": {"says": "31"}}', "says: must be a list of texts"),
        ('{"id": "a", "agent": "general", "item": "x", "history": [["one"]]}', "a question and its answer"),
        (f"{GOOD}\n{GOOD}", "is also on line 1"),
        ("", "holds no cases"),
    ],
)
def test_a_wrong_line_is_told_with_its_field(line: str, told: str) -> None:
    """Whatever is wrong with a line is said with its number and field."""
    with pytest.raises(InputError, match=told):
        list(read_cases(line.split("\n"), "f.jsonl"))


def test_the_version_follows_cases_rubric_and_records(tmp_path: Path) -> None:
    """Another word in a case, the rubric or a record beside the set is another version; another order is not."""
    (tmp_path / "items").mkdir()
    (tmp_path / "items" / "x.md").write_text("One.")
    one, two = Case(id="a", agent="general", item="x"), Case(id="b", agent="general", item="x")
    base = CaseSet("s", (one, two), "Be fair.", tmp_path).version

    assert CaseSet("s", (two, one), "Be fair.", tmp_path).version == base
    assert CaseSet("s", (one, two), "Be kind.", tmp_path).version != base
    assert CaseSet("s", (one,), "Be fair.", tmp_path).version != base
    (tmp_path / "items" / "x.md").write_text("Two.")
    assert CaseSet("s", (one, two), "Be fair.", tmp_path).version != base


def test_no_record_is_read_from_elsewhere(tmp_path: Path) -> None:
    """An id cannot lead out of the folder of a set."""
    (tmp_path / "secret.md").write_text("no")
    (tmp_path / "evals" / "items").mkdir(parents=True)
    one = CaseSet("s", (), "", tmp_path / "evals")

    assert one.record("items", "../../secret") is None
    assert one.record("items", "..\\secret") is None


def test_every_agent_has_its_set() -> None:
    """Each agent of the use case has at least 40 cases over all kinds, and all that they name is there."""
    sets = {one.name: one for one in load_sets(SHIPPED)}
    known = sample.item_ids() | sample.member_ids()

    assert set(sets) == set(open_usecase("premium").agents)
    for one in sets.values():
        assert len(one.cases) >= 40
        assert {kind for case in one.cases for kind in case.kinds} >= set(KINDS)
        for case in one.cases:
            assert case.agent == one.name
            assert case.item in known or one.record("items", str(case.item))
            assert case.member is None or case.member in known or one.record("members", str(case.member))
            assert set(case.expect.links) <= known
    assert one.rubric.startswith("# What a good answer is")


def test_the_shipped_gate_is_right() -> None:
    """The written bars can be read."""
    assert len(load_gate(SHIPPED / "gate.toml")) >= 10


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must hold tables"),
        ("[[bar]]\nmetric = 'beauty'", "metric 'beauty' is not known"),
        ("[[bar]]\nmetric = 'policy'\nat_most = 'low'", "at_most must be a number"),
        ("[[bar]]\nmetric = 'policy'\nmost = 1", "unknown field 'most'"),
        ("[[bar]]\nmetric = 'policy'\nagents = 'x'", "agents must be a list"),
    ],
)
def test_a_wrong_bar_is_told(tmp_path: Path, text: str, told: str) -> None:
    """A bar that cannot be used is named with its field."""
    (tmp_path / "gate.toml").write_text(text)
    with pytest.raises(InputError, match=told):
        load_gate(tmp_path / "gate.toml")


def test_lines_of_others_become_cases() -> None:
    """Question, context and answer are found under the names that others use; what is of no use is told."""
    lines = [
        '{"query": "When?", "contexts": ["It opened in 1990.", "It closed."], "ground_truth": "1990"}',
        '{"question": "Why?", "answer": "Because the council voted for it after three long evenings of talk in May."}',
        '{"context": "nothing asked"}',
        GOOD,
    ]
    found = list(import_cases(lines, "theirs.jsonl", "general"))

    assert isinstance(found[0], Case)
    assert isinstance(found[0].item, dict)
    assert found[0].item["text"] == "It opened in 1990.\n\nIt closed."
    assert found[0].expect.says == ("1990",)
    assert isinstance(found[1], Case)
    assert (found[1].expect.says, found[1].note[:7]) == ((), "Because")
    assert found[2] == "theirs.jsonl, line 3: no question was found; name its field with --map question=FIELD"
    assert isinstance(found[3], Case)
    assert found[3].expect.says == ("31|thirty-one",)


def test_a_map_names_unusual_fields() -> None:
    """Where the usual names do not fit a map says what is what; a field that is not ours is an error."""
    case = next(iter(import_cases(['{"ask": "When?", "gold": "1990"}'], "f", "general", {"question": "ask",
                                                                                         "says": "gold"})))  # fmt: skip

    assert isinstance(case, Case)
    assert (case.question, case.expect.says) == ("When?", ("1990",))
    with pytest.raises(InputError, match="'colour' is no field of ours"):
        list(import_cases(["{}"], "f", "general", {"colour": "x"}))


def test_a_trace_becomes_a_masked_case() -> None:
    """What was asked stays, who asked does not; bad feedback is noted."""
    trace = {
        "stream": "s1", "texts": True, "member": "amara",
        "notes": [
            {"kind": "request", "item": "post-board", "question": "Call me at 555-0100?", "agent": None,
             "history": [{"question": "I am Amara", "answer": "Hello."}]},
            {"kind": "route", "agent": "general"},
        ],
    }  # fmt: skip
    bad = [Feedback(stream="s1", rating="down", reason="wrong", comment="Amara says no")]
    case = case_from_trace(trace, lambda text: text.replace("555-0100", "[phone]").replace("Amara", "[name]"), bad)

    assert (case.agent, case.item, case.member) == ("general", "post-board", None)
    assert case.question == "Call me at [phone]?"
    assert case.history == (("I am [name]", "Hello."),)
    assert (case.kinds, case.note) == (("from-trace", "bad-feedback"), "wrong; [name] says no")
    with pytest.raises(InputError, match="holds no texts"):
        case_from_trace(trace | {"texts": False}, str)
