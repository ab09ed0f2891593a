"""The panel: the few takeaways of an item that matter to this member."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync

from nutgraf.clock import loop_time
from nutgraf.errors import NutgrafError
from nutgraf.events import BlockEnd, BlockStart, Closed, Extras, Used
from nutgraf.orchestration import Query
from nutgraf.parse.auto import AutoParser
from nutgraf.parse.schemas import takeaways_schema
from nutgraf.pipeline.composing import ManyBlocks, Opening, stream_into, write
from nutgraf.pipeline.finding import cited, find, records_of
from nutgraf.pipeline.parts import Run, prepare_item
from nutgraf.pipeline.warding import harmless_spans, harmless_texts, harmless_title
from nutgraf.pipeline.writing import Block, first_words_by, takeaway_prompt, writing_time
from nutgraf.prompt.library import fenced, numbered
from nutgraf.types import Action, Because, Deadline, Digest, Evidence, Item, Snapshot, TakeawayKind

if TYPE_CHECKING:
    from nutgraf.blend.actions import Offer
    from nutgraf.blend.choose import Link, Point
    from nutgraf.types import Vectors

#: A shorter record has nothing to offer.
RECORD_AT_LEAST_CHARS = 400
RECORDS_AT_MOST = 20
LANGUAGE_READ_CHARS = 4000
RECORD_READ_CHARS = 600
#: Evidence of a panel whose model writes it whole: so many sentences of the item for each takeaway, and tokens out.
POINTS_A_TAKEAWAY, TOKENS_A_TAKEAWAY = 2, 120
OFFERING = ("jobs", "courses", "people", "companies", "posts")
_QUERY_FACTS = ("goal", "memory", "headline", "position", "interest")


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen before a word is written."""

    digest: Digest
    snapshot: Snapshot
    fact_vectors: Vectors
    points: list[Point]


async def panel(run: Run) -> Closed:
    """Send the whole panel but for its ending, which is returned."""
    if run.rooms.encoder is None:
        return await _by_words(run)
    from nutgraf.read.worth import in_english

    item = run.item
    with run.stage("reading"):
        digest = await run_sync(partial(prepare_item, item, run.rooms), abandon_on_cancel=True)
    if digest.declined:
        return run.declined(digest.declined)
    if not in_english(item.text[:LANGUAGE_READ_CHARS]):
        run.skip("language", "this item does not seem to be in English, for which choosing and checking are made")
    with run.stage("choosing"):
        choice = await run_sync(partial(_choose, run, digest), abandon_on_cancel=True)
    run.send(Used(facts=choice.snapshot.facts))
    calm = await harmless_spans(run, item, [point.span for point in choice.points])
    choice = replace(choice, points=[point for point in choice.points if point.span in calm])
    await harmless_title(run, item)
    run.quoted_only = item.id in run.tainted
    if not choice.points:
        return run.declined("No sentence of this item can stand alone.")
    found = await _offered(run, choice)
    await _send(run, choice, found)
    return run.done()


async def _send(run: Run, choice: Choice, found: list[Offer]) -> None:
    """The blocks, then what stands under them."""
    from nutgraf.blend.actions import NO_RECORDS, NOTHING_NEAR, actions, cards

    item = run.item
    starters = await harmless_texts(run, "a question about this item", _starters(run, choice))
    starters = list(filter(None, starters))
    steps = actions(item, found) or _ask_instead(starters)
    if run.rooms.small or run.session is None or run.quoted_only:
        given = await _one_by_one(run, choice, steps)
    else:
        given, written = await _at_once(run, choice, steps)
        starters = starters or written[: run.rooms.settings.starters_at_most]
    taken = {step.item for step in given if step.item}
    missing = None if taken else NOTHING_NEAR if found else NO_RECORDS
    if missing:
        run.skip("action", missing)
    offered = cards(item, found, taken | {item.id}, run.rooms.settings.cards_at_most)
    run.send(Extras(starters=tuple(starters), cards=tuple(offered), no_action_because=missing))


def _choose(run: Run, digest: Digest) -> Choice:
    from nutgraf.blend.choose import choose

    assert run.rooms.encoder is not None
    known = run.known
    vectors = run.rooms.fact_vectors.of(known, run.rooms.encoder)
    count = run.rooms.settings.takeaways_at_most
    return Choice(digest, known, vectors, choose(digest, known, vectors, count))


async def _offered(run: Run, choice: Choice) -> list[Offer]:
    """Records that could be next steps, found by asking the sources of the panel's agent."""
    agent = run.rooms.panel_agent
    names = [name for name in agent.sources if name in OFFERING or name in {one.name for one in run.rooms.skills}]
    query, centre = await run_sync(partial(_panel_query, run, choice), abandon_on_cancel=True)
    blended = await find(run, agent, query, names or ("none",), personal=True)
    records = await records_of(run, [passage.ref for passage in blended.kept])
    useful = [r for r in records.values() if r.id != run.item.id and r.ai and len(r.text) >= RECORD_AT_LEAST_CHARS]
    return await run_sync(partial(_offers, run, choice, useful[:RECORDS_AT_MOST], centre), abandon_on_cancel=True)


