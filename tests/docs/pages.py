"""The pages of the manual as a test reads them: fenced blocks, links, and commands with what they should print."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ELISION = "…"

_FENCE = re.compile(r"^```(?P<info>\w[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]\n]*\]\((?P<target>[^)\s]+)\)|(?:src|href)=\"(?P<attribute>[^\"]+)\"")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language, the file a reader saves it as (None for none), and its text."""

    language: str
    file: str | None
    text: str


@dataclass(frozen=True)
class Command:
    """A command as it is typed, the file that its output goes to, and the lines that the page shows for it."""

    words: tuple[str, ...]
    into: str | None
    shown: tuple[str, ...]

    @property
    def line(self) -> str:
        """The command as one line."""
        return shlex.join(self.words)


def pages() -> list[Path]:
    """Every page that a reader may open."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def fences(page: Path) -> list[Fence]:
    """The fenced blocks of a page that name a language, in order."""
    found = []
    for match in _FENCE.finditer(page.read_text("utf-8")):
        language, _, rest = match["info"].partition(" ")
        file = re.search(r"\bfile=(\S+)", rest)
        found.append(Fence(language, file[1] if file else None, match["text"]))
    return found


def commands(fence: Fence) -> Iterator[Command]:
    """The commands of a `console` block, each with the lines that stand below it."""
    for part in re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]:
        typed, *shown = part.splitlines()
        words = shlex.split(typed)
        into = words[words.index(">") + 1] if ">" in words else None
        yield Command(tuple(words[: words.index(">")] if into else words), into, tuple(filter(str.strip, shown)))


def missing_lines(shown: tuple[str, ...], printed: str) -> list[str]:
    """The shown lines that were not printed, in this order; `…` stands for any text, quotation marks for themselves."""
    rest = printed.splitlines()
    missing = []
    for line in shown:
        pattern = re.compile(".*".join(re.escape(piece.strip()) for piece in line.strip().split(ELISION)))
        at = next((i for i, one in enumerate(rest) if pattern.fullmatch(one.strip())), None)
        if at is None:
            missing.append(line)
        else:
            rest = rest[at + 1 :]
    return missing


def links(page: Path) -> list[str]:
    """What a page links to, fenced blocks left out."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [match["target"] or match["attribute"] for match in _LINK.finditer(text)]


def anchors(page: Path) -> set[str]:
    """The names of a page's headings as links spell them."""
    plain = (re.sub(r"[^\w\s-]", "", heading.lower()).strip() for heading in _HEADING.findall(page.read_text("utf-8")))
    return {heading.replace(" ", "-") for heading in plain}
