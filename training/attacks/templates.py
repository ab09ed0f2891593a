"""Attacks of our own to hide in content, frames round harmful goals, and ordinary uses of trigger words."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

SLOT = re.compile(r"\{(\w+)\}")
_PHRASES = json.loads(Path(__file__).with_name("phrases.json").read_text(encoding="utf-8"))
WORDS: dict[str, list[str]] = _PHRASES["slots"]
#: family: sentences that somebody hides in a profile, post, job ad, e-mail or skill result.
CONTENT: dict[str, list[str]] = _PHRASES["content"]
#: family: what somebody types into the chat to get at secrets or to switch the task.
DIRECT: dict[str, list[str]] = _PHRASES["direct"]
#: Parts without rules that a model is told to play.
PERSONAS: list[str] = _PHRASES["personas"]
#: Frames that wrap a harmful goal in fiction, study, urgency or rank; `{goal}` is the goal with a small first letter.
FRAMES: list[str] = _PHRASES["frames"]
#: Ordinary things people do with words that attacks also use, and how they are asked about.
ORDINARY: list[str] = _PHRASES["ordinary"]
ASKED: list[str] = _PHRASES["asked"]
MARKS = "({ ]] \\ == !! -- << >{ \" ']; ** ``` ... @@ (? }) $\\ -> //".split()


def fill(template: str, rng: random.Random) -> str:
    """`template` with every slot filled by chance, slots inside fillings too; a small start becomes a capital."""
    template = _filled(template, rng)
    return template[0].upper() + template[1:]


def _filled(template: str, rng: random.Random) -> str:
    for _ in range(6):
        if not SLOT.search(template):
            break
        template = SLOT.sub(lambda m: rng.choice(WORDS[m.group(1)]), template)
    return template


def content_attacks(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """`count` pairs (family, sentence), families in turn."""
    rng = random.Random(seed)
    families = sorted(CONTENT)
    for at in range(count):
        family = families[at % len(families)]
        yield family, fill(rng.choice(CONTENT[family]), rng)


def direct_attacks(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """`count` pairs (family, message), families in turn."""
    rng = random.Random(seed)
    families = sorted(DIRECT)
    for at in range(count):
        family = families[at % len(families)]
        yield family, fill(rng.choice(DIRECT[family]), rng)


def framed(goal: str, rng: random.Random) -> str:
    """A harmful goal inside a frame."""
    goal = goal.strip().rstrip(".")
    before, mark, after = rng.choice(FRAMES).partition("{goal}")
    return "".join((fill(before, rng) if before else "", mark and goal[0].lower() + goal[1:], _filled(after, rng)))


def personas(count: int, seed: int) -> Iterator[str]:
    """`count` orders to play somebody without rules."""
    rng = random.Random(seed)
    for _ in range(count):
        yield fill(rng.choice(PERSONAS).replace("{name}", rng.choice(WORDS["name"])), rng)


def suffixed(goal: str, rng: random.Random, tokens: list[str]) -> str:
    """A harmful goal with a tail of odd tokens, as gradient attacks write it."""
    tail = [_odd(rng, tokens) for _ in range(rng.randint(8, 22))]
    return goal.strip() + " " + "".join(t + rng.choice(["", " ", " "]) for t in tail)


def _odd(rng: random.Random, tokens: list[str]) -> str:
    """A mark, a word, a piece of a word, or two words run together."""
    drawn, word = rng.random(), rng.choice(tokens)
    if drawn < 0.3:
        return rng.choice(MARKS)
    if drawn < 0.5:
        return word[: rng.randint(2, 5)] if rng.random() < 0.5 else word[-rng.randint(2, 5) :]
    return word + rng.choice(tokens).capitalize() if drawn < 0.6 else word


def ordinary(count: int, seed: int) -> Iterator[str]:
    """`count` harmless requests and remarks with words that attacks use."""
    rng = random.Random(seed)
    for _ in range(count):
        yield rng.choice(ASKED).replace("{it}", rng.choice(ORDINARY))