def _panel_query(run: Run, choice: Choice) -> tuple[Query, Vectors]:
    """What the sources of a panel are asked: the item's middle, drawn towards what the member is after."""
    from nutgraf.members.vectors import unit

    item, digest, facts = run.item, choice.digest, choice.snapshot.facts
    centre = unit(digest.vectors.mean(axis=0) + digest.title_vector)
    labels = " ".join(topic.label for topic in digest.topics[:6])
    wanted = [i for i, fact in enumerate(facts) if fact.kind in _QUERY_FACTS][:8]
    vector, text = centre, f"{item.title} {labels}"
    if wanted:
        vector = unit(centre + 0.6 * unit(choice.fact_vectors[wanted].mean(axis=0)))
        text += " " + " ".join(facts[i].text for i in wanted[:2])
    query = Query(scope=run.request.scope, text=text, item=item, snapshot=choice.snapshot, vector=vector, limit=4)
    return query, centre


def _offers(run: Run, choice: Choice, records: Sequence[Item], centre: Vectors) -> list[Offer]:
    from nutgraf.blend.actions import Candidate, offers, snippet

    vocabulary, encoder = run.rooms.vocabulary, run.rooms.encoder
    assert vocabulary is not None
    assert encoder is not None
    own = {mention.skill.id for fact in choice.snapshot.facts for mention in vocabulary.find(fact.text)}
    topics = {topic.id for topic in choice.digest.topics}
    found: list[Candidate] = []
    for record in records:
        named = {m.skill.id for m in vocabulary.find(f"{record.title}. {record.text[:RECORD_READ_CHARS]}")}
        found.append(Candidate(record, len(named & topics), len(named & own)))
    vectors = encoder.encode([f"{one.item.title}. {snippet(one.item)}" for one in found])
    return offers(found, vectors, centre, choice.snapshot, choice.fact_vectors)


def _starters(run: Run, choice: Choice) -> list[str]:
    """Questions of this item that its takeaways do not answer already, nearest to the member first."""
    import numpy as np

    from nutgraf.read.questions import questions, varied

    taken = {point.row for point in choice.points}
    made = questions(run.item, choice.digest)
    scores = np.array([question.score - 2.0 * (question.row in taken) for question in made], dtype=np.float32)
    if choice.snapshot.facts and made:
        scores += (choice.digest.vectors[[question.row for question in made]] @ choice.fact_vectors.T).max(axis=1)
    ranked = [made[i] for i in np.argsort(-scores, kind="stable")]
    return [question.text for question in varied(ranked, run.rooms.settings.starters_at_most)]


def _ask_instead(starters: Sequence[str]) -> list[Action]:
    if not starters:
        return []
    return [Action(kind="converse", label=starters[0], question=starters[0])]


async def _one_by_one(run: Run, choice: Choice, steps: Sequence[Action]) -> list[Action]:
    """Write each takeaway by itself; the best step goes with the last, another with the first. The steps shown."""
    given: list[Action] = []
    reasons = _reasons(run, choice)
    count = len(choice.points)
    for i, point in enumerate(choice.points):
        name = f"b{i + 1}"
        form = _form(i, count, steps)
        run.send(BlockStart(block=name, form="takeaway", takeaway=form, because=reasons[i]))
        piece = run.cite(run.item, point.span)
        block = Block(run, name, [piece], at_most=1)
        await write(block, takeaway_prompt(run.rooms, piece, point.span.text), _limit(run, i, count))
        step = _step(i, count, steps)
        given += [step] if step else []
        run.send(BlockEnd(block=name, action=step))
    return given


async def _at_once(run: Run, choice: Choice, steps: Sequence[Action]) -> tuple[list[Action], list[str]]:
    """Let a larger model write the whole panel from the chosen points; points it leaves out are quoted."""
    reasons = _reasons(run, choice)
    pieces = [run.cite(run.item, point.span) for point in choice.points]
    count = len(pieces)

    def opening(number: int, known: Sequence[Evidence]) -> tuple[TakeawayKind, Because | None]:
        place = pieces.index(known[0]) if known and known[0] in pieces else None
        return _form(number, count, steps), reasons[place] if place is not None else None

    sink = await _compose(run, pieces, count, opening, steps, await _reader(run, choice.snapshot))
    _quote_the_rest(run, sink, pieces, count)
    return [step for i in range(len(sink.blocks)) if (step := _step(i, count, steps))], sink.starters


def _quote_the_rest(run: Run, sink: ManyBlocks, pieces: Sequence[Evidence], count: int) -> None:
    """Quote what no block rests on yet, up to `count` blocks; behind the words of a model that was cut off, nothing."""
    if run.cut and sink.said:
        return
    used = {piece.id for block in sink.blocks for sentence in block.sentences for piece in sentence.evidence}
    for piece in pieces:
        if len(sink.blocks) < count and piece.id not in used:
            sink.quote(piece)


