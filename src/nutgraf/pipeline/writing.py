"""One block of an answer: the model writes from numbered evidence, the judge decides, the reader gets sentences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import anyio
import anyio.lowlevel
from anyio.to_thread import run_sync

from nutgraf.errors import ModelError, NutgrafError
from nutgraf.events import SentenceCommitted, SentenceDropped, SentenceHeld
from nutgraf.parse.drafts import DraftParser
from nutgraf.pipeline.parts import Rooms, Run
from nutgraf.prompt.library import fenced, numbered, render
from nutgraf.text.words import words
from nutgraf.types import Deadline, Draft, Evidence, Prompt, Sentence, Verdict

#: Time kept back from the model for what comes after it, in seconds; of a short time a fifth.
KEPT_BACK_S = 0.4
#: So many words of the evidence begin the sentence of a model that continues texts.
OPENING_WORDS = 3


class Block:
    """The sentences of one block as they are settled. Used within one task."""

    def __init__(
        self, run: Run, name: str, evidence: Sequence[Evidence], at_most: int, *, ranked: bool = False
    ) -> None:
        """`evidence` is what the model sees, in the order of its numbers; at most `at_most` sentences are kept.

        `ranked` evidence stands in order of merit, and its first piece is what is quoted for a failed draft.
        """
        self.ranked = ranked
        self.run, self.name, self.evidence, self.at_most = run, name, list(evidence), at_most
        self.sentences: list[Sentence] = []
        self._count = 0
        self._said: set[str] = set()

    @property
    def full(self) -> bool:
        """Whether no further sentence is wanted."""
        return len(self.sentences) >= self.at_most

    async def settle(self, draft: Draft) -> None:
        """Hold a draft, judge it, and commit it, quote what it came closest to, or drop it."""
        name = self._hold()
        cited = [self.evidence[n - 1] for n in draft.citations if 0 < n <= len(self.evidence)] or self.evidence
        judge = self.run.rooms.judge
        verdict = await run_sync(partial(judge.verdict, draft, cited))
        copied = next((piece for piece in cited if _same_words(draft.text, shown(piece, self.run))), None)
        if verdict.verdict == "supported" and copied is not None:
            self._quote(name, copied, Verdict("quoted", "word-for-word", "says what its source says, as it says it"))
        elif verdict.verdict == "supported" and any(said.text == draft.text for said in self.sentences):
            self._drop(name, Verdict("dropped", "said-before"))
        elif verdict.verdict == "supported":
            self._commit(Sentence(name, draft.text, "supported", verdict.evidence, verdict.check))
        elif cited:
            # Evidence of an answer is in order of merit for the question: a failed draft is no reason to change it.
            best = self.evidence[0] if self.ranked else await run_sync(partial(judge.closest, draft, cited))
            self._quote(name, best, verdict)
        else:
            self._drop(name, verdict)

    def quote(self, piece: Evidence, check: str) -> None:
        """Show a piece of evidence itself, without a draft."""
        self._quote(self._hold(), piece, Verdict("quoted", check))

    def _hold(self) -> str:
        self._count += 1
        name = f"{self.name}.s{self._count}"
        self.run.send(SentenceHeld(block=self.name, sentence=name))
        return name

    def _quote(self, name: str, piece: Evidence, verdict: Verdict) -> None:
        if piece.id in self._said:
            self._drop(name, verdict)
            return
        self._commit(Sentence(name, shown(piece, self.run), "quoted", (piece,), verdict.check))

    def _commit(self, sentence: Sentence) -> None:
        self.sentences.append(sentence)
        if len(sentence.evidence) == 1:
            self._said.add(sentence.evidence[0].id)
        self.run.send(SentenceCommitted(block=self.name, sentence=sentence))
        self.run.useful()

    def _drop(self, name: str, verdict: Verdict) -> None:
        self.run.send(SentenceDropped(block=self.name, sentence=name, check=verdict.check))


def _same_words(text: str, other: str) -> bool:
    return words(text) == words(other)


def shown(piece: Evidence, run: Run) -> str:
    """How a quotation reads: without markup, white space as single spaces."""
    item = run.cited.get(piece.ref)
    return item.shown(piece.start, piece.end) if item else " ".join(piece.quote.split())


def writing_time(run: Run, now: float) -> float:
    """Seconds that the model may still take: what is left of the deadline but for the time that the ending needs."""
    left = run.request.deadline.left(now)
    return left - min(KEPT_BACK_S, 0.2 * left)


def first_words_by(run: Run) -> Deadline:
    """The moment by which the first sentence of an answer must be there."""
    now = anyio.current_time()
    first = run.request.accepted_at + run.rooms.settings.first_words_within_s
    return Deadline(min(now + writing_time(run, now), first))


async def write(block: Block, prompt: Prompt, limit: Deadline) -> None:
    """Fill a block from the model until it is full, the model ends, or `limit` comes; quote when nothing was kept.

    Trouble with the model is listed as skipped and never raised: the source itself can always be quoted.
    """
    run = block.run
    model = run.rooms.model
    if model is None:
        run.skip("writing", "no model is configured")
    elif limit.left(anyio.current_time()) < 0.1:
        run.skip("writing", "no time was left for the model")
    else:
        with anyio.CancelScope(deadline=limit.at) as scope:
            try:
                await _stream(block, prompt, limit)
            except Exception as exc:  # a model is foreign code and may raise anything
                if isinstance(exc, NutgrafError) and not isinstance(exc, ModelError):
                    raise
                run.skip("writing", f"the model failed ({type(exc).__name__})")
        if scope.cancelled_caught:
            run.skip("writing", "the model was too slow")
    if not block.sentences and block.evidence:
        block.quote(block.evidence[0], "not-written")


async def _stream(block: Block, prompt: Prompt, limit: Deadline) -> None:
    assert block.run.rooms.model is not None
    parser = DraftParser()
    parser.feed(prompt.opening)
    await anyio.lowlevel.checkpoint()  # a reader who has stopped costs no request
    async with block.run.rooms.model.stream(prompt, limit) as pieces:
        async for piece in pieces:
            await _settle(block, parser.feed(piece))
            if block.full:
                return
    await _settle(block, parser.close())


async def _settle(block: Block, drafts: Sequence[Draft]) -> None:
    """Settle drafts while there is time; one that is held is settled even when the time runs out meanwhile."""
    for draft in drafts:
        await anyio.lowlevel.checkpoint()
        if not block.full:
            with anyio.CancelScope(shield=True):
                await block.settle(draft)


def takeaway_prompt(rooms: Rooms, piece: Evidence, text: str) -> Prompt:
    """The prompt for one takeaway on one piece of evidence that reads as `text`.

    A model that continues a text (`continues_opening`) is given the first words of the evidence to go on from: a small
    one then stays with its source far more often.
    """
    words = text.split()[:OPENING_WORDS] if getattr(rooms.model, "continues_opening", False) else []
    return render("takeaway", {"evidence": numbered([piece]), "opening": fenced(" ".join(words))})


async def warm_up(rooms: Rooms, prompts: Sequence[str] = ("takeaway",)) -> None:
    """Let the model, when it can, load and keep what these prompts begin with, before anybody waits."""
    if (warm := getattr(rooms.model, "warm", None)) is not None:
        for name in prompts:
            await warm(render(name, {"evidence": "", "question": "", "opening": ""}))
