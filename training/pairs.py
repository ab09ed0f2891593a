"""Minimal pairs: a sentence that its source bears out, and the same sentence with one thing changed.

`python -m training.pairs DATA [--many N] [--seed N]` prints examples; `sources` and `pairs` are for the training.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from nutgraf.text.numbers import numbers
from nutgraf.text.words import STOPWORDS
from nutgraf.trust.grounding.flatten import flatten
from training import pair_words as table

#: Kinds that put in what the source does not hold, and kinds that wire what it holds together wrongly.
INVENTED = ("number", "date", "unit", "name-invented")
REWIRED = (
    "number-swap", "name-swap", "role-swap", "antonym", "negation", "quantifier", "tense", "modality",
)  # fmt: skip
KINDS = INVENTED + REWIRED
SETS = (
    "articles_18f", "articles_digitalgov", "articles_opensource_guide", "articles_rust_blog", "courses_lessons",
    "jobs_emscad", "jobs_usgov_tts", "posts_digitalgov_events", "ragtruth",
)  # fmt: skip
_FIELDS = ("text", "description", "requirements", "benefits", "company_profile", "context")
_NO_NAMES = frozenset((*table.SMALL, *STOPWORDS, "one"))
_MARKUP = re.compile(r"```.*?```|<[^>]+>|!?\[([^\]]*)\]\([^)]*\)|[*_`#|]{1,3}", re.DOTALL)
_NAME = re.compile(r"\b[A-Z][a-zà-ÿ’'-]+(?:\s(?:of\s)?[A-Z][a-zà-ÿ’'-]+){0,3}(?:\s[A-Z]{2,})?\b|(?<=\s)[A-Z]{3,}\b")
_NUMBER = re.compile(
    r"(?<![\w.,:/$€£#-])(?:[$€£])?\d{1,3}(?:(?:,\d{3})+|\d*)(?:\.\d+)?(?![\d:/-]|\.\d|,\d|st|nd|rd|th|\w)"
)
_YEAR = re.compile(r"(?<![\w.,:/$€£#-])(?:19|20)\d\d(?![\w:/-]|\.\d|,\d)")
_DATED = re.compile(rf"\b(?:{'|'.join(table.MONTHS)})\b(?: \d{{1,2}}(?!\d))?|\b(?:{'|'.join(table.DAYS)})\b")
_VERB = re.compile(
    r"\b(is|are|was|were|will|can|could|should|would|has|have|had|does|did|do|must)\b(?! not\b)(?!n['’]t)"
)
_PLAIN_VERB = re.compile(r"\b(provid|offer|includ|need|requir|support|contain|allow|work)(es|e|s)?\b")


@dataclass(frozen=True, slots=True)
class Pair:
    """`good` is borne out by `evidence` (the lines of one source); `bad` differs from it at `span` (of `bad`)."""

    kind: str
    good: str
    bad: str
    evidence: tuple[str, ...]
    span: tuple[int, int]
    source: str


@dataclass(frozen=True, slots=True)
class _Source:
    lines: tuple[str, ...]
    text: str
    low: str
    values: frozenset[float | str]
    names: tuple[str, ...]


_Edit = Callable[[str, _Source, random.Random], tuple[int, int, str] | None]


def held_out(source: str) -> bool:
    """Whether a source (by its first line or id) is kept for measuring: one in ten, by hash."""
    return hashlib.sha256(source.encode()).digest()[0] % 10 == 0


def sources(data: Path, part: str = "train", names: Sequence[str] = SETS) -> Iterator[tuple[str, ...]]:
    """The lines of every open-licence document under `data`, each document once."""
    seen: set[str] = set()
    for name in names:
        path = data / name / f"{part}.jsonl.gz"
        if not path.exists():
            continue
        with gzip.open(path, "rt", encoding="utf-8") as rows:
            for row in rows:
                lines = _document(json.loads(row))
                key = " ".join(lines[:3])
                if len(lines) >= 3 and key not in seen:
                    seen.add(key)
                    yield lines


def _document(row: dict[str, Any]) -> tuple[str, ...]:
    lines: list[str] = []
    for field in _FIELDS:
        value = row.get(field)
        if isinstance(value, str) and value.strip():
            plain = value if value.lstrip().startswith("{") else _MARKUP.sub(lambda match: match[1] or "", value)
            plain = re.sub(r"(?<![\n.:!?])\n(?!\s*\n|\s*[-*•\d])", " ", plain)
            lines += flatten(plain)
    return tuple(lines)


def pairs(documents: Iterable[Sequence[str]], seed: int = 0, each: int = 1) -> Iterator[Pair]:
    """Minimal pairs from the sentences of documents, the rarer kinds first; at most `each` a sentence.

    The same documents and seed give the same pairs. `good` is the sentence, often a little reworded; both members
    are reworded alike.
    """
    rng = random.Random(seed)
    done: Counter[str] = Counter()
    for document in documents:
        source = _source(document)
        for line in source.lines:
            if not _usable(line):
                continue
            kinds = sorted(KINDS, key=lambda kind: done[kind] + rng.random() * 40)
            made = 0
            for kind in kinds:
                found = _pair(kind, line, source, rng)
                if found:
                    done[kind] += 1
                    made += 1
                    yield found
                    if made == each:
                        break


def _source(document: Sequence[str]) -> _Source:
    text = "\n".join(document)
    found = Counter(match.group() for line in document for match in _NAME.finditer(line) if match.start() > 0)
    names = tuple(name for name in found if not _DATED.search(name) and len(name) > 2 and name.lower() not in _NO_NAMES)
    values = frozenset(number.value for number in numbers(text))
    return _Source(tuple(document), text, text.lower(), values, names)


def _usable(line: str) -> bool:
    return 6 <= len(line.split()) <= 45 and line[:1].isalnum() and line.endswith((".", "!")) and "http" not in line


def _pair(kind: str, line: str, source: _Source, rng: random.Random) -> Pair | None:
    said = reworded(line, rng)
    edit = EDITS[kind](said, source, rng)
    if edit is None:
        return None
    start, end, new = edit
    bad = said[:start] + new + said[end:]
    if bad.lower() == said.lower() or bad.lower() in source.low:
        return None
    return Pair(kind, said, bad, source.lines, (start, start + len(new)), source.lines[0])


def reworded(line: str, rng: random.Random) -> str:
    """A sentence that says the same or a part of it, at times the very same."""
    said = line
    if rng.random() < 0.4:
        said = re.sub(r"^(?:However|But|And|So|Also|In addition|Moreover|Then|Finally|Instead|Yet),? ", "", said)
    if rng.random() < 0.4:
        said = re.sub(r"\s?\([^()]*\)", "", said)
    if rng.random() < 0.25:
        said = re.sub(r", (?:which|who|where)\b[^,.;]*(?:,|(?=\.))", "", said)
    if rng.random() < 0.2:
        said = re.sub(r"^[^,]{4,40}, (?=(?:the|we|they|it|he|she|a|an)\b)", "", said)
    if rng.random() < 0.3:
        said = re.sub(r"(\d)\s?%", r"\1 percent", said) if "%" in said else re.sub(r"(\d) percent\b", r"\1%", said)
    if rng.random() < 0.3:
        digits = dict(zip(table.SMALL[:9], range(2, 11), strict=True))
        said = re.sub(rf"\b({'|'.join(digits)})\b(?= [a-z]+s\b)", lambda match: str(digits[match[1]]), said)
    if rng.random() < 0.3:
        for short, full in (("don't", "do not"), ("isn't", "is not"), ("can't", "cannot"), ("it's", "it is")):
            said = said.replace(short.replace("'", "’"), full).replace(short, full)
    return said[:1].upper() + said[1:]


def _choose(matches: Iterable[re.Match[str]], rng: random.Random) -> re.Match[str] | None:
    found = list(matches)
    return rng.choice(found) if found else None


def _counts_in(said: str, years: bool = False) -> list[re.Match[str]]:
    """The numbers that count something: not those of list items, nor days of a month."""
    return [
        match
        for match in _NUMBER.finditer(said)
        if (years or not _YEAR.fullmatch(match.group()))
        and (match.start() > 2 or said[match.end() : match.end() + 1] not in ".):")
        and not said[: match.start()].rstrip().endswith(tuple(table.MONTHS))
    ]


def _number(said: str, source: _Source, rng: random.Random) -> tuple[int, int, str] | None:
    words = re.compile(rf"\b(?:{'|'.join(table.SMALL)})\b")
    matches = [*_counts_in(said), *words.finditer(said)]
    match = _choose(matches, rng)
    if match is None:
        return None
    for _ in range(8):
        new = rng.choice(table.SMALL) if match.group() in table.SMALL else _other_number(match.group(), rng)
        if new != match.group() and not {number.value for number in numbers(new)} & source.values:
            return match.start(), match.end(), new
    return None


def _other_number(written: str, rng: random.Random) -> str:
    sign = written[0] if written[0] in "$€£" else ""
    bare = written.lstrip("$€£").replace(",", "")
    decimals = len(bare.partition(".")[2])
    value = float(bare)
    ways = [
        value * 2,
        value * 10,
        value / 2,
        value + rng.choice((-3, -2, -1, 1, 2, 3, 5)),
        value * rng.uniform(0.4, 2.2),
    ]
    new = max(abs(rng.choice(ways)), 0.1 if decimals else 1)
    return f"{sign}{new:,.{decimals}f}" if "," in written or new >= 10_000 else f"{sign}{new:.{decimals}f}"


def _date(said: str, source: _Source, rng: random.Random) -> tuple[int, int, str] | None:
    match = _choose((*_YEAR.finditer(said), *_DATED.finditer(said)), rng)
    if match is None or match.group() in ("May", "March"):
        return None
    old = match.group()
    if old.isdigit():
        new = str(int(old) + rng.choice((-12, -7, -4, -3, -2, -1, 1, 2, 3, 5)))
    elif old in table.DAYS:
        new = rng.choice(table.DAYS)
    else:
        month, _, day = old.partition(" ")
        if day and rng.random() < 0.5:
            new = f"{month} {rng.randint(1, 28)}"
        else:
            new = f"{rng.choice(table.MONTHS)} {day}".strip()
    return (match.start(), match.end(), new) if new.lower() not in source.low else None


def _unit(said: str, source: _Source, rng: random.Random) -> tuple[int, int, str] | None:
    after = rf"(?<=[\d\w][ -])({'|'.join(table.UNITS)})\b"
    matches = [
        m
        for m in re.finditer(after, said)
        if re.search(r"(?:\d|\b(?:" + "|".join(table.SMALL) + r"))[ -]$", said[: m.start()])
    ]
    match = _choose(matches, rng)
    if match is None:
        return None
    number = said[: match.start()].rsplit(maxsplit=1)[-1]
    new = rng.choice(table.UNITS[match.group()])
    return (match.start(), match.end(), new) if f"{number} {new}".lower() not in source.low else None


def _names_in(said: str) -> list[re.Match[str]]:
    return [
        m for m in _NAME.finditer(said) if m.start() > 0 and not _DATED.search(m.group()) and len(m.group()) > 2
        and said[: m.start()].rstrip()[-1:] not in ".!?:"
    ]  # fmt: skip


def _name_invented(said: str, source: _Source, rng: random.Random) -> tuple[int, int, str] | None:
    match = _choose(_names_in(said), rng)
    if match is None:
        return None
    before = said[: match.start()].split()[-1:]
    if before and before[0] in ("in", "from", "at", "near", "to") and rng.random() < 0.6:
        new = rng.choice(table.PLACES)
    elif len(match.group().split()) == 2 and rng.random() < 0.6:
        new = f"{rng.choice(table.FIRST)} {rng.choice(table.LAST)}"
    else:
        new = f"{rng.choice(table.FIRMS)} {rng.choice(table.ENDINGS)}".strip()
    return (match.start(), match.end(), new) if new.split()[0].lower() not in source.low else None


def _name_swap(said: str, source: _Source, rng: random.Random) -> tuple[int, int, str] | None:
    match = _choose(_names_in(said), rng)
    if match is None:
        return None
    old = match.group()
    others = [
        name
        for name in source.names
        if name not in said and old not in name and not (set(name.split()) & set(old.split()))
    ]
    others = [name for name in others if (len(name.split()) == 1) == (len(old.split()) == 1) or len(others) < 3]
    return (match.start(), match.end(), rng.choice(others)) if others else None


def _number_swap(said: str, source: _Source, rng: random.Random) -> tuple[int, int, str] | None:
    match = _choose(_counts_in(said, years=True), rng)
    if match is None:
        return None
    year = bool(_YEAR.fullmatch(match.group()))
    there = {m.group() for line in source.lines for m in _NUMBER.finditer(line)}
    others = sorted(
        one
        for one in there
        if one not in said and bool(_YEAR.fullmatch(one)) == year and one[0].isdigit() == match.group()[0].isdigit()
    )
    return (match.start(), match.end(), rng.choice(others)) if others else None


def _role_swap(said: str, source: _Source, rng: random.Random) -> tuple[int, int, str] | None:
    names = [
        m
        for m in _NAME.finditer(said)
        if not _DATED.search(m.group())
        and len(m.group()) > 2
        and not m.group().startswith(("The", "This", "Our", "We"))
    ]
    names = [m for m in names if m.start() > 0 or m.group() in source.names]
    for one, other in pairwise(names):
        between = said[one.end() : other.start()]
        if re.search(r"\b(?:and|or|with)\b|,", between) or not re.search(
            r"\b[a-z]+(?:ed|s)\b|\b(?:won|beat|met|led|told|gave|by)\b", between
        ):
            continue
        if one.group() != other.group():
            return one.start(), other.end(), other.group() + between + one.group()
    return None


def _from_table(words: dict[str, tuple[str, ...]], after: str = "") -> _Edit:
    pattern = re.compile(
        rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})(?![\w-]){after}"
    )

    def edit(said: str, source: _Source, rng: random.Random) -> tuple[int, int, str] | None:
        match = _choose(pattern.finditer(said), rng)
        return (match.start(), match.end(), rng.choice(words[match.group()])) if match else None

    return edit


def _negation(said: str, source: _Source, rng: random.Random) -> tuple[int, int, str] | None:
    if match := re.search(
        r"\b(is|are|was|were|will|can|could|should|would|has|have|had|does|did|do|must) not |\bcannot ", said
    ):
        new = "can " if match.group() == "cannot " else f"{match[1]} "
        return match.start(), match.end(), new
    match = _choose((*_VERB.finditer(said), *_PLAIN_VERB.finditer(said)), rng)
    if match is None:
        return None
    if match.re is _VERB:
        plain = match.group() in ("has", "have", "had") and not re.match(r" (?:been|\w+ed)\b", said[match.end() :])
        if plain:
            return (
                match.start(),
                match.end(),
                {"has": "does not have", "have": "do not have", "had": "did not have"}[match.group()],
            )
        return match.start(), match.end(), f"{match.group()} not"
    if not match[2] or match[2] == "e":
        return None
    base = match[1] + ("e" if match[2] == "es" and match[1] in ("provid", "includ", "requir") else "")
    return match.start(), match.end(), f"does not {base}"


EDITS: dict[str, _Edit] = {
    "number": _number,
    "date": _date,
    "unit": _unit,
    "name-invented": _name_invented,
    "number-swap": _number_swap,
    "name-swap": _name_swap,
    "role-swap": _role_swap,
    "antonym": _from_table(table.OPPOSITES),
    "negation": _negation,
    "quantifier": _from_table(table.QUANTIFIERS, r"(?= of | (?:the |our |these )?[a-z]+s\b| [a-z]+(?:ed|ly|ing)\b)"),
    "tense": _from_table(table.TENSES),
    "modality": _from_table(table.HEDGES),
}


def main() -> None:
    """Print pairs and how many of each kind there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--many", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    counts: Counter[str] = Counter()
    for pair in pairs(sources(asked.data), asked.seed):
        counts[pair.kind] += 1
        if counts.total() <= asked.many:
            print(f"{pair.kind}\n  + {pair.good}\n  - {pair.bad}  [{pair.bad[slice(*pair.span)]}]")
    print(dict(counts))


if __name__ == "__main__":
    main()
