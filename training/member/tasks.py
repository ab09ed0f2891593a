# ruff: noqa: E501 - tables of patterns
"""Claims about what somebody does, made from the highlights of a record."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nutgraf.trust.member.lexicon import content
from training.member.wordings import OPPOSITES, SYNONYMS

if TYPE_CHECKING:
    from training.member.persons import Person

_IRREGULAR = {
    "build": "built", "write": "written", "lead": "led", "make": "made", "teach": "taught", "buy": "bought", "sell": "sold",
    "take": "taken", "give": "given", "keep": "kept", "read": "read", "set": "set", "cut": "cut", "run": "run", "draw": "drawn",
    "drive": "driven", "hold": "held", "meet": "met", "find": "found", "feed": "fed", "choose": "chosen", "lay": "laid",
    "oversee": "overseen", "put": "put", "do": "done", "tell": "told", "send": "sent", "fit": "fitted", "plan": "planned",
    "get": "got", "stop": "stopped", "grow": "grown", "bring": "brought", "weld": "welded", "speak": "spoken", "cast": "cast",
}  # fmt: skip
_PAST = {
    *_IRREGULAR.values(),
    "grew",
    "won",
    "ran",
    "wrote",
    "took",
    "gave",
    "drew",
    "drove",
    "chose",
    "began",
    "rebuilt",
    "oversaw",
}
_PLAIN = re.compile(r"^[A-Z][a-z]+ (?!or\b|and\b|,)[a-z]")
_CUT = re.compile(
    r",? (?:such as|including|to ensure|in order to|as needed|as necessary|using|when|so that|by)\b.*$|[.;].*$|\([^)]*\)"
)
_PART = re.compile(
    r"^(?:Assist|Participate|Help|Support|Collaborate|Contribute|Assisted|Supported|Collaborated)\w* (?:in|with|to|on) (?P<thing>[a-z].{10,80})"
)
_LED = re.compile(
    r"^(?:Direct|Supervise|Manage|Lead|Led|Oversee|Managed|Coordinate) (?P<thing>(?:the |a )?[a-z].{8,80})"
)


def highlights(person: Person) -> list[tuple[str, Any]]:
    """Highlights with the work item they belong to."""
    return [(line, work) for work in person.resume.get("work", []) for line in work.get("highlights", [])]


def done(task: str) -> str:
    """Of "inspect the pipes" comes "inspected the pipes"."""
    verb, _, rest = task.partition(" ")
    if verb.endswith("ed") or verb in _PAST:
        return task
    past = _IRREGULAR.get(verb)
    if past is None:
        past = (
            verb + "d" if verb.endswith("e") else verb[:-1] + "ied" if re.search(r"[^aeiou]y$", verb) else verb + "ed"
        )
    return f"{past} {rest}"


def _short(line: str, rng: random.Random) -> str | None:
    line = line.strip().rstrip(".")
    if not _PLAIN.match(line):
        return None
    cut = _CUT.sub("", line).strip(" ,") if rng.random() < 0.6 else line
    if len(cut.split()) < 3 or len(cut) > 160:
        return None
    return cut[0].lower() + cut[1:]


def _said(task: str, rng: random.Random) -> str:
    """The task in other words at times."""
    words = task.split()
    return " ".join(SYNONYMS.get(word, word) if rng.random() < 0.5 else word for word in words)


def task(person: Person, others: Sequence[Person], rng: random.Random) -> Any:
    """A task of the record, and false ones: of somebody else, with another object, turned into its opposite."""
    some = highlights(person)
    for _ in range(6):
        if not some:
            return None
        line, work = rng.choice(some)
        short = _short(line, rng)
        if short:
            break
    else:
        return None
    place = {"employer": work.get("name") or "your firm", "title": work.get("position") or "employee"}
    said = _said(short, rng)
    values = {**place, "task": said, "done": done(said)}
    false = []
    other = _elsewhere(person, others, rng)
    if other:
        false += [("somebody else", {**place, "task": other, "done": done(other)})] * 2
        swapped = _swapped(short, other, person)
        if swapped:
            false += [("object", {**place, "task": swapped, "done": done(swapped)})] * 2
    number = re.search(r"(?<![\w.])\d+(?![\w.]*\d)", short)
    if number:
        changed = short[: number.start()] + str(int(number[0]) * rng.choice([2, 3]) + 1) + short[number.end() :]
        false += [("number", {**place, "task": changed, "done": done(changed)})] * 3
    words = short.split()
    for at, word in enumerate(words):
        if word in OPPOSITES:
            changed = " ".join([*words[:at], OPPOSITES[word], *words[at + 1 :]])
            false += [("opposite", {**place, "task": changed, "done": done(changed)})] * 2
    return ("task", values, false) if false else None


def _elsewhere(person: Person, others: Sequence[Person], rng: random.Random) -> str | None:
    for _ in range(12):
        some = highlights(rng.choice(others))
        short = _short(rng.choice(some)[0], rng) if some else None
        if short:
            words = set(content(short))
            if words and max((len(words & line) / len(words) for line in person.record.words), default=0) < 0.5:
                return short
    return None


def _swapped(short: str, other: str, person: Person) -> str | None:
    """The task with its last words replaced by those of another one."""
    mine, theirs = short.split(), other.split()
    if len(mine) < 3 or len(theirs) < 3:
        return None
    keep = max(1, len(mine) // 2)
    made = " ".join(mine[:keep] + theirs[len(theirs) // 2 :])
    fresh = [word for word in content(" ".join(theirs[len(theirs) // 2 :])) if word not in person.record.all_words]
    return made if len(fresh) >= 1 else None


def led(person: Person, rng: random.Random) -> Any:
    """Who took part did not lead; who led may be said to have led."""
    part = [found for line, _ in highlights(person) if (found := _PART.match(line))]
    lead = [found for line, _ in highlights(person) if (found := _LED.match(line))]
    if part and (not lead or rng.random() < 0.5):
        thing = _CUT.sub("", rng.choice(part)["thing"]).strip(" ,.")
        return ("led", None, [("led", {"thing": thing})]) if rng.random() < 0.5 else ("part", {"thing": thing}, [])
    if lead:
        thing = _CUT.sub("", rng.choice(lead)["thing"]).strip(" ,.")
        return "led", {"thing": thing}, []
    return None
