"""The panel: the few takeaways of an item that matter to this member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import anyio
import numpy as np
from anyio.to_thread import run_sync

from nutgraf.blend.actions import NO_RECORDS, NOTHING_NEAR, Candidate, Offer, actions, cards, offers, snippet
from nutgraf.blend.choose import LOOSE, Link, Point, choose
from nutgraf.errors import SourceError, StoreError
from nutgraf.events import BlockEnd, BlockStart, Closed, Extras, Used
from nutgraf.members.because import because
from nutgraf.members.snapshot import snapshot
from nutgraf.pipeline.parts import Run, prepare_item
from nutgraf.pipeline.writing import Block, first_words_by, takeaway_prompt, write, writing_time
from nutgraf.read.questions import questions, varied
from nutgraf.read.worth import in_english
from nutgraf.types import Action, Because, Deadline, Digest, Item, Snapshot, TakeawayKind, Vectors

#: Longest time for finding related records, in seconds.
RELATED_WITHIN_S = 0.8
#: A shorter record has nothing to offer.
RECORD_AT_LEAST_CHARS = 400
RECORDS_AT_MOST = 20
LANGUAGE_READ_CHARS = 4000
RECORD_READ_CHARS = 600
_QUERY_FACTS = ("goal", "headline", "position", "interest")


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen before a word is written."""

    digest: Digest
    snapshot: Snapshot
    fact_vectors: Vectors
    points: list[Point]


async def panel(run: Run) -> Closed:
    """Send the whole panel but for its ending, which is returned."""
    item = run.request.item
    with run.stage("reading"):
        digest = await run_sync(partial(prepare_item, item, run.rooms), abandon_on_cancel=True)
    if digest.declined:
        return Closed(ending="declined", reason=digest.declined, complete_ms=run.ms())
    if not in_english(item.text[:LANGUAGE_READ_CHARS]):
        run.skip("language", "this item does not seem to be in English, for which choosing and checking are made")
    with run.stage("choosing"):
        choice = await run_sync(partial(_choose, run, digest), abandon_on_cancel=True)
    run.send(Used(facts=choice.snapshot.facts))
    if not choice.points:
        return Closed(ending="declined", reason="No sentence of this item can stand alone.", complete_ms=run.ms())
    with run.stage("related"):
        found = await _related(run, choice)
    starters = _starters(run, choice)
    steps = actions(item, found) or _ask_instead(starters)
    given = await _blocks(run, choice, steps)
    taken = {step.item for step in given if step.item}
    missing = None if taken else NOTHING_NEAR if found else NO_RECORDS
    if missing:
        run.skip("action", missing)
    run.send(
        Extras(
            starters=tuple(starters),
            cards=tuple(cards(item, found, taken | {item.id}, run.rooms.settings.cards_at_most)),
            no_action_because=missing,
        )
    )
    return Closed(ending="done", skipped=tuple(run.skipped), first_useful_ms=run.first_useful_ms, complete_ms=run.ms())


def _choose(run: Run, digest: Digest) -> Choice:
    known = snapshot(run.request.member, run.request.scope, run.rooms.vocabulary)
    vectors = run.rooms.fact_vectors.of(known, run.rooms.encoder)
    return Choice(digest, known, vectors, choose(digest, known, vectors, run.rooms.settings.takeaways_at_most))


async def _related(run: Run, choice: Choice) -> list[Offer]:
    if run.rooms.items is None:
        return []
    left = run.request.deadline.left(anyio.current_time())
    try:
        with anyio.move_on_after(min(RELATED_WITHIN_S, left / 3)):
            return await run_sync(partial(_offers, run, choice), abandon_on_cancel=True)
        run.skip("related records", "search was late")
    except (SourceError, StoreError):
        run.skip("related records", "search failed")
    return []


