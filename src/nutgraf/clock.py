"""The one clock that deadlines, durations and trace marks are read from."""

from __future__ import annotations

from asyncio import get_running_loop


def loop_time() -> float:
    """Seconds on the monotonic clock of the running event loop; RuntimeError when none runs."""
    return get_running_loop().time()
