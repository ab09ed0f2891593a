"""The strictest deterministic check: a draft may shorten its evidence at clause boundaries, and do nothing else to it.

A model that leaves out words in the middle of a clause makes a new claim out of old words ("forgives a small order and
remembers an empty shelf" became "forgives an empty shelf"). So the words of the draft are aligned with those of the
one sentence of the evidence, and every gap must be a lead-in, a plain relative clause, a tail, or the time it happened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from nutgraf.registry import check
from nutgraf.text.memo import memoised
from nutgraf.text.sentences import split as split_of
from nutgraf.text.words import word_spans
from nutgraf.trust.checks import Check, numbers
from nutgraf.trust.plain import (
    NEGATIONS,
    REPORTS,
    doubts,
    event,
    happened,
    harmless_lead,
    negates,
    plain_participle,
    plain_relative,
)
from nutgraf.types import Draft, Evidence

ADDED_AT_MOST = 2
split = memoised(split_of)
_MAY_BE_ADDED = frozenset("the a an and that".split())
#: Single words that may go, unless a negation stands before them ("not just nurses").
_MAY_GO = frozenset("also just very really now still already dr mr mrs ms prof".split())

#: After an opening word, these take something back from what stands before: "but not on Sundays".
_LIMITS = frozenset("not never only no without hardly barely".split())
#: These change what stands before them, wherever they are.
_GOVERN_BACK = frozenset(
    """unless if until except or than only provided permitting depending pending assuming subject when whenever
    once""".split()
)
#: These change the rest of their sentence when they open it.
_GOVERN_ON = REPORTS | frozenset(
    """may might could would should perhaps maybe possibly probably likely allegedly reportedly apparently supposedly
    potentially typically usually generally mostly partly rarely sometimes often occasionally seldom""".split()
)
_FINDS = frozenset("show shows showed find finds found know knows knew see sees saw learn learned".split())
_COORDINATORS = frozenset("and but or so yet nor".split())
_RELATIVES = frozenset("which who whose whom where".split())
_REASONS = frozenset("because although though whereas".split())
#: What follows these may take the rest back; which words do that no list can say.
_CONTRASTS = frozenset("but yet although though whereas even despite however".split())
_SUBORDINATORS = _REASONS | frozenset("while since after before as even despite when if unless once until".split())
_PREPOSITIONS = frozenset("in on at for from by with without of to under over among during within across near".split())
#: What may follow the main clause after a comma without being a clause itself.
_ADDITIONS = frozenset("up down including".split())
#: Periods that may stand before "after" or "before": "three years after".
_PERIODS = frozenset("year years month months week weeks day days hours minutes".split())
#: After "and" these speak of what was just said: "and that was long ago".
_LOOKS_BACK = frozenset("that this these those such".split())
#: After "and" without a comma: what begins a second clause or a second verb, not a second thing.
_SECOND_CLAUSE = frozenset("the a an it they he she we is are was were has have had will can".split())
_AUXILIARIES = frozenset("is are was were has have had will can may must does did do".split())
_VERBS = _AUXILIARIES | frozenset(
    """fell rose grew went took made found gave left ran kept
    paid won began bought sold built wrote held met led cut set put lost spent taught drew cost costs closes opens runs
    uses""".split()
)
#: A day or a month that comes again is one event only in a clause about the past.
_ONE_TIME = frozenset("yesterday today last this next ago".split())
_TIMES = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december spring summer autumn winter yesterday today year years month months week weeks
    weekend quarter season decade day days morning evening night afternoon""".split()
)
_SPANS_OF_TIME = frozenset(
    """year years month months week weeks weekend quarter season decade day days morning evening night afternoon
    may""".split()
)
_TIME_OPENERS = frozenset("on in at during last this next the early late earlier later yesterday today".split())
_TIME_FILLERS = _TIME_OPENERS | frozenset("a of end start beginning before after ago same mid".split())
#: After one of these a time is not a detail but the point.
_TIME_MATTERS = frozenset("only until except than every each first since and or due set dated scheduled".split())

_SENTENCE, _STRONG, _EDGE, _NONE = 3, 2, 1, 0
_QUOTES = tuple("\"“«‘'")
_EDGE_MARKS = re.compile(r"[,:()—–…]|\s-\s")


