"""Follow-up questions: what "the second one", "it" or "and for nurses?" stand for, and long conversations made short.

Pure, by rule, English. What cannot be resolved comes back as it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nutgraf.conversation import Turn
from nutgraf.decide.references import (
    ABOUT,
    BARE,
    CORRECTION,
    LEAD,
    MORE,
    NEW_TOPIC,
    PHRASE,
    TYPES,
    VERB,
    Pointer,
    kind_of,
    listed_pointer,
    meant_kind,
    pronoun_pointer,
)
from nutgraf.decide.salience import Salience
from nutgraf.text.sentences import split
from nutgraf.text.words import content_stems, words
from nutgraf.types import Item, ItemKind

#: A fragment that leans on the question before it has at most so many words.
FRAGMENT_WORDS = 6
#: A longer question says itself what it is about.
FOLLOW_UP_AT_MOST_CHARS = 320
CHARS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question that stands alone: `text`; the ids it `refers_to`; and whether it left the last topic.

    `said` is the new part of it, without what was taken over from the last question: what routing reads.
    """

    text: str
    refers_to: tuple[str, ...] = ()
    changed_topic: bool = False
    because: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Condensed:
    """A conversation within a budget, oldest first: how many turns were `shortened`, how many `left_out`."""

    turns: tuple[Turn, ...]
    shortened: int = 0
    left_out: int = 0
    tokens: int = 0


def resolve(
    question: str,
    history: Sequence[Turn],
    item: Item | None,
    *,
    titles: Mapping[str, str],
    kinds: Mapping[str, ItemKind] | None = None,
) -> Resolved:
    """The question as it stands alone.

    `titles` names the records of the conversation by id; `kinds` says what they are (without it, an id such as
    "course-sql" tells by its first word). Unchanged when it points at nothing, or at something that was never shown.
    """
    asked = " ".join(question.split())
    if not history:
        return Resolved(asked, because="the first question", said=asked)
    seen = Salience.of(history, item, titles, kinds or {})
    if marked := NEW_TOPIC.match(LEAD.sub("", asked)):
        rest = _capital(LEAD.sub("", asked)[marked.end() :].strip()) or asked
        return Resolved(rest, changed_topic=True, because="says that it is about something else", said=rest)
    if corrected := CORRECTION.match(asked):
        return _corrected(corrected["meant"], seen)
    core = LEAD.sub("", asked).strip() or asked
    if len(asked) > FOLLOW_UP_AT_MOST_CHARS:
        return _stands(asked, core, seen)
    led = core != asked
    return _listed(core, seen) or _ellipsis(core, led, seen) or _pronoun(core, seen) or _stands(asked, core, seen)


def condense(history: Sequence[Turn], budget_tokens: int) -> Condensed:
    """The conversation within `budget_tokens`: recent turns whole, older ones as question and first sentence.

    The newest turn that does not fit whole is shortened with all before it; from the first that does not fit at all,
    older ones are left out. A turn is never cut anywhere else.
    """
    kept: list[Turn] = []
    spent = shortened = 0
    for turn in reversed(history):
        if not shortened and spent + _tokens(turn) <= budget_tokens:
            spent += _tokens(turn)
            kept.append(turn)
            continue
        short = _shortened(turn)
        if spent + _tokens(short) > budget_tokens:
            break
        shortened += 1
        spent += _tokens(short)
        kept.append(short)
    return Condensed(tuple(reversed(kept)), shortened, len(history) - len(kept), spent)