def _offers(run: Run, choice: Choice) -> list[Offer]:
    assert run.rooms.items is not None
    item, digest = run.request.item, choice.digest
    centre = _unit(digest.vectors.mean(axis=0) + digest.title_vector)
    labels = " ".join(topic.label for topic in digest.topics[:6])
    wanted = [i for i, fact in enumerate(choice.snapshot.facts) if fact.kind in _QUERY_FACTS][:8]
    vector, text = centre, f"{item.title} {labels}"
    if wanted:
        vector = _unit(centre + 0.6 * _unit(choice.fact_vectors[wanted].mean(axis=0)))
        text += " " + " ".join(choice.snapshot.facts[i].text for i in wanted[:2])
    records: dict[str, Item] = {}
    for kind in ("course", "job", "profile", "company", "article"):
        for hit in run.rooms.items.search(text, vector, [kind], limit=4):
            if hit.item.id != item.id and hit.item.ai and len(hit.item.text) >= RECORD_AT_LEAST_CHARS:
                records.setdefault(hit.item.id, hit.item)
    own = {mention.skill.id for fact in choice.snapshot.facts for mention in run.rooms.vocabulary.find(fact.text)}
    found = [_candidate(run, choice, own, record) for record in list(records.values())[:RECORDS_AT_MOST]]
    vectors = run.rooms.encoder.encode([f"{one.item.title}. {snippet(one.item)}" for one in found])
    return offers(found, vectors, centre, choice.snapshot, choice.fact_vectors)


def _candidate(run: Run, choice: Choice, own: set[str], record: Item) -> Candidate:
    """A record with the skills of the vocabulary that it shares with the item and with the member."""
    text = f"{record.title}. {record.text[:RECORD_READ_CHARS]}"
    named = {mention.skill.id for mention in run.rooms.vocabulary.find(text)}
    return Candidate(record, len(named & {topic.id for topic in choice.digest.topics}), len(named & own))


def _starters(run: Run, choice: Choice) -> list[str]:
    """Questions of this item that its takeaways do not answer already, nearest to the member first."""
    taken = {point.row for point in choice.points}
    made = questions(run.request.item, choice.digest)
    scores = np.array([question.score - 2.0 * (question.row in taken) for question in made], dtype=np.float32)
    if choice.snapshot.facts and made:
        scores += (choice.digest.vectors[[question.row for question in made]] @ choice.fact_vectors.T).max(axis=1)
    ranked = [made[i] for i in np.argsort(-scores, kind="stable")]
    return [question.text for question in varied(ranked, run.rooms.settings.starters_at_most)]


def _ask_instead(starters: Sequence[str]) -> list[Action]:
    if not starters:
        return []
    return [Action(kind="converse", label=starters[0], question=starters[0])]


async def _blocks(run: Run, choice: Choice, steps: Sequence[Action]) -> list[Action]:
    """Send the takeaways; the best step goes with the last, another with the first. The steps that were shown."""
    given: list[Action] = []
    count = len(choice.points)
    away = 0
    for i, point in enumerate(choice.points):
        name, last = f"b{i + 1}", i == count - 1
        reason = _because(run, choice, point, away)
        away += strength(point.link) == "far"
        form: TakeawayKind = "act" if last and count > 1 and steps else "understand"
        run.send(BlockStart(block=name, form="takeaway", takeaway=form, because=reason))
        piece = run.cite(run.request.item, point.span)
        block = Block(run, name, [piece], at_most=1)
        await write(block, takeaway_prompt(run.rooms, piece, point.span.text), _limit(run, i, count))
        step = steps[0] if last and steps else steps[1] if i == 0 and len(steps) > 1 else None
        given += [step] if step else []
        run.send(BlockEnd(block=name, action=step))
    return given


def _because(run: Run, choice: Choice, point: Point, away: int) -> Because | None:
    """The reason of one point; that a point is away from the member's field is said once."""
    fact = point.link.fact if point.link else None
    claimed = strength(point.link)
    claimed = "again" if away and claimed == "far" else claimed
    return because(choice.snapshot, fact, claimed, run.request.item.kind)


def strength(link: Link | None) -> str:
    """How much of a link may be claimed: close, loose or far."""
    if link is None:
        return "far"
    return "close" if link.close else "loose" if link.near >= LOOSE else "far"


def _limit(run: Run, i: int, count: int) -> Deadline:
    """The moment by which block `i` must have its words: the first soon, the others in even shares of what is left."""
    if i == 0:
        return first_words_by(run)
    now = anyio.current_time()
    return Deadline(now + writing_time(run, now) / (count - i))


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(1e-9, float(np.linalg.norm(vector))), dtype=np.float32)
