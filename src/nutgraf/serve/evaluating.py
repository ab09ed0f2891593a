"""What an evaluation runs in: case sets, the records they name, rooms, and the tools that measure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from nutgraf.errors import InputError, NotFound
from nutgraf.evals.cases import ITEMS, MEMBERS, Case, CaseSet, load_set, load_sets
from nutgraf.serve import sample
from nutgraf.serve.door import host_scope
from nutgraf.text.words import content_stems

if TYPE_CHECKING:
    from nutgraf.serve.find import Shelf
    from nutgraf.settings import Settings
    from nutgraf.store.embedded import EmbeddedStore
    from nutgraf.types import Item, Member

FOLDER = "evals"
#: Cases of each set that a smoke run takes.
SMOKE = 3
SAMPLED = "premium"


class StoreRecords:
    """The records of a store, for metrics that look up what was cited or offered."""

    def __init__(self, store: EmbeddedStore) -> None:
        self._store = store

    def text(self, ref: str) -> str | None:
        """The title, text and details of a record."""
        item = self._item(ref)
        return None if item is None else "\n".join([item.title, item.text, *(value for _, value in item.details)])

    def kind(self, ref: str) -> str | None:
        """The kind of a record."""
        item = self._item(ref)
        return None if item is None else item.kind

    def rarity(self, stem: str) -> float:
        """In what share of the records a stem stands."""
        return self._counts[stem] / max(1, self._many)

    def _item(self, ref: str) -> Item | None:
        with suppress(NotFound, InputError):
            return self._store.item(ref)
        return None

    @cached_property
    def _counts(self) -> Counter[str]:
        items = self._store.items(limit=sample.ITEMS_AT_MOST)
        self._many = len(items)
        return Counter(stem for item in items for stem in set(content_stems(f"{item.title} {item.text}")))


class Finder:
    """Finds the records of cases: beside the set, in the case itself, or in the store."""

    def __init__(self, shelf: Shelf, store: EmbeddedStore) -> None:
        self._shelf, self._store = shelf, store

    def __call__(self, one: CaseSet, case: Case) -> tuple[Item | None, Member | None]:
        """The item and the member of a case. Raises InputError naming the case when there is none of that id."""
        try:
            return self._item(one, case), self._member(one, case)
        except InputError as exc:
            raise InputError(f"cases: {one.name}, {case.id}: {exc}") from None

    def _item(self, one: CaseSet, case: Case) -> Item | None:
        from nutgraf.ingest.load import item_from_bytes

        if isinstance(case.item, dict):
            return item_from_bytes(json.dumps(case.item).encode(), f"{case.id}.json", limits=self._shelf.limits)
        if case.item is None:
            return None
        if found := one.record(ITEMS, case.item):
            return replace(item_from_bytes(found[1], found[0], limits=self._shelf.limits), id=case.item)
        return self._store.item(case.item)

    def _member(self, one: CaseSet, case: Case) -> Member | None:
        from nutgraf.ingest.load import member_from_bytes

        if isinstance(case.member, dict):
            return member_from_bytes(json.dumps(case.member).encode(), f"{case.id}.json", limits=self._shelf.limits)
        if case.member is None:
            return None
        if found := one.record(MEMBERS, case.member):
            return replace(member_from_bytes(found[1], found[0], limits=self._shelf.limits), id=case.member)
        return self._store.member(host_scope(), case.member)


def sets_of(settings: Settings, cases: Path | None, names: Sequence[str]) -> list[CaseSet]:
    """The case sets of a folder or a file; without one, those of the use case. Raises InputError."""
    if cases is not None:
        return [load_set(cases)] if cases.is_file() else load_sets(_folder(cases), names)
    shipped = resources.files("nutgraf") / "usecases" / settings.usecase / FOLDER
    if settings.usecase.isidentifier() and shipped.is_dir():
        return load_sets(shipped, names)
    return load_sets(_folder(Path(settings.usecase).expanduser() / FOLDER), names)


def gate_file(settings: Settings, given: Path | None) -> Path:
    """The file of written bars: the given one, or that of the use case."""
    from nutgraf.evals.gate import FILE

    if given is not None:
        return given
    shipped = Path(str(resources.files("nutgraf") / "usecases" / settings.usecase / FOLDER / FILE))
    own = Path(settings.usecase).expanduser() / FOLDER / FILE
    return shipped if settings.usecase.isidentifier() and shipped.is_file() else own


def smoke(sets: Sequence[CaseSet], many: int = SMOKE) -> list[CaseSet]:
    """The first cases of each set that between them have the most kinds."""
    found = []
    for one in sets:
        left, seen, picked = list(one.cases), set[str](), list[Case]()
        while left and len(picked) < many:
            best = max(left, key=lambda case: len(set(case.kinds) - seen))
            left.remove(best)
            picked.append(best)
            seen |= set(best.kinds)
        found.append(replace(one, cases=tuple(picked)))
    return found


def store_of(shelf: Shelf, settings: Settings) -> EmbeddedStore:
    """The store that cases name records of: the sample network for the use case that ships with it, else one's own."""
    return shelf.demo() if settings.usecase == SAMPLED else shelf.own


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise InputError(f"cases: {path} is no folder with case sets; make one, or name another with --cases")
    return path
