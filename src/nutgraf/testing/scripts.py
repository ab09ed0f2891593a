"""What models really send, good and bad, as scripts: text, seconds of silence, failures. Seeded, so repeatable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from nutgraf.errors import ModelBusy, ModelCut, ModelRefused, ModelSilent
from nutgraf.testing.models import Piece

_SENTENCES = (
    "The clinic moved its triage board and the wait fell from 41 to 28 minutes",
    "Ana Brandt hired two bakers in March",
    "The course takes nine weeks and ends with a paid task",
    "Applicants need no degree, but a forklift licence",
    "The team lost 14 orders because a loan file was missing",
    "Omar Reyes teaches the evening group in Elmford",
    "Prices rise by 3.5 percent in January",
    "The new route saves each driver 22 miles a day",
)


_MARKS = (
    "[", "[1", "]1[", "[99999999999999999999].", "[0].", "[-1].", "[1][1][1", "[one].", "{'a':", "###", "```", "- - -",
)  # fmt: skip
_NOTHING: tuple[tuple[Piece, ...], ...] = ((), ("",), ("", "", ""), (0.5,), (" ",), ("\n\n\n",), ("\u200b",))
_ODD = (
    "\ufffd", "\x00", "\u202e", "\u2028", "\U0001f469\u200d\U0001f52c", "e\u0301", "\ud83d", "\r", "\x1b[31m", "\ufeff",
)  # fmt: skip
_MARKUP = (
    "![x](http://tracker.invalid/a.png)", "<script>alert(1)</script>", "[1](http://tracker.invalid)", "**1.** ", "> ",
)  # fmt: skip


def _cut_up(text: str, rng: Random) -> list[Piece]:
    """The same text in pieces of 1 to 9 characters, with some short pauses."""
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        size = rng.randint(1, 9)
        pieces.append(text[at : at + size])
        at += size
        if rng.random() < 0.1:
            pieces.append(round(rng.uniform(0.001, 0.2), 4))
    return pieces


def _draft(rng: Random, evidence: int = 3) -> str:
    numbers = sorted(rng.sample(range(1, evidence + 1), rng.randint(1, 2)))
    cited = rng.choice([f"[{', '.join(map(str, numbers))}].", "".join(f"[{n}]" for n in numbers) + "."])
    return f"{rng.choice(_SENTENCES)} {cited}"


def _drafts(rng: Random) -> str:
    return "\n".join(_draft(rng) for _ in range(rng.randint(1, 4)))


def _part(rng: Random) -> list[Piece]:
    """The beginning of a good answer."""
    pieces = _cut_up(_drafts(rng), rng)
    return pieces[: rng.randint(0, len(pieces))]


def _good(rng: Random) -> list[Piece]:
    return [round(rng.uniform(0.0, 0.8), 3), *_cut_up(_drafts(rng), rng)]


def _malformed(rng: Random) -> list[Piece]:
    lines: list[str] = []
    for _ in range(6):
        before = "" if rng.random() < 0.5 else f"{rng.choice(_SENTENCES)} "
        lines.append(before + rng.choice(_MARKS))
    return _cut_up("\n".join(lines), rng)


def _cut(rng: Random) -> list[Piece]:
    return [*_part(rng), ModelCut("the stream ended before the answer was done")]


def _stall(rng: Random) -> list[Piece]:
    return [*_part(rng), rng.uniform(5.0, 3600.0), *_part(rng)]


def _refusal(rng: Random) -> list[Piece]:
    return [*_part(rng), rng.choice((ModelBusy, ModelRefused, ModelSilent))("scripted failure")]


def _crash(rng: Random) -> list[Piece]:
    return [*_part(rng), rng.choice((RuntimeError, ValueError, OSError, KeyError))("scripted crash")]


def _babble(rng: Random) -> list[Piece]:
    word = rng.choice(("and so on ", "the the ", "a", "[1] ", "\n", ". "))
    return [word] * rng.randint(2_000, 6_000)


def _empty(rng: Random) -> list[Piece]:
    return list(rng.choice(_NOTHING))


def _repeated(rng: Random) -> list[Piece]:
    return _cut_up("\n".join([_draft(rng)] * rng.randint(2, 12)), rng)


def _huge_line(rng: Random) -> list[Piece]:
    return [rng.choice(_SENTENCES) * rng.randint(200, 900), " [1]."]


def _bad_text(rng: Random) -> list[Piece]:
    return [part for _ in range(8) for part in (rng.choice(_SENTENCES)[:20], rng.choice(_ODD), " [1].\n")]


def _markup(rng: Random) -> list[Piece]:
    return _cut_up("\n".join(f"{rng.choice(_MARKUP)} {_draft(rng)}" for _ in range(3)), rng)


#: Kinds of script by name; `good` is what a healthy model sends.
SCRIPTS: Mapping[str, Callable[[Random], list[Piece]]] = {
    "good": _good,
    "malformed": _malformed,
    "cut": _cut,
    "stall": _stall,
    "refusal": _refusal,
    "crash": _crash,
    "babble": _babble,
    "empty": _empty,
    "repeated": _repeated,
    "huge-line": _huge_line,
    "bad-text": _bad_text,
    "markup": _markup,
}


def fault_script(rng: Random) -> list[Piece]:
    """One script of a kind drawn from SCRIPTS; the same generator state gives the same script."""
    return SCRIPTS[rng.choice(tuple(SCRIPTS))](rng)
