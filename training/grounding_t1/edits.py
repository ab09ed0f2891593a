"""Small edits of a sentence: harmful ones that change what it claims, and harmless ones that only change its words.

A pair is made from one sentence of a source. Either the claim is edited and the source kept, or the source is edited
and the claim kept, so that nothing in the claim alone tells which member is the false one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from random import Random

from training.grounding_t1.vocabulary import (
    ADDITIONS,
    ADVERBS,
    ANTONYMS,
    ATTRIBUTIONS,
    CONTRACTIONS,
    DIGITS,
    MODALS,
    MONTHS,
    QUANTIFIERS,
    SYNONYMS,
    TENSES,
    UNITS,
    WEEKDAYS,
)

Edit = Callable[[str, "Pool", Random], str | None]
_WORD = re.compile(r"\w+(?:['’]\w+)?|[^\w\s]")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+|(?<![\w.])\d+(?:\.\d+)?")
_NAME = re.compile(r"(?<![.!?\"“] )(?<!^)\b[A-Z][a-zA-Z&'’-]+(?: (?:of |the )?[A-Z][a-zA-Z&'’-]+){0,3}")
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|can|could|will|would|should|may|might|must)\b(?! not\b|n['’]t)"
)
_NEGATED = re.compile(r"\b(is|are|was|were|has|have|had|could|would|should|may|might|must|do|does|did|will|can) ?not ")
_PAST = re.compile(r"\b(?:he|she|it|they|who|and|also|which|we|[A-Z][a-z]+) ((?:[a-z]+)ed)\b(?! by\b)")
_COMMON = re.compile(r"\b[a-z]{5,}\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True)
class Pool:
    """What a source and the rest of the world offer for replacements."""

    names: Sequence[str]
    numbers: Sequence[str]
    words: Sequence[str]
    far_names: Sequence[str]


@dataclass(frozen=True)
class Pair:
    """A true and a false claim for the same evidence, or (`flipped`) the same claim for two lines of evidence."""

    kind: str
    good: str
    bad: str
    good_line: str
    bad_line: str


def names_in(text: str) -> list[str]:
    """Names that do not open a sentence, in order."""
    return [match.group().strip() for match in _NAME.finditer(text)]


def numbers_in(text: str) -> list[str]:
    """Numbers in digits, in order."""
    return [match.group() for match in _NUMBER.finditer(text)]


def words_in(text: str) -> list[str]:
    """Longer words in lower case, in order."""
    return _COMMON.findall(text)


def changed(before: str, after: str) -> list[tuple[int, int]]:
    """Character ranges of `after` that `before` does not have; a deletion marks the words on both sides of it."""
    left, right = list(_WORD.finditer(before)), list(_WORD.finditer(after))
    matcher = SequenceMatcher(
        None, [m.group().casefold() for m in left], [m.group().casefold() for m in right], autojunk=False
    )
    spans = []
    for what, _, _, start, end in matcher.get_opcodes():
        if what == "equal" or not right:
            continue
        first, last = (start, end) if end > start else (max(0, start - 1), min(len(right), start + 1))
        spans.append((right[first].start(), right[last - 1].end()))
    return spans


def _replace(text: str, start: int, end: int, new: str) -> str | None:
    old = text[start:end]
    if old.casefold() == new.casefold():
        return None
    if old[:1].isupper() and new[:1].islower():
        new = new[:1].upper() + new[1:]
    return text[:start] + new + text[end:]


def _one_of(text: str, table: dict[str, Sequence[str]], rng: Random) -> str | None:
    pattern = re.compile(r"\b(?:" + "|".join(re.escape(k) for k in table) + r")\b", re.IGNORECASE)
    found = list(pattern.finditer(text))
    if not found:
        return None
    match = rng.choice(found)
    return _replace(text, match.start(), match.end(), rng.choice(table[match.group().casefold()]))


def _number(text: str, pool: Pool, rng: Random) -> str | None:
    found = list(_NUMBER.finditer(text))
    if not found or rng.random() < 0.25:
        return _one_of(text, DIGITS, rng) or (None if not found else _number_digits(text, rng.choice(found), pool, rng))
    return _number_digits(text, rng.choice(found), pool, rng)


def _number_digits(text: str, match: re.Match[str], pool: Pool, rng: Random) -> str | None:
    old = match.group()
    others = [n for n in pool.numbers if n != old and len(n) == len(old)]
    if others and rng.random() < 0.35:
        return _replace(text, match.start(), match.end(), rng.choice(others))
    value = float(old.replace(",", ""))
    if _YEAR.fullmatch(old):
        new = str(int(value) + rng.choice((-7, -5, -3, -2, -1, 1, 2, 3, 5, 10)))
    elif "." in old:
        new = f"{max(0.1, value + rng.choice((-2, -1, -0.5, -0.3, 0.3, 0.5, 1, 2))):.{len(old.split('.')[1])}f}"
    elif value < 20:
        new = str(int(max(0, value + rng.choice((-3, -2, -1, 1, 2, 3, 4)))))
    else:
        factor = rng.choice((0.5, 0.7, 0.8, 0.9, 1.1, 1.2, 1.5, 2, 10))
        new = f"{int(value * factor):,}" if "," in old else str(int(value * factor))
    return None if new == old else _replace(text, match.start(), match.end(), new)


def _date(text: str, pool: Pool, rng: Random) -> str | None:
    for table in rng.sample((MONTHS, WEEKDAYS), 2):
        found = list(re.finditer(r"\b(?:" + "|".join(table) + r")\b", text))
        if found:
            match = rng.choice(found)
            return _replace(text, match.start(), match.end(), rng.choice(table))
    return None


def _unit(text: str, pool: Pool, rng: Random) -> str | None:
    return _one_of(text, UNITS, rng)


def _name(text: str, names: Sequence[str], rng: Random) -> str | None:
    found = [m for m in _NAME.finditer(text) if m.group() not in MONTHS and m.group() not in WEEKDAYS]
    if not found:
        return None
    match = rng.choice(found)
    old = match.group()
    able = [n for n in names if n not in text and not set(n.split()) & set(old.split())]
    same = [n for n in able if len(n.split()) == len(old.split())] or able
    return _replace(text, match.start(), match.end(), rng.choice(same)) if same else None


def _name_near(text: str, pool: Pool, rng: Random) -> str | None:
    return _name(text, pool.names, rng)


def _name_far(text: str, pool: Pool, rng: Random) -> str | None:
    return _name(text, pool.far_names, rng)


def _swap(text: str, pool: Pool, rng: Random) -> str | None:
    pattern = _NAME if rng.random() < 0.7 else _NUMBER
    found = list(pattern.finditer(text))
    pairs = [
        (a, b)
        for a, b in pairwise(found)
        if a.group() != b.group() and not re.fullmatch(r"\s*(?:,|and|or|, and|&)\s*", text[a.end() : b.start()])
    ]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return text[: a.start()] + b.group() + text[a.end() : b.start()] + a.group() + text[b.end() :]


def _antonym(text: str, pool: Pool, rng: Random) -> str | None:
    return _one_of(text, ANTONYMS, rng)


def _negation(text: str, pool: Pool, rng: Random) -> str | None:
    match = _NEGATED.search(text)
    if match:
        verb = {"do": "", "does": "", "did": ""}.get(match.group(1), match.group(1) + " ")
        return text[: match.start()] + verb + text[match.end() :]
    found = list(_AUXILIARY.finditer(text))
    if found:
        match = rng.choice(found)
        word = rng.choice((" not", " not", " never", " no longer")) if match.group() != "can" else "not"
        return text[: match.end()] + word + text[match.end() :]
    past = _PAST.search(text)
    if past:
        return text[: past.start(1)] + "never " + text[past.start(1) :]
    return None


def _quantifier(text: str, pool: Pool, rng: Random) -> str | None:
    return _one_of(text, QUANTIFIERS, rng)


def _modality(text: str, pool: Pool, rng: Random) -> str | None:
    return _one_of(text, MODALS, rng)


def _tense(text: str, pool: Pool, rng: Random) -> str | None:
    return _one_of(text, TENSES, rng)


def _ending(word: str) -> str:
    for suffix in ("ing", "ed", "ly", "tion", "ers", "er", "s", "al", "ive", "ous"):
        if word.endswith(suffix):
            return suffix
    return ""


def _word_near(text: str, pool: Pool, rng: Random) -> str | None:
    found = list(_COMMON.finditer(text))
    rng.shuffle(found)
    for match in found[:4]:
        able = [w for w in pool.words if w not in text and _ending(w) == _ending(match.group())]
        if able:
            return _replace(text, match.start(), match.end(), rng.choice(able))
    return None


def _addition(text: str, pool: Pool, rng: Random) -> str | None:
    body = text.rstrip(".!? ")
    extra = rng.choice(ADDITIONS)
    if "{name}" in extra:
        if not pool.far_names:
            return None
        extra = extra.replace("{name}", rng.choice(pool.far_names))
    extra = extra.replace("{n}", str(rng.randint(2, 40))).replace("{year}", str(rng.randint(1985, 2025)))
    return f"{body} {extra}."


HARMFUL: dict[str, tuple[Edit, float]] = {
    "number": (_number, 3),
    "date": (_date, 1.5),
    "unit": (_unit, 0.7),
    "name_invented": (_name_far, 2),
    "name_same_source": (_name_near, 2.5),
    "swap": (_swap, 2.5),
    "antonym": (_antonym, 4),
    "negation": (_negation, 3),
    "quantifier": (_quantifier, 1.5),
    "modality": (_modality, 1.5),
    "tense": (_tense, 1.0),
    "word_same_source": (_word_near, 1.5),
    "addition": (_addition, 1.2),
}


def harm(text: str, pool: Pool, rng: Random) -> tuple[str, str] | None:
    """(kind, false text): one random edit that changes the claim; None when none applies."""
    kinds = list(HARMFUL)
    weights = [HARMFUL[kind][1] for kind in kinds]
    for _ in range(6):
        kind = rng.choices(kinds, weights)[0]
        done = HARMFUL[kind][0](text, pool, rng)
        if done and done != text:
            return kind, done
    return None


def soften(text: str, rng: Random) -> str:
    """The same claim in slightly other words: up to two harmless edits."""
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        text = rng.choice(_HARMLESS)(text, rng) or text
    return text


def _synonym(text: str, rng: Random) -> str | None:
    return _one_of(text, SYNONYMS, rng)


def _contraction(text: str, rng: Random) -> str | None:
    return _one_of(text, CONTRACTIONS, rng)


def _attribution(text: str, rng: Random) -> str | None:
    return None if not text or text[0] in "\"'“(" else f"{rng.choice(ATTRIBUTIONS)} {text}"


def _no_bracket(text: str, rng: Random) -> str | None:
    return re.sub(r" ?\([^()]{1,60}\)", "", text)


def _no_adverb(text: str, rng: Random) -> str | None:
    return re.sub(r"\b(?:" + "|".join(ADVERBS) + r"),? ", "", text, count=1)


def _no_tail(text: str, rng: Random) -> str | None:
    head, comma, tail = text.rstrip(".!? ").rpartition(", ")
    return (
        head + "." if comma and len(head) > 40 and len(tail) > 12 and not re.match(r"(?:and|or|but)\b", tail) else None
    )


def _turned_pair(text: str, rng: Random) -> str | None:
    match = re.search(r"\b([A-Z][a-z]+|[a-z]{4,}) and ([A-Z][a-z]+|[a-z]{4,})\b(?= [a-z]|[,.])", text)
    if not match or match.group(1)[0].isupper() != match.group(2)[0].isupper():
        return None
    return text[: match.start()] + f"{match.group(2)} and {match.group(1)}" + text[match.end() :]


_HARMLESS = (_synonym, _synonym, _synonym, _contraction, _attribution, _no_bracket, _no_adverb, _no_tail, _turned_pair)


def pair(line: str, pool: Pool, rng: Random) -> Pair | None:
    """One pair out of a line of evidence. Half of them edit the evidence instead of the claim."""
    done = harm(line, pool, rng)
    if done is None:
        return None
    kind, false = done
    seed = rng.random()
    if kind == "addition" or rng.random() < 0.5:
        good = soften(line, Random(seed))
        bad = soften(false, Random(seed))
        return Pair(kind, good, bad, line, line) if good != bad else None
    claim = soften(line, Random(seed))
    if not set(words_in(claim)) >= set(words_in(line)) - set(words_in(false)):
        return None  # the harmless edit took away what the pair is about
    return Pair(kind, claim, claim, line, false)
