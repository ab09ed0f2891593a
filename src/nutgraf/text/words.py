"""Words, stems, content words: the smallest things by which two texts are compared."""

from __future__ import annotations

import re
from functools import lru_cache

_VOWEL = re.compile(r"[aeiouy]")
_SHORT = re.compile(r"[^aeiouy][aeiouy][^aeiouywx]")
_WORD = re.compile(r"[^\W_]+(?:['’.\-+#&/][^\W_]+)*[+#]*", re.UNICODE)

STOPWORDS = frozenset(
    """a about above after again against all almost along already also although always am among an and another any
    anyone anything are aren't around as at away back be became because become been before being below between both
    but by came can can't cannot come comes could couldn't did didn't do does doesn't doing don't done down during
    each either else enough especially even ever every everyone everything few find first for from further gave get
    gets getting give given gives go goes going gone got had hadn't has hasn't have haven't having he her here hers
    herself him himself his how however i i'd i'll i'm i've if in indeed instead into is isn't it it's its itself just
    keep kept know known last later least less let let's like likely made make makes making many may maybe me might
    more most mostly much must my myself near need needs neither never no nobody none nor not nothing now of off often
    on once one ones only onto or other others our ours ourselves out over own per perhaps put quite rather really
    said same saw say says see seem seemed seems seen several shall she should shouldn't since so some someone
    something sometimes soon still such take taken takes than that that's the their theirs them themselves then there
    there's therefore these they they'd they'll they're they've thing things think this those though through thus to
    together too took toward towards try two under until up upon us use used uses using very via want wants was wasn't
    way ways we we'd we'll we're we've well went were weren't what when where whether which while who whole whom whose
    why will with within without won't would wouldn't yet you you'd you'll you're you've your yours yourself""".split()
)


def words(text: str) -> list[str]:
    """The words of a text in lower case, hyphenated and dotted ones whole."""
    return [word.lower() for word in _WORD.findall(text)]


def as_written(text: str) -> list[str]:
    """The words of a text as they are written."""
    return _WORD.findall(text)


def word_spans(text: str) -> list[tuple[str, int, int]]:
    """Each word as written with its offsets."""
    return [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A light stem of a lower-case English word: plural, -ed, -ing, -ly and a final e are taken off."""
    word = word.replace("’", "'").removesuffix("'s")
    if len(word) > 4 and word.endswith(("ies", "ied")):
        word = word[:-3] + "y"
    elif len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for suffix in ("ing", "ed"):
        root = word.removesuffix(suffix)
        if root != word and len(root) > 2 and _VOWEL.search(root) and not word.endswith("eed"):
            word = _verb(root)
            break
    if len(word) > 5 and word.endswith("ly"):
        word = word[:-2]
    return word.removesuffix("e") if len(word) > 4 else word


def _verb(root: str) -> str:
    """A verb whose ending was taken off, without its doubled letter or with its silent e: "plann", "mov"."""
    if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
        return root[:-1]
    return f"{root}e" if _SHORT.fullmatch(root) else root


def content_words(text: str) -> list[str]:
    """The words that carry meaning: lower case, no stop words, numbers included."""
    return [word for word in words(text) if word not in STOPWORDS and (len(word) > 1 or word.isdigit())]


def content_stems(text: str) -> list[str]:
    """The stems of the content words, in order."""
    return [stem(word) for word in content_words(text)]
