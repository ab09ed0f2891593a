"""Questions that only this item can answer, made from its own specific sentences. Public, no member in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nutgraf.types import Digest, Item, Span

_NAME = r"(?:(?:Dr|Mr|Ms|Mrs|Prof)\.? )?[A-Z][\w’'-]+(?: (?:de|van|von|el|al|bin|da|di|le|la))*(?: [A-Z][\w’'-]+){1,2}"
_FIGURE = (
    r"(?:[$€£]\d[\d,.]*(?: (?:million|billion|thousand))?|\d[\d,.]* ?(?:%|percent|per cent)"
    r"|\d[\d,.]* (?!(?:of|and|or|to|in|at|by|for|the|a|is|are|was|were|that|per|from|on)\b)[a-z][a-z-]{2,}(?: [a-z][a-z-]{3,})?)"
)
_CHANGE = re.compile(
    rf"\b(?:The|Our|Their|Its|My|Average|Median|Total)? ?(?P<what>[a-z][a-z -]{{3,34}}?) (?P<verb>fell|dropped|rose|grew|climbed|went|shrank"
    rf"|came down|increased|decreased|doubled|tripled|halved)\b(?P<how>(?: (?:by|from|to) (?:about |almost |nearly )?{_FIGURE}"
    rf"|(?: from [^,.;]{{1,24}})? to [^,.;]{{1,24}})?)"
)
_PERSON_SAID = re.compile(
    rf"(?P<who>{_NAME}),? (?:who |now )?(?:says?|said|told|warns?|warned|explains?|explained|argues?|argued|asked|suggests?|suggested|wrote)\b"
)
_PERSON_DID = re.compile(
    rf"(?P<who>{_NAME})(?:, [^,.;]{{3,50}},)? (?P<verb>[a-z]+ed|found|built|made|cut|kept|led|ran|took|wrote|drew|brought|began|chose)\b"
)
_FIGURE_ANY = re.compile(rf"(?<![\w$€£])(?P<figure>{_FIGURE})")
_MISTAKE = re.compile(
    r"\b(?:mistake|went wrong|failed|failure|rejected|refused|the problem was|turned out|surpris\w+|underestimat\w+)\b",
    re.IGNORECASE,
)
_REASON = re.compile(r"\bbecause\b|\bthe reason\b|\bso that\b", re.IGNORECASE)
_LESSON = re.compile(r"\b(?:lesson|learned|learnt|next time|would (?:do|have)|advice|recommend\w*)\b", re.IGNORECASE)
_NOUNS = {
    "post": "post", "article": "article", "job": "job", "course": "course", "company": "company", "profile": "profile",
}  # fmt: skip
_BASE = {
    "fell": "fall", "dropped": "drop", "rose": "rise", "grew": "grow", "climbed": "climb", "went": "go", "shrank": "shrink",
    "came down": "come down", "increased": "increase", "decreased": "decrease", "doubled": "double", "tripled": "triple",
    "halved": "halve",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """A starter question, the span that answers it (row in the digest), and how telling it is."""

    text: str
    row: int
    score: float


def questions(item: Item, digest: Digest, at_most: int = 12) -> list[Question]:
    """Candidate starters, best first; each names something that stands in this item and nowhere general."""
    found: dict[str, Question] = {}
    for row, span in enumerate(digest.spans):
        for weight, make in _MAKERS:
            if span.quotable and (text := make(item, span)):
                known = found.get(text)
                score = weight + 0.5 * span.salience + 0.3 * span.specificity
                if known is None or known.score < score:
                    found[text] = Question(text, row, score)
                break
    return sorted(found.values(), key=lambda question: -question.score)[:at_most]


def _change(item: Item, span: Span) -> str | None:
    match = _CHANGE.search(span.text)
    if not match or match["what"].split()[0] in (
        "that",
        "which",
        "and",
        "but",
        "who",
        "it",
        "they",
        "we",
        "then",
        "so",
    ):
        return None
    how = match["how"].rstrip() if match["how"] else ""
    article = (
        "" if match["what"].split()[0] in ("the", "our", "their", "its") or match["what"].endswith("s") else "the "
    )
    if not how:
        return None
    what = match["what"].replace("our ", "the ", 1) if match["what"].startswith("our ") else match["what"]
    return f"Why did {article}{what} {_BASE[match['verb']]}{how}?"


def _said(item: Item, span: Span) -> str | None:
    match = _PERSON_SAID.search(span.text)
    return f"What does {match['who']} say, and on what grounds?" if match else None


def _did(item: Item, span: Span) -> str | None:
    match = _PERSON_DID.search(span.text)
    return f"What did {match['who']} do, and what came of it?" if match else None


def _figure(item: Item, span: Span) -> str | None:
    match = _FIGURE_ANY.search(span.text)
    if not match or item.kind in ("job", "course", "company", "profile"):
        return None
    return f"What lies behind the figure of {match['figure'].rstrip('.,')}?"


def _detail(item: Item, span: Span) -> str | None:
    if item.kind not in ("job", "course", "company", "profile"):
        return None
    match = _FIGURE_ANY.search(span.text)
    return f"What does this {_NOUNS[item.kind]} say about {match['figure'].rstrip('.,')}?" if match else None


_Maker = Callable[[Item, Span], str | None]
_MAKERS: Sequence[tuple[float, _Maker]] = ((1.0, _change), (0.9, _said), (0.85, _did), (0.6, _figure), (0.5, _detail))
