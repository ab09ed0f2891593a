"""Specificity: whether a sentence keeps the numbers, the names and the turn of the story, or could stand anywhere."""

from __future__ import annotations

import re

from nutgraf.evals.answers import Answer, said
from nutgraf.evals.cases import Case
from nutgraf.evals.metrics.base import Finding, Measured, Metric, Tools
from nutgraf.text.facts import names, numbers, quoted_terms
from nutgraf.text.words import content_words, words

#: A turn: what happened against what was thought, before, or wished.
_TURN = re.compile(
    r"\b(?:but|however|instead|although|though|until|unless|despite|rather than|no longer|turned out|except|only (?:"
    r"when|after|if)|because|so that|which (?:led|meant|cut|raised|saved)|led to|fell|rose|dropped|halved|doubled|went"
    r" from|from \S+ to|before (?:it|they|we|he|she|anyone|anybody)|at first|in the end|failed|refused|declined|removed"
    r"|closed|replaced|stopped|moved)\b",
    re.IGNORECASE,
)
#: Words with which nothing in particular is said.
_VAGUE = frozenset(
    """important importance insight insights valuable value great good better best success successful key impact
    journey growth opportunity opportunities challenge challenges essential crucial vital significant significantly
    various several many different things aspects ways people world today future exciting amazing inspiring
    interesting useful helpful relevant topic topics article post story reader readers piece content discusses explores
    highlights emphasizes emphasises focuses skills experience knowledge learn learning improve improving development
    professional professionals career careers network approach strategy strategies potential innovative innovation
    effective effectively passion passionate team teams work working continuous continuously change changes stay ahead
    leverage leveraging unlock embrace powerful role field industry understanding understand reflect reminds
    communication leadership landscape""".split()
)
#: Content words a sentence needs that are not vague, to be specific by its words and its turn alone.
_CONCRETE_AT_LEAST = 4
_VAGUE_AT_MOST = 0.34
_TURN_WORDS_AT_LEAST = 3


def is_specific(text: str) -> bool:
    """Whether a sentence says something that would be wrong of most other items.

    A number with its unit, a name, or a quoted term make it so, unless nearly all around them is vague; else it needs a
    turn and concrete words, or many concrete words and hardly a vague one.
    """
    content = [word for word in content_words(text) if not word.isdigit()]
    vague = sum(word in _VAGUE for word in content)
    concrete = len(content) - vague
    share = vague / max(len(content), 1)
    if _figures(text) or quoted_terms(text):
        return concrete >= 2
    if names(text):
        return concrete >= _TURN_WORDS_AT_LEAST and share <= 0.5
    if _TURN.search(text):
        return concrete >= _TURN_WORDS_AT_LEAST and share <= _VAGUE_AT_MOST
    return concrete >= _CONCRETE_AT_LEAST + 2 and share <= _VAGUE_AT_MOST / 2


def kept(text: str, evidence: str) -> tuple[int, int]:
    """How many of the numbers and names of a piece of evidence a sentence keeps, and how many there are."""
    told = {str(one.value) for one in numbers(text)} | {name.lower() for name in names(text)} | set(words(text))
    wanted = {str(one.value) for one in numbers(evidence)} | {name.lower() for name in names(evidence)}
    return len(wanted & told), len(wanted)


def _figures(text: str) -> bool:
    """Whether a text has a number that counts or dates something; "one" and "first" in passing do not."""
    return any(re.search(r"\d", text) or one.value not in (1, 1.0, "1") for one in numbers(text))


def _measure(case: Case, answer: Answer, tools: Tools) -> Measured:
    sentences = said(answer)
    vague = [one for one in sentences if not is_specific(one.text) and len(content_words(one.text)) > 2]
    judged = [one for one in sentences if len(content_words(one.text)) > 2] or sentences
    findings = tuple(Finding(one.text, "could stand under nearly any item") for one in vague)
    hits = len(judged) - len(findings)
    return Measured(hits, len(judged), findings, passed=2 * hits >= len(judged))


SPECIFICITY = Metric(
    name="specificity", title="Specific sentences", better="higher", measure=_measure,
    what="Share of the sentences that keep a number, a name or the turn of the story: wrong of most other items.",
)  # fmt: skip
