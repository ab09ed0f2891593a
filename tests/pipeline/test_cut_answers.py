"""Answers of every wire form, cut off at bytes of all kinds: a cut answer is never called done."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from nutgraf.model.wire import WireReader
from nutgraf.testing import run_virtual
from tests.pipeline.recorded import FORMS, Answer, Cut, CutAnswer, Player

ANSWERS, CUTS = 8, 6


@pytest.fixture(scope="module")
def player() -> Player:
    """Plays recordings through the pipeline."""
    return Player()


def cut_answers(player: Player, form: str, number: int) -> Iterator[CutAnswer]:
    """One answer cut a few times, and once by a byte too early and at its very end."""

    async def main() -> list[CutAnswer]:
        answer, rng = Answer(form, number), random.Random(number)
        recording, _ = await player.recording(answer)
        places = [recording.whole - 1, recording.whole, *(rng.randrange(len(recording.body)) for _ in range(CUTS))]
        return [
            await player.play(answer, Cut(at, closed), helped=helped)
            for at in places
            for closed, helped in ((True, False), (False, False), (True, True))
        ]

    yield from run_virtual(main)


@pytest.mark.parametrize("form", FORMS)
def test_a_cut_answer_is_never_done(form: str, player: Player) -> None:
    """It ends truncated with an offer, or another model makes it good; an answer that is whole ends done."""
    endings = set()
    for number in range(ANSWERS):
        for one in cut_answers(player, form, number):
            endings.add((one.told.closed["ending"], one.helped))
            assert one.faults() == [], (one.told.name, one.cut)
    assert endings == {("done", False), ("truncated", False), ("done", True)}


def test_a_reader_that_believes_a_clean_end_is_found_out(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: when a connection that closes cleanly counts as the end of an answer, cut answers end done."""

    def believes(self: WireReader) -> None:
        self.ended = self.ended or self.failure is None

    for reader in (WireReader, *WireReader.__subclasses__()):
        monkeypatch.setattr(reader, "close", believes)
    found = {fault for number in range(2) for one in cut_answers(player, "chat", number) for fault in one.faults()}

    assert "cut as done" in found
