"""What of a message is the question, and whether that is about the page it was asked on."""

from __future__ import annotations

import re

from nutgraf.text.sentences import split
from nutgraf.text.words import content_stems
from nutgraf.types import ItemKind

#: Telling words a question needs to stand without the statements before it.
WORDS_ENOUGH = 2
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
    """The questions of a message, when there are any that can stand without what is stated before them."""
    sentences = [message[start:end] for start, end in split(message)]
    asked = " ".join(sentence for sentence in sentences if sentence.rstrip().endswith("?"))
    return asked if len(set(content_stems(asked))) >= WORDS_ENOUGH else message


def names_the_item(question: str, kind: ItemKind) -> bool:
    """Whether a question names the open item by its kind ("this job"), and none that was shown before."""
    called = re.search(rf"\b(?:{_CALLED[kind]})\b", question, re.IGNORECASE)
    return called is not None and _ANOTHER.search(question) is None


def points_at_the_item(question: str) -> bool:
    """Whether a first question leaves its subject to the page: it has a pointing word and few telling ones."""
    few = len(set(content_stems(question))) <= TELLING_AT_MOST
    return few and bool(_POINTS.search(question)) and not _OTHER.search(question)
