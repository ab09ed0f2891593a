"""What a metric is: a question about a recorded answer, with three outcomes: pass, fail, not measured because …"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nutgraf.evals.answers import Answer, declined_rightly, said
from nutgraf.evals.cases import Case
from nutgraf.evals.stats import Tally

if TYPE_CHECKING:
    from nutgraf.trust.desk import Desk

Outcome = Literal["pass", "fail", "not measured"]
Better = Literal["lower", "higher"]
Unit = Literal["share", "ms", "tokens", "micro_usd"]


class NotMeasured(Exception):
    """A metric cannot be measured on this answer; the text says why."""


class Records(Protocol):
    """Where the records that answers cite or offer can be looked up."""

    def text(self, ref: str) -> str | None:
        """The title and text of a record; None when there is none of this id."""
        ...

    def kind(self, ref: str) -> str | None:
        """The kind of a record; None when there is none of this id."""
        ...

    def rarity(self, stem: str) -> float:
        """In what share of all records a stem stands, 0..1; 0 for a stem of none."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What counted against an answer: a sentence (or step, or question), why, and the nearest evidence.

    `start` and `end` are the span of `text` that is at fault, in characters; both 0 for the whole.
    """

    text: str
    because: str
    evidence: str = ""
    start: int = 0
    end: int = 0
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """`hits` of `of`: of a rate, what counted (bad things where lower is better); `of` is 1 for a mean.

    `passed` says whether this one answer is as it should be; None where a single answer cannot be told so.
    """

    hits: float
    of: float
    findings: tuple[Finding, ...] = ()
    passed: bool | None = None


@dataclass(kw_only=True)
class Tools:
    """What metrics may use, handed in: `desk` holds the trained detectors, `records` the records that may be cited.

    `kept` holds what several metrics need of one answer.
    """

    desk: Desk | None = None
    records: Records | None = None
    kept: dict[Any, Any] = field(default_factory=dict)


Measure = Callable[[Case, Answer, Tools], Measured]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One question. `applies` is decided by the case alone, so that no answer can escape it by failing.

    `of_content` metrics need an answer with sentences; without one they are not measured.
    """

    name: str
    title: str
    what: str
    better: Better
    measure: Measure
    unit: Unit = "share"
    applies: Callable[[Case], bool] = lambda case: True
    of_content: bool = True

    @property
    def is_share(self) -> bool:
        """Whether its figure lies in 0..1."""
        return self.unit == "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What one metric said of one answer."""

    metric: str
    case: str
    repeat: int
    agent: str
    group: str
    kinds: tuple[str, ...] = ()
    outcome: Outcome
    hits: float = 0.0
    of: float = 0.0
    because: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def tally(self) -> Tally:
        """For statistics; cases are paired by their id, over all repeats."""
        return Tally(self.group, self.hits, self.of, self.case)

    def as_json(self) -> dict[str, Any]:
        """A plain JSON object, for a line of a file."""
        return asdict(self)


def score_of(found: Mapping[str, Any]) -> Score:
    """A score from its JSON object."""
    findings = tuple(Finding(**one) for one in found.get("findings", ()))
    return Score(**{**found, "kinds": tuple(found.get("kinds", ())), "findings": findings})


def score(metric: Metric, case: Case, answer: Answer, tools: Tools) -> Score | None:
    """What a metric says of an answer; None where it is not asked: the case is not for it, or asks for no answer."""
    if not metric.applies(case) or (metric.of_content and declined_rightly(case, answer)):
        return None
    hits = of = 0.0
    outcome: Outcome = "not measured"
    because = ""
    findings: tuple[Finding, ...] = ()
    try:
        if metric.of_content and answer.failed:
            raise NotMeasured(f"the answer failed: {answer.failed}")
        if metric.of_content and not said(answer):
            reason = answer.document.get("reason") or answer.ending
            raise NotMeasured(f"the answer says nothing: {reason}")
        found = metric.measure(case, answer, tools)
        hits, of, findings = found.hits, found.of, found.findings
        passed = found.passed if found.passed is not None else not findings
        outcome = "pass" if passed else "fail"
    except NotMeasured as exc:
        because = str(exc)
    return Score(
        metric=metric.name, case=case.id, repeat=answer.repeat, agent=answer.agent, group=answer.group,
        kinds=answer.kinds, outcome=outcome, hits=hits, of=of, because=because, findings=findings,
    )  # fmt: skip
