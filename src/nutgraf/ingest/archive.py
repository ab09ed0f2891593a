"""The archive of CSV tables that a professional network gives its members, zipped or as a folder."""

from __future__ import annotations

import csv
import os
import stat
from collections.abc import Iterator, Mapping
from io import StringIO
from itertools import islice
from pathlib import Path

from nutgraf.errors import InputError
from nutgraf.ingest.dates import read_month
from nutgraf.ingest.guard import decode, read_file, too_large
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.people import to_member
from nutgraf.ingest.unzip import read_zip
from nutgraf.types import Certificate, Member, Position, Study

#: The tables that are read, with a column each must have. No other table is opened; contacts, messages and
#: birth dates stay unread.
TABLES: Mapping[str, str] = {
    "profile": "first name", "positions": "title", "education": "school name", "skills": "name",
    "certifications": "name", "languages": "name",
}  # fmt: skip
PREAMBLE_AT_MOST_ROWS = 20

Row = Mapping[str, str]


def table_name(path: str) -> str | None:
    """The table that a path in an archive stands for, at its top or one folder down; None for every other."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    stem, dot, ending = parts[-1].lower().rpartition(".") if parts else ("", "", "")
    if not dot or ending != "csv" or len(parts) > 2 or parts[0].startswith(("__", ".")):
        return None
    return stem if stem in TABLES else None


def read_archive_zip(data: bytes, *, name: str, limits: Limits) -> Member:
    """The member of a zipped archive. Raises InputError or TooLarge as `read_zip` and for tables without a profile."""
    files = read_zip(data, wanted=lambda path: table_name(path) is not None, name=name, limits=limits)
    return _member(files, name, limits)


def read_archive_folder(folder: Path, *, name: str, limits: Limits) -> Member:
    """The member of an unpacked archive. Links are not followed; otherwise as `read_archive_zip`."""
    files: dict[str, bytes] = {}
    left = limits.archive_inflates_to_at_most_bytes
    for path in islice(_paths(folder, name), limits.archive_at_most_files + 1):
        if len(files) >= limits.archive_at_most_files:
            raise too_large(name, "the folder has too many files", f"{limits.archive_at_most_files:,} files")
        relative = path.relative_to(folder).as_posix()
        if table_name(relative) is None:
            continue
        if stat.S_ISLNK(path.lstat().st_mode):
            raise InputError(f"{name}: {relative} is a link, which is not followed; put the file itself there")
        files[relative] = read_file(path, at_most_bytes=left, name=f"{name}: {relative}")
        left -= len(files[relative])
    return _member(files, name, limits)


def _paths(folder: Path, name: str) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from (Path(inner.path) for inner in sorted(os.scandir(entry.path), key=lambda e: e.name))
            else:
                yield Path(entry.path)
    except OSError as exc:
        raise InputError(f"{name}: the folder cannot be read ({exc.strerror}); check its rights") from exc


def _member(files: Mapping[str, bytes], name: str, limits: Limits) -> Member:
    tables: dict[str, list[Row]] = {}
    for path, content in files.items():
        table = table_name(path) or ""
        if table in tables:
            raise InputError(f"{name}: there are two tables called {table}.csv; keep one of them")
        tables[table] = _rows(content, table, f"{name}: {path}", limits)
    if not tables.get("profile"):
        raise InputError(
            f"{name}: there is no Profile.csv with a profile in it, at the top or one folder down; "
            "give the archive as it was downloaded"
        )
    profile = tables["profile"][0]
    member = Member(
        id="",
        name=f"{profile.get('first name', '')} {profile.get('last name', '')}",
        headline=profile.get("headline"),
        summary=profile.get("summary"),
        place=profile.get("geo location"),
        work=tuple(_position(row) for row in tables.get("positions", ()) if row.get("title")),
        education=tuple(_study(row) for row in tables.get("education", ()) if row.get("school name")),
        certificates=tuple(
            Certificate(name=row["name"], issuer=row.get("authority"), date=read_month(row.get("started on")))
            for row in tables.get("certifications", ()) if row.get("name")
        ),
        skills=tuple(row.get("name", "") for row in tables.get("skills", ())),
        languages=tuple(row.get("name", "") for row in tables.get("languages", ())),
    )  # fmt: skip
    return to_member(member, name=name)


def _position(row: Row) -> Position:
    return Position(
        title=row["title"],
        organisation=row.get("company name"),
        start=read_month(row.get("started on")),
        end=read_month(row.get("finished on")),
        summary=row.get("description"),
    )


def _study(row: Row) -> Study:
    return Study(
        institution=row["school name"],
        degree=row.get("degree name"),
        area=row.get("field of study"),
        start=read_month(row.get("start date")),
        end=read_month(row.get("end date")),
    )


def _rows(content: bytes, table: str, name: str, limits: Limits) -> list[Row]:
    """The rows under the header, by lower-case column name; lines before the header are passed over."""
    text = decode(content, name)
    first = text.split("\n", 1)[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    header: list[str] | None = None
    rows: list[Row] = []
    try:
        for number, cells in enumerate(reader):
            if header is None:
                names = [cell.strip().lower() for cell in cells]
                if TABLES[table] in names:
                    header = names
                elif number >= PREAMBLE_AT_MOST_ROWS:
                    break
            elif any(cell.strip() for cell in cells):
                rows.append({key: cell.strip() for key, cell in zip(header, cells, strict=False) if cell.strip()})
            if len(rows) > limits.table_at_most_rows:
                raise too_large(name, "the table is too long", f"{limits.table_at_most_rows:,} rows")
    except csv.Error as exc:
        raise InputError(f"{name}: is not a readable CSV table ({exc}); save or download it again") from exc
    if header is None and text.strip():
        raise InputError(f"{name}: has no column called {TABLES[table]!r}; give the table as it was downloaded")
    return rows
