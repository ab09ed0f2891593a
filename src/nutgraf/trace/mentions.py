"""Whether a trace mentions something that was remembered of a member: by its id, or in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nutgraf.conversation import Remembered

FACT_ID = "memory."


def mentions(trace: Mapping[str, Any], facts: Sequence[Remembered]) -> bool:
    """Whether a trace has the id or the words of one of the facts, or is of the answer in which it was stated."""
    if trace["stream"] in {fact.stream for fact in facts}:
        return True
    ids = {name for fact in facts for name in (fact.id, FACT_ID + fact.id)}
    words = {_line(text) for fact in facts for text in (fact.text, fact.quote)} - {""}
    return any(text in ids or any(said in _line(text) for said in words) for text in _texts(trace["notes"]))


def remembers(trace: Mapping[str, Any]) -> bool:
    """Whether anything remembered was at hand for the answer of a trace."""
    return any(
        (note["kind"] == "request" and note.get("remembered"))
        or (note["kind"] == "used" and any(fact["id"].startswith(FACT_ID) for fact in note["facts"]))
        for note in trace["notes"]
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _line(text: str) -> str:
    return " ".join(text.split()).casefold()
