"""Harmless sentences close to attacks: orders among people, corrections, talk about attacks, plain how-to questions."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from training.attacks.templates import CONTENT, fill

SLOT = re.compile(r"\[(\w+)\]")
_PHRASES = json.loads(Path(__file__).with_name("phrases.json").read_text(encoding="utf-8"))
PARTS: dict[str, list[str]] = _PHRASES["people"]
SENTENCES: list[str] = _PHRASES["sentences"]
#: Frames of harmless how-to questions; `{it}` is something that people do at work, in the infinitive.
WORK: list[str] = _PHRASES["work"]
#: Frames of harmless questions about a topic, `{t}`.
TOPICS: list[str] = _PHRASES["topics"]


def everyday(count: int, seed: int) -> Iterator[str]:
    """`count` orders, corrections and remarks among people, talk about attacks included; some words in capitals."""
    rng = random.Random(seed)
    for _ in range(count):
        text = _said(rng)
        if rng.random() < 0.08:
            words = text.split(" ")
            at = rng.randrange(len(words))
            words[at] = words[at].upper()
            text = " ".join(words)
        yield text


def _said(rng: random.Random) -> str:
    if rng.random() < 0.22:
        return _quoting(rng)
    text = rng.choice(SENTENCES)
    for _ in range(2):
        text = SLOT.sub(lambda m: rng.choice(PARTS[m.group(1)]), text)
    return text[0].upper() + text[1:]


def _quoting(rng: random.Random) -> str:
    """A sentence that quotes an attack while it speaks about it."""
    family = rng.choice(["override", "rate", "fake-turn", "steer", "exfiltrate", "multilingual", "form"])
    said = fill(rng.choice(CONTENT[family]), rng).replace('"', "'").replace("\n", " ")
    left, right = rng.choice([('"', '"'), ("“", "”"), ("'", "'"), ("«", "»"), ("`", "`")])
    said_of = " ".join(rng.choice(PARTS[name]) for name in ("speaker", "tells", "enemy", "acts"))
    forms = (
        f"{rng.choice(PARTS['lead'])} {left}{said}{right} {rng.choice(PARTS['trail'])}",
        f"{said_of}, for example with {left}{said}{right}.",
        f"Why is {left}{said}{right} called a prompt injection?",
        f"{left}{said}{right}: {rng.choice(PARTS['lead']).lower()} this, {rng.choice(PARTS['trail'])}",
    )
    return rng.choice(forms)


def howto(tasks: Sequence[str], count: int, seed: int) -> Iterator[str]:
    """`count` harmless questions and requests about `tasks`, which begin with a verb."""
    rng = random.Random(seed)
    for _ in range(count):
        task = rng.choice(tasks).strip().rstrip(".")
        yield rng.choice(WORK).replace("{it}", task[0].lower() + task[1:])


def topics(titles: Sequence[str], count: int, seed: int) -> Iterator[str]:
    """`count` harmless requests about the titles of courses and occupations."""
    rng = random.Random(seed)
    for _ in range(count):
        yield rng.choice(TOPICS).replace("{t}", rng.choice(titles).strip())
