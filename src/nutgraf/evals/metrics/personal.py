"""Personalisation: a blind match of answers to profiles, and whether the facts agree whoever reads them.

Both look at all answers about one item (with one question) at once, so they are measured over a run.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from nutgraf.evals.answers import Answer, Said, said, shown
from nutgraf.evals.cases import Case
from nutgraf.evals.metrics.base import Finding, Measured, Metric, NotMeasured, Score, Tools
from nutgraf.text.facts import names, numbers
from nutgraf.text.words import content_stems

#: Sentences that share so much of their words speak of the same thing, and should then say the same.
_SAME_AT_LEAST = 0.6
_NEGATIONS = frozenset("not no never none nobody nothing neither nor without cannot".split())


def _unmeasured(case: Case, answer: Answer, tools: Tools) -> Measured:
    raise NotMeasured("no other profile was answered about this item")


PERSONAL = Metric(
    name="personalisation", title="Told for this reader", better="higher", measure=_unmeasured,
    what="Share of the answers that are nearer to their own reader's record than to that of any other reader who was "
    "answered about the same item; a tie counts for its share.",
    applies=lambda case: case.member is not None and bool(group_of(case)), of_content=True,
)  # fmt: skip
AGREEING = Metric(
    name="agreeing", title="Same facts for every reader", better="higher", measure=_unmeasured,
    what="Share of the pairs of answers about one item in which no sentence contradicts one of the other's.",
    applies=lambda case: case.member is not None and bool(group_of(case)), of_content=True,
)  # fmt: skip


def group_of(case: Case) -> str:
    """What answers of several readers are compared within: the `match:` kind of a case; empty for the others."""
    return next((kind for kind in case.kinds if kind.startswith("match:")), "")


def match(answers: Sequence[Answer]) -> dict[tuple[str, int], float]:
    """For each answer of one group 1 when its own reader's record is nearest to it, a share for ties, else 0.

    Nearness counts the stems an answer shares with a record, the more the fewer records have them. Names of the readers
    are left out.
    """
    stems = [_profile(answer) for answer in answers]
    shared = Counter(one for row in stems for one in row)
    weights = {one: math.log(len(stems) / many) for one, many in shared.items() if many < len(stems)}
    found = {}
    for place, answer in enumerate(answers):
        name = str((answer.document.get("member") or {}).get("name") or "")
        told = set(content_stems(shown(answer))) - set(content_stems(name))
        scores = [_near(told, row, weights) for row in stems]
        best = max(scores)
        ties = sum(score == best for score in scores)
        found[answer.key] = 1 / ties if scores[place] == best else 0.0
    return found


def contradictions(one: Answer, other: Answer) -> list[tuple[str, str]]:
    """Pairs of sentences of two answers about one item that speak of the same thing and say it otherwise."""
    pairs = []
    for first in _facts(one):
        stems = set(content_stems(first.text))
        for second in _facts(other):
            others = set(content_stems(second.text))
            both = stems & others
            if len(both) >= _SAME_AT_LEAST * len(stems | others) and _told(first) != _told(second):
                pairs.append((first.text, second.text))
    return pairs


def personal_scores(cases: Mapping[str, Case], answers: Iterable[Answer]) -> list[Score]:
    """The scores of both metrics for every case they apply to."""
    groups: dict[tuple[str, str, int], list[Answer]] = defaultdict(list)
    scores: list[Score] = []
    for answer in answers:
        case = cases.get(answer.case)
        if case is None or not PERSONAL.applies(case):
            continue
        if answer.failed or not said(answer):
            scores += [_none(metric, answer, "nothing was said") for metric in (PERSONAL, AGREEING)]
        else:
            groups[answer.agent, group_of(case), answer.repeat].append(answer)
    for members in groups.values():
        if len(members) < 2:
            alone = "no other profile was answered about this item"
            scores += [_none(metric, one, alone) for one in members for metric in (PERSONAL, AGREEING)]
            continue
        for answer, value in (
            (one, value) for one in members for key, value in match(members).items() if key == one.key
        ):
            findings = () if value == 1 else (Finding(shown(answer)[:300], "is as near to another reader's record"),)
            scores.append(_score(PERSONAL, answer, value, 1.0, findings))
        against: dict[tuple[str, int], list[Finding]] = defaultdict(list)
        for one, other in combinations(members, 2):
            for first, second in contradictions(one, other):
                against[one.key].append(Finding(first, "another reader was told otherwise", second))
                against[other.key].append(Finding(second, "another reader was told otherwise", first))
        for answer in members:
            found = tuple(against[answer.key])
            scores.append(_score(AGREEING, answer, float(not found), 1.0, found))
    return scores


def _profile(answer: Answer) -> set[str]:
    return {stem for line in answer.record for stem in content_stems(line)}


def _near(told: set[str], profile: set[str], weights: Mapping[str, float]) -> float:
    both = sum(weights.get(stem, 0.0) for stem in sorted(told & profile))
    whole = sum(weights.get(stem, 0.0) ** 2 for stem in profile)
    return both / math.sqrt(whole) if whole else 0.0


def _facts(answer: Answer) -> list[Said]:
    """What an answer says of the item, not of the reader."""
    return [one for one in said(answer) if not one.member_quotes and len(content_stems(one.text)) > 3]


def _told(one: Said) -> tuple[frozenset[str], frozenset[str], bool]:
    told = frozenset(str(number.value) for number in numbers(one.text))
    denied = any(word in _NEGATIONS or word.endswith("n't") for word in one.text.lower().replace("’", "'").split())
    return told, frozenset(name.lower() for name in names(one.text)), denied


def _score(metric: Metric, answer: Answer, hits: float, of: float, findings: tuple[Finding, ...]) -> Score:
    return Score(
        metric=metric.name, case=answer.case, repeat=answer.repeat, agent=answer.agent, group=answer.group,
        kinds=answer.kinds, outcome="fail" if findings else "pass", hits=hits, of=of, findings=findings,
    )  # fmt: skip


def _none(metric: Metric, answer: Answer, because: str) -> Score:
    return Score(
        metric=metric.name, case=answer.case, repeat=answer.repeat, agent=answer.agent, group=answer.group,
        kinds=answer.kinds, outcome="not measured", because=because,
    )  # fmt: skip
