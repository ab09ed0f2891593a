"""What models were used and what they cost: of this process, and of the answers that left traces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nutgraf.model.ledger import added
from nutgraf.orchestration import Usage

if TYPE_CHECKING:
    from nutgraf.model.gateway import Gateway

MICRO_USD_A_USD = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsage:
    """What one model was used for since the process began.

    `results` counts attempts by what they came to; money is in US dollars. `wasted_usd` is the part of `usd` for
    words that nobody read, of the slower one of two requests. `estimated` when a provider did not tell its tokens.
    """

    name: str
    results: dict[str, int]
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    usd: float
    wasted_usd: float
    estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """What was used, one entry a model that was asked at least once, by name."""

    models: tuple[ModelUsage, ...] = ()


def usage_of(gateways: Iterable[Gateway]) -> UsageReport:
    """The sums over the gateways of a process."""
    results: dict[str, dict[str, int]] = {}
    used: dict[str, tuple[Usage, Usage]] = {}
    for gateway in gateways:
        for name, totals in gateway.totals.items():
            counts = results.setdefault(name, {})
            for result, count in totals.results.items():
                counts[result] = counts.get(result, 0) + count
            whole, wasted = used.get(name, (Usage(estimated=False), Usage(estimated=False)))
            used[name] = added(whole, totals.usage), added(wasted, totals.wasted)
    return UsageReport(models=tuple(_entry(name, results[name], *used[name]) for name in sorted(used) if results[name]))


def _entry(name: str, results: dict[str, int], whole: Usage, wasted: Usage) -> ModelUsage:
    return ModelUsage(
        name=name, results=results, input_tokens=whole.input_tokens, output_tokens=whole.output_tokens,
        cached_tokens=whole.cached_tokens, usd=whole.micro_usd / MICRO_USD_A_USD,
        wasted_usd=wasted.micro_usd / MICRO_USD_A_USD, estimated=whole.estimated,
    )  # fmt: skip


def recorded(traces: Iterable[Mapping[str, Any]]) -> tuple[int, Usage]:
    """How often models were asked in these traces, and what that came to."""
    calls, total = 0, Usage(estimated=False)
    for trace in traces:
        for note in trace["notes"]:
            if note["kind"] == "model" and (usage := note.get("usage")):
                calls, total = calls + 1, added(total, Usage(**usage))
    return calls, total
