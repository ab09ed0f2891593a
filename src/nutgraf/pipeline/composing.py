"""From a model's stream to blocks: pieces are parsed as they come, and every sentence goes through the judge."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

import anyio

from nutgraf.clock import loop_time
from nutgraf.errors import ModelError
from nutgraf.events import BlockEnd, BlockForm, BlockStart
from nutgraf.parse.drafts import LineParser
from nutgraf.parse.fields import FieldEvent, FieldFinal, FieldParser, FieldStarted
from nutgraf.pipeline.parts import Run
from nutgraf.pipeline.warding import masked, unmasker
from nutgraf.pipeline.writing import Block, no_model, noted, trouble
from nutgraf.trust.pii.masking import Unmasker
from nutgraf.types import Action, Because, Deadline, Draft, Evidence, Message, Prompt, TakeawayKind

#: What a block opens with and ends in, by its number and the evidence that it is known to rest on.
Opening = Callable[[int, Sequence[Evidence]], tuple[TakeawayKind | None, Because | None]]
Step = Callable[[int], Action | None]
TOO_SLOW = "the model was too slow"
#: What a model is told that takes over where another one was cut off.
CONTINUE = "You were cut off. The reader has seen the text above. Write what is missing, in the same form, once."


class Sink(Protocol):
    """Where the fields of a stream go."""

    @property
    def full(self) -> bool:
        """Whether nothing further is wanted."""
        ...

    @property
    def said(self) -> str:
        """What was committed so far, as text; empty when nothing was shown."""
        ...

    async def take(self, event: FieldEvent) -> None:
        """Take the next field event."""
        ...

    def restart(self) -> None:
        """Another model begins anew; nothing was shown of the one before."""
        ...


class OneBlock:
    """Every sentence of a stream goes into one block, which is open already."""

    def __init__(self, block: Block) -> None:
        self.block = block

    @property
    def full(self) -> bool:
        """Whether the block has its sentences."""
        return self.block.full

    @property
    def said(self) -> str:
        """The block's text."""
        return " ".join(sentence.text for sentence in self.block.sentences)

    async def take(self, event: FieldEvent) -> None:
        """Hold a sentence that has begun, settle one that is complete; other fields are not wanted here."""
        await _sentence(self.block, event)

    def restart(self) -> None:
        """Let go of the sentence that was held."""
        self.block.give_up("restarted")


