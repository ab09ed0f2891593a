"""Real sentences about people, from news and articles: names found in one place are followed through the document.

A first tagger, trained on templates, finds the people it is sure of. Wherever their names stand elsewhere in the same
document, it is they: so sentences are learned from whose form the first tagger did not know. The people are exchanged
for made-up ones. Sentences in doubt are left out; those without people teach what is none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nutgraf.trust.pii import lexicon
from nutgraf.trust.pii.features import features, tokens
from nutgraf.trust.pii.tagger import LABELS, Tagger
from training.pii import slots
from training.pii.examples import Example, rows

#: Sets of documents, the field that holds them, and how many are read at most.
SETS = (("ragtruth", "context", 1500), ("bump", "context", 300), ("articles_18f", "text", 326),
        ("articles_digitalgov", "text", 700), ("articles_rust_blog", "text", 389))  # fmt: skip
SURE, DOUBT, NONE = 0.9, 0.6, 0.15
_CHARS = 9_000
_END = re.compile(r"(?<=[.!?])[\"”’)]?\s+|\n+|--")
_CAPITAL = re.compile(r"[^\W\d_]+(?:['’-](?!s\b)[^\W\d_]+)*")
#: Words that are not names by themselves although names may end in them.
_NEVER = lexicon.TITLE | lexicon.MONTH | lexicon.FIRM | lexicon.COMMON


@dataclass
class People:
    """The people of one document by the words that name them."""

    whole: set[tuple[str, ...]] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    family: set[str] = field(default_factory=set)

    def add(self, words: tuple[str, ...]) -> None:
        """Take note of a whole name."""
        self.whole.add(words)
        for word, kind in ((words[0], self.given), (words[-1], self.family)):
            if len(word) > 2 and word[0].isupper() and not lexicon.kinds(word) & (_NEVER | lexicon.PLACE):
                kind.add(word)


def documents(data: Path) -> Iterator[str]:
    """The documents, each once, cut to a length."""
    for name, column, most in SETS:
        seen: set[str] = set()
        for row in rows(data / name / "train.jsonl.gz"):
            text = row.get(column) or ""
            if not isinstance(text, str) or text[:80] in seen or text[:1] in "{[" or len(seen) >= most:
                continue
            seen.add(text[:80])
            yield re.sub(r"\(([A-Z]{2,5})\)|https?://\S+", r" ", text[:_CHARS])


def harvested(data: Path, first: Tagger, pick: random.Random, most: int) -> list[Example]:
    """Sentences with people exchanged, and as many again without any."""
    named: list[Example] = []
    bare: list[Example] = []
    for text in documents(data):
        for one in _sentences(text, first, pick):
            (named if one.spans else bare).append(one)
    pick.shuffle(named)
    pick.shuffle(bare)
    return named[:most] + bare[:most]


def _sentences(text: str, first: Tagger, pick: random.Random) -> Iterator[Example]:
    parts = [part.strip() for part in _END.split(text) if part and 15 < len(part) < 350]
    read = [(part, *_read(part, first)) for part in parts]
    people = People()
    for part, places, chances in read:
        for start, end in _runs(chances, SURE):
            words = tuple(part[slice(*places[i])] for i in range(start, end))
            if len(words) > 1 and all(word[0].isupper() and len(word) > 1 for word in words):
                people.add(words)
    for part, places, chances in read:
        spans = _known(part, people)
        covered = [any(s <= left and right <= e for s, e, _ in spans) for left, right in places]
        sure = [(places[a][0], places[b - 1][1]) for a, b in _runs(chances, DOUBT) if not any(covered[a:b])]
        doubted = any(NONE < p < DOUBT and not c for p, c in zip(chances, covered, strict=True))
        if doubted or any(not part[s].isupper() for s, _ in sure):
            continue
        spans += [(s, e, "person" if " " in part[s:e] else _kind(part[s:e])) for s, e in sure]
        yield _renamed(part, sorted(spans), pick)


def _read(part: str, first: Tagger) -> tuple[list[tuple[int, int]], list[float]]:
    places = tokens(part)
    if not places:
        return [], []
    chances = first.chances(first.table[features(part, places)].sum(axis=1))
    begin, inside = LABELS.index("B-person"), LABELS.index("I-person")
    return places, (chances[:, begin] + chances[:, inside]).tolist()


def _runs(chances: list[float], least: float) -> Iterator[tuple[int, int]]:
    start = None
    for at, chance in enumerate([*chances, 0.0]):
        if chance >= least and start is None:
            start = at
        elif chance < least and start is not None:
            yield start, at
            start = None


def _known(part: str, people: People) -> list[tuple[int, int, str]]:
    """Where the people stand: runs of capitalised words that are all of a name of one of them."""
    words = [match.span() for match in _CAPITAL.finditer(part)]
    found: list[tuple[int, int, str]] = []
    at = 0
    while at < len(words):
        for length in (4, 3, 2, 1):
            run = tuple(part[s:e] for s, e in words[at : at + length])
            if len(run) < length or part[words[at][0] : words[at + length - 1][1]] != " ".join(run):
                continue
            kind = "person" if run in people.whole else ""
            if length == 1:
                kind = "family" if run[0] in people.family else "given" if run[0] in people.given else ""
            if kind:
                found.append((words[at][0], words[at + length - 1][1], kind))
                at += length - 1
                break
        at += 1
    return [one for one in found if not _beside(part, one)]


def _beside(part: str, span: tuple[int, int, str]) -> bool:
    """Whether a single name stands right beside another capitalised word, of a firm or a place perhaps."""
    if span[2] == "person":
        return False
    before, after = re.search(r"(\w+) $", part[: span[0]]), re.match(r" (\w+)", part[span[1] :])
    near = [match[1] for match in (before, after) if match]
    return any(word[0].isupper() and not lexicon.kinds(word) & (_NEVER | lexicon.ROLE) for word in near)


def _kind(word: str) -> str:
    return "given" if lexicon.kinds(word) & lexicon.GIVEN else "family"


def _renamed(part: str, spans: list[tuple[int, int, str]], pick: random.Random) -> Example:
    makers = {"person": slots.person, "given": slots.given, "family": slots.family}
    text, found, at = "", [], 0
    again: dict[str, str] = {}
    for start, end, kind in spans:
        name = again.setdefault(part[start:end], makers[kind](pick))
        text += part[at:start]
        found.append((len(text), len(text) + len(name), "person"))
        text, at = text + name, end
    text += part[at:]
    small = pick.random() < 0.06 and len(text.lower()) == len(text)
    return Example(text.lower() if small else text, tuple(found), "")
