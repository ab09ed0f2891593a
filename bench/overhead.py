"""What does an answer cost beside the model? `python bench/overhead.py [YARDSTICK] [--short] [--control]`.

The lean server answers over the real pipeline (snapshot, four HTTP sources under 250 ms, blend, parse, judge, events)
beside the same job by hand (Starlette, httpx, jiter), in one run, in turns. With YARDSTICK, a folder with
`upstream.py`, `skills.py`, `answer.py` and `peers/`, its services and its peers `raw_full` and `raw_aiohttp` are taken;
without, those in `bench/overhead_parts`. Every record is read once beforehand. Processor time is that of the whole
process tree.

Words are shown once their sentence is checked, so two times are told. `added_ttft`: the first `sentence-held` minus
what nobody can avoid: the slowest source or its deadline, the model's first token, and the tokens before the first word
(the entrant by hand shows that word itself then). `added_commit`: the first sentence that was settled minus the moment
when its last token left the model; that a sentence has ended is known one token later (17 ms at 60 tokens a second).
A reader who leaves gives no time to come back (`resume_grace_s` 0); the model's own clock says when it was left.

`cpu_*` are shares of what the entrant by hand took. Exit 0 only if all bars hold: see BARS. `--control` lets streams
go on when their reader has gone: it must fail.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

HERE = Path(__file__).resolve().parent
PARTS = HERE / "overhead_parts"
sys.path[:0] = [str(HERE.parent), str(PARTS)]

import procs  # noqa: E402

#: Name, the most it may be (or, negative, the least), and the goal.
BARS = {
    "cpu_paced": (0.60, 0.45), "cpu_burst": (0.40, 0.27), "added_ttft_p50_ms": (6.0, 4.0),
    "streams_per_core": (-40.0, -60.0),
    "rest_mib": (60.0, 45.0), "stream_kib": (60.0, 45.0), "closed_ms": (50.0, 10.0), "never_closed": (0.0, 0.0),
    "cut_as_done": (0.0, 0.0), "hung_p95_ms": (15.0, 10.0), "silent_s": (2.0, 2.0), "error_s": (1.0, 1.0),
}  # fmt: skip
PACED, BURST = {"ttft_ms": 300, "tps": 60, "tokens": 150}, {"ttft_ms": 0, "tps": 0, "tokens": 150}
LATE_P99_MS, SILENCE_S, IDLE = 100.0, 1.0, 200
SERVER_CPU, LOAD_CPU = "0", "1"
RATES = (10, 20, 25, 30, 40, 50, 60, 75)
Row = dict[str, Any]


def post(url: str, value: object) -> Row:
    """Set up a mock service."""
    with urlopen(Request(url, json.dumps(value).encode()), timeout=20) as response:
        found: Row = json.loads(response.read())
        return found


class Bench:
    """The mock services, the entrants and the load side of one run."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder
        self.side = options.yardstick or PARTS
        self.model, self.skills, self.port = procs.free_port(), procs.free_ports(4), procs.free_port()
        self.upstream, self.first_skill = f"http://127.0.0.1:{self.model}", f"http://127.0.0.1:{self.skills}"
        self.records = folder / "records.db"
        procs.make_records(self.records)

    @contextlib.contextmanager
    def services(self) -> Iterator[None]:
        """The model and the four sources, on the load side's processor."""
        with (
            procs.child([self.side / "upstream.py", "--port", self.model], LOAD_CPU, self.side),
            procs.child([self.side / "skills.py", "--port", self.skills], LOAD_CPU, self.side),
        ):
            procs.wait_for(self.model)
            procs.wait_for(self.skills)
            yield

    @contextlib.contextmanager
    def entrant(self, name: str, **more: str) -> Iterator[int]:
        """One entrant; gives its process id."""
        env = {
            "UPSTREAM": f"{self.upstream}/v1", "SKILL_PORT": str(self.skills), "BENCH_DB": str(self.records),
            "DEADLINE_MS": "250", "PORT": str(self.port), **more,
        }  # fmt: skip
        command: list[object] = [PARTS / ("edge_host.py" if name == "ours" else "byhand.py")]
        where = PARTS
        if name != "ours" and self.options.yardstick:
            where = self.side / "peers" / name
            env["PYTHONPATH"] = str(self.side / "peers")
            command = [
                "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", self.port, "--no-access-log",
                "--log-level", "warning", "--loop", "uvloop", "--http", "httptools",
            ]  # fmt: skip
        with procs.child(command, SERVER_CPU, where, env) as pid:
            procs.wait_for(self.port)
            yield pid

    def load(self, what: str, name: str, **more: object) -> Row:
        """Let the load side do something; what it tells."""
        with self.loading(what, name, **more) as process:
            out, _ = process.communicate(timeout=120)
        found: Row = json.loads(out.splitlines()[-1])
        return found

    @contextlib.contextmanager
    def loading(self, what: str, name: str, **more: object) -> Iterator[subprocess.Popen[str]]:
        """The load side at work."""
        options = {
            "url": f"http://127.0.0.1:{self.port}/v1/takeaways", "upstream": self.upstream, "side": self.side,
            "skills-url": self.first_skill, "form": "ours" if name == "ours" else "byhand",
            "seed": self.options.seed, **{key.replace("_", "-"): value for key, value in more.items()},
        }  # fmt: skip
        command = [PARTS / "load.py", what, *(part for key, value in options.items() for part in (f"--{key}", value))]
        with procs.started(command, LOAD_CPU, PARTS, pipes=True) as process:
            yield process

    def set(self, model: Row, **skills: object) -> str:
        """Set up the mock services; the sources' part is given to the load side."""
        post(f"{self.upstream}/reset", {})
        post(f"{self.upstream}/config", model)
        return json.dumps(post(f"{self.first_skill}/config", {"delay": "dist", "hang": [], **skills}))


