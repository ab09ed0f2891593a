"""Scripted journeys over the sample network: what one member opens and asks, step by step, with one memory."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import anyio
import orjson

from nutgraf.errors import InputError
from nutgraf.serve.door import host_scope, reader_scope
from nutgraf.serve.guard import ACCEPTED_AT
from nutgraf.serve.journal import StoreJournal
from nutgraf.serve.memory import forgotten
from nutgraf.serve.schemas import AskBody, TakeawaysBody
from nutgraf.serve.site import Site
from nutgraf.stream.hub import Hub

if TYPE_CHECKING:
    from nutgraf.conversation import Remembered
    from nutgraf.serve.backend import Backend
    from nutgraf.types import Item, Member

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: the item that is opened, and what is asked there; None opens its panel.

    `agent` names who should answer, `refs` records that the answer should rest on or lead to, `told` that something
    remembered should be given as a reason.
    """

    item: str
    say: str | None = None
    agent: str | None = None
    refs: tuple[str, ...] = ()
    told: bool = False


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A way of one member through the network."""

    name: str
    title: str
    member: str
    steps: tuple[Step, ...]


@cache
def journeys() -> Mapping[str, Journey]:
    """The journeys of the sample network by name, in their order."""
    file = resources.files("nutgraf") / "usecases" / "premium" / "journeys.toml"
    found = tomllib.loads(file.read_text("utf-8"))["journeys"]
    made = [Journey(**{**one, "steps": tuple(_step(step) for step in one["steps"])}) for one in found]
    return {journey.name: journey for journey in made}


def journey(name: str) -> Journey:
    """The journey of this name; InputError names those there are."""
    if name not in journeys():
        raise InputError(f"journey: {name!r} is not known; known are {', '.join(journeys())}")
    return journeys()[name]


def _step(table: Mapping[str, Any]) -> Step:
    return Step(**{**table, "refs": tuple(table.get("refs", ()))})


Watch = Callable[[Step, "Item", "Member"], Callable[[Json], None]]


@asynccontextmanager
async def running(backend: Backend) -> AsyncIterator[Site]:
    """A site without a server, over a backend."""
    async with Hub(StoreJournal(backend.store)) as hub:
        yield Site(backend=backend, hub=hub)


async def walk(site: Site, way: Journey, watch: Watch) -> list[list[Json]]:
    """Walk a journey: every step's events go to what `watch` gives for it, and are returned."""
    told: list[list[Json]] = []
    for step in way.steps:
        if step.say is None:
            wanted = TakeawaysBody(item=step.item, member=way.member)
        else:
            wanted = AskBody(item=step.item, member=way.member, question=step.say)
        about = await site.about(wanted)
        item, member = about
        assert member is not None
        heard = watch(step, item, member)
        _, reader = await site.open(wanted, about, {ACCEPTED_AT: anyio.current_time()}, resumable=False)
        events: list[Json] = []
        with reader:
            async for batch in reader:
                for entry in batch:
                    events.append(orjson.loads(entry.data))
                    heard(events[-1])
        told.append(events)
    return told


def stated_in(site: Site, way: Journey, streams: Sequence[str]) -> list[Remembered]:
    """What the member stated in these streams and is remembered. Blocks."""
    member = site.backend.store.member(host_scope(), way.member)
    return [fact for fact in site.backend.store.remembered(reader_scope(member)) if fact.stream in streams]


def forget(site: Site, way: Journey, facts: Sequence[Remembered]) -> None:
    """Delete what was remembered, as the member would. Blocks."""
    for fact in facts:
        forgotten(site.backend.store, way.member, fact.id, site.backend.clear_facts)
