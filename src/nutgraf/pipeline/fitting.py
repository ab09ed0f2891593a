"""A job against a record: what is asked for, what shows it, what does not yet, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync

from nutgraf.blend.actions import opening
from nutgraf.events import BlockEnd, BlockStart, Closed, Extras, Used
from nutgraf.orchestration import Agent, Passage, Query
from nutgraf.pipeline.answer import cards_of
from nutgraf.pipeline.finding import cited, find
from nutgraf.pipeline.parts import Run
from nutgraf.pipeline.writing import quote_all
from nutgraf.read.requirements import Requirement, parts, requirements
from nutgraf.types import Action, Because, Card, Fact, Item, ItemKind, Member

if TYPE_CHECKING:
    from nutgraf.blend.fit import Shown
    from nutgraf.types import Vectors

REQUIREMENTS_AT_MOST, TOPICS_AT_MOST, PROCESS_AT_MOST = 6, 4, 2
STEP_AT_LEAST = 0.36
NO_JOB = "This is about a job: open one, and ask again there."
NO_RECORD = "There is no record of yours to hold against this job. Read it as a member to see what your record shows."
NOTHING_ASKED = "This job does not say what it asks for in sentences that can be held against a record."


@dataclass(frozen=True, eq=False)
class Held:
    """A requirement held against the record."""

    asked: Requirement
    vector: Vectors
    shown: Shown


async def fit(run: Run, agent: Agent, query: Query) -> Closed:
    """Requirement by requirement: shown, partly shown or not shown, with evidence both ways and a step for each gap."""
    job = query.item
    if (refusal := _unfit(run, query)) is not None or job is None:
        await run.released()
        return run.declined(refusal or NO_JOB)
    with run.stage("comparing"):
        held = await run_sync(partial(_held, run, query, job, REQUIREMENTS_AT_MOST), abandon_on_cancel=True)
    if not held:
        await run.released()
        return run.declined(NOTHING_ASKED)
    blended = await find(run, agent, _about(query, [one for one in held if one.shown.status != "shown"] or held))
    run.send(Used(facts=_facts_of(held)))
    taken: set[str] = set()
    for number, one in enumerate(held, 1):
        step = None if one.shown.status == "shown" else _step(run, one, blended.kept, taken)
        await _requirement_block(run, job, number, one, step)
    run.send(Extras(cards=await _cards(run, blended.kept, taken)))
    return run.done()


async def interview(run: Run, agent: Agent, query: Query) -> Closed:
    """What an interview will turn on, what of the record to tell about it, and how hiring goes."""
    job = query.item
    if (refusal := _unfit(run, query)) is not None or job is None:
        await run.released()
        return run.declined(refusal or NO_JOB)
    with run.stage("comparing"):
        held = await run_sync(partial(_held, run, query, job, 2 * REQUIREMENTS_AT_MOST), abandon_on_cancel=True)
    if not held:
        await run.released()
        return run.declined(NOTHING_ASKED)
    topics = _topics(run, held)
    blended = await find(run, agent, _about(query, topics))
    run.send(Used(facts=_facts_of(topics)))
    for number, one in enumerate(topics, 1):
        reason = _tell(one.shown)
        await _block(run, job, f"s{number}", f"Be ready for: {_topic(run, one)}", [one.asked], one.shown.facts, reason)
    await _process(run, job, len(topics) + 1)
    taken: set[str] = set()
    run.send(Extras(cards=await _cards(run, blended.kept, taken)))
    return run.done()


def _about(query: Query, held: Sequence[Held]) -> Query:
    """What to look for beside the job: whatever these requirements are about."""
    text = " ".join(one.asked.span.text for one in held)
    middle = sum((one.vector for one in held[1:]), held[0].vector)
    length = float((middle @ middle) ** 0.5) or 1.0
    return replace(query, text=text, vector=middle / length)


def _topics(run: Run, held: Sequence[Held]) -> list[Held]:
    """The requirements to be ready for, each about something else, those that the record speaks to first."""
    chosen: list[Held] = []
    told: set[str] = set()
    for one in sorted(held, key=lambda one: -one.shown.near):
        keys = {_topic(run, one), *(fact.id for fact in one.shown.facts[:1])}
        if not keys & told:
            chosen.append(one)
            told |= keys
    return chosen[:TOPICS_AT_MOST]


def _unfit(run: Run, query: Query) -> str | None:
    """Why nothing can be compared; None when there is a job and a record."""
    if query.item is None or query.item.kind != "job":
        return NO_JOB
    if not query.snapshot.facts:
        return NO_RECORD
    if run.rooms.encoder is None or run.rooms.vocabulary is None:
        return "Comparing a job with a record needs the sentence encoder, which is not installed here."
    return None


def _held(run: Run, query: Query, job: Item, at_most: int) -> list[Held]:
    from nutgraf.blend.fit import shown_by
    from nutgraf.read.spans import readings

    encoder, vocabulary = run.rooms.encoder, run.rooms.vocabulary
    assert encoder is not None
    assert vocabulary is not None
    asked = requirements(readings(job))[:at_most]
    vectors = encoder.encode([one.span.text for one in asked])
    facts = query.snapshot.facts
    rows = run.rooms.fact_vectors.of(query.snapshot, encoder)
    worked = years_worked(run.request.member, datetime.now(UTC).date())

    def skills(text: str) -> set[str]:
        return {mention.skill.id for mention in vocabulary.find(text)}

    return [
        Held(
            one,
            vectors[i],
            shown_by(
                one.span.text,
                vectors[i],
                facts,
                rows,
                skills,
                years=one.years,
                worked=worked,
            ),
        )
        for i, one in enumerate(asked)
    ]


def years_worked(member: Member | None, today: date) -> Mapping[str, float]:
    """The years each position of a record lasted, by the id of its fact; a position without a start counts nothing."""
    if member is None or "work" not in member.consent.fields:
        return {}
    return {
        f"work.{i}": max(0.0, _months(position.end, today) - _months(position.start, today)) / 12
        for i, position in enumerate(member.work)
        if position.start
    }


def _months(moment: str | None, today: date) -> float:
    """Months since year 0 of YYYY or YYYY-MM; of None, those of today."""
    if not moment:
        return today.year * 12 + today.month
    year, _, month = moment.partition("-")
    return int(year) * 12 + (int(month[:2]) if month[:2].isdecimal() else 6)


async def _requirement_block(run: Run, job: Item, number: int, one: Held, step: Action | None) -> None:
    name, facts = f"r{number}", one.shown.facts
    because = _why(one)
    run.send(
        BlockStart(
            block=name,
            form="requirement",
            status=one.shown.status,
            because=because,
            title="Asked for" if one.asked.part == "must" else "Welcome",
        )
    )
    await _say(run, job, name, [one.asked], facts)
    run.send(BlockEnd(block=name, action=step))


async def _block(
    run: Run, job: Item, name: str, title: str, asked: Sequence[Requirement], facts: Sequence[Fact],
    because: Because | None,
) -> None:  # fmt: skip
    run.send(BlockStart(block=name, form="step", title=title, because=because))
    await _say(run, job, name, asked, facts)
    run.send(BlockEnd(block=name))


async def _say(run: Run, job: Item, name: str, asked: Sequence[Requirement], facts: Sequence[Fact]) -> None:
    """Quote what the job says, then what the record says."""
    pieces = [*(run.cite(job, one.span) for one in asked), *(run.cite_fact(fact) for fact in facts)]
    quote_all(run, name, pieces)


def _why(one: Held) -> Because | None:
    """What in the record speaks for the status; nothing is said of a gap but that the record does not show it."""
    facts = one.shown.facts
    if not facts:
        return None
    told = f"“{facts[0].text.rstrip('.')}”"
    words = "Your record shows this" if one.shown.status == "shown" else "Your record shows some of this"
    return Because(f"{words}: {told}.", facts[:1])


def _tell(shown: Shown) -> Because | None:
    if not shown.facts:
        return None
    return Because(f"Of your own record you could tell: “{shown.facts[0].text.rstrip('.')}”.", shown.facts[:1])


def _topic(run: Run, one: Held) -> str:
    """A few words for what a requirement is about: a skill it names, else its first words."""
    assert run.rooms.vocabulary is not None
    named = run.rooms.vocabulary.find(one.asked.span.text)
    if named:
        return named[0].skill.label
    return " ".join(one.asked.span.text.split()[:6]).rstrip(",;:") + " …"


def _step(run: Run, one: Held, passages: Sequence[Passage], taken: set[str]) -> Action:
    """A course or a person for what is not shown yet, else a question to ask."""
    best, near = None, STEP_AT_LEAST
    for passage in passages:
        if passage.kind in ("course", "profile") and passage.ref not in taken and passage.vector is not None:
            close = float(passage.vector @ one.vector) + 0.05 * (passage.kind == "course")
            if close >= near:
                best, near = passage, close
    if best is None:
        question = f"How could I show this: {one.asked.span.text}"
        return Action(kind="converse", label="Ask how to show this", question=question[:300])
    taken.add(best.ref)
    kind: ItemKind = "course" if best.kind == "course" else "profile"
    return opening(kind, best.ref, best.title, because="It is close to what your record does not show yet.")


async def _process(run: Run, job: Item, number: int) -> None:
    """How hiring goes, in the job's own words."""
    from nutgraf.read.spans import readings

    spans = parts(readings(job), "process")[: PROCESS_AT_MOST + 1]
    if spans:
        asked = [Requirement(span, "process") for span in spans]
        await _block(run, job, f"s{number}", "How hiring goes", asked, (), None)


def _facts_of(held: Sequence[Held]) -> tuple[Fact, ...]:
    return tuple({fact.id: fact for one in held for fact in one.shown.facts}.values())


async def _cards(run: Run, passages: Sequence[Passage], taken: set[str]) -> tuple[Card, ...]:
    found = await cited(run, [p for p in passages if p.origin != "member" and p.ref not in taken])
    return cards_of(run, found)
