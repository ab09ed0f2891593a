"""What the clients of other protocols send, and what of it is a question to us.

Fields that we do not know are passed over, as these protocols grow; sizes are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from nutgraf.conversation import Turn
from nutgraf.errors import NotFound
from nutgraf.serve.answers import DEADLINE_AT_LEAST_S, DEADLINE_AT_MOST_S
from nutgraf.serve.schemas import Id

MESSAGES_AT_MOST = 400
PARTS_AT_MOST = 2_000
HISTORY_AT_MOST = 20
TEXT_AT_MOST_CHARS = 4_000
LISTED_AT_MOST = 20
#: The model id that leaves the choice of the agent to us; behind a slash stands an agent's name.
AUTO = "nutgraf"

Json = dict[str, Any]
DeadlineMs = Annotated[int, Field(ge=DEADLINE_AT_LEAST_S * 1000, le=DEADLINE_AT_MOST_S * 1000)]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A request of any protocol, as we understand it: a question, or takeaways when there is none.

    `chat` is the client's own name of the conversation; `history` what it says was asked and answered before, oldest
    first; `item` and `member` are ids, `agent` a name, `model` that of the model that writes, None for ours to choose.
    """

    item: str | None
    member: str | None
    question: str | None
    chat: str = ""
    agent: str | None = None
    model: str | None = None
    deadline_ms: int | None = None
    history: tuple[Turn, ...] = ()
    resumable: bool = False


class Lenient(BaseModel):
    """What comes in from a client that we did not write."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Said(Lenient):
    """A message of any of these protocols: its text is in `content`, whole or in parts, or in `parts`."""

    id: Annotated[str, Field(max_length=200)] | None = None
    role: Annotated[str, Field(max_length=50)]
    content: str | Annotated[list[Json], Field(max_length=PARTS_AT_MOST)] | None = None
    parts: Annotated[list[Json], Field(max_length=PARTS_AT_MOST)] | None = None
    metadata: Json | None = None

    @property
    def text(self) -> str:
        """What it says, without anything that is no text."""
        if isinstance(self.content, str):
            return self.content
        pieces = [part.get("text") for part in self.content or self.parts or () if part.get("type") in TEXT_PARTS]
        return "".join(piece for piece in pieces if isinstance(piece, str))


TEXT_PARTS = ("text", "input_text", "output_text")
Messages = Annotated[list[Said], Field(max_length=MESSAGES_AT_MOST)]


class UiChatBody(Lenient):
    """What the transport of `useChat` sends, with our fields in its `body`."""

    id: Id
    messages: Messages
    item: Id | None = None
    member: Id | None = None
    agent: Id | None = None
    model: Id | None = None
    deadline_ms: DeadlineMs | None = None
    resume: bool = False

    def wish(self) -> Wish:
        """The request as we understand it."""
        question, history = conversation(self.messages, self.item)
        return Wish(
            chat=self.id, item=self.item, member=self.member, question=question, agent=self.agent, model=self.model,
            deadline_ms=self.deadline_ms, history=history, resumable=self.resume,
        )  # fmt: skip


class Forwarded(Lenient):
    """Our fields, as AG-UI forwards them."""

    item: Id | None = None
    member: Id | None = None
    agent: Id | None = None
    model: Id | None = None
    deadline_ms: DeadlineMs | None = None


class AgUiBody(Lenient):
    """AG-UI's RunAgentInput."""

    thread_id: Annotated[Id, Field(alias="threadId")]
    run_id: Annotated[Id, Field(alias="runId")]
    messages: Messages
    state: Any = None
    forwarded: Annotated[Forwarded | None, Field(alias="forwardedProps")] = None

    @property
    def known_state(self) -> Json:
        """The state that the client shares, when it is an object: only then ours can stand in it."""
        return self.state if isinstance(self.state, dict) else {}

    def wish(self) -> Wish:
        """The request as we understand it."""
        ours = self.forwarded or Forwarded()
        question, history = conversation(self.messages, ours.item)
        return Wish(
            chat=self.thread_id, item=ours.item, member=ours.member, question=question, agent=ours.agent,
            model=ours.model, deadline_ms=ours.deadline_ms, history=history,
        )  # fmt: skip


