"""Sentences with their evidence and whether it bears them out, from the open sets that say so."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nutgraf.text.sentences import split
from nutgraf.trust.grounding.flatten import flatten

#: The sets of claims beside RAGTruth. WiCE and FoolMeTwice texts are CC-BY-SA: credited in the card.
CLAIM_SETS = ("wice", "begin", "fool_me_twice", "halueval", "summedits", "bump", "factcheck_gpt")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a response: `bad` when a marked span touches it; `spans` are these, in its own characters."""

    text: str
    bad: bool
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """A response or claim with the lines of its evidence; `kind` is the task or the kind of error."""

    set: str
    id: str
    source: str
    kind: str
    lines: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    bad: bool


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a gzip JSON Lines file; none when it is not there."""
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def sentences_of(text: str, spans: list[tuple[int, int]] | None = None) -> tuple[Sentence, ...]:
    """The sentences of a response, line by line, with the marked spans that touch them."""
    found: list[Sentence] = []
    at = 0
    for block in text.split("\n"):
        for start, end in split(block):
            a, b = at + start, at + end
            touched = tuple((max(s, a) - a, min(e, b) - a) for s, e in spans or () if s < b and e > a)
            if any(char.isalnum() for char in text[a:b]):
                found.append(Sentence(text[a:b], bool(touched), touched))
        at += len(block) + 1
    return tuple(found)


def ragtruth(data: Path, part: str) -> Iterator[Response]:
    """The responses of RAGTruth, those of one source together."""
    known: dict[str, tuple[str, ...]] = {}
    for row in rows(data / "ragtruth" / f"{part}.jsonl.gz"):
        lines = known.get(row["source_id"])
        if lines is None:
            lines = known[row["source_id"]] = flatten(row["context"])
        spans = [(label["start"], label["end"]) for label in row["labels"]]
        sentences = sentences_of(row["response"], spans)
        yield Response("ragtruth", row["id"], row["source_id"], row["task_type"], lines, sentences, bool(spans))


def claims(data: Path, part: str, name: str) -> Iterator[Response]:
    """The claims of another set. For `train` those whose sentences can be labelled one by one."""
    yield from {
        "wice": _wice, "begin": _begin, "fool_me_twice": _fool_me_twice, "halueval": _halueval,
        "summedits": _summedits, "bump": _bump, "factcheck_gpt": _factcheck,
    }[name](data / name, part)  # fmt: skip


def _one(
    name: str, row: dict[str, Any], evidence: Any, text: str, bad: bool, kind: str = "", source: str = ""
) -> Response:
    lines = flatten(evidence)
    spans = [(0, len(text))] if bad else []
    key = str(row.get("id", ""))
    return Response(name, key, source or " ".join(lines[:2]), kind, lines, sentences_of(text, spans), bad)


def _wice(folder: Path, part: str) -> Iterator[Response]:
    for row in rows(folder / ("tokens_train.jsonl.gz" if part == "train" else "dev.jsonl.gz")):
        bad = any(row["non_supported"]) if part == "train" else row["label"] != "supported"
        lines = [line for line in row["evidence"] if line.strip()]
        yield Response(
            "wice", row["id"], " ".join(lines[:3]), row["label"], tuple(lines), (Sentence(row["claim"], bad),), bad
        )


def _begin(folder: Path, part: str) -> Iterator[Response]:
    for row in rows(folder / f"{part}.jsonl.gz"):
        if row["label"] != "Generic" and row["context"].strip():
            yield _one(
                "begin", row, row["context"], row["response"], row["label"] != "Fully attributable", row["corpus"]
            )


def _fool_me_twice(folder: Path, part: str) -> Iterator[Response]:
    for row in rows(folder / f"{part}.jsonl.gz"):
        yield _one(
            "fool_me_twice", row, list(row["evidence"]), row["claim"], row["label"] == "REFUTES", source=row["page"]
        )


def _halueval(folder: Path, part: str) -> Iterator[Response]:
    """Answers behind their question, and summaries; all sentences of a false one are called bad."""
    for row in rows(folder / f"grounded_{part}.jsonl.gz"):
        bad = row["hallucination"] in (True, "True")
        yield _one("halueval", row, row["context"], row["response"], bad, row["task"], row["doc_id"])


def _summedits(folder: Path, part: str) -> Iterator[Response]:
    for row in rows(folder / f"{part}.jsonl.gz"):
        bad = int(row["label"]) == 0
        before = {one.text for one in sentences_of(row["original"])}
        made = tuple(Sentence(one.text, bad and one.text not in before) for one in sentences_of(row["claim"]))
        yield Response("summedits", row["id"], str(row["doc_id"]), row["domain"], flatten(row["context"]), made, bad)


def _bump(folder: Path, part: str) -> Iterator[Response]:
    for row in rows(folder / f"{part}.jsonl.gz"):
        lines = flatten(row["context"])
        row["article_id"] = str(row["article_id"])
        good, bad = (sentences_of(row[side]) for side in ("faithful", "unfaithful"))
        same = {one.text for one in good}
        kind = row["error_type"]
        yield Response("bump", row["id"], row["article_id"], kind, lines, good, False)
        changed = tuple(Sentence(one.text, one.text not in same) for one in bad)
        yield Response("bump", row["id"], row["article_id"], kind, lines, changed, True)


def _factcheck(folder: Path, part: str) -> Iterator[Response]:
    for row in rows(folder / f"{part}.jsonl.gz"):
        if row["stance"] != "irrelevant" and row["evidence"].strip():
            bad = row["stance"] == "refute"
            if bad or row["stance"] == "completely-support":
                yield _one("factcheck_gpt", row, row["evidence"], row["claim"], bad, row["stance"], row["claim"])
