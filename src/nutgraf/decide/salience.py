"""What a conversation has in mind: the records it showed and singled out, the people and places it spoke of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nutgraf.conversation import Turn
from nutgraf.decide.references import Pointer, kind_of
from nutgraf.text.words import content_stems
from nutgraf.types import ITEM_KINDS, Item, ItemKind

#: How many turns back a pointer may reach.
REACH_TURNS = 4
_SUBJECT = re.compile(
    r"\b(?:the|a|an|this|that|their|our|your|its|his|her) ((?:[\w'’&-]+ ){0,3}?[\w'’&-]+)"
    r"(?=\s*(?:[?.!,;:]|$)|\s+(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|had|for|in|on|at|with|from|to|by|of|and|or|"
    r"so|that|who|which|when|after|before|work\w*|take\w*|cost\w*|pay\w*|need\w*|mean\w*|help\w*|change\w*|go|goes|went|fall|fell|rise|rose)\b)",
    re.IGNORECASE,
)


def quoted(title: str) -> str:
    """A title as a question names it."""
    return f"“{title}”"


@dataclass(frozen=True, eq=False)
class Salience:
    """The turns within reach, newest first, with the item, and the titles and kinds of records by id."""

    turns: tuple[Turn, ...]
    item: Item | None
    titles: Mapping[str, str]
    kinds: Mapping[str, ItemKind]

    @classmethod
    def of(
        cls, history: Sequence[Turn], item: Item | None, titles: Mapping[str, str], kinds: Mapping[str, ItemKind]
    ) -> Salience:
        """From a history, oldest first."""
        return cls(tuple(reversed(history[-REACH_TURNS:])), item, titles, kinds)

    def kind(self, ref: str) -> ItemKind | None:
        """What a record is: as `kinds` says, else by the first word of its id."""
        if self.item is not None and ref == self.item.id:
            return self.item.kind
        first = ref.split("-", 1)[0]
        return self.kinds.get(ref) or next((kind for kind in ITEM_KINDS if kind == first), None)

    def title(self, ref: str) -> str:
        """How a record is called; its id when nobody said."""
        if self.item is not None and ref == self.item.id:
            return self.item.title
        return self.titles.get(ref, ref)

    def naming(self, refs: Sequence[str]) -> str:
        """The records by name: people and companies plain, all else in quotation marks."""
        names = [
            self.title(ref) if self.kind(ref) in ("profile", "company") else quoted(self.title(ref)) for ref in refs
        ]
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

    def base(self) -> str:
        """The last question as it was understood, without more than one fragment added to it."""
        last = self.turns[0].standalone or self.turns[0].question
        _, asked_before, earlier = last.partition("? Asked before: ")
        last = earlier if asked_before else last
        parts = last.split(", and ")
        return ", and ".join([parts[0], parts[-1]]) if len(parts) > 2 else last

    def named(self, turn: Turn, kind: ItemKind | None = None) -> list[str]:
        """Records that the question of a turn names by their title."""
        said = f"{turn.standalone} {turn.question}".casefold()
        known = [*self.titles, *([self.item.id] if self.item is not None and self.item.id not in self.titles else [])]
        return [ref for ref in known if self._is(ref, kind) and self.title(ref).casefold() in said]

    def shown(self, kind: ItemKind | None = None, at_least: int = 1) -> tuple[str, ...]:
        """The records of the last turn that showed so many of this kind."""
        for turn in self.turns:
            if len(listed := tuple(ref for ref in turn.listed if self._is(ref, kind))) >= at_least:
                return listed
        return ()

    def focus(self, kind: ItemKind | None = None) -> tuple[str, ...]:
        """The record or records singled out last: named in a question, or shown alone."""
        for turn in self.turns:
            if named := self.named(turn, kind):
                return tuple(named)
            listed = [ref for ref in turn.listed if self._is(ref, kind)]
            if len(listed) == 1:
                return (listed[0],)
            if listed:
                return ()
        return ()

    def singled(self, kind: ItemKind | None) -> bool:
        """Whether "the course" can mean a record that was shown rather than the item."""
        if self.item is not None and self.item.kind == kind:
            return bool(self.focus(kind)) and self.focus(kind) != (self.item.id,)
        return bool(self.shown(kind))

    def pick(self, pointer: Pointer, leave_focus: bool = False) -> tuple[str, ...]:
        """The records that a pointer into a list means; none when there are too few."""
        shown = self.shown(pointer.kind, at_least=2) or self.shown(pointer.kind)
        focus = self.focus(pointer.kind)
        if not shown:
            same = self.item is not None and self.item.kind == pointer.kind and pointer.kind is not None
            return (self.item.id,) if same and self.item is not None and pointer.points == "that-one" else ()
        match pointer.points:
            case "ordinal":
                return shown[pointer.number - 1 : pointer.number]
            case "last":
                return shown[-1:]
            case "both":
                return shown if len(shown) == 2 else ()
            case "all":
                return shown
            case "other" | "others":
                rest = tuple(ref for ref in shown if ref not in (focus or shown[:1]))
                return rest[: pointer.number] if pointer.number else rest
        latest = self.shown(pointer.kind)
        if leave_focus:
            return tuple(ref for ref in latest if ref not in self.focus())[:1] or latest[:1]
        return focus[:1] or latest[:1]

    def antecedent(self, pointer: Pointer, question: str) -> tuple[tuple[str, ...], str]:
        """What a pronoun stands for: the ids and the words to put in its place; empty words when nobody knows."""
        match pointer.points:
            case "person":
                return self._person()
            case "place":
                return self._place()
            case "people":
                return self._several(pointer)
        return self._thing(pointer.kind)

    def recent_stems(self) -> set[str]:
        """The stems of the last two turns and of what they showed."""
        texts = [
            f"{t.question} {t.standalone} {t.answer} {' '.join(map(self.title, t.listed))}" for t in self.turns[:2]
        ]
        return set(content_stems(" ".join(texts)))

    def _is(self, ref: str, kind: ItemKind | None) -> bool:
        return kind is None or self.kind(ref) == kind

    def _thing(self, kind: ItemKind | None) -> tuple[tuple[str, ...], str]:
        last = self.turns[0]
        if kind is not None:
            found = self.focus(kind)[:1] or (
                () if self.item is not None and self.item.kind == kind else self.shown(kind)[:1]
            )
            if not found and self.item is not None and self.item.kind == kind:
                found = (self.item.id,)
            return (found, self.naming(found)) if found else ((), "")
        named = [ref for ref in self.named(last) if self.kind(ref) != "profile"]
        listed = [ref for ref in last.listed if self.kind(ref) != "profile"] or list(last.listed)
        if found := tuple(named[:1] or listed[:1]):
            return found, self.naming(found)
        return self._subject(last)

    def _subject(self, turn: Turn) -> tuple[tuple[str, ...], str]:
        found = [match.group(1) for match in _SUBJECT.finditer(turn.standalone or turn.question)]
        if not found:
            return (), ""
        kind = kind_of(found[0].split()[-1])
        if kind is not None and self.item is not None and self.item.kind == kind:
            return (self.item.id,), self.naming((self.item.id,))
        return (), f"the {found[0]}"

    def _person(self) -> tuple[tuple[str, ...], str]:
        for turn in self.turns:
            people = [ref for ref in self.titles if self.kind(ref) == "profile"]
            said = f"{turn.standalone} {turn.question}".casefold()
            answer = turn.answer.casefold()
            for ref in (
                *(ref for ref in people if self.title(ref).casefold() in said),
                *(ref for ref in turn.listed if self.kind(ref) == "profile"),
                *(ref for ref in people if self.title(ref).casefold() in answer),
            ):
                return (ref,), self.title(ref)
        if self.item is None:
            return (), ""
        if self.item.kind == "profile":
            return (self.item.id,), self.item.title
        return (self.item.author_id,) if self.item.author_id and self.item.author else (), self.item.author or ""

    def _place(self) -> tuple[tuple[str, ...], str]:
        for turn in self.turns:
            for ref in (*self.named(turn), *turn.listed):
                if self.kind(ref) == "company":
                    return (ref,), f"at {self.title(ref)}"
                if self.kind(ref) == "job" and (self.item is None or ref != self.item.id):
                    return (ref,), f"for {quoted(self.title(ref))}"
        if self.item is not None and self.item.organisation:
            at = self.item.organisation_id
            ref = self.item.id if self.item.kind in ("job", "company") or not at else at
            return (ref,), f"at {self.item.organisation}"
        return (), ""

    def _several(self, pointer: Pointer) -> tuple[tuple[str, ...], str]:
        shown = self.turns[0].listed if pointer.kind is None else self.shown(pointer.kind)
        if len(shown) > 1:
            return shown, self.naming(shown)
        company = self.focus("company")[:1]
        if company:
            return company, self.naming(company)
        if pointer.kind is None and self.item is not None and self.item.organisation and not shown:
            ref = self.item.organisation_id or (self.item.id if self.item.kind == "company" else "")
            return ((ref,) if ref else ()), self.item.organisation
        return (shown, self.naming(shown)) if shown else ((), "")
