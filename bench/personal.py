"""Do members get their own choice? `python bench/personal.py DATA [--part dev] [--short]`.

DATA holds article and job sets and `profiles_jsonresume/`. For every item, members of ten occupations are compared in
pairs: do they get different spans? Then a blind matcher, given the reasons and the chosen spans of one panel, names
the member among ten profiles by the nearest embedding; chance is one in ten. Intervals are 95 % bootstrap intervals
over items.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from bench.choice import interval
from nutgraf.blend.choose import Point, choose
from nutgraf.ingest.load import item_from_bytes, member_from_bytes
from nutgraf.members.because import because
from nutgraf.members.snapshot import snapshot
from nutgraf.pipeline.panel import strength
from nutgraf.read.digest import digest
from nutgraf.retrieve.encoder import OnnxEncoder
from nutgraf.types import Digest, Scope, Snapshot
from nutgraf.vocabulary.match import Vocabulary, load

SETS = ("articles_18f", "articles_digitalgov", "articles_rust_blog", "jobs_usgov_tts")
PROFILES = 10


def lines(folder: Path, part: str, limit: int) -> list[dict[str, Any]]:
    """The first rows of one set."""
    with gzip.open(folder / f"{part}.jsonl.gz", "rt", encoding="utf-8") as text:
        return [json.loads(line) for line in itertools.islice(text, limit)]


def readers(data: Path, part: str, vocabulary: Vocabulary) -> list[Snapshot]:
    """Ten members of ten different occupations."""
    found: dict[str, Snapshot] = {}
    for row in lines(data / "profiles_jsonresume", part, 200):
        member = member_from_bytes(json.dumps(row["resume"]).encode(), f"{row['id']}.json")
        scope = Scope(
            tenant="bench", member=member.id, purposes=frozenset({"personalise"}), consent_version=1, rights=frozenset()
        )
        found.setdefault(row["group"], snapshot(member, scope, vocabulary))
    return list(found.values())[:PROFILES]


def panel_text(points: list[Point], known: Snapshot) -> str:
    """What a reader of the panel sees of the choice: reasons and spans."""
    reasons = [because(known, p.link.fact if p.link else None, strength(p.link), "article") for p in points]
    return " ".join([*(reason.text for reason in reasons if reason), *(point.span.text for point in points)])


def profile_text(known: Snapshot) -> str:
    """A profile as the matcher sees it."""
    return ". ".join(fact.text for fact in known.facts if not fact.guess)[:2000]


def windows(encoder: OnnxEncoder, text: str) -> Any:
    """Mean vector of a long text over windows of sixty words."""
    words = text.split()
    pieces = [" ".join(words[i : i + 60]) for i in range(0, max(1, len(words)), 60)]
    mean = encoder.encode(pieces).mean(axis=0)
    return mean / np.linalg.norm(mean)


def main() -> int:
    """Print the table; 0 when at least 70 % of pairs differ and the matcher is right four times as often as chance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--part", default="dev")
    parser.add_argument("--short", action="store_true", help="6 items a set")
    given = parser.parse_args()
    encoder, vocabulary = OnnxEncoder.load(), load()
    known = readers(given.data, given.part, vocabulary)
    facts = [encoder.encode([fact.text for fact in one.facts]) for one in known]
    profiles = np.array([windows(encoder, profile_text(one)) for one in known])
    differ, right = [], []
    print(f"{'set':24}{'items':>6}{'pairs that differ':>20}{'spans shared':>14}{'matched':>10}")
    for name in SETS:
        rows: list[tuple[float, float, float]] = []
        for row in lines(given.data / name, given.part, 6 if given.short else 30):
            item = item_from_bytes(f"# {row['title']}\n\n{row['text']}".encode(), "document.md")
            read = digest(item, encoder, vocabulary)
            if read.declined is None:
                rows.append(one_item(read, known, facts, profiles, encoder))
        table = np.array(rows)
        print(
            f"{name:24}{len(rows):>6}{table[:, 0].mean():>20.3f}{table[:, 1].mean():>14.3f}{table[:, 2].mean():>10.3f}"
        )
        differ += [row[0] for row in rows]
        right += [row[2] for row in rows]
    low, high = interval(np.array(differ))
    match_low, match_high = interval(np.array(right))
    print(f"pairs that differ: 95 % interval {low:.3f}…{high:.3f}")
    print(f"matched: {match_low:.3f}…{match_high:.3f}, chance {1 / PROFILES:.3f}")
    print(f"pairs_differ={np.mean(differ):.3f} matched_times_chance={np.mean(right) * PROFILES:.2f}")
    return 0 if low >= 0.7 and match_low * PROFILES >= 4 else 1


def one_item(
    read: Digest, known: list[Snapshot], facts: list[Any], profiles: Any, encoder: OnnxEncoder
) -> tuple[float, float, float]:
    """Share of pairs that differ, mean share of spans two members have in common, share the matcher got right."""
    panels = [choose(read, one, vectors) for one, vectors in zip(known, facts, strict=True)]
    chosen = [{point.row for point in points} for points in panels]
    pairs = list(itertools.combinations(chosen, 2))
    seen = np.array([windows(encoder, panel_text(points, one)) for points, one in zip(panels, known, strict=True)])
    right = (seen @ profiles.T).argmax(axis=1) == np.arange(len(known))
    shared = float(np.mean([len(a & b) / max(1, len(a | b)) for a, b in pairs]))
    return float(np.mean([a != b for a, b in pairs])), shared, float(right.mean())


if __name__ == "__main__":
    raise SystemExit(main())