def cost(bench: Bench, name: str, row: Row) -> None:
    """Processor time an answer, paced and in bursts; and memory at rest."""
    short = bench.options.short
    with bench.entrant(name) as pid:
        time.sleep(1.0)
        row.setdefault("rest_mib", []).append(procs.pss_mib(pid))
        bench.load("run", name, skills=bench.set(BURST, delay="none"), rate=40, seconds=6 if not short else 4, every=1)
        for label, model, seconds in (("burst", BURST, 5 if short else 15), ("paced", PACED, 6 if short else 20)):
            skills = bench.set(model)
            before = procs.cpu_s(pid)
            told = bench.load("run", name, skills=skills, rate=4, seconds=seconds)
            row.setdefault(label, []).append((procs.cpu_s(pid) - before) * 1000 / max(1, told["streams"]))
            row.setdefault("kinds", []).append(told["kinds"])
            if label == "paced":
                row.setdefault("first", []).append(told["added_first"])
                row.setdefault("settled", []).append(told["added_settled"])


def memory(bench: Bench) -> float:
    """KiB for each of many open streams."""
    with bench.entrant("ours", ANSWER_S="120") as pid:
        bench.load("run", "ours", skills=bench.set(BURST, delay="none"), rate=40, seconds=6, every=1)
        before = procs.pss_mib(pid)
        bench.set({"ttft_ms": 300, "tps": 1, "tokens": 600}, delay="none")
        with bench.loading("hold", "ours", count=IDLE, rate=60) as process:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            grown = (procs.pss_mib(pid) - before) * 1024
            process.communicate("\n", timeout=30)
        return grown / max(1, told["open"])


def capacity(bench: Bench) -> tuple[float, Row]:
    """The highest of RATES at which nobody waits for long, and what was told there."""
    best, told_best = 0.0, {}
    with bench.entrant("ours") as _:
        bench.load("run", "ours", skills=bench.set(BURST, delay="none"), rate=40, seconds=4, every=1)
        for rate in (20, 40) if bench.options.short else RATES:
            told = bench.load("run", "ours", skills=bench.set(PACED), rate=rate, seconds=6, skip=2)
            if set(told["kinds"]) != {"done"} or told["added_first"]["p99"] >= LATE_P99_MS:
                print(f"  {rate}/s: {told['kinds']} {told['added_first']} load side {told['load_cpu']}")
                break
            best, told_best = float(rate), told
    return best, told_best


