"""Turns the data into arrays once: a pruned tokenizer, training windows by part of the mixture, development windows."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from tokenizers import Tokenizer

from nutgraf.trust.grounding.cross import Tokens
from nutgraf.trust.grounding.flatten import flatten
from nutgraf.trust.grounding.index import EvidenceIndex
from training.grounding_t1.edits import Pool, changed, names_in, numbers_in, pair, soften, words_in
from training.grounding_t1.sources import SETS, Claim, prose, rows, share
from training.grounding_t1.windows import Windows

VOCABULARY = 16_000
CLEAN_KEPT = 0.45
PAIR_TOKENS = 96
OWN_DEV = 0.06
MARKUP = re.compile(r"https?:|\]\(|[{}<>|]|^[!#`]")
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def read_base(path: Path) -> dict[str, Any]:
    """The tokenizer of the base encoder as an object, without truncation and padding."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found["truncation"] = found["padding"] = None
    return found


def prune(base: dict[str, Any], texts: Iterable[str], size: int) -> tuple[dict[str, Any], list[int]]:
    """The tokenizer with the `size` most used pieces and every single character, and the old number of each piece."""
    whole = Tokenizer.from_str(json.dumps(base))
    counts: Counter[str] = Counter()
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 512:
            for found in whole.encode_batch(batch, add_special_tokens=False):
                counts.update(found.tokens)
            batch = []
    vocabulary: dict[str, int] = base["model"]["vocab"]
    kept = {p for p in vocabulary if p in _SPECIAL or (len(p.removeprefix("##")) == 1 and ord(p[-1]) < 0x2500)}
    for piece, _ in counts.most_common():
        if len(kept) >= size:
            break
        kept.add(piece)
    order = sorted(kept & set(vocabulary), key=lambda piece: vocabulary[piece])
    pruned = json.loads(json.dumps(base))
    pruned["model"]["vocab"] = {piece: number for number, piece in enumerate(order)}
    for added in pruned.get("added_tokens", []):
        added["id"] = order.index(added["content"])
    processor = pruned.get("post_processor") or {}
    for special in (processor.get("special_tokens") or {}).values():
        special["ids"] = [order.index(token) for token in special["tokens"]]
    return pruned, [vocabulary[piece] for piece in order]


@lru_cache(maxsize=64)
def _index(key: str) -> EvidenceIndex:
    return EvidenceIndex(flatten(json.loads(key)))


def index_of(evidence: Any) -> EvidenceIndex:
    """The index of a piece of evidence, kept while its neighbours are worked on."""
    return _index(json.dumps(evidence))


def add_claim(windows: Windows, claim: Claim, group: str) -> None:
    """One window for one labelled sentence against all its evidence."""
    index = index_of(claim.evidence)
    windows.add(
        windows.reader.lines(index.lines),
        index.rank(claim.sentence).order,
        claim.sentence,
        claim.bad,
        claim.spans,
        group,
    )


def texts(data: Path) -> Iterator[str]:
    """Text that decides which pieces stay in the vocabulary."""
    for _, value in prose(data, 2_000, 1):
        yield str(value)[:6_000]
    for name in ("ragtruth", "summedits"):
        for claim in SETS[name](data, "train"):
            if share(claim.unit) < 0.3:
                yield claim.sentence
    for row in rows(data / "esco" / "skill_labels.jsonl.gz"):
        yield " ".join(str(value) for value in row.values())
    for row in rows(data / "onet" / "train.jsonl.gz"):
        yield str(row)[:3_000]


def make_pairs(data: Path, train: Windows, dev: Windows, copies: Windows, wanted: int, seed: int) -> None:
    """Pairs and copies out of the prose: sources are held out whole for the development pairs."""
    rng = Random(seed)
    sources = prose(data, 1_500, seed)
    far: list[str] = []
    number = 0
    while number < wanted and sources:
        for name, value in sources:
            lines = [line for line in flatten(value) if 20 < len(line) < 260 and not MARKUP.search(line)]
            if len(lines) < 1 or number >= wanted:
                continue
            text = " ".join(lines[:60])
            names = names_in(text)
            pool = Pool(names, numbers_in(text), words_in(text)[:400], far[-400:])
            far.extend(names[:12])
            held = share(name) < OWN_DEV
            for at in rng.sample(range(len(lines)), min(2, len(lines))):
                made = pair(lines[at], pool, rng)
                if made is None:
                    continue
                _add_pair(dev if held else train, made, lines, at, number, name, rng)
                number += 1
                if not held and rng.random() < 0.3:
                    index = EvidenceIndex(lines[:80])
                    claim = soften(lines[min(at, 79)], rng)
                    copies.add(
                        copies.reader.lines(index.lines), index.rank(claim).order, claim, False, (), f"copy|{name}"
                    )
        seed += 1


