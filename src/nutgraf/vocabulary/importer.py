"""The official ESCO and O*NET files, or a table of one's own, made into tables that `match.load` adds to ours."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nutgraf.errors import InputError, TooLarge
from nutgraf.vocabulary.table import OCCUPATION_COLUMNS, SKILL_COLUMNS, parts, slug, write_table

_BYTES_AT_MOST = 300_000_000
_SKILLS_PER_OCCUPATION = 16
_IMPORTANT = 3.0
_CODE = "O*NET-SOC Code"

#: What each kind of file must have in its header. The first kind that fits wins.
_KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "esco occupations": ("ESCO", ("conceptUri", "preferredLabel", "altLabels", "iscoGroup")),
    "esco skills": ("ESCO", ("conceptUri", "preferredLabel", "altLabels")),
    "esco relations": ("ESCO", ("occupationUri", "skillUri")),
    "onet skills": ("O*NET", (_CODE, "Element ID", "Element Name", "Scale ID", "Data Value")),
    "onet technology": ("O*NET", (_CODE, "Example", "Commodity Title")),
    "onet titles": ("O*NET", (_CODE, "Alternate Title")),
    "onet occupations": ("O*NET", (_CODE, "Title", "Description")),
    "own skills": ("Nutgraf", SKILL_COLUMNS),
    "own occupations": ("Nutgraf", OCCUPATION_COLUMNS),
}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many skills and occupations were written, and which format they came in: ESCO, O*NET or Nutgraf."""

    skills: int
    occupations: int
    format: str


@dataclass(slots=True)
class _Skill:
    label: str
    group: str
    names: list[str] = field(default_factory=list)
    id: str = ""


