"""One block of an answer: the model writes from numbered evidence, the judge decides, the reader gets sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from anyio.to_thread import run_sync

from nutgraf.clock import loop_time
from nutgraf.decide.limiter import feasible
from nutgraf.errors import ModelError, NutgrafError
from nutgraf.events import SentenceCommitted, SentenceDropped, SentenceHeld
from nutgraf.model.ledger import spent
from nutgraf.orchestration import Step
from nutgraf.pipeline.parts import Rooms, Run
from nutgraf.pipeline.showing import plain_text
from nutgraf.prompt.library import fenced, numbered
from nutgraf.text.memo import memoised
from nutgraf.text.words import content_stems, words
from nutgraf.trace.record import Call, CallEnding
from nutgraf.trust.policy.rules import severity
from nutgraf.types import Deadline, Draft, Evidence, Prompt, Sentence, Verdict

#: Time kept back from the model for what comes after it, in seconds; of a short time a fifth.
KEPT_BACK_S = 0.4
#: So many words of the evidence begin the sentence of a model that continues texts.
OPENING_WORDS = 3
#: A draft that cites nothing is judged against so many pieces of evidence, those that share most words with it.
UNCITED_AT_MOST = 3
QUOTED_ONLY = "it holds text that reads like an order to the assistant, so it is quoted and not written about"
#: So much of the sentence before is read again for a number that its end cut in two.
LOOKED_BACK_CHARS = 60


class Block:
    """The sentences of one block as they are settled. Used within one task."""

    def __init__(
        self, run: Run, name: str, evidence: Sequence[Evidence], at_most: int, *, ranked: bool = False,
        said: set[str] | None = None,
    ) -> None:  # fmt: skip
        """`evidence` is what the model sees, in the order of its numbers; at most `at_most` sentences are kept.

        `ranked` evidence stands in order of merit, and its first piece is what is quoted for a failed draft.
        `said` holds the ids of pieces that were said already and are not quoted again; blocks may share it.
        """
        self.ranked = ranked
        self.run, self.name, self.evidence, self.at_most = run, name, list(evidence), at_most
        self.sentences: list[Sentence] = []
        self._count = 0
        self._held: str | None = None
        self._said: set[str] = set() if said is None else said
        self.judging = False

    @property
    def full(self) -> bool:
        """Whether no further sentence is wanted."""
        return len(self.sentences) >= self.at_most

    @property
    def settles_at_once(self) -> bool:
        """Whether `settle` never waits: the rules alone take less than a thread's start."""
        return self.run.rooms.judge.encoder is None and self.run.rooms.reviewer is None

    def hold(self) -> None:
        """Announce that a sentence is on its way, unless one is announced already."""
        if self._held is None:
            self._count += 1
            self._held = f"{self.name}.s{self._count}"
            self.run.send(SentenceHeld(block=self.name, sentence=self._held))

    def give_up(self, check: str) -> None:
        """Drop the sentence that is held, if there is one: it will not be completed."""
        if self._held is not None:
            self._drop(Verdict("dropped", check))

    async def settle(self, draft: Draft) -> None:
        """Judge a draft, and commit it, quote what it came closest to, or drop it."""
        self.hold()
        self.run.trace.note(
            "draft", block=self.name, sentence=self._held, text=draft.text, citations=draft.citations
        )  # fmt: skip
        draft = replace(draft, text=plain_text(draft.text, self.run.addresses.allowed))
        draft, withheld = self._redacted(draft)
        if withheld:
            self._drop(Verdict("dropped", "pii", "it holds personal data that its evidence lacks"))
            return
        cited = [self.evidence[n - 1] for n in draft.citations if 0 < n <= len(self.evidence)]
        cited = cited or self._likeliest(draft)
        self.judging = True
        try:
            verdict = await self._judged(draft, cited)
            await self._decide(draft, cited, verdict)
        finally:
            self.judging = False

    def _redacted(self, draft: Draft) -> tuple[Draft, bool]:
        """The draft without personal data that came from nowhere, and whether the policy withholds it for that."""
        reviewer, request = self.run.rooms.reviewer, self.run.request
        if reviewer is None:
            return draft, False
        known = [*(piece.quote for piece in self.evidence), *self.run.record, request.question or ""]
        before = self.sentences[-1].text[-LOOKED_BACK_CHARS:] if self.sentences else ""
        text, action = reviewer.redacted(draft.text, known, before)
        return replace(draft, text=text), severity(action) > severity("mask")

    async def _decide(self, draft: Draft, cited: Sequence[Evidence], verdict: Verdict) -> None:
        copied = self._copied(draft, cited) if verdict.verdict == "supported" else None
        if copied is not None:
            self._quote(copied, Verdict("quoted", "word-for-word", "says what its source says, as it says it"))
        elif verdict.verdict == "supported" and any(said.text == draft.text for said in self.sentences):
            self._drop(Verdict("dropped", "said-before"))
        elif verdict.verdict == "supported":
            assert self._held is not None
            self._commit(
                Sentence(
                    self._held, draft.text, "supported", verdict.evidence, verdict.check,
                    verdict.unsupported, verdict.doubtful, verdict.because if verdict.doubtful else "",
                )
            )  # fmt: skip
        elif verdict.verdict == "dropped":
            self._drop(verdict)
        elif cited:
            # Evidence of an answer is in order of merit for the question: a failed draft is no reason to change it.
            self._quote(self.evidence[0] if self.ranked else await self._closest(draft, cited), verdict)
        else:
            self._drop(verdict)

    def _copied(self, draft: Draft, cited: Sequence[Evidence]) -> Evidence | None:
        said = words(draft.text)
        return next((piece for piece in cited if said == words(shown(piece, self.run))), None)

    async def _judged(self, draft: Draft, cited: Sequence[Evidence]) -> Verdict:
        judge, trace = self.run.rooms.judge, self.run.trace
        began = self.run.ms()
        with self.run.memo.used():
            if self.settles_at_once:
                verdict = judge.verdict(draft, cited)
            else:
                verdict = await run_sync(partial(_reviewed, self.run, draft, cited))
        trace.note(
            "verdict", block=self.name, sentence=self._held, text=draft.text, verdict=verdict.verdict,
            check=verdict.check, because=verdict.because, unsupported=verdict.unsupported, doubtful=verdict.doubtful,
            evidence=[piece.id for piece in cited], took_ms=self.run.ms() - began,
        )  # fmt: skip
        return verdict

    async def _closest(self, draft: Draft, cited: Sequence[Evidence]) -> Evidence:
        if self.settles_at_once or len(cited) == 1:
            return cited[0]
        return await run_sync(partial(self.run.rooms.judge.closest, draft, cited))

    def _likeliest(self, draft: Draft) -> list[Evidence]:
        """The pieces that share most words with a draft, in that order; few pieces stay as they are."""
        if len(self.evidence) <= UNCITED_AT_MOST:
            return self.evidence
        with self.run.memo.used():
            said = _stems(draft.text)
            return sorted(self.evidence, key=lambda piece: -len(said & _stems(piece.quote)))[:UNCITED_AT_MOST]

    def quote(self, piece: Evidence, check: str) -> None:
        """Show a piece of evidence itself, without a draft."""
        self.hold()
        self._quote(piece, Verdict("quoted", check))

    def _quote(self, piece: Evidence, verdict: Verdict) -> None:
        if piece.id in self._said:
            self._drop(verdict)
            return
        assert self._held is not None
        self._commit(Sentence(self._held, shown(piece, self.run), "quoted", (piece,), verdict.check))

    def _commit(self, sentence: Sentence) -> None:
        self._held = None
        self.sentences.append(sentence)
        if len(sentence.evidence) == 1:
            self._said.add(sentence.evidence[0].id)
        self.run.send(SentenceCommitted(block=self.name, sentence=sentence))
        self.run.useful()

    def _drop(self, verdict: Verdict) -> None:
        assert self._held is not None
        name, self._held = self._held, None
        self.run.send(SentenceDropped(block=self.name, sentence=name, check=verdict.check))


