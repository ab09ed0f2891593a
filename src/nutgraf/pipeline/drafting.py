"""A draft of the member's own: a post, comment or message in their manner, from what the item and their record say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import anyio
from anyio.to_thread import run_sync

from nutgraf.events import BlockEnd, BlockStart, Closed, Used
from nutgraf.members.manner import Manner, described, manner
from nutgraf.members.spoken import SAYABLE, spoken
from nutgraf.orchestration import Agent, Blended, Passage, Query
from nutgraf.parse.auto import AutoParser
from nutgraf.pipeline.answer import QUESTION_AT_MOST_CHARS, shape
from nutgraf.pipeline.composing import OneBlock, stream_into
from nutgraf.pipeline.finding import cited, find
from nutgraf.pipeline.parts import Run
from nutgraf.pipeline.warding import harmless_texts, harmless_title
from nutgraf.pipeline.writing import Block, no_model, writing_time
from nutgraf.prompt.library import fenced, numbered
from nutgraf.retrieve.relevance import overlap
from nutgraf.retrieve.sources import passage_of, scored
from nutgraf.text.words import content_words, words
from nutgraf.types import Action, Because, Deadline, Draft, Evidence, Fact, Prompt, Span, Verdict

Kind = Literal["post", "comment", "message"]
OWN_POSTS = "own-posts"
#: What a larger model gets: sentences of the item, facts of the member, posts as samples of style and their length.
POINTS_AT_MOST, FACTS_AT_MOST, SAMPLES, SAMPLE_AT_MOST_CHARS = 6, 4, 2, 600
#: Cosine, or share of words, from which a fact touches a sentence so much that it may stand beside it.
TOUCHES, TOUCHES_BY_WORDS = 0.4, 0.12
#: What makes a sentence worth saying beside its salience (0..1): being specific, near to the member, near to the
#: item's title, and about the subject that the question names.
SPECIFIC, NEAR, ON_TITLE, ON_SUBJECT = 0.5, 1.6, 0.3, 2.0
#: What it loses for not standing alone, for want of a figure where the member begins with one, and for each word that
#: it is longer or shorter than the member's sentences.
LEANING, NO_FIGURE, WORD_OFF = 0.6, 0.3, 0.02
TOKENS_A_SENTENCE = 60
NO_MODEL_FOR_DRAFTS = "a small model does not write drafts; this one is put together from sentences as they stand"
SPEAKS_OF_ITSELF = "every sentence of it speaks as its author, and cannot be said by somebody else"
NOTHING = "There is nothing here that a draft could rest on."
_LABELS: dict[Kind, str] = {"post": "Post it", "comment": "Post it", "message": "Send it"}
_NAMED: tuple[tuple[Kind, str], ...] = (
    ("message", r"message|dm|e-?mail|letter|note to|reach out|introduc\w+"),
    ("comment", r"comment|reply|respond|response|answer to"),
    ("post", r"posts?(?! (?:a|an|my|this|it|that)\b)|articles?|update"),
)  # fmt: skip
_KINDS = re.compile("|".join(rf"(?P<{kind}>\b(?:{form})\b)" for kind, form in _NAMED), re.IGNORECASE)
_TASK = frozenset(
    """answer article author brief comment compose draft edit friendly help kind long manner message mine note own
    phrase please polish polite post professional quick reply respond response share short style thoughtful tone update
    voice warm words write writing""".split()
)
_FIRST_PERSON = re.compile(r"\b(?:I|[Mm]y|[Mm]e|mine|myself|[Ww]e|[Oo]ur|us|ours|ourselves)\b")


def kind_of(question: str) -> Kind:
    """What is to be drafted, by the first word that names it; a comment when none does."""
    found = _KINDS.search(question)
    return next((kind for kind, _ in _NAMED if found and found[kind]), "comment")


async def draft(run: Run, agent: Agent, query: Query) -> Closed:
    """Send one block that holds the draft; its ending is returned. Nothing is posted anywhere."""
    asked = await run_sync(partial(_asked, run, query), abandon_on_cancel=True)
    blended = await find(run, _style_only(agent), asked)
    posts = [fate.passage for fate in blended.fates if fate.passage.source == OWN_POSTS]
    how = manner([post.text for post in posts])
    with run.stage("reading"):
        reading = partial(_material, run, query, asked, blended, how)
        material = await run_sync(reading, abandon_on_cancel=True)
    if not material.points and not material.facts:
        return run.declined(NOTHING)
    kind, by_model = kind_of(query.text), run.session is not None and not run.rooms.small
    own = _Own(run, query, kind, how, posts)
    chosen = _chosen(material, how, kind)
    await own.write(agent, material, chosen, by_model=by_model)
    return run.done()


@dataclass(frozen=True, eq=False)
class Material:
    """What a draft may say: sentences of the item and facts of the member, both best first."""

    points: tuple[Passage, ...]
    facts: tuple[Passage, ...]


class DraftBlock(Block):
    """A block in which facts of the member's own are judged as their owner says them."""

    def __init__(self, run: Run, evidence: Sequence[Evidence], at_most: int, said: dict[str, str]) -> None:
        """`said` holds, by the ids of facts, how they read in the first person."""
        super().__init__(run, "d1", evidence, at_most)
        self._mine = said

    def in_first_person(self, piece: Evidence) -> Evidence:
        """The piece as the judge and the model see it."""
        text = self._mine.get(piece.ref) if piece.source == "member" else None
        return replace(piece, quote=text, end=len(text)) if text else piece

    async def _judged(self, draft: Draft, cited: Sequence[Evidence]) -> Verdict:
        verdict = await super()._judged(draft, [self.in_first_person(piece) for piece in cited])
        known = {piece.id: piece for piece in cited}
        return replace(verdict, evidence=tuple(known[piece.id] for piece in verdict.evidence))


