"""The cards of the embedded weights: `python tools/model_cards.py [--check]`.

Writes into every `card.md` beside weights the figures of their manifest, below a mark that this program knows, and the
index `docs/model-cards.md`. With `--check` nothing is written; the exit status is 1 when a card or the index is not
what the manifests say. Run it whenever weights were made anew.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src/nutgraf"
INDEX = ROOT / "docs/model-cards.md"
BEGIN, END = "<!-- figures: python tools/model_cards.py -->", "<!-- end of figures -->"
#: Files of weights, by their ends; the manifest is counted with them.
KINDS = (".onnx", ".npz", ".safetensors", ".json")
#: Which check uses the weights of a folder, and for what.
USES = {
    "attacks": ("`attack`, `content`", "orders, jailbreaks, harmful requests, signs of self-harm"),
    "grounding/t0": ("`grounding`", "a sentence against lines of evidence: comparison and trees"),
    "grounding/t1": ("`grounding`", "the same, by a network, where the trees leave doubt"),
    "member": ("`member`", "a claim about the reader against their own record"),
    "pii": ("`pii`", "names of people and postal addresses"),
    "shared": ("`tone`, `attack`", "one pass of an encoder for both"),
    "tone": ("`tone`", "faults of tone, by kind"),
    "retrieve/encoder_model": ("`topic`, search", "texts as vectors"),
}


@dataclass(frozen=True)
class Set:
    """One set of weights: its folder's short name, the folder, its manifest and its bytes without card and licence."""

    name: str
    folder: Path
    manifest: Mapping[str, Any]
    size: int

    @property
    def licence(self) -> str:
        """The licence of the weights."""
        return str(self.manifest.get("licence") or self.manifest.get("license"))


def sets(package: Path = PACKAGE) -> list[Set]:
    """Every set of weights that comes with the package, the encoder of the search among them."""
    found = []
    for file in sorted([*package.glob("trust/**/manifest.json"), package / "retrieve/encoder_model/manifest.json"]):
        name = re.sub(r"/?weights/?", "/", str(file.parent.relative_to(package)).removeprefix("trust/")).strip("/")
        size = sum(one.stat().st_size for one in file.parent.iterdir() if one.suffix in KINDS)
        found.append(Set(name, file.parent, json.loads(file.read_text("utf-8")), size))
    return found


def figures(one: Set) -> str:
    """The block of a card that is made from the manifest: limits and figures, each on a line of a table."""
    rows = [
        *(("limit", key, value) for key, value in _flat(one.manifest.get("thresholds", {}))),
        *(("figure", key, value) for key, value in _flat(one.manifest.get("metrics", {}))),
    ]
    lines = [BEGIN, "", "| | of the manifest | value |", "|---|---|---|"]
    lines += [f"| {kind} | {key} | {value} |" for kind, key, value in rows]
    return "\n".join([*lines, "", END]) + "\n"


def card(text: str, block: str) -> str:
    """A card with its block of figures put in, in the place of the one before or at its end."""
    if BEGIN in text and END in text:
        before, rest = text.split(BEGIN, 1)
        return f"{before}{block.rstrip()}{rest.split(END, 1)[1]}"
    return f"{text.rstrip()}\n\n{block}"


def index(found: list[Set]) -> str:
    """The page that lists every card."""
    total = sum(one.size for one in found)
    lines = [
        "# Model cards", "",
        "What every set of weights that comes with the package is, learned from, measures and falls short in stands in",
        "the card beside it. This page and the figures in the cards are made from the manifests by",
        "`python tools/model_cards.py`; a test fails when they are not what the manifests say.", "",
        "| card | check | what it tells | bytes | licence | version | seed |", "|---|---|---|---:|---|---|---:|",
    ]  # fmt: skip
    for one in found:
        checks, what = USES.get(one.name, ("", ""))
        version = one.manifest.get("version", one.manifest.get("precision", "1"))
        seed = one.manifest.get("seed", "none: not trained here")
        lines.append(f"| {_link(one)} | {checks} | {what} | {one.size:,} | {one.licence} | {version} | {seed} |")
    lines += ["", f"{len(found)} sets, {total / 1e6:.1f} MB in all; at most 60 MB together and 40 MB a file.", ""]
    lines += ["## How each is rebuilt", "", "| set | command |", "|---|---|"]
    lines += [f"| {one.name} | `{one.manifest['command']}` |" for one in found]
    lines += [
        "",
        "`DATA` is a folder with the sets that the manifests name, each in a folder of its name as gzip JSON Lines.",
        "",
    ]
    lines += ["## What each learned from", "", "| set of texts | licence | used by |", "|---|---|---|"]
    used: dict[tuple[str, str], list[str]] = {}
    for one in found:
        for entry in one.manifest.get("data", ()):
            used.setdefault((entry["name"].split("/")[0], entry["licence"]), []).append(one.name)
    for (name, licence), users in sorted(used.items()):
        lines.append(f"| {name} | {licence} | {', '.join(dict.fromkeys(users))} |")
    return "\n".join([*lines, "", _WHAT])


_WHAT = """## What the figures mean

They are measured on development data by the command of the manifest; `python bench/trust.py DATA` measures the whole
layer, with intervals, beside trivial rules. What counts as an unsupported claim, a wrong tone and a breach of policy
stands in [the gate](gate.md), with examples. `nutgraf trust report` prints the same of what is installed.
"""


def _link(one: Set) -> str:
    file = one.folder / ("card.md" if (one.folder / "card.md").exists() else "manifest.json")
    return f"[{one.name}](../{file.relative_to(ROOT)})"


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key} / ")
        elif isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
            yield f"{above}{key}", f"{len(value)} rows, in the manifest"
        elif isinstance(value, list):
            rest = f" ({' to '.join(str(part) for part in value[1:])})" if len(value) == 3 else ""
            yield f"{above}{key}", f"{value[0]}{rest}" if rest else ", ".join(map(str, value))
        else:
            yield f"{above}{key}", str(value)


def wanted(found: list[Set]) -> dict[Path, str]:
    """What every card and the index should hold. Raises FileNotFoundError for weights without a card."""
    files = {
        one.folder / "card.md": card((one.folder / "card.md").read_text("utf-8"), figures(one))
        for one in found
        if "metrics" in one.manifest
    }
    return {**files, INDEX: index(found)}


def main(words: list[str] | None = None) -> int:
    """Write the cards and the index, or say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when something is stale")
    chosen = parser.parse_args(words)
    stale = [
        (file, text) for file, text in wanted(sets()).items() if not file.exists() or file.read_text("utf-8") != text
    ]
    for file, text in stale:
        print(f"{'stale' if chosen.check else 'written'}: {file.relative_to(ROOT)}")
        if not chosen.check:
            file.write_text(text, "utf-8")
    return 1 if stale and chosen.check else 0


if __name__ == "__main__":
    sys.exit(main())
