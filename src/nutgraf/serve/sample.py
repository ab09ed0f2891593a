"""The sample network: invented people, companies and items, loaded like anybody's documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from nutgraf.serve.door import host_scope

if TYPE_CHECKING:
    from nutgraf.serve.backend import Backend
    from nutgraf.store.embedded import EmbeddedStore

#: Told how much is done, of how much.
Progress = Callable[[int, int], None]
MARK, PREPARED = "sample.txt", "prepared.txt"
ITEMS_AT_MOST = 100_000


def network() -> Path:
    """The folder of the sample network."""
    return Path(str(resources.files("nutgraf") / "usecases" / "premium" / "network"))


def demo_folder(data_dir: Path) -> Path:
    """Where the sample network is kept."""
    return data_dir / "demo"


@cache
def item_ids() -> frozenset[str]:
    """Ids of the sample items, without reading them."""
    return frozenset(path.stem for path in (network() / "items").glob("*.md"))


@cache
def member_ids() -> frozenset[str]:
    """Ids of the sample members, without reading them."""
    return frozenset(path.stem for path in (network() / "members").glob("*.json"))


def is_loaded(folder: Path) -> bool:
    """Whether the sample network, as it is shipped now, was loaded into the store in this folder."""
    try:
        return (folder / MARK).read_text("utf-8") == _fingerprint()
    except OSError:
        return False


def load(store: EmbeddedStore, folder: Path, progress: Progress = lambda done, whole: None) -> None:
    """Put the sample network into the store in `folder`, in place of an older one. Takes a few seconds.

    Items that are no longer in it leave the store.
    """
    from nutgraf.ingest.load import load_item, load_member

    items, members = sorted((network() / "items").glob("*.md")), sorted((network() / "members").glob("*.json"))
    whole = len(items) + len(members)
    for number, path in enumerate(members, 1):
        store.put_member(host_scope(), load_member(path))
        progress(number, whole)
    batch = []
    for number, path in enumerate(items, 1):
        batch.append(load_item(path))
        progress(len(members) + number, whole)
    store.put_items(batch)
    shipped = {item.id for item in batch}
    for item in store.items(limit=ITEMS_AT_MOST):
        if item.id not in shipped:
            store.delete_item(item.id)
    (folder / MARK).write_text(_fingerprint(), "utf-8")


def prepare(backend: Backend, progress: Progress = lambda done, whole: None) -> None:
    """Read every item of a store that was not read yet, unless its author opted out: about 4 ms a sentence, once."""
    from nutgraf.pipeline.parts import prepare_item

    items = [item for item in backend.store.items(limit=ITEMS_AT_MOST) if item.ai]
    for number, item in enumerate(items, 1):
        prepare_item(item, backend.rooms)
        progress(number, len(items))


def is_prepared(backend: Backend, folder: Path) -> bool:
    """Whether the sample network in this folder was read by this reader and encoder before."""
    try:
        return (folder / PREPARED).read_text("utf-8") == _prepared(backend)
    except OSError:
        return False


def prepare_sample(backend: Backend, folder: Path, progress: Progress = lambda done, whole: None) -> None:
    """As `prepare`, and remember it. Takes some seconds."""
    prepare(backend, progress)
    (folder / PREPARED).write_text(_prepared(backend), "utf-8")


def _prepared(backend: Backend) -> str:
    from nutgraf.read.digest import version

    rooms = backend.rooms
    assert rooms.encoder is not None
    assert rooms.vocabulary is not None
    return f"{_fingerprint()} {version(rooms.encoder, rooms.vocabulary)}"


@cache
def _fingerprint() -> str:
    """A digest of everything in the sample network."""
    whole = hashlib.sha256()
    for path in sorted(network().rglob("*.*")):
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()
