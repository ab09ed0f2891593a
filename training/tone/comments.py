"""Comments of our own as people write them below posts: hostile ones by label, and as many that attack nobody.

Patterns and slots are in comments/. `[a|b]` picks one; a pattern of hostile comments knows the labels of its section.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random

HERE = Path(__file__).parent / "comments"
#: How many comments are made of one pattern.
TOXIC_FILLS, CIVIL_FILLS = 16, 28
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
#: Spellings that hide a word.
_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5"})
_HIDDEN = re.compile(
    r"\b(fuck\w*|shit\w*|bitch\w*|idiots?|morons?|cunt|dick\w*|stupid|asshole|pussy|slut|whore|kill)\b"
)
_BEFORE = ("@user ", "@user @user ", "RT @user: ", "@user lol ", "Yo ", "And ", "but ", "Seriously, ")
_AFTER = ("!", "!!", "!!!", "...", "?!", " #fail", " #truth", " \U0001f602", " smh", " lol", " period.")


@cache
def slots() -> dict[str, list[str]]:
    """Slot -> what it may be filled with."""
    found: dict[str, list[str]] = tomllib.loads((HERE / "slots.toml").read_text(encoding="utf-8"))
    return found


def patterns(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(pattern, labels of its section) of `comments/NAME.txt`."""
    labels: tuple[str, ...] = ()
    for line in (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# ") and not line.endswith("."):
            labels = tuple(line[2:].split())
        elif line and not line.startswith("#"):
            yield line, labels


def filled(pattern: str, rng: Random) -> str:
    """One comment of a pattern."""
    text = pattern
    for _ in range(6):
        text = _CHOICE.sub(lambda m: rng.choice(m[1].split("|")), text)
        text = _SLOT.sub(lambda m: rng.choice(slots()[m[1]]), text)
    return re.sub(r"\s+([.,!?])", r"\1", re.sub(r"\s+", " ", text)).strip()


def roughened(text: str, rng: Random) -> str:
    """The comment as typed in a hurry: case, marks, repeats, a name in front, words half hidden."""
    if rng.random() < 0.35:
        text = text.lower()
    elif rng.random() < 0.07:
        text = text.upper()
    if rng.random() < 0.25:
        text = _HIDDEN.sub(lambda m: hidden(m[0], rng), text)
    if rng.random() < 0.2:
        text = text.replace("'", "").replace("you are", "ur").replace(" you ", " u ").replace("your ", "ur ")
    if rng.random() < 0.2:
        text = rng.choice(_BEFORE) + text
    if rng.random() < 0.3:
        text += rng.choice(_AFTER)
    return text


def hidden(word: str, rng: Random) -> str:
    """A word with letters starred, swapped for digits, spaced, doubled or left out."""
    kind, at = rng.randrange(5), rng.randrange(1, len(word))
    if kind == 0:
        return word[0] + "*" * (len(word) - 2) + word[-1]
    if kind == 1:
        return word.translate(_LEET)
    if kind == 2:
        return rng.choice([" ", ".", "-"]).join(word)
    return word[:at] + (word[at] * 3 if kind == 3 else rng.choice("*#@$")) + word[at + 1 :]


def comments() -> list[tuple[str, tuple[str, ...]]]:
    """(comment, its labels; none of a civil one), in an order that never changes, each once."""
    found: dict[str, tuple[str, ...]] = {}
    for name, fills in (("toxic", TOXIC_FILLS), ("civil", CIVIL_FILLS)):
        for pattern, labels in patterns(name):
            rng = Random(int(sha256(pattern.encode()).hexdigest()[:8], 16))
            for _ in range(fills):
                text = filled(pattern, rng)
                found.setdefault(roughened(text, rng) if rng.random() < 0.7 else text, labels)
    return list(found.items())
