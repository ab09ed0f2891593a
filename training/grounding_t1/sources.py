"""The labelled sets as claims: what was said, the evidence for it, whether it is bad, and where."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from nutgraf.text.sentences import split
from training.grounding_t1.edits import changed

Span = tuple[int, int]


@dataclass(frozen=True)
class Claim:
    """One sentence to judge. `spans` are its bad characters, None when nobody marked them; `unit` is what the sentence
    is part of (a response, a summary), with its own label `unit_bad`; `source` groups all that share evidence.
    """

    set_name: str
    source: str
    unit: str
    evidence: Any
    sentence: str
    bad: bool
    unit_bad: bool
    spans: tuple[Span, ...] | None = None
    kind: str = ""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a gzip JSON Lines file; nothing when it is not there."""
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


def share(name: str) -> float:
    """A fixed number in 0..1 for a name, for splits that never move."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def pieces(text: str) -> list[Span]:
    """Sentences of a text, in characters; an answer stays with the question in front of it."""
    found: list[Span] = []
    for start, end in split(text):
        if not any(char.isalnum() for char in text[start:end]):
            continue
        if found and text[found[-1][0] : found[-1][1]].rstrip().endswith("?") and end - found[-1][0] < 400:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _inside(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    return tuple((max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start)


def _marked(
    set_name: str,
    source: str,
    unit: str,
    evidence: Any,
    text: str,
    spans: Sequence[Span],
    kind: str = "",
    unit_bad: bool | None = None,
) -> Iterator[Claim]:
    bad_unit = bool(spans) if unit_bad is None else unit_bad
    for start, end in pieces(text):
        inside = _inside(spans, start, end)
        yield Claim(set_name, source, unit, evidence, text[start:end], bool(inside), bad_unit, inside, kind)


def ragtruth(data: Path, part: str) -> Iterator[Claim]:
    """Sentences of RAGTruth; bad when they touch a marked span. The kind is the task."""
    for row in rows(data / "ragtruth" / f"{part}.jsonl.gz"):
        spans = [(label["start"], label["end"]) for label in row["labels"]]
        yield from _marked(
            "ragtruth", row["source_id"], row["id"], row["context"], row["response"], spans, row["task_type"]
        )


def summedits(data: Path, part: str) -> Iterator[Claim]:
    """Sentences of edited summaries; in a false summary those that differ from the true one are bad."""
    for row in rows(data / "summedits" / f"{part}.jsonl.gz"):
        false = int(row["label"]) == 0
        spans = changed(row["original"], row["claim"]) if false else []
        yield from _marked(
            "summedits", row["doc_id"], row["id"], row["context"], row["claim"], spans, row["domain"], false
        )


def bump(data: Path, part: str) -> Iterator[Claim]:
    """Sentences of both summaries of a pair; those of the false one that differ are bad."""
    for row in rows(data / "bump" / f"{part}.jsonl.gz"):
        for unit, text, false in (("good", row["faithful"], False), ("bad", row["unfaithful"], True)):
            spans = changed(row["faithful"], text) if false else []
            name = f"{row['id']}|{unit}"
            yield from _marked(
                "bump", str(row["article_id"]), name, row["context"], text, spans, row["error_type"], false
            )


def wice(data: Path, part: str) -> Iterator[Claim]:
    """Claims of WiCE; the token set has marks, the claim set has labels."""
    if part == "train":
        for row in rows(data / "wice" / "tokens_train.jsonl.gz"):
            text, spans = "", []
            for token, missing in zip(row["claim_tokens"], row["non_supported"], strict=True):
                if missing:
                    spans.append((len(text), len(text) + len(token)))
                text += token + " "
            yield Claim(
                "wice", row["id"], row["id"], row["evidence"], text.strip(), bool(spans), bool(spans), tuple(spans)
            )
        return
    for row in rows(data / "wice" / f"{part}.jsonl.gz"):
        bad = row["label"] != "supported"
        yield Claim("wice", row["id"], row["id"], row["evidence"], row["claim"], bad, bad, None, row["label"])


def factcheck(data: Path, part: str) -> Iterator[Claim]:
    """Claims of Factcheck-Bench with a passage: fully supported, refuted, or not spoken of."""
    for row in rows(data / "factcheck_gpt" / f"{part}.jsonl.gz"):
        stance = row["stance"]
        if stance == "partially-support" or (stance == "irrelevant" and share(row["id"]) > 0.3):
            continue
        bad = stance != "completely-support"
        yield Claim("factcheck", row["claim"], row["id"], row["evidence"], row["claim"], bad, bad, None, stance)


def begin(data: Path, part: str) -> Iterator[Claim]:
    """Replies of BEGIN against their background; generic replies are left out."""
    for row in rows(data / "begin" / f"{part}.jsonl.gz"):
        if row["label"] != "Generic":
            bad = row["label"] == "Not fully attributable"
            yield Claim("begin", row["context"][:80], row["id"], row["context"], row["response"], bad, bad, None)


def halueval(data: Path, part: str) -> Iterator[Claim]:
    """Grounded answers and summaries of HaluEval; a false one of several sentences is kept only for evaluation."""
    for row in rows(data / "halueval" / f"grounded_{part}.jsonl.gz"):
        found = pieces(row["response"])
        bad = bool(row["hallucination"])
        if bad and len(found) > 1 and part == "train":
            continue
        for start, end in found:
            sentence = row["response"][start:end]
            yield Claim("halueval", row["doc_id"], row["id"], row["context"], sentence, bad, bad, None, row["task"])


def fool_me_twice(data: Path, part: str) -> Iterator[Claim]:
    """Claims of FoolMeTwice against gold and retrieved sentences; there is no train part."""
    for row in rows(data / "fool_me_twice" / f"{part}.jsonl.gz"):
        bad = row["label"] == "REFUTES"
        lines = list(dict.fromkeys([*row["evidence"], *row["retrieved"]]))
        yield Claim("fool_me_twice", row["page"], row["id"], lines, row["claim"], bad, bad, None)


SETS = {
    "ragtruth": ragtruth,
    "summedits": summedits,
    "bump": bump,
    "wice": wice,
    "factcheck": factcheck,
    "begin": begin,
    "halueval": halueval,
    "fool_me_twice": fool_me_twice,
}

_PROSE = (
    ("articles_18f", ("text",)),
    ("articles_digitalgov", ("text",)),
    ("articles_rust_blog", ("text",)),
    ("articles_opensource_guide", ("text",)),
    ("courses_lessons", ("text",)),
    ("jobs_emscad", ("description", "requirements", "company_profile")),
    ("jobs_usgov_tts", ("text",)),
    ("ragtruth", ("context",)),
    ("summedits", ("context",)),
    ("bump", ("context",)),
    ("begin", ("context",)),
    ("halueval", ("context",)),
    ("profiles_jsonresume", ("resume",)),
)


def prose(data: Path, at_most: int, seed: int) -> list[tuple[str, Any]]:
    """(source name, text or record) of train parts to make pairs from, each text once, in a seeded order."""
    found: dict[str, tuple[str, Any]] = {}
    for name, fields in _PROSE:
        part: dict[str, tuple[str, Any]] = {}
        file = "grounded_train" if name == "halueval" else "train"
        for row in rows(data / name / f"{file}.jsonl.gz"):
            for key in fields:
                value = row.get(key)
                if value and len(str(value)) > 60:
                    part[hashlib.sha256(str(value).encode()).hexdigest()] = (name, value)
        keys = sorted(part)
        Random(seed).shuffle(keys)
        found.update({key: part[key] for key in keys[:at_most]})
    order = sorted(found)
    Random(seed).shuffle(order)
    return [(f"{found[key][0]}:{key[:16]}", found[key][1]) for key in order]
