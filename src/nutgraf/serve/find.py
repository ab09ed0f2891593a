"""What ITEM and MEMBER on the command line stand for: a file, an address, or an id of something kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Self

from nutgraf.errors import InputError, NotFound
from nutgraf.serve import sample
from nutgraf.serve.door import host_scope

if TYPE_CHECKING:
    from types import TracebackType

    from nutgraf.ingest.limits import Limits
    from nutgraf.settings import Settings
    from nutgraf.store.embedded import EmbeddedStore
    from nutgraf.types import Item, Member

NOBODY = "none"
WEB = ("http://", "https://")
#: Fetches the item at an address.
Fetch = Callable[[str], "Item"]
NEAR_AT_MOST = 3
LISTED_AT_MOST = 10_000


@dataclass
class Shelf:
    """The stores that ids are looked for in: the reader's own, then the sample network, loaded when it is needed.

    Use it as a block: the stores it opened are closed with it. `load_sample` gets an open store and its folder.
    """

    settings: Settings
    load_sample: Callable[[EmbeddedStore, Path], None]
    sample_store: EmbeddedStore | None = None
    _open: dict[Path, EmbeddedStore] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    @property
    def own(self) -> EmbeddedStore:
        """The reader's own store."""
        return self._store(self.settings.data_dir)

    @property
    def limits(self) -> Limits:
        """How large a document may be."""
        from nutgraf.ingest.limits import Limits

        return Limits(document_at_most_bytes=self.settings.document_at_most_bytes)

    def demo(self) -> EmbeddedStore:
        """The store of the sample network, loaded now if it was not."""
        if self.sample_store is None:
            folder = sample.demo_folder(self.settings.data_dir)
            self.sample_store = self._store(folder)
            if not sample.is_loaded(folder):
                self.load_sample(self.sample_store, folder)
        return self.sample_store

    def _store(self, folder: Path) -> EmbeddedStore:
        from nutgraf.store.embedded import EmbeddedStore

        if folder not in self._open:
            self._open[folder] = self._stack.enter_context(EmbeddedStore.open(folder))
        return self._open[folder]


@dataclass(frozen=True)
class Found:
    """What was meant, and the store whose records belong beside it."""

    item: Item
    member: Member | None
    store: EmbeddedStore


def find(shelf: Shelf, item: str, member: str, fetch: Fetch | None = None) -> Found:
    """The item and the member that were meant; `member` may be "none". `fetch` None means that nothing is fetched.

    Raises NotFound naming what was looked for, with near matches, and InputError for a document that cannot be read.
    """
    read, item_store = find_item(shelf, item, fetch)
    reader, member_store = find_member(shelf, member)
    return Found(read, reader, item_store or member_store or shelf.own)


def find_item(shelf: Shelf, text: str, fetch: Fetch | None = None) -> tuple[Item, EmbeddedStore | None]:
    """The item, and the store it came from if it came from one."""
    if text.lower().startswith(WEB):
        if fetch is None:
            raise InputError(f"item: {text} is an address; add --fetch to read it from the web")
        return fetch(text), None
    if (path := _path(text)) is not None:
        from nutgraf.ingest.load import load_item

        return load_item(path, limits=shelf.limits), None
    try:
        return shelf.own.item(text), shelf.own
    except NotFound:
        if text in sample.item_ids():
            return shelf.demo().item(text), shelf.demo()
    known = [item.id for item in shelf.own.items(limit=LISTED_AT_MOST)]
    raise _nothing("item", text, [*known, *sample.item_ids()])


def find_member(shelf: Shelf, text: str) -> tuple[Member | None, EmbeddedStore | None]:
    """The member, None for "none", and the store it came from if it came from one."""
    if text == NOBODY:
        return None, None
    if (path := _path(text)) is not None:
        from nutgraf.ingest.load import load_member

        return load_member(path, limits=shelf.limits), None
    try:
        return shelf.own.member(host_scope(), text), shelf.own
    except NotFound:
        if text in sample.member_ids():
            return shelf.demo().member(host_scope(), text), shelf.demo()
    known = [member.id for member in shelf.own.members(host_scope(), LISTED_AT_MOST)]
    raise _nothing("member", text, [*known, *sample.member_ids(), NOBODY])


def _path(text: str) -> Path | None:
    """The file or folder of that name, if there is one."""
    path = Path(text).expanduser()
    try:
        return path if path.exists() else None
    except (OSError, ValueError):  # too long a name, or one that no file system takes
        return None


def _nothing(what: str, text: str, known: Iterable[str]) -> NotFound:
    shown = text if len(text) <= 80 else text[:80] + "…"
    near = get_close_matches(text[:200], sorted(set(known)), NEAR_AT_MOST, cutoff=0.5)
    hint = f"; near it are {', '.join(near)}" if near else ""
    return NotFound(f"{what}: there is no file {shown!r}, and nothing kept has that id{hint}")