@check("clause-cuts", version=3)
def clause_cuts() -> Check:
    """A draft must be one sentence of its evidence with clauses, lead-ins or times left out, and nothing put in."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        said = " ".join(draft.text.split())
        best, why = 0, "shares no words with the evidence"
        for piece in evidence:
            quote = " ".join(piece.quote.split())
            if said == quote:
                return None
            for start, end in split(quote):
                shared, refusal = _shortened(said, quote[start:end])
                if shared and refusal is None:
                    return None
                if refusal is not None and shared > best:
                    best, why = shared, refusal
        return why

    return judge


def _shortened(text: str, sentence: str) -> tuple[int, str | None]:
    """How many words a text shares with a sentence, and why it is not that sentence shortened."""
    source, draft = _source_of(sentence), _source_of(text)
    said = draft.words
    keys = [_key(word) for word in source.words]
    matcher = SequenceMatcher(None, keys, [_key(word) for word in said], autojunk=False)
    blocks = [(b.a, b.b, b.size) for b in matcher.get_matching_blocks() if b.size]
    pairs = [(a + k, b + k) for a, b, size in blocks for k in range(size)]
    kept, inside = {i for i, _ in pairs}, {j for _, j in pairs}
    added = [word for j, word in enumerate(said) if j not in inside]
    if len(added) > ADDED_AT_MOST or not set(added) <= _MAY_BE_ADDED or _few(said) != _few(source.words, said):
        return len(pairs), f"adds or takes {' '.join(added) or 'a'!r}"
    for (i, j), (after, other) in pairwise(pairs):
        if after == i + 1 and other == j + 1 and bool(source.levels[after]) != bool(draft.levels[other]):
            return len(pairs), f"moves a comma before {said[other]!r}"
    for i, j in pairs:
        if source.quoted[i] != draft.quoted[j]:
            return len(pairs), f"quotation marks differ at {said[j]!r}"
    for start, end in pairwise([-1, *sorted(kept), len(source.words)]):
        if end > start + 1 and (why := source.bad_gap(start + 1, end, kept)):
            return len(pairs), why
    return len(pairs), None


@check("keeps-figures", version=1)
def keeps_figures() -> Check:
    """A shortened sentence must keep the figures of its evidence: without them the quotation says more."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        said = {(number.value, number.unit) for number in numbers(draft.text)}
        for number in numbers(evidence[0].quote) if len(evidence) == 1 else ():
            if number.digits and (number.value, number.unit) not in said:
                return f"leaves out {number.written.strip()}"
        return None

    return judge


def _few(words: list[str], where: list[str] | None = None) -> bool:
    """Whether "a few" or "a little" is said, which is not "few" or "little"."""
    pairs = set(pairwise(words))
    wanted = {word for word in ("few", "little") if where is None or word in where}
    return any(("a", word) in pairs for word in wanted)


def _key(word: str) -> str:
    """The form in which words must agree: another ending is another claim ("closes" and "closed")."""
    return word.lower().replace("’", "'")


