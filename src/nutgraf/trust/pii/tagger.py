"""Names of people and addresses, by a small linear-chain model of our own: hashed features, nine labels, no library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nutgraf import weights
from nutgraf.detection import Marked
from nutgraf.trust.pii.features import features, tokens

KINDS = ("person", "address", "place", "organisation")
#: O, then begin and inside of every kind.
LABELS = ("O", *(f"{part}-{kind}" for kind in KINDS for part in "BI"))
FOLDER = Path(__file__).parent / "weights"
#: Longer texts are read in pieces of this many tokens.
TOKENS_AT_MOST = 400

#: The share of the threshold that a token beside a sure one needs, so that no half of a name is left standing.
_EDGE = 0.3

Floats = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, eq=False)
class Tagger:
    """Table and transitions; `thresholds` is the least probability of a token for each kind that is reported."""

    table: Floats
    moves: Floats
    first: Floats
    thresholds: dict[str, float]

    def find(self, text: str) -> tuple[Marked, ...]:
        """The people and addresses of a text, in order; the score is the probability of the span's surest token."""
        found: list[Marked] = []
        places = tokens(text)
        for start in range(0, len(places), TOKENS_AT_MOST):
            found += self._piece(text, places[start : start + TOKENS_AT_MOST])
        return tuple(found)

    def _piece(self, text: str, places: list[tuple[int, int]]) -> list[Marked]:
        chances = self.chances(self.table[features(text, places)].sum(axis=1))
        found: list[Marked] = []
        for kind, threshold in self.thresholds.items():
            begin, inside = LABELS.index(f"B-{kind}"), LABELS.index(f"I-{kind}")
            whole = chances[:, begin] + chances[:, inside]
            if whole.max(initial=0.0) < threshold:
                continue
            fresh = chances[:, begin] > chances[:, inside]
            found += _spans(text, places, whole.tolist(), fresh.tolist(), kind, threshold)
        return sorted(found, key=lambda mark: mark.start)

    def chances(self, scores: Floats) -> Floats:
        """The probability of every label at every token, by forward and backward sums."""
        local = np.exp(scores - scores.max(axis=1, keepdims=True))
        moves, count = np.exp(self.moves), len(local)
        forward, backward = np.empty_like(local), np.ones_like(local)
        state = np.exp(self.first) * local[0]
        forward[0] = state = state / state.sum()
        for at in range(1, count):
            state = (state @ moves) * local[at]
            state /= state.sum()
            forward[at] = state
        state = backward[-1]
        for at in range(count - 2, -1, -1):
            state = moves @ (state * local[at + 1])
            state /= state.sum()
            backward[at] = state
        both: Floats = forward * backward
        both /= both.sum(axis=1, keepdims=True)
        return both


def _spans(
    text: str, places: list[tuple[int, int]], whole: list[float], fresh: list[bool], kind: str, threshold: float
) -> list[Marked]:
    """Runs of likely tokens with one above the threshold, cut where a new one begins, without signs at the edges."""
    found: list[Marked] = []
    run: list[int] = []
    for at in range(len(whole) + 1):
        inside = at < len(whole) and whole[at] >= threshold * _EDGE
        if run and (not inside or fresh[at]):
            run = run if max(whole[i] for i in run) >= threshold else []
            while run and not text[places[run[-1]][0]].isalnum() and text[places[run[-1]][0]] != ".":
                run.pop()
            while run and not text[places[run[0]][0]].isalnum():
                run.pop(0)
            if len(run) > 1 and text[places[run[-1]][0]] == "." and _ends(text, places[run[-2]], kind):
                run.pop()
            if run and _whole(text[places[run[0]][0] : places[run[-1]][1]], kind):
                score = max(whole[i] for i in run)
                start, end = places[run[0]][0], places[run[-1]][1]
                found.append(Marked(start, end, kind, min(round(score, 4), 1.0), f"reads as {_SAID[kind]}"))
            run = []
        if inside:
            run.append(at)
    return found


def _ends(text: str, before: tuple[int, int], kind: str) -> bool:
    """Whether a dot after this word ends the sentence: it is no short form, and no letter that stands for a name."""
    word = text[before[0] : before[1]]
    return len(word) > 3 or word.isdigit() or (kind == "person" and len(word) > 1 and word.lower() not in ("jr", "sr"))


def _whole(found: str, kind: str) -> bool:
    """Whether a span can be what it is said to be: two letters of a name, or a number or three words of an address."""
    if kind == "person":
        return sum(c.isalpha() for c in found) > 1 and not _PRONOUN.fullmatch(found) and not _MADE_UP.fullmatch(found)
    return any(c.isdigit() for c in found) or len(found.split()) > 2


_PRONOUN = re.compile(r"(?:I|we|you|they|he|she|it|let|that|what|who|there|here)['’](?:ve|m|ll|d|re|s)", re.IGNORECASE)
#: One word with a capital inside, as products have and names only after a few beginnings.
_MADE_UP = re.compile(r"(?!(?:Mc|Mac|De|Di|Da|Du|La|Le|Van|Von|Fitz|Al|El|O)[A-Z])\w*[a-z]+[A-Z]\w*|[A-Z]{2,}[a-z]\w*")
_SAID = {"person": "a person's name", "address": "an address"}


@cache
def load(folder: Path = FOLDER) -> Tagger:
    """The tagger of a folder of weights, checked against its manifest. Raises MissingPart."""
    manifest = weights.load(folder)
    with np.load(folder / "tagger.npz", allow_pickle=False) as stored:
        table = stored["table"].astype(np.float32) * stored["scale"].astype(np.float32)
        return Tagger(table, stored["moves"], stored["first"], dict(manifest.thresholds))
