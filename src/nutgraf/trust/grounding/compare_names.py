"""Whether the names of a sentence stand in the evidence, and in the same order around the same verb."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from nutgraf.text.words import STOPWORDS, stem
from nutgraf.trust.grounding.lexical import Words

_STATES = """AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|FL Florida
GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland
MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NJ Jersey
NM Mexico|NY York|NC Carolina|ND Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|SC Carolina|SD Dakota|TN Tennessee
TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|WI Wisconsin|WY Wyoming|US American|US America|US states
UK british|UK britain|UK kingdom|EU european|USA american|CA canada|saint st|street st|avenue ave|mount mt|doctor dr
road rd|boulevard blvd|lane ln|drive dr|highway hwy|suite ste|professor prof|senator sen|representative rep|november nov
governor gov|incorporated inc|corporation corp|company co|limited ltd|department dept|international intl"""
ALIASES: dict[str, frozenset[str]] = {}
for _pair in _STATES.replace("\n", "|").split("|"):
    _one, _other = (part.lower() for part in _pair.split())
    ALIASES[_one] = ALIASES.get(_one, frozenset()) | {stem(_other)}
    ALIASES[_other] = ALIASES.get(_other, frozenset()) | {stem(_one)}
_NO_NAMES = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december am pm i passage passages step f c fahrenheit celsius""".split()
)
_OPENS = re.compile(r"[:•\n|*)]|[\"“‘(]$|[.!?]\s")
_JOINS = re.compile(r"\s|\s?&\s?|-|\.\s?|’s\s|'s\s|/")
_BY = re.compile(r"\b(?:by|from)\b", re.IGNORECASE)
_SQUEEZED = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Name:
    """Words `first`..`last` (both included) of a sentence that are written like one name."""

    first: int
    last: int


def names_in(words: Words) -> list[Name]:
    """The names of a sentence: words with a capital where an ordinary word would have none."""
    capitals = [_is_capital(words, i) for i in range(len(words.written))]
    letters = [word for word in words.written if word[0].isalpha() and len(word) > 3]
    heading = words.text.rstrip()[-1:] not in ".!?"
    if heading and len(letters) > 3 and sum(word[0].isupper() for word in letters) > 0.8 * len(letters):
        return []
    found: list[Name] = []
    for i, capital in enumerate(capitals):
        if not capital:
            continue
        joined = (
            found
            and found[-1].last == i - 1
            and _JOINS.fullmatch(words.text[words.spans[i - 1][1] : words.spans[i][0]])
        )
        if joined:
            found[-1] = Name(found[-1].first, i)
        else:
            found.append(Name(i, i))
    return [name for name in found if not _ordinary_opening(words, name)]


def _is_capital(words: Words, i: int) -> bool:
    word = words.written[i]
    if not word[0].isupper() or word.lower() in _NO_NAMES or word.lower().removesuffix("s") in _NO_NAMES:
        return False
    return word.lower() not in STOPWORDS or (len(word) > 1 and word.isupper())


def _ordinary_opening(words: Words, name: Name) -> bool:
    """Whether a single word has its capital from where it stands."""
    if name.first != name.last:
        return False
    word = words.written[name.first]
    if any(char.isupper() for char in word[1:]):
        return False
    start = words.spans[name.first][0]
    before = words.text[words.spans[name.first - 1][1] if name.first else 0 : start]
    return name.first == 0 or bool(_OPENS.search(before))


class KnownNames:
    """What the evidence says of names, read once."""

    def __init__(self, lines: Sequence[str], words: Sequence[Words], stems: frozenset[str]) -> None:
        """`lines` with their `words`, and the `stems` of all of them."""
        self._stems = stems
        self._squeezed = _SQUEEZED.sub("", " ".join(lines).lower())
        self._starts = frozenset(root[:5] for root in stems if len(root) >= 5)
        self._initials = frozenset(_initials(one) for one in words)
        self._joined = "|".join(sorted(self._initials))
        self._short = frozenset(word for one in words for word in one.written if word.isupper() and 2 <= len(word) <= 6)

    def absent(self, words: Words, name: Name) -> list[int]:
        """The words of a name that the evidence does not hold in any form."""
        whole = words.text[words.spans[name.first][0] : words.spans[name.last][1]]
        squeezed = _SQUEEZED.sub("", whole.lower())
        if (len(squeezed) > 3 or any(char.isdigit() for char in squeezed)) and squeezed in self._squeezed:
            return []
        if name.last - name.first >= 1 and "".join(word[0] for word in whole.split()).upper() in self._short:
            return []
        return [i for i in range(name.first, name.last + 1) if not self._holds(words.written[i])]

    def _holds(self, word: str) -> bool:
        low = word.lower().replace("’", "'").removesuffix("'s")
        root = stem(low)
        if low in STOPWORDS or root in self._stems or ALIASES.get(low, frozenset()) & self._stems:
            return True
        if word.isupper() and 2 <= len(word) <= 6 and word in self._joined:
            return True
        return len(root) >= 5 and (root[:5] in self._starts or (len(root) >= 6 and root in self._squeezed))


def _initials(words: Words) -> str:
    return "".join(word[0] for word in words.written if word[0].isupper())


def swapped(said: Words, names: Sequence[Name], line: Words) -> tuple[Name, Name] | None:
    """Two names that stand in a line in the other order around the same verb, active or passive in both."""
    for one, other in pairwise(names):
        between = said.stems[one.last + 1 : other.first]
        verbs = {root for root in between if root not in STOPWORDS and len(root) > 2}
        if not verbs or one.last >= other.first:
            continue
        first, second = _place(line, said, one), _place(line, said, other)
        if first is None or second is None or second[1] >= first[0]:
            continue
        there = line.stems[second[1] + 1 : first[0]]
        mine = said.text[said.spans[one.last][1] : said.spans[other.first][0]]
        theirs = line.text[line.spans[second[1]][1] : line.spans[first[0]][0]]
        plain = not re.search(r"[,;]|\b(?:and|or|with)\b", mine + theirs)
        if (
            plain
            and len(verbs & set(there)) >= max(1, len(verbs) - 1)
            and bool(_BY.search(mine)) == bool(_BY.search(theirs))
        ):
            return one, other
    return None


def _place(line: Words, said: Words, name: Name) -> tuple[int, int] | None:
    """Where a name of the sentence stands in a line, None when nowhere or more than once."""
    wanted = said.stems[name.first : name.last + 1]
    size = len(wanted)
    places = [i for i in range(len(line.stems) - size + 1) if line.stems[i : i + size] == wanted]
    return (places[0], places[0] + size - 1) if len(places) == 1 else None