def _reviewed(run: Run, draft: Draft, cited: Sequence[Evidence]) -> Verdict:
    """The verdict of the rules, and of the trained detectors on what they let pass. Blocks."""
    verdict, reviewer = run.rooms.judge.verdict(draft, cited), run.rooms.reviewer
    if verdict.verdict != "supported" or reviewer is None:
        return verdict
    found = reviewer.sentence(draft.text, [piece.quote for piece in verdict.evidence], run.record)
    if found.action in ("drop", "refuse"):
        return Verdict("dropped", found.check, found.because, unsupported=found.unsupported)
    if found.action == "quote":
        return Verdict("quoted", found.check, found.because, unsupported=found.unsupported)
    doubtful = found.action == "soften"
    check, because = (found.check, found.because) if doubtful else (verdict.check, verdict.because)
    return replace(verdict, check=check, because=because, unsupported=found.unsupported, doubtful=doubtful)


@memoised
def _stems(text: str) -> frozenset[str]:
    return frozenset(content_stems(text))


def quote_all(run: Run, name: str, pieces: Sequence[Evidence]) -> None:
    """Fill a block that is open with its evidence itself, piece by piece."""
    block = Block(run, name, pieces, at_most=len(pieces))
    for piece in pieces:
        block.quote(piece, "word-for-word")


