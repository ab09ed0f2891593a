"""A plan in parts: each facet of an agent filled with the best record, or the member's own facts, and a next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync

from nutgraf.blend.actions import ACTIONS, opening
from nutgraf.errors import NotFound
from nutgraf.events import BlockEnd, BlockStart, Closed, Extras, Used
from nutgraf.orchestration import Agent, Facet, Passage, Query
from nutgraf.pipeline.answer import cards_of
from nutgraf.pipeline.finding import cited, find, records_of
from nutgraf.pipeline.parts import Run
from nutgraf.pipeline.writing import quote_all
from nutgraf.retrieve.relevance import WORD_SHARE, overlap
from nutgraf.text.words import content_stems
from nutgraf.types import Action, Because, Digest, Fact, Item

if TYPE_CHECKING:
    from nutgraf.types import Vectors

#: Score that a record, or a fact, needs to fill a facet: nearness to the question, the facet and the goal together.
RECORD_AT_LEAST, FACT_AT_LEAST = 0.36, 0.3
#: A question of fewer telling words is about the item that it was asked on.
WORDS_ENOUGH = 3
ASIDE = ("goal", "memory")
#: What nearness to the member's aim adds beside nearness to the question, and from which an aim is given as a reason.
AIM_SHARE, AIM_NEAR_AT_LEAST = 0.15, 0.3
#: What the weight of a sentence in its own record adds to its nearness.
SALIENCE_SHARE = 0.3
#: Kinds of records that say in their first sentence what they are.
OPENS = ("job", "course", "company", "profile")
NOTHING = "Nothing in this network is close enough to make a plan of. Say more of what you are after."
RECORDS_LIMIT, AIMS_AT_MOST = 6, 3
_GENERIC = frozenset(
    content_stems("this that it how do i learn start get better course take change career business own help")
)


@dataclass(frozen=True, eq=False)
class Filled:
    """A facet with what fills it, a passage of a record or facts of the member's own, and the aim that it serves."""

    facet: Facet
    passage: Passage | None = None
    facts: tuple[Fact, ...] = ()
    aim: Fact | None = None


@dataclass(frozen=True, eq=False)
class Aims:
    """What is wanted: the question with the item it is about, and the member's own aims, as text and as vectors."""

    text: str
    vector: Vectors | None
    facts: tuple[Fact, ...]
    rows: Vectors | None


async def plan(run: Run, agent: Agent, query: Query) -> Closed:
    """Send the parts of a plan that something fills; parts that nothing fills are listed as skipped."""
    aims = await run_sync(partial(_aims, run, query), abandon_on_cancel=True)
    blended = await find(run, agent, _asked(query, aims))
    with run.stage("planning"):
        filled = await run_sync(partial(_fill, run, agent, query, aims, blended.kept), abandon_on_cancel=True)
    if not any(one.passage for one in filled):
        return run.declined(NOTHING)
    run.send(Used(facts=_used(filled, aims)))
    records = await records_of(run, [one.passage.ref for one in filled if one.passage])
    for number, one in enumerate(filled, 1):
        await _part(run, number, one, records)
    chosen = {one.passage.ref for one in filled if one.passage}
    others = await cited(run, [p for p in blended.kept if p.ref not in chosen and p.origin != "member"])
    run.send(Extras(cards=cards_of(run, others)))
    return run.done()


def _aims(run: Run, query: Query) -> Aims:
    """The question with what it leaves unsaid: the item it is about, and what the member is after."""
    telling = [stem for stem in content_stems(query.text) if stem not in _GENERIC]
    text = query.text
    if query.item is not None and len(telling) < WORDS_ENOUGH:
        text = f"{text} {query.item.title}"
    facts = tuple(fact for fact in query.snapshot.facts if fact.kind in ASIDE)[:AIMS_AT_MOST]
    encoder = run.rooms.encoder
    if encoder is None:
        return Aims(text, None, facts, None)
    return Aims(text, encoder.encode([text])[0], facts, encoder.encode([fact.text for fact in facts]))


def _asked(query: Query, aims: Aims) -> Query:
    """What the sources are asked: the question drawn towards what the member is after."""
    text = " ".join([aims.text, *(fact.text for fact in aims.facts[:1])])
    if aims.vector is None or aims.rows is None or not len(aims.rows):
        return replace(query, text=text, vector=aims.vector, limit=RECORDS_LIMIT)
    vector = aims.vector + 2 * AIM_SHARE * aims.rows[0]
    return replace(query, text=text, vector=vector / float((vector @ vector) ** 0.5), limit=RECORDS_LIMIT)


