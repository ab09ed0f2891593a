"""What the page on front ends promises: its programs run, and its table of endings is what the encoders do."""

import re
import subprocess
from pathlib import Path

import pytest

from nutgraf.serve.protocols import MESSAGES_AT_MOST
from nutgraf.stream import ai_sdk, openai_chat
from nutgraf.stream.ag_ui import FINISHED
from tests.clients.conftest import INSTALLED, TALKED_WITHIN_S, Network
from tests.docs.pages import DOCS, fences

PAGE = DOCS / "front-ends.md"
TEXT = PAGE.read_text("utf-8")
PROGRAMS = {fence.file: fence.text for fence in fences(PAGE) if fence.language == "js" and fence.file}
SAYS = {
    "chat.mjs": r"Philippa Danso suggested.*^(quoted|supported) post-triage-board-corridor.*^done$",
    "agent.mjs": r"\$640 for a mount.*^\d+ .*\$640.*^done$",
    "completion.mjs": r"14 of 52 rows.*^.* http://.*/v1/items/post-triage-board-corridor$.*^stop done$",
}


@pytest.mark.parametrize("name", sorted(SAYS))
def test_a_program_runs(node: str, network: Network, name: str) -> None:
    """Each program on the page runs as it stands, but for the address, and prints an answer with its citation."""
    script = Path(INSTALLED) / f"page-{name}"
    assert "http://localhost:8600" in PROGRAMS[name]
    script.write_text(PROGRAMS[name].replace("http://localhost:8600", network.base_url), "utf-8")
    done = subprocess.run(
        [node, str(script)], capture_output=True, text=True, check=False, timeout=TALKED_WITHIN_S
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(SAYS[name], done.stdout, re.DOTALL | re.MULTILINE), done.stdout


def test_every_program_is_run() -> None:
    """A program that is added without a test is seen here."""
    assert set(PROGRAMS) == set(SAYS)


def test_the_endings_are_those_of_the_encoders() -> None:
    """The table names for each ending what each protocol makes of it."""
    lines = TEXT.partition("## Endings")[2].splitlines()
    rows = {line.split("|")[1].strip(" `"): line.split("|")[2:5] for line in lines if line.startswith("| `")}

    assert set(rows) == {"done", "declined", "truncated", "stopped", "failed"}
    for ending, (sdk, run, chat) in rows.items():
        assert ai_sdk.FINISH.get(ending, {"stopped": "abort", "failed": "error"}.get(ending, "?")) in sdk
        assert ("RUN_FINISHED" in run) is (ending in FINISHED)
        assert openai_chat.FINISH.get(ending, "error") in chat
    assert f"{MESSAGES_AT_MOST} messages" in TEXT
