"""Answers as providers put them on the wire, played to a real reader of their form and cut off at any byte."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio.lowlevel

from nutgraf.http1 import Broken
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.model.http_model import Endpoint, HttpModel
from nutgraf.model.messages_http import MessagesModel
from nutgraf.model.openai_http import ChatModel
from nutgraf.model.responses_http import ResponsesModel
from nutgraf.testing.wires import WIRES
from nutgraf.types import Prompt
from tests.pipeline.promises import Json, Told, WatchedJudge, faults, letters
from tests.pipeline.streams import QUESTIONS, World
from tests.pipeline.told import tell
from tests.pipeline.world import ITEMS, MEMBERS

#: The forms; `quirk` is a chat endpoint that is declared to send no finish reason.
FORMS = ("chat", "responses", "messages", "quirk")
RECORDINGS = 20
SENTENCES_AT_MOST = 2
USED = (120, 40)
PATHS = {"chat": "completions", "responses": "responses", "messages": "messages", "quirk": "completions"}


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One answer on the wire. Offsets are in bytes: behind the first word, behind the usage, and where it is whole."""

    form: str
    body: bytes
    first_word: int
    used: int
    whole: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a recording is cut, and how: the connection is `closed` like one that is done with, or it is `broken`."""

    at: int
    closed: bool

    def spoke(self, recording: Recording) -> bool:
        """Whether a whole word came before it."""
        return self.at >= recording.first_word

    def harmless(self, recording: Recording) -> bool:
        """Whether the provider had said that it was done, as far as it ever does."""
        quirk = recording.form == "quirk" and self.closed and self.at >= recording.used
        return self.at >= recording.whole or quirk


NO_CUT = Cut(1 << 40, closed=True)


def record(form: str, pieces: Sequence[str]) -> Recording:
    """The bytes of an answer that is said in these pieces."""
    wire = WIRES[PATHS[form]]
    body = wire.begin(USED)
    first_word = 0
    for piece in pieces:
        body += wire.piece(piece)
        first_word = first_word or len(body)
    if form != "quirk":
        body += wire.finish("stop", USED)
    finished, done = len(body), wire.done(USED)
    used = finished + done.find(b"\n\n") + 2
    whole = finished if form in ("chat", "responses") else finished + len(done)
    return Recording(form=form, body=body + done, first_word=first_word, used=used, whole=whole)


def written(number: int, prompt: Prompt) -> list[str]:
    """What a model writes in answer `number`, in pieces: its evidence, whole or shortened, some of it as JSON."""
    rng = random.Random(number)
    content = next(message.content for message in prompt.messages if message.role == "user")
    lines = [line[1:].partition("] ") for line in content.split("\n") if line.startswith("[")]
    chosen = [(int(label), text) for label, _, text in lines[:SENTENCES_AT_MOST] if label.isdigit()]
    said = [(label, text.split(",")[0].rstrip(".") + "." if rng.random() < 0.5 else text) for label, text in chosen]
    text = "\n".join(f"{one} [{label}]" for label, one in said) + "\n"
    if number % 4 == 3:
        name = "answer" if "Question: " in content else "takeaways"
        text = json.dumps({name: [{"evidence": [label], "text": one} for label, one in said]}, ensure_ascii=False)
    pieces = []
    while text:
        size = rng.randint(6, 40)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


class _Response:
    """A body that comes in chunks of any size, and ends too early."""

    whole = False

    def __init__(self, data: bytes, cut: Cut, rng: random.Random) -> None:
        self._data, self._cut, self._rng = data[: cut.at], cut, rng

    async def read(self) -> bytes:
        """The next chunk; empty at what looks like an end."""
        await anyio.lowlevel.checkpoint()
        if not self._data and not self._cut.closed:
            raise Broken("cut")
        size = self._rng.choice((1, 7, 60, 200, 1_000, 16_384))
        chunk, self._data = self._data[:size], self._data[size:]
        return chunk

    def rest(self, seconds: float) -> None:
        """Nothing gathers here."""

    def fail(self, failure: OSError) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """There is no connection."""


class _Played(HttpModel):
    """A model whose answers are recordings; everything behind its first byte is the real client's."""

    made: Callable[[Prompt], Recording]
    cut = NO_CUT
    seed = 0

    async def _open(self, prompt: Prompt, clock: Any) -> Any:
        return _Response(self.made(prompt).body, self.cut, random.Random(self.seed))


class _PlayedChat(_Played, ChatModel):
    pass


class _PlayedResponses(_Played, ResponsesModel):
    pass


class _PlayedMessages(_Played, MessagesModel):
    pass


