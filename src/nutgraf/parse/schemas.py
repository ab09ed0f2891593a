"""JSON schemas, as text, of the two JSON forms: for models that can be held to one while they write."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

SENTENCE_AT_MOST_CHARS = 300
STARTERS_AT_MOST = 3


@lru_cache(maxsize=128)
def takeaways_schema(evidence: int, takeaways: int, starters: int = STARTERS_AT_MOST) -> str:
    """The schema of an answer with one to `takeaways` takeaways that cite evidence numbered from 1 to `evidence`."""
    points = {"type": "array", "items": _point(evidence), "minItems": 1, "maxItems": takeaways}
    questions = {"type": "array", "items": _text(), "maxItems": starters}
    return _text_of(_object(takeaways=points, starters=questions))


@lru_cache(maxsize=128)
def answer_schema(evidence: int, sentences: int = 3) -> str:
    """The schema of an answer to a question, in one to `sentences` parts."""
    return _text_of(_object(answer={"type": "array", "items": _point(evidence), "minItems": 1, "maxItems": sentences}))


def _point(evidence: int) -> dict[str, Any]:
    """Evidence stands before the text, so that every sentence has its citations when it is complete."""
    number = {"enum": list(range(1, evidence + 1))}
    return _object(evidence={"type": "array", "items": number, "minItems": 1, "maxItems": evidence}, text=_text())


def _text() -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": SENTENCE_AT_MOST_CHARS}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text_of(schema: dict[str, Any]) -> str:
    return json.dumps(schema, separators=(",", ":"))
