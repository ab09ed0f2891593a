"""Starters: questions that this item answers, and that others do not."""

from __future__ import annotations

import re

from nutgraf.evals.answers import Answer
from nutgraf.evals.cases import Case
from nutgraf.evals.metrics.base import Finding, Measured, Metric, NotMeasured, Tools
from nutgraf.text.facts import names, numbers
from nutgraf.text.sentences import split
from nutgraf.text.words import content_words, stem

#: Words of asking, which say nothing of what is asked about.
_ASKING = frozenset(
    stem(word)
    for word in """advise advice behind mean means happen happened explain tell describe work works difference matter
    matters thing things main point points reason reasons reader article post item page author piece story text detail
    details summary summarise summarize overview topic learn important lesson key takeaway takeaways information idea
    ideas help helpful discuss say""".split()
)
_GENERIC = re.compile(
    r"^\s*(?:what (?:is|are|was) (?:this|the (?:article|post|item|page|text|job|course|main))\b|what does (?:this|the"
    r" (?:article|post|author|text)) (?:mean|say)\W*$|can you (?:tell me more|explain|summari[sz]e)\b|tell me more"
    r"|why (?:is|does) (?:this|it) (?:important|matter)|how can (?:i|this) help|who (?:is|should) (?:this|read)"
    r"|what (?:should|can|could) i (?:learn|do|take)|what do you think|how (?:do|can) i (?:learn more|apply this))",
    re.IGNORECASE,
)
#: In at most this share of all records a stem may stand to be this item's own.
_RARE_AT_MOST = 0.12
#: Share of a question's content stems that the sentence that answers it should hold, and how many at least.
_HELD_AT_LEAST, _STEMS_AT_LEAST = 0.6, 2


def why_useless(question: str, title: str, text: str, tools: Tools) -> str | None:
    """Why a question is not worth asking of an item: empty, generic, not answered by it, or answered by any; else None.

    A sentence answers it that holds most of what is asked about, and two words of it at least; it is the item's own
    when it asks about a number, a name, or a word that few other records have.
    """
    if not question.strip().endswith("?"):
        return "is no question"
    asked = [stem(word) for word in content_words(question)]
    asked = [one for one in dict.fromkeys(asked) if one not in _ASKING]
    if _GENERIC.match(question) or not asked:
        return "could be asked of anything"
    sentences = [{stem(word) for word in content_words(text[start:end])} for start, end in split(text)]
    best = max((sum(one in row for one in asked) for row in sentences), default=0)
    if best < max(_STEMS_AT_LEAST, _HELD_AT_LEAST * len(asked)):
        return "the item does not say"
    held = {one for row in sentences for one in row}
    own = {stem(name.lower()) for name in names(question)} & held
    if own or [one for one in numbers(question) if any(one.value == other.value for other in numbers(text))]:
        return None
    if tools.records is None:
        raise NotMeasured("there are no other records to tell this item's own words by")
    if not any(one in held and tools.records.rarity(one) <= _RARE_AT_MOST for one in asked):
        return "other items answer it as well"
    return None


def _measure(case: Case, answer: Answer, tools: Tools) -> Measured:
    starters = answer.document.get("starters", ())
    if not starters:
        raise NotMeasured("the answer has no starters")
    item = answer.document.get("item") or {}
    judged = {
        one: why_useless(one, str(item.get("title") or ""), str(item.get("text") or ""), tools) for one in starters
    }
    findings = tuple(Finding(one, because) for one, because in judged.items() if because)
    return Measured(len(judged) - len(findings), len(judged), findings)


STARTERS = Metric(
    name="starters", title="Useful starters", better="higher", measure=_measure,
    what="Share of the starter questions that this item answers and that few others would.",
    applies=lambda case: case.question is None,
)  # fmt: skip