def faults(bench: Bench, figures: Row) -> None:
    """Hung sources, cuts, errors, silence, and readers who leave in three stages."""
    fast = {"ttft_ms": 100, "tps": 300, "tokens": 150}
    more = {"CONTROL": "1"} if bench.options.control else {}
    with bench.entrant("ours", SILENCE_S=str(SILENCE_S), **more) as _:
        bench.load("run", "ours", skills=bench.set(BURST, delay="none"), rate=40, seconds=2, every=1)
        told = bench.load("run", "ours", skills=bench.set(fast, delay="none", hang=["history"]), rate=4, seconds=2)
        figures["hung_p95_ms"] = told["added_first"]["p95"]
        cuts = [{"cut_at": at, "cut_clean": clean} for at in (12, 90, 160) for clean in (False, True)]
        figures["cut_as_done"] = 0
        for wanted in [*cuts, {"malformed_rate": 0.05}]:
            told = bench.load("run", "ours", skills=bench.set({**fast, **wanted}, delay="none"), rate=8, seconds=0.5)
            figures["cut_as_done"] += told["kinds"].get("done", 0) if "cut_at" in wanted else 0
            print(f"  {wanted}: {told['kinds']}")
        told = bench.load("run", "ours", skills=bench.set({**fast, "stall_at": 90}, delay="none"), rate=4, seconds=0.8)
        figures["silent_s"] = told["complete"]["p99"] / 1000 - 0.4
        figures["cut_as_done"] += told["kinds"].get("done", 0)
        print(f"  silent model: {told['kinds']} within {told['complete']['p99']} ms")
        closed = []
        for stage, model, skills in (
            ("sources", PACED, {"hang": ["history"]}), ("waiting", {**PACED, "ttft_ms": 3000}, {}),
            ("stream", {**PACED, "tokens": 600}, {}),
        ):  # fmt: skip
            bench.set(model, delay="none", **skills)
            told = bench.load("leave", "ours", stage=stage, count=3 if bench.options.short else 10)
            closed.append(told)
            print(f"  reader leaves ({stage}): {told}")
        figures["closed_ms"] = max(told["closed_ms"] for told in closed)
        figures["never_closed"] = sum(told["never"] for told in closed)
    with bench.entrant("ours") as _:
        told = bench.load("run", "ours", skills=bench.set({**fast, "error_rate": 1.0}, delay="none"), rate=4, seconds=1)
        figures["error_s"] = told["complete"]["p99"] / 1000
        print(f"  status 500: {told['kinds']} within {told['complete']['p99']} ms, {told['model']['requests']} calls")


def main(options: argparse.Namespace) -> int:
    """Run everything and compare; 0 when all bars hold."""
    names = ["ours", "raw_full", "raw_aiohttp"] if options.yardstick else ["ours", "byhand"]
    names = names[:2] if options.short else names
    base, figures = names[1], {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, Path(folder))
        with bench.services():
            rows: dict[str, Row] = {name: {} for name in names}
            for _ in range(1 if options.short else 3):
                for name in names:
                    cost(bench, name, rows[name])
            figures["streams_per_core"], told = capacity(bench)
            figures["stream_kib"] = memory(bench)
            faults(bench, figures)
    for name, row in rows.items():
        print(f"{name:12} paced {median(row['paced']):6.1f} ms  burst {median(row['burst']):6.1f} ms  "
              f"rest {median(row['rest_mib']):5.1f} MiB  first {row['first'][0]}  {row['kinds'][-1]}")  # fmt: skip
    figures["cpu_paced"] = median(rows["ours"]["paced"]) / median(rows[base]["paced"])
    figures["cpu_burst"] = median(rows["ours"]["burst"]) / median(rows[base]["burst"])
    figures["added_ttft_p50_ms"] = median(one["p50"] for one in rows["ours"]["first"])
    figures["added_commit_p50_ms"] = median(one["p50"] for one in rows["ours"]["settled"])
    figures["rest_mib"] = median(rows["ours"]["rest_mib"])
    print(f"at {figures['streams_per_core']:.0f} streams/s: {told.get('added_first')}; seed={options.seed}")
    missed = [n for n, (bar, _) in BARS.items() if (figures[n] > bar if bar >= 0 else figures[n] < -bar)]
    for name in missed:
        print(f"missed: {name} is {figures[name]:.2f}, the bar is {abs(BARS[name][0]):g}")
    print(" ".join(f"{name}={figures[name]:.2f}" for name in [*BARS, "added_commit_p50_ms"]))
    return 1 if missed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("yardstick", nargs="?", type=Path, help="a folder with services and peers of its own")
    parser.add_argument("--short", action="store_true", help="one round, a minute")
    parser.add_argument("--control", action="store_true", help="with the protections off; must exit 1")
    parser.add_argument("--seed", type=int, default=7)
    sys.exit(main(parser.parse_args()))