def _add_pair(windows: Windows, made: Any, lines: Sequence[str], at: int, number: int, name: str, rng: Random) -> None:
    near = [i for i in range(max(0, at - 2), min(len(lines), at + 3)) if i != at]
    rng.shuffle(near)
    order = [at, *near[: rng.choice((0, 1, 2, 3))]]
    for claim, line, bad in ((made.good, made.good_line, False), (made.bad, made.bad_line, True)):
        shown = list(lines)
        shown[at] = line
        read = windows.reader.lines(shown)
        if bad:
            same = made.good_line == made.bad_line
            spans = changed(made.good, made.bad) if same else changed(made.bad_line, made.good_line)
            if not same:
                spans = _carried(made.bad_line, made.good_line, claim)
            windows.add(read, order, claim, True, spans, f"pair|{made.kind}|{name}", number, PAIR_TOKENS)
        else:
            windows.add(read, order, claim, False, (), f"pair|{made.kind}|{name}", number, PAIR_TOKENS)


def _carried(false_line: str, true_line: str, claim: str) -> list[tuple[int, int]]:
    """Where the words that the edited line no longer has stand in the claim."""
    spans = []
    for start, end in changed(false_line, true_line):
        place = claim.casefold().find(true_line[start:end].casefold())
        if place >= 0:
            spans.append((place, place + end - start))
    return spans


def prepare(
    data: Path, tokenizer_file: Path, out: Path, *, wanted: int = 40_000, seed: int = 7, limit: int = 0
) -> None:
    """Write tokenizer.json, rows.json, the parts of the training mixture and dev.npz into `out`.

    `wanted` pairs are made; `limit` cuts every part for a trial.
    """
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    tokenizer_json, kept = prune(read_base(tokenizer_file), islice(texts(data), 50 * limit or None), VOCABULARY)
    (out / "tokenizer.json").write_text(json.dumps(tokenizer_json, ensure_ascii=False), encoding="utf-8")
    (out / "rows.json").write_text(json.dumps(kept), encoding="utf-8")
    tokenizer = Tokens(Tokenizer.from_file(str(out / "tokenizer.json")))
    print(f"grounding: {len(kept)} pieces kept ({time.monotonic() - began:.0f} s)", flush=True)
    dev = Windows(tokenizer)
    pairs, copies, own = Windows(tokenizer), Windows(tokenizer), Windows(tokenizer)
    make_pairs(data, pairs, own, copies, limit or wanted, seed)
    pairs.save(out / "pairs.npz")
    copies.save(out / "copies.npz")
    own.save(out / "own_dev.npz")
    print(f"grounding: {len(pairs.ids)} pair windows ({time.monotonic() - began:.0f} s)", flush=True)
    rng = Random(seed)
    for name, read in SETS.items():
        part = Windows(tokenizer)
        for claim in read(data, "train"):
            if name == "ragtruth" and not claim.bad and rng.random() > CLEAN_KEPT:
                continue
            if limit and len(part.ids) >= limit:
                break
            add_claim(part, claim, f"{name}|{claim.kind}|{claim.source}")
        part.save(out / f"{name}.npz")
        for claim in read(data, "dev"):
            if limit and len(dev.ids) >= 4 * limit:
                break
            if share(claim.source) < _DEV_SHARE[name]:
                bad = int(claim.unit_bad) if name != "ragtruth" else int(claim.bad)
                add_claim(dev, claim, f"{name}|{claim.unit}|{bad}")
        print(f"grounding: {name} {len(part.ids)} windows ({time.monotonic() - began:.0f} s)", flush=True)
    dev.save(out / "dev.npz")


_DEV_SHARE = {
    "ragtruth": 0.07,
    "summedits": 0.8,
    "bump": 1.0,
    "wice": 0.35,
    "factcheck": 1.0,
    "begin": 0.4,
    "halueval": 0.4,
    "fool_me_twice": 0.15,
}
