"""The strictest deterministic check: a draft may shorten its evidence at clause boundaries, and do nothing else to it.

A model that leaves out words in the middle of a clause makes a new claim out of old words ("forgives a small order and
remembers an empty shelf" became "forgives an empty shelf"). So the words of the draft are aligned with those of the
evidence, and every gap must be a whole sentence, a lead-in, a parenthesis, a tail, or the time it happened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from nutgraf.registry import check
from nutgraf.text.numbers import numbers
from nutgraf.text.sentences import split
from nutgraf.text.words import word_spans
from nutgraf.trust.checks import Check
from nutgraf.types import Draft, Evidence

ADDED_AT_MOST = 2
_MAY_BE_ADDED = frozenset("the a an and that".split())
#: Single words that may go, unless a negation stands before them ("not just nurses").
_MAY_GO = frozenset("also just very really now still already dr mr mrs ms prof".split())

_NEGATIONS = frozenset("not no never none nobody nothing neither nor without cannot hardly barely".split())
#: After an opening word, these take something back from what stands before: "but not on Sundays".
_LIMITS = frozenset("not never only no without hardly barely".split())
#: These change what stands before them, wherever they are.
_GOVERN_BACK = frozenset(
    """unless if until except or than only provided permitting depending pending assuming subject when whenever
    once""".split()
)
_REPORTS = frozenset(
    """said says say saying told tells according claims claimed argues argued believes believed thinks thought suggests
    suggested warns warned alleges alleged estimates estimated""".split()
)
#: These change the rest of their sentence when they open it.
_GOVERN_ON = _REPORTS | frozenset(
    """may might could would should perhaps maybe possibly probably likely allegedly reportedly apparently supposedly
    potentially typically usually generally mostly partly rarely sometimes often occasionally seldom""".split()
)
_FINDS = frozenset("show shows showed find finds found know knows knew see sees saw learn learned".split())
_COORDINATORS = frozenset("and but or so yet nor".split())
_RELATIVES = frozenset("which who whose whom where".split())
_REASONS = frozenset("because although though whereas".split())
_SUBORDINATORS = _REASONS | frozenset("while since after before as even despite when if unless once until".split())
_PREPOSITIONS = frozenset("in on at for from by with without of to under over among during within across near".split())
#: Between two commas, a phrase that opens so may say which ones are meant.
_RESTRICTING = frozenset("in on for without under over among within across".split())
_LEADS = frozenset(
    """and but so yet however meanwhile moreover furthermore also still then therefore thus instead finally today
    yesterday now later earlier recently although though while whereas because since after before despite""".split()
)
_LEAD_PHRASES = re.compile(
    r"(?:in (?:fact|addition|other words|short|the end|turn)|as a result|for (?:example|instance)|at first|of course"
    r"|on the other hand|to be sure|that said|not surprisingly|better still|even so)"
)
#: What may follow the main clause after a comma without being a clause itself.
_ADDITIONS = frozenset(
    """a an the one two three four five six seven eight nine ten both up down including such especially particularly
    nearly almost again plus far well""".split()
)
#: After "and" without a comma: what begins a second clause or a second verb, not a second thing.
_SECOND_CLAUSE = frozenset("the a an it they he she we is are was were has have had will can".split())
_AUXILIARIES = frozenset("is are was were has have had will can may must does did do".split())
_VERBS = _AUXILIARIES | frozenset(
    """fell rose grew went took made found gave left ran kept
    paid won began bought sold built wrote held met led cut set put lost spent taught drew cost costs closes opens runs
    uses""".split()
)
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
_STRONG_MARKS = re.compile(r";")
_EDGE_MARKS = re.compile(r"[,:()—–…]|\s-\s")


@check("clause-cuts", version=2)
def clause_cuts() -> Check:
    """A draft must be its evidence with whole clauses, lead-ins, parentheses or times left out, and nothing put in."""

    def judge(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        source = _Source.of([" ".join(piece.quote.split()) for piece in evidence])
        said = [word.lower() for word, _, _ in word_spans(draft.text)]
        keys = [_key(word) for word in source.words]
        matcher = SequenceMatcher(None, keys, [_key(word) for word in said], autojunk=False)
        blocks = [(b.a, b.b, b.size) for b in matcher.get_matching_blocks() if b.size]
        if not blocks:
            return "shares no words with the evidence"
        inside = {i for _, start, size in blocks for i in range(start, start + size)}
        added = [word for i, word in enumerate(said) if i not in inside]
        if len(added) > ADDED_AT_MOST or not set(added) <= _MAY_BE_ADDED or _few(said) != _few(source.words, said):
            return f"adds or takes {' '.join(added) or 'a'!r}"
        kept = {i for start, _, size in blocks for i in range(start, start + size)}
        for start, end in pairwise([-1, *sorted(kept), len(source.words)]):
            if end > start + 1 and (why := source.bad_gap(start + 1, end, kept)):
                return why
        return None

    return judge


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
    """The words of the evidence in lower case; `levels[i]` is how strong a boundary stands before word i."""

    words: list[str]
    levels: list[int]

    @classmethod
    def of(cls, quotes: Sequence[str]) -> _Source:
        words: list[str] = []
        levels: list[int] = []
        for quote in quotes:
            starts = {start for start, _ in split(quote)}
            previous = 0
            for word, start, end in word_spans(quote):
                between = quote[previous:start]
                first = not previous or any(previous <= s <= start for s in starts)
                strong, edge = _STRONG_MARKS.search(between), _EDGE_MARKS.search(between)
                levels.append(_SENTENCE if first else _STRONG if strong else _EDGE if edge else _NONE)
                words.append(word.lower())
                previous = end
        return cls(words, [*levels, _SENTENCE])

    def bad_gap(self, start: int, end: int, kept: set[int]) -> str | None:
        """Why the words from `start` to `end` may not be left out, or None."""
        gone = set(self.words[start:end])
        before = self.words[max(0, start - 1)]
        if gone <= _MAY_GO or (gone == {"that"} and before in _REPORTS | _FINDS):
            return "changes what it denies" if start and _negates([before]) else None
        inner = [i for i in range(start + 1, end) if self.levels[i] >= _STRONG]
        for begin, stop in pairwise([start, *inner, end]):
            if why := self._bad_part(begin, stop, kept):
                return f"{why} ({' '.join(self.words[begin:stop])[:40]})"
        return None

    def _bad_part(self, start: int, end: int, kept: set[int]) -> str | None:
        starts, ends = self.levels[start] >= _STRONG, self.levels[end] >= _STRONG
        if (starts and ends) or self._is_time(start, end, kept):
            return None
        gone = self.words[start:end]
        if starts:
            return self._bad_lead(gone, self.levels[end])
        if ends:
            return self._bad_tail(start, end, kept)
        if not (self.levels[start] and self.levels[end]):
            return "cut out of a clause"
        if gone[0] in _COORDINATORS | _RESTRICTING | _AUXILIARIES or any(self.levels[start + 1 : end]):
            return "cut out of a clause"
        if self._in_relative(start, kept):
            return "cut out of a clause"
        if gone[0] in _RELATIVES:
            return None if any(_like_a_verb(word) for word in gone[1:]) else "cut out of a clause"
        return _bearing(gone, _GOVERN_BACK | _GOVERN_ON | _NEGATIONS)

    def _bad_lead(self, gone: list[str], level: int) -> str | None:
        text = " ".join(gone)
        opens = gone[0] in _LEADS or gone[0].endswith(("ing", "ly")) or _LEAD_PHRASES.fullmatch(text)
        if not level or not opens:
            return "the beginning is cut"
        return _bearing(gone, _GOVERN_BACK | _GOVERN_ON | _NEGATIONS)

    def _bad_tail(self, start: int, end: int, kept: set[int]) -> str | None:
        gone = self.words[start:end]
        before = self._kept_before(start, kept)
        words = [self.words[i] for i in before]
        commas = any(self.levels[i] for i in before[1:])
        opener, inner = gone[0], any(self.levels[start + 1 : end])
        if gone[1:2] and gone[1] in _LIMITS:
            return "what it limits stays"
        if not self.levels[start]:
            second = (
                opener == "and" and gone[1:2] and gone[1] in _SECOND_CLAUSE and not {"between", "both"} & set(words)
            )
            if _negates(words) or not (opener in _REASONS or (second and _has_verb(words))):
                return "cut out of a clause"
            return self._bears_back(start, end)
        if words and not commas and words[0] in _PREPOSITIONS | _SUBORDINATORS and (inner or opener in _ADDITIONS):
            return "half a sentence stays"
        if self._in_relative(start, kept):
            return "half a sentence stays"
        if opener in _RELATIVES or opener in _SUBORDINATORS - _GOVERN_BACK | {"when"}:
            return self._bears_back(start, end)
        if (inner and not _has_verb(words)) or not (
            opener in _COORDINATORS or opener in _ADDITIONS or opener.endswith("ing")
        ):
            return "more than a tail is cut"
        if opener in _COORDINATORS:
            return self._bears_back(start, end)
        return _bearing(gone, _GOVERN_BACK | _GOVERN_ON | _NEGATIONS)

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
        matters = start > first and self.words[start - 1] in _TIME_MATTERS | _PREPOSITIONS
        if end < last:
            follows = self.words[end]
            loose = self.levels[end] or follows in _PREPOSITIONS | _COORDINATORS | _SUBORDINATORS or start == first
            matters = matters or follows in _RELATIVES or not loose
        other = set(rest) & (_TIMES - _SPANS_OF_TIME) or any(re.fullmatch(r"\d{4}", word) for word in rest)
        return not matters and not _negates(rest) and not other

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


def _has_verb(words: Sequence[str]) -> bool:
    return any(word in _VERBS or (word.endswith("ed") and len(word) > 4) for word in words)


def _like_a_verb(word: str) -> bool:
    return _has_verb([word]) or (len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")))


def _negates(words: Sequence[str]) -> bool:
    return any(word in _NEGATIONS or word.endswith(("n't", "n’t")) for word in words)


def _bearing(gone: Sequence[str], words: frozenset[str]) -> str | None:
    negations = bool(words & _NEGATIONS)
    for word in gone:
        if word in words or (negations and _negates([word])):
            return f"leaves out {word!r}, on which the rest depends"
    return None
