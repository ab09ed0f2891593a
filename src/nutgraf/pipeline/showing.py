"""What a reader gets to see of any event: plain text, links that are allowed, nothing that loads, runs or hides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from nutgraf.events import BlockEnd, BlockStart, Closed, Event, Extras, Opened, Routed, SentenceCommitted, Sources, Used
from nutgraf.orchestration import SourceReport
from nutgraf.trust.output.clean import clean
from nutgraf.trust.output.links import Allowed, found
from nutgraf.types import Action, Because, Card, Evidence, Fact, Item, Sentence, Skipped

if TYPE_CHECKING:
    from nutgraf.trust.policy.rules import Policy

T = TypeVar("T")
#: Spaces that stand where something was taken out.
_LEFT = re.compile(r" +(?=[.,;!?)]|$)|(?<= ) +", re.MULTILINE)
#: The fields that people read, of events and of what they hold. A reader's own words come back as they are.
READ: Mapping[type, tuple[str, ...]] = {
    Opened: ("title",), Routed: ("because",), Sources: ("asked",), SourceReport: ("because",), Used: ("facts",),
    Fact: ("text",), BlockStart: ("because", "title"), Because: ("text", "facts"), SentenceCommitted: ("sentence",),
    Sentence: ("text", "evidence", "because"), Evidence: ("quote",), BlockEnd: ("action",),
    Action: ("label", "title", "question", "because", "facts"), Extras: ("starters", "cards"),
    Card: ("title", "snippet", "because"), Closed: ("reason", "skipped"), Skipped: ("what",),
}  # fmt: skip


class Addresses:
    """The links that one answer may show: configured hosts, and what stands in the item and the evidence."""

    def __init__(self, policy: Policy | None, item: Item | None, question: str | None) -> None:
        """Without a policy the addresses of the evidence may be shown, and no other."""
        self._show = policy.links if policy else "evidence"
        self._hosts = policy.hosts if policy else frozenset()
        self._urls: set[str] = set()
        self._made: Allowed | None = None
        self.add(question or "")
        if item is not None:
            self.add(item.title, item.text, item.url or "", *(value for _, value in item.details))

    def add(self, *texts: str) -> None:
        """Evidence was found that holds these texts."""
        if self._show != "none":
            self._urls.update(url for text in texts if "://" in text for url in found(text))
            self._made = None

    @property
    def allowed(self) -> Allowed:
        """The allow-list as it is now."""
        if self._made is None:
            self._made = Allowed(self._hosts, frozenset(self._urls))
        return self._made


def shown_event(event: Event, allowed: Allowed) -> Event:
    """The event with every text that people read made plain; the same object when nothing had to change."""
    return _plain(event, allowed)


def plain_text(text: str, allowed: Allowed) -> str:
    """A text as it may be shown, without the spaces that taking something out left behind."""
    cleaned = clean(text, allowed).text
    return text if cleaned == text else _LEFT.sub("", cleaned).strip()


def _plain(value: T, allowed: Allowed) -> T:
    made: Any = value
    if isinstance(value, str):
        made = plain_text(value, allowed)
    elif isinstance(value, tuple):
        parts = tuple(_plain(part, allowed) for part in value)
        changed = any(new is not old for new, old in zip(parts, value, strict=True))
        made = tuple(part for part in parts if part != "") if changed else value
    elif isinstance(value, Evidence):
        made = _quote(value, allowed)
    elif (names := READ.get(type(value))) is not None:
        new = {name: _plain(getattr(value, name), allowed) for name in names}
        if any(new[name] is not getattr(value, name) for name in names):
            made = replace(value, **new)  # type: ignore[type-var]
    found: T = made
    return found


def _quote(piece: Evidence, allowed: Allowed) -> Evidence:
    """A quotation is verbatim, unless it holds what may not be shown."""
    cleaned = clean(piece.quote, allowed)
    return replace(piece, quote=cleaned.text) if cleaned.hostile else piece
