"""Hostile documents, each loaded in a fresh process: what became of it, and what it cost.

    python bench/hostile.py             every document
    python bench/hostile.py --short     every third one
    python bench/hostile.py --no-cap    control: archives without our cap on unpacking; must exit 1

CPU seconds count the whole process and its helpers, start included. MiB is the peak of the process
and of its helpers, each over what an innocent document of the same format takes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CPU_AT_MOST_S = 5.0
MIB_AT_MOST = 128.0
WALL_AT_MOST_S = 120
NO_CAP_BYTES = 10_000_000_000


@dataclass(frozen=True)
class Run:
    """One load in a fresh process."""

    outcome: str
    message: str
    cpu_s: float
    own_kib: int
    helper_kib: int


def load_one(way: str, path: Path, no_cap: bool) -> None:
    """The fresh process: load, and print what happened as JSON."""
    from nutgraf.errors import InputError
    from nutgraf.ingest import load
    from nutgraf.ingest.limits import Limits
    from nutgraf.ingest.sandbox import close_helpers

    limits = Limits(archive_inflates_to_at_most_bytes=NO_CAP_BYTES) if no_cap else Limits()
    readers = {"item": load.load_item, "items": load.load_items, "member": load.load_member}
    try:
        found = readers[way](path, limits=limits)
        outcome, message = "read", f"{len(found)} items" if isinstance(found, list) else type(found).__name__
    except InputError as exc:
        outcome, message = "refused", str(exc)
    close_helpers()
    own, helpers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + helpers.ru_utime + helpers.ru_stime
    # Our own ru_maxrss would count the process that started us; this does not.
    peak = next(line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith("VmHWM"))
    print(json.dumps([outcome, message, cpu, int(peak.split()[1]), helpers.ru_maxrss]))


def run(way: str, path: Path, no_cap: bool = False) -> Run:
    """Start a fresh process for one document."""
    command = [sys.executable, __file__, "--one", way, str(path), *(["--no-cap"] if no_cap else [])]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/src"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=WALL_AT_MOST_S, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return Run("hung", f"no answer within {WALL_AT_MOST_S} s", WALL_AT_MOST_S, 0, 0)
    if done.returncode != 0 or not done.stdout:
        return Run("traceback", done.stderr.strip().splitlines()[-1] if done.stderr else "died", 0.0, 0, 0)
    return Run(*json.loads(done.stdout))


INNOCENT = {
    "md": "# Board\n\nWe moved the board into the corridor.\n",
    "txt": "We moved the board into the corridor.\n",
    "html": f"<!doctype html><html><body><p>{'We moved the board into the corridor. ' * 20}</p></body></html>",
    "xml": "<rss><channel><item><title>Board</title><description>We moved it.</description></item></channel></rss>",
    "json": '{"@type": "JobPosting", "title": "Nurse", "description": "<p>We need a nurse.</p>"}',
}


def baselines(folder: Path) -> dict[str, Run]:
    """What one innocent document of each ending costs."""
    from tests.ingest.hostile import PROFILE
    from tests.ingest.makers import Entry, Print, pdf_of_pages, zipped

    files = {ending: text.encode() for ending, text in INNOCENT.items()}
    files["pdf"] = pdf_of_pages([[Print("We moved the board into the corridor.")]])
    files["zip"] = zipped([Entry("Profile.csv", PROFILE)])
    found = {}
    for ending, content in files.items():
        path = folder / f"innocent.{ending}"
        path.write_bytes(content)
        found[ending] = run("member" if ending == "zip" else "item", path)
        assert found[ending].outcome == "read", found[ending]
    return found


def main() -> int:
    """Run the documents, print the table, and say whether all of them kept within the limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="every third document")
    parser.add_argument("--no-cap", action="store_true", help="control: no cap on unpacking, archives only")
    parser.add_argument("--jobs", type=int, default=1, help="documents at a time")
    parser.add_argument("--one", nargs=2, metavar=("WAY", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        load_one(options.one[0], Path(options.one[1]), options.no_cap)
        return 0
    sys.path.insert(0, str(ROOT))
    from tests.ingest.every_hostile import CASES

    cases = CASES[::3] if options.short else CASES
    if options.no_cap:
        cases = [case for case in CASES if "bomb" in case.name and case.name.endswith(".zip")]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:
        base = baselines(Path(folder))
        return report(cases, list(pool.map(lambda c: measure(c, Path(folder), base, options.no_cap), cases)))


def measure(case: object, folder: Path, base: dict[str, Run], no_cap: bool) -> tuple[Run, float]:
    """One case: its run, and its MiB over the baseline of its format."""
    path = case.write(folder)
    done = run(case.way, path, no_cap)
    innocent = base.get(path.suffix.lstrip("."), base["zip"])
    over = max(done.own_kib - innocent.own_kib, done.helper_kib - innocent.helper_kib) / 1024
    if path.is_file() and not path.is_symlink():
        path.unlink()
    return done, max(0.0, over)


def report(cases: list, runs: list[tuple[Run, float]]) -> int:
    """Print the table and the last line; 0 when everything held."""
    kept = True
    for case, (done, mib) in zip(cases, runs, strict=True):
        right = done.outcome == case.expects or (case.expects == "either" and done.outcome in ("read", "refused"))
        right = right and "\n" not in done.message and done.cpu_s <= CPU_AT_MOST_S and mib <= MIB_AT_MOST
        kept = kept and right
        message = done.message.split(f"{case.name}: ")[-1][:100]
        print(f"{'' if right else '!':1} {case.name:36} {done.outcome:9} {done.cpu_s:5.2f} s {mib:7.1f} MiB  {message}")
    must = [done for case, (done, _) in zip(cases, runs, strict=True) if case.expects == "refused"]
    refused = sum(done.outcome == "refused" for done in must)
    broken = sum(done.outcome in ("traceback", "hung") for done, _ in runs)
    worst_cpu, worst_mib = max(done.cpu_s for done, _ in runs), max(mib for _, mib in runs)
    print(f"{len(runs)} documents, {len(runs) - len(must)} may be read; allowed: {CPU_AT_MOST_S} s, {MIB_AT_MOST} MiB")
    print(f"refused={refused} of={len(must)} worst_cpu_s={worst_cpu:.2f} worst_mib={worst_mib:.1f} tracebacks={broken}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
