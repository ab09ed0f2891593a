"""What a question points at: ordinals into what was listed, pronouns, kinds of records. English; patterns only.

Every finder gives the stretch of the question that points (offsets) and what it asks for; finding the record is the
business of `followup`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from nutgraf.types import ItemKind

Points = Literal["ordinal", "last", "all", "both", "others", "other", "that-one", "thing", "person", "place", "people"]

ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "former": 1, "latter": 2,
}  # fmt: skip
COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
NOUNS: dict[str, ItemKind] = {
    "course": "course", "class": "course", "training": "course", "job": "job", "role": "job", "position": "job",
    "vacancy": "job", "opening": "job", "posting": "job", "person": "profile", "people": "profile",
    "profile": "profile", "contact": "profile", "company": "company", "employer": "company", "firm": "company",
    "article": "article", "story": "article", "piece": "article", "post": "post",
}  # fmt: skip
_NOUN = "|".join(sorted({*NOUNS, *(f"{noun}s" for noun in NOUNS), "classes", "vacancies", "companies", "stories"}))
_THING = rf"(?:ones?|options?|results?|suggestions?|{_NOUN})"
_ORDINAL = "|".join(ORDINALS)

_ORDINAL_AT = re.compile(
    rf"\b(?:the |that |your )?(?P<ordinal>{_ORDINAL}) (?P<noun>{_THING})\b"
    rf"|\bthe (?P<bare>{_ORDINAL})(?=\s*(?:[?.!,;]|$|of (?:them|those|these)\b|(?:is|was|does|pays?|costs?|takes?)\b))"
    r"|\b(?:number|no\.?|option|nr\.?) ?(?P<number>[1-9]|one|two|three|four|five)\b|#(?P<hash>[1-9])\b"
)
_LAST = re.compile(rf"\b(?:the|that) (?:very )?last (?P<noun>{_THING})\b|\bthe last(?=\s*(?:[?.!,;]|$))")
_OTHERS = re.compile(
    rf"\b(?:the|those) others\b|\b(?:the|those) other (?P<count>two|three|four|five|ones)?\s?(?P<noun>{_NOUN})?s?\b"
    r"(?=\s|[?.!,;]|$)"
)
_OTHER = re.compile(rf"\b(?:the|that) other (?P<noun>one|{_NOUN})\b")
_BOTH = re.compile(
    r"\bboth(?: of (?:them|those|these))?(?=\s*(?:[?.!,;]|$|of\b|are|is|have|need|pay|cost|teach|online))"
)
_MENTIONED = re.compile(
    rf"\b(?:the|that) (?P<noun>{_THING}) (?:that )?(?:you|we) (?:just )?(?:mentioned|named|showed(?: me)?|listed|talked about|"
    r"suggested|recommended|had)\b"
)
_WHICH = re.compile(
    r"\bwhich (?:one|ones|of (?:them|those|these|the (?:two|three|four|five)))\b|\b(?:any|each|one|all|none) of (?:them|those|these)\b"
)
_KIND = re.compile(rf"\b(?:this|that|these|those) (?:same )?(?P<noun>one|{_NOUN})\b")
_THE_KIND = re.compile(rf"\bthe (?P<noun>{_NOUN})\b")
_IT = re.compile(r"\b(?:it|its|itself)\b(?!')|\bit's\b")
_THAT = re.compile(
    r"\b(?:that|this)\b(?=\s*(?:[?.!,;]|$|(?:is|was|has|does|did|would|will|really|also|still|even|mean|means|pay|pays|"
    r"cost|costs|work|works|take|takes|last|start|sound|sounds|include|need|needs|require|compare|help|count|online)\b))|\bthat's\b"
)
_PERSON = re.compile(r"\b(?:he|she|him|her|hers|his)\b(?:'s|'d|'ll)?")
_PLACE = re.compile(
    r"(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )(?<!if )\bthere\b(?! (?:is|are|was|were|any|a|an|be|other|more)\b)(?!')"
)
_THEM = re.compile(r"\b(?:they|them|their|those|these)\b(?! (?:who|that)\b)")

#: "it" that points at nothing: "is it possible to …", "how long does it take to …".
_EMPTY_IT = re.compile(
    r"\b(?:is|was|would|will|does|can|should|be|make) it (?:be |really |still |too |even |a |make )*(?:true|possible|ok|okay|normal|better|hard|harder|"
    r"easy|easier|difficult|necessary|legal|common|wise|late|early|realistic|important|sensible|good idea|bad idea|sense|time|take|matter|worth|help)\b"
    r"(?= (?:to|that|if|when|for|how|whether|\w+ing)\b)(?! worth it)|\bit (?:is|seems|looks|was) (?:\w+ ){1,2}(?:to|that|if)\b|"
    r"\b(?:how long|how much time) does it (?:usually |normally |really )?take (?:to|for|before)\b|\bwhat time is it\b|\bmake it\b|\b(?:will|is|does|did) it (?:be )?(?:rain|snow|cold|hot|sunny)\w*|\bit's (?:raining|snowing|late)\b|\bit's (?:\w+ ){1,2}(?:to|that)\b"
)


#: How follow-ups begin, change the topic, correct, and leave out what was said before.
LEAD = re.compile(
    r"^(?:(?:ok(?:ay)?|and|but|so|also|then|great|thanks|thank you|nice|good|cool|hm+|well|alright|right|yes|sure|please|oh)\b[\s,.!]*)+",
    re.IGNORECASE,
)
NEW_TOPIC = re.compile(
    r"^(?:(?:on |to )?(?:an|another|a different|one more|a completely different|a new) (?:question|topic|thing|subject|matter)|"
    r"(?:chang(?:e|ing) (?:of )?(?:the )?(?:topic|subject))|something (?:completely |entirely )?(?:else|different)|by the way|btw|unrelated|"
    r"(?:let's|can we) (?:talk about something else|change the subject|move on))\b[\s:,.!-]*",
    re.IGNORECASE,
)
CORRECTION = re.compile(
    r"^(?:no|nope|sorry|actually|not that(?: one)?|wait)\b[\s,.:;-]*(?:not \w+(?: \w+)?[\s,.]*)?(?:i (?:meant|mean|was asking about)|rather|"
    r"but)\s+(?P<meant>.+?)[?.!]*$",
    re.IGNORECASE,
)
ABOUT = re.compile(r"^(?:what|how) about\s+(?P<rest>.+)$", re.IGNORECASE)
PHRASE = re.compile(
    r"^(?P<prep>for|in|on|at|with|without|as|from|by|during|after|before|of|outside|near|under|over|among|through)\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
BARE = re.compile(
    r"^(?:why(?: not| so| is that| exactly)?|how(?: come| so| exactly| long| much| many| often| far| soon| big| old| hard)?|when|where|who|which(?: ones?)?|since when|"
    r"until when|really|says who|what (?:else|for|then|exactly)|anything else|like what|such as(?: what)?|for (?:example|instance)|meaning|"
    r"in what way|at what (?:cost|price)|by whom|by how much|with whom|for whom|for how long|from where|to what end)$",
    re.IGNORECASE,
)
MORE = re.compile(
    r"^(?:(?:can|could) you )?(?:tell me more|more(?: details?)?|go on|elaborate|explain(?: that| it)?(?: more)?|say more|continue|expand(?: on (?:that|it))?|"
    r"go into (?:more )?detail|in more detail)(?: please)?$",
    re.IGNORECASE,
)
VERB = re.compile(
    r"\b(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|had|may|might|am|be|get|make|tell|show|give|help|write|draft|find|explain)\b",
    re.IGNORECASE,
)
TYPES = (
    re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b", re.IGNORECASE),
    re.compile(
        r"\b(?:january|february|march|april|june|july|august|september|october|november|december)\b", re.IGNORECASE
    ),
    re.compile(r"\b(?:19|20)\d\d\b"),
)


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a question points: the stretch [start, end), what it points with, the kind of record if it says so.

    `number` counts from 1 for ordinals; for "the other two" it is how many. `owner` is True for "its", "her", "their".
    """

    points: Points
    start: int
    end: int
    kind: ItemKind | None = None
    number: int = 0
    owner: bool = False


