"""Start-up and the event loop with every detector at work. `python bench/startup.py [--short]`.

Fresh processes without a network load everything a server loads, and every detector, and let each judge a sentence
once; then panels and questions of the sample network are answered, four at a time. Told are the seconds that took,
how often each model file was opened, and the longest that any step of the event loop took of its thread's time, with
what it was doing (a step in which a check was at work is held against the bar, another one is only told); a heartbeat
on the same loop tells what a stream would feel on this machine as it is now.

The processor's seconds are held against the bar, and the wall clock is printed beside them: on a busy machine the
latter says more of the neighbours. Exit 0 when start-up took less than 2 s of the processor, no model file was opened
twice, nothing asked for the network, and no check held the loop longer than 5 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
START_AT_MOST_S, STEP_AT_MOST_MS = 2.0, 5.0


def without_network() -> list[str]:
    """What a command begins with to have no network at all; empty where this system does not allow it."""
    tool = shutil.which("unshare")
    if tool and subprocess.run([tool, "-rn", "true"], capture_output=True, check=False).returncode == 0:
        return [tool, "-rn"]
    return []


def fresh(rounds: int, before: list[str]) -> dict[str, Any]:
    """What a fresh process saw."""
    code = f"from bench.gate_parts.fresh import main; main({rounds}, {STEP_AT_MOST_MS}, {not before})"
    environment = {
        **os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
    }  # fmt: skip
    done = subprocess.run(
        [*before, sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=ROOT, check=False
    )
    if done.returncode != 0 or not done.stdout:
        raise SystemExit(f"the fresh process failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Start, answer and print; 0 when all bars hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="three starts and eight answers")
    options = parser.parse_args()
    before = without_network()
    starts = [fresh(0, before) for _ in range(3 if options.short else 7)]
    found = fresh(2 if options.short else 10, before)
    print(
        "network off by "
        + (" ".join(before) or "refusing every connection")
        + f"; asked for: {found['tried'] or 'none'}"
    )
    for name, count in sorted(found["sessions"].items()):
        print(f"{'!' if count > 1 else ' '} opened {count} time(s): {name}")
    checks = [(took, where) for took, where in found["long"] if "trust/" in where]
    for took, where in found["long"][:12]:
        print(f"{'!' if 'trust/' in where else ' '} a step of {took} ms: {where}")
    cpu, wall = (min(one[kind] for one in starts) for kind in ("cpu_s", "wall_s"))
    lack = ", ".join(found["missing"])
    print(
        f"answers: {found['shown']} sentences shown, {found['steps']} steps of the loop"
        + (f"; lacking {lack}" if lack else "")
    )
    print(
        f"heartbeat, wall clock: p50 {found['beat_p50_ms']:.1f} ms, p99 {found['beat_p99_ms']:.1f} ms, "
        f"longest {found['beat_max_ms']:.0f} ms, load {os.getloadavg()[0]:.1f}"
    )
    twice = sum(count > 1 for count in found["sessions"].values())
    print(
        f"start_cpu_s={cpu:.2f} start_wall_s={wall:.2f} sessions={len(found['sessions'])} opened_twice={twice} "
        f"network_asked={len(found['tried'])} checks_over={len(checks)} "
        f"longest_check_ms={max((took for took, _ in checks), default=0.0):.1f} "
        f"other_steps_over={len(found['long']) - len(checks)}"
    )
    holds = cpu < START_AT_MOST_S and not twice and not found["tried"] and not checks and not lack
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
