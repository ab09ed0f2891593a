"""The small words that turn a claim round: negations, hedges, conditions and quantities, with what each governs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nutgraf.text.memo import memoised
from nutgraf.text.sentences import split as split_of
from nutgraf.text.words import STOPWORDS, stem, word_spans, words

_NEGATIONS = """not no never none nobody nothing neither nor without cannot hardly barely unable refuse refuses refused
refusing fail fails failed failing reject rejects rejected deny denies denied lack lacks lacked unlikely""".split()
_NOTS = ("n't", "n’t")
_FAMILIES = (
    "may might could perhaps maybe possibly potentially",
    "can",
    "would",
    "should ought",
    "must",
    "plan plans planned planning",
    "hope hopes hoped hoping",
    "aim aims aimed aiming",
    "expect expects expected",
    "intend intends intended",
    "propose proposes proposed",
    "likely probably",
    "reportedly allegedly apparently supposedly",
    "seem seems seemed appear appears appeared",
    "suggest suggests suggested",
    "believe believes believed think thinks thought",
    "claim claims claimed",
    "estimate estimates estimated",
    "if", "unless", "until", "except", "only",
    "some", "few", "several", "most mostly", "many", "half", "partly", "rarely seldom", "sometimes", "often", "usually",
    "almost nearly", "about around roughly approximately",
)  # fmt: skip
_FAMILY = {word: family.split()[0] for family in _FAMILIES for word in family.split()}
_FAMILY |= dict.fromkeys(_NEGATIONS, "not")
#: Whole-sentence conditions: they bind whatever stays of their sentence.
_WIDE = frozenset(("if", "unless", "until", "except"))
#: Words that may be left out but never put in.
_NEVER_NEW = frozenset(
    """all every everyone everything always each any both first last least more less fewer best worst largest biggest
    smallest highest lowest greatest entirely completely""".split()
)
split = memoised(split_of)
_CLAUSE_END = re.compile(r"[,;:()—–]")


@dataclass(frozen=True, slots=True)
class _Operator:
    """A governing word: its family, how it is written, the stems it governs in order, and whether it binds them all."""

    family: str
    word: str
    governs: tuple[str, ...]
    sentence: frozenset[str]


def lost_or_invented(draft: str, quotes: Sequence[str]) -> str | None:
    """What a draft lost of the operators of its evidence, or put in, in words; None when neither."""
    known = [operator for quote in quotes for operator in _operators_of(quote)]
    said = _operators_of(draft)
    drafted = words(draft)
    stems = frozenset(map(stem, drafted))
    for operator in known:
        touched = _touches(operator, stems)
        if touched and not any(_same(operator, other, touched) for other in said):
            return f"{operator.word!r} was lost"
    for operator in said:
        first = frozenset(operator.governs[:1])
        if not any(other.family == operator.family and first <= frozenset(other.governs) for other in known):
            return f"{operator.word!r} was invented"
    invented = sorted(_NEVER_NEW.intersection(drafted).difference(*map(words, quotes)))
    return f"{invented[0]!r} was invented" if invented else None


def _touches(operator: _Operator, stems: frozenset[str]) -> frozenset[str]:
    """The stems of a draft that an operator of the evidence governs; none when what it governs was left out."""
    if operator.family in _WIDE:
        return operator.sentence & stems if len(operator.sentence & stems) > 1 else frozenset()
    near = operator.governs[: 3 if operator.family == "not" else 2]
    return frozenset(near) & stems


def _same(operator: _Operator, other: _Operator, touched: frozenset[str]) -> bool:
    if operator.family != other.family:
        return False
    return operator.family in _WIDE or bool(touched & frozenset(other.governs))


@memoised
def _operators_of(text: str) -> tuple[_Operator, ...]:
    return tuple(_operators(text))


def _operators(text: str) -> Iterator[_Operator]:
    for start, end in split(text):
        sentence = text[start:end]
        found = word_spans(sentence)
        stems: list[str] = []
        for i, (word, _, _) in enumerate(found):
            low = word.lower()
            family = "not" if low.endswith(_NOTS) else _FAMILY.get(low)
            if family is None or (word[0].isupper() and i > 0):
                continue  # a capital inside a sentence is a month or a name
            stems = stems or [_content(word) for word, _, _ in found]
            governs = _clause(sentence, found, stems, i)
            if low == "may" and found[i + 1 : i + 2] and found[i + 1][0][0].isdigit():
                continue
            yield _Operator(family, low, governs, _part(sentence, found, stems, i))


def _clause(sentence: str, found: list[tuple[str, int, int]], stems: list[str], i: int) -> tuple[str, ...]:
    """The content stems after word `i` up to the end of its clause; those before it when none follow."""
    after: list[str] = []
    for j in range(i + 1, len(found)):
        if _parted(sentence, found, j) or found[j][0].lower() == "but":
            break
        after.append(stems[j])
    if kept := tuple(word for word in after if word):
        return kept
    before: list[str] = []
    for j in range(i, 0, -1):
        if _parted(sentence, found, j):
            break
        before.append(stems[j - 1])
    return tuple(word for word in before if word)


def _parted(sentence: str, found: list[tuple[str, int, int]], j: int) -> bool:
    """Whether a clause ends right before word `j`."""
    between = sentence[found[j - 1][2] : found[j][1]]
    return between != " " and _CLAUSE_END.search(between) is not None


def _part(sentence: str, found: list[tuple[str, int, int]], stems: list[str], i: int) -> frozenset[str]:
    """The content stems of the part of the sentence that word `i` stands in; ", but" and ";" divide a sentence."""
    parts: list[list[str]] = [[]]
    mine = 0
    for j, (word, begin, _) in enumerate(found):
        between = sentence[found[j - 1][2] : begin] if j else ""
        if ";" in between or ("," in between and word.lower() == "but"):
            parts.append([])
        parts[-1].append(stems[j])
        mine = len(parts) - 1 if j == i else mine
    return frozenset(word for word in parts[mine] if word)


def _content(word: str) -> str:
    low = word.lower()
    return "" if low in STOPWORDS or low in _FAMILY or (len(low) == 1 and not low.isdigit()) else stem(low)