class StreamOptions(Lenient):
    """What a client of the OpenAI API wants of a stream."""

    include_usage: bool | None = None


class CompletionsBody(Lenient):
    """A request for a chat completion of the OpenAI API; our fields stand beside its own or in its `metadata`."""

    model: Id
    messages: Messages
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: Annotated[dict[str, Annotated[str, Field(max_length=512)]], Field(max_length=16)] | None = None
    item: Id | None = None
    member: Id | None = None
    deadline_ms: DeadlineMs | None = None

    @property
    def usage(self) -> bool:
        """Whether the last chunk shall say what was spent."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def wish(self) -> Wish:
        """The request as we understand it. NotFound when the model is not one of ours."""
        named = self.metadata or {}
        item, member = self.item or named.get("item"), self.member or named.get("member")
        question, history = conversation(self.messages, item)
        return Wish(
            item=item, member=member, question=question, agent=agent_of(self.model), deadline_ms=self.deadline_ms,
            history=history,
        )  # fmt: skip


def agent_of(model: str) -> str | None:
    """The agent that a model id names, None for the one that leaves the choice to us. NotFound for any other id."""
    maker, _, agent = model.partition("/")
    if maker != AUTO or (model != AUTO and not agent):
        raise NotFound(f"model: {model!r} is not known here; use {AUTO!r}, or an id that GET /v1/models lists")
    return agent or None


def conversation(messages: Sequence[Said], item: str | None) -> tuple[str | None, tuple[Turn, ...]]:
    """The question that is open, if one is, and the turns before it, oldest first, at most HISTORY_AT_MOST.

    A turn is what a user said last before an assistant answered. What only the system said is passed over.
    """
    turns: list[Turn] = []
    question: str | None = None
    answer: list[Said] = []

    def close() -> None:
        if question and answer:
            turns.append(_turn(question, answer, item))

    for said in messages:
        if said.role == "user":
            close()
            question, answer = said.text.strip(), []
        elif said.role == "assistant":
            answer.append(said)
    close()
    return (question or None) if not answer else None, tuple(turns[-HISTORY_AT_MOST:])


def recalled(sent: Iterable[Turn], kept: Iterable[Turn]) -> tuple[Turn, ...]:
    """What a client says was said before, each turn as it is kept here when it is: that one knows what it showed."""
    known = list(kept)
    by_stream = {turn.stream: turn for turn in known if turn.stream}
    by_question = {turn.question: turn for turn in known}
    return tuple(by_stream.get(turn.stream) or by_question.get(turn.question) or turn for turn in sent)


def _turn(question: str, answer: Sequence[Said], item: str | None) -> Turn:
    known: Json = next((said.metadata for said in answer if said.metadata), {})
    stream, agent = known.get("stream"), known.get("agent")
    text = " ".join(filter(None, (said.text.strip() for said in answer)))
    return Turn(
        item_id=item or "", stream=stream[:100] if isinstance(stream, str) else "",
        question=question[:TEXT_AT_MOST_CHARS], answer=text[:TEXT_AT_MOST_CHARS], at=datetime.now(UTC).isoformat(),
        agent=agent[:100] if isinstance(agent, str) else "", listed=_listed(answer),
    )  # fmt: skip


def _listed(answer: Iterable[Said]) -> tuple[str, ...]:
    """The records that our own parts in these messages showed, in their order."""
    found: list[str] = []
    for part in (part for said in answer for part in said.parts or ()):
        data = part.get("data")
        if not isinstance(data, Mapping):
            continue
        if part.get("type") == "data-sentence":
            found += [
                str(piece.get("ref")) for piece in _objects(data.get("evidence")) if piece.get("source") == "skill"
            ]
        elif part.get("type") == "data-extras":
            found += [str(card.get("item")) for card in _objects(data.get("cards"))]
    return tuple(name[:200] for name in dict.fromkeys(found))[:LISTED_AT_MOST]


def _objects(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
