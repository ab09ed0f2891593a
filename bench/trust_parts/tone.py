"""Tone: every row of the trust table that the judge of tone answers for, with intervals by source.

`python -m bench.trust_parts.tone DATA [--short] [--without-network]` prints them. Nothing was learned from what counts.
The figures across domains are of weights trained without those domains; `python -m training.shared_encoder.across`
measures them, and the manifest keeps them.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nutgraf.errors import MissingPart
from nutgraf.trust.shared.encoder import Shared
from nutgraf.trust.tone.detector import Tone
from nutgraf.trust.tone.rules import hits
from training.tone.figures import DOMAINS, Figure
from training.tone.figures import figures as rows
from training.tone.pairs import pairs


def shared() -> Shared | None:
    """The shared network, where its weights are."""
    try:
        return Shared.load()
    except MissingPart:
        return None


def figures(data: Path, *, short: bool = False, network: bool = True) -> dict[str, float | Figure]:
    """All rows by name: a value, or (value, low, high)."""
    encoder = shared() if network else None
    tone = Tone.load(encoder=encoder)
    out: dict[str, float | Figure] = dict(rows(tone, data, short=short))
    far = {name: value for name, value in tone.manifest.metrics.items() if name.startswith(DOMAINS)}
    out |= {name: (value, low, high) for name, (value, low, high) in far.items()}
    alone = encoder.manifest.metrics if encoder else {}
    out |= {f"network alone, {name}": value for name, value in alone.items() if name.endswith("_dev_auc")}
    texts = [pair.faulty for pair in pairs() if pair.part == "test"][:200]
    for name, work in (("rules", hits), ("all tiers", tone.detect)):
        taken = []
        for text in texts:
            began = time.thread_time()
            work(text)
            taken.append(1000 * (time.thread_time() - began))
        out[f"{name}: CPU ms a sentence, median"] = float(np.median(taken))
        out[f"{name}: CPU ms a sentence, p95"] = float(np.percentile(taken, 95))
    return out


def main() -> None:
    """Print every figure."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("data", type=Path)
    ask.add_argument("--short", action="store_true", help="a quarter of the large sets")
    ask.add_argument("--without-network", action="store_true")
    asked = ask.parse_args()
    for name, value in figures(asked.data, short=asked.short, network=not asked.without_network).items():
        shown = f"{value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]" if isinstance(value, tuple) else f"{value:.3f}"
        print(f"{name:62s} {shown}", flush=True)


if __name__ == "__main__":
    main()