async def _compose(
    run: Run, pieces: Sequence[Evidence], count: int, opening: Opening, steps: Sequence[Action], reader: str
) -> ManyBlocks:
    agent = run.rooms.panel_agent
    sink = ManyBlocks(
        run, pieces, "takeaway", count, agent.sentences_at_most, opening,
        lambda number: _step(number, count, steps),
    )  # fmt: skip
    variables = {
        "evidence": numbered(pieces), "count": count, "reader": reader,
        "starters": run.rooms.settings.starters_at_most, "title": await harmless_title(run, run.item),
    }  # fmt: skip
    schema = takeaways_schema(len(pieces), count, run.rooms.settings.starters_at_most)
    tokens = TOKENS_A_TAKEAWAY * (count + 1)
    prompt = run.rooms.prompts.render(agent.prompt, variables, max_tokens=tokens, stop=(), schema=schema)
    now = loop_time()
    limit = Deadline(now + writing_time(run, now))
    hurry = asyncio.get_running_loop().call_at(first_words_by(run).at, _hurry, sink, pieces[0])
    try:
        await stream_into(
            sink, run, prompt, limit, partial(AutoParser, expects="json"), "panel", continues=agent.continues
        )
    finally:
        hurry.cancel()
    sink.close()
    sink.starters = [starter for starter in sink.starters if run.rooms.judge.may_ask(starter, pieces)]
    return sink


def _hurry(sink: ManyBlocks, piece: Evidence) -> None:
    """When nothing was said by now, quote: nobody waits for first words."""
    with suppress(NutgrafError):  # a stream that is full, or has just ended, tells its writer so
        sink.hurry(piece)


async def _by_words(run: Run) -> Closed:
    """The panel without an encoder: evidence from every source of the agent, blended; the model writes it whole."""
    agent = run.rooms.panel_agent
    known = run.known
    run.send(Used(facts=known.facts))
    query = Query(scope=run.request.scope, text=run.item.title, item=run.item, snapshot=known)
    # The evidence alone is held while the model writes.
    evidence = (await cited(run, (await find(run, agent, query, personal=True)).kept)).evidence
    run.quoted_only = run.item.id in run.tainted
    if not evidence:
        return run.declined("Nothing was found that a sentence could rest on.")
    count = run.rooms.settings.takeaways_at_most
    sink = await _compose(run, evidence, count, lambda number, _: ("understand", None), (), await _reader(run, known))
    if not sink.blocks or any(part.what == "writing" for part in run.skipped):
        _quote_the_rest(run, sink, evidence, count)
    run.send(Extras(starters=tuple(sink.starters[: run.rooms.settings.starters_at_most])))
    return run.done()


async def _reader(run: Run, known: Snapshot) -> str:
    """What a model is told of the reader: a few facts, as one line of foreign text."""
    chosen = [fact.text for fact in known.facts if fact.kind in _QUERY_FACTS][:6]
    calm = await harmless_texts(run, "a line of your profile", chosen)
    return fenced("; ".join(filter(None, calm)))


def _form(number: int, count: int, steps: Sequence[Action]) -> TakeawayKind:
    return "act" if number == count - 1 and count > 1 and steps else "understand"


def _step(number: int, count: int, steps: Sequence[Action]) -> Action | None:
    """The best step goes with the last takeaway, another with the first."""
    if number == count - 1 and steps:
        return steps[0]
    return steps[1] if number == 0 and len(steps) > 1 else None


def _reasons(run: Run, choice: Choice) -> list[Because | None]:
    """The reason of each point; that a point is away from the member's field is said once."""
    from nutgraf.members.because import because

    made: list[Because | None] = []
    away = False
    for point in choice.points:
        claimed = strength(point.link)
        claimed, away = "again" if away and claimed == "far" else claimed, away or claimed == "far"
        made.append(because(choice.snapshot, point.link.fact if point.link else None, claimed, run.item.kind))
    return _with_memory(run, choice, made)


def _with_memory(run: Run, choice: Choice, made: list[Because | None]) -> list[Because | None]:
    """Let the point that is nearest to something the member told us say so, unless one says so already."""
    from nutgraf.blend.choose import LOOSE, link
    from nutgraf.members.because import because

    facts = choice.snapshot.facts
    told = [i for i, fact in enumerate(facts) if fact.kind == "memory"]
    if not told or any(reason and any(fact.kind == "memory" for fact in reason.facts) for reason in made):
        return made
    links = [
        (link(choice.digest, choice.snapshot, choice.fact_vectors, point.row, fact), place)
        for fact in told
        for place, point in enumerate(choice.points)
    ]
    best, place = max(links, key=lambda pair: pair[0].near)
    if best.near >= LOOSE and (reason := because(choice.snapshot, best.fact, strength(best), run.item.kind)):
        made[place] = reason
    return made


def strength(link: Link | None) -> str:
    """How much of a link may be claimed: close, loose or far."""
    from nutgraf.blend.choose import LOOSE

    if link is None:
        return "far"
    return "close" if link.close else "loose" if link.near >= LOOSE else "far"


def _limit(run: Run, i: int, count: int) -> Deadline:
    """The moment by which block `i` must have its words: the first soon, the others in even shares of what is left."""
    if i == 0:
        return first_words_by(run)
    now = loop_time()
    return Deadline(now + writing_time(run, now) / (count - i))