def shown(piece: Evidence, run: Run) -> str:
    """How a quotation reads: without markup, white space as single spaces."""
    item = run.cited.get(piece.ref)
    return item.shown(piece.start, piece.end) if item else " ".join(piece.quote.split())


def writing_time(run: Run, now: float) -> float:
    """Seconds that the model may still take: what is left of the deadline but for the time that the ending needs."""
    left = run.request.deadline.left(now)
    return left - min(KEPT_BACK_S, 0.2 * left)


def first_words_by(run: Run) -> Deadline:
    """The moment by which the first sentence of an answer must be there, written by a small model."""
    now = loop_time()
    first = run.request.accepted_at + run.rooms.settings.first_words_within_s
    return Deadline(min(now + writing_time(run, now), first))


def no_model(run: Run, limit: Deadline) -> bool:
    """Whether nothing can be written, which is then listed as skipped."""
    if run.quoted_only:
        run.skip("writing", QUOTED_ONLY)
        return True
    if run.session is None:
        why = "the server is busy" if run.request.overloaded else "no model is configured"
        run.skip("writing", why)
        return True
    left = limit.left(loop_time())
    if left < 0.1:
        run.skip("writing", "no time was left for the model")
        return True
    if not feasible(left, run.rooms.waits.expected_s):
        run.rooms.waits.note(left)  # so that a model that was slow is asked again in a while
        run.skip("writing", "the model takes too long to begin just now")
        return True
    return False


@contextmanager
def noted(
    run: Run, prompt: Prompt, block: str, step: Step = "write", repairs: Mapping[str, int] | None = None
) -> Iterator[Call]:
    """Note a request to the model in the trace: how it ended, who answered, and what it alone cost.

    `repairs` counts what is put right in its words; what comes to it until the answer ends is noted too.
    """
    session = run.session
    assert session is not None
    call, before = run.trace.call(prompt, model=run.rooms.model_name, block=block, step=step), len(session.attempts)
    ending: CallEnding = "cancelled"
    told: dict[str, Any] = {"repairs": repairs}
    try:
        yield call
        ending = "left" if call.left else "done"
    except Exception as exc:
        ending, told["error"] = "failed", type(exc).__name__
        raise
    finally:
        if made := session.attempts[before:]:
            told |= {"model": made[-1].target, "cached": made[-1].because == "cache"}
        call.end(ending, usage=spent(made), **told)


def trouble(run: Run, exc: Exception, *, spoke: bool) -> None:
    """List a model's failure as skipped; one that had begun to speak leaves the answer cut off.

    A model is foreign code and may raise anything; errors of ours that are not about models are raised again.
    """
    if isinstance(exc, NutgrafError) and not isinstance(exc, ModelError):
        raise exc
    run.skip("writing", f"the model failed ({type(exc).__name__})")
    run.cut = run.cut or spoke


def takeaway_prompt(rooms: Rooms, piece: Evidence, text: str) -> Prompt:
    """The prompt for one takeaway on one piece of evidence that reads as `text`.

    A model that continues a text (`continues_opening`) is given the first words of the evidence to go on from: a small
    one then stays with its source far more often.
    """
    goes_on = getattr(rooms.writer, "continues_opening", False)
    opening = text.split()[:OPENING_WORDS] if goes_on else []
    return rooms.prompts.render("takeaway", {"evidence": numbered([piece]), "opening": fenced(" ".join(opening))})


async def warm_up(rooms: Rooms, prompts: Sequence[str] = ("takeaway",)) -> None:
    """Let the model, when it can, load and keep what these prompts begin with, before anybody waits; before questions,
    read what the agents are for.
    """
    if "answer" in prompts:
        await run_sync(rooms.topic, abandon_on_cancel=True)
    if (warm := getattr(rooms.writer, "warm", None)) is not None:
        for name in prompts:
            await warm(rooms.prompts.render(name, {"evidence": "", "question": "", "opening": ""}))
