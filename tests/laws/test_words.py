"""What a stranger reads speaks of the project alone."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.laws.house import ROOT, tracked

BYTES_AT_MOST = 1_000_000
#: Each file of weights of our own, and all of them together.
WEIGHTS_AT_MOST_BYTES, ALL_WEIGHTS_AT_MOST_BYTES = 40_000_000, 60_000_000
#: Written in pieces, so that this file passes its own law.
FOREIGN = {
    "a machine's path": re.compile(
        r"(?<![\w.~])/(?:work|root|home/\w+|Users/\w+|opt/" + r"wheels)\b(?![?=])|[A-Z]:\\Users"
    ),
    "a registry's host": re.compile(
        "|".join(
            (r"py" + r"pi\.org", r"python" + r"hosted\.org", r"npm" + r"js\.(?:org|com)", r"deb\.deb" + r"ian\.org")
        )
    ),
    "a neighbour's folder": re.compile(
        r"\.\./sha" + r"red\b|(?<![\w/.-])sha" + r"red/(?:[\w-]+/)*[\w-]+\.(?:md|py|txt)"
    ),
}


def foreign_words(texts: Iterable[tuple[str, str]]) -> list[str]:
    """`name:line: what` for every (name, text) pair that speaks of a machine, a registry or a folder outside."""
    return [
        f"{name}:{number}: {what}"
        for name, text in texts
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in FOREIGN.items()
        if pattern.search(line)
    ]


def readable(paths: Iterable[Path]) -> Iterable[tuple[str, str]]:
    """The text files among these paths, as (name, text)."""
    for path in paths:
        raw = path.read_bytes()
        if b"\0" not in raw[:8_000]:
            yield str(path.relative_to(ROOT)), raw.decode("utf-8", "replace")


def test_files_speak_of_the_project_alone() -> None:
    """No machine, registry or folder outside the repository is named in it."""
    assert foreign_words(readable(tracked())) == []


def test_no_file_is_heavier_than_it_should_be() -> None:
    """What git keeps, it keeps for ever: big files are built or installed, but for weights of our own."""
    heavy = {p: n for p in tracked() if (n := p.stat().st_size) > BYTES_AT_MOST}
    own = {p: n for p, n in heavy.items() if "weights" in p.parts and n <= WEIGHTS_AT_MOST_BYTES}

    assert {str(p.relative_to(ROOT)): n for p, n in heavy.items() if p not in own} == {}
    assert sum(own.values()) <= ALL_WEIGHTS_AT_MOST_BYTES


@pytest.mark.parametrize(
    "line",
    [
        "see /ro" + "ot/notes.txt",
        "cd /wo" + "rk/main",
        "cd /ho" + "me/somebody/nutgraf",
        r"C:\Us" + r"ers\somebody",
        "--index-url https://py" + "pi.org/simple",
        "https://files.python" + "hosted.org/packages/x",
        "as ../sha" + "red/house.md says",
        "as sha" + "red/house.md says",
    ],
)
def test_a_foreign_word_is_seen(line: str) -> None:
    """Control: each kind of foreign word is reported with its line."""
    assert [found.rsplit(":", 1)[0] for found in foreign_words([("a.md", f"fine\n{line}\n")])] == ["a.md:2"]


@pytest.mark.parametrize(
    "line",
    [
        "the root of work/life",
        "GET /home",
        "teamwork/play",
        "values shared/private",
        "import './shared/wire.js'",
        "~/work",
    ],
)
def test_an_innocent_word_is_not(line: str) -> None:
    """Control: words that only look alike are left alone."""
    assert foreign_words([("a.md", line)]) == []
