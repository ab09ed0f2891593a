"""Labels by people: what is read, what is kept through a crash, who gets what, how far two agree, and who gets in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nutgraf.errors import InputError
from nutgraf.evals.annotate.labels import SKIPPED, LabelLog
from nutgraf.evals.annotate.server import serve
from nutgraf.evals.annotate.tasks import Task, read_rubric, read_tasks
from nutgraf.serve.cli import app

TASKS = [
    Task(id=f"t{n}", sentence=f"It takes {n} weeks.", evidence=(f"{n} weeks",), group=f"g{n % 5}") for n in range(20)
]


def log_at(folder: Path, shared: float = 0.2) -> LabelLog:
    """A log of the tasks in a folder."""
    return LabelLog(folder / "labels.jsonl", read_rubric(), TASKS, shared=shared)


def test_lines_and_answers_are_read(tmp_path: Path) -> None:
    """A line with a sentence is one task; an answer of a run gives one for each sentence, with its quotations."""
    sentence = {"text": "It takes nine weeks.", "verdict": "supported", "evidence": [
        {"id": "e1", "source": "item", "ref": "i", "start": 0, "end": 1, "quote": "Nine weeks."}]}  # fmt: skip
    document = {"question": "How long?", "answer": {"blocks": [{"block": "a1", "sentences": [sentence]}]}}
    answer = {"case": "c1", "repeat": 0, "agent": "general", "group": "course", "kinds": [], "document": document}
    rows = [{"sentence": "It costs $240.", "evidence": "The fee is $240."}, answer]
    file = tmp_path / "tasks.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")

    one, two = read_tasks(file)

    assert (one.sentence, one.evidence) == ("It costs $240.", ("The fee is $240.",))
    assert (two.id, two.evidence, two.question, two.group) == ("c1/0/0", ("Nine weeks.",), "How long?", "course")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[]", "no object"),
        ('{"evidence": ""}', "sentence is missing"),
        ('{"sentence": "x", "evidence": 3}', "evidence is no text"),
        ('{"document": {}}', "no answer of a run"),
        ("", "has no sentence"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, why: str) -> None:
    """What is wrong with a line is said, with what to write."""
    file = tmp_path / "tasks.jsonl"
    file.write_text(line, "utf-8")

    with pytest.raises(InputError, match=why):
        read_tasks(file)


def test_a_rubric_needs_keys_of_its_own(tmp_path: Path) -> None:
    """Two labels on one key, or one on a key of the page, are refused."""
    file = tmp_path / "rubric.toml"
    for keys in ("11", "1u"):
        rows = "".join(f'[[labels]]\nname = "{n}"\nkey = "{key}"\n' for n, key in enumerate(keys))
        file.write_text(f'title = "x"\n{rows}', "utf-8")
        with pytest.raises(InputError, match="key of its own"):
            read_rubric(file)


def test_labels_survive_a_crash(tmp_path: Path) -> None:
    """Every label is a whole line on disk when it was acknowledged; one that was cut off in the middle is dropped."""
    log = log_at(tmp_path)
    log.give("t1", "Ada", "supported", "sure")
    log.give("t1", "Ada", "partly")
    log.give("t2", "Ada", "supported")
    log.give("t2", "Ada", "")
    with log.path.open("ab") as out:
        out.write(b'{"task": "t3", "who": "Ada", "lab')

    again = log_at(tmp_path)
    again.give("t4", "Ada", "no-claim")

    assert {given.task: given.label for given in again.current()} == {"t1": "partly", "t4": "no-claim"}
    assert {given.task for given in log_at(tmp_path).current()} == {"t1", "t4"}


@pytest.mark.parametrize("wrong", [("t99", "Ada", "supported"), ("t1", " ", "supported"), ("t1", "Ada", "nice")])
def test_what_is_no_label_is_refused(tmp_path: Path, wrong: tuple[str, str, str]) -> None:
    """A task, a person or a label that does not exist is refused, and nothing is kept."""
    log = log_at(tmp_path)
    with pytest.raises(InputError):
        log.give(*wrong)

    assert not log.path.exists()


def test_some_are_for_everybody_and_the_rest_is_shared_out(tmp_path: Path) -> None:
    """Everybody gets the same first share; what one person has labelled of the rest, nobody else gets."""
    log = log_at(tmp_path)
    ada = [task.id for task in log.queue("Ada", 20)]
    for task in ada[:7]:
        log.give(task, "Ada", "supported")
    bo = [task.id for task in log.queue("Bo", 20)]

    assert len(ada) == 20
    assert bo[:4] == ada[:4]
    assert not set(bo) & set(ada[4:7])
    assert log.progress("Ada")["mine"] == 7


def test_agreement_is_told_with_its_disagreements(tmp_path: Path) -> None:
    """Two people who differ once have a kappa below one and that sentence in the list; a skip is no label."""
    log = log_at(tmp_path, 1.0)
    for n in range(10):
        label = "supported" if n % 2 else "unsupported"
        log.give(f"t{n}", "Ada", label)
        log.give(f"t{n}", "Bo", "partly" if n == 3 else label)
    log.give("t11", "Ada", "supported")
    log.give("t11", "Bo", SKIPPED)
    told = log.agreement()

    (pair,) = told["pairs"]
    assert (pair["n"], pair["agreement"]) == (10, 0.9)
    assert 0.6 < pair["kappa"] < 1
    assert [one["task"]["id"] for one in told["disagreements"]] == ["t3"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[LabelLog, int]]:
    """The page's server on a free port."""
    log = log_at(tmp_path)
    with serve(log) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield log, server.server_address[1]
        server.shutdown()
        thread.join(5)