_CLASSES: dict[str, type[_Played]] = {
    "chat": _PlayedChat, "responses": _PlayedResponses, "messages": _PlayedMessages, "quirk": _PlayedChat,
}  # fmt: skip


def played(form: str, made: Callable[[Prompt], Recording], cut: Cut = NO_CUT, name: str = "first") -> _Played:
    """A model of this form that plays what `made` gives for a prompt, up to the cut."""
    endpoint = Endpoint(base_url="http://recorded.invalid", model="m", no_finish_reason=form == "quirk")
    model = _CLASSES[form](name, endpoint)
    model.made, model.cut, model.seed = made, cut, cut.at
    return model


@dataclass(frozen=True)
class Answer:
    """Answer `number` of RECORDINGS in one form, with what is recorded of it when nobody cuts it."""

    form: str
    number: int

    @property
    def question(self) -> str | None:
        """What is asked; half of the answers are panels."""
        return QUESTIONS[self.number % 3] if self.number % 2 else None

    def made(self, prompt: Prompt) -> Recording:
        """The recording of what is written for a prompt."""
        return record(self.form, written(self.number, prompt))


@dataclass(frozen=True)
class CutAnswer:
    """What became of a cut answer: what its reader was told, what the model had said, and whether others helped."""

    told: Told
    recording: Recording
    cut: Cut
    sentences: frozenset[str]
    helped: bool

    def faults(self) -> list[str]:
        """Every promise that was broken."""
        found, closed = faults(self.told), self.told.closed
        whole = self.cut.harmless(self.recording) or self.helped
        if self.cut.spoke(self.recording) and not whole and closed.get("ending") != "truncated":
            found.append("cut as done" if closed.get("ending") == "done" else f"ended {closed.get('ending')}")
        if whole and closed.get("ending") != "done":
            found.append(f"whole, but ended {closed.get('ending')}")
        if closed.get("ending") == "truncated" and not closed["regenerate"]:
            found.append("nothing offered")
        if not whole and not any(part["what"] == "writing" for part in closed.get("skipped", ())):
            found.append("cut as done")
        shown = (s["text"] for s in self.told.sentences if s["verdict"] == "supported")
        return found + ["cut as done" for text in shown if letters(text) not in self.sentences]


class Player:
    """Plays recordings through the pipeline of a world; must run on an event loop of its own for each call."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self._recordings: dict[Answer, tuple[Recording, frozenset[str]]] = {}

    async def recording(self, answer: Answer) -> tuple[Recording, frozenset[str]]:
        """What is recorded for an answer that nobody cuts, and the letters of each of its sentences."""
        if answer not in self._recordings:
            asked: list[Prompt] = []

            def made(prompt: Prompt) -> Recording:
                asked.append(prompt)
                return answer.made(prompt)

            await self._tell(answer, [played(answer.form, made)])
            text = "".join(written(answer.number, asked[0]))
            said = {letters(one) for one in _sentences(text)}
            self._recordings[answer] = answer.made(asked[0]), frozenset(said)
        return self._recordings[answer]

    async def play(self, answer: Answer, cut: Cut, *, helped: bool = False) -> CutAnswer:
        """Play an answer up to a cut; with `helped` a second model behind the same gateway is well."""
        recording, sentences = await self.recording(answer)
        models = [played(answer.form, answer.made, cut)]
        if helped:
            models.append(played(answer.form, answer.made, name="second"))
        told = await self._tell(answer, models)
        return CutAnswer(told, recording, cut, sentences, helped)

    async def _tell(self, answer: Answer, models: Sequence[_Played]) -> Told:
        door = Gateway([Target(name=model.name, model=model) for model in models], seed=answer.number)
        settings = replace(self.world.rooms.settings, writing="at-once")
        rooms = replace(self.world.rooms, model=door, settings=settings)
        judge = WatchedJudge(rooms.encoder, rooms.judge.checks)
        object.__setattr__(rooms, "judge", judge)
        item, member = ITEMS[answer.number % 3], MEMBERS[answer.number % 3]
        events: list[Json] = await tell(rooms, item, member, answer.question)
        texts = self.world.texts | self.world.facts[member.id]
        return Told(
            name=f"{answer.form} {answer.number}", item=item, texts=texts, deadline_ms=60_000.0, first_ms=60_000.0,
            disturbed=True, question=answer.question is not None, ledger=judge.ledger, events=events,
        )  # fmt: skip


def _sentences(text: str) -> list[str]:
    if text.startswith("{"):
        return [one["text"] for many in json.loads(text).values() for one in many]
    return [line.rpartition(" [")[0] for line in text.splitlines()]