def _tokens(turn: Turn) -> int:
    return -(-(len(turn.question) + len(turn.answer)) // CHARS_PER_TOKEN)


def _shortened(turn: Turn) -> Turn:
    sentences = split(turn.answer)
    start, end = sentences[0] if sentences else (0, 0)
    return replace(turn, question=turn.standalone or turn.question, answer=turn.answer[start:end])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _put(text: str, pointer: Pointer, instead: str) -> str:
    ending = "'s" if pointer.owner else ""
    return _capital(text[: pointer.start] + instead + ending + text[pointer.end :])


def _listed(core: str, seen: Salience) -> Resolved | None:
    """Pointers into what was shown: "the second one", "the last course", "the other two", "which of them"."""
    pointer = listed_pointer(core)
    if pointer is None:
        return None
    refs = seen.pick(pointer)
    if not refs and not seen.shown():
        return None
    if not refs:
        return Resolved(
            core, because=f"points at something that was not shown ({core[pointer.start : pointer.end]})", said=core
        )
    because = f"“{core[pointer.start : pointer.end]}” of what was shown"
    return _with_records(core, pointer, refs, seen, because)


def _with_records(core: str, pointer: Pointer, refs: Sequence[str], seen: Salience, because: str) -> Resolved:
    named = seen.naming(refs)
    bare = ABOUT.sub(r"\g<rest>", core[: pointer.start] + core[pointer.end :]).strip(" ?.!,")
    if not [word for word in words(bare) if word not in ("what", "how", "about", "the", "same", "for", "of", "and")]:
        text = _about_again(named, seen)
        return Resolved(text, tuple(refs), because=because, said=f"What about {named}?")
    whole = pointer.points == "all"
    text = f"{_capital(core.rstrip('?.! '))}: {named}?" if whole else _put(core, pointer, named)
    return Resolved(text, tuple(refs), because=because, said=text)


def _about_again(named: str, seen: Salience) -> str:
    """The last question asked of something else."""
    base = seen.base()
    if quote := re.search(r"“[^”]*”(?:(?:, | and )“[^”]*”)*", base):
        return base[: quote.start()] + named + base[quote.end() :]
    return f"What about {named}? Asked before: {base}"


def _corrected(meant: str, seen: Salience) -> Resolved:
    """As in "No, I meant the course": the last question, asked of what was meant."""
    pointer = listed_pointer(meant) or meant_kind(meant)
    refs = seen.pick(pointer, leave_focus=True) if pointer else ()
    if refs:
        text = _about_again(seen.naming(refs), seen)
        return Resolved(text, tuple(refs), because="corrects what the last question was about", said=text)
    base = seen.base().rstrip("?.! ")
    text = _swapped(base, meant) or f"{base}, meaning {meant}?"
    return Resolved(text, because="corrects the last question", said=meant)


def _ellipsis(core: str, led: bool, seen: Salience) -> Resolved | None:
    """Fragments completed from the last question: "and for nurses?", "what about Fridays?", "why?"."""
    bare = core.rstrip("?.! ")
    base = seen.base().rstrip("?.! ")
    if not base or len(bare.split()) > FRAGMENT_WORDS + 2:
        return None
    because = "completed from the last question"
    if MORE.match(bare):
        return Resolved(f"Tell me more: {base}?", because=because, said=base)
    if BARE.match(bare):
        return Resolved(f"{base}, and {bare[:1].lower()}{bare[1:]}?", because=because, said=bare)
    about = ABOUT.match(bare)
    phrase = PHRASE.match(about["rest"] if about else bare)
    if pronoun_pointer(bare):
        return None
    if phrase and (about or not VERB.search(bare)):
        text = _swapped(base, phrase.group()) or f"{base}, and {phrase.group()}?"
        return Resolved(text, because=because, said=bare)
    if about:
        text = _swapped(base, about["rest"]) or f"{base}, and what about {about['rest']}?"
        return Resolved(text, because=because, said=about["rest"])
    if (
        led
        and len(bare.split()) <= 4
        and not VERB.search(bare)
        and bare.split()[0].lower() not in ("who", "what", "how", "why")
    ):
        text = _swapped(base, bare) or f"{base}, and what about {bare}?"
        return Resolved(text, because=because, said=bare)
    return None


def _swapped(base: str, fragment: str) -> str | None:
    """The last question with the fragment in place of its like: the same preposition, another day, month or year."""
    if phrase := PHRASE.match(fragment):
        ends = list(re.finditer(rf"\b{phrase['prep']}\b", base, re.IGNORECASE))
        if ends and len(base[ends[-1].start() :].split()) <= FRAGMENT_WORDS:
            return f"{base[: ends[-1].start()]}{fragment[:1].lower()}{fragment[1:]}?"
    for pattern in TYPES:
        old, new = pattern.search(base), pattern.search(fragment)
        if old and new:
            return f"{base[: old.start()]}{new.group()}{base[old.end() :]}?"
    return None


def _pronoun(core: str, seen: Salience) -> Resolved | None:
    """Pronouns put into words: the record or person spoken of last, or the subject of the last question."""
    pointer = pronoun_pointer(core) or _definite(core, seen)
    if pointer is None or _inside(core, pointer):
        return None
    refs, named = seen.antecedent(pointer, core)
    if named:
        text = _put(core, pointer, named)
        because = f"“{core[pointer.start : pointer.end]}” is {named}"
        return Resolved(text, refs, because=because, said=text if refs else core)
    base = seen.base().rstrip("?.! ")
    if not base or pointer.points in ("place", "person"):
        return None
    return Resolved(f"{base}, and {core[:1].lower()}{core[1:]}", because="completed from the last question", said=core)


def _definite(core: str, seen: Salience) -> Pointer | None:
    """As in "the course" after courses were shown; its own kind means the item unless another was singled out."""
    pointer = meant_kind(core)
    if pointer is None or re.search(r"“", core):
        return None
    return pointer if seen.singled(pointer.kind) else None


def _inside(core: str, pointer: Pointer) -> bool:
    """Whether the question itself names what the pronoun stands for."""
    ahead = core[: pointer.start]
    named = re.search(r"(?<!^)\b[A-Z][a-z]+", ahead[1:]) or re.search(r"\b(?:the|an|a) \w{3,}", ahead.lower())
    return (
        bool(named)
        and pointer.points in ("thing", "person", "people")
        and kind_of(core[pointer.start : pointer.end].rsplit(maxsplit=1)[-1]) is None
    )


def _stands(asked: str, core: str, seen: Salience) -> Resolved:
    """A question that stands alone: whether it shares anything with what was spoken of."""
    stems = set(content_stems(core))
    changed = len(stems) >= 2 and not stems & seen.recent_stems()
    because = "shares nothing with the last turns" if changed else "stands alone"
    return Resolved(asked, changed_topic=changed, because=because, said=core)
