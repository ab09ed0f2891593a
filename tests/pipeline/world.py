"""A small world without a model on disk: items, members of different trades, a shelf of records, and rooms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np

from nutgraf.errors import NotFound
from nutgraf.pipeline.parts import Rooms
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.seams import Encoder, Model
from nutgraf.settings import Settings
from nutgraf.types import (
    Block,
    Certificate,
    Digest,
    Hit,
    Item,
    ItemKind,
    Member,
    Position,
    Scope,
    Study,
    Vectors,
)  # fmt: skip
from nutgraf.vocabulary.match import Vocabulary, load

WARD = """Bluewater Health moved its **triage board** from the office into the corridor in March 2026.
The median wait at the front desk fell from 41 minutes to 29 minutes within six weeks 🏥.
Nurse Gloria Tran now updates the board every ten minutes, and a second nurse checks each entry.
The hospital should not repeat the trial in two other departments before the end of the year.
Families asked 30 percent fewer questions at the desk, because the order of patients was plain to see."""
BAKERY = """Millstone Foods signed a wholesale contract for 1,400 loaves a week with three cafés in Elmford.
Baker Omar Reyes moved the first batch to two in the morning, and two apprentices now start at four.
The oven lease costs $2,300 a month, so the contract pays only above 1,150 loaves a week.
Apprentices must pass a food safety course before their first night shift.
Returns fell from 9 percent to 4 percent after the drivers began to count crates at each door."""
GRID = """Sunbridge Solar connected 62 roofs to the county grid between April and September 2026.
Electrician Luis Ortega found that 17 inverters had been set to the wrong voltage at the factory.
Each inspection takes 45 minutes, and the county charges $180 for a second visit.
Installers may not work alone on a roof when the wind passes 30 miles an hour.
The company will train eight apprentices in Elmford before the spring season begins."""


def written(text: str, ident: str, title: str, kind: ItemKind = "article", **more: Any) -> Item:
    """An item of one paragraph a line; pairs of asterisks are markup that no reader sees."""
    blocks = tuple(Block("paragraph", *line.span()) for line in re.finditer(r"[^\n]+", text))
    hidden = tuple(mark.span() for mark in re.finditer(r"\*\*", text))
    return Item(id=ident, kind=kind, title=title, text=text, blocks=blocks, hidden=hidden, **more)


ITEMS = (
    written(WARD, "article-board", "A board in the corridor", author="Dana Whitcomb"),
    written(BAKERY, "post-loaves", "A contract for bread", "post"),
    written(GRID, "article-roofs", "Sixty-two roofs"),
)
THIN = written("Great day at the fair. So proud of this team!", "post-thin", "Proud", "post")
OPTED_OUT = written(WARD, "article-closed", "No machines", ai=False)
COURSE = written(
    "This course on triage boards teaches nurses how to run a board in a corridor. It takes nine weeks and costs $240. "
    "Nurses leave with a board of their own department and a plan for the first six weeks.\n" * 3,
    "course-boards", "Running a triage board", "course",
)  # fmt: skip

NURSE = Member(
    id="nurse", name="Amara Okafor", headline="Charge nurse in an emergency department",
    summary="I run the night floor.", skills=("triage", "patient flow"), languages=("Spanish",),
    goals=("I want to move into clinical informatics.",), interests=("waiting times",),
    work=(Position(title="Charge nurse", organisation="Bayou Ridge"),),
    certificates=(Certificate(name="Certified emergency nurse"),), education=(Study(degree="BSc", area="Nursing"),),
)  # fmt: skip
BAKER = Member(
    id="baker", name="Jonas Becker", headline="Baker who opens a second shop",
    skills=("sourdough", "wholesale pricing"), goals=("I want to hire two apprentices.",),
    work=(Position(title="Master baker", organisation="Becker & Son"),),
)  # fmt: skip
FITTER = Member(
    id="fitter", name="Luis Herrera", headline="Electrician for solar roofs", skills=("inverters", "solar"),
    goals=("I want to train installers.",), work=(Position(title="Electrician", organisation="Cedar County"),),
)  # fmt: skip
MEMBERS = (NURSE, BAKER, FITTER)


def scope_of(member: Member | None, tenant: str = "local") -> Scope:
    """The scope of a reader who agreed to be known."""
    purposes = frozenset({"personalise"}) if member else frozenset()
    return Scope(
        tenant=tenant, member=member.id if member else None, purposes=purposes, consent_version=1, rights=frozenset()
    )


class Remembering:
    """An encoder that does the same text only once."""

    def __init__(self, inner: Encoder) -> None:
        self.name, self.dims, self._inner = inner.name, inner.dims, inner
        self._rows: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        self._rows.update(zip(new, self._inner.encode(new), strict=True))
        return np.array([self._rows[text] for text in texts], dtype=np.float32).reshape(len(texts), self.dims)


@dataclass
class Shelf:
    """An item store in memory: the nearest by cosine, and digests by content and version."""

    encoder: Encoder
    items: tuple[Item, ...] = ()
    digests: dict[tuple[str, str], Digest] = field(default_factory=dict)
    _rows: dict[str, Vectors] = field(default_factory=dict)

    def item(self, item_id: str) -> Item:
        """The item with this id."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise NotFound(f"item {item_id!r}")

    def put_item(self, item: Item) -> None:
        """Keep an item."""
        self.items = (*self.items, item)

    def digest(self, item: Item, version: str) -> Digest | None:
        """The digest of this content by this reader, if there is one."""
        return self.digests.get((item.content_hash, version))

    def put_digest(self, item: Item, digest: Digest) -> None:
        """Keep a digest."""
        self.digests[item.content_hash, digest.version] = digest

    def search(self, text: str, vector: Vectors, kinds: Iterable[ItemKind] = (), limit: int = 10) -> list[Hit]:
        """The items nearest to the vector; without one, those whose author or organisation the text names."""
        found = []
        for item in self.items:
            if not list(kinds) or item.kind in kinds:
                if item.id not in self._rows:
                    self._rows[item.id] = self.encoder.encode([f"{item.title}. {item.text}"])[0]
                near = self._rows[item.id] @ vector if vector.size else (item.author or item.organisation or "") in text
                found.append((float(near), item))
        found.sort(key=lambda pair: -pair[0])
        return [Hit(item, score, {"vector": rank}) for rank, (score, item) in enumerate(found[:limit], 1)]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that is shipped."""
    return load()


def rooms_with(model: Model | None, items: Shelf | None = None, encoder: Encoder | None = None, **knobs: Any) -> Rooms:
    """Rooms with a hashing encoder unless another is given, and a model that writes one takeaway at a time."""
    knobs = {"writing": "one-by-one"} | knobs
    encoder = encoder or (items.encoder if items else Remembering(HashEncoder()))
    return Rooms(settings=Settings(**knobs), encoder=encoder, vocabulary=vocabulary(), model=model, items=items)


def with_model(rooms: Rooms, model: Model | None) -> Rooms:
    """The same rooms with another model."""
    return replace(rooms, model=model)
