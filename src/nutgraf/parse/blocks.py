"""What the containers, keys and strings of a JSON draft mean: takeaways with sentences, evidence, starters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from nutgraf.parse.drafts import LineParser
from nutgraf.parse.fields import FieldDelta, FieldEvent, FieldFinal, FieldStarted, Label
from nutgraf.parse.keys import Role, name_of, role_of
from nutgraf.text.clean import visible

FIELDS_AT_MOST = 400
STARTER_AT_MOST_CHARS = 400
LABELS_AT_MOST_CHARS = 400

_LABEL = re.compile(r"[\W_]*(?:e|s|ev|evidence|source|ref|span|no|nr)?[\W_]*(\d{1,3})[\W_]*", re.IGNORECASE)
_LABEL_SIGNS = re.compile(r"[\s,;\[\]()]+")
_BULLET = re.compile(r"^(?:[-*•–>]\s+|\(?\d{1,2}[.)]\s+)+")
_MARKS = re.compile(r"\s*\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]")


@dataclass(slots=True)
class _Block:
    """One takeaway: its number once it has text, its evidence until then."""

    lines: LineParser | None = None
    pending: list[Label] = field(default_factory=list)
    evidence: int = 0  # evidence fields told
    keys: set[str] = field(default_factory=set)  # under which text came


@dataclass(slots=True)
class _Frame:
    """An open container: what its values are for, and whose text they are."""

    role: Role
    is_object: bool
    block: _Block
    labels: list[Label] | None = None  # evidence that this container collects
    key: str = ""
    value: Role = "other"


class BlockReader:
    """The scanner's Handler: keeps a stack of meanings and writes field events into `events`."""

    def __init__(self, labels: Mapping[str, int] | None, at_most_chars: int, repairs: Counter[str]) -> None:
        """`labels` gives the numbers of evidence ids; `at_most_chars` bounds the text of all sentences of a block."""
        self.events: list[FieldEvent] = []
        self.blocks = 0
        self.whole_documents = 0  # documents with a list of takeaways that had text
        self._labels, self._room, self._repairs = labels or {}, at_most_chars, repairs
        self._frames: list[_Frame] = []
        self._loose = _Block()
        self._role: Role = "other"  # of the string at hand
        self._to = self._loose
        self._buffer: list[str] = []
        self._chars = 0
        self._said: list[str] = []  # whole texts, so that a repetition is known
        self._starters = 0
        self._fields = 0
        self._later = False  # the string at hand is told only if it is no repetition
        self._nested = False

    # Containers.

    def opened(self, mark: str) -> None:
        """A container gets its meaning from its key or from the list it stands in."""
        is_object = mark == "{"
        top = self._frames[-1] if self._frames else None
        if top is None:
            role: Role = "block" if is_object else "blocks"
            self._frames.append(_Frame(role, is_object, _Block()))
            return
        inherited = self._value_role(top)
        block = top.block
        role = inherited
        labels: list[Label] | None = None
        if inherited == "evidence":
            labels = [] if top.role != "evidence" or top.labels is None else None
        elif inherited == "other":
            role = "wrap"
        if role in ("blocks", "block", "text", "wrap"):
            role, block = self._nested_block(role, top, is_object)
        self._frames.append(_Frame(role, is_object, block, labels))

    def _nested_block(self, role: Role, top: _Frame, is_object: bool) -> tuple[Role, _Block]:
        if is_object:
            return ("block" if role != "wrap" else "wrap"), _Block()
        if role == "text" and top.role == "block" and name_of(top.key) in ("text", "content", "sentence", "body"):
            return "text", top.block
        return "blocks", top.block

    def _value_role(self, top: _Frame) -> Role:
        """What the next value in `top` is for."""
        return top.value if top.is_object else top.role

    def shut(self) -> None:
        """A list of evidence is complete."""
        frame = self._frames.pop()
        if frame.labels is not None:
            self._evidence(frame.block, frame.labels)

    def key(self, name: str) -> None:
        """The next value's meaning."""
        top = self._frames[-1]
        top.key, top.value = name, role_of(name, top.role)

    # Values.

    def scalar(self, token: str) -> None:
        """A number is evidence where evidence is expected, and nothing elsewhere."""
        if not self._frames:
            return
        top = self._frames[-1]
        role = self._value_role(top)
        if role == "evidence" and token.lstrip("+").isdigit():
            self._label(top, [int(token) if len(token) < 6 else token])

    def string(self) -> None:
        """Choose where the string goes."""
        top = self._frames[-1] if self._frames else None
        role: Role = "text" if top is None else self._value_role(top)
        self._buffer, self._chars, self._later, self._nested = [], 0, False, False
        self._role = "skip"
        if self._fields >= FIELDS_AT_MOST:
            return
        if role in ("text", "block", "blocks", "wrap"):
            if top is not None and role == "wrap" and not top.is_object:
                role = "blocks"
            self._role = "text"
            self._begin_text(top)
        elif role in ("evidence", "starters"):
            self._role = role
            if role == "starters":
                self._begin_starter()

    def text(self, piece: str) -> None:
        """More of the string at hand."""
        if self._role == "text":
            if self._later:
                if self._chars < self._room:
                    self._buffer.append(piece)
                    self._chars += len(piece)
            else:
                self._buffer.append(piece)
                assert self._to.lines is not None
                self.events += self._to.lines.feed(piece)
        elif self._role == "starters":
            self._more_starter(piece)
        elif self._role == "evidence" and self._chars < LABELS_AT_MOST_CHARS:
            self._buffer.append(piece)
            self._chars += len(piece)

    def string_end(self) -> None:
        """The string at hand is complete."""
        said = "".join(self._buffer)
        if self._role == "text":
            self._end_text(said)
        elif self._role == "starters":
            self._end_starter(said)
        elif self._role == "evidence":
            self._label(self._frames[-1], self._labels_in(said))
        self._role = "skip"

    # Sentences.

    def _begin_text(self, top: _Frame | None) -> None:
        self._fields += 1
        if top is None:
            block = self._loose
        elif top.is_object and top.value != "block":
            block = top.block
            name = name_of(top.key)
            if block.keys:
                self._later = True
                self._repairs["repeated-text"] += 1
            block.keys.add(name)
        elif top.role == "text":
            block = top.block
        else:
            block = _Block(pending=list(top.block.pending))
        self._to = block
        if not self._later:
            self._start(block)

    def _start(self, block: _Block) -> None:
        if block.lines is None:
            cited = tuple(dict.fromkeys(label for label in block.pending if isinstance(label, int)))
            block.lines = LineParser(self._room, block=self.blocks, lines_are_blocks=False, cited=cited)
            self.blocks += 1
            if block.pending:
                self._tell_evidence(block, block.pending)

    def _end_text(self, said: str) -> None:
        plain = " ".join(said.split())
        if self._later:
            if not plain or any(known.startswith(plain) for known in self._said):
                return
            fresh = _Block(pending=list(self._to.pending), keys=self._to.keys)
            self._start(fresh)
            self._to = fresh
            assert fresh.lines is not None
            self.events += fresh.lines.feed(said)
        assert self._to.lines is not None
        self.events += self._to.lines.close()
        self._said.append(plain)

    # Evidence.

    def _label(self, top: _Frame, labels: list[Label]) -> None:
        holder = next((frame for frame in reversed(self._frames) if frame.labels is not None), None)
        if holder is not None and top.role == "evidence":
            holder.labels = [*(holder.labels or []), *labels][:FIELDS_AT_MOST]
        else:
            self._evidence(top.block, labels)

    def _evidence(self, block: _Block, labels: list[Label]) -> None:
        if block.lines is None:
            block.pending += labels
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
        if not said:
            return []
        if said in self._labels:
            return [self._labels[said]]
        found: list[Label] = []
        for part in _LABEL_SIGNS.split(said):
            if match := _LABEL.fullmatch(part):
                self._repairs["number-as-string"] += 1
                found.append(self._labels.get(part, int(match[1])))
            elif part in self._labels:
                found.append(self._labels[part])
            elif part and part.lower() not in ("evidence", "source", "and"):
                return [said]
        return found

    # Starters.

    def _begin_starter(self) -> None:
        self._fields += 1
        self._started = False

    def _more_starter(self, piece: str) -> None:
        room = STARTER_AT_MOST_CHARS - self._chars
        piece = visible(piece)[:room]
        self._chars += len(piece)
        self._buffer.append(piece)
        if not self._started and any(map(str.isalpha, piece)):
            self._started = True
            self.events.append(FieldStarted("starter", 0, self._starters))
        if self._started and piece:
            self.events.append(FieldDelta("starter", 0, self._starters, piece))

    def _end_starter(self, said: str) -> None:
        if not self._started:
            return
        text = _MARKS.sub("", _BULLET.sub("", " ".join(said.split()))).strip()
        self.events.append(FieldFinal("starter", 0, self._starters, text))
        self._starters += 1
