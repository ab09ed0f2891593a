"""`nutgraf eval` from the outside: run, take up, compare, gate, report, import, with exit codes and errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from nutgraf.serve.cli import app
from nutgraf.serve.cli_common import Tools
from nutgraf.serve.door import host_scope
from nutgraf.settings import Settings
from nutgraf.store.embedded import EmbeddedStore
from tests.serve.fakes import AMARA, ITEM, LUIS, Scripted, fake_rooms, fill

USECASE = """name = "small"
[[agents]]
name = "takeaways"
version = 1
summary = "Points."
form = "takeaways"
prompt = "takeaways"
[[agents]]
name = "general"
version = 1
summary = "Questions."
form = "answer"
prompt = "answers"
"""
ROWS = [
    {"id": "a", "agent": "general", "item": ITEM.id, "member": AMARA.id, "kinds": ["easy"],
     "question": "How far did the median wait at the front desk fall?", "expect": {"says": ["29 minutes"]}},
    {"id": "b", "agent": "takeaways", "item": ITEM.id, "member": LUIS.id, "kinds": ["hard"]},
    {"id": "c", "agent": "takeaways", "item": ITEM.id, "kinds": ["easy"]},
]  # fmt: skip
MEASURED = ("--metric", "answered", "--metric", "ending", "--metric", "specificity", "--metric", "repetition")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder with records, and a use case with cases."""
    with EmbeddedStore.open(tmp_path / "data") as store:
        fill(store)
        assert store.member(host_scope(), AMARA.id).id == AMARA.id
    case = tmp_path / "case"
    (case / "evals").mkdir(parents=True)
    (case / "usecase.toml").write_text(USECASE)
    (case / "evals" / "small.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS) + "\n")
    (case / "evals" / "gate.toml").write_text("[[bar]]\nmetric = 'ending'\nat_least = 0.5\n")
    return tmp_path


def call(home: Path, *arguments: str, **environ: str) -> Result:
    """Run `nutgraf eval …` with a scripted model."""
    env = {"NUTGRAF_DATA_DIR": str(home / "data"), "NUTGRAF_USECASE": str(home / "case"), **environ}
    return CliRunner().invoke(app, ["eval", *arguments], obj=Tools(build_rooms=fake_rooms(Scripted())), env=env)


def ran(home: Path, name: str = "run", *more: str) -> Path:
    """A run of the small set."""
    found = call(home, "run", "--out", str(home / name), *MEASURED, *more)
    assert found.exit_code == 0, found.output
    return home / name


def told(found: Result) -> Any:
    """What a command printed as JSON."""
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_a_run_is_made_and_taken_up(home: Path) -> None:
    """A run answers every case once; called again it asks nothing and tells the same."""
    folder = ran(home)
    first = (folder / "answers.jsonl").read_text()
    rows = told(call(home, "run", "--out", str(folder), *MEASURED, "--json"))[0]["rows"]

    assert len(first.splitlines()) == 3
    assert (folder / "answers.jsonl").read_text() == first
    assert {row["metric"] for row in rows} == {"answered", "ending", "specificity", "repetition"}
    assert all({"coverage", "estimate", "reasons"} <= row.keys() for row in rows)


def test_several_deadlines_are_several_runs(home: Path) -> None:
    """Each deadline, and each source that fails, makes a run in a folder of its own."""
    ran(home, "curve", "--deadline", "400", "--deadline", "5000")
    found = call(home, "run", "--out", str(home / "out"), *MEASURED, "--failing", "each")

    assert sorted(path.name for path in (home / "curve").iterdir()) == ["400ms", "5000ms"]
    assert found.exit_code == 0
    assert {"all", "without-item", "without-jobs"} < {path.name for path in (home / "out").iterdir()}
    page = call(home, "report", *(str(home / "curve" / name) for name in ("5000ms", "400ms")))
    assert page.exit_code == 0
    assert "Frontier" in (home / "curve" / "5000ms" / "report.html").read_text()


def test_compare_gate_and_report(home: Path) -> None:
    """An unchanged second run is the same, passes the gate, and is reported in all three forms."""
    one, two = str(ran(home, "one")), str(ran(home, "two"))
    changes = {row["metric"]: row["change"] for row in told(call(home, "compare", one, two, "--json"))}
    gate = told(call(home, "gate", two, "--baseline", one, "--json"))
    report = told(call(home, "report", two, "--baseline", one, "--markdown", str(home / "r.md"), "--json"))

    assert set(changes.values()) <= {"same", "not measured"}
    assert gate["passed"]
    assert report["comparison"]["baseline"]["name"] == "one"
    assert (home / "two" / "report.html").read_text().startswith("<!doctype html>")
    assert (home / "r.md").read_text().startswith("## ")


def test_a_gate_that_is_not_passed_has_its_own_status(home: Path) -> None:
    """Exit status 3 says that a bar was not passed; 2 that something given cannot be used."""
    folder = ran(home)
    (home / "high.toml").write_text("[[bar]]\nmetric = 'specificity'\nat_least = 1.0\nshown = true\ncoverage = 1.0\n")

    assert call(home, "gate", str(folder)).exit_code == 0
    found = call(home, "gate", str(folder), "--bars", str(home / "high.toml"))
    assert (found.exit_code, found.stdout.splitlines()[-1]) == (3, "Not passed.")
    assert call(home, "gate", str(home / "nowhere")).exit_code == 2
    assert call(home, "gate", str(folder), "--bars", str(home / "none.toml")).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--metric", "beauty"), "metric: 'beauty' is not known"),
        (("--failing", "weather"), "source: 'weather' is not known"),
        (("--cases", "nowhere"), "is no folder with case sets"),
        (("big",), "there is no set 'big'; known are small"),
        (("--prompt", "poem.jinja"), "poem.jinja"),
    ],
)
def test_what_cannot_be_used_is_told(home: Path, arguments: tuple[str, ...], told: str) -> None:
    """A wrong name is told with what there is, before anything is asked."""
    found = call(home, "run", "--out", str(home / "run"), *arguments)

    assert found.exit_code in (1, 2)
    assert told in found.stderr
    assert "fault in Nutgraf" not in found.stderr