@dataclass(frozen=True, slots=True)
class _Source:
    """The words of a sentence in lower case; `levels[i]` is how strong a boundary stands before word i.

    `quoted[i]` tells whether a quotation mark stands right before word i.
    """

    words: list[str]
    levels: list[int]
    quoted: list[bool]

    @classmethod
    def of(cls, sentence: str) -> _Source:
        words: list[str] = []
        levels: list[int] = []
        quoted: list[bool] = []
        previous = 0
        for word, start, end in word_spans(sentence):
            between = sentence[previous:start]
            levels.append(_level(between) if words else _SENTENCE)
            quoted.append(between.endswith(_QUOTES))
            words.append(word.lower())
            previous = end
        return cls(words, [*levels, _SENTENCE], quoted)

    def bad_gap(self, start: int, end: int, kept: set[int]) -> str | None:
        """Why the words from `start` to `end` may not be left out, or None."""
        gone = set(self.words[start:end])
        before = self.words[max(0, start - 1)]
        if gone <= _MAY_GO or (gone == {"that"} and before in REPORTS | _FINDS):
            return "changes what it denies" if start and negates([before]) else None
        inner = [i for i in range(start + 1, end) if self.levels[i] >= _STRONG]
        if start and end < len(self.words) and (inner or max(self.levels[start], self.levels[end]) >= _STRONG):
            return "joins what a semicolon parts"
        for begin, stop in pairwise([start, *inner, end]):
            if why := self._bad_part(begin, stop, kept):
                return f"{why} ({' '.join(self.words[begin:stop])[:40]})"
        return None

    def _bad_part(self, start: int, end: int, kept: set[int]) -> str | None:
        starts, ends = self.levels[start] >= _STRONG, self.levels[end] >= _STRONG
        gone = self.words[start:end]
        if starts and ends:
            return _doubtful(gone) or _bearing(gone, _GOVERN_BACK)
        if self._is_time(start, end, kept):
            return None
        if starts:
            return None if self.levels[end] and harmless_lead(gone) else "the beginning is cut"
        if ends:
            return self._bad_tail(start, end, kept)
        if not (self.levels[start] and self.levels[end]) or any(self.levels[start + 1 : end]):
            return "cut out of a clause"
        if self._in_relative(start, kept) or not (plain_relative(gone) or plain_participle(gone)):
            return "cut out of a clause"
        return _bearing(gone, _GOVERN_BACK | _GOVERN_ON)

    def _bad_tail(self, start: int, end: int, kept: set[int]) -> str | None:
        gone = self.words[start:end]
        before = self._kept_before(start, kept)
        words = [self.words[i] for i in before]
        commas = any(self.levels[i] for i in before[1:])
        opener, inner = gone[0], any(self.levels[start + 1 : end])
        if refusal := _doubtful(gone):
            return refusal
        if gone[1:2] and gone[1] in _LIMITS | _LOOKS_BACK:
            return "what it limits stays"
        if not self.levels[start]:
            second = (
                opener == "and" and gone[1:2] and gone[1] in _SECOND_CLAUSE and not {"between", "both"} & set(words)
            )
            if negates(words) or not (opener in _REASONS or (second and _has_verb(words))):
                return "cut out of a clause"
            return self._bears_back(start, end)
        if words and not commas and words[0] in _PREPOSITIONS | _SUBORDINATORS and (inner or opener in _ADDITIONS):
            return "half a sentence stays"
        if self._in_relative(start, kept) or (inner and not _has_verb(words)):
            return "half a sentence stays"
        if opener in _RELATIVES:
            plain = plain_relative(gone) or (opener == "where" and event(gone) and not negates(gone))
            return self._bears_back(start, end) if plain and not inner else "more than a tail is cut"
        if opener in _CONTRASTS:
            return "a reservation is cut"
        if opener in _REASONS:
            return self._bears_back(start, end) or _bearing(gone, NEGATIONS | {"if", "unless", "until"})
        if _opens_event(gone):
            return None if happened(words) else "what it depends on stays"
        if opener in ("and", "so"):
            if not any(_like_a_verb(word) for word in gone[1:]):
                return "more than a tail is cut"
            return self._bears_back(start, end)
        if opener in ("up", "down") and gone[1:2] != ["from"]:
            return "more than a tail is cut"
        if opener not in _ADDITIONS and not plain_participle(gone):
            return "more than a tail is cut"
        return _bearing(gone, _GOVERN_BACK | _GOVERN_ON | NEGATIONS)

    def _is_time(self, start: int, end: int, kept: set[int]) -> bool:
        """Whether the words say only when it happened, and nothing that stays depends on it."""
        gone = self.words[start:end]
        if gone[0] not in _TIME_OPENERS or not any(word in _TIMES or re.fullmatch(r"\d{4}", word) for word in gone):
            return False
        if not all(word in _TIMES or word in _TIME_FILLERS or re.fullmatch(r"\d{1,2}|\d{4}", word) for word in gone):
            return False
        first, last = start, end
        while self.levels[first] < _STRONG:
            first -= 1
        while self.levels[last] < _STRONG:
            last += 1
        rest = [self.words[i] for i in range(first, last) if i in kept and not start <= i < end]
        dated = {*_SPANS_OF_TIME, *_TIME_FILLERS} - _ONE_TIME
        if not (set(gone) & _ONE_TIME or (set(gone) - dated | set(gone) & {"may"} and happened(rest))):
            return False
        matters = start > first and self.words[start - 1] in _TIME_MATTERS | _PREPOSITIONS
        if end < last:
            follows = self.words[end]
            loose = self.levels[end] or follows in _PREPOSITIONS | _COORDINATORS | _SUBORDINATORS or start == first
            matters = matters or follows in _RELATIVES or not loose
        other = set(rest) & (_TIMES - _SPANS_OF_TIME) or any(re.fullmatch(r"\d{4}", word) for word in rest)
        return not matters and not negates(rest) and not other

    def _bears_back(self, start: int, end: int) -> str | None:
        """Whether a clause that is left out ends in a condition, after a comma, that may bind what stays as well."""
        return _bearing([self.words[i] for i in range(start + 1, end) if self.levels[i]], _GOVERN_BACK)

    def _in_relative(self, at: int, kept: set[int]) -> bool:
        """Whether the comma before word `at` closes a relative clause that stays, so that the main clause goes on."""
        commas = [i for i in self._kept_before(at, kept)[1:] if self.levels[i]]
        return bool(commas) and self.words[commas[-1]] in _RELATIVES

    def _kept_before(self, at: int, kept: set[int]) -> list[int]:
        first = at
        while self.levels[first] < _STRONG:
            first -= 1
        return [i for i in range(first, at) if i in kept]


def _level(between: str) -> int:
    """How strong a boundary what stands between two words is."""
    if between == " ":
        return _NONE
    return _STRONG if ";" in between else _EDGE if _EDGE_MARKS.search(between) else _NONE


@memoised
def _source_of(sentence: str) -> _Source:
    return _Source.of(sentence)


def _has_verb(words: Sequence[str]) -> bool:
    return any(word in _VERBS or (word.endswith("ed") and len(word) > 4) for word in words)


def _like_a_verb(word: str) -> bool:
    return _has_verb([word]) or (len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")))


def _doubtful(gone: Sequence[str]) -> str | None:
    word = doubts(gone)
    return f"leaves out {word!r}, which qualifies the rest" if word else None


def _opens_event(gone: Sequence[str]) -> bool:
    """Whether a tail tells when in the past something was, as in "three years after the two had met"."""
    at = 2 if gone[1:2] and gone[1] in _PERIODS else 0
    opener = gone[at] if at < len(gone) else ""
    return opener in ("when", "while", "since", "after", "before") and event(gone[at:])


def _bearing(gone: Sequence[str], words: frozenset[str]) -> str | None:
    negations = bool(words & NEGATIONS)
    for word in gone:
        if word in words or (negations and negates([word])):
            return f"leaves out {word!r}, on which the rest depends"
    return None
