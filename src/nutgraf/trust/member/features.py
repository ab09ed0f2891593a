"""A claim and a record as a row of figures for the network, with the findings behind it."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nutgraf.trust.member.checks_kind import check_kind
from nutgraf.trust.member.checks_time import check_time
from nutgraf.trust.member.checks_work import check_work
from nutgraf.trust.member.findings import Finding, Held, share
from nutgraf.trust.member.lexicon import NEGATED

KINDS = (
    "duration", "date", "count", "title", "rank", "employer", "pairing", "now", "tense", "order", "lead",
    "degree", "area", "skill", "language", "place", "certificate", "denial", "presumption", "name", "opposite",
)  # fmt: skip
PLAIN = (
    "words", "covered", "missing", "best", "best-missing", "second", "bigrams", "long-missing", "any-against",
    "any-pro", "against-count", "pro-count", "numberless", "question",
)  # fmt: skip
NAMES = (*(f"{kind}-pro" for kind in KINDS), *(f"{kind}-against" for kind in KINDS), *PLAIN)


def findings(held: Held) -> tuple[Finding, ...]:
    """Everything the checks say of a claim."""
    return (*check_time(held), *check_work(held), *check_kind(held))


def figures(held: Held, found: tuple[Finding, ...]) -> NDArray[np.float32]:
    """One row, in the order of NAMES."""
    pro = dict.fromkeys(KINDS, 0.0)
    against = dict(pro)
    for one in found:
        pro[one.kind] = max(pro[one.kind], one.pro)
        against[one.kind] = max(against[one.kind], one.against)
    words, record = held.said.words, held.record
    known = share(words, record.all_words)
    shares = sorted((share(words, line) for line in record.words), reverse=True) if words else []
    best, second = (*shares[:2], 0.0, 0.0)[:2]
    missing = [word for word in words if word not in record.all_words]
    line = record.words[held.best[0]] if held.best[0] >= 0 else frozenset()
    pairs = list(pairwise(words))
    together = (
        sum(any(a in some and b in some for some in record.words) for a, b in pairs) / len(pairs) if pairs else best
    )
    hits, blows = [one for one in found if one.pro > 0.6], [one for one in found if one.against > 0.6]
    plain = (
        min(len(words), 20) / 20, known, min(len(missing), 6) / 6, best,
        min(sum(word not in line for word in words), 8) / 8, second, together,
        max((len(word) for word in missing), default=0) / 15,
        max((one.against for one in found), default=0.0), max((one.pro for one in found), default=0.0),
        min(len(blows), 4) / 4, min(len(hits), 4) / 4,
        float(not re.search(r"\d", held.claim)), float(bool(NEGATED.search(held.claim))),
    )  # fmt: skip
    return np.asarray([*pro.values(), *against.values(), *plain], dtype=np.float32)