def asked(port: int, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    """Status and body of one request."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        raw = None if body is None else json.dumps(body)
        connection.request(method, path, raw, {"content-type": "application/json"} | headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_the_page_labels_and_exports(site: tuple[LabelLog, int]) -> None:
    """State gives the rubric and what is next, a label is kept, and the export has it with its sentence."""
    _, port = site
    state = json.loads(asked(port, "GET", "/api/state?who=Ada")[1])
    task = state["tasks"][0]["id"]
    status, _ = asked(port, "POST", "/api/label", {"task": task, "who": "Ada", "label": "partly", "took_s": 2})
    row = json.loads(asked(port, "GET", "/api/export")[1])

    assert status == 200
    assert len(state["rubric"]["labels"]) == 5
    assert (row["id"], row["label"], row["who"]) == (task, "partly", "Ada")
    assert row["sentence"]
    assert asked(port, "GET", "/")[0] == asked(port, "GET", "/page.js")[0] == 200


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"origin": "null"}])
def test_other_pages_do_not_get_in(site: tuple[LabelLog, int], headers: dict[str, str]) -> None:
    """A page of another origin, or another name for this machine, neither reads nor writes."""
    log, port = site
    body = {"task": "t1", "who": "x", "label": "supported"}

    assert asked(port, "POST", "/api/label", body, **headers)[0] == 403
    assert asked(port, "GET", "/api/export", None, **headers)[0] == 403
    assert log.current() == []


@pytest.mark.parametrize(
    "body", [{"task": "t1"}, [], "x", {"task": "t1", "who": "A", "label": "supported", "took_s": "x"}]
)
def test_a_body_that_is_no_label_is_refused(site: tuple[LabelLog, int], body: object) -> None:
    """It is told so with 400, and nothing is kept."""
    log, port = site

    assert asked(port, "POST", "/api/label", body)[0] == 400
    assert log.current() == []


def test_the_command_exports_and_tells_agreement(tmp_path: Path) -> None:
    """Without a page: labels to a file, and kappa as JSON."""
    file, out = tmp_path / "tasks.jsonl", tmp_path / "out.jsonl"
    file.write_text('{"id": "t1", "sentence": "It costs $240.", "evidence": "$240"}\n', "utf-8")
    LabelLog(tmp_path / "tasks.labels.jsonl", read_rubric(), read_tasks(file)).give("t1", "Ada", "supported")
    ran = CliRunner().invoke(app, ["eval", "annotate", str(file), "--export", str(out), "--agreement"])

    assert ran.exit_code == 0, ran.output
    assert json.loads(out.read_text("utf-8"))["label"] == "supported"
    assert '"pairs": []' in ran.output
