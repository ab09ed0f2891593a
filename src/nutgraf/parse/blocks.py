"""What the containers, keys and strings of a JSON draft mean: takeaways with sentences, evidence, starters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from nutgraf.parse.ahead import HOLDS_JSON, MAY_HOLD_JSON
from nutgraf.parse.drafts import LineParser
from nutgraf.parse.fields import FieldEvent, FieldFinal, Label
from nutgraf.parse.keys import Role, name_of, role_of
from nutgraf.parse.scan import Scanner
from nutgraf.parse.starters import StarterReader
from nutgraf.parse.strings import OPENING_CHARS

FIELDS_AT_MOST = 400
LABELS_AT_MOST_CHARS = 400
LABEL_AT_MOST_CHARS = 64
WORDS_OF_A_SENTENCE = 4

_LABEL = re.compile(r"[\W_]*(?:e|s|ev|evidence|source|ref|span|no|nr)?[\W_]*(\d{1,3})[\W_]*", re.IGNORECASE)
_BETWEEN_LABELS = re.compile(r"[\s,;\[\]()]+|\band\b")
_ONE_TEXT = frozenset("text content sentence body".split())


@dataclass(slots=True)
class _Block:
    """One takeaway. Its evidence is `pending` until its text begins; `shared` is for blocks that name none."""

    pending: list[Label] = field(default_factory=list)
    shared: list[Label] = field(default_factory=list)
    evidence_first: bool = False
    lines: LineParser | None = None
    quotes: list[str] = field(default_factory=list)  # sentences that stood where evidence should
    evidence: int = 0  # evidence fields told
    has_text: bool = False


@dataclass(slots=True)
class _Frame:
    """An open container: what its values are for, and whose text they are."""

    role: Role
    is_object: bool
    block: _Block
    repeats: bool = False  # what it says may have been said before
    labels: list[Label] | None = None  # evidence that this container collects
    key: str = ""
    value: Role = "other"
    keys: set[str] = field(default_factory=set)


class BlockReader:
    """The scanner's Handler: keeps a stack of meanings and writes field events into `events`."""

    def __init__(self, labels: Mapping[str, int] | None, at_most_chars: int, repairs: Counter[str]) -> None:
        """`labels` gives the numbers of evidence ids; `at_most_chars` bounds the text of a block."""
        self.events: list[FieldEvent] = []
        self.blocks = 0
        self._labels, self._room, self._repairs = labels or {}, at_most_chars, repairs
        self._frames: list[_Frame] = []
        self._loose = _Block()
        self._documents = self._whole_documents = 0  # whole: with a list of takeaways in it
        self._in_list = False  # a text stood in a list or object within the document
        self._role: Role = "other"  # of the string at hand
        self._to = self._loose
        self._buffer: list[str] = []
        self._chars = 0
        self._lead: str | None = None  # the first characters of a text, until it is known not to be JSON itself
        self._said: list[str] = []  # whole texts, so that a repetition is known
        self.starters = StarterReader(self.events)
        self._starters_in = 0  # the document whose starters were told
        self._fields = 0
        self._later = False  # the string at hand is told only when it is known to be no repetition
        self._inner: Scanner | None = None  # reads JSON within a string
        self._inside = False

    # Containers.

    def opened(self, mark: str) -> None:
        """A container gets its meaning from its key or from the list it stands in."""
        is_object = mark == "{"
        if not self._frames:
            self._documents += 1
            role: Role = "block" if is_object else "blocks"
            self._frames.append(_Frame(role, is_object, _Block(), self._documents > 1))
            return
        top = self._frames[-1]
        role, block = self._value_role(top), top.block
        labels: list[Label] | None = None
        repeats = top.repeats or (top.is_object and top.value != "other" and top.key in top.keys and block.has_text)
        if role == "evidence":
            labels = [] if top.role != "evidence" else None
        elif role != "skip" and role != "starters":
            role, block = self._within(role, top, is_object)
            if role == "blocks" and top.is_object and self._whole_documents:
                self._repairs["second-document"] += 1
                role = "skip"
        self._frames.append(_Frame(role, is_object, block, repeats, labels))

    def _within(self, role: Role, top: _Frame, is_object: bool) -> tuple[Role, _Block]:
        """The meaning of a container that may hold sentences, and the block they belong to."""
        if is_object:
            shared = top.block.pending or top.block.shared
            return ("wrap" if role in ("wrap", "other") else "block"), _Block(shared=list(shared))
        if role == "text" and top.role == "block" and top.key in _ONE_TEXT:
            return "text", top.block
        return "blocks", top.block

    def _value_role(self, top: _Frame) -> Role:
        """What the next value in `top` is for."""
        return top.value if top.is_object else top.role

    def shut(self) -> None:
        """A list of evidence, or of takeaways, is complete."""
        frame = self._frames.pop()
        block = frame.block
        if frame.labels is not None:
            self._evidence(block, frame.labels)
        elif frame.is_object and block.lines is None and block.pending and block.quotes and not block.has_text:
            self._repairs["text-in-evidence"] += 1
            self._later, self._to = True, block
            self._end_text(" ".join(block.quotes))
        if not self._frames and self._in_list:
            self._whole_documents += 1

    def key(self, name: str) -> None:
        """The next value's meaning."""
        top = self._frames[-1]
        if top.key:
            top.keys.add(top.key)
        top.key = name_of(name)
        top.value = role_of(top.key, top.role)
        if top.value == "other" and self._in_list:
            top.value = "skip"  # what stands beside takeaways is none

    # Values.

    def scalar(self, token: str) -> None:
        """A number is evidence where evidence is expected, and nothing elsewhere."""
        if self._frames and self._value_role(self._frames[-1]) == "evidence" and token.lstrip("+").isdigit():
            self._label(self._frames[-1], [int(token[-9:])])

    def string(self) -> None:
        """Choose where the string goes."""
        top = self._frames[-1] if self._frames else None
        role: Role = "text" if top is None else self._value_role(top)
        self._buffer, self._chars, self._later, self._lead = [], 0, False, None
        self._role = "skip"
        if self._fields >= FIELDS_AT_MOST or role in ("skip", "other"):
            return
        if role == "evidence":
            self._role = role
        elif role == "starters":
            if self._starters_in not in (0, self._documents):
                return
            self._role, self._starters_in = role, self._documents
            self._fields += 1
            self.starters.begin()
        else:
            self._role, self._lead = "text", ""

    def text(self, piece: str) -> None:
        """More of the string at hand."""
        if self._inner is not None and not self._inside:
            self._into_inner(piece)
        elif self._role == "text":
            if self._lead is not None:
                self._first(piece)
            else:
                self._more(piece)
        elif self._role == "starters":
            self.starters.more(piece)
        elif self._role == "evidence" and self._chars < LABELS_AT_MOST_CHARS:
            self._buffer.append(piece)
            self._chars += len(piece)

    def string_end(self) -> None:
        """The string at hand is complete."""
        if self._inner is not None and not self._inside:
            self._inside = True
            self._inner.close()
            self._inner, self._inside = None, False
        elif self._role == "text":
            if self._lead is not None:
                self._begin_text(self._lead)
            self._end_text("".join(self._buffer))
        elif self._role == "starters":
            self.starters.end()
        elif self._role == "evidence":
            said = "".join(self._buffer)
            if not (labels := self._labels_in(said)) and len(said.split()) >= WORDS_OF_A_SENTENCE:
                self._frames[-1].block.quotes.append(said)
            self._label(self._frames[-1], labels)
        self._role = "skip"

    # Sentences.

    def _first(self, piece: str) -> None:
        """The first visible characters of a text tell whether it is JSON itself."""
        self._lead = (self._lead or "") + piece
        visible = self._lead.lstrip()
        if not visible:
            self._lead = visible
        elif not self._inside and HOLDS_JSON.match(visible):
            self._repairs["json-in-a-string"] += 1
            self._inner = Scanner(self, self._repairs)
            self._role = "skip"
            self._into_inner(visible)
        elif self._inside or not MAY_HOLD_JSON.fullmatch(visible[:OPENING_CHARS]):
            self._begin_text(visible)

    def _into_inner(self, piece: str) -> None:
        self._inside = True
        while self._inner is not None and piece:
            if self._inner.done:  # another document in the same string
                at = piece.find("{")
                piece = piece[at:] if at >= 0 else ""
                self._inner = Scanner(self, self._repairs)
                self._documents += 1
                self._whole_documents += self._in_list
            piece = self._inner.feed(piece)
        self._inside = False

    def _begin_text(self, said: str) -> None:
        """A text begins with `said`: find its block."""
        self._lead = None
        self._fields += 1
        top = self._frames[-1] if self._frames else None
        if top is None or (top.role == "text" and not top.is_object):
            self._to = self._loose if top is None else top.block
        elif top.is_object and top.value != "block":
            self._to = top.block
            self._later = top.repeats or top.block.has_text or top.key in top.keys
        else:
            self._to = _Block(shared=list(top.block.pending or top.block.shared))
            self._later = top.repeats
            top.block.has_text = True
        self._in_list = self._in_list or len(self._frames) > 1
        if not self._later:
            self._start(self._to)
        self._more(said)

    def _more(self, piece: str) -> None:
        if self._chars < self._room:
            self._buffer.append(piece)
            self._chars += len(piece)
            if not self._later:
                assert self._to.lines is not None
                self.events += self._to.lines.feed(piece)

    def _start(self, block: _Block) -> None:
        for frame in self._frames:
            frame.block.has_text = True
        block.has_text = True
        if block.lines is None:
            evidence = block.pending or block.shared
            block.evidence_first = bool(block.pending)
            cited = tuple(dict.fromkeys(label for label in evidence if isinstance(label, int)))
            block.lines = LineParser(
                self._room, block=self.blocks, lines_are_blocks=False, cited=cited, labels=self._labels
            )
            self.blocks += 1
            if evidence:
                self._tell_evidence(block, evidence)

    def _end_text(self, said: str) -> None:
        plain = " ".join(said.split())
        if self._later:
            if not plain or any(known.startswith(plain) for known in self._said):
                self._repairs["repeated-text"] += 1
                return
            if self._to.lines is not None:
                self._repairs["second-text"] += 1
                first = self._to
                self._to = _Block(list(first.pending), first.shared, first.evidence_first)
                for frame in self._frames:
                    if frame.block is first:
                        frame.block = self._to
            self._start(self._to)
            assert self._to.lines is not None
            self.events += self._to.lines.feed(said)
        assert self._to.lines is not None
        self.events += self._to.lines.close()
        self._said.append(plain)

    # Evidence.

    def _label(self, top: _Frame, labels: list[Label]) -> None:
        holder = next((frame for frame in reversed(self._frames) if frame.labels is not None), None)
        if holder is not None and holder.labels is not None and top.role == "evidence":
            holder.labels += labels[: FIELDS_AT_MOST - len(holder.labels)]
        else:
            self._evidence(top.block, labels)

    def _evidence(self, block: _Block, labels: list[Label]) -> None:
        if block.lines is None:
            block.pending += labels
        elif block.evidence_first and labels:  # the evidence of a further text under the same keys
            for frame in self._frames:
                if frame.block is block:
                    frame.block = _Block(labels, evidence_first=True)
        elif labels:
            self._tell_evidence(block, labels)

    def _tell_evidence(self, block: _Block, labels: list[Label]) -> None:
        assert block.lines is not None
        value = tuple(dict.fromkeys(labels))
        self.events.append(FieldFinal("evidence", block.lines.block, block.evidence, value))
        block.evidence += 1

    def _labels_in(self, said: str) -> list[Label]:
        """The labels that a string names: an id, a number, or several of them."""
        said = said.strip()
        if said in self._labels:
            return [self._labels[said]]
        found: list[Label] = []
        for part in filter(None, _BETWEEN_LABELS.split(said)):
            if part in self._labels:
                found.append(self._labels[part])
            elif match := _LABEL.fullmatch(part):
                self._repairs["number-as-string"] += 1
                found.append(int(match[1]))
            elif part.lower().strip(".:#") not in ("evidence", "source", "sources", "ref", ""):
                return [said] if len(said) <= LABEL_AT_MOST_CHARS and " " not in said else []
        return found
