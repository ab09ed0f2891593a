"""What the mock model says, and how it is cut into tokens: the same for every entrant and for the load side."""

from __future__ import annotations

import functools
import json
import re

SENTENCES = (
    "The harbour council counted 2,310 deliveries over 11 weeks and saw idle trucks fall by 18%.",
    "Most of the change came on quays with fewer than 6 berths, which fits your interest in logistics.",
    "The engineers call the result “small but steady” and say that storm days are not in it yet.",
    "Three of the four test quays went on with the plan after the money ran out; fishers asked for it most.",
    "The cost of a delivery went from 5.40 to 4.15 once two shifts shared one crane.",
    "A second count of 420 skippers is set for autumn, and its figures come in November.",
)
QUESTIONS = (
    "Who paid for the smallest quay once the money had run out?",
    "Do the 18% still hold when quays with more than 6 berths are counted?",
)
_TOKEN = re.compile(r"\s*\w{1,5}|\s*[^\w\s]+|\s+")


def document(count: int) -> str:
    """A JSON document of three takeaways that share `count` sentences, and two questions."""
    told = [SENTENCES[n % len(SENTENCES)] for n in range(max(3, count))]
    takeaways = [{"text": " ".join(told[n::3]), "source": n + 1} for n in range(3)]
    return json.dumps({"takeaways": takeaways, "follow_ups": list(QUESTIONS)}, ensure_ascii=False)


@functools.cache
def answer(at_least: int) -> tuple[str, tuple[str, ...]]:
    """The shortest answer of at least so many tokens, as text and as tokens."""
    count = 3
    while len(tokens := tuple(_TOKEN.findall(text := document(count)))) < at_least:
        count += 1
    return text, tokens
