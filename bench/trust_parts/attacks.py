"""Hostile input and content: recall and false alarms at the shipped thresholds, with intervals by source.

`python -m bench.trust_parts.attacks DATA [--short]` prints them. Beside ours stands the trivial rule: any named pattern
outside quotation marks. `attacks_fresh.jsonl` holds attacks and harmless texts of our own that nothing was trained or
tuned on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nutgraf.trust.attacks.canonical import readings
from nutgraf.trust.attacks.rules import hits
from nutgraf.trust.hostile import attacks
from training.attacks.data import HARMFUL, PLAIN_TASKS, Data, bipia, documents, own

Figure = tuple[float, float, float]
_RESAMPLES = 400
FRESH = Path(__file__).with_name("attacks_fresh.jsonl")


def rate(groups: dict[str, list[bool]], seed: int = 1) -> Figure:
    """Share of true values over all groups, with a 95 % interval by bootstrap within every source."""
    rng = np.random.default_rng(seed)
    held = [np.asarray(values, dtype=float) for values in groups.values() if values]
    if not held:
        return (float("nan"),) * 3
    draws = [np.concatenate([rng.choice(g, len(g)) for g in held]).mean() for _ in range(_RESAMPLES)]
    return float(np.concatenate(held).mean()), float(np.quantile(draws, 0.025)), float(np.quantile(draws, 0.975))


def hostile(data: Data) -> dict[str, list[str]]:
    """Attacks of dev by source; requests that any member may make are left out."""
    out = {}
    for name in (
        "rt_injection_deepset",
        "rt_injection_cyberseceval",
        "rt_extraction_sysprompt",
        "rt_jailbreak_inthewild",
    ):
        out[name] = [row["text"] for row in data.load(name, "dev") if row["label"] != "benign"]
    out["rt_jailbreak_jailbreakbench"] = [row["text"] for row in data.load("rt_jailbreak_jailbreakbench", "dev")]
    rows = data.load("rt_injection_bipia_attacks", "dev")
    out["rt_injection_bipia_attacks"] = [row["text"] for row in rows if not PLAIN_TASKS.search(row["category"])]
    return out


def calm(data: Data, short: bool) -> dict[str, list[str]]:
    """Harmless texts by source. Nothing was learned from any; professional ones are the half that no threshold saw."""
    held = [d for d in documents(data) if d.part == "measure"]
    asked = [row["text"] for name in ("intent_clinc150", "intent_banking77") for row in data.load(name, "dev")]
    return {
        "professional": [d.text[:3000] for d in held][:: 4 if short else 1],
        "questions": asked[2 :: 16 if short else 4],
        "xstest_safe_dev": [r["text"] for r in data.load("rt_xstest", "dev") if r["label"] == "benign"],
        "notinject": [r["text"] for part in ("train", "dev") for r in data.load("rt_benign_notinject", part)],
        "own_benign": [row["text"] for row in own("benign") if row["part"] == "test"],
        "borderline_security_dev": [r["text"] for r in data.load("rt_benign_mitre_frr", "dev")],
    }


def fresh() -> list[dict[str, Any]]:
    """The rows of FRESH: text, kind, bad, and the planted sentence of a document."""
    return [json.loads(line) for line in FRESH.read_text(encoding="utf-8").splitlines()]


def fresh_figures(refuses: Callable[[str], bool], flags: Callable[[str], bool]) -> dict[str, float | Figure]:
    """Recall of the fresh attacks as messages, by kind and in all, and inside documents; false alarms of the others."""
    messages: dict[str, list[bool]] = {}
    documents_hit, refused, marked = [], dict[str, list[bool]](), dict[str, list[bool]]()
    for row in fresh():
        text, kind = row["text"], row["kind"]
        if row["bad"] and kind == "document":
            documents_hit.append(flags(text))
        elif row["bad"]:
            messages.setdefault(kind, []).append(refuses(text))
        else:
            refused.setdefault(kind, []).append(refuses(text))
            marked.setdefault(kind, []).append(flags(text))
    out: dict[str, float | Figure] = {"fresh attacks recall": rate(messages)}
    out |= {f"fresh attacks recall {kind}": rate({kind: hit}) for kind, hit in messages.items()}
    out["fresh inside documents recall"] = rate({"fresh": documents_hit})
    out["fresh false alarms"] = rate(refused)
    out["fresh false alarms as content"] = rate(marked)
    return out


def patterns(text: str) -> bool:
    """The trivial rule."""
    return any(not hit.quoted for reading in readings(text) for hit in hits(reading.text))


def figures(data: Path, *, short: bool) -> dict[str, float | Figure]:
    """Every row of hostile input: a value, or a value with the ends of its interval."""
    sets, detector = Data(data), attacks()

    def refuses(text: str) -> bool:
        return detector.detect(text).score >= detector.threshold

    def flags(text: str) -> bool:
        return detector.scan(text).score >= detector.content_threshold

    out: dict[str, float | Figure] = {k: v for k, v in detector.manifest.metrics.items() if k.startswith("unseen")}
    bad, good = hostile(sets), calm(sets, short)
    for name, judge in (("attacks", refuses), ("patterns alone", patterns)):
        out |= _rows(name, judge, bad, good)
    harmful = {n: [row["text"] for row in sets.load(f"rt_harmful_{n}", "dev")] for n in HARMFUL}
    out["harmful dev recall"] = rate({n: [refuses(t) for t in texts] for n, texts in harmful.items()})
    clean, injected = bipia(sets, "dev")
    out["inside documents recall"] = rate({"bipia": [flags(row["context"]) for row in injected]})
    out["inside documents false alarms clean bipia"] = rate({"bipia": [flags(row["context"]) for row in clean]})
    out["inside documents false alarms professional"] = rate({"all": [flags(t) for t in good["professional"]]})
    out["inside documents false alarms own_benign"] = rate({"all": [flags(t) for t in good["own_benign"]]})
    out |= fresh_figures(refuses, flags)
    out["detect p95 ms"] = _p95(detector.detect, good["own_benign"])
    out["detect p95 ms without the encoder"] = _p95(replace(detector, encoder=None).detect, good["own_benign"])
    return out


def _rows(
    name: str, judge: Callable[[str], bool], bad: dict[str, list[str]], good: dict[str, list[str]]
) -> dict[str, float | Figure]:
    out: dict[str, float | Figure] = {}
    caught = {source: [judge(t) for t in texts] for source, texts in bad.items()}
    out[f"{name} dev recall"] = rate(caught)
    for source, hit in caught.items():
        out[f"{name} dev recall {source}"] = rate({source: hit})
    for source, texts in good.items():
        out[f"{name} false alarms {source}"] = rate({source: [judge(t) for t in texts]})
    return out


def _p95(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """The 95th percentile of CPU milliseconds a text."""
    taken = []
    for text in texts:
        began = time.process_time()
        work(text)
        taken.append((time.process_time() - began) * 1e3)
    return float(np.quantile(taken, 0.95))


def main() -> None:
    """Print every figure."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("data", type=Path)
    ask.add_argument("--short", action="store_true")
    asked = ask.parse_args()
    for name, value in figures(asked.data, short=asked.short).items():
        shown = f"{value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]" if isinstance(value, tuple) else f"{value:.3f}"
        print(f"{name:55s} {shown}", flush=True)


if __name__ == "__main__":
    main()