@dataclass(frozen=True, eq=False)
class _Own:
    """One draft on its way."""

    run: Run
    query: Query
    kind: Kind
    how: Manner
    posts: Sequence[Passage]

    async def write(self, agent: Agent, material: Material, chosen: Sequence[Passage], *, by_model: bool) -> None:
        """Open the block, fill it and end it."""
        run, said = self.run, self._said()
        points = material.points[:POINTS_AT_MOST]
        given = [*points, *_touching(material.facts, points)[:FACTS_AT_MOST]] if by_model else list(chosen)
        given += [passage for passage in chosen if passage not in given]
        facts = self._facts(given)
        found = await cited(run, given)
        await harmless_title(run, self.query.item)
        if run.tainted:  # nothing that gives orders decides what is said in the member's name
            run.quoted_only, by_model = True, False
            found = await cited(run, chosen)
        run.send(Used(facts=facts))
        run.send(BlockStart(block="d1", form="draft", title=self._title(), because=self._because(chosen)))
        block = DraftBlock(run, found.evidence, max(agent.sentences_at_most, len(chosen)), said)
        if by_model:
            await self._written(agent, block)
        else:
            self._unwritten()
        if not block.sentences:
            for passage in (one for one in chosen if one in found.passages):
                place = found.passages.index(passage)
                piece = found.evidence[place]
                if passage.origin == "member":
                    await block.settle(Draft(said[passage.ref], (place + 1,)))
                else:
                    block.quote(piece, "as-it-stands")
        run.send(BlockEnd(block="d1", action=self._step()))

    async def _written(self, agent: Agent, block: DraftBlock) -> None:
        run = self.run
        now = anyio.current_time()
        limit = Deadline(now + writing_time(run, now))
        slow = await stream_into(OneBlock(block), run, await self._prompt(agent, block), limit, AutoParser, "d1")
        block.give_up("not-completed")
        run.cut = run.cut or (bool(block.sentences) and not block.full and slow)

    def _unwritten(self) -> None:
        if self.run.session is not None and not self.run.quoted_only:
            self.run.skip("writing", NO_MODEL_FOR_DRAFTS)
        else:
            no_model(self.run, self.run.request.deadline)

    async def _prompt(self, agent: Agent, block: DraftBlock) -> Prompt:
        samples = await harmless_texts(self.run, "a post of yours", [post.text for post in self.posts[:SAMPLES]])
        shown = [block.in_first_person(piece) for piece in block.evidence]
        marked = [replace(p, quote=f"(mine) {p.quote}") if p.source == "member" else p for p in shown]
        variables = {
            "evidence": numbered(marked), "question": fenced(self.query.text, QUESTION_AT_MOST_CHARS),
            "samples": [fenced(text, SAMPLE_AT_MOST_CHARS) for text in samples if text],
            "manner": described(self.how), "kind": self.kind, "sentences": block.at_most,
            "page": await harmless_title(self.run, self.query.item),
        }  # fmt: skip
        tokens = TOKENS_A_SENTENCE * (block.at_most + 1)
        schema = shape(self.run, agent, len(shown), block.at_most)
        return self.run.rooms.prompts.render(agent.prompt, variables, max_tokens=tokens, stop=(), schema=schema)

    def _said(self) -> dict[str, str]:
        member = self.run.request.member
        work = member.work if member is not None else ()
        return {fact.id: spoken(fact, work) for fact in self.query.snapshot.facts if fact.kind in SAYABLE}

    def _facts(self, given: Sequence[Passage]) -> tuple[Fact, ...]:
        refs = {passage.ref for passage in given if passage.origin == "member"}
        return tuple(fact for fact in self.query.snapshot.facts if fact.id in refs)

    def _title(self) -> str:
        return f"Draft of a {self.kind}, in your manner" if self.how.posts else f"Draft of a {self.kind}"

    def _because(self, chosen: Sequence[Passage]) -> Because:
        text = f"Your manner: {described(self.how)}."
        if not self.how.posts:
            text = f"The manner is {described(self.how)}."
        elif self.how.asks_at_the_end and not (chosen and chosen[-1].text.endswith("?")):
            text += " The question at the end is left to you."
        return Because(text, ())

    def _step(self) -> Action | None:
        item = self.query.item
        if item is None or self.run.tainted:
            return None
        return Action(
            kind="engage", label=_LABELS[self.kind], item=item.id, title=item.title,
            because="This is a draft and nothing was sent: read it, change it, and post it yourself.",
        )  # fmt: skip


