"""A small invented network for the browser tests: items with their blocks, and members with their facts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

Json = dict[str, Any]

NETWORK = json.loads((Path(__file__).parent / "network.json").read_text(encoding="utf-8"))
#: What an item has unless network.json says otherwise.
USUAL: Json = {
    "author": None,
    "author_id": None,
    "organisation": None,
    "organisation_id": None,
    "published": None,
    "place": None,
    "url": None,
    "ai": True,
    "topics": [],
    "details": {},
}
SNIPPET_CHARS = 300


def item(written: Json) -> Json:
    """One item as the server would give it, with blocks and hidden ranges found in its text."""
    text = "\n".join(written["text"])
    blocks, hidden = parsed(text)
    snippet = visible(text, hidden, 0, min(len(text), SNIPPET_CHARS))
    return {**USUAL, **written, "text": text, "blocks": blocks, "hidden": hidden, "snippet": snippet}


def parsed(text: str) -> tuple[list[Json], list[list[int]]]:
    """Blocks and hidden ranges of a little Markdown; offsets are in code points."""
    blocks: list[Json] = []
    hidden: list[list[int]] = []
    for match in re.finditer(r"```\n[\s\S]*?\n```|[^\n]+", text):
        line, start = match[0], match.start()
        mark = re.match(r"(#+ |- |> |```\n)?", line)
        prefix = (mark and mark[1]) or ""
        kind = {"#": "heading", "-": "item", ">": "quote", "`": "code"}.get(prefix[:1], "paragraph")
        end = match.end() - (4 if kind == "code" else 0)
        blocks.append({"kind": kind, "start": start, "end": end, "level": prefix.count("#")})
        if prefix:
            hidden.append([start, start + len(prefix)])
        if kind != "code":
            hidden += [[start + m.start(), start + m.end()] for m in re.finditer(r"\*+", line)]
    return blocks, sorted(hidden)


def visible(text: str, hidden: list[list[int]], start: int, end: int) -> str:
    """What a reader sees of text[start:end], white space as single spaces."""
    gone = {at for begin, stop in hidden for at in range(begin, stop)}
    return " ".join("".join(text[at] for at in range(start, end) if at not in gone).split())


ITEMS: list[Json] = [item(written) for written in NETWORK["items"]]
MEMBERS: list[Json] = NETWORK["members"]


def item_by_id(ident: str) -> Json | None:
    """The item with this id."""
    return next((it for it in ITEMS if it["id"] == ident), None)


def member_by_id(ident: str | None) -> Json | None:
    """The member with this id."""
    return next((m for m in MEMBERS if m["id"] == ident), None)
