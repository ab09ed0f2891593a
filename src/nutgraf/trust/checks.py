"""The deterministic checks of a draft sentence against its evidence. Each says in words why it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from nutgraf.registry import check
from nutgraf.text import words as words_of
from nutgraf.text.facts import is_mixed, name_key, quoted_terms
from nutgraf.text.memo import memoised
from nutgraf.text.numbers import Number
from nutgraf.text.numbers import numbers as numbers_of
from nutgraf.text.words import STOPWORDS
from nutgraf.trust.polarity import lost_or_invented
from nutgraf.types import Draft, Evidence

#: A check returns why it refuses, or None.
Check = Callable[[Draft, Sequence[Evidence]], str | None]

_HALF_OPENERS = frozenset(
    "after although as because before despite if once since though unless until when whereas whether while".split()
)
_ADDRESS = re.compile(r"\b(?:you|your|yours|yourself|yourselves)\b|\bdear reader\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:I|my|me|mine|myself)\b|\b(?:[Ww]e|[Oo]ur|us|[Oo]urs|[Oo]urselves|My|Me)\b")
_UNFIT = r"(?:qualified|suitable|suited|fit|employable|hirable|good enough|smart enough|experienced enough|right for)"
_VERDICTS = re.compile(
    rf"\bnot (?:a |an |the |yet )?(?:{_UNFIT}|(?:good|right|great|strong) (?:fit|match|candidate))\b"
    r"|\b(?:unqualified|unsuitable|unsuited|unemployable|underqualified|overqualified)\b"
    r"|\byou (?:are|would be|seem) (?:not |un(?!der|ique|ited|iversal))|\byou(?:['’]re| are) (?:too|just|only|no) \w+"
    r"|\byou (?:lack|fail|failed|should have|must admit|people)\b|\b(?:a |total )?waste of\b|\bhopeless\b"
    r"|\bunfortunately,? you\b|\bat your age\b|\bas an? (?:man|woman)\b|\bobviously\b|\bpoor candidate\b",
    re.IGNORECASE,
)
_ECHO = re.compile(
    r"\b(?:evidence|takeaways?|the (?:sentence|text|passage|statement|above|following|user|reader|prompt|page|question)"
    r"|as an ai|language model|here (?:is|are|['’]s)|certainly|i can(?:not|['’]t) |i['’]m sorry|rewrit\w+"
    r"|summary of|in summary|not stated|system prompt|instructions?)\b|\bsure[,!]|^note\b|^(?:answer|summary)\b:?|<\|",
    re.IGNORECASE,
)
_JOINTS = str.maketrans("-/&", "   ")
_PAIRS = (("(", ")"), ("[", "]"), ("“", "”"), ("«", "»"))
WORDS_AT_LEAST, WORDS_AT_MOST = 5, 45
SHARED_AT_LEAST = 0.8
ORDER_AT_LEAST = 0.7


# What is the same for every draft that is held against one piece of evidence, and for every piece one draft is held
# against, is worked out once an answer.
numbers = memoised(numbers_of)
words = memoised(words_of.words)
as_written = words_of.as_written
content_stems = memoised(words_of.content_stems)


@memoised
def _flat(quote: str) -> str:
    return " ".join(quote.split())


def _all(evidence: Sequence[Evidence]) -> str:
    if len(evidence) == 1:
        return _flat(evidence[0].quote)
    return " ".join(_flat(piece.quote) for piece in evidence)


@memoised
def _quantities(text: str) -> frozenset[tuple[float | str, str]]:
    return frozenset(_quantity(number) for number in numbers(text))


def _quantity(number: Number) -> tuple[float | str, str]:
    return number.value, number.unit


@memoised
def _written(text: str) -> frozenset[str]:
    return frozenset(word.removesuffix("'s").removesuffix("’s") for word in as_written(text))


@memoised
def _names(text: str) -> frozenset[str]:
    written = _written(text)
    return frozenset(map(name_key, written.union(" ".join(written).translate(_JOINTS).split())))


@check("whole-sentence", version=2)
def whole_sentence() -> Check:
    """A draft must be one complete sentence of readable length, not an echo of the task."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        text = draft.text
        if refusal := _unfinished(text):
            return refusal
        if not _opens(text, evidence):
            return "does not begin like a sentence"
        if refusal := _half(text):
            return refusal
        if (echo := _echo(text)) and echo.lower() not in _all(evidence).lower():
            return f"talks about the task ({echo})"
        return None

    return judge


@memoised
def _unfinished(text: str) -> str | None:
    """Why a text has not the length or the end of a sentence."""
    count = len(words(text))
    if not WORDS_AT_LEAST <= count <= WORDS_AT_MOST:
        return f"{count} words"
    if not text.rstrip("\"”’')]»").endswith((".", "!")) or text.endswith(("..", "…")):
        return "cut off"
    return None


