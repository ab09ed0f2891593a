"""Names and quoted terms of a sentence in a form in which two texts can be compared."""

from __future__ import annotations

import re

from nutgraf.text.numbers import Number, numbers
from nutgraf.text.sentences import split
from nutgraf.text.words import STOPWORDS, stem, word_spans

__all__ = ["Number", "is_mixed", "name_key", "names", "numbers", "quoted_terms"]

_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{2,})[\"”“»]|‘([^‘]{2,}?)’(?!\w)")
#: After one of these a capital says nothing.
_OPENS = re.compile(r"[:•\n]|[\"“‘]$")


def names(text: str) -> list[str]:
    """Words written like names: a capital inside a sentence, capitals inside a word, or capitals and digits."""
    if text.isupper():
        return []
    starts = [start for start, _ in split(text)]
    found: list[str] = []
    previous_end = 0
    for word, begin, end in word_spans(text):
        opening = bool(starts and starts[0] <= begin) or bool(_OPENS.search(text[previous_end:begin]))
        while starts and starts[0] <= begin:
            del starts[0]
        if is_mixed(word) or (word[0].isupper() and not opening and word.lower() not in STOPWORDS):
            found.append(word)
        previous_end = end
    return found


def is_mixed(word: str) -> bool:
    """Whether a word is written like a name wherever it stands: "iPhone", "18F", "US", but not "1990s" or "3rd"."""
    if not any(char.isupper() for char in word):
        return False
    return any(char.isupper() for char in word[1:]) or any(char.isdigit() for char in word)


def quoted_terms(text: str) -> list[str]:
    """What stands between quotation marks."""
    return [match[1] or match[2] for match in _QUOTED.finditer(text)]


def name_key(name: str) -> str:
    """The form in which two names are compared."""
    return stem(name.lower())
