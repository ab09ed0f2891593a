"""Stop reaches whoever works for a reader, in every phase of an answer, and aborts leave nothing behind."""

import random
from pathlib import Path

import pytest

from tests.serve.stopping import opened

PHASES = ("queued", "first token", "mid-stream", "skill call", "document")


@pytest.mark.parametrize("politely", [True, False])
@pytest.mark.parametrize("phase", PHASES)
async def test_a_lost_connection_ends_the_work(phase: str, *, politely: bool, tmp_path: Path) -> None:
    """The provider, or the skill's server, is left; who was queued never gets there."""
    async with opened(tmp_path, places=1 if phase == "queued" else 8) as stand:
        async with stand.waiting(phase, 0) as place:
            place.hang_up(politely=politely)
            await place.gone()
        assert phase != "queued" or stand.asked_after(place) == 0


@pytest.mark.parametrize("phase", PHASES[:4])
async def test_stop_from_another_connection_ends_the_work(phase: str, tmp_path: Path) -> None:
    """The same when the reader says so."""
    async with opened(tmp_path, places=1 if phase == "queued" else 8) as stand:
        async with stand.waiting(phase, 0) as place:
            await stand.delete(place)
            await place.gone()
        assert await stand.slots() == 0


async def test_aborts_leave_every_place_free(tmp_path: Path) -> None:
    """Calls, skills and requests are cancelled at random moments, half of them twice; then all requests work."""
    async with opened(tmp_path, places=10) as stand:
        await stand.answered(10)
        before, rng = await stand.counted(), random.Random(0)
        for work in (stand.call, stand.skill, stand.request):
            await stand.abort(work, 40, rng)

        assert await stand.slots() == 0
        assert await stand.answered(10) == 10
        after = await stand.counted()

    assert {name: after[name] - before[name] for name in before if after[name] > before[name]} == {}
