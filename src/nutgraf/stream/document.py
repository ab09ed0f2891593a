"""A stream folded into one JSON document: what a reader who does not stream gets, from the very same events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from nutgraf.stream.log import Entry
from nutgraf.types import Item, Member

Json = dict[str, Any]


class Document:
    """Feed it a stream's events in order, as JSON objects; `whole` is the document at any moment.

    Kinds that are not known are passed over.
    """

    def __init__(self, item: Item | None, member: Member | None) -> None:
        self._about: Json = {
            "item": None if item is None else {
                "id": item.id, "kind": item.kind, "title": item.title, "author": item.author,
                "organisation": item.organisation, "published": item.published, "url": item.url,
                "text": item.text,
            },
            "member": None if member is None else {"id": member.id, "name": member.name},
        }  # fmt: skip
        self._opened: Json = {}
        self._routed: Json = {}
        self._asked: list[Json] = []
        self._used: list[Json] = []
        self._blocks: list[Json] = []
        self._stages: dict[str, float] = {}
        self._extras: Json = {}
        self._closed: Json = {}

    def feed(self, event: Mapping[str, Any]) -> None:
        """Take the next event."""
        match event["kind"]:
            case "opened":
                self._opened = dict(event)
            case "stage":
                self._stages[event["name"]] = round(self._stages.get(event["name"], 0.0) + event["took_ms"], 3)
            case "routed":
                self._routed = dict(event)
            case "sources":
                self._asked += event["asked"]
            case "used":
                self._used = list(event["facts"])
            case "block-start":
                self._blocks.append({**event, "sentences": [], "action": None})
            case "sentence-committed":
                self._blocks[-1]["sentences"].append(event["sentence"])
            case "block-end":
                self._blocks[-1]["action"] = event["action"]
            case "extras":
                self._extras = dict(event)
            case "closed":
                self._closed = dict(event)

    def whole(self) -> Json:
        """The document so far. `ending` is None until the stream has closed."""
        said, closed = self._opened, self._closed
        blocks = [block for block in self._blocks if block["sentences"]]
        document = {
            "stream": said.get("stream"),
            **self._about,
            "takeaways": [_takeaway(block) for block in blocks if block["form"] == "takeaway"],
            "starters": self._extras.get("starters", []),
            "cards": self._extras.get("cards", []),
            "no_action_because": self._extras.get("no_action_because"),
            "used_about_you": self._used,
            "sources": self._asked,
            "skipped": closed.get("skipped", []),
            "timing": {
                "first_useful_ms": closed.get("first_useful_ms"),
                "complete_ms": closed.get("complete_ms"),
                "stages": self._stages,
            },
            "model": said.get("model"),
            "ending": closed.get("ending"),
            "reason": closed.get("reason"),
            "ticket": closed.get("ticket"),
            "regenerate": closed.get("regenerate", False),
        }
        if said.get("question") is not None:
            document["question"] = said["question"]
            document["answer"] = self._answer(blocks)
        return document

    def _answer(self, blocks: list[Json]) -> Json:
        """Who answered what was asked, as it was understood: every sentence, and the blocks in which they stand."""
        told = [block for block in blocks if block["form"] != "takeaway"]
        return {
            "agent": self._routed.get("agent"),
            "understood": self._routed.get("question"),
            "sentences": [sentence for block in told for sentence in block["sentences"]],
            "blocks": [_block(block) for block in told],
        }


def _block(block: Json) -> Json:
    names = ("block", "form", "title", "status", "because", "sentences", "action")
    return {name: block[name] for name in names}


def fold(entries: Iterable[Entry], item: Item | None, member: Member | None) -> Json:
    """The document of a whole stream."""
    document = Document(item, member)
    for entry in entries:
        document.feed(orjson.loads(entry.data))
    return document.whole()


def _takeaway(block: Json) -> Json:
    return {
        "block": block["block"],
        "kind": block["takeaway"],
        "sentences": block["sentences"],
        "because": block["because"],
        "action": block["action"],
    }
