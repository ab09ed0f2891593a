"""Is malformed output of a model read like the clean answer? `python bench/repair.py [--short] [--seed N]`.

The corpus (tests/parse/corpus) holds outputs that a small model really wrote, and clean answers on which malformations
were put, one or two at a time. Each case says what a careful reader takes from it: sentences, evidence, starters.

A *schema failure* is an output from which a parser takes something else: nothing where there is a sentence, a sentence
with markup, keys or braces in it, a sentence lost, cut or garbled, wrong evidence, or wrong starters. The strict
parser is `json.loads` and the schema for JSON, and one citation at the end of every line for lines; it sees the text as
a whole. Ours reads each case in six cuttings: whole, by character, by byte, in threes, and twice at random. No model is
asked again. Fresh cases, of seeds that no rule was written for, are counted apart.

Also: CPU time a character of 1,000,000 characters against 10,000; at most twice. With --control nothing is repaired.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nutgraf.parse.json_drafts import JsonParser
from nutgraf.text.sentences import split
from tests.parse.malformations import corpus
from tests.parse.reading import cases, cuts, parser_for, read, said, wanted

FAILURES_AT_MOST, SLOWDOWN_AT_MOST = 0.001, 2.0
FRESH_SEEDS = 6
CUTTINGS = 6

Case = dict[str, Any]
_STRICT_LINE = re.compile(r"(?P<text>[^\[\]*#<>{}]+?)\s*(?P<marks>(?:\[\d+(?:, ?\d+)*\])+)(?P<stop>[.!?]?)")


def strict(case: Case) -> dict[str, Any] | None:
    """What a parser that forgives nothing takes from a case; None when it refuses it."""
    return strict_json(case["raw"]) if case["expects"] == "json" else strict_lines(case["raw"])


def strict_json(raw: str) -> dict[str, Any] | None:
    """The answer when the text is JSON and fits the schema."""
    try:
        found = json.loads(raw)
        if set(found) != {"takeaways", "starters"}:
            return None
        points = [
            (point["text"], point["evidence"]) for point in found["takeaways"] if set(point) == {"text", "evidence"}
        ]
        fits = len(points) == len(found["takeaways"]) and all(isinstance(text, str) for text in found["starters"])
        fits = fits and all(isinstance(text, str) and all(type(n) is int for n in cited) for text, cited in points)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return said_strictly(points, found["starters"]) if fits else None


def strict_lines(raw: str) -> dict[str, Any] | None:
    """The answer when every line ends with its citations."""
    matches = [_STRICT_LINE.fullmatch(line) for line in raw.splitlines() if line]
    found = [(m["text"] + m["stop"], [int(n) for n in re.findall(r"\d+", m["marks"])]) for m in matches if m]
    return said_strictly(found, []) if found and len(found) == len(matches) else None


def said_strictly(points: Iterable[tuple[str, list[int]]], starters: list[str]) -> dict[str, Any]:
    """The form of the corpus."""
    blocks = [
        {"sentences": [" ".join(text[a:b].split()) for a, b in split(text)], "evidence": sorted(set(cited))}
        for text, cited in points
    ]
    return {"blocks": blocks, "starters": starters}


def ours(case: Case, number: int, *, control: bool) -> list[str]:
    """The failures of our parser, one name a cutting that fails."""
    want = wanted(case)
    if control:
        kind = fault(strict(case), want)
        return [kind] * CUTTINGS if kind else []
    faults = (fault(said(read(parser_for(case), pieces)), want) for pieces in cuts(case["raw"], number))
    return [kind for kind in faults if kind]


def fault(got: dict[str, Any] | None, want: dict[str, Any]) -> str | None:
    """What kind of schema failure it is, if it is one."""
    if got == want:
        return None
    if got is None or (want["blocks"] and not got["blocks"]):
        return "nothing" if want["blocks"] or want["starters"] else None
    sentences = [text for block in got["blocks"] for text in block["sentences"]]
    right = [text for block in want["blocks"] for text in block["sentences"]]
    if any(re.search(r"[{}<>]|\":|\\|```", text) for text in set(sentences) - set(right)):
        return "garbage"
    if sentences != right:
        return "lost"
    return "evidence" if got["blocks"] != want["blocks"] else "starters"


def table(found: list[Case], *, control: bool) -> tuple[int, int]:
    """Print failures by malformation; returns the failures of the strict parser (cases) and of ours (readings)."""
    by_name: dict[str, Counter[str]] = {}
    kinds: Counter[str] = Counter()
    strictly = repaired = 0
    for number, case in enumerate(found):
        refused = fault(strict(case), wanted(case)) is not None
        failures = ours(case, number, control=control)
        strictly, repaired = strictly + refused, repaired + len(failures)
        kinds.update(failures)
        for name in [f"model {case['how'][1]}"] if case["how"][:1] == ["model"] else case["how"] or ["clean"]:
            by_name.setdefault(name, Counter()).update(cases=1, strict=refused, ours=len(failures))
    print(f"{'malformation':<24}{'cases':>7}{'strict fails':>14}{'ours, of readings':>19}")
    for name, row in sorted(by_name.items()):
        readings = row["cases"] * CUTTINGS
        print(f"{name:<24}{row['cases']:>7}{row['strict']:>14}{row['ours']:>10} of {readings}")
    print("kinds of failure: " + (", ".join(f"{kind} {count}" for kind, count in kinds.items()) or "none"))
    return strictly, repaired


def cpu_a_char(chars: int) -> float:
    """CPU time a character, in seconds, of an answer of about so many, in pieces of four."""
    sentence = "The average wait fell from 19 to 11 minutes, and it stays low. "
    points = max(3, chars // 4000)
    text = sentence * (chars // points // len(sentence))
    raw = json.dumps({"takeaways": [{"evidence": [1], "text": text}] * points, "starters": []})
    pieces = [raw[at : at + 4] for at in range(0, len(raw), 4)]
    best = float("inf")
    for _ in range(max(1, 200_000 // chars)):
        parser, began = JsonParser(at_most_chars=2 * chars), time.process_time()
        for piece in pieces:
            parser.feed(piece)
        parser.close()
        best = min(best, time.process_time() - began)
    return best / len(raw)


def main(options: argparse.Namespace) -> int:
    """Read the corpus, then fresh cases, then long texts; 0 when the figures hold."""
    stored = list(cases())
    strictly, repaired = table(stored, control=options.control)
    readings = len(stored) * CUTTINGS
    real = [case for case in stored if case["how"][:1] == ["model"]]
    real_strictly = sum(fault(strict(case), wanted(case)) is not None for case in real)
    fresh = [
        case
        for seed in range(options.seed, options.seed + (1 if options.short else FRESH_SEEDS))
        for case in corpus(seed)
    ]
    fresh_failures = sum(len(ours(case, number, control=options.control)) for number, case in enumerate(fresh))
    short, long = cpu_a_char(10_000), cpu_a_char(1_000_000)
    print(f"strict parser: {strictly} of {len(stored)} cases fail; {real_strictly} of {len(real)} of the real model's")
    print(f"fresh cases: {fresh_failures} of {len(fresh) * CUTTINGS} readings fail")
    print(f"CPU a character: {short * 1e6:.2f} us at 10,000 characters, {long * 1e6:.2f} us at 1,000,000")
    print(f"seed={options.seed}")
    print(
        f"cases={len(stored)} readings={readings} strict_failures={strictly / len(stored):.4f} "
        f"failures={repaired / readings:.4f} fresh_failures={fresh_failures / len(fresh) / CUTTINGS:.4f} "
        f"slowdown={long / short:.2f}"
    )
    return 0 if repaired / readings < FAILURES_AT_MOST and long <= SLOWDOWN_AT_MOST * short else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fresh cases of one seed")
    parser.add_argument("--control", action="store_true", help="nothing is repaired; must exit 1")
    parser.add_argument("--seed", type=int, default=7000, help="the first seed of fresh cases")
    sys.exit(main(parser.parse_args()))
