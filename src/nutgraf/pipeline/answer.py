"""Answering a question from passages of the item and of other records, or saying that it does not say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import anyio

from nutgraf.decide.followup import condense
from nutgraf.events import BlockEnd, BlockStart, Closed, Extras, Used
from nutgraf.orchestration import Agent, Passage, Query
from nutgraf.parse.auto import AutoParser
from nutgraf.parse.schemas import answer_schema
from nutgraf.pipeline.composing import OneBlock, stream_into, write
from nutgraf.pipeline.finding import Found, cited, find
from nutgraf.pipeline.parts import Run
from nutgraf.pipeline.warding import harmless_texts, harmless_title
from nutgraf.pipeline.writing import QUOTED_ONLY, Block, first_words_by, writing_time
from nutgraf.prompt.library import fenced, numbered
from nutgraf.retrieve.relevance import WORD_SHARE, overlap
from nutgraf.retrieve.sources_details import Details, of_record
from nutgraf.seams import Source
from nutgraf.types import Card, Deadline, Fact, Prompt

PASSAGES_AT_MOST, SMALL_PASSAGES_AT_MOST = 8, 3
#: What counts for a passage of the item itself over one of another record.
OWN_FIRST = 0.15
#: What counts for a passage of a record, or of an earlier answer, that the question points at.
POINTED_FIRST = 1.0
POINTED = ("named", "conversation")
#: How far behind the best passage a second one may be and still be quoted.
SECOND_WITHIN = 0.12
QUESTION_AT_MOST_CHARS = 1000
CONVERSATION_AT_MOST_TOKENS = 300
SMALL_PROMPT, ANSWER_PROMPT = "answer", "answers"
TOKENS_A_SENTENCE = 60
NOT_STATED = "The item does not say."
ELSEWHERE = "The item itself does not say; this comes from elsewhere in the network or from your record."
NOTHING_FOUND = "Nothing here answers that."


async def answer(
    run: Run, agent: Agent, query: Query, names: Sequence[str] = (), more: Sequence[Source] = ()
) -> Closed:
    """Send the answer but for its ending, which is returned.

    `names` are asked instead of the agent's own sources when they are given. `more` finds in the records that the
    question points at; the answer then comes from them before all others. Without it the fields of the item count too.
    """
    own = Details([query.item] if query.item else [], run.rooms.encoder)
    blended = await find(run, agent, query, names, more or ([own] if own else ()))
    passages = ranked(run, blended.kept, query)
    at_most = SMALL_PASSAGES_AT_MOST if run.rooms.small or run.session is None else PASSAGES_AT_MOST
    found = trusted(run, await cited(run, passages[:at_most]))
    run.send(Used(facts=facts_in(found, query)))
    run.send(BlockStart(block="a1", form="answer"))
    if found.evidence:
        await _written(run, agent, query, found)
    run.send(BlockEnd(block="a1"))
    if shown := cards_of(run, found):
        run.send(Extras(cards=shown))
    return run.done(_reason(query, found))


def trusted(run: Run, found: Found) -> Found:
    """What an answer is made from where a record has orders to a model in it: such a record is quoted only.

    When the best passage is of one nothing is written; else the answer does without its passages.
    """
    bad = [passage.ref in run.tainted for passage in found.passages]
    if not any(bad):
        return found
    if bad[0]:
        run.quoted_only = True
        return found
    kept = [place for place, one in enumerate(bad) if not one]
    run.skip("passages of a record", QUOTED_ONLY)
    return replace(
        found, passages=tuple(found.passages[n] for n in kept), evidence=tuple(found.evidence[n] for n in kept)
    )


def _reason(query: Query, found: Found) -> str | None:
    """What is said of an answer that the item itself does not give."""
    if not found.evidence:
        return NOT_STATED if query.item is not None else NOTHING_FOUND
    own = query.item is None or any(of_record(piece.ref) == query.item.id for piece in found.evidence)
    return None if own else ELSEWHERE


def ranked(run: Run, passages: Sequence[Passage], query: Query) -> list[Passage]:
    """Passages by how well they answer. Our own sources score alike; those of skills are scored here by their words."""
    foreign = {source.name for source in run.rooms.skills}
    shares = dict(zip(map(id, passages), overlap([p.text for p in passages], query.text), strict=True))

    def merit(passage: Passage) -> float:
        own = query.item is not None and of_record(passage.ref) == query.item.id
        fit = passage.score if passage.source not in foreign else shares[id(passage)] * (1 + WORD_SHARE)
        return fit + OWN_FIRST * own + POINTED_FIRST * (passage.source in POINTED)

    return sorted(passages, key=merit, reverse=True)


def facts_in(found: Found, query: Query) -> tuple[Fact, ...]:
    """The facts of the member's record that an answer may rest on."""
    used = {piece.ref for piece in found.evidence if piece.source == "member"}
    return tuple(fact for fact in query.snapshot.facts if fact.id in used)


