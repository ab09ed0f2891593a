"""What of a message is the question, and whether that is about the page it was asked on."""

from __future__ import annotations

import re

from nutgraf.text.sentences import split
from nutgraf.text.words import content_stems
from nutgraf.types import ItemKind

#: Telling words a question needs to stand without the statements before it, whatever else it says.
WORDS_ENOUGH = 2
_LEANS = re.compile(r"\b(?:i|me|my|mine|i'[a-z]+|that|then)\b", re.IGNORECASE)
_ASKING = r"(?:what|how|which|when|where|who|why)\b"
_QUESTION = re.compile(rf"\s*(?:and |so |but |please )?(?:{_ASKING}|(?:tell|show|give) me\b)", re.IGNORECASE)
#: A statement of the asker's own with the question after it in one sentence.
_STATES = re.compile(rf"\s*(?:i|i'[a-z]+|my|we)\b[^?]*?[,;.!—–-]\s*(?:and |so |but )?(?={_ASKING})", re.IGNORECASE)
_POINTS = re.compile(r"\b(?:it|its|this|that|they|their|here|there)\b", re.IGNORECASE)
#: A thing named after "this" says what is meant; "this company" on a job page is not the page.
_OTHER = re.compile(r"\b(?:this|that|the) (?:company|employer|team|person|author|place|city|field)\b", re.IGNORECASE)
TELLING_AT_MOST = 3
#: What an item of each kind is called on its own page; of a job, what only an open job has.
_CALLED = {
    "job": r"this (?:job|role|position|vacancy|opening)|the (?:requirements|interview)(?! there)",
    "course": r"this (?:course|class)", "company": r"this (?:company|employer|firm)", "article": r"this article",
    "post": r"this post", "profile": r"this (?:person|profile)",
}  # fmt: skip
_ANOTHER = re.compile(r"\b(?:first|second|third|fourth|fifth|last|other|another|one|there)\b", re.IGNORECASE)


def without_statements(message: str) -> str:
    """The questions of a message, when there are any that can stand without what is stated before them.

    A question of a single telling word stands alone unless it speaks of its asker or of what was just stated.
    """
    sentences = [_tail(message[start:end]) for start, end in split(message)]
    asked = " ".join(sentence for sentence in sentences if _asks(sentence))
    telling = len(set(content_stems(asked)))
    leans = telling < WORDS_ENOUGH and _LEANS.search(_QUESTION.sub("", asked))
    return asked if telling and not leans else message


def _asks(sentence: str) -> bool:
    return sentence.rstrip().endswith("?") or bool(_QUESTION.match(sentence))


def _tail(sentence: str) -> str:
    """A question without the statement of its asker in the same sentence: "I want to lead a team, so what …"."""
    stated = _STATES.match(sentence)
    return sentence[stated.end() :] if stated and sentence.rstrip().endswith("?") else sentence


def names_the_item(question: str, kind: ItemKind) -> bool:
    """Whether a question names the open item by its kind ("this job"), and none that was shown before."""
    called = re.search(rf"\b(?:{_CALLED[kind]})\b", question, re.IGNORECASE)
    return called is not None and _ANOTHER.search(question) is None


def points_at_the_item(question: str) -> bool:
    """Whether a first question leaves its subject to the page: it has a pointing word and few telling ones."""
    few = len(set(content_stems(question))) <= TELLING_AT_MOST
    return few and bool(_POINTS.search(question)) and not _OTHER.search(question)
