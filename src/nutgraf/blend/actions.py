"""Next steps that open a real record: which of the records found by search to offer this member, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nutgraf.blend.choose import CLOSE, KIND_WEIGHTS, LOOSE
from nutgraf.types import Action, ActionKind, Card, Fact, Item, ItemKind, Snapshot

if TYPE_CHECKING:
    from nutgraf.types import Vectors

#: Cosine of record and item below which a record has nothing to do with the item.
RELATED_AT_LEAST = 0.22
#: Share of nearness to the item and to the member in the order of records.
ITEM_SHARE, MEMBER_SHARE = 0.55, 0.45

#: What each skill that a record shares with the item adds; one that it shares with the member adds twice that.
SKILL_SHARED = 0.02
#: How near a record must be to something in a member's record to be offered to them, by its kind; a record this close
#: to the item itself is offered all the same.
NEAR_AT_LEAST: Mapping[ItemKind, float] = {
    "job": 0.36, "company": 0.38, "profile": 0.33, "course": 0.27, "article": 0.24, "post": 0.24,
}  # fmt: skip
CLOSE_TO_ITEM = 0.5
#: A job is offered for what a member does or wants to do, not for one skill among many.
_CAREER = ("headline", "position", "goal")

ACTIONS: Mapping[ItemKind, tuple[ActionKind, str]] = {
    "course": ("learn", "Take the course"),
    "article": ("learn", "Read next"),
    "post": ("learn", "Read next"),
    "job": ("engage", "Look at the job"),
    "company": ("engage", "Follow"),
    "profile": ("connect", "Connect with"),
}
NO_RECORDS = "There are no other records here to point to; `nutgraf ingest` adds some."
NOTHING_NEAR = "No record here is close enough to this item to be a next step."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record found by search, and how many skills of the vocabulary it shares with the item and with the member."""

    item: Item
    with_item: int = 0
    with_member: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """A record that could be a next step: how near it is to the item and to its nearest member fact."""

    item: Item
    score: float
    to_item: float
    fact: Fact | None
    to_fact: float


def offers(
    found: Sequence[Candidate], vectors: Vectors, item_vector: Vectors, snapshot: Snapshot, fact_vectors: Vectors
) -> list[Offer]:
    """The records worth offering, best first. `vectors` has a row a record, `fact_vectors` a row a fact."""
    if not found:
        return []
    to_item = vectors @ item_vector
    weights = np.array([KIND_WEIGHTS[fact.kind] for fact in snapshot.facts], dtype=np.float32)
    to_facts = vectors @ fact_vectors.T * weights if snapshot.facts else np.zeros((len(found), 0), dtype=np.float32)
    career = np.array([fact.kind in _CAREER for fact in snapshot.facts], dtype=bool)
    made: list[Offer] = []
    for i, candidate in enumerate(found):
        if candidate.item.kind == "job" and career.any():
            to_facts[i, ~career] = 0.0
        near = int(to_facts[i].argmax()) if snapshot.facts else -1
        to_fact = float(to_facts[i, near]) if snapshot.facts else 0.0
        score = ITEM_SHARE * float(to_item[i]) + MEMBER_SHARE * _broad(to_facts[i])
        score += SKILL_SHARED * (min(2, candidate.with_item) + 2 * min(2, candidate.with_member))
        if float(to_item[i]) >= RELATED_AT_LEAST:
            made.append(
                Offer(
                    candidate.item, score, float(to_item[i]), snapshot.facts[near] if snapshot.facts else None, to_fact
                )
            )
    return sorted(made, key=lambda offer: -offer.score)


def _broad(to_facts: Vectors) -> float:
    """Nearness to a whole record: the best fact, held down by the next three, so that one chance word is not enough."""
    if not len(to_facts):
        return 0.0
    best = np.sort(to_facts)[::-1][:4]
    return float(0.6 * best[0] + 0.4 * best.mean())


def offered(offer: Offer) -> bool:
    """Whether a record may be a next step, and not only a card."""
    near = offer.fact is None or offer.to_fact >= NEAR_AT_LEAST[offer.item.kind]
    return near or offer.to_item >= CLOSE_TO_ITEM


def actions(item: Item, made: Sequence[Offer], count: int = 2) -> list[Action]:
    """Up to `count` next steps of different kinds; the item's own author may be one of them."""
    chosen: list[Action] = []
    for offer in made:
        kind, _ = ACTIONS[offer.item.kind]
        by_author = offer.item.id == item.author_id
        if any(action.kind == kind for action in chosen) or not (offered(offer) or by_author):
            continue
        chosen.append(_action(item, offer))
        if len(chosen) == count:
            break
    return chosen


def cards(item: Item, made: Sequence[Offer], taken: set[str], count: int = 3) -> list[Card]:
    """Related records that are not offered as actions already, of varied kinds."""
    chosen: list[Card] = []
    seen: dict[str, int] = {}
    for offer in sorted(made, key=lambda offer: -offer.to_item):
        if offer.item.id in taken or seen.get(offer.item.kind, 0) >= 2:
            continue
        seen[offer.item.kind] = seen.get(offer.item.kind, 0) + 1
        chosen.append(
            Card(
                offer.item.id,
                offer.item.kind,
                offer.item.title,
                snippet(offer.item),
                round(offer.to_item, 3),
                f"Close to this {item.kind}.",
            )
        )
        if len(chosen) == count:
            break
    return chosen


def snippet(item: Item, at_most_chars: int = 160) -> str:
    """The beginning of an item as it reads, cut at a word."""
    body = next((item.shown(b.start, b.end) for b in item.blocks if b.kind in ("paragraph", "item")), "")
    return body if len(body) <= at_most_chars else body[:at_most_chars].rsplit(" ", 1)[0] + "…"


def opening(kind: ItemKind, ref: str, title: str, *, because: str = "", facts: tuple[Fact, ...] = ()) -> Action:
    """The step that opens a record: of the kind, and in the words, that its own kind asks for."""
    step, verb = ACTIONS[kind]
    separator = " " if kind in ("profile", "company") else ": "
    return Action(kind=step, label=f"{verb}{separator}{title}", item=ref, title=title, because=because, facts=facts)


def _action(item: Item, offer: Offer) -> Action:
    record = offer.item
    why = f"It is close to this {item.kind}."
    facts: tuple[Fact, ...] = ()
    if record.id == item.author_id:
        why = f"{record.title} wrote this {item.kind}."
    elif offer.fact is not None and offer.to_fact >= CLOSE:
        why, facts = f"It fits this {item.kind} and your record: “{offer.fact.text.rstrip('.')}”.", (offer.fact,)
    elif offer.fact is not None and offer.to_fact >= LOOSE and offer.fact.kind == "goal":
        why, facts = f"It may help with what you wrote: “{offer.fact.text.rstrip('.')}”.", (offer.fact,)
    return opening(record.kind, record.id, record.title, because=why, facts=facts)