def cards_of(run: Run, found: Found) -> tuple[Card, ...]:
    """The other records an answer rests on, each to be opened."""
    cards: dict[str, Card] = {}
    for passage in found.passages:
        record = found.records.get(passage.ref)
        if record is None or (run.request.item is not None and record.id == run.request.item.id):
            continue
        card = Card(record.id, record.kind, record.title, passage.text, round(min(1.0, passage.score), 3))
        cards.setdefault(record.id, card)
    return tuple(cards.values())[: run.rooms.settings.cards_at_most]


async def _written(run: Run, agent: Agent, query: Query, found: Found) -> None:
    if run.rooms.small or run.session is None or run.quoted_only:
        block = Block(run, "a1", found.evidence, at_most=2, ranked=True)
        await write(block, _small_prompt(run, block, query), first_words_by(run))
        _second(block, found)
        return
    block = Block(run, "a1", found.evidence, at_most=agent.sentences_at_most, ranked=True)
    now = anyio.current_time()
    limit = Deadline(now + writing_time(run, now))
    sink = OneBlock(block)
    prompt = await _prompt(run, agent, block, query)
    slow = await stream_into(sink, run, prompt, limit, AutoParser, "a1", continues=agent.continues)
    block.give_up("not-completed")
    run.cut = run.cut or (bool(block.sentences) and not block.full and slow)
    if not block.sentences:
        block.quote(block.evidence[0], "not-written")


def _small_prompt(run: Run, block: Block, query: Query) -> Prompt:
    variables = {"evidence": numbered(block.evidence), "question": fenced(query.text, QUESTION_AT_MOST_CHARS)}
    return run.rooms.prompts.render(SMALL_PROMPT, variables, max_tokens=120)


async def _prompt(run: Run, agent: Agent, block: Block, query: Query) -> Prompt:
    turns = condense(query.history, CONVERSATION_AT_MOST_TOKENS).turns
    lines = [f"Reader: {fenced(turn.question)}\nAnswer: {fenced(turn.answer)}" for turn in turns]
    said = "\n".join(filter(None, await harmless_texts(run, "an earlier turn", lines)))
    variables = {
        "evidence": numbered(block.evidence), "question": fenced(query.text, QUESTION_AT_MOST_CHARS),
        "conversation": said, "page": await harmless_title(run, query.item),
    }  # fmt: skip
    tokens = TOKENS_A_SENTENCE * (agent.sentences_at_most + 1)
    schema = shape(run, agent, len(block.evidence), agent.sentences_at_most)
    return run.rooms.prompts.render(agent.prompt, variables, max_tokens=tokens, stop=(), schema=schema)


def shape(run: Run, agent: Agent, evidence: int, sentences: int) -> str:
    """The JSON schema that an answer is held to, where a model can be: for an agent whose prompt asks for JSON."""
    asks = re.search(r"\bJSON\b", run.rooms.prompts.source(agent.prompt))
    return answer_schema(evidence, sentences) if asks and evidence else ""


def _second(block: Block, found: Found) -> None:
    """A lone quotation is joined by the next passage when that is nearly as good."""
    lone = len(block.sentences) == 1 and block.sentences[0].verdict == "quoted"
    near = len(found.passages) > 1 and found.passages[0].score - found.passages[1].score <= SECOND_WITHIN
    if lone and near:
        other = next(piece for piece in found.evidence[:2] if piece not in block.sentences[0].evidence)
        block.quote(other, "not-written")
