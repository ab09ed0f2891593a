"""What was answered to a case, as it is kept: the document that a reader got, and how it was made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nutgraf.evals.cases import Case

Json = dict[str, Any]
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer to a case. `document` is the one described in the manual; `failed` says why there is none.

    `passages` are those it was written from (`source`, `ref`, `text`, `origin`), `record` the reader's, line by line.
    `calls` are those of models (`prompt`, `version`, `model`, `ending`, `repairs`, tokens, `micro_usd`), `drafts` and
    `verdicts` say what the model wrote and what became of it.
    """

    case: str
    repeat: int
    agent: str
    group: str
    kinds: tuple[str, ...]
    document: Json
    passages: tuple[Json, ...] = ()
    record: tuple[str, ...] = ()
    calls: tuple[Json, ...] = ()
    verdicts: Mapping[str, int] = field(default_factory=dict)
    drafts: int = 0
    failed: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """What pairs it with an answer of another run."""
        return self.case, self.repeat

    @property
    def ending(self) -> str:
        """How it ended; `failed` where it never came."""
        return "failed" if self.failed else str(self.document.get("ending") or "failed")

    @property
    def item_text(self) -> str:
        """The text of the item it is about, with its title; empty without one."""
        item = self.document.get("item") or {}
        return f"{item.get('title') or ''}\n{item.get('text') or ''}".strip()

    def as_json(self) -> Json:
        """A plain JSON object, for a line of a file."""
        return asdict(self)


@dataclass(frozen=True)
class Said:
    """A sentence that a reader was shown: `quoted` word for word, or written; `quotes` are its evidence by side."""

    text: str
    quoted: bool
    block: str
    form: str
    item_quotes: tuple[str, ...] = ()
    member_quotes: tuple[str, ...] = ()

    @property
    def quotes(self) -> tuple[str, ...]:
        """All of its evidence."""
        return (*self.item_quotes, *self.member_quotes)


def answer_of(found: Mapping[str, Any]) -> Answer:
    """An answer from its JSON object, as `as_json` made it."""
    tuples = {name: tuple(found.get(name, ())) for name in ("kinds", "passages", "record", "calls")}
    return Answer(**{**found, **tuples})


def said(answer: Answer) -> list[Said]:
    """Every sentence a reader was shown, in order."""
    return [
        _said(sentence, block.get("block", ""), block.get("form", "takeaway"))
        for block in blocks(answer) for sentence in block.get("sentences", ())
    ]  # fmt: skip


def blocks(answer: Answer) -> list[Json]:
    """The takeaways, or the blocks of an answer to a question."""
    document = answer.document
    return [*document.get("takeaways", ()), *(document.get("answer") or {}).get("blocks", ())]


def reasons(answer: Answer) -> Iterator[Json]:
    """What was said of why something was chosen: `text`, and the `facts` of the reader's record it names."""
    for block in blocks(answer):
        if block.get("because"):
            yield block["because"]
    for action in actions(answer):
        if action.get("because"):
            yield {"text": action["because"], "facts": action.get("facts", ())}


def actions(answer: Answer) -> list[Json]:
    """The next steps that were offered."""
    return [block["action"] for block in blocks(answer) if block.get("action")]


def shown(answer: Answer, *, with_reasons: bool = True) -> str:
    """Everything a reader could read of the answer, a line each: sentences, titles, reasons, steps, starters, cards."""
    document = answer.document
    lines = [one.text for one in said(answer)]
    if with_reasons:
        lines += [str(block.get("title") or "") for block in blocks(answer)]
        lines += [str(one["text"]) for one in reasons(answer)]
        lines += [f"{one.get('label') or ''} {one.get('title') or ''}" for one in actions(answer)]
        lines += list(document.get("starters", ()))
        lines += [f"{card['title']} {card.get('snippet') or ''}" for card in document.get("cards", ())]
        lines += [str(document.get("reason") or "")]
    return "\n".join(line for line in lines if line.strip())


def offered(answer: Answer) -> set[str]:
    """The ids of the records that were offered or cited beside the item."""
    found = {one["item"] for one in actions(answer) if one.get("item")}
    found |= {card["item"] for card in answer.document.get("cards", ())}
    for block in blocks(answer):
        for sentence in block.get("sentences", ()):
            found |= {one["ref"] for one in sentence.get("evidence", ()) if one.get("source") == "skill"}
    return found


def holds(text: str, wanted: str) -> bool:
    """Whether a text holds one of the parts of `wanted`, which are divided by `|`, as whole words where they are words.

    Case, white space and the shape of apostrophes and dashes do not count.
    """
    return any(_holds(plain(text), plain(part)) for part in wanted.split("|") if part.strip())


def plain(text: str) -> str:
    """A text in the form in which texts are compared."""
    same = text.translate({0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0xA0: " "})
    return _SPACE.sub(" ", same).strip().casefold()


def declined_rightly(case: Case, answer: Answer) -> bool:
    """Whether the case asks for no answer and got none: there is nothing to measure, and nothing missing."""
    return case.expect.ending != "answered" and not said(answer) and not answer.failed


def _holds(text: str, part: str) -> bool:
    left = r"(?<!\w)" if part[:1].isalnum() else ""
    right = r"(?!\w)" if part[-1:].isalnum() else ""
    return re.search(left + re.escape(part) + right, text) is not None


def _said(sentence: Mapping[str, Any], block: str, form: str) -> Said:
    evidence: Sequence[Mapping[str, Any]] = sentence.get("evidence", ())
    sides = [[str(one["quote"]) for one in evidence if (one["source"] == "member") is side] for side in (False, True)]
    return Said(
        str(sentence["text"]), sentence.get("verdict") == "quoted", block, form, tuple(sides[0]), tuple(sides[1])
    )
