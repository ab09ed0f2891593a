"""Evidence for one answer: the sources of an agent asked at once, and blended under its token budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from anyio.to_thread import run_sync

from nutgraf.blend.fuse import blend
from nutgraf.blend.nearness import nearness
from nutgraf.clock import loop_time
from nutgraf.errors import NotFound, StoreError
from nutgraf.events import Sources
from nutgraf.orchestration import Agent, Blended, Gathered, Passage, Query
from nutgraf.pipeline.parts import Run
from nutgraf.pipeline.warding import harmless
from nutgraf.retrieve.gather import gather
from nutgraf.retrieve.shortlist import shortlist
from nutgraf.seams import Source
from nutgraf.text.memo import Memo
from nutgraf.types import Deadline, Evidence, Item, Vectors

#: No source is waited for longer than this share of what is left of the deadline.
GATHER_SHARE = 1 / 3
#: What an agent lists among its sources to have skills chosen for each question, and how many are chosen.
ANY_SKILLS, SKILLS_AT_MOST = "skills", 4
#: Why a skill is not asked in a run that has read an order to the assistant.
NO_TOOLS = "what was read holds an order to the assistant, so no skill is asked for it"
WORDS_OF_OUTCOME = {"late": "it was late", "failed": "it failed", "open": "it has failed too often of late"}


@dataclass(frozen=True, eq=False)
class Found:
    """What an answer may be written from: passages best first, the same as evidence, and the records they are in."""

    passages: tuple[Passage, ...]
    evidence: tuple[Evidence, ...]
    records: Mapping[str, Item]


async def vectors_of(run: Run, texts: Sequence[str]) -> list[Vectors | None]:
    """The embeddings of some short texts, each of shape [dims]; None for each without an encoder."""
    encoder = run.rooms.encoder
    if encoder is None:
        return [None] * len(texts)
    return list(await run_sync(encoder.encode, list(texts), abandon_on_cancel=True))


async def find(
    run: Run, agent: Agent, query: Query, names: Sequence[str] = (), more: Sequence[Source] = (), *,
    personal: bool = False,
) -> Blended:  # fmt: skip
    """Ask the sources of an agent until one moment, tell which of them came in time, and blend what they found.

    `names` are asked instead of the agent's own sources when they are given, and `more` beside them. With `personal`
    every fact of the snapshot counts in the order of the passages, so that all of them have been used.
    """
    wanted = _with_skills(run, tuple(dict.fromkeys(names or agent.sources)), query)
    if run.tainted and (lost := [one.name for one in run.rooms.skills if one.name in wanted]):
        wanted = tuple(name for name in wanted if name not in lost)
        for name in lost:
            run.skip(f"source {name}", NO_TOOLS)
    sources = [*more, *(run.rooms.sources[name] for name in wanted if name in run.rooms.sources)]
    now = loop_time()
    until = Deadline(now + min(agent.gather_within_s, run.left() * GATHER_SHARE))
    with run.stage("gathering"):
        gathered = await gather(sources, query, until, health=run.rooms.health)
    today = run.trace.at or datetime.now(UTC).isoformat()  # replayed, it is the day of the recording
    with Memo().used():  # both read the words of every passage
        near = await _nearness(run, query, gathered) if personal else None
        blended = blend(gathered.passages, agent.rules, near=near, now=today)
    await run.released()
    _tell(run, gathered, blended)
    return blended


def _with_skills(run: Run, names: tuple[str, ...], query: Query) -> tuple[str, ...]:
    """The names, with those skills in place of the name `skills` that fit the question best."""
    if ANY_SKILLS not in names:
        return names
    specs = [spec for source in run.rooms.skills if (spec := getattr(source, "spec", None)) is not None]
    best = shortlist(query.text, specs, SKILLS_AT_MOST, required=[name for name in names if name != ANY_SKILLS])
    return tuple(dict.fromkeys([*(name for name in names if name != ANY_SKILLS), *best]))


async def cited(run: Run, passages: Sequence[Passage]) -> Found:
    """The passages as evidence, verbatim from the records in which they stand."""
    records = await records_of(run, [passage.ref for passage in passages if passage.origin != "member"])
    passages = [p for p in passages if p.ref not in records or records[p.ref].ai]
    passages = await harmless(run, passages, records)
    evidence = tuple(run.cite_passage(passage, records) for passage in passages)
    return Found(tuple(passages), evidence, records)


async def records_of(run: Run, refs: Sequence[str]) -> dict[str, Item]:
    """The records with these ids that are kept here; a store that fails is listed as skipped."""
    item, items = run.request.item, run.rooms.items
    known = {item.id: item} if item is not None else {}
    missing = [ref for ref in dict.fromkeys(refs) if ref not in known and not ref.startswith("skill:")]
    if items is None or not missing:
        return known

    def look() -> dict[str, Item]:
        found = {}
        for ref in missing:
            try:
                found[ref] = items.item(ref)
            except NotFound:  # a passage of a source with ids of its own
                continue
        return found

    try:
        return known | await run_sync(look, abandon_on_cancel=True)
    except StoreError:
        run.skip("records", "the store failed")
        return known


async def _nearness(run: Run, query: Query, gathered: Gathered) -> list[float] | None:
    """How near each passage is to the member, 0..1; None for nobody."""
    rooms, facts = run.rooms, query.snapshot.facts
    if not facts:
        return None
    if rooms.encoder is None or not any(p.vector is not None for p in gathered.passages):
        return nearness(gathered.passages, facts)
    rows = await run_sync(partial(rooms.fact_vectors.of, query.snapshot, rooms.encoder), abandon_on_cancel=True)
    return nearness(gathered.passages, facts, rows)


def _tell(run: Run, gathered: Gathered, blended: Blended) -> None:
    kept = [passage.source for passage in blended.kept]
    reports = tuple(replace(report, kept=kept.count(report.source)) for report in gathered.reports)
    for report in reports:
        if why := WORDS_OF_OUTCOME.get(report.outcome):
            run.skip(f"source {report.source}", why)
        run.trace.note("source", report=report)
    run.trace.note("blend", fates=blended.fates, tokens=blended.tokens)
    run.send(Sources(asked=reports))
