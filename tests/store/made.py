"""Invented items, members and scopes for the tests of the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nutgraf.conversation import Remembered
from nutgraf.types import Block, Digest, Item, ItemKind, Member, Position, Scope, Span, Topic

AT = "2026-05-01T09:30:00Z"
NO_VECTOR = np.zeros(0, dtype=np.float32)


def scope(member: str | None = "ann", tenant: str = "acme", rights: Iterable[str] = ()) -> Scope:
    """A scope that agreed to nothing in particular."""
    return Scope(
        tenant=tenant, member=member, purposes=frozenset({"takeaways"}), consent_version=1, rights=frozenset(rights)
    )


def member(name: str = "ann", **more: Any) -> Member:
    """A member with a little of everything."""
    about: dict[str, Any] = {
        "headline": "Baker", "work": (Position(title="Baker", organisation="Rye & Co", highlights=("Opened a shop",)),),
        "skills": ("sourdough", "pricing"), "connections": ("bob",), **more,
    }  # fmt: skip
    return Member(id=name, name=name.title(), **about)


def item(name: str = "roofs", *, kind: ItemKind = "post", title: str = "Solar roofs", **more: Any) -> Item:
    """A short public item."""
    text = more.pop("text", "Solar roofs pay back in nine years. Grants cover a third of the cost.")
    return Item(id=name, kind=kind, title=title, text=text, blocks=(Block("paragraph", 0, len(text)),), **more)


def unit(seed: int, rows: int = 1, dims: int = 384) -> NDArray[np.float32]:
    """Random rows of length one, shape [rows, dims]."""
    made = np.random.default_rng(seed).normal(size=(rows, dims)).astype(np.float32)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def digest(of: Item, seed: int = 1, version: str = "reader-1", **more: Any) -> Digest:
    """A digest whose spans are the item's sentences, with random vectors."""
    sentences = [part.strip() + "." for part in of.text.split(".") if part.strip()]
    spans = tuple(
        Span(f"s{place}", at, at + len(text), text, 0, 0.5, 0.2, True, (("position", 0.1),))
        for place, text in enumerate(sentences)
        for at in [of.text.find(text[:-1])]
    )
    vectors = more.pop("vectors", unit(seed, len(spans)))
    title = more.pop("title_vector", unit(seed + 1)[0])
    topics = (Topic("t1", "solar power", ((0, 5),), 0.7),)
    return Digest(of.id, of.content_hash, version, spans, vectors, title, topics, 0.8)


def remembered(name: str = "m1", **more: Any) -> Remembered:
    """A fact that a member stated."""
    about: dict[str, Any] = {
        "kind": "constraint", "topic": "night work", "text": "I can't work nights", "at": AT, "stream": "s1", **more,
    }  # fmt: skip
    return Remembered(id=name, **{"quote": about["text"], **about})
