"""Seeded streams: a model that fails as models do, a reader that stops or leaves, a producer that will not end."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import anyio

from nutgraf.errors import ModelCut
from nutgraf.events import Closed, Event, Opened, Stage, as_json
from nutgraf.local import Local, open_usecase
from nutgraf.members.snapshot import snapshot
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.pipeline.parts import Request, Rooms
from nutgraf.pipeline.run import run
from nutgraf.stream.hub import Emit, Hub
from nutgraf.stream.live import Live
from nutgraf.stream.log import Entry, StreamLog, to_bytes
from nutgraf.testing import Call, Piece, ScriptedModel, fault_script, run_virtual
from nutgraf.types import Deadline, Item, Member, Prompt
from tests.pipeline.promises import Told, WatchedJudge
from tests.pipeline.world import COURSE, ITEMS, MEMBERS, Shelf, rooms_with, scope_of, written

JOB = written(
    "Bayou Ridge hires a clinical informatics nurse for its emergency department in Elmford.\n"
    "You have three years of experience as a nurse in triage.\nYou speak Spanish with families at the desk.\n"
    "You know how to run a board of waiting times.\nYou hold a certificate as an emergency nurse.\n"
    "The first interview is a call of thirty minutes, and the second a day on the floor.",
    "job-informatics", "Clinical informatics nurse", "job", organisation="Bayou Ridge",
)  # fmt: skip
#: Agents that answer from records without a model, and what they are asked.
OF_RECORDS = {
    "job-fit": "Do I meet the requirements?", "interview": "How do I prepare for the interview?",
    "learning": "How do I learn to run a triage board?", "career": "How could I move into clinical informatics?",
}  # fmt: skip
QUESTIONS = ("How long was the wait at the desk?", "What does the oven lease cost?", "Who found the wrong voltage?")
STREAM_WITHIN_S = 60.0
FLOOD_PIECES = 500
TOGETHER = 100
#: What the second model of a stream says is drawn from its seed and this.
ANOTHER = 1_000_003


@dataclass(frozen=True, kw_only=True)
class Case:
    """One stream, drawn from its seed. `habit` is what its producer does beside its work.

    `agent` names who shall answer, `at_once` is how the model writes, `targets` how many models stand behind it.
    """

    seed: int
    item: Item
    member: Member | None
    question: str | None
    deadline_s: float
    habit: str
    stop_after_s: float | None
    leave_after_s: float | None
    agent: str | None = None
    at_once: bool = False
    targets: int = 1


def every(
    way: Callable[[Sequence[Case], World], Awaitable[list[Told]]], seeds: range, world: World, *, rude: bool = False
) -> Iterator[Told]:
    """What was told in the streams of these seeds, TOGETHER at a time on one virtual clock."""
    for begin in range(seeds.start, seeds.stop, TOGETHER):
        cases = [drawn(seed, rude=rude) for seed in range(begin, min(begin + TOGETHER, seeds.stop))]
        yield from run_virtual(partial(way, cases, world), begin + 1)


def drawn(seed: int, *, rude: bool) -> Case:
    """A case; `rude` cases may have bad producers and readers who stop or leave."""
    rng = random.Random(seed)
    number = rng.randrange(len(ITEMS))
    habit = rng.choice(["twice", "talks on", "clings"]) if rude and rng.random() < 0.15 else "plain"
    when = rng.choice([0.0, rng.uniform(0, 0.3), rng.uniform(0, 4)])
    case = Case(
        seed=seed,
        item=ITEMS[number],
        member=rng.choice([None, *MEMBERS]),
        question=QUESTIONS[number] if rng.random() < 0.3 else None,
        deadline_s=rng.choice([0.5, 2.0, 5.0, 5.0]),
        habit=habit,
        stop_after_s=when if rude and rng.random() < 0.15 else None,
        leave_after_s=when if rude and rng.random() < 0.15 else None,
        at_once=rng.random() < 0.4,
        targets=rng.choice([1, 2]),
    )
    if rng.random() >= 0.15:
        return case
    agent, question = rng.choice(list(OF_RECORDS.items()))
    return replace(case, item=JOB, member=rng.choice(MEMBERS), agent=agent, question=question)


def script(seed: int) -> Callable[[Prompt], Iterable[Piece]]:
    """What a model says in one answer: a fault in one of its requests, copies of the evidence, true and false, else.

    A flood is cut after FLOOD_PIECES.
    """
    rng = random.Random(seed)
    bad = rng.randrange(3)
    count = iter(range(100))

    def pieces(prompt: Prompt) -> Iterable[Piece]:
        number = next(count)
        lines = [line for line in prompt.messages[-1].content.split("\n") if line.startswith("[")]
        return fault_script(rng)[:FLOOD_PIECES] if number == bad or not lines else echo(lines, rng)

    return pieces


def echo(lines: Sequence[str], rng: random.Random) -> list[Piece]:
    """A line of the evidence as it is, falsified, or cut off, in pieces with pauses."""
    number, _, text = rng.choice(lines).partition(" ")
    change = rng.choice(["none", "none", "number", "name", "not", "cut", "shorter", "two", "again"])
    if change == "number":
        text = "".join(str(9 - int(c)) if c.isascii() and c.isdigit() else c for c in text)
    elif change == "name":
        text = text.replace("e", "E", 1) if rng.random() < 0.3 else f"Brightwater and {text[0].lower()}{text[1:]}"
    elif change == "not":
        text = text.replace(" not ", " ", 1) if " not " in text else text.replace(" the ", " no ", 1)
    elif change == "shorter":
        text = text.split(",")[0].rstrip(".") + "."
    elif change == "two":
        text = f"{text} {number} Ana Brandt hired two bakers in March."
    whole = f"{text} {number}\n" * (2 if change == "again" else 1)
    if change == "cut":
        whole = whole[: rng.randrange(len(whole))]
    pieces: list[Piece] = [round(rng.uniform(0, 0.4), 3)]
    while whole:
        size = rng.randint(1, 40)
        pieces += [whole[:size], round(rng.uniform(0, 0.05), 3)]
        whole = whole[size:]
    return [*pieces, ModelCut("scripted")] if change == "cut" else pieces


class World:
    """Rooms over one shelf, shared by many streams."""

    def __init__(self, *, lax: bool = False) -> None:
        """With `lax` the judge of every stream lets everything pass."""
        shelf = Shelf(rooms_with(None).encoder, (*ITEMS, COURSE, JOB))
        self.rooms = replace(rooms_with(None, shelf), agents=open_usecase("premium").agents)
        self.texts = {item.id: item.text for item in shelf.items}
        known = {member: snapshot(member, scope_of(member), self.rooms.vocabulary).facts for member in MEMBERS}
        self.facts = {member.id: {fact.id: fact.text for fact in facts} for member, facts in known.items()}
        self._lax = lax

    def prepare(self, case: Case) -> tuple[Rooms, Told]:
        """Rooms with the models and the judge of one case, and the record of its stream."""
        calls: list[Call] = []
        models = [ScriptedModel(script(case.seed + n * ANOTHER), f"scripted-{n}", calls) for n in range(case.targets)]
        door = Gateway([Target(name=model.name, model=model) for model in models], seed=case.seed)
        settings = replace(self.rooms.settings, writing="at-once" if case.at_once else "one-by-one")
        rooms = replace(self.rooms, model=door, settings=settings)
        judge = WatchedJudge(rooms.encoder, rooms.judge.checks, lax=self._lax)
        object.__setattr__(rooms, "judge", judge)
        texts = self.texts | (self.facts[case.member.id] if case.member else {})
        told = Told(
            name=f"seed {case.seed}", item=case.item, texts=texts, deadline_ms=case.deadline_s * 1000,
            first_ms=rooms.settings.first_words_within_s * 1000, question=case.question is not None, calls=calls,
            ledger=judge.ledger, disturbed=case.habit != "plain" or case.stop_after_s is not None,
            of_records=case.agent is not None,
        )  # fmt: skip
        return rooms, told


async def behind_hub(cases: Sequence[Case], world: World) -> list[Told]:
    """What the readers of these streams were told, all of them running together in one hub."""
    everything = []
    with anyio.fail_after(STREAM_WITHIN_S * 2):
        async with Hub() as hub:
            async with anyio.create_task_group() as tasks:
                for case in cases:
                    rooms, told = world.prepare(case)
                    everything.append(told)
                    _begin(hub, case, rooms)
                    tasks.start_soon(_read, hub, case, told)
                    if case.stop_after_s is not None:
                        tasks.start_soon(_stop, hub, case)
            assert hub.running == 0
    return everything


def _begin(hub: Hub, case: Case, rooms: Rooms) -> None:
    accepted = anyio.current_time()
    deadline = Deadline(accepted + case.deadline_s)
    request = Request(
        stream=str(case.seed), scope=scope_of(case.member), item=case.item, member=case.member, accepted_at=accepted,
        deadline=deadline, question=case.question, agent=case.agent,
    )  # fmt: skip
    opening = Opened(
        stream=str(case.seed), item=case.item.id, title=case.item.title, member=request.scope.member, model="scripted",
        deadline_ms=round(case.deadline_s * 1000),
    )  # fmt: skip
    produce = HABITS[case.habit](partial(run, request, rooms))
    hub.start(request.scope, opening, produce, accepted_at=accepted, deadline=deadline)


async def _read(hub: Hub, case: Case, told: Told) -> None:
    """Read to the end; a reader that leaves comes back where it was."""
    entries: list[Entry] = []
    for within in (case.leave_after_s, STREAM_WITHIN_S):
        if within is not None:
            with await hub.follow(scope_of(case.member), str(case.seed), len(entries)) as reader:
                with anyio.move_on_after(within):
                    async for batch in reader:
                        entries += batch
            await anyio.sleep(1.0)
    with await hub.follow(scope_of(case.member), str(case.seed)) as reader:  # what comes late is seen, too
        with anyio.move_on_after(STREAM_WITHIN_S):
            entries = [entry async for batch in reader for entry in batch]
    told.events = [json.loads(entry.data) for entry in entries]


async def _stop(hub: Hub, case: Case) -> None:
    assert case.stop_after_s is not None
    await anyio.sleep(case.stop_after_s)
    await hub.stop(scope_of(case.member), str(case.seed))


Work = Callable[[Emit], Awaitable[None]]
FAREWELL = Closed(ending="truncated", complete_ms=1.0)


def _twice(work: Work) -> Work:
    async def produce(emit: Emit) -> None:
        await work(emit)
        emit(FAREWELL)

    return produce


def _talks_on(work: Work) -> Work:
    async def produce(emit: Emit) -> None:
        await work(emit)
        for name in ("one more thing", "and another"):
            try:
                emit(Stage(name=name, took_ms=1.0))
            except Exception:
                await anyio.sleep(0.1)

    return produce


def _clings(work: Work) -> Work:
    async def produce(emit: Emit) -> None:
        try:
            await work(emit)
        finally:
            emit(FAREWELL)

    return produce


HABITS: dict[str, Callable[[Work], Work]] = {
    "plain": lambda work: work, "twice": _twice, "talks on": _talks_on, "clings": _clings,
}  # fmt: skip


async def in_process(cases: Sequence[Case], world: World) -> list[Told]:
    """The same through `Local`, in this process."""
    everything = []
    with anyio.fail_after(STREAM_WITHIN_S * 2):
        async with anyio.create_task_group() as tasks:
            for case in cases:
                rooms, told = world.prepare(case)
                everything.append(told)
                tasks.start_soon(_listen, Local(rooms), case, told)
    return everything


async def _listen(local: Local, case: Case, told: Told) -> None:
    events: list[Event] = []
    async with local.stream(
        case.item, case.member, question=case.question, deadline_s=case.deadline_s, agent=case.agent
    ) as stream:
        events += [event async for event in stream]
    told.events = [as_json(event) for event in events]


class Credulous(StreamLog):
    """A log that takes whatever it is given."""

    def check(self, event: Event) -> bytes:
        """The JSON of any event."""
        return to_bytes(event)


class Unguarded(Live):
    """A stream of the hub that believes its producer."""

    def __post_init__(self) -> None:
        """With a log that refuses nothing."""
        self.log = Credulous()
        super().__post_init__()

    def emit(self, event: Event, now: float) -> None:
        """Take any event; only the first ending is the hub's."""
        if isinstance(event, Closed) and self.ending is None:
            self.decide(event)
        else:
            self.log.append(event)
