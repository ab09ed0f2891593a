"""The tutorial does what it says: its files are written, its commands are run, and what it shows is compared."""

import http.client
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.docs import machine
from tests.docs.pages import DOCS, Command, commands, fences, missing_lines

PAGE = DOCS / "tutorial.md"
#: These run until they are stopped; each has a test of its own.
SERVERS = ("nutgraf demo", "nutgraf serve", "python own_page.py")


@dataclass(frozen=True)
class Ran:
    """A command of the page and what came of it."""

    command: Command
    status: int
    printed: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder."""
    machine.needs_encoder()
    return tmp_path_factory.mktemp("tutorial")


@pytest.fixture(scope="module")
def ran(folder: Path) -> list[Ran]:
    """Everything on the page that ends by itself, done once from top to bottom."""
    found, port = [], str(machine.free_port())  # nothing listens where the page has port 8080
    for fence in [replace(fence, text=fence.text.replace("8080", port)) for fence in fences(PAGE)]:
        if fence.file:
            (folder / fence.file).parent.mkdir(exist_ok=True)
            (folder / fence.file).write_text(fence.text, "utf-8")
        if fence.language == "console":
            found += [run(folder, command) for command in commands(fence) if command.line not in SERVERS]
    return found


def run(folder: Path, command: Command) -> Ran:
    """Run one command in the reader's folder."""
    program, *words = command.words
    if program == "python":
        done = machine.python(folder, (folder / words[0]).read_text("utf-8"), words[1:])
        return Ran(command, done.returncode, done.stdout + done.stderr)
    assert program == "nutgraf", command.line
    result = machine.nutgraf(folder, words)
    if command.into:
        (folder / command.into).write_text(result.stdout, "utf-8")
    return Ran(command, result.exit_code, result.output)


def test_every_command_prints_what_the_page_shows(ran: list[Ran]) -> None:
    """Each ends with status 0 and prints the lines below it, in their order."""
    assert [(one.command.line, one.status, one.printed) for one in ran if one.status] == []
    faults = [(one.command.line, missing_lines(one.command.shown, one.printed), one.printed) for one in ran]
    assert [fault for fault in faults if fault[1]] == []


def test_what_serves_is_tested_by_itself() -> None:
    """No command is passed over but those that serve."""
    typed = {command.line for fence in fences(PAGE) if fence.language == "console" for command in commands(fence)}

    assert set(SERVERS) <= typed


def panel_of(folder: Path, member: str) -> dict[str, Any]:
    """The panel of the reader's article for a member."""
    return dict(json.loads(machine.nutgraf(folder, ["takeaways", "article.md", "-m", member, "-f", "json"]).stdout))


def said(panel: dict[str, Any]) -> list[str]:
    """The sentences of a panel in their order."""
    return [sentence["text"] for takeaway in panel["takeaways"] for sentence in takeaway["sentences"]]


def test_a_goal_taken_back_changes_the_panel(ran: list[Ran], folder: Path) -> None:
    """Without consent the goal is neither used nor named, and the sentences or their order are others."""
    before, after = panel_of(folder, "me.json"), panel_of(folder, "private.json")

    assert ("lending library" in json.dumps(before["used_about_you"]), said(before) != said(after)) == (True, True)
    assert "lending library of things" not in json.dumps([after["used_about_you"], after["takeaways"]])


def test_nobody_in_particular_gets_another_panel(ran: list[Ran], folder: Path) -> None:
    """Without a member the choice is another one, without reasons and with nothing used."""
    nobody = panel_of(folder, "none")

    assert said(nobody) != said(panel_of(folder, "me.json"))
    assert [takeaway["because"] for takeaway in nobody["takeaways"]] == [None] * len(nobody["takeaways"])
    assert nobody["used_about_you"] == []


def test_the_embedded_model_keeps_to_the_page(ran: list[Ran], folder: Path) -> None:
    """With the model the panel ends well too, each sentence written and checked or quoted."""
    if not machine.has_model():
        pytest.skip("the embedded model is not installed: make install")
    words = ["takeaways", "article.md", "--member", "me.json", "--format", "json", "--model", "embedded"]
    result = machine.nutgraf(folder, words)
    panel = json.loads(result.stdout)

    assert (result.exit_code, panel["ending"], panel["model"]) == (0, "done", "embedded")
    assert len(said(panel)) == 3


def test_the_demo_opens(tmp_path: Path) -> None:
    """The sample network is loaded, read and served; only the port and the encoder are others here."""
    start = tmp_path / "demo.py"
    start.write_text(
        "from nutgraf.serve.cli import app\nfrom nutgraf.serve.cli_common import Tools\n"
        "from tests.serve.fakes import fake_rooms\n"
        "app(['demo', '--port', '0', '--no-browser'], obj=Tools(build_rooms=fake_rooms()))\n",
        "utf-8",
    )
    with machine.serving(tmp_path, ["demo.py"], "Nutgraf is at") as line:
        port = int(line.split("127.0.0.1:")[1].split("/")[0])
        assert line.replace(str(port), "8600") == "Nutgraf is at http://127.0.0.1:8600/ (Ctrl-C ends it)\n"
        assert "Commons" in fetched(port, "GET", "/")[1]


def test_the_panel_stands_on_a_page_of_ones_own(ran: list[Ran], folder: Path) -> None:
    """The page, the element's module and a streamed answer come from one address; only the ports are others here."""
    nutgraf, own = machine.free_port(), machine.free_port()
    (folder / "own.py").write_text(
        (folder / "own_page.py").read_text("utf-8").replace("8600", str(nutgraf)).replace("port=3000", f"port={own}"),
        "utf-8",
    )
    serve = ["-c", f"from nutgraf.serve.cli import app; app(['serve', '--port', '{nutgraf}'])"]
    with machine.serving(folder, serve, "Nutgraf is at"), machine.serving(folder, ["own.py"], "Running on"):
        assert '<nutgraf-panel item="tool-library"' in fetched(own, "GET", "/")[1]
        assert fetched(own, "GET", "/nutgraf-panel.js")[0].startswith("text/javascript")
        kind, events = fetched(own, "POST", "/v1/takeaways", {"item": "tool-library", "member": "nora"})

    assert kind.startswith("text/event-stream")
    assert events.count("event: closed") == 1
    assert '"ending":"done"' in events


def fetched(port: int, method: str, path: str, body: Any = None) -> tuple[str, str]:
    """The type and the text of an answer, asked for as a page of that address asks."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Origin": f"http://127.0.0.1:{port}", "Accept": "text/event-stream, */*"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status == 200, text
    return answer.headers["Content-Type"], text
