"""What a model gets to see: nothing that orders it about, and personal data only by placeholder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync

from nutgraf.orchestration import Passage
from nutgraf.pipeline.parts import Run
from nutgraf.prompt.library import fenced
from nutgraf.trust.pii.masking import Masker, Unmasker
from nutgraf.types import Item, Prompt, Span

if TYPE_CHECKING:
    from nutgraf.trust.review import Place, Reviewer

HOSTILE = "it reads like an order to the assistant"


async def harmless(run: Run, passages: Sequence[Passage], records: Mapping[str, Item]) -> list[Passage]:
    """The passages without those that read like orders to a model, which are listed as skipped.

    A passage of a record is judged where it stands there, any other by its own text.
    """
    reviewer = run.rooms.reviewer
    if reviewer is None or not passages:
        return list(passages)
    bad, ordering = await run_sync(partial(_hostile, reviewer, passages, records), abandon_on_cancel=True)
    run.tainted |= ordering
    for passage in bad:
        run.skip(f"a passage of {passage.title or passage.source}", HOSTILE)
    return [passage for passage in passages if passage not in bad]


async def harmless_spans(run: Run, item: Item, spans: Sequence[Span]) -> list[Span]:
    """The sentences of an item that do not read like orders to a model; that it holds such sentences is listed."""
    reviewer = run.rooms.reviewer
    if reviewer is None or not spans:
        return list(spans)
    places = await run_sync(partial(reviewer.hostile, item.text), abandon_on_cancel=True)
    if places:
        run.tainted.add(item.id)
        run.skip("a sentence of this item", HOSTILE)
    return [span for span in spans if not _meets(places, span.start, span.end)]


async def harmless_texts(run: Run, what: str, texts: Sequence[str], ref: str = "") -> list[str]:
    """The texts, with an empty one in place of each that reads like an order to a model; `what` they are is listed, and
    the record `ref` they belong to is tainted.
    """
    reviewer = run.rooms.reviewer
    if reviewer is None or not texts:
        return list(texts)
    bad = await run_sync(lambda: [bool(reviewer.hostile(text)) for text in texts], abandon_on_cancel=True)
    if any(bad):
        run.tainted.add(ref)
        run.skip(what, HOSTILE)
    return ["" if hostile else text for text, hostile in zip(texts, bad, strict=True)]


async def harmless_title(run: Run, item: Item | None) -> str:
    """The title of an item, fenced off for a prompt; empty without an item, or when it reads like an order."""
    if item is None:
        return ""
    return fenced((await harmless_texts(run, "the title of this item", [item.title], item.id))[0])


def _hostile(
    reviewer: Reviewer, passages: Sequence[Passage], records: Mapping[str, Item]
) -> tuple[list[Passage], set[str]]:
    """The passages that order a model about, and the ids of the records in which any sentence does."""
    found, ordering = [], set()
    for passage in passages:
        record = records.get(passage.ref)
        if record is not None and passage.end > passage.start:
            places = reviewer.hostile(record.text)
            bad = _meets(places, passage.start, passage.end)
        else:
            bad = bool(places := reviewer.hostile(passage.text))
        if places:
            ordering.add(passage.ref)
        if bad:
            found.append(passage)
    return found, ordering


def _meets(places: Sequence[Place], start: int, end: int) -> bool:
    return any(first < end and start < last for first, last in places)


async def masked(run: Run, prompt: Prompt) -> tuple[Prompt, Masker | None]:
    """The prompt with personal data replaced as the policy says, and what knows the values; None when nothing was."""
    reviewer = run.rooms.reviewer
    masker = reviewer.masker() if reviewer is not None else None
    return (prompt, None) if masker is None else await run_sync(_masked, masker, prompt)


def _masked(masker: Masker, prompt: Prompt) -> tuple[Prompt, Masker | None]:
    messages = tuple(replace(message, content=masker.mask(message.content)) for message in prompt.messages)
    opening = masker.mask(prompt.opening) if prompt.opening else prompt.opening
    if not masker.values:
        return prompt, None
    return replace(prompt, messages=messages, opening=opening), masker


def unmasker(masker: Masker | None) -> Unmasker | None:
    """What puts the values back into a stream."""
    return Unmasker(masker.values) if masker is not None else None