class ManyBlocks:
    """A stream that writes whole blocks: opens each with its first sentence and ends it before the next."""

    def __init__(
        self, run: Run, evidence: Sequence[Evidence], form: BlockForm, blocks_at_most: int, sentences_at_most: int,
        opening: Opening, step: Step,
    ) -> None:  # fmt: skip
        self.run, self.evidence, self.form = run, list(evidence), form
        self.blocks_at_most, self.sentences_at_most = blocks_at_most, sentences_at_most
        self.blocks: list[Block] = []
        self.starters: list[str] = []
        self._opening, self._step = opening, step
        self._open: Block | None = None
        self._number = -1
        self._cites: tuple[int, ...] = ()
        self._quoted: set[str] = set()

    @property
    def full(self) -> bool:
        """Never: starters may still come behind the last block."""
        return False

    @property
    def said(self) -> str:
        """The text of all blocks."""
        return " ".join(sentence.text for block in self.blocks for sentence in block.sentences)

    async def take(self, event: FieldEvent) -> None:
        """Take the next field."""
        if event.field == "starter":
            if isinstance(event, FieldFinal) and isinstance(event.value, str):
                self.starters.append(event.value)
        elif event.field == "evidence":
            if isinstance(event, FieldFinal) and isinstance(event.value, tuple):
                self._cites = tuple(label for label in event.value if isinstance(label, int))
        elif (block := self._block(event)) is not None:
            await _sentence(block, event)

    def restart(self) -> None:
        """The next model's first block goes on in the one that is open."""
        self._number = -1
        if self._open is not None:
            self._open.give_up("restarted")

    def close(self) -> None:
        """End the block that is open. One without a sentence gets its evidence quoted."""
        block, self._open = self._open, None
        if block is None:
            return
        block.give_up("not-completed")
        fresh = next((piece for piece in block.evidence if piece.id not in self._quoted), None)
        if not block.sentences and fresh is not None:
            block.quote(fresh, "not-written")
        self.run.send(BlockEnd(block=block.name, action=self._step(len(self.blocks) - 1)))

    def quote(self, piece: Evidence) -> None:
        """Add a block that quotes one piece of evidence."""
        self._start([piece])
        self.close()
        self._quoted.add(piece.id)

    def hurry(self, piece: Evidence) -> None:
        """Quote a piece now unless a sentence is there already, or is just being judged. The model goes on."""
        if self.said or (self._open is not None and self._open.judging):
            return
        if self._open is None:
            self._start([piece])
        assert self._open is not None
        self._open.give_up("too-slow")
        self._open.quote(piece, "not-written")
        self._quoted.add(piece.id)
        self.close()

    def _block(self, event: FieldEvent) -> Block | None:
        """The block that a sentence belongs to; None when there are enough."""
        if event.block != self._number:
            if not isinstance(event, FieldStarted):
                return None
            going_on = self._number < 0 and self._open is not None and not self._open.sentences
            if not going_on:
                self.close()
                known = _known(self._cites, self.evidence)
                again = bool(known) and all(piece.id in self._quoted for piece in known)
                if again or len(self.blocks) >= self.blocks_at_most:
                    return None
                self._start(known)
            self._number, self._cites = event.block, ()
        block = self._open
        return block if block is not None and not block.full else None

    @property
    def written(self) -> bool:
        """Whether every block is there, by whoever it was filled."""
        return len(self.blocks) >= self.blocks_at_most

    def _start(self, known: Sequence[Evidence]) -> None:
        takeaway, because = self._opening(len(self.blocks), known)
        name = f"b{len(self.blocks) + 1}"
        self.run.send(BlockStart(block=name, form=self.form, takeaway=takeaway, because=because))
        self._open = Block(self.run, name, self.evidence, self.sentences_at_most, said=self._quoted)
        self.blocks.append(self._open)


def _known(labels: Iterable[int], evidence: Sequence[Evidence]) -> list[Evidence]:
    return [evidence[n - 1] for n in labels if 0 < n <= len(evidence)]


async def _sentence(block: Block, event: FieldEvent) -> None:
    if event.field != "sentence" or block.full:
        return
    if isinstance(event, FieldStarted):
        block.hold()
    elif isinstance(event, FieldFinal) and isinstance(event.value, Draft):
        draft = event.value
        if block.evidence and draft.citations and max(draft.citations) > len(block.evidence):
            draft = replace(draft, citations=())
        await asyncio.sleep(0)
        if block.settles_at_once:
            await block.settle(draft)
            return
        with anyio.CancelScope(shield=True):  # one that is complete is settled even when the time runs out meanwhile
            await block.settle(draft)


async def write(block: Block, prompt: Prompt, limit: Deadline) -> None:
    """Fill a block from the model until it is full, the model ends, or `limit` comes; quote when nothing was kept.

    Trouble with the model is listed as skipped and never raised: the source itself can always be quoted.
    """
    await stream_into(OneBlock(block), block.run, prompt, limit, LineParser, block.name)
    block.give_up("not-completed")
    if not block.sentences and block.evidence:
        block.quote(block.evidence[0], "not-written")