def test_a_case_about_nothing_is_told_before_anything_is_asked(home: Path) -> None:
    """A case whose item is not there names itself."""
    (home / "case" / "evals" / "small.jsonl").write_text('{"id": "x", "agent": "general", "item": "gone"}\n')
    found = call(home, "run", "--out", str(home / "run"))

    assert found.exit_code == 2
    assert "cases: small, x:" in found.stderr


def test_a_smoke_run_takes_cases_of_many_kinds(home: Path) -> None:
    """The first cases of each set that between them have the most kinds."""
    rows = [{**ROWS[2], "id": f"n{at}", "kinds": ["easy"]} for at in range(9)] + [{**ROWS[1], "id": "odd"}]
    (home / "case" / "evals" / "small.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    folder = ran(home, "smoke", "--smoke")
    cases = [json.loads(line)["case"] for line in (folder / "answers.jsonl").read_text().splitlines()]

    assert len(cases) == 3
    assert "odd" in cases


def test_others_lines_are_imported(home: Path) -> None:
    """Their lines make a set that runs; a line of no use is told and gives status 2."""
    (home / "theirs.jsonl").write_text('{"query": "When?", "context": "It opened in 1990.", "answer": "1990"}\n')
    good = call(home, "import", str(home / "theirs.jsonl"), str(home / "ours.jsonl"))
    (home / "theirs.jsonl").write_text('{"query": "When?"}\n{"x": 1}\n')
    bad = call(home, "import", str(home / "theirs.jsonl"), str(home / "half.jsonl"))

    assert good.exit_code == 0
    assert call(home, "run", "--cases", str(home / "ours.jsonl"), "--out", str(home / "r"), *MEASURED).exit_code == 0
    assert bad.exit_code == 2
    assert "line 2: no question was found" in bad.stderr
    assert call(home, "import", str(home / "none.jsonl"), str(home / "x.jsonl")).exit_code == 2


def test_traces_become_cases(home: Path) -> None:
    """What was asked becomes a case, once, without the member."""
    env = {"NUTGRAF_DATA_DIR": str(home / "data"), "NUTGRAF_USECASE": str(home / "case")}
    for member in (AMARA.id, "none", "none"):
        asked = ["ask", ITEM.id, "How far did the median wait fall?", "--member", member]
        found = CliRunner().invoke(app, asked, obj=Tools(build_rooms=fake_rooms(Scripted())), env=env)
        assert found.exit_code == 0, found.output
    found = call(home, "from-traces", str(home / "traced.jsonl"))
    rows = [json.loads(line) for line in (home / "traced.jsonl").read_text().splitlines()]

    assert found.exit_code == 0
    assert [(row["item"], row["question"]) for row in rows] == [(ITEM.id, "How far did the median wait fall?")]
    assert AMARA.id not in (home / "traced.jsonl").read_text()
    assert Settings(data_dir=home / "data").data_dir == home / "data"


def test_without_bad_feedback_there_is_nothing_to_write(home: Path) -> None:
    """Asking for bad answers only where there are none is told."""
    assert call(home, "from-traces", str(home / "t.jsonl"), "--bad").exit_code == 2
