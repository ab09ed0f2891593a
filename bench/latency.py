"""How soon is a panel there, on real documents? `python bench/latency.py DATA [--part dev] [--items 100] [--short]`.

DATA holds article and job sets and `profiles_jsonresume/`. Documents are written to files and read through ingest, as a
user's would be; nothing is prepared, so each panel pays for reading its item. The embedded model writes, warmed once.
Besides the times every answer is checked: an ending `done` or `declined`, every quote verbatim at its offsets, no
number and no name in a sentence that its evidence lacks. Times are those of this machine; it is named in the output.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import platform
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nutgraf.ingest.load import load_item, load_member
from nutgraf.local import Local, open_local
from nutgraf.pipeline.writing import warm_up
from nutgraf.settings import Settings
from nutgraf.text.facts import name_key, names
from nutgraf.text.numbers import numbers
from nutgraf.text.words import word_spans
from nutgraf.types import Item, Member

SETS = {"articles_18f": 0.24, "articles_digitalgov": 0.39, "articles_rust_blog": 0.24, "jobs_usgov_tts": 0.13}
COMPLETE_P95_MS, FIRST_P95_MS = 5000.0, 1500.0


def documents(data: Path, part: str, count: int, folder: Path) -> list[Item]:
    """Real documents as Markdown files, shared out over the sets, read back through ingest."""
    found = []
    for name, share in SETS.items():
        with gzip.open(data / name / f"{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in itertools.islice(lines, max(1, round(share * count)))]
        for i, row in enumerate(rows):
            file = folder / f"{name}-{i}.md"
            file.write_text(f"# {row['title']}\n\n{row['text']}", "utf-8")
            found.append(load_item(file))
    return found


def readers(data: Path, part: str, count: int, folder: Path) -> list[Member]:
    """Members of different occupations, as JSON Resume files read back through ingest."""
    found: dict[str, Member] = {}
    with gzip.open(data / "profiles_jsonresume" / f"{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            file = folder / f"{row['id']}.json"
            file.write_text(json.dumps(row["resume"]), "utf-8")
            found.setdefault(row["group"], load_member(file))
    return list(found.values())[:count]


def faults(document: dict[str, Any], item: Item, member: Member | None) -> list[str]:
    """What is wrong with one answer, checked without any code of the judge's."""
    found = [] if document["ending"] in ("done", "declined") else [f"ended {document['ending']}"]
    for sentence in (s for takeaway in document["takeaways"] for s in takeaway["sentences"]):
        quotes = " ".join(" ".join(e["quote"].split()) for e in sentence["evidence"])
        for piece in sentence["evidence"]:
            if piece["ref"] == item.id and item.text[piece["start"] : piece["end"]] != piece["quote"]:
                found += ["quote is not verbatim at its offsets"]
        known = {number.value for number in numbers(quotes)}
        found += [f"number {n.written}" for n in numbers(sentence["text"]) if n.value not in known]
        words = {name_key(word) for word, _, _ in word_spans(quotes)}
        found += [f"name {name}" for name in names(sentence["text"]) if name_key(name) not in words]
    return found


def table(rows: list[dict[str, Any]]) -> None:
    """Print the distribution of each time, and what became of the sentences."""
    print(f"{'':22}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}   ms")
    stages = sorted({stage for row in rows for stage in row["stages"]})
    columns = {"first useful": "first", "complete": "complete"} | {f"  {stage}": stage for stage in stages}
    for label, key in columns.items():
        values = [row.get(key, row["stages"].get(key)) for row in rows]
        kept = np.array([value for value in values if value is not None], dtype=float)
        if len(kept):
            cells = [*np.quantile(kept, [0.5, 0.95, 0.99]), kept.max()]
            print(f"{label:22}" + "".join(f"{cell:>9.0f}" for cell in cells))
    verdicts = Counter(verdict for row in rows for verdict in row["verdicts"])
    total = max(1, sum(verdicts.values()))
    print("sentences: " + ", ".join(f"{name} {count} ({count / total:.0%})" for name, count in verdicts.most_common()))
    print(
        "endings: " + ", ".join(f"{name} {count}" for name, count in Counter(r["ending"] for r in rows).most_common())
    )
    reasons = Counter(reason for row in rows for reason in row["skipped"])
    print("skipped: " + ("; ".join(f"{name} ({count})" for name, count in reasons.most_common(6)) or "nothing"))


async def one(local: Local, item: Item, member: Member) -> dict[str, Any]:
    """One panel: its times, verdicts and faults."""
    document = await local.takeaways(item, member)
    timing = document["timing"]
    return {
        "first": timing["first_useful_ms"],
        "complete": timing["complete_ms"],
        "stages": timing["stages"],
        "ending": document["ending"],
        "verdicts": [s["verdict"] for t in document["takeaways"] for s in t["sentences"]],
        "skipped": [skipped["because"] for skipped in document["skipped"] if skipped["what"] == "writing"],
        "faults": faults(document, item, member),
    }


async def run(given: argparse.Namespace) -> int:
    """Measure, print, and say whether the bars hold."""
    with tempfile.TemporaryDirectory() as scratch:
        items = documents(given.data, given.part, 8 if given.short else given.items, Path(scratch))
        members = readers(given.data, given.part, 1 if given.short else given.members, Path(scratch))
        rows: list[dict[str, Any]] = []
        settings = Settings(model=given.model, model_threads=given.threads, encoder_threads=2)
        async with open_local(settings) as local:
            await warm_up(local.rooms)
            pairs = list(itertools.product(items, members))
            for done, (item, member) in enumerate(pairs, 1):
                rows.append(await one(local, item, member))
                if sys.stderr.isatty():
                    print(f"\r{done}/{len(pairs)}", end="", file=sys.stderr)
    print(f"{len(items)} documents × {len(members)} members, model {given.model}, {given.threads} thread(s), ", end="")
    print(f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}")
    table(rows)
    wrong = [fault for row in rows for fault in row["faults"]]
    for fault, count in Counter(wrong).most_common(5):
        print(f"fault: {fault} ({count})")
    complete = float(np.quantile([row["complete"] for row in rows], 0.95))
    first = float(np.quantile([row["first"] for row in rows if row["first"] is not None] or [np.inf], 0.95))
    written = [v for row in rows for v in row["verdicts"]].count("supported")
    share = written / max(1, sum(len(row["verdicts"]) for row in rows))
    print(
        f"runs={len(rows)} faults={len(wrong)} first_useful_p95_ms={first:.0f} complete_p95_ms={complete:.0f} "
        f"written_share={share:.2f}"
    )
    return 0 if not wrong and complete <= COMPLETE_P95_MS and first <= FIRST_P95_MS else 1


def main() -> int:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--part", default="dev")
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--members", type=int, default=3)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="8 documents × 1 member")
    return anyio.run(run, parser.parse_args())


if __name__ == "__main__":
    raise SystemExit(main())
