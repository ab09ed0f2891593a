"""Where the command `nutgraf` begins: before anything else is imported, Ctrl-C is made to end it in one line."""

from __future__ import annotations

import os


def leave(number: int = 0, frame: object = None) -> None:
    """End the process at once: nothing is open yet, or all is done."""
    os.write(2, b"Stopped.\n")
    os._exit(130)


try:
    import signal  # takes a few milliseconds, in which Ctrl-C may come
except KeyboardInterrupt:
    leave()


def main() -> None:
    """Run the command line. Ctrl-C prints one line and gives status 130, however early it comes."""
    signal.signal(signal.SIGINT, leave)
    from nutgraf.serve.cli import main as run

    run(leave)
