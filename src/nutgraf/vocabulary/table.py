"""Tab-separated tables: skills and occupations, ours and imported ones."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nutgraf.errors import InputError

SKILL_COLUMNS = ("id", "label", "group", "aliases")
OCCUPATION_COLUMNS = ("title", "group", "aliases", "skills")

_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_SPELLED = (
    ("c++", "cpp"),
    ("c#", "csharp"),
    ("f#", "fsharp"),
    (".net", "dotnet"),
    ("&", " and "),
    ("'", ""),
    ("’", ""),
)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one file, each as long as `columns`, with the file's name for messages."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_table(name: str, text: str, columns: Sequence[str]) -> Table:
    """A table whose header is exactly `columns`; InputError names the file, the line and the column at fault."""
    lines = text.lstrip("\ufeff").splitlines()
    header = tuple(lines[0].split("\t")) if lines else ()
    if header != tuple(columns):
        missing = [column for column in columns if column not in header]
        fault = f"has no column {missing[0]!r}" if missing else f"has the header {' '.join(header)[:80]!r}"
        raise InputError(f"{name}, line 1: {fault}; write the header as {' '.join(columns)!r}, parted by tabs.")
    return Table(name, tuple(columns), tuple(_rows(name, lines[1:], columns)))


def _rows(name: str, lines: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        cells = tuple(line.split("\t"))
        if len(cells) != len(columns):
            raise InputError(
                f"{name}, line {number}: {len(cells)} columns where there should be {len(columns)}; "
                f"write {', '.join(columns)}, parted by single tabs."
            )
        if not cells[0].strip() or not cells[1].strip():
            empty = columns[0] if not cells[0].strip() else columns[1]
            raise InputError(f"{name}, line {number}: column {empty!r} is empty; fill it in or take the line out.")
        yield cells


def write_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The text of a table; tabs and line ends within a cell become spaces."""
    lines = ["\t".join(columns)]
    lines += ["\t".join(" ".join(cell.split()) for cell in row) for row in rows]
    return "\n".join(lines) + "\n"


def parts(cell: str) -> list[str]:
    """The entries of a cell that are parted by `|`."""
    return [part for part in (piece.strip() for piece in cell.split("|")) if part]


def slug(label: str) -> str:
    """The id that goes with a label: lower case, words joined by hyphens."""
    text = unicodedata.normalize("NFKD", label).casefold()
    for written, spelled in _SPELLED:
        text = text.replace(written, spelled)
    text = "".join(part for part in text if not unicodedata.combining(part))
    return _NOT_SLUG.sub("-", text).strip("-")
