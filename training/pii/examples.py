"""Sentences to train the tagger on: labelled ones with names exchanged, our own templates, and plain text of work."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nutgraf.trust.pii import lexicon
from nutgraf.trust.pii.features import tokens
from nutgraf.trust.pii.tagger import LABELS
from training.pii import slots

Span = tuple[int, int, str]

_KIND = {
    "PERSON": "person", "ORGANIZATION": "organisation", "GPE": "place", "LOCATION": "place", "ADDRESS": "address",
    "STREET_ADDRESS": "address", "ZIP_CODE": "address",
}  # fmt: skip
#: Some rows label the title as a person beside the name.
_TITLE = re.compile(r"(?:Mr|Mrs|Ms|Dr|Miss)\.?", re.IGNORECASE)
_SLOT = re.compile(r"\{(\w+)\}")
TEMPLATES = Path(__file__).parent / "templates.txt"


@dataclass(frozen=True, slots=True)
class Example:
    """A text, its spans by kind, and the template it was made from, by which parts are cut."""

    text: str
    spans: tuple[Span, ...]
    template: str


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a gzip JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def labelled(path: Path) -> list[Example]:
    """The labelled sentences of a part of pii_presidio."""
    found = []
    for row in rows(path):
        spans = tuple(
            (s["start"], s["end"], _KIND[s["type"]])
            for s in row["spans"]
            if s["type"] in _KIND and not _TITLE.fullmatch(s["text"])
        )
        template = re.sub(r"\{\{\w+\}\}", "{}", row["template"].lower())
        found.append(Example(row["text"], spans, template))
    return found


def joined(example: Example) -> Example:
    """Streets, towns, countries and codes that stand beside each other become one address."""
    merged: list[Span] = []
    for start, end, kind in sorted(example.spans):
        if merged and kind in ("address", "place") and merged[-1][2] in ("address", "place"):
            gap = example.text[merged[-1][1] : start]
            if not gap.strip(" \n,") and (kind == "address" or merged[-1][2] == "address" or "\n" in gap):
                merged[-1] = (merged[-1][0], end, "address" if "address" in (kind, merged[-1][2]) else "place")
                continue
        merged.append((start, end, kind))
    return Example(example.text, tuple(merged), example.template)


def exchanged(example: Example, pick: random.Random) -> Example:
    """The same sentence with other people, places, firms and addresses, at times in another case."""
    text, spans, at = "", [], 0
    for start, end, kind in sorted(joined(example).spans):
        old = example.text[start:end]
        text += example.text[at:start]
        new = _another(old, kind, pick)
        spans.append((len(text), len(text) + len(new), kind))
        text, at = text + new, end
    text += example.text[at:]
    return Example(text.lower(), tuple(spans), example.template) if text.lower() != text and _short(
        text.lower(), text) and pick.random() < 0.08 else Example(text, tuple(spans), example.template)  # fmt: skip


def _short(lowered: str, text: str) -> bool:
    return len(lowered) == len(text)


def _another(old: str, kind: str, pick: random.Random) -> str:
    if old.endswith(".") and len(old) < 5:
        return old
    if kind == "person":
        if " " in old:
            return slots.person(pick)
        return slots.given(pick) if lexicon.kinds(old) & lexicon.GIVEN or pick.random() < 0.4 else slots.family(pick)
    if kind == "place":
        return slots.place(pick)
    if kind == "organisation":
        return slots.firm(pick)
    return slots.address(pick) if len(tokens(old)) > 4 else old


def made(pick: random.Random, count: int, path: Path = TEMPLATES) -> Iterator[Example]:
    """Sentences made from our own templates; some two or three to a text."""
    lines = [line.replace("\\n", "\n") for line in path.read_text(encoding="utf-8").splitlines() if line]
    for number in range(count):
        template = lines[number % len(lines)]
        text, spans = filled(template, pick)
        if pick.random() < 0.15:
            more, others = filled(pick.choice(lines), pick)
            gap = pick.choice((" ", "\n"))
            spans += [(start + len(text) + 1, end + len(text) + 1, kind) for start, end, kind in others]
            text += gap + more
        if pick.random() < 0.1 and _short(text.lower(), text):
            text = text.lower()
        if pick.random() < 0.4:
            text = text.replace("'", "’")
        yield joined(Example(text, tuple(spans), template))


def filled(template: str, pick: random.Random) -> tuple[str, list[Span]]:
    """A template with every slot filled, and where the labelled ones are."""
    text, spans, at = "", [], 0
    for match in _SLOT.finditer(template):
        text += template[at : match.start()]
        kind, make = slots.FILL[match[1]]
        value = make(pick)
        if kind:
            spans.append((len(text), len(text) + len(value), kind))
        text, at = text + value, match.end()
    return text + template[at:], spans


_PRONOUN = re.compile(r"(?<![\\w'’])(He|She|he|she|him|They|they|[Hh]is|[Hh]er)(?![\\w'’])")


def named(data: Path, pick: random.Random, count: int) -> list[Example]:
    """Sentences of real texts about somebody, with a name where the pronoun stood."""
    texts = [
        part for row in rows(data / "ragtruth/train.jsonl.gz") for part in re.split(r"(?<=[.!?]) ", row["response"])
    ]
    texts = [text for text in texts if len(text) < 200 and _PRONOUN.search(text) and not re.search(r".[A-Z0-9]", text)]
    pick.shuffle(texts)
    found = []
    for text in texts[:count]:
        match = pick.choice(list(_PRONOUN.finditer(text)))
        name = pick.choice((slots.person, slots.given, slots.family))(pick)
        tail = pick.choice(("'s", "’s")) if match[0].lower() in ("his", "her") else ""
        spans = ((match.start(), match.start() + len(name), "person"),)
        new = text[: match.start()] + name + tail + text[match.end() :]
        found.append(Example(new.lower() if pick.random() < 0.06 and new.isascii() else new, spans, ""))
    return found


def plain(data: Path, pick: random.Random, count: int) -> list[Example]:
    """Professional text that names nobody: job ads, tasks, occupations, courses, questions to an assistant."""
    texts = [row["sentence"] for row in rows(data / "skills_esco_extraction/train.jsonl.gz")]
    for row in rows(data / "onet/train.jsonl.gz"):
        texts += [row["title"], row["description"], *pick.sample(_strings(row.get("tasks", [])), 1)]
    for row in rows(data / "esco/occupations.jsonl.gz"):
        texts += [row["label"].title(), *[alt.title() for alt in row["alt"][:1]]]
    courses = [row["title"] for row in rows(data / "courses_catalogue/train.jsonl.gz")]
    texts += [title for title in courses if " by " not in title.lower()]
    texts += [row["text"] for row in rows(data / "intent_clinc150/train.jsonl.gz") if _nameless(row["text"])][::4]
    pick.shuffle(texts)
    articles = [
        text for name in ("articles_18f", "articles_digitalgov", "jobs_emscad") for text in _sentences(data / name)
    ]
    pick.shuffle(articles)
    return [Example(text, (), "") for text in [*texts[: count // 2], *articles[: count // 2]]]


def _sentences(folder: Path) -> Iterator[str]:
    """Sentences of articles and ads in which no given name of the list stands, and nobody is introduced."""
    for row in rows(folder / "train.jsonl.gz"):
        for text in re.split(r"(?<=[.!?])\s+|\n\n", row.get("text") or row.get("description") or ""):
            known = any(lexicon.kinds(word) & lexicon.GIVEN for word in re.findall(r"[A-Z]\w+", text))
            if 20 < len(text) < 300 and not known and not re.search(r"\b(?:by|Mr|Ms|said|says|Dr|interview)\b", text):
                yield text


def _strings(values: Iterable[Any]) -> list[str]:
    return [value if isinstance(value, str) else str(value.get("task", "")) for value in values] or [""]


def _nameless(text: str) -> bool:
    return (
        not any(lexicon.kinds(word) & (lexicon.GIVEN | lexicon.PLACE) for word in text.split()) and "name" not in text
    )


def labels(example: Example) -> tuple[list[tuple[int, int]], list[int]]:
    """Tokens of a text, and the number of each one's label."""
    places = tokens(example.text)
    found = [0] * len(places)
    for start, end, kind in example.spans:
        inside = [i for i, (left, right) in enumerate(places) if left >= start and right <= end]
        for order, i in enumerate(inside):
            found[i] = LABELS.index(f"{'I' if order else 'B'}-{kind}")
    return places, found
