"""Why a takeaway was chosen for a member: a sentence made from a fact of their record, and checked against it."""

from __future__ import annotations

from nutgraf.types import Because, Fact, ItemKind, Snapshot

QUOTE_AT_MOST_CHARS = 120

_CLAIMS = {
    "headline": "Because your profile says {quote}.",
    "position": "Because of your work: {plain}.",
    "highlight": "Because it touches your own work: {quote}.",
    "education": "Because of your studies: {plain}.",
    "certificate": "Because you hold the certificate {quote}.",
    "skill": "Because your skills include {plain}.",
    "guessed-skill": "Because your job titles suggest {plain} (a guess of ours).",
    "language": "Because your languages include {plain}.",
    "interest": "Because your interests include {plain}.",
    "goal": "Because you wrote: {quote}.",
    "memory": "Because you told me: {quote}.",
    "summary": "Because of how you describe yourself.",
}
_HINTS = {
    "headline": "Not far from your profile: {quote}.",
    "position": "Not far from your work: {plain}.",
    "highlight": "Not far from your own work: {quote}.",
    "education": "Not far from your studies: {plain}.",
    "certificate": "Not far from a certificate of yours: {quote}.",
    "skill": "Not far from a skill of yours: {plain}.",
    "guessed-skill": "Not far from what your job titles suggest: {plain} (a guess of ours).",
    "language": "Not far from a language of yours: {plain}.",
    "interest": "Not far from an interest of yours: {plain}.",
    "goal": "Not far from what you wrote: {quote}.",
    "memory": "Not far from what you told me: {quote}.",
    "summary": "Not far from how you describe yourself.",
}


def because(snapshot: Snapshot, fact: Fact | None, strength: str, kind: ItemKind) -> Because | None:
    """The reason for one takeaway; None when nothing is known of the reader.

    `strength` is close, loose, far, or again for a further far one.
    A far fact is not claimed: the sentence then says that the point is one of the item's own.
    """
    if not snapshot.facts:
        return None
    if strength == "again":
        return Because(f"Another main point of this {kind}.", ())
    if fact is None or strength == "far":
        own = snapshot.fact("headline") or next((f for f in snapshot.facts if f.kind == "position"), None)
        if own is None:
            return Because(f"A main point of this {kind}; nothing in your profile is close to it.", ())
        return Because(f"A main point of this {kind}, away from your own field: {_quote(own.text)}.", (own,))
    forms = _CLAIMS if strength == "close" else _HINTS
    text = forms[fact.kind].format(plain=_plain(fact.text), quote=_quote(fact.text))
    made = Because(text.replace("….", "…"), (fact,))
    return made if holds(made, snapshot) else None


def holds(made: Because, snapshot: Snapshot) -> bool:
    """Whether every fact of a reason is in the member's snapshot exactly as it is told."""
    return all(snapshot.fact(fact.id) == fact and (fact.kind == "summary" or _told(fact, made)) for fact in made.facts)


def _told(fact: Fact, made: Because) -> bool:
    short = _short(fact.text)
    return bool(short) and short in made.text


def _short(text: str) -> str:
    text = text.rstrip(".")
    if len(text) <= QUOTE_AT_MOST_CHARS:
        return text
    return text[:QUOTE_AT_MOST_CHARS].rsplit(" ", 1)[0].rstrip(",;:")


def _plain(text: str) -> str:
    short = _short(text)
    return f"{short}…" if len(short) < len(text.rstrip(".")) else short


def _quote(text: str) -> str:
    return f"“{_plain(text)}”"
