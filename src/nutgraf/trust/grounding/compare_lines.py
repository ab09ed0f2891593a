"""A sentence laid beside the line of evidence it is nearest to: what was put in, left out or put in another's place."""

from __future__ import annotations

from dataclasses import dataclass

from nutgraf.trust.grounding.compare_words import MODALITY, NEGATIONS, OPPOSITES, QUANTIFIERS, TENSES
from nutgraf.trust.grounding.lexical import Words

_LONGEST = 120
_NEAR_COPY = 0.85


@dataclass(frozen=True, slots=True)
class Gap:
    """Words `i0`..`i1` of the sentence (end excluded) that stand where words `j0`..`j1` of the line stand.

    `held` tells whether the words before and after are the same on both sides.
    """

    i0: int
    i1: int
    j0: int
    j1: int
    held: bool


@dataclass(frozen=True, slots=True)
class Laid:
    """A sentence beside a line: its gaps, and the share of its words (and of those with meaning) that are in order."""

    row: int
    gaps: tuple[Gap, ...]
    covered: float
    covered_content: float

    @property
    def close(self) -> bool:
        """Whether the sentence is a near copy of the line, so that a small difference is one of meaning."""
        return self.covered >= _NEAR_COPY and self.covered_content >= _NEAR_COPY


@dataclass(frozen=True, slots=True)
class Turned:
    """What turns a sentence against its line: the kind, the words `i0`..`i1` of the sentence, and the reason."""

    kind: str
    i0: int
    i1: int
    because: str


def lay(said: Words, line: Words, row: int) -> Laid:
    """Lay a sentence beside a line along their longest common subsequence of stems."""
    one, other = said.stems[:_LONGEST], line.stems[:_LONGEST]
    matches = _common(one, other)
    gaps: list[Gap] = []
    last = (-1, -1)
    for at in (*matches, (len(one), len(other))):
        i0, j0, i1, j1 = last[0] + 1, last[1] + 1, at[0], at[1]
        if i1 > i0 or j1 > j0:
            gaps.append(Gap(i0, i1, j0, j1, held=last[0] >= 0 and i1 < len(one)))
        last = at
    matched = {i for i, _ in matches}
    content = [i for i in said.content if i < _LONGEST]
    kept = sum(i in matched for i in content)
    return Laid(row, tuple(gaps), len(matches) / max(len(one), 1), kept / max(len(content), 1))


def most_covered(said: Words, line: Words) -> float:
    """What the two shares of `lay` can add up to at most, from the words that both sides hold."""
    roots = frozenset(line.stems[:_LONGEST])
    words = said.stems[:_LONGEST]
    content = [words[i] for i in said.content if i < _LONGEST]
    share = sum(root in roots for root in words) / max(len(words), 1)
    return share + sum(root in roots for root in content) / max(len(content), 1)


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> list[tuple[int, int]]:
    """The pairs of places of the longest common subsequence (bit-parallel, read backwards from the kept rows)."""
    masks: dict[str, int] = {}
    for i, word in enumerate(one):
        masks[word] = masks.get(word, 0) | 1 << i
    full = (1 << len(one)) - 1
    rows = [full]
    for word in other:
        row = rows[-1]
        match = masks.get(word, 0) & row
        rows.append(((row + match) | (row - match)) & full)
    pairs: list[tuple[int, int]] = []
    i, j = len(one) - 1, len(other)
    while i >= 0 and j > 0:
        if rows[j] >> i & 1:
            i -= 1
        elif not rows[j - 1] >> i & 1:
            j -= 1
        else:
            pairs.append((i, j - 1))
            i, j = i - 1, j - 1
    return pairs[::-1]


def turned(said: Words, line: Words, laid: Laid) -> list[Turned]:
    """The gaps in which a small word or an opposite turns the sentence against its line."""
    found: list[Turned] = []
    for gap in laid.gaps:
        mine = [word.lower().replace("’", "'") for word in said.written[gap.i0 : gap.i1]]
        theirs = [word.lower().replace("’", "'") for word in line.written[gap.j0 : gap.j1]]
        at = (gap.i0, max(gap.i1, gap.i0 + 1))
        if gap.held and len(mine) <= 4 and len(theirs) <= 6:
            found += _small(mine, theirs, at)
        for i in range(gap.i0, gap.i1):
            against = OPPOSITES.get(said.stems[i], frozenset()) & set(line.stems[gap.j0 : gap.j1])
            if against and said.stems[i] not in line.stems:
                found.append(Turned("opposite", i, i + 1, f"{said.written[i]!r} where the evidence has the opposite"))
    return found


def _small(mine: list[str], theirs: list[str], at: tuple[int, int]) -> list[Turned]:
    found: list[Turned] = []
    odd = sum(word in NEGATIONS for word in mine) % 2 != sum(word in NEGATIONS for word in theirs) % 2
    if odd and (mine or len(theirs) <= 2):  # a longer part that was left out may be denied and the rest still stand
        extra = next((word for word in mine if word in NEGATIONS), "")
        why = f"{extra!r} is not in the evidence" if extra else "the evidence denies it"
        found.append(Turned("negation", *at, why))
    for kind, families in (("modality", MODALITY), ("quantifier", QUANTIFIERS), ("tense", TENSES)):
        ours = {families[word] for word in mine if word in families}
        known = {families[word] for word in theirs if word in families}
        if ours == known or (kind == "tense" and not (ours and known)):
            continue
        if ours - known and known - ours:
            found.append(Turned(kind, *at, f"the evidence says {' '.join(theirs)!r}, not {' '.join(mine)!r}"))
        elif ours - known:
            found.append(Turned(f"{kind}-new", *at, f"{' '.join(mine)!r} is not in the evidence"))
        elif not mine:
            found.append(Turned(f"{kind}-lost", *at, f"the evidence says {' '.join(theirs)!r}"))
    return found
