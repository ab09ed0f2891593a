"""What every attempt at a model came to: one record each, and the sums of a session and of a gateway."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from nutgraf.orchestration import Step, Usage
from nutgraf.types import Prompt

#: How far an attempt came. `visible` means that a person had read something of it.
Phase = Literal["unsent", "sent", "first-token", "visible"]
#: What it came to: `done`, `left` (its reader went), `waste` (the loser of a hedge), or what went wrong.
Result = Literal["open", "done", "left", "waste", "busy", "silent", "cut", "denied", "refused", "broken"]
Because = Literal["first", "probe", "next", "again", "hedge", "cache"]

CHARS_PER_TOKEN = 4
#: Pieces longer than this on average are more than a token each.
TOKEN_AT_MOST_CHARS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a model costs, in US dollars per million tokens (which is micro-dollars per token)."""

    input_usd: float = 0.0
    output_usd: float = 0.0
    cached_usd: float | None = None

    def of(self, usage: Usage) -> Usage:
        """The same usage with its money; cached tokens cost as others do unless they have a price."""
        cached = self.input_usd if self.cached_usd is None else self.cached_usd
        fresh = max(0, usage.input_tokens - usage.cached_tokens)
        money = fresh * self.input_usd + usage.cached_tokens * cached + usage.output_tokens * self.output_usd
        return replace(usage, micro_usd=round(money)) if money or usage.micro_usd else usage


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One request to one target; moments in seconds on the clock of the event loop.

    `because` says why it was made: as the `first` one, as a `probe` of a target that had failed, as the `next` one
    after another target, `again` at the same one, as a `hedge` beside a slow one, or that a kept answer came from the
    `cache`. `failure` names the class of the error.
    """

    target: str
    step: Step
    because: Because
    began: float
    phase: Phase = "unsent"
    result: Result = "open"
    failure: str = ""
    ended: float | None = None
    first_token_s: float | None = None
    pieces: int = 0
    chars: int = 0
    usage: Usage = field(default_factory=Usage)


@dataclass(eq=False, slots=True)
class Totals:
    """Sums over the attempts at one target: how many came to what, what was used, and what of it was for nothing."""

    results: Counter[str] = field(default_factory=Counter)
    usage: Usage = field(default_factory=lambda: Usage(estimated=False))
    wasted: Usage = field(default_factory=lambda: Usage(estimated=False))

    def add(self, attempt: Attempt) -> None:
        """Count an attempt that has ended."""
        self.results[attempt.result] += 1
        self.usage = added(self.usage, attempt.usage)
        if attempt.result == "waste":
            self.wasted = added(self.wasted, attempt.usage)


def input_tokens(prompt: Prompt) -> int:
    """About how many tokens a prompt has: a quarter of its characters, rounded up."""
    chars = sum(len(message.content) for message in prompt.messages) + len(prompt.opening) + len(prompt.schema)
    return -(-chars // CHARS_PER_TOKEN)


def output_tokens(pieces: int, chars: int) -> int:
    """About how many tokens were written: one a piece, unless the pieces are too long to be tokens."""
    return pieces if chars <= pieces * TOKEN_AT_MOST_CHARS else -(-chars // CHARS_PER_TOKEN)


def spent(attempts: Iterable[Attempt]) -> Usage:
    """What the attempts that have ended cost, together."""
    total = Usage(estimated=False)
    for attempt in attempts:
        total = added(total, attempt.usage) if attempt.result != "open" else total
    return total


def added(one: Usage, other: Usage) -> Usage:
    """The sum; it is an estimate when one part is."""
    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        micro_usd=one.micro_usd + other.micro_usd,
        estimated=one.estimated or other.estimated,
    )