@memoised
def _half(text: str) -> str | None:
    """Why a text that begins and ends like a sentence is not a whole one."""
    if any(text.count(one) != text.count(other) for one, other in _PAIRS) or text.count('"') % 2:
        return "a bracket or quotation is left open"
    if words(text)[0] in _HALF_OPENERS and "," not in text:
        return "half a sentence"
    return None


@memoised
def _echo(text: str) -> str | None:
    """The first words of a text that talk about the task."""
    found = _ECHO.search(text)
    return found.group().strip() if found else None


def _opens(text: str, evidence: Sequence[Evidence]) -> bool:
    """Whether a text begins with a capital, a figure or a name such as iPhone that is in the evidence."""
    bare = text.lstrip("\"“‘'([«$€£¥-−")
    if bare[:1].isupper() or bare[:1].isdigit():
        return True
    first = next(iter(as_written(bare)), "")
    return is_mixed(first) and first in as_written(_all(evidence))


@check("numbers", version=2)
def numbers_match() -> Check:
    """Every number, date and time in a draft must stand in its evidence, with the same unit."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        known = _quantities(_all(evidence))
        for number in numbers(draft.text):
            if _quantity(number) not in known:
                return f"{number.written} is not in the evidence"
        return None

    return judge


@check("names", version=2)
def names_match() -> Check:
    """Every word written with a capital must stand in the evidence, unless it is an ordinary opening.

    Short names that are words without their capitals (US, IT, WHO) must be written alike.
    """

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        source = _all(evidence)
        written, known = _written(source), _names(source)
        for word, bare, key, alike in _capitals(draft.text):
            if (key and key not in known) or (alike and bare not in written):
                return f"{word} is not in the evidence"
        return None

    return judge


@memoised
def _capitals(text: str) -> tuple[tuple[str, str, str, bool], ...]:
    """The words with a capital: as written, without an 's, the key of a name ("" for an ordinary word), and whether
    an ordinary word must be written alike.
    """
    found = []
    for word, start, _ in words_of.word_spans(text):
        if word != word.lower() and any(char.isupper() for char in word):
            bare = word.removesuffix("'s").removesuffix("’s")
            ordinary = bare.lower() in STOPWORDS
            alike = ordinary and not text.isupper() and (is_mixed(bare) or (start > 0 and bare in ("May", "Will")))
            found.append((word, bare, "" if ordinary else name_key(bare), alike))
    return tuple(found)


@check("quoted-terms", version=2)
def quoted_terms_match() -> Check:
    """What a draft puts between quotation marks must be in one piece of its evidence word for word."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        sources = [_plain(piece.quote) for piece in evidence]
        for term in quoted_terms(draft.text):
            wanted = re.compile(rf"(?<!\w){re.escape(_plain(term).strip(' .,;:!?'))}(?!\w)")
            if not any(wanted.search(source) for source in sources):
                return f"“{term}” is not in the evidence"
        return None

    return judge


@memoised
def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").replace("‘", "'").split())


@check("polarity", version=2)
def polarity_matches() -> Check:
    """Negations, hedges, conditions and quantities of the evidence may not be lost, moved or invented."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        return lost_or_invented(draft.text, [_flat(piece.quote) for piece in evidence])

    return judge


@check("own-words", version=1)
def own_words() -> Check:
    """Most content words of a draft must stand in its evidence, in much the same order."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        said, known = content_stems(draft.text), content_stems(_all(evidence))
        if not said:
            return "says nothing"
        there = set(known)
        shared = [word for word in said if word in there]
        if len(shared) < SHARED_AT_LEAST * len(said):
            new = next(word for word in said if word not in there)
            return f"says {new!r}, which is not in the evidence"
        if _in_order(shared, known) < ORDER_AT_LEAST * len(shared):
            return "the evidence is wired together another way"
        return None

    return judge


@check("voice", version=2)
def voice() -> Check:
    """A draft may not speak as or about the reader unless its evidence does, nor pass a verdict on them."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        source = _all(evidence)
        verdict, addresses, first_person = _spoken(draft.text)
        if verdict is not None:
            return f"passes a verdict ({verdict})"
        if addresses and not _ADDRESS.search(source):
            return "speaks to the reader of what the evidence does not"
        if first_person and not _FIRST_PERSON.search(source):
            return "speaks in the first person"
        return None

    return judge


@memoised
def _spoken(text: str) -> tuple[str | None, bool, bool]:
    """The verdict that a text passes, whether it speaks to a reader, and whether in the first person."""
    verdict = _VERDICTS.search(text)
    return verdict and verdict.group(), bool(_ADDRESS.search(text)), bool(_FIRST_PERSON.search(text))


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
