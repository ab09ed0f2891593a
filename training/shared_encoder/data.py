"""Texts with the labels known of each, from what hostile input and tone are trained on, as arrays of tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from nutgraf.trust.shared.encoder import HEADS, TOKENS
from nutgraf.trust.tone.detector import LABELS as TONE
from training.attacks import data as hostile
from training.grounding_t1.prepare import prune, read_base
from training.tone import data as tone

ATTACKS = HEADS[: len(HEADS) - len(TONE)]
VOCABULARY = 12_000
#: How often a text of a source is seen in one pass; what is not named, once. Windows of long texts are drawn apart.
PASSES = {
    "own": 2.0,
    "own_fair": 3.0,
    "own_comments": 1.0,
    "surge": 2.5,
    "hatecheck": 1.0,
    "davidson": 0.2,
    "clinc": 0.4,
    "xstest": 2.0,
    "rtp": 2.0,
}
ATTACK_PASSES = {
    "own_ordinary": 0.25, "own_everyday": 0.3, "own_howto": 0.12, "own_topics": 0.2, "own_content": 0.8,
    "own_frames": 0.4, "own_suffix": 0.4, "own_benign": 2.0, "own_signals": 4.0, "intent_clinc150": 0.2,
    "intent_banking77": 0.3, "halueval": 0.25, "rt_injection_deepset": 1.0, "rt_harmful_harmfulqa": 0.5,
    "rt_harmful_phrasing": 0.5, "own_direct": 1.0, "rt_injection_cyberseceval": 2.0, "rt_extraction_sysprompt": 4.0,
    "rt_injection_bipia_attacks": 1.5,
}  # fmt: skip
PROFESSIONAL_PASSES = 0.1
WINDOWS_AT_MOST = 3


def texts(data: Path, *, small: bool = False) -> Iterator[tuple[tone.Sample, float]]:
    """Samples with how often each is seen in a pass. Pairs of ours come with both members together."""
    for sample in tone.training(data, small=small):
        yield sample, PASSES.get(sample.source, 1.0)
    sets = hostile.Data(data)
    barred = {
        hostile.normal(row["text"])
        for path in sorted(data.glob("rt_*"))
        for row in sets.load(path.name, "dev")
        if "text" in row
    }
    barred |= {hostile.normal(row["text"]) for row in hostile.own("benign") if row["part"] == "test"}
    documents = [d for d in hostile.documents(sets) if d.part == "train"]
    if small:
        documents = documents[::20]
    found = [*hostile.attacks(sets, small=small), *hostile.benign(sets, small=small)]
    quiet = list(hostile.professional(documents))
    for sample in hostile.distinct([*found, *quiet], barred):
        known = {name: (value, sample.weight) for name, value in sample.labels.items() if name in HEADS}
        passes = ATTACK_PASSES.get(sample.source, PROFESSIONAL_PASSES if sample.source in hostile.DOCUMENTS else 1.0)
        yield tone.Sample(sample.text, known, sample.source, sample.family), passes * (0.05 if small else 1.0)


def windows(ids: Sequence[int], first: int, last: int) -> list[list[int]]:
    """Token windows of at most TOKENS with both marks, the first, the last and one between of a long text."""
    inner = TOKENS - 2
    if len(ids) <= inner:
        return [[first, *ids, last]]
    starts = sorted({0, max(0, (len(ids) - inner) // 2), len(ids) - inner})[:WINDOWS_AT_MOST]
    return [[first, *ids[s : s + inner], last] for s in starts]


def prepare(data: Path, base: Path, out: Path, *, small: bool = False) -> None:
    """Write `out/texts.npz`, `out/rows.json` and `out/tokenizer.json`."""
    out.mkdir(parents=True, exist_ok=True)
    found = list(texts(data, small=small))
    tokenizer, rows = prune(read_base(base), (sample.text[:1500] for sample, _ in found), VOCABULARY)
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    (out / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    arrays(found, Tokenizer.from_str(json.dumps(tokenizer)), out)


def arrays(found: Sequence[tuple[tone.Sample, float]], reader: Tokenizer, out: Path) -> None:
    """Write `out/texts.npz`: the windows of samples, each with how often it is seen in a pass."""
    out.mkdir(parents=True, exist_ok=True)
    first, last = reader.token_to_id("[CLS]"), reader.token_to_id("[SEP]")
    flat: list[int] = []
    lengths, target, weight, passes, sources, groups = [], [], [], [], [], []
    for sample, often in found:
        known = np.array([sample.known.get(head, (0, 0.0)) for head in HEADS], np.float32)
        encoded = reader.encode(sample.text[:4000], add_special_tokens=False).ids
        parts = windows(encoded, first, last)
        for part in parts:
            flat += part
            lengths.append(len(part))
            target.append(known[:, 0])
            weight.append(known[:, 1] / len(parts) ** 0.5)
            passes.append(often / len(parts) ** 0.5)
            sources.append(sample.source)
            groups.append(sample.group)
    np.savez(
        out / "texts.npz", flat=np.array(flat, np.uint16), lengths=np.array(lengths, np.int16),
        target=np.array(target, np.int8), weight=np.array(weight, np.float32), passes=np.array(passes, np.float32),
        sources=np.array(sources), groups=np.array([g[:80] for g in groups]),
    )  # fmt: skip
    print(f"shared: {len(found)} texts, {len(lengths)} windows, {float(np.sum(passes)):.0f} a pass", flush=True)