def kind_of(noun: str | None) -> ItemKind | None:
    """The kind of record that a noun names, singular or plural."""
    word = (noun or "").strip().lower()
    singular = {"classes": "class", "vacancies": "vacancy", "companies": "company", "stories": "story"}.get(word)
    return NOUNS.get(singular or word) or NOUNS.get(word.removesuffix("s"))


def listed_pointer(text: str) -> Pointer | None:
    """The first pointer into a list: "the second one", "the last course", "both", "the other two", "which one"."""
    low = text.lower()
    if found := _MENTIONED.search(low):
        return Pointer("that-one", found.start(), found.end(), kind_of(found["noun"]))
    if found := _ORDINAL_AT.search(low):
        word = found["ordinal"] or found["bare"]
        written = found["number"] or found["hash"]
        number = ORDINALS[word] if word else COUNTS.get(written) or int(written)
        return Pointer("ordinal", found.start(), found.end(), kind_of(found["noun"]), number)
    if found := _LAST.search(low):
        return Pointer("last", found.start(), found.end(), kind_of(found["noun"]), -1)
    if found := _OTHER.search(low):
        return Pointer("other", found.start(), found.end(), kind_of(found["noun"]), 1)
    if found := _OTHERS.search(low):
        return Pointer(
            "others", found.start(), found.end(), kind_of(found["noun"]), COUNTS.get(found["count"] or "", 0)
        )
    if found := _BOTH.search(low):
        return Pointer("both", found.start(), found.end(), None, 2)
    if found := _WHICH.search(low):
        return Pointer("all", found.start(), found.end())
    return None


def pronoun_pointer(text: str) -> Pointer | None:
    """The first pronoun that points back: a person, a thing, a place, or several."""
    low = text.lower()
    empty = [match.span() for match in _EMPTY_IT.finditer(low)]
    found = [
        *((_PERSON, "person", m) for m in _PERSON.finditer(low)),
        *((_KIND, "thing", m) for m in _KIND.finditer(low)),
        *((_IT, "thing", m) for m in _IT.finditer(low) if not any(start <= m.start() < end for start, end in empty)),
        *((_THAT, "thing", m) for m in _THAT.finditer(low)),
        *((_THEM, "people", m) for m in _THEM.finditer(low)),
        *((_PLACE, "place", m) for m in _PLACE.finditer(low)),
    ]
    if not found:
        return None
    pattern, points, match = min(found, key=lambda one: (one[2].start(), -one[2].end()))
    word = match.group()
    end = match.end() - (2 if word.endswith("'s") else 0)
    noun = match["noun"] if pattern is _KIND else None
    owner = word in ("its", "their", "his") or (word == "her" and bool(re.match(r" [a-z]+", low[match.end() :])))
    if pattern is _KIND and word.split()[0] in ("these", "those"):
        points = "people"
    return Pointer(points, match.start(), end, kind_of(noun), 0, owner)  # type: ignore[arg-type]


def meant_kind(text: str) -> Pointer | None:
    """The kind that a correction names: "no, I meant the course"."""
    found = _THE_KIND.search(text.lower())
    return Pointer("that-one", found.start(), found.end(), kind_of(found["noun"])) if found else None
