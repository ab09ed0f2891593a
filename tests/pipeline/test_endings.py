"""Thousands of seeded streams whose models fail, stall, babble, flood and cut: what every reader was promised holds."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from nutgraf.stream import hub
from tests.pipeline.promises import Told, faults
from tests.pipeline.streams import Unguarded, World, behind_hub, every, in_process

BEHIND_HUB, IN_PROCESS, CONTROL = 500, 150, 150


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Streams that were broken on purpose are not written to the log."""
    logging.getLogger(hub.__name__).setLevel(logging.CRITICAL)
    yield
    logging.getLogger(hub.__name__).setLevel(logging.NOTSET)


def found(everything: Iterable[Told]) -> dict[str, str]:
    """Each fault with the first stream that has it."""
    first: dict[str, str] = {}
    for told in everything:
        for fault in faults(told):
            first.setdefault(fault, told.name)
    return first


def test_streams_behind_the_hub_keep_every_promise() -> None:
    """One ending, at the end; the order of the table; only sentences that passed; verbatim evidence; in time."""
    endings: Counter[str] = Counter()
    checks: Counter[str] = Counter()

    def counted() -> Iterator[Told]:
        for told in every(behind_hub, range(BEHIND_HUB), World(), rude=True):
            endings[told.closed.get("ending", "none")] += 1
            checks.update(sentence["check"] for sentence in told.sentences)
            yield told

    assert found(counted()) == {}
    assert min(endings["done"], endings["stopped"]) > 0, endings
    assert min(checks[name] for name in ("all", "numbers", "names", "whole-sentence", "polarity", "not-written")) > 0


def test_streams_in_this_process_keep_every_promise() -> None:
    """The same holds for a script that calls `Local.stream`."""
    assert found(every(in_process, range(BEHIND_HUB, BEHIND_HUB + IN_PROCESS), World())) == {}


def test_a_lax_judge_is_seen() -> None:
    """Control: when the judge lets everything pass, false numbers, false names and failed drafts are found."""
    kinds = {fault.split()[0] for fault in found(every(behind_hub, range(CONTROL), World(lax=True), rude=True))}

    assert {"number", "name", "failed"} <= kinds


def test_without_the_guard_a_second_ending_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: when the log refuses nothing, producers that will not end are found out."""
    monkeypatch.setattr(hub, "Live", Unguarded)
    seen = found(every(behind_hub, range(CONTROL), World(), rude=True))

    assert {"twice", "after"} <= seen.keys()
    assert any(fault.startswith("order") for fault in seen)
