"""Does every stream end exactly once, whatever its model does? `python bench/endings.py [--short] [--control]`.

10,000 seeded streams (--short 2,000) on a virtual clock: models that fail, stall, babble, flood and cut, readers that
stop, leave and come back, producers that will not end. The last line counts streams without an ending, with two, with
events behind it, and those that took half a sentence, or a model that broke, for a job well done. Every other promise
of `tests/pipeline/promises.py` is checked too, and a broken one printed. `--control` switches the log's guard off: it
must fail.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nutgraf.stream import hub
from tests.pipeline.promises import faults
from tests.pipeline.streams import Unguarded, World, behind_hub, every, in_process

STREAMS, SHORT, CONTROL = 10_000, 2_000, 400
#: One stream in so many runs in this process instead of behind the hub.
IN_PROCESS = 5
COUNTED = {"none": "none", "twice": "twice", "after": "after", "cut as done": "cut_as_done"}


def main(options: argparse.Namespace) -> int:
    """Run the streams and count; 0 when nothing was found."""
    logging.getLogger(hub.__name__).setLevel(logging.CRITICAL)  # streams that are broken on purpose
    count = CONTROL if options.control else SHORT if options.short else STREAMS
    if options.control:
        hub.Live = Unguarded  # type: ignore[attr-defined]
    world, began = World(), time.perf_counter()
    behind = count - (0 if options.control else count // IN_PROCESS)
    found: Counter[str] = Counter()
    endings: Counter[str] = Counter()
    for way, seeds, rude in ((behind_hub, range(behind), True), (in_process, range(behind, count), False)):
        for told in every(way, range(seeds.start + options.seed, seeds.stop + options.seed), world, rude=rude):
            endings[told.closed.get("ending", "none")] += 1
            for fault in set(faults(told)):
                found[fault] += 1
                if found[fault] == 1:
                    print(f"{told.name}: {fault}")
    print(f"endings: {', '.join(f'{name}={number}' for name, number in sorted(endings.items()))}")
    print(f"seed={options.seed} seconds={time.perf_counter() - began:.0f}")
    others = sum(number for fault, number in found.items() if fault not in COUNTED)
    print(f"other_faults={others}")
    print(f"streams={count} " + " ".join(f"{name}={found[fault]}" for fault, name in COUNTED.items()))
    return 1 if found else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help=f"{SHORT} streams")
    parser.add_argument("--control", action="store_true", help="without the guard of the log; must exit 1")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    sys.exit(main(parser.parse_args()))
