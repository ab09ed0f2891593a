"""Cases: what is asked about which item for whom, and what a good answer holds. One JSON object a line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from nutgraf.errors import InputError

Json = dict[str, Any]
ENDING, RUBRIC = ".jsonl", "rubric.md"
ITEMS, MEMBERS = "items", "members"
#: Kinds that every agent's set should have; other kinds may be named as well.
KINDS = (
    "easy", "hard", "thin", "weak-fit", "redundancy", "career-gap", "junior", "senior", "conflicting", "hostile",
)  # fmt: skip
ENDINGS = ("answered", "declined", "any")
LINE_AT_MOST_CHARS = 1_000_000
CASES_AT_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What a good answer holds. Of a text with `|` in it one part is enough; case and white space do not count.

    `ending` is `answered`, `declined` (nothing may be said) or `any`. `finds` must stand in the passages that the
    answer was written from, `says` in the answer, and nothing of `never` may be shown. `links` are records of which one
    must be offered.
    """

    ending: Literal["answered", "declined", "any"] = "answered"
    finds: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. `item` and `member` are ids of records, of files beside the set, or whole records as JSON objects.

    `question` None asks for takeaways. `history` holds earlier turns, oldest first, as pairs of question and answer.
    """

    id: str
    agent: str
    item: str | Json | None = None
    member: str | Json | None = None
    question: str | None = None
    kinds: tuple[str, ...] = ()
    expect: Expect = field(default_factory=Expect)
    history: tuple[tuple[str, str], ...] = ()
    note: str = ""

    @property
    def group(self) -> str:
        """What its answers are drawn together by: the item, or the case where there is none."""
        if isinstance(self.item, dict):
            return str(self.item.get("id") or self.id)
        return self.item or self.id


@dataclass(frozen=True, slots=True)
class CaseSet:
    """The cases of one file with the rubric they are judged by; `version` is made of both."""

    name: str
    cases: tuple[Case, ...]
    rubric: str = ""
    folder: Traversable | Path | None = None

    @property
    def version(self) -> str:
        """Twelve hex digits of the cases, in any order, of their records, and of the rubric."""
        told = sorted(json.dumps(asdict(case), sort_keys=True, ensure_ascii=False) for case in self.cases)
        records = [f"{name}\0{text}" for name, text in sorted(self._records())]
        whole = "\n".join([*told, *records, self.rubric])
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def record(self, kind: str, name: str) -> tuple[str, bytes] | None:
        """The name and bytes of an item's or a member's file beside the set (`kind` is ITEMS or MEMBERS), if any."""
        ending = ".md" if kind == ITEMS else ".json"
        if self.folder is None or not name or "/" in name or "\\" in name or name.startswith("."):
            return None
        file = self.folder.joinpath(kind, name + ending)
        return (name + ending, file.read_bytes()) if file.is_file() else None

    def _records(self) -> Iterator[tuple[str, str]]:
        """The files beside the set that its cases name."""
        for case in self.cases:
            for kind, name in ((ITEMS, case.item), (MEMBERS, case.member)):
                if isinstance(name, str) and (found := self.record(kind, name)):
                    yield found[0], found[1].decode("utf-8", "replace")


def load_sets(folder: Traversable | Path, names: Sequence[str] = ()) -> list[CaseSet]:
    """The sets of a folder, or those of these names. Raises InputError when there is none, or one is not right."""
    files = {file.name.removesuffix(ENDING): file for file in folder.iterdir() if file.name.endswith(ENDING)}
    if unknown := [name for name in names if name not in files]:
        raise InputError(f"cases: there is no set {unknown[0]!r}; known are {', '.join(sorted(files)) or 'none'}")
    if not files:
        raise InputError(f"cases: {folder} holds no case sets; put files of JSON lines into it, NAME{ENDING}")
    return [load_set(files[name], folder) for name in sorted(names or files)]


def load_set(file: Traversable | Path, folder: Traversable | Path | None = None) -> CaseSet:
    """The set in a file, with the rubric beside it. Raises InputError naming the line and the field that is wrong."""
    try:
        cases = tuple(read_cases(file.read_text("utf-8").splitlines(), file.name))
        beside = (folder or Path(str(file)).parent).joinpath(RUBRIC)
        rubric = beside.read_text("utf-8") if beside.is_file() else ""
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"cases: {file.name} cannot be read as text in UTF-8 ({exc})") from exc
    return CaseSet(file.name.removesuffix(ENDING), cases, rubric, folder or Path(str(file)).parent)


def read_cases(lines: Iterable[str], name: str) -> Iterator[Case]:
    """The cases of JSON lines. Raises InputError naming the line and the field; two cases may not have one id."""
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        case = case_of(parsed(line, where), where)
        if case.id in seen:
            raise InputError(f"{where}: id {case.id!r} is also on line {seen[case.id]}; give each case its own")
        seen[case.id] = number
        if len(seen) > CASES_AT_MOST:
            raise InputError(f"{name}: more than {CASES_AT_MOST:,} cases; divide the set")
        yield case
    if not seen:
        raise InputError(f"{name}: holds no cases")


def parsed(line: str, where: str) -> Json:
    """A line as a JSON object; InputError naming the line otherwise."""
    if len(line) > LINE_AT_MOST_CHARS:
        raise InputError(f"{where}: is longer than {LINE_AT_MOST_CHARS:,} characters; shorten it")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{where}: is not JSON ({exc})") from exc
    if not isinstance(found, dict):
        raise InputError(f"{where}: must be an object, got {type(found).__name__}")
    return found


def case_of(found: Mapping[str, Any], where: str) -> Case:
    """A case from a JSON object. Raises InputError naming the field that is unknown, missing or of the wrong type."""
    values = _known(found, Case, where)
    for name in ("id", "agent"):
        if not isinstance(values.get(name), str) or not values[name].strip():
            raise InputError(f"{where}: {name}: must be a text that is not empty, got {values.get(name)!r}")
    for name in ("question", "note"):
        if not isinstance(values.get(name, ""), (str, type(None))):
            raise InputError(f"{where}: {name}: must be a text, got {values[name]!r}")
    for name in ("item", "member"):
        if not isinstance(values.get(name), (str, dict, type(None))):
            raise InputError(f"{where}: {name}: must be an id or an object, got {values[name]!r}")
    if values.get("item") is None and values.get("question") is None:
        raise InputError(f"{where}: a case needs an item, a question, or both")
    values["kinds"] = _texts(values.get("kinds", ()), f"{where}: kinds")
    values["history"] = tuple(_turn(turn, f"{where}: history") for turn in values.get("history", ()))
    expect = _known(values.get("expect", {}), Expect, f"{where}: expect")
    if (ending := expect.pop("ending", "answered")) not in ENDINGS:
        raise InputError(f"{where}: expect: ending must be one of {', '.join(ENDINGS)}, got {ending!r}")
    parts = {name: _texts(value, f"{where}: expect: {name}") for name, value in expect.items()}
    return Case(**{**values, "expect": Expect(ending=ending, **parts)})


def as_line(case: Case) -> str:
    """A case as a line of JSON, without what is as by default."""
    told = {name: value for name, value in asdict(case).items() if value not in (None, "", (), [])}
    expect = {name: value for name, value in told.pop("expect").items() if value != ()}
    if expect.get("ending") == "answered":
        del expect["ending"]
    return json.dumps(told | ({"expect": expect} if expect else {}), ensure_ascii=False)


def _known(found: Any, cls: type[Any], where: str) -> Json:
    if not isinstance(found, Mapping):
        raise InputError(f"{where}: must be an object, got {found!r}")
    known = [one.name for one in fields(cls)]
    if unknown := [name for name in found if name not in known]:
        raise InputError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(known)}")
    return dict(found)


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        raise InputError(f"{where}: must be a list of texts, got {value!r}")
    return tuple(value)


def _turn(value: Any, where: str) -> tuple[str, str]:
    pair = _texts(value, where)
    if len(pair) != 2:
        raise InputError(f"{where}: each turn is a question and its answer, got {value!r}")
    return pair[0], pair[1]