async def stream_into(
    sink: Sink, run: Run, prompt: Prompt, limit: Deadline, parser: Callable[[], FieldParser], name: str,
    *, continues: bool = False,
) -> bool:  # fmt: skip
    """Read one answer of the model into a sink. With `continues` another model may go on where one was cut off.

    What fails is listed as skipped; a cut that nobody made good marks the run as cut. Gives whether the time ran out.
    """
    if no_model(run, limit):
        return False
    stream = _Stream(sink, run, prompt, parser, name)
    with anyio.CancelScope(deadline=limit.at) as scope:
        try:
            await stream.read(limit)
        except Exception as exc:
            in_time = loop_time() < limit.at
            if isinstance(exc, ModelError) and not in_time:
                run.skip("writing", TOO_SLOW)
                return True
            if not (continues and sink.said and isinstance(exc, ModelError) and await _continued(stream, limit)):
                trouble(run, exc, spoke=stream.spoke)
    if scope.cancelled_caught:
        run.skip("writing", TOO_SLOW)
    return scope.cancelled_caught


async def _continued(stream: _Stream, limit: Deadline) -> bool:
    """Let another model go on behind the last committed sentence; whether it came to its end."""
    said = stream.sink.said
    messages = (*stream.prompt.messages, Message("assistant", said), Message("user", CONTINUE))
    stream.sink.restart()
    rest = _Stream(stream.sink, stream.run, replace(stream.prompt, messages=messages), stream.make, stream.name)
    try:
        await rest.read(limit)
    except Exception as exc:
        trouble(stream.run, exc, spoke=True)
        return False
    stream.run.skip("the first model", "it was cut off, and another one went on behind the last sentence")
    return True


class _Stream:
    """One request to the model, parsed as it comes."""

    def __init__(self, sink: Sink, run: Run, prompt: Prompt, parser: Callable[[], FieldParser], name: str) -> None:
        self.sink, self.run, self.prompt, self.name = sink, run, prompt, name
        self.spoke = False
        self.make = parser
        self.unmask: Unmasker | None = None
        self.repairs: Counter[str] = Counter()
        self._begin()

    def _begin(self) -> None:
        self.parser = self.make()
        self.waiting = list(self.parser.feed(self.prompt.opening)) if self.prompt.opening else []

    def _restarted(self) -> None:
        self.sink.restart()
        self.repairs.update(self.parser.repairs)
        if self.unmask:
            self.unmask.close()
        self._begin()

    async def read(self, limit: Deadline) -> None:
        """Read to the end of the stream, or until nothing more is wanted."""
        try:
            await self._read(limit)
        finally:
            self.repairs.update(self.parser.repairs)

    async def _read(self, limit: Deadline) -> None:
        session = self.run.session
        assert session is not None
        await asyncio.sleep(0)  # a reader who has stopped costs no request
        sink, asked_at = self.sink, loop_time()
        prompt, masker = await masked(self.run, self.prompt)
        self.unmask = unmasker(masker)
        opened = session.stream(prompt, limit, restarted=self._restarted, shown=lambda: bool(sink.said))
        with noted(self.run, prompt, self.name, repairs=self.repairs) as call:
            async with opened as pieces:
                async for piece in pieces:
                    if piece and not self.spoke:
                        self._spoken(loop_time() - asked_at)
                    call.piece(piece)
                    await self._take(self.parser.feed(self.unmask.feed(piece) if self.unmask else piece))
                    if sink.full:
                        call.left = True
                        return
                if not getattr(pieces, "whole", True):
                    self._ran_out()
        if self.unmask and (rest := self.unmask.close()):
            await self._take(self.parser.feed(rest))
        await self._take(self.parser.close())

    def _ran_out(self) -> None:
        """The model was stopped by its own limit of tokens: what a large one wrote is then cut off."""
        self.run.skip("writing", "the model came to its limit of tokens")
        self.run.cut = self.run.cut or not self.run.rooms.small

    def _spoken(self, took_s: float) -> None:
        """The model has said its first word after this time."""
        self.spoke = True
        self.run.rooms.waits.note(took_s)
        self.run.request.first_token(took_s)

    async def _take(self, events: Sequence[FieldEvent]) -> None:
        if self.waiting:
            events, self.waiting = [*self.waiting, *events], []
        for event in events:
            if self.sink.full:
                return
            await self.sink.take(event)