def _fill(run: Run, agent: Agent, query: Query, aims: Aims, passages: Sequence[Passage]) -> list[Filled]:
    """The facets that something fills, in order; no record is used twice."""
    filled: list[Filled] = []
    taken: set[str] = set()
    rows = dict(zip(map(id, passages), _vectors(run, passages), strict=True)) if aims.vector is not None else {}
    for facet in agent.facets:
        if facet.facts:
            facts = _facts(run, facet, query, aims)
            filled += [Filled(facet, facts=facts)] if facts else []
            continue
        found = [p for p in passages if p.kind in facet.kinds and p.ref not in taken]
        scores = _scores(facet, aims, found, [rows[id(p)] for p in found] if rows else None)
        best = sorted(zip(scores, range(len(found)), strict=True), key=lambda pair: -pair[0])
        chosen = [found[i] for score, i in best if score >= RECORD_AT_LEAST][: facet.at_most]
        taken |= {passage.ref for passage in chosen}
        filled += [Filled(facet, _told(run, facet, aims, p), aim=_aim(aims, rows.get(id(p)))) for p in chosen]
        if not chosen:
            run.skip(facet.title.lower(), "nothing here is close enough")
    return filled


def _scores(facet: Facet, aims: Aims, found: Sequence[Passage], rows: Sequence[Vectors] | None) -> list[float]:
    """How well each passage fills a facet: near to the question, with the facet's words, and to what is wanted."""
    shares = overlap([f"{passage.title} {passage.text}" for passage in found], f"{aims.text} {facet.about}")
    if rows is None or aims.vector is None:
        return shares
    scores = []
    for row, share in zip(rows, shares, strict=True):
        aim = float((aims.rows @ row).max(initial=0.0)) if aims.rows is not None else 0.0
        scores.append(float(row @ aims.vector) + WORD_SHARE * share + AIM_SHARE * aim)
    return scores


def _aim(aims: Aims, row: Vectors | None) -> Fact | None:
    """The aim of the member that a record serves, when one is near to it."""
    if row is None or aims.rows is None or not len(aims.rows):
        return None
    near = aims.rows @ row
    best = int(near.argmax())
    return aims.facts[best] if float(near[best]) >= AIM_NEAR_AT_LEAST else None


def _told(run: Run, facet: Facet, aims: Aims, passage: Passage) -> Passage:
    """What is told of a record: its first sentence where that says what it is, else the one that fits best."""
    record = _record(run, passage.ref)
    read = run.rooms.read(record) if record is not None else None
    if not isinstance(read, Digest):
        return passage
    fit = [i for i, span in enumerate(read.spans) if span.quotable]
    if fit and passage.kind not in OPENS and run.rooms.encoder is not None:
        wanted = run.rooms.encoder.encode([f"{facet.title} {facet.about} {aims.text}"])[0]
        fit.sort(key=lambda i: -(float(read.vectors[i] @ wanted) + SALIENCE_SHARE * read.spans[i].salience))
    if not fit:
        return passage
    span = read.spans[fit[0]]
    return replace(passage, text=span.text, start=span.start, end=span.end)


def _record(run: Run, ref: str) -> Item | None:
    """The record with this id: the item itself, or one that is kept; None for a source with ids of its own."""
    item = run.request.item
    if item is not None and item.id == ref:
        return item
    if run.rooms.items is None:
        return None
    try:
        return run.rooms.items.item(ref)
    except NotFound:
        return None


def _vectors(run: Run, found: Sequence[Passage]) -> Vectors:
    """One row a passage: its title with its sentence, shape [passages, dims]."""
    assert run.rooms.encoder is not None
    return run.rooms.encoder.encode([f"{passage.title}. {passage.text}" for passage in found])


def _facts(run: Run, facet: Facet, query: Query, aims: Aims) -> tuple[Fact, ...]:
    """The member's facts of the kinds that a facet wants, nearest to the question."""
    facts = query.snapshot.facts
    rows = [i for i, fact in enumerate(facts) if fact.kind in facet.facts and not fact.guess]
    if not rows or run.rooms.encoder is None or aims.vector is None:
        return tuple(facts[i] for i in rows[: facet.at_most])
    near = run.rooms.fact_vectors.of(query.snapshot, run.rooms.encoder)[rows] @ aims.vector
    order = sorted(range(len(rows)), key=lambda i: -float(near[i]))[: facet.at_most]
    return tuple(facts[rows[i]] for i in order if float(near[i]) >= FACT_AT_LEAST)


async def _part(run: Run, number: int, one: Filled, records: dict[str, Item]) -> None:
    name, facet = f"s{number}", one.facet
    action = _action(one.passage) if one.passage else None
    run.send(BlockStart(block=name, form="step", title=facet.title, because=_because(one.aim)))
    pieces = [run.cite_passage(one.passage, records)] if one.passage else [run.cite_fact(fact) for fact in one.facts]
    quote_all(run, name, pieces)
    run.send(BlockEnd(block=name, action=action))


def _action(passage: Passage) -> Action | None:
    if passage.kind not in ACTIONS:
        return None
    return opening(passage.kind, passage.ref, passage.title)  # type: ignore[arg-type]


def _because(fact: Fact | None) -> Because | None:
    """What the member is after, in their own words, when they have told us or written it down."""
    if fact is None:
        return None
    words = "Because you told me" if fact.kind == "memory" else "Because you wrote"
    return Because(f"{words}: “{fact.text.rstrip('.')}”.", (fact,))


def _used(filled: Sequence[Filled], aims: Aims) -> tuple[Fact, ...]:
    return tuple({fact.id: fact for fact in [*aims.facts, *(fact for one in filled for fact in one.facts)]}.values())