def _subject(question: str) -> str:
    """What a question says beside its task."""
    return " ".join(word for word in content_words(question) if word not in _TASK)


def _asked(run: Run, query: Query) -> Query:
    """What the sources are asked: the item's title, and the subject that the question names."""
    subject = _subject(query.text)
    text = f"{query.item.title} {subject}".strip() if query.item else subject or query.text
    encoder = run.rooms.encoder
    vector = encoder.encode([text])[0] if encoder is not None else None
    return replace(query, text=text, vector=vector)


def _style_only(agent: Agent) -> Agent:
    """The agent with rules by which own posts are no evidence: they are read for their manner alone."""
    rules = agent.rules
    return replace(agent, rules=replace(rules, quotas={**rules.quotas, OWN_POSTS: 0}))


def _material(run: Run, query: Query, asked: Query, blended: Blended, how: Manner) -> Material:
    """What may be said: of the item no sentence in which somebody else speaks of themselves. Reads the item; blocks."""
    mine = {fact.id for fact in query.snapshot.facts if fact.kind in SAYABLE}
    facts = [fate.passage for fate in blended.fates if fate.passage.origin == "member" and fate.passage.ref in mine]
    item = query.item
    if item is None or not item.ai:
        return Material((), tuple(facts))
    spans, scores, vectors = scored(run.rooms.read(item), asked)
    own = item.author_id is not None and item.author_id == query.scope.member
    rows = [row for row, span in enumerate(spans) if own or not _FIRST_PERSON.search(span.text)]
    if spans and not rows:
        run.skip("the item", SPEAKS_OF_ITSELF)
    points = [passage_of("item", item, row, spans, scores[row], vectors, "item") for row in rows]
    meant = overlap([point.text for point in points], _subject(query.text))
    worth = [
        _worth(spans[row], how) + NEAR * close + ON_TITLE * scores[row] + ON_SUBJECT * share
        for row, close, share in zip(rows, _nearness(points, facts), meant, strict=True)
    ]
    order = sorted(range(len(points)), key=lambda i: -worth[i])
    return Material(tuple(points[i] for i in order), tuple(facts))


def _worth(span: Span, how: Manner) -> float:
    """What a sentence says by itself, and how well it fits a manner."""
    worth = span.salience + SPECIFIC * span.specificity - LEANING * (not span.quotable)
    worth -= WORD_OFF * abs(len(words(span.text)) - how.sentence_words)
    return worth - NO_FIGURE * (how.begins_with == "figure" and not any(map(str.isdigit, span.text)))


def _nearness(ones: Sequence[Passage], others: Sequence[Passage]) -> list[float]:
    """How near each is to the nearest of the others: a cosine where all have vectors, else a share of words."""
    if not others:
        return [0.0] * len(ones)
    rows = [other.vector for other in others if other.vector is not None]
    mine = [one.vector for one in ones if one.vector is not None]
    if len(rows) == len(others) and len(mine) == len(ones):
        return [max(float(row @ vector) for row in rows) for vector in mine]
    return overlap([one.text for one in ones], " ".join(other.text for other in others))


def _touching(facts: Sequence[Passage], points: Sequence[Passage]) -> list[Passage]:
    """The facts that touch what is said of the item or its title, nearest first; without an item all, as found."""
    if not points:
        return list(facts)
    near = [max(close, fact.score) for close, fact in zip(_nearness(facts, points), facts, strict=True)]
    at_least = TOUCHES if all(one.vector is not None for one in (*facts, *points)) else TOUCHES_BY_WORDS
    order = sorted(range(len(facts)), key=lambda i: (-near[i], facts[i].ref))
    return [facts[i] for i in order if near[i] >= at_least]


def _chosen(material: Material, how: Manner, kind: Kind) -> list[Passage]:
    """What is said when no model writes, in order: sentences of the item that fit the manner, and one fact."""
    wanted = 2 if kind == "post" or (kind == "comment" and how.length == "short") else 1
    closing = next((p for p in material.points if p.text.endswith("?")), None) if how.asks_at_the_end else None
    points = [point for point in material.points if not point.text.endswith("?")][:wanted]
    facts = _touching(material.facts, material.points[:POINTS_AT_MOST])[: 1 if points else 2]
    points.sort(key=lambda passage: passage.start)
    mine_first = how.begins_with in ("first-person", "scene")
    ordered = [*facts, *points] if mine_first else [*points[:1], *facts, *points[1:]]
    if how.begins_with == "figure":
        ordered.sort(key=lambda passage: not passage.text[:1].isdigit())
    return [*ordered, closing] if closing is not None else ordered
