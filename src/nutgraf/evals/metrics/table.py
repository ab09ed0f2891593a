"""All metrics by name, and all scores of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from nutgraf.errors import InputError
from nutgraf.evals.answers import Answer
from nutgraf.evals.cases import Case
from nutgraf.evals.metrics import actions, manners, mechanics, personal, relevance, specificity, starters, support
from nutgraf.evals.metrics.base import Metric, Score, Tools, score

#: In the order in which reports tell them.
_METRICS: dict[str, Metric] = (
    {
        one.name: one
        for one in (
            support.ITEM, support.MEMBER, support.ANSWER, manners.TONE, manners.POLICY, specificity.SPECIFICITY,
            personal.PERSONAL, personal.AGREEING, starters.STARTERS, actions.ACTIONS, relevance.RECALL,
            relevance.ANSWERED, relevance.AS_EXPECTED, mechanics.REPETITION, mechanics.FORM, mechanics.FIRST_USEFUL,
            mechanics.COMPLETE, mechanics.TOKENS, mechanics.COST,
        )
    }
)  # fmt: skip
METRICS: Mapping[str, Metric] = MappingProxyType(_METRICS)
#: Those that look at several answers at once.
OVER_A_RUN = (personal.PERSONAL.name, personal.AGREEING.name)


def plug(metric: Metric) -> None:
    """Put a metric of one's own beside the others, in this process. Raises InputError for a name that is taken."""
    if metric.name in METRICS:
        raise InputError(f"metric: {metric.name!r} is there already; give yours another name")
    _METRICS[metric.name] = metric


def chosen(names: Iterable[str] = ()) -> list[Metric]:
    """The metrics of these names, or all of them. Raises InputError for a name that is not known."""
    wanted = list(names)
    if unknown := [name for name in wanted if name not in METRICS]:
        raise InputError(f"metric: {unknown[0]!r} is not known; known are {', '.join(METRICS)}")
    return [METRICS[name] for name in wanted] if wanted else list(METRICS.values())


def score_all(
    cases: Mapping[str, Case], answers: Iterable[Answer], tools: Tools, metrics: Iterable[Metric] | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Score]:  # fmt: skip
    """Every score of some answers, in the order of the answers. Answers to cases that are not known are left out."""
    wanted = list(metrics) if metrics is not None else list(METRICS.values())
    known = [answer for answer in answers if answer.case in cases]
    scores: list[Score] = []
    for done, answer in enumerate(known, 1):
        found = (score(one, cases[answer.case], answer, tools) for one in wanted if one.name not in OVER_A_RUN)
        scores += [one for one in found if one is not None]
        tools.kept.clear()
        progress(done)
    names = {one.name for one in wanted}
    return scores + [one for one in personal.personal_scores(cases, known) if one.metric in names]
