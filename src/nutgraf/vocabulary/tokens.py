"""Text as the vocabulary reads it: folded tokens with offsets, and the gaps that may stand inside one name."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

#: An address is skipped whole; then words, `.NET`, `C++`, `C#`, and an ampersand, which reads as "and".
_TOKEN = re.compile(
    r"(?:https?://|www\.)\S{1,2000}|[\w.+-]{1,64}@[\w.-]{1,200}"
    r"|((?:(?<![^\W_])\.(?=net\b))?[^\W_]+(?:\+\+|\#(?!\w))?|&)(?:['’]s\b)?",
    re.IGNORECASE,
)
_GAP = re.compile(r"(?:['’]s?)?(?:[-‐‑._'’]?|\s?/\s?|[^\S\n]{1,3}|[^\S\n]{0,2}\n[^\S\n]{0,8})")
_JOINED = frozenset(["-", "‐", "‑", ".", "/"])

_BRITISH = {
    "analyse": "analyze", "behaviour": "behavior", "behavioural": "behavioral", "catalogue": "catalog",
    "catalyse": "catalyze", "centre": "center", "colour": "color", "counselling": "counseling",
    "counsellor": "counselor", "defence": "defense", "fibre": "fiber", "grey": "gray", "harbour": "harbor",
    "jewellery": "jewelry", "judgement": "judgment", "labelling": "labeling", "labour": "labor", "licence": "license",
    "mould": "mold", "moulding": "molding", "modelling": "modeling", "neighbourhood": "neighborhood",
    "orthopaedic": "orthopedic", "paediatric": "pediatric", "paediatrics": "pediatrics", "plough": "plow",
    "practise": "practice", "practising": "practicing", "programme": "program", "signalling": "signaling",
    "theatre": "theater", "travelling": "traveling", "tyre": "tire", "anaesthesia": "anesthesia",
    "anaesthetic": "anesthetic", "haematology": "hematology", "gynaecology": "gynecology",
}  # fmt: skip
_ISE = re.compile(r"(?<=[a-z]{3})is(e|ed|es|er|ers|ing|ation|ations|ational)$")


@dataclass(frozen=True, slots=True)
class Token:
    """One folded word, its place in the text, and whether it may be joined with, or read on to, the next one."""

    word: str
    start: int
    end: int
    reads_on: bool
    joins: bool


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """One word without case, accents and British spelling."""
    if not word.isascii():
        parts = unicodedata.normalize("NFKD", word.replace("İ", "i"))
        word = "".join(part for part in parts if not unicodedata.combining(part))
    word = word.casefold()
    if word == "&":
        return "and"
    word = _BRITISH.get(word) or _ISE.sub(r"iz\1", word)
    if word.endswith("s") and word[:-1] in _BRITISH:
        return _BRITISH[word[:-1]] + "s"
    return word


@lru_cache(maxsize=100_000)
def singular(word: str) -> str:
    """A folded word without a plain plural ending; itself when it has none."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1]


def tokens(text: str) -> list[Token]:
    """The tokens of a text in order; `start` and `end` are offsets into it."""
    spans = [match.span(1) for match in _TOKEN.finditer(text)]
    spans.append((-1, -1))
    found = []
    for (start, end), (following, _) in pairwise(spans):
        if start < 0:
            continue
        gap = text[end:following] if following >= 0 else "\n\n"
        reads_on = len(gap) <= 12 and _GAP.fullmatch(gap) is not None
        found.append(Token(fold(text[start:end]), start, end, reads_on, gap in _JOINED))
    return found


def words(text: str) -> tuple[str, ...]:
    """The folded words of a short name."""
    if text.isascii() and text.replace(" ", "").isalnum():
        return tuple([fold(word) for word in text.split()])
    return tuple([token.word for token in tokens(text)])


def joined(text: str) -> tuple[str, ...]:
    """The folded words of a short name, those round a hyphen, a dot or a slash made one: "frontend developer"."""
    read = tokens(text)
    found = [token.word for token in read[:1]]
    for before, token in pairwise(read):
        if before.joins:
            found[-1] += token.word
        else:
            found.append(token.word)
    return tuple(found)
