"""On or off topic by the nearest descriptions and examples of an agent's manifest, as vectors of length one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from nutgraf.detection import Detected
from nutgraf.errors import InputError

Vectors = np.ndarray[Any, np.dtype[np.float32]]
#: Texts in, one vector of length one for each.
Encode = Callable[[Sequence[str]], Any]
Side = Literal["on", "ask", "off"]

NEAREST = 3
#: The share of an agent's own examples that would be refused, and the share that would be asked back about.
REFUSED, ASKED = 0.015, 0.08
#: With fewer examples there is no telling where the topic ends.
LEAST = 6

_FOLLOWS = re.compile(
    r"^\W*(?:and|but|so|ok(?:ay)?|yes|no|also|then|why|how come|really|what about|how about|what else|which one|the "
    r"(?:first|second|third|last|other)|that one|this one|those|these|same|more|again|go on|tell me more|explain"
    r"|can you (?:explain|say|show|repeat|expand)|what do you mean|for example|such as)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(r"\b(?:it|its|that|this|they|them|those|these|one|ones|there|he|she|him|her|his)\b", re.IGNORECASE)


#: Words that say nothing of a topic.
_EMPTY = frozenset(
    """a about after again all also an and any anything are as at be because been before but by can could did do
    does done each else ever every example explain few first for from get give go going had has have he her here
    him his how i if in into is it its just know last like long look make many may me mean mine more most much
    must my need next no not now of off ok okay on one ones only or other our out over own please put really
    said same say says second see shall she should show so some someone something still such take takes tell
    than that the their them then there these they thing things third this those time to too two under until up
    us use very want was way we well were what when where which while who whom whose why will with would yes yet
    you your""".split()
)


@dataclass(frozen=True, slots=True)
class Topic:
    """What an agent is for: vectors (count, size), and the cosines below which a question is off or in doubt."""

    examples: Vectors
    off_below: float
    ask_below: float

    @classmethod
    def of(cls, examples: Any, *, refused: float = REFUSED, asked: float = ASKED) -> Topic:
        """From vectors of descriptions and examples; each is judged by the others, which sets both limits.

        `refused` and `asked` are shares of the examples, 0 to 1. Raises InputError for fewer than six examples.
        """
        vectors = np.asarray(examples, dtype=np.float32)
        if vectors.ndim != 2 or len(vectors) < LEAST:
            raise InputError(
                f"examples: {len(vectors)} given; an agent needs at least {LEAST} descriptions and examples"
            )
        near = vectors @ vectors.T
        np.fill_diagonal(near, -1.0)
        scores = _nearest(near)
        off, ask = (float(np.quantile(scores, share)) for share in (refused, max(asked, refused)))
        return cls(vectors, off, max(ask, off + 1e-3))

    def cosine(self, vector: Any) -> float:
        """The mean cosine of the three nearest examples, -1 to 1."""
        return float(_nearest((self.examples @ np.asarray(vector, dtype=np.float32))[None, :])[0])

    def side(self, cosine: float) -> Side:
        """On topic, off it, or in the band in which one asks back."""
        return "off" if cosine < self.off_below else "ask" if cosine < self.ask_below else "on"

    def chance(self, cosine: float) -> float:
        """The probability of being off topic: 0.9 where a question is refused, a half where the band ends."""
        slope = math.log(9.0) / (self.ask_below - self.off_below)
        return 1.0 / (1.0 + math.exp(min(50.0, max(-50.0, slope * (cosine - self.ask_below)))))


def _nearest(near: Vectors) -> Vectors:
    best: Vectors = np.partition(near, -NEAREST, axis=1)[:, -NEAREST:].mean(axis=1)
    return best


def follows(text: str) -> bool:
    """Whether a question leans on the turn before it: it begins or points as one that goes on, and says little."""
    own = [word for word in re.findall(r"\w+", text.lower()) if word not in _EMPTY]
    if _FOLLOWS.search(text):
        return len(own) <= 2
    return len(own) <= (1 if _POINTS.search(text) else 0)


class OffTopic:
    """The detector of one agent, or of several together. Synchronous, safe between threads when `encode` is."""

    name = "topic"

    def __init__(
        self, texts: Sequence[str], encode: Encode, *, version: str = "1", descriptions: Sequence[str] = ()
    ) -> None:
        """`texts` are examples of the agent's manifest, which set the limits; a question may be near `descriptions` as
        well. Raises InputError for too few examples.
        """
        self._encode, self.version, self.texts = encode, version, (*texts, *descriptions)
        vectors = np.asarray(encode(list(self.texts)), dtype=np.float32)
        self.topic = replace(Topic.of(vectors[: len(texts)]), examples=vectors)

    def detect(self, text: str, before: str = "") -> Detected:
        """The probability that a question is off topic; a follow-up is judged together with the turn `before`.

        `check` is "topic-on", "topic-ask" (ask back what is meant) or "topic-off".
        """
        leans = bool(before) and follows(text)
        vector = self._encode([joined(before, text) if leans else text])[0]
        return self.judged([vector], near="with the turn before it " if leans else "")

    def judged(self, vectors: Sequence[Any], beside: float = -1.0, near: str = "") -> Detected:
        """As `detect`, of a question whose readings have these vectors, the nearest of which counts; `beside` is its
        cosine to whatever else is on topic, `near` words for the reason.
        """
        cosine = max([beside, *(self.topic.cosine(vector) for vector in vectors)])
        side, chance = self.topic.side(cosine), self.topic.chance(cosine)
        because = (
            f"{near}nearness {cosine:.2f}; off below {self.topic.off_below:.2f}, ask below {self.topic.ask_below:.2f}"
        )
        return Detected(chance, {"off_topic": chance}, (), f"topic-{side}", because)

    def nearest(self, vector: Any, count: int = 2) -> tuple[str, ...]:
        """The examples that are nearest to a question, nearest first."""
        rows = np.argsort(-(self.topic.examples @ np.asarray(vector, dtype=np.float32)), kind="stable")
        return tuple(self.texts[row] for row in rows if self.texts[row].endswith("?"))[:count]


def joined(before: str, text: str) -> str:
    """A question together with the turn before it, as one text to encode."""
    return f"{before}\n{text}"