@dataclass(slots=True)
class _Occupation:
    title: str
    group: str
    names: list[str] = field(default_factory=list)
    skills: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Found:
    """What the files say, by the identifiers they use themselves."""

    skills: dict[str, _Skill] = field(default_factory=dict)
    occupations: dict[str, _Occupation] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    relations: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a file by column, able to say where it is."""

    file: str
    line: int
    cells: dict[str, str]

    def need(self, column: str) -> str:
        """The cell, without spaces round it; InputError when it is missing or empty."""
        value = self.cells.get(column, "").strip()
        if not value:
            raise InputError(
                f"{self.file}, line {self.line}: column {column!r} is missing or empty; "
                "fill it in or take the line out."
            )
        return value

    def number(self, column: str) -> float:
        """The cell as a number; InputError when it is none."""
        try:
            return float(self.need(column))
        except ValueError:
            raise InputError(
                f"{self.file}, line {self.line}: column {column!r} is {self.cells[column][:40]!r}; write a number."
            ) from None


def import_files(source: Path, into: Path) -> ImportReport:
    """Read a file or a folder of them and write `skills.tsv` and `occupations.tsv` into a folder.

    Raises InputError, naming file, line and column, when nothing is recognised or a line cannot be used; then nothing
    is written.
    """
    found = _Found()
    formats = set()
    for path in _files(source):
        kind = _kind(path, alone=source.is_file())
        if kind is None:
            continue
        formats.add(_KINDS[kind][0])
        for row in _rows(path, _KINDS[kind][1]):
            _take(kind, row, found)
    if len(formats) > 1:
        raise InputError(f"{source}: holds files of {' and '.join(sorted(formats))}; import one format at a time.")
    if not found.skills:
        raise InputError(
            f"{source}: no skills in it; give skills_en.csv (ESCO), Skills.txt or Technology Skills.txt (O*NET), "
            f"or a table with the columns {', '.join(SKILL_COLUMNS)}."
        )
    return _write(found, into, formats.pop())


def _files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise InputError(f"{source}: there is no such file or folder; give the path of the files to import.")
    return sorted(path for path in source.iterdir() if path.suffix.lower() in (".csv", ".txt", ".tsv"))


def _kind(path: Path, alone: bool) -> str | None:
    """Which kind of file it is; None for a stranger in a folder; InputError for a stranger alone or a broken file."""
    header = set(_header(path))
    for kind, (_, columns) in _KINDS.items():
        if header.issuperset(columns):
            return kind
    nearest = max(_KINDS.values(), key=lambda entry: len(header & set(entry[1])))
    shared = len(header & set(nearest[1]))
    if shared * 2 >= len(nearest[1]) and header & {"conceptUri", "occupationUri", _CODE, "label"}:
        missing = next(column for column in nearest[1] if column not in header)
        raise InputError(f"{path.name}, line 1: no column {missing!r} in this {nearest[0]} file; fetch the file again.")
    if alone:
        raise InputError(f"{path.name}, line 1: neither an ESCO nor an O*NET header; give one of their official files.")
    return None


def _header(path: Path) -> list[str]:
    with _text(path) as stream:
        line = stream.readline(20_000)
    return next(csv.reader([line.rstrip("\r\n")], delimiter="\t" if "\t" in line else ","), [])


def _text(path: Path) -> io.StringIO:
    try:
        if path.stat().st_size > _BYTES_AT_MOST:
            raise TooLarge(f"{path.name}: larger than {_BYTES_AT_MOST // 1_000_000} MB; split the file.")
        return io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: cannot be read as UTF-8 text ({error}); save it as UTF-8.") from error


def _rows(path: Path, columns: Iterable[str]) -> Iterator[_Row]:
    header = _header(path)
    stream = _text(path)
    tabs = "\t" in stream.readline()
    reader = csv.reader(stream, delimiter="\t" if tabs else ",", quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL)
    last = max(header.index(column) for column in columns)
    try:
        for cells in reader:
            line = reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) <= last:
                raise InputError(
                    f"{path.name}, line {line}: {len(cells)} columns, so {header[len(cells)]!r} is missing; "
                    "fetch the file again or mend the line."
                )
            yield _Row(path.name, line, dict(zip(header, cells, strict=False)))
    except csv.Error as error:
        raise InputError(f"{path.name}, line {reader.line_num + 1}: {error}; fetch the file again.") from error


def _take(kind: str, row: _Row, found: _Found) -> None:
    if kind.startswith("esco"):
        _take_esco(kind, row, found)
    elif kind.startswith("onet"):
        _take_onet(kind, row, found)
    elif kind == "own skills":
        names = parts(row.cells["aliases"])
        found.skills[row.need("id")] = _Skill(row.need("label"), row.cells["group"], names, row.need("id"))
    else:
        skills = dict.fromkeys(parts(row.cells["skills"]), 1.0)
        title = row.need("title")
        found.occupations[title] = _Occupation(title, row.cells["group"], parts(row.cells["aliases"]), skills)


def _take_esco(kind: str, row: _Row, found: _Found) -> None:
    if kind == "esco relations":
        weight = 2.0 if row.cells.get("relationType", "").strip() == "essential" else 1.0
        found.relations[row.need("occupationUri")][row.need("skillUri")] = weight
        return
    if row.cells.get("conceptType", "") not in ("", "KnowledgeSkillCompetence", "Occupation"):
        return
    label, uri = row.need("preferredLabel"), row.need("conceptUri")
    names = [_searchable(name) for name in row.cells["altLabels"].splitlines() if name.strip()]
    if kind == "esco skills":
        shown = _searchable(label)
        found.skills[uri] = _Skill(label, row.cells.get("skillType") or "ESCO", [shown] * (shown != label) + names)
    else:
        found.occupations[uri] = _Occupation(label, "ESCO", [name.lstrip("=~") for name in names])


def _take_onet(kind: str, row: _Row, found: _Found) -> None:
    code = row.need(_CODE)
    if kind == "onet occupations":
        found.occupations[code] = _Occupation(row.need("Title"), "O*NET")
    elif kind == "onet titles":
        found.names[code].append(row.need("Alternate Title"))
    elif kind == "onet technology":
        name = row.need("Example")
        shown = _searchable(name)
        found.skills.setdefault(name, _Skill(name, row.need("Commodity Title"), [shown] * (shown != name)))
        hot = "Y" in (row.cells.get("Hot Technology"), row.cells.get("In Demand"))
        found.relations[code].setdefault(name, 2.0 if hot else 0.5)
    elif row.need("Scale ID") == "IM" and row.need("Element ID").startswith("2."):
        name = row.need("Element Name")
        found.skills.setdefault(name, _Skill(name, "O*NET", [f"~{name}"] * (" " not in name)))
        if (weight := row.number("Data Value")) >= _IMPORTANT:
            found.relations[code][name] = weight


def _searchable(name: str) -> str:
    """A name as an alias: a plain word is too common for running text (`~`), a name of its own is kept as is (`=`)."""
    name = " ".join(name.replace("|", "/").split())
    if " " in name or "-" in name:
        return name.lstrip("=~")
    return f"~{name}" if name.islower() and name.isalpha() else f"={name}"


def _write(found: _Found, into: Path, form: str) -> ImportReport:
    ids: dict[str, str] = {}
    taken: dict[str, int] = {}
    skills = []
    for key, skill in found.skills.items():
        short = skill.id or slug(skill.label) or "skill"
        taken[short] = taken.get(short, 0) + 1
        ids[key] = short if taken[short] == 1 else f"{short}-{taken[short]}"
        skills.append((ids[key], skill.label, skill.group, "|".join(dict.fromkeys(skill.names))))
    occupations = []
    for key, occupation in found.occupations.items():
        weights = {**occupation.skills, **found.relations.get(key, {})}
        ranked = sorted((name for name in weights if name in ids or occupation.skills), key=lambda name: -weights[name])
        names = [*occupation.names, *found.names.get(key, [])]
        known = "|".join(ids.get(name, name) for name in ranked[:_SKILLS_PER_OCCUPATION])
        occupations.append((occupation.title, occupation.group, "|".join(dict.fromkeys(names)), known))
    try:
        into.mkdir(parents=True, exist_ok=True)
        (into / "skills.tsv").write_text(write_table(SKILL_COLUMNS, skills), encoding="utf-8")
        (into / "occupations.tsv").write_text(write_table(OCCUPATION_COLUMNS, occupations), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{into}: cannot be written to ({error}); give a folder that you may write.") from error
    return ImportReport(len(skills), len(occupations), form)
