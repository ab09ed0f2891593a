"""Reads a text with a parser, and compares what came with what should have come."""

from __future__ import annotations

import json
import random as randoms
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nutgraf.parse.auto import AutoParser
from nutgraf.parse.fields import FieldDelta, FieldEvent, FieldFinal, FieldParser, FieldStarted
from nutgraf.types import Draft

CORPUS = Path(__file__).parent / "corpus"


def cases() -> Iterator[dict[str, Any]]:
    """Every case of the corpus: what a real model wrote, and what was made from clean answers."""
    for name in ("real", "made"):
        with (CORPUS / f"{name}.jsonl").open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


def read(parser: FieldParser, pieces: Iterable[Any]) -> list[FieldEvent]:
    """All events of a text that arrives in pieces, of text or of bytes."""
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + list(parser.close())


def parser_for(case: dict[str, Any]) -> AutoParser:
    """The parser that would read the case."""
    return AutoParser(expects=case["expects"])


def said(events: Iterable[FieldEvent]) -> dict[str, Any]:
    """What the events say, in the form of the corpus: blocks with sentences and evidence, starters."""
    blocks: dict[int, dict[str, Any]] = {}
    starters: list[str] = []
    for event in events:
        if not isinstance(event, FieldFinal):
            continue
        if isinstance(event.value, str):
            starters.append(event.value)
            continue
        block = blocks.setdefault(event.block, {"sentences": [], "evidence": set()})
        if isinstance(event.value, Draft):
            block["sentences"].append(event.value.text)
            block["evidence"].update(event.value.citations)
        else:
            block["evidence"].update(event.value)
    found = [
        {"sentences": block["sentences"], "evidence": sorted(block["evidence"], key=str)}
        for _, block in sorted(blocks.items())
        if block["sentences"]
    ]
    return {"blocks": found, "starters": starters}


def wanted(case: dict[str, Any]) -> dict[str, Any]:
    """What a careful reader takes from the case."""
    return {
        "blocks": [
            {"sentences": block["sentences"], "evidence": sorted(block["evidence"], key=str)}
            for block in case["blocks"]
            if block["sentences"]
        ],
        "starters": case["starters"],
    }


def cuts(text: str, seed: int) -> Iterator[list[str] | list[bytes]]:
    """Ways in which a text can arrive: whole, by the character, by the byte, in threes, and in seeded pieces."""
    yield [text]
    yield list(text)
    data = text.encode()
    yield [data[at : at + 1] for at in range(len(data))]
    yield [text[at : at + 3] for at in range(0, len(text), 3)]
    random = randoms.Random(seed)
    for most in (6, 24):
        pieces, at = [], 0
        while at < len(text):
            size = random.randint(1, most)
            pieces.append(text[at : at + size])
            at += size
        yield pieces


def broken_order(events: Iterable[FieldEvent]) -> str | None:
    """What is wrong with the order of events: each field starts, grows, and is final once."""
    open_field: tuple[str, int, int] | None = None
    done: set[tuple[str, int, int]] = set()
    for event in events:
        name = (event.field, event.block, event.index)
        if isinstance(event, FieldStarted):
            if open_field is not None or name in done:
                return f"{name} started after {open_field}"
            open_field = name
        elif isinstance(event, FieldDelta):
            if open_field != name:
                return f"a delta of {name} within {open_field}"
        else:
            if event.field != "evidence" and open_field != name:
                return f"{name} is final within {open_field}"
            if name in done:
                return f"{name} is final twice"
            done.add(name)
            open_field = open_field if event.field == "evidence" else None
    return None if open_field is None else f"{open_field} never ended"
