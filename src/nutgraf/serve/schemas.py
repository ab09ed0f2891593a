"""What the API takes and gives, as types that the OpenAPI document is made from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from nutgraf.conversation import Turn
from nutgraf.events import BlockForm, BlockStatus
from nutgraf.orchestration import SourceReport
from nutgraf.serve.answers import DEADLINE_AT_LEAST_S, DEADLINE_AT_MOST_S, QUESTION_AT_MOST_CHARS
from nutgraf.types import Action, Because, Block, Card, Ending, Fact, ItemKind, Sentence, Skipped, TakeawayKind

WITHOUT_AT_MOST = 200
Id = Annotated[str, Field(min_length=1, max_length=200)]


class Taken(BaseModel):
    """What comes in: nothing that is not known."""

    model_config = ConfigDict(extra="forbid")


class TakeawaysBody(Taken):
    """Ask for the takeaways of an item, for a member or for a reader without a profile."""

    item: Id
    member: Id | None = None
    model: Id | None = None
    without: Annotated[list[Id], Field(max_length=WITHOUT_AT_MOST)] = Field(
        default_factory=list, description="Ids of the member's facts that may not be used for this answer"
    )
    deadline_ms: Annotated[int, Field(ge=DEADLINE_AT_LEAST_S * 1000, le=DEADLINE_AT_MOST_S * 1000)] | None = None


class AskBody(TakeawaysBody):
    """Ask a question about an item, and perhaps a certain agent."""

    agent: Annotated[Id | None, Field(description="Who answers, by name; routing decides when it is not given")] = None
    question: Annotated[str, Field(min_length=1, max_length=QUESTION_AT_MOST_CHARS)]


class FeedbackBody(Taken):
    """What a member says of an answer, or of one block or sentence of it."""

    stream: Id
    member: Id | None = None
    block: Id | None = None
    sentence: Id | None = None
    rating: Literal["up", "down"]
    reason: Annotated[str, Field(max_length=100)] | None = None
    comment: Annotated[str, Field(max_length=2_000)] | None = None


class Listed(BaseModel):
    """An item as it stands in a list."""

    id: str
    kind: ItemKind
    title: str
    author: str | None
    organisation: str | None
    published: str | None
    place: str | None
    topics: tuple[str, ...]
    details: dict[str, str]
    snippet: str
    ai: bool


class Whole(Listed):
    """An item whole. All offsets count Unicode code points of `text`; `hidden` are ranges of markup in it."""

    text: str
    blocks: tuple[Block, ...]
    hidden: tuple[tuple[int, int], ...]
    author_id: str | None
    organisation_id: str | None
    url: str | None


class Items(BaseModel):
    """Items, ordered by id."""

    items: list[Listed]


class MemberCard(BaseModel):
    """A sample member as it stands in a list."""

    id: str
    name: str
    headline: str | None
    place: str | None
    plan: str


class Members(BaseModel):
    """The members kept here, ordered by id."""

    members: list[MemberCard]


class MemberWhole(MemberCard):
    """A member with the consented facts that choosing and writing may see."""

    facts: tuple[Fact, ...]


class Turns(BaseModel):
    """A conversation about an item, oldest first."""

    turns: list[Turn]


class Kept(BaseModel):
    """What was sent is kept."""

    kept: bool = True


class Erased(BaseModel):
    """How many rows and traces of a member were deleted."""

    erased: int


class Health(BaseModel):
    """The process lives, or can answer; `running` counts the streams without an ending."""

    status: Literal["ok"] = "ok"
    running: int | None = None


class ErrorBody(BaseModel):
    """What went wrong. With a ticket, the server's log says more."""

    kind: str
    message: str
    ticket: str | None = None


class Error(BaseModel):
    """Every answer that is an error."""

    error: ErrorBody


class ItemAbout(BaseModel):
    """The item a document is about."""

    id: str
    kind: ItemKind
    title: str
    author: str | None
    organisation: str | None
    published: str | None
    url: str | None
    text: str


class MemberAbout(BaseModel):
    """The member a document is for."""

    id: str
    name: str


class TakeawayOut(BaseModel):
    """One takeaway: its sentences with their evidence, why it was chosen, and a next step."""

    block: str
    kind: TakeawayKind
    sentences: list[Sentence]
    because: Because | None
    action: Action | None


class BlockOut(BaseModel):
    """One part of an answer: a requirement of a job, a step of a plan, a draft, or the answer itself."""

    block: str
    form: BlockForm
    title: str | None
    status: BlockStatus | None
    because: Because | None
    sentences: list[Sentence]
    action: Action | None


class AnswerOut(BaseModel):
    """The answer to a question: who answered, the question as it was understood, every sentence, and its parts."""

    agent: str | None
    understood: str | None
    sentences: list[Sentence]
    blocks: list[BlockOut]


class TimingOut(BaseModel):
    """Times in milliseconds since the request was accepted, and for each stage its own."""

    first_useful_ms: float | None
    complete_ms: float | None
    stages: dict[str, float]


class DocumentOut(BaseModel):
    """A whole answer, folded from its events."""

    stream: str | None
    item: ItemAbout | None
    member: MemberAbout | None
    takeaways: list[TakeawayOut]
    starters: list[str]
    cards: list[Card]
    no_action_because: str | None
    used_about_you: list[Fact]
    sources: list[SourceReport]
    skipped: list[Skipped]
    timing: TimingOut
    model: str | None
    ending: Ending | None
    reason: str | None
    ticket: str | None
    regenerate: bool = False
    question: str | None = None
    answer: AnswerOut | None = None


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its description."""
    return {status: {"model": Error} for status in statuses}
