"""Answering "and why?": the cause that the page gives for what was just said, or that it gives none."""

from __future__ import annotations

from collections.abc import Sequence

from nutgraf.decide.followup import Resolved
from nutgraf.decide.reasons import asks_why, causes, only_why
from nutgraf.events import BlockEnd, BlockStart, Closed, Used
from nutgraf.orchestration import Agent, Partition, Passage, Query
from nutgraf.pipeline.answer import answer
from nutgraf.pipeline.parts import Run
from nutgraf.retrieve.sources import on_thread, passage_of
from nutgraf.types import Deadline, Digest

NO_REASON = "The item does not say why."


class Given:
    """Passages that are there already, as a source."""

    partition: Partition = "public"
    idempotent = True
    name = "named"

    def __init__(self, passages: Sequence[Passage]) -> None:
        """`passages` best first."""
        self._passages = tuple(passages)

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """All of them."""
        return self._passages


async def reasons(run: Run, meant: Resolved, agent: Agent, query: Query) -> Closed | None:
    """The answer to a follow-up that asks why, but for its ending, which is returned.

    None when it asks something else, or so much that it is better answered like any question.
    """
    said, item = meant.said or meant.text, query.item
    if item is None or not item.ai or not query.history or not asks_why(said):
        return None
    found = await on_thread(lambda: _found(run, query))
    if found:
        return await answer(run, agent, query, (Given.name,), [Given(found)])
    if not only_why(said):
        return None
    await run.released()
    run.send(Used(facts=()))
    run.send(BlockStart(block="a1", form="answer"))
    run.send(BlockEnd(block="a1"))
    return run.done(NO_REASON)


def _found(run: Run, query: Query) -> list[Passage]:
    item = query.item
    assert item is not None
    read = run.rooms.read(item)
    spans = read.spans if isinstance(read, Digest) else read
    rows = causes([span.text for span in spans], query.history[-1].answer)
    return [passage_of(Given.name, item, row, spans, 1.0 - place / 10, None, "item") for place, row in enumerate(rows)]
