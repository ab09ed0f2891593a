"""The deterministic checks of a draft sentence against its evidence. Each says in words why it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from nutgraf.registry import check
from nutgraf.text.facts import name_key, names, numbers, quoted_terms
from nutgraf.text.words import STOPWORDS, content_stems, stem, word_spans, words
from nutgraf.types import Draft, Evidence

#: A check returns why it refuses, or None.
Check = Callable[[Draft, Sequence[Evidence]], str | None]

_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|hardly|barely)\b|n['’]t\b", re.IGNORECASE
)
_HEDGES = frozenset(
    "may might could can would should plan plans planned hope hopes aim aims expect expects likely probably if".split()
)
_BOUNDS = frozenset(
    "all every always only never most many few some several half both each any first last least more less fewer best worst "
    "largest biggest smallest highest lowest greatest".split()
)
_ADDRESS = re.compile(r"\b(?:you|your|yours|yourself)\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:I|I['’]m|I['’]ve|my|me)\b")
_VERDICTS = re.compile(
    r"\b(?:(?:not|un)(?: a)? (?:qualified|suitable|good fit|right fit)|you (?:are|would be) (?:un|not )|you lack|you fail"
    r"|you should have|waste of|hopeless|unfortunately,? you|at your age|as an? (?:man|woman)|obviously|you people)\b",
    re.IGNORECASE,
)
_ECHO = re.compile(
    r"\b(?:evidence|takeaway|the (?:sentence|text|passage|statement|above|following|user|reader|prompt)|as an ai|language model"
    r"|here (?:is|are)|sure[,!]|certainly|i can(?:not|'t) |rewrite|summary of)\b|^note\b|<\|",
    re.IGNORECASE,
)
WORDS_AT_LEAST, WORDS_AT_MOST = 5, 45
SHARED_AT_LEAST = 0.8
ORDER_AT_LEAST = 0.7


def _all(evidence: Sequence[Evidence]) -> str:
    return " ".join(" ".join(piece.quote.split()) for piece in evidence)


@check("whole-sentence", version=1)
def whole_sentence() -> Check:
    """A draft must be one complete sentence of readable length, not an echo of the task."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        count = len(words(draft.text))
        if not WORDS_AT_LEAST <= count <= WORDS_AT_MOST:
            return f"{count} words"
        if not draft.text.rstrip('"”’)').endswith((".", "!")):
            return "cut off"
        if not draft.text.lstrip('"“‘(')[:1].isupper() and not draft.text[:1].isdigit():
            return "does not begin like a sentence"
        if draft.text.count("(") != draft.text.count(")") or draft.text.count("“") != draft.text.count("”"):
            return "a bracket or quotation is left open"
        if (echo := _ECHO.search(draft.text)) and echo.group().lower() not in _all(evidence).lower():
            return f"talks about the task ({echo.group().strip()})"
        return None

    return judge


@check("numbers", version=1)
def numbers_match() -> Check:
    """Every number, date and time in a draft must stand in its evidence."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        known = {number.value for number in numbers(_all(evidence))}
        for number in numbers(draft.text):
            plain = number.written.lower().strip()
            if number.value not in known and not (not number.digits and plain in _all(evidence).lower()):
                return f"{number.written.strip()} is not in the evidence"
        return None

    return judge


@check("names", version=1)
def names_match() -> Check:
    """Every name in a draft must stand in its evidence; so must a first word that is no ordinary opening."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        known = {name_key(word) for word, _, _ in word_spans(_all(evidence))}
        for name in names(draft.text):
            if name_key(name) not in known:
                return f"{name} is not in the evidence"
        first = next(iter(words(draft.text)), "")
        if first not in STOPWORDS and stem(first) not in known and name_key(first) not in known:
            return f"opens with {first}, which is not in the evidence"
        return None

    return judge


@check("quoted-terms", version=1)
def quoted_terms_match() -> Check:
    """What a draft puts between quotation marks must be in its evidence word for word."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        source = _all(evidence).lower()
        for term in quoted_terms(draft.text):
            if term.lower().strip(" .,") not in source:
                return f"“{term}” is not in the evidence"
        return None

    return judge


@check("polarity", version=1)
def polarity_matches() -> Check:
    """Negations, hedges and quantities of the evidence may not be lost or invented."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        source = _all(evidence)
        if bool(_NEGATION.search(draft.text)) != bool(_NEGATION.search(source)):
            return "a negation was lost or invented"
        said, known = set(words(draft.text)), set(words(source))
        if lost := sorted((known & _HEDGES) - said):
            return f"{lost[0]!r} was lost"
        if invented := sorted((said & (_BOUNDS | _HEDGES)) - known):
            return f"{invented[0]!r} was invented"
        return None

    return judge


@check("own-words", version=1)
def own_words() -> Check:
    """Most content words of a draft must stand in its evidence, in much the same order."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        said, known = content_stems(draft.text), content_stems(_all(evidence))
        if not said:
            return "says nothing"
        shared = [word for word in said if word in set(known)]
        if len(shared) < SHARED_AT_LEAST * len(said):
            new = next(word for word in said if word not in set(known))
            return f"says {new!r}, which is not in the evidence"
        if _in_order(shared, known) < ORDER_AT_LEAST * len(shared):
            return "the evidence is wired together another way"
        return None

    return judge


@check("voice", version=1)
def voice() -> Check:
    """A draft may not speak as or about the reader unless its evidence does, nor pass a verdict on them."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        source = _all(evidence)
        if verdict := _VERDICTS.search(draft.text):
            return f"passes a verdict ({verdict.group()})"
        if _ADDRESS.search(draft.text) and not _ADDRESS.search(source):
            return "speaks to the reader of what the evidence does not"
        if _FIRST_PERSON.search(draft.text) and not _FIRST_PERSON.search(source):
            return "speaks in the first person"
        return None

    return judge


def _in_order(said: list[str], known: list[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(known) + 1)
    for word in said:
        previous = 0
        for j, other in enumerate(known, 1):
            previous, row[j] = row[j], previous + 1 if word == other else max(row[j], row[j - 1])
    return row[-1]


def deterministic() -> dict[str, Check]:
    """The chain in the order it runs, cheapest and most telling first."""
    return {
        "whole-sentence": whole_sentence(),
        "numbers": numbers_match(),
        "names": names_match(),
        "quoted-terms": quoted_terms_match(),
        "voice": voice(),
        "polarity": polarity_matches(),
        "own-words": own_words(),
    }
