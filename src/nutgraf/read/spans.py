"""The sentences of an item as spans, and which of them can be quoted alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nutgraf.read.marks import marks
from nutgraf.text.sentences import split
from nutgraf.text.words import content_words, words
from nutgraf.types import Block, Item, Span

SENTENCES_AT_MOST = 1500
#: So many sentences of an item are weighed; of a longer one the opening and the most specific.
WEIGHED_AT_MOST, OPENING = 200, 60
WORDS_AT_LEAST, WORDS_AT_MOST = 5, 48

_OPEN = r"^(?:[\"“'(\[]?)"
_VERBS = (
    r"is|was|are|were|isn['’]t|means?|meant|makes?|made|has|had|have|will|would|can|could|should|may|might|must|allows?|helps?"
    r"|includes?|gives?|gave|leads?|led|gets?|got|does|did|doesn['’]t|didn['’]t|shows?|showed|also|all|really|alone|way|works?"
)
#: Openings that point at something said before: without it the sentence is a riddle.
_LEANS = re.compile(
    _OPEN
    + r"(?:it|its|they|them|their|he|she|his|her|him|both|neither|either|such|others?|the former|the latter|doing so"
    r"|one of (?:these|those|them)|some of (?:these|those|them)|all of (?:these|those|them|this)|because of (?:this|that)"
    r"|in (?:this|that|these|those|the same) (?:case|way|sense|section|lesson|episode|exercise)|with (?:this|that|these|those)"
    r"|after that|at this point|from there|to do (?:this|so|that)|if (?:so|not)|as such|as you can see|note that|see|same"
    rf"|(?:this|that|these|those) (?:{_VERBS}))\b",
    re.IGNORECASE,
)
_JOINS_AND_LEANS = re.compile(
    r"^(?:and|but|or|so|yet|then|because|while|when|if|however|also)[ ,]+(?:it|they|he|she|this|that|these|those)\b",
    re.IGNORECASE,
)
#: Openings that only join: the sentence still says its whole thing.
_JOINS = re.compile(
    _OPEN
    + r"(?:and|but|or|so|yet|nor|then|however|therefore|thus|hence|also|moreover|furthermore|additionally|meanwhile"
    r"|otherwise|instead|consequently|similarly|likewise|nevertheless|nonetheless|still|besides|finally|secondly|thirdly"
    r"|lastly|next|another|for example|for instance|in addition|in other words|in fact|as a result|this|that|these|those"
    r"|here|there|specifically)\b",
    re.IGNORECASE,
)
#: A pointing word with its thing named ("This course …") stands alone.
_NAMED = re.compile(
    r"^(?:this|these) (?:course|role|position|job|opportunity|programme|program|team|company|guide|article|post|lesson"
    r"|episode|release|version|study|survey|report|tool|event|workshop|webinar|module|employer|vacancy|year|week|month|fall"
    r"|spring|summer|winter)\b",
    re.IGNORECASE,
)
_POINTS_ELSEWHERE = re.compile(
    r"\b(?:above|below|following|previous(?:ly)? (?:section|lesson|episode|post|exercise|example)|next (?:section|lesson"
    r"|episode|exercise|post)|click|read more|learn more|sign up|register (?:here|now|today)|subscribe|follow us|contact us"
    r"|e-?mail us|watch the|check out|download|visit|see (?:the|our|also|below)|stay tuned|let us know|apply (?:here|now)"
    r"|for more information|more information|for (?:more )?details|(?:at|on|via) (?:this|the) (?:link|page|website)|this link"
    r"|last (?:week|month|section|episode|post)|we(?:'|’)ll (?:see|look|cover|discuss)|as (?:mentioned|noted|described|shown|we saw))\b|\[e-mail\]|https?://",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"\b(?:equal (?:employment )?opportunit|all rights reserved|copyright|cookies?\b|privacy policy|terms of (?:use|service)"
    r"|reasonable accommodation|without regard to|background (?:check|investigation)|selective service|probationary period"
    r"|citizens? and nationals|e-?verify|newsletter|unsubscribe|this (?:post|article|page) (?:was|is|originally)"
    r"|on our (?:web)?site|came together to|thank you to|thanks to (?:all|every)|this page|basic information about|on your r[ée]sum[ée]|evaluate your|views expressed|disclaimer|photo by|image (?:by|credit)|update[sd]?:|editor(?:'|’)?s note|maximum salary|pay scale"
    r"|salaries? (?:&|and) wages|salary calculator|locality)\b",
    re.IGNORECASE,
)
#: Writers introducing themselves: context for the rest, nothing to take away.
_INTRODUCES = re.compile(
    r"^(?:I(?:'m| am| supervise| run| lead| manage| work| teach| own| have been)|My name is|Hello|Hi)\b"
)
_PARAGRAPH = re.compile(r"\S(?:.*\S)?(?:\n[ \t]*\S(?:.*\S)?)*")
_HAS_LETTERS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Reading:
    """One sentence before it is weighed: its span, the heading it stands under, and its place.

    `first_in_block` marks openings of paragraphs; `fit` in 0..1 says how well it stands alone.
    """

    span: Span
    heading: str
    block_kind: str
    first_in_block: bool
    fit: float


def readings(item: Item, at_most: int = SENTENCES_AT_MOST) -> list[Reading]:
    """The sentences of an item in order, at most `at_most`; headings, code and tables are not sentences."""
    found: list[Reading] = []
    heading = ""
    for number, block in enumerate(item.blocks or _paragraphs(item.text)):
        if block.kind == "heading":
            heading = item.shown(block.start, block.end)
        if block.kind not in ("paragraph", "item", "quote"):
            continue
        for position, (start, end) in enumerate(split(item.text[block.start : block.end])):
            begin, stop = block.start + start, block.start + end
            text = item.shown(begin, stop)
            if not _HAS_LETTERS.search(text):
                continue
            fit = standing(text, block.kind)
            span = Span(f"s{len(found) + 1}", begin, stop, text, number, quotable=fit >= 0.5)
            found.append(Reading(span, heading, block.kind, position == 0, fit))
            if len(found) >= at_most:
                return found
    return found


def _paragraphs(text: str) -> list[Block]:
    """Blocks for an item that was made without any: its text divided at empty lines."""
    return [Block("paragraph", match.start(), match.end()) for match in _PARAGRAPH.finditer(text)]


def shortlist(found: list[Reading], at_most: int = WEIGHED_AT_MOST) -> list[Reading]:
    """At most `at_most` sentences in their order: the opening ones, then those that stand alone and hold most marks."""
    if len(found) <= at_most:
        return found

    def worth(i: int) -> tuple[float, int]:
        here = marks(found[i].span.text)
        return found[i].fit * (1.0 + min(4, here.numbers + here.names)), -i

    rest = sorted(range(OPENING, len(found)), key=worth, reverse=True)[: at_most - OPENING]
    return [found[i] for i in (*range(OPENING), *sorted(rest))]


def standing(text: str, block_kind: str) -> float:
    """How well a sentence stands alone, 0..1: whole, of readable length, leaning on nothing before or after it."""
    count = len(words(text))
    if count < WORDS_AT_LEAST or count > WORDS_AT_MOST or len(content_words(text)) < 3:
        return 0.0
    fit = 1.0
    if _LEANS.match(text):
        fit -= 0.55
    elif _JOINS_AND_LEANS.match(text):
        fit -= 0.51
    elif _JOINS.match(text) and not _NAMED.match(text):
        fit -= {"this": 0.25, "thes": 0.25, "that": 0.3, "thos": 0.3}.get(text[:4].lower(), 0.2)
    if _POINTS_ELSEWHERE.search(text):
        fit -= 0.6
    if _BOILERPLATE.search(text):
        fit -= 0.7
    if text.endswith((":", "?", ",", ";", "…", "...")) or text.count('"') % 2 or text.count("“") != text.count("”"):
        fit -= 0.6
    if text.count("(") != text.count(")"):
        fit -= 0.6
    ended = text.rstrip('"”’)]').endswith((".", "!"))
    if not ended:
        fit -= 0.2 if block_kind == "item" and count >= 8 else 0.6
    if text.startswith("("):
        fit -= 0.55
    if text[:1].islower():
        fit -= 0.3 if block_kind == "item" else 0.6
    if count > 38:
        fit -= 0.2
    if count < 9:
        fit -= 0.1 if marks(text).in_digits else 0.3
    if _INTRODUCES.match(text):
        fit -= 0.35
    return max(0.0, fit)
