"""The nouns of Nutgraf: frozen values, no I/O, no clock, no third party at run time."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]  # shape [n, dims], rows of length one
else:
    Vectors = Any  # numpy is not imported for the sake of a name

ItemKind = Literal["post", "article", "job", "course", "company", "profile"]
BlockKind = Literal["heading", "paragraph", "item", "quote", "code", "table"]
FactKind = Literal[
    "headline", "summary", "position", "highlight", "education", "certificate",
    "skill", "guessed-skill", "language", "interest", "goal", "memory",
]  # fmt: skip
SourceKind = Literal["item", "member", "skill"]
VerdictKind = Literal["supported", "quoted", "dropped"]
TakeawayKind = Literal["understand", "act"]
ActionKind = Literal["connect", "converse", "learn", "engage"]
Ending = Literal["done", "declined", "truncated", "stopped", "failed"]

ITEM_KINDS: tuple[ItemKind, ...] = ("post", "article", "job", "course", "company", "profile")
#: What a member may consent to: fields of the profile, and `memory` of what they stated; nothing else is ever read.
CONSENT_FIELDS = (
    "headline", "summary", "work", "education", "certificates", "skills", "languages", "interests", "goals",
    "memory",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Who is asking and what they may do; made once at the door, an argument of every call.

    `member` is None for a reader without a profile. `purposes` names the uses the member agreed to.
    """

    tenant: str
    member: str | None
    purposes: frozenset[str]
    consent_version: int
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class Deadline:
    """One moment on the monotonic clock of the event loop, in seconds, handed down from the door."""

    at: float

    def left(self, now: float) -> float:
        """Seconds left at `now`, never below zero."""
        return max(0.0, self.at - now)

    def sooner(self, at: float) -> Deadline:
        """The earlier of this moment and `at`."""
        return Deadline(min(self.at, at))


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of an item's text that stands by itself: offsets [start, end) in characters."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A public document. `text` is the source itself; every offset in Nutgraf points into it.

    `hidden` lists markup ranges (such as the asterisks of bold text) that a reader does not see, in order.
    An item holds no personal field of any reader: it is the public partition.
    """

    id: str
    kind: ItemKind
    title: str
    text: str
    blocks: tuple[Block, ...] = ()
    hidden: tuple[tuple[int, int], ...] = ()
    author: str | None = None
    author_id: str | None = None
    organisation: str | None = None
    organisation_id: str | None = None
    published: str | None = None
    place: str | None = None
    url: str | None = None
    language: str = "en"
    ai: bool = True
    topics: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()

    @property
    def content_hash(self) -> str:
        """Hex digest of what a reader can read: title, text and details."""
        whole = "\x1f".join([self.kind, self.title, self.text, *(f"{k}={v}" for k, v in self.details)])
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()

    def shown(self, start: int, end: int) -> str:
        """What a reader sees of text[start:end]: markup left out, white space as single spaces."""
        pieces, at = [], start
        for begin, stop in self.hidden[bisect_left(self.hidden, start, key=lambda ends: ends[1]) :]:
            if begin >= end:
                break
            pieces.append(self.text[at : max(at, begin)])
            at = min(max(at, stop), end)
            if self.text[begin] == "<" or (
                self.text[begin - 1 : begin] in (".", "!", "?") and self.text[at : at + 1].isupper()
            ):
                pieces.append(" ")
        pieces.append(self.text[at:end])
        return " ".join("".join(pieces).split())


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence of an item: offsets into its text, how it reads, and how much it says.

    `salience` and `specificity` lie in 0..1; `features` keeps the parts of salience by name.
    """

    id: str
    start: int
    end: int
    text: str
    block: int
    salience: float = 0.0
    specificity: float = 0.0
    quotable: bool = True
    features: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A skill or topic named in an item, with where it is named (offset pairs) and its weight 0..1."""

    id: str
    label: str
    ranges: tuple[tuple[int, int], ...]
    weight: float


@dataclass(frozen=True, eq=False)
class Digest:
    """What reading an item gave: public, without any member in it, made once per content and reader version.

    `vectors` has one row a span, `title_vector` one row. `declined` says why the item gets no panel.
    """

    item_id: str
    content_hash: str
    version: str
    spans: tuple[Span, ...]
    vectors: Vectors
    title_vector: Vectors
    topics: tuple[Topic, ...]
    worth: float
    declined: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One job held: months as YYYY or YYYY-MM, `end` None while it lasts."""

    title: str
    organisation: str | None = None
    start: str | None = None
    end: str | None = None
    summary: str | None = None
    highlights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One course of education."""

    institution: str | None = None
    degree: str | None = None
    area: str | None = None
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate or licence held."""

    name: str
    issuer: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Which profile fields may be used, and the version of that choice."""

    version: int = 1
    fields: frozenset[str] = frozenset(CONSENT_FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A reader with a profile: the member partition."""

    id: str
    name: str
    headline: str | None = None
    summary: str | None = None
    country: str | None = None
    locale: str = "en"
    place: str | None = None
    plan: str = "free"
    consent: Consent = field(default_factory=Consent)
    work: tuple[Position, ...] = ()
    education: tuple[Study, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a member's record says, with an id that citations point to; `guess` marks an inference."""

    id: str
    kind: FactKind
    text: str
    guess: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The consented facts of one member at one moment; `scope` is who they belong to."""

    scope: Scope
    name: str | None
    facts: tuple[Fact, ...]

    def fact(self, fact_id: str) -> Fact | None:
        """The fact with this id, if it is in the snapshot."""
        return next((fact for fact in self.facts if fact.id == fact_id), None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The only thing a sentence may rest on: a quote with its place.

    `ref` is an item id (sources item and skill) or a fact id (source member); `quote` is exactly
    the text of that item or fact from `start` to `end`. What is sent of it lacks only what no reader may get: images,
    markup that runs, links that are not allowed.
    """

    id: str
    source: SourceKind
    ref: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One sentence as a model wrote it, with the numbers of the evidence it claims to rest on."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a draft: `check` is the check that decided, `because` its reason in words.

    `evidence` holds the pieces that support the draft, each of them alone; it is empty unless it is supported.
    `unsupported` and `doubtful` are as those of a `Sentence`.
    """

    verdict: VerdictKind
    check: str
    because: str = ""
    evidence: tuple[Evidence, ...] = ()
    unsupported: float | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that was committed: shown to a member, and never taken back.

    `unsupported` is the probability, 0..1, that its evidence does not bear it out, where that was estimated; `doubtful`
    that it is shown with a reservation, and `because` says in words why, or why it is a quotation.
    """

    id: str
    text: str
    verdict: Literal["supported", "quoted"]
    evidence: tuple[Evidence, ...]
    check: str
    unsupported: float | None = None
    doubtful: bool = False
    because: str = ""


@dataclass(frozen=True, slots=True)
class Because:
    """Why a takeaway was chosen for this member, and the facts of their record that say so."""

    text: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A next step. `item` is the id of a real record to open, `question` what to ask; one of them is set."""

    kind: ActionKind
    label: str
    item: str | None = None
    title: str | None = None
    question: str | None = None
    because: str = ""
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A related record found by search, with the reason it is shown."""

    item: str
    kind: ItemKind
    title: str
    snippet: str
    score: float
    because: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was left out of an answer, and why: late sources, lacking parts, no room."""

    what: str
    because: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn given to a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A rendered prompt: which template it came from, the turns, and how the model may write.

    `opening` is text the answer must begin with (models that can continue a text do so; the
    stream then yields only what follows). `max_tokens` counts generated tokens. `schema` is a JSON schema, as text,
    that the answer must fit; models that can constrain their output do so, for the others it says nothing.
    """

    name: str
    version: str
    messages: tuple[Message, ...]
    opening: str = ""
    max_tokens: int = 256
    temperature: float = 0.0
    stop: tuple[str, ...] = ()
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result: the item, its fused score, and its rank in each list that found it (from 1)."""

    item: Item
    score: float
    ranks: Mapping[str, int]
