"""Answering a question about an item, from its passages and from related items, or saying that it does not say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from anyio.to_thread import run_sync

from nutgraf.errors import SourceError, StoreError
from nutgraf.events import BlockEnd, BlockStart, Closed, Used
from nutgraf.pipeline.parts import Run, prepare_item
from nutgraf.pipeline.writing import Block, first_words_by, write
from nutgraf.prompt.library import fenced, numbered, render
from nutgraf.read.questions import questions
from nutgraf.text.words import content_stems
from nutgraf.types import Digest, Evidence, Item, SourceKind, Vectors

#: Score a passage of the item, or of a related item, needs to count as an answer.
ANSWERS_AT_LEAST, RELATED_AT_LEAST = 0.45, 0.78
#: Weight of shared words beside the cosine.
WORD_SHARE = 0.45
PASSAGES_AT_MOST = 3
#: What counts for a passage of the item itself over one of a related item.
OWN_FIRST = 0.15
#: A starter question was made from one sentence, so that sentence answers it.
STARTERS_KNOWN, STARTER_ANSWERS = 64, 1.0
#: How far behind the best passage a second one may be and still be quoted.
SECOND_WITHIN = 0.12
QUESTION_AT_MOST_CHARS = 1000
NOT_STATED = "The item does not say."


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence that may answer: the item it stands in, its row there, and its score."""

    item: Item
    row: int
    score: float
    evidence: Evidence


async def answer(run: Run) -> Closed:
    """Send the answer but for its ending, which is returned."""
    request = run.request
    assert request.question is not None
    question = fenced(request.question, QUESTION_AT_MOST_CHARS)
    with run.stage("reading"):
        digest = await run_sync(partial(prepare_item, request.item, run.rooms), abandon_on_cancel=True)
    with run.stage("finding"):
        found = await run_sync(partial(_passages, run, digest, question), abandon_on_cancel=True)
    run.send(Used(facts=()))
    run.send(BlockStart(block="a1", form="answer"))
    if found:
        block = Block(run, "a1", [passage.evidence for passage in found], at_most=2, ranked=True)
        prompt = render("answer", {"evidence": numbered(block.evidence), "question": question}, max_tokens=120)
        await write(block, prompt, first_words_by(run))
        _second(block, found)
    run.send(BlockEnd(block="a1"))
    return Closed(
        ending="done",
        reason=None if any(passage.evidence.source == "item" for passage in found) else NOT_STATED,
        skipped=tuple(run.skipped),
        first_useful_ms=run.first_useful_ms,
        complete_ms=run.ms(),
    )


def _second(block: Block, found: list[Passage]) -> None:
    """A lone quotation is joined by the next passage when that is nearly as good."""
    lone = len(block.sentences) == 1 and block.sentences[0].verdict == "quoted"
    if lone and len(found) > 1 and found[0].score - found[1].score <= SECOND_WITHIN:
        other = next(p for p in found[:2] if p.evidence not in block.sentences[0].evidence)
        block.quote(other.evidence, "not-written")


def _passages(run: Run, digest: Digest, question: str) -> list[Passage]:
    vector = run.rooms.encoder.encode([question])[0]
    found = _best(run, run.request.item, digest, question, vector, ANSWERS_AT_LEAST, "item")
    try:
        found += _related(run, question, vector)
    except (SourceError, StoreError):
        run.skip("related records", "search failed")
    found.sort(key=lambda passage: -(passage.score + OWN_FIRST * (passage.evidence.source == "item")))
    return found[:PASSAGES_AT_MOST]


def _related(run: Run, question: str, vector: Vectors) -> list[Passage]:
    """The best passage of each related item that has a fitting one."""
    if run.rooms.items is None:
        return []
    found: list[Passage] = []
    for hit in run.rooms.items.search(question, vector, limit=4):
        if hit.item.id != run.request.item.id and hit.item.ai:
            other = prepare_item(hit.item, run.rooms)
            found += _best(run, hit.item, other, question, vector, RELATED_AT_LEAST, "skill")[:1]
    return found


def _best(
    run: Run, item: Item, digest: Digest, question: str, vector: Vectors, at_least: float, source: SourceKind
) -> list[Passage]:
    scores = relevance(digest, question, vector)
    if source == "item":
        for starter in questions(item, digest, STARTERS_KNOWN):
            if starter.text == question:
                scores[starter.row] += STARTER_ANSWERS
    rows = [int(row) for row in np.argsort(-scores)[:PASSAGES_AT_MOST] if scores[row] >= at_least]
    return [Passage(item, row, float(scores[row]), run.cite(item, digest.spans[row], source)) for row in rows]


def relevance(digest: Digest, question: str, vector: Vectors) -> Vectors:
    """How well each sentence may answer: cosine, plus the idf-weighted share of the question's words that it has."""
    if not digest.spans:
        return np.zeros(0, dtype=np.float32)
    wanted = list(dict.fromkeys(content_stems(question)))
    stems = [set(content_stems(span.text)) for span in digest.spans]
    idf = {word: np.log(1 + len(stems) / (1 + sum(word in row for row in stems))) for word in wanted}
    total = sum(idf.values()) or 1.0
    shared = np.array([sum(idf[word] for word in wanted if word in row) / total for row in stems], dtype=np.float32)
    fit = np.array([0.0 if span.quotable else 0.2 for span in digest.spans], dtype=np.float32)
    return np.asarray(digest.vectors @ vector + WORD_SHARE * shared - fit, dtype=np.float32)
