"""The command line: what it prints, where, with which status, and what it says to input it cannot use."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from nutgraf.errors import StoreError
from nutgraf.ingest.load import load_item
from nutgraf.serve import sample
from nutgraf.serve.cli import app
from nutgraf.serve.cli_common import Tools
from nutgraf.serve.cli_text import clean
from nutgraf.serve.schemas import DocumentOut
from nutgraf.store.embedded import EmbeddedStore
from tests.serve.fakes import AMARA, ITEM, TEXT, Scripted, fake_rooms, fill

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with an item and two members in it."""
    with EmbeddedStore.open(tmp_path / "data") as store:
        fill(store)
    return tmp_path / "data"


@pytest.fixture
def nutgraf(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line on that folder, with a scripted model."""

    def run(*args: str, model: Scripted | None = None, data_dir: Path = folder) -> Result:
        monkeypatch.setenv("NUTGRAF_DATA_DIR", str(data_dir))
        tools = Tools(build_rooms=fake_rooms(model))
        return CliRunner().invoke(app, list(args), obj=tools, prog_name="nutgraf")

    return run


def item_file(folder: Path) -> Path:
    """A document on disk."""
    path = folder / "board.md"
    path.write_text("---\ntitle: A board in the corridor\nkind: post\n---\n" + TEXT.replace("\n", "\n\n"), "utf-8")
    return path


def member_file(folder: Path) -> Path:
    """A member on disk."""
    path = folder / "me.json"
    path.write_bytes(orjson.dumps({"id": "me", "name": "Mo Example", "skills": ["triage"], "goals": ["Lead a ward"]}))
    return path


def test_a_file_for_a_file(nutgraf: Run, tmp_path: Path) -> None:
    """A document and a profile on disk give one JSON document, as the contract has it, and nothing else."""
    result = nutgraf("takeaways", str(item_file(tmp_path)), "--member", str(member_file(tmp_path)), "--format", "json")
    document = orjson.loads(result.stdout)

    assert (result.exit_code, result.stderr) == (0, "")
    assert DocumentOut.model_validate(document).ending == "done"
    assert document["member"]["name"] == "Mo Example"
    assert document["takeaways"][0]["because"]["facts"][0]["text"] == "triage"


def test_ids_of_what_is_kept(nutgraf: Run) -> None:
    """Ids stand for what is in the store; `none` reads for nobody."""
    known = orjson.loads(nutgraf("takeaways", ITEM.id, "-m", AMARA.id, "-f", "json").stdout)
    nobody = orjson.loads(nutgraf("takeaways", ITEM.id, "-m", "none", "-f", "json").stdout)

    assert (known["member"]["id"], nobody["member"]) == (AMARA.id, None)
    assert known["used_about_you"]
    assert nobody["used_about_you"] == []


def test_text_reads_in_order(nutgraf: Run) -> None:
    """Plain text has each sentence with its marks, why it was chosen, the sources and what was used."""
    result = nutgraf("takeaways", ITEM.id, "-m", AMARA.id)
    out = result.stdout

    assert result.exit_code == 0
    assert "\x1b" not in out
    assert "Written or chosen by AI" in out
    assert re.search(r"^   (Because|Not far from|A main point)", out, re.MULTILINE)
    order = [
        "A board in the corridor",
        "For Amara Okafor",
        "1. “",
        " [1]",
        "Sources",
        "[1] post-board, 0–88: ",
        "Used about you",
        "Complete after",
    ]
    places = [out.index(part) for part in order]
    assert places == sorted(places)


def test_events_come_one_a_line(nutgraf: Run) -> None:
    """Every line is an event, from the opening to the ending."""
    lines = [orjson.loads(line) for line in nutgraf("takeaways", ITEM.id, "-f", "events").stdout.splitlines()]

    assert [lines[0]["kind"], lines[-1]["kind"]] == ["opened", "closed"]


def test_a_question_is_answered(nutgraf: Run) -> None:
    """The answer stands under its question, with its sources."""
    asked = "Did the median wait at the front desk fall from 41 minutes to 29 minutes?"
    result = nutgraf("ask", ITEM.id, asked, "-m", AMARA.id)

    assert result.exit_code == 0
    assert result.stdout.index(asked) < result.stdout.index("“The median wait") < result.stdout.index("Sources")


def test_an_agent_can_be_named(nutgraf: Run) -> None:
    """Who answers then does not depend on the question."""
    result = nutgraf("ask", ITEM.id, "Write a poem about soup.", "--agent", "general")

    assert (result.exit_code, "general: asked for by name" in result.stdout) == (0, True)


def test_who_cannot_help_says_so_once(nutgraf: Run) -> None:
    """A question that no agent answers is declined in one sentence, with status 0."""
    result = nutgraf("ask", ITEM.id, "What is the weather like in Oslo today?")

    assert (result.exit_code, result.stdout.count("which I cannot help with here")) == (0, 1)


def test_declined_is_no_failure(nutgraf: Run) -> None:
    """An item that gets no takeaways says why, with status 0."""
    result = nutgraf("takeaways", "post-closed", "-f", "json")

    assert (result.exit_code, orjson.loads(result.stdout)["ending"]) == (0, "declined")


def test_a_fault_is_told_with_a_ticket(nutgraf: Run, folder: Path) -> None:
    """What breaks ends as failed, status 1, one line for the person and the rest in the log file."""
    result = nutgraf("takeaways", ITEM.id, "-f", "json", model=Scripted((StoreError("secret"),)))
    document = orjson.loads(result.stdout)

    assert (result.exit_code, document["ending"]) == (1, "failed")
    assert "Traceback" not in result.output
    assert "secret" not in result.output
    assert document["ticket"] in (folder / "nutgraf.log").read_text("utf-8")


def test_an_interrupt_stops_in_good_order(nutgraf: Run) -> None:
    """Ctrl-C ends the answer as stopped, status 1, without a traceback."""
    model = Scripted((lambda: os.kill(os.getpid(), signal.SIGINT), None))
    result = nutgraf("takeaways", ITEM.id, "-f", "json", "--deadline", "60", model=model)

    assert (result.exit_code, orjson.loads(result.stdout)["ending"], model.open_now) == (1, "stopped", 0)
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (["takeaways", "post-bord"], "near it are post-board"),
        (["takeaways", "no/such/file.md"], "no file 'no/such/file.md'"),
        (["takeaways", "x" * 5000], "there is no file 'xxx"),
        (["takeaways", "a\0b"], "no file"),
        (["takeaways", "."], "is a folder"),
        (["takeaways", ITEM.id, "-m", "amara"], "near it are amara-okafor"),
        (["takeaways", ITEM.id, "-m", "pyproject.toml"], "pyproject.toml"),
        (["takeaways", "https://example.org/"], "--fetch"),
        (["takeaways", ITEM.id, "--deadline", "0"], "0.1 to 600 seconds"),
        (["takeaways", ITEM.id, "--deadline", "-1"], "0.1 to 600 seconds, such as 5 or 0.5, got '-1'"),
        (["takeaways", ITEM.id, "--deadline", "5s"], "0.1 to 600 seconds, such as 5 or 0.5, got '5s'"),
        (["ask", ITEM.id, "Why?", "--deadline", "nan"], "0.1 to 600 seconds, such as 5 or 0.5, got 'nan'"),
        (["takeaways", ITEM.id, "--deadline", "soon"], "--deadline"),
        (["takeaways", ITEM.id, "--format", "xml"], "--format"),
        (["takeaways"], "ITEM"),
        (["takeaways", ITEM.id, "--frob"], "--frob"),
        (["ask", ITEM.id, " "], "question"),
        (["ask", ITEM.id], "QUESTION"),
        (["ask", ITEM.id, "Why?", "--agent", "nobody"], "known are general, takeaways"),
        (["--config", "no.toml", "takeaways", ITEM.id], "no.toml"),
        (["serve", "--host", "0.0.0.0"], "other machines"),
        (["serve", "--port", "99999"], "port must be"),
        (["demo", "--port", "-5"], "port must be"),
        (["ingest", "no-such-file.md"], "no-such-file.md"),
        (["vocabulary", "import", "no-such-file.csv"], "no-such-file.csv"),
        (["frobnicate"], "frobnicate"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)  # fmt: skip
def test_what_cannot_be_used_is_named(nutgraf: Run, args: list[str], named: str) -> None:
    """Status 2, a sentence on standard error that names the fault, nothing on standard output, no traceback."""
    result = nutgraf(*args)

    assert result.exit_code == 2, result.output
    assert named.lower() in result.stderr.lower()
    assert "Traceback" not in result.output
    assert "ending" not in result.stdout


def test_a_bad_setting_is_named(nutgraf: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A variable or a file with a wrong value stops the command, which says which one."""
    monkeypatch.setenv("NUTGRAF_PORT", "eighty")
    assert "port must be int" in nutgraf("serve").stderr
    monkeypatch.delenv("NUTGRAF_PORT")
    (tmp_path / "bad.toml").write_text("colour = 1\n")
    result = nutgraf("--config", str(tmp_path / "bad.toml"), "doctor")

    assert (result.exit_code, "unknown knob 'colour'" in result.stderr) == (2, True)


def test_a_data_folder_that_cannot_be_is_named(nutgraf: Run, tmp_path: Path) -> None:
    """A folder that is a file is refused in words."""
    (tmp_path / "file").write_text("")
    result = nutgraf("takeaways", ITEM.id, data_dir=tmp_path / "file")

    assert (result.exit_code, "cannot be used" in result.stderr) == (2, True)


def test_documents_are_kept_and_failures_listed(nutgraf: Run, folder: Path, tmp_path: Path) -> None:
    """What can be read of a folder is kept; each file that cannot is named, and the status says so."""
    documents = tmp_path / "documents"
    documents.mkdir()
    item_file(documents)
    (documents / "broken.json").write_text("{")
    (documents / ".hidden.md").write_text("# No")
    result = nutgraf("ingest", str(documents))

    assert result.exit_code == 2
    assert "1 item kept" in result.stdout
    assert "broken.json" in result.stderr
    assert "1 of 2 files could not be read" in result.stderr
    with EmbeddedStore.open(folder) as store:
        kept = [item for item in store.items() if item.title == "A board in the corridor" and item.id != ITEM.id]
        assert len(kept) == 1
    again = nutgraf("takeaways", kept[0].id, "-f", "json")
    assert orjson.loads(again.stdout)["ending"] == "done"


def test_members_are_kept(nutgraf: Run, tmp_path: Path) -> None:
    """A profile that was read with `--as member` can be named by its id."""
    assert nutgraf("ingest", "--as", "member", str(member_file(tmp_path))).exit_code == 0
    document = orjson.loads(nutgraf("takeaways", ITEM.id, "-m", "me", "-f", "json").stdout)

    assert document["member"]["id"] == "me"


def test_documents_have_a_largest_size(nutgraf: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is larger than the settings allow is refused, as the item and as the member."""
    monkeypatch.setenv("NUTGRAF_DOCUMENT_AT_MOST_BYTES", "50")
    for args in ([str(item_file(tmp_path))], [ITEM.id, "-m", str(member_file(tmp_path))]):
        result = nutgraf("takeaways", *args)

        assert (result.exit_code, "50 bytes" in result.stderr) == (2, True), result.stderr


def test_what_left_the_sample_network_leaves_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading a newer sample network takes away the items that it has no more."""
    network = tmp_path / "network"
    for folder in ("items", "members"):
        (network / folder).mkdir(parents=True)
    kept = item_file(network / "items")
    monkeypatch.setattr(sample, "network", lambda: network)
    with EmbeddedStore.open(tmp_path / "store") as store:
        store.put_items([ITEM])
        sample.load(store, tmp_path / "store")

        assert [item.id for item in store.items()] == [load_item(kept).id]


def test_the_sample_network_is_there_when_it_is_named(nutgraf: Run, folder: Path) -> None:
    """An id of the sample network loads it, once, with a note; afterwards it is simply there."""
    args = ("takeaways", "article-shift-handover", "-m", "amara-okafor", "-f", "json")
    first, second = nutgraf(*args), nutgraf(*args)

    assert "sample network" in first.stderr
    assert second.stderr == ""
    one, two = orjson.loads(first.stdout), orjson.loads(second.stdout)
    assert (one["ending"], two["ending"]) == ("done", "done")
    assert one["cards"]
    assert [t["sentences"] for t in one["takeaways"]] == [t["sentences"] for t in two["takeaways"]]
    assert (folder / "demo" / "nutgraf.sqlite").is_file()


def test_the_doctor_reports(nutgraf: Run) -> None:
    """Every part is looked at and measured; the report also comes as JSON."""
    result = nutgraf("doctor", "--json", model=Scripted())
    report = {finding["name"]: finding for finding in orjson.loads(result.stdout)}

    assert result.exit_code == 0
    assert all(finding["ok"] for finding in report.values())
    assert {"store", "encoder", "model", "vocabulary", "packages"} <= set(report)
    assert "texts a second" in report["encoder"]["found"]
    assert "ok   store" in nutgraf("doctor").stdout


def test_the_doctor_names_what_is_broken(nutgraf: Run) -> None:
    """A part that fails is marked, and the status says so."""
    result = nutgraf("doctor", model=Scripted((RuntimeError("no such tensor"),)))

    assert result.exit_code == 1
    assert "FAIL model" in result.stdout


def test_models_and_version(nutgraf: Run) -> None:
    """The models are listed, with the chosen one marked; the version is a number."""
    assert "* embedded" in nutgraf("models").stdout
    assert nutgraf("version").stdout.count(".") == 2


def test_text_cannot_steer_the_terminal() -> None:
    """Escape sequences and characters that turn the direction of text are taken out."""
    assert clean("a\x1b[31mb\x07\u202ec\nd\te") == "a[31mbc d e"


def test_help_is_light() -> None:
    """Asking for help imports nothing heavy."""
    heavy = ("numpy", "fastapi", "sqlalchemy", "onnxruntime", "rich", "pydantic.main", "uvicorn", "orjson")
    code = f"import sys; from nutgraf.serve.cli import app; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_output_can_be_cut_short(folder: Path) -> None:
    """A pipe that is closed early ends the command without a traceback."""
    code = "import sys; from nutgraf.serve.cli import app; app(['models'])"
    environ: dict[str, Any] = {**os.environ, "NUTGRAF_DATA_DIR": str(folder), "NUTGRAF_MODEL": "none"}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
