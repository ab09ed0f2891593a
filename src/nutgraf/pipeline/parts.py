"""What one answer needs: the rooms it may use, the request, the clock, and the reading of items."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock

import anyio
import numpy as np

from nutgraf.errors import NotFound, StoreError
from nutgraf.events import Closed, Event, Stage
from nutgraf.read.digest import digest as read_item
from nutgraf.read.digest import version as reader_version
from nutgraf.seams import Encoder, ItemStore, Model
from nutgraf.settings import Settings
from nutgraf.trust.judge import Judge
from nutgraf.types import Deadline, Digest, Evidence, Item, Member, Scope, Skipped, Snapshot, SourceKind, Span, Vectors
from nutgraf.vocabulary.match import Vocabulary

Emit = Callable[[Event], None]
FACT_TEXTS_AT_MOST = 4000


class FactVectors:
    """Vectors of member facts by member and text, least recently used out first; safe between threads.

    Keys carry the owner, so that one member's texts can never be found through another's.
    """

    def __init__(self, at_most_texts: int = FACT_TEXTS_AT_MOST) -> None:
        """`at_most_texts` bounds the memory: about 1.7 kB a text."""
        self._at_most = at_most_texts
        self._kept: OrderedDict[tuple[str, str | None, str], Vectors] = OrderedDict()
        self._lock = Lock()

    def of(self, snapshot: Snapshot, encoder: Encoder) -> Vectors:
        """One row a fact, shape [facts, dims]; texts not seen before cost one encoder row each."""
        owner = (snapshot.scope.tenant, snapshot.scope.member)
        keys = [(*owner, fact.text) for fact in snapshot.facts]
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        found.update(zip(missing, encoder.encode([text for _, _, text in missing]) if missing else (), strict=True))
        with self._lock:
            for key, row in found.items():
                self._kept[key] = row
                self._kept.move_to_end(key)
            while len(self._kept) > self._at_most:
                self._kept.popitem(last=False)
        return np.array([found[key] for key in keys], dtype=np.float32).reshape(len(keys), encoder.dims)


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """Everything an answer may use. `model` None means quotations only; `items` None means no other records."""

    settings: Settings
    encoder: Encoder
    vocabulary: Vocabulary
    model: Model | None
    items: ItemStore | None
    judge: Judge = field(init=False)
    fact_vectors: FactVectors = field(default_factory=FactVectors)

    @property
    def model_name(self) -> str:
        """What the first event calls the model."""
        return self.model.name if self.model else "none"

    def __post_init__(self) -> None:
        """The judge follows from the encoder: no caller can bring a weaker one."""
        object.__setattr__(self, "judge", Judge.standard(self.encoder))


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request: moments are seconds on the monotonic clock of the event loop."""

    stream: str
    scope: Scope
    item: Item
    member: Member | None
    accepted_at: float
    deadline: Deadline
    question: str | None = None


@dataclass(kw_only=True)
class Run:
    """The running account of one answer: what was emitted, skipped and timed."""

    request: Request
    rooms: Rooms
    send: Emit
    skipped: list[Skipped] = field(default_factory=list)
    first_useful_ms: float | None = None
    evidence: int = 0
    cited: dict[str, Item] = field(default_factory=dict)

    def ms(self) -> float:
        """Milliseconds since the request was accepted."""
        return round((anyio.current_time() - self.request.accepted_at) * 1000.0, 1)

    def useful(self) -> None:
        """Note that a member has now seen something useful."""
        if self.first_useful_ms is None:
            self.first_useful_ms = self.ms()

    def skip(self, what: str, because: str) -> None:
        """List something that was left out, once."""
        entry = Skipped(what, because)
        if entry not in self.skipped:
            self.skipped.append(entry)

    def truncated(self) -> Closed:
        """The ending of an answer that its deadline cut off: what was shown stays, what is missing is said."""
        reason = "The time ran out before the answer was complete."
        return Closed(
            ending="truncated", reason=reason, skipped=tuple(self.skipped), first_useful_ms=self.first_useful_ms,
            complete_ms=self.ms(),
        )  # fmt: skip

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage and tell the stream when it has ended."""
        began = anyio.current_time()
        yield
        self.send(Stage(name=name, took_ms=round((anyio.current_time() - began) * 1000.0, 1)))

    def cite(self, item: Item, span: Span, source: SourceKind = "item") -> Evidence:
        """Evidence for a span of an item, with the next free id of this answer."""
        self.evidence += 1
        self.cited[item.id] = item
        return Evidence(f"e{self.evidence}", source, item.id, span.start, span.end, item.text[span.start : span.end])


def prepare_item(item: Item, rooms: Rooms) -> Digest:
    """The digest of an item: from the store when it has one of this content and reader, else made and kept.

    Synchronous and heavy for a new item (about 4 ms a sentence): call it on a worker thread.
    """
    version = reader_version(rooms.encoder, rooms.vocabulary)
    if rooms.items is not None and (kept := rooms.items.digest(item, version)) is not None:
        return kept
    made = read_item(item, rooms.encoder, rooms.vocabulary)
    if rooms.items is not None:
        with suppress(StoreError):  # a digest that cannot be kept is made again next time
            if _is_stored(rooms.items, item):
                rooms.items.put_digest(item, made)
    return made


def _is_stored(items: ItemStore, item: Item) -> bool:
    try:
        return items.item(item.id).content_hash == item.content_hash
    except NotFound:
        return False
