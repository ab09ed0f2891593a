"""The log as a UI message stream of the Vercel AI SDK, version 1: what `useChat` reads."""

from __future__ import annotations

from nutgraf.stream.frames import DONE, Json, closing, event_of, frame, trouble
from nutgraf.stream.log import Entry

HEADERS = {"x-vercel-ai-ui-message-stream": "v1"}
FINISH = {"done": "stop", "truncated": "length", "declined": "content-filter"}
NOTICE = "notice"


class UiMessageStream:
    """One assistant message: its id is the stream's, one text part a block, evidence as sources, the rest as data.

    Entries go in in order, from the first; the same entries always give the same bytes.
    """

    def __init__(self) -> None:
        self._opened: Json = {}
        self._block: Json = {}
        self._open = ""
        self._said = False
        self._sources: set[str] = set()

    def feed(self, entry: Entry) -> bytes:
        """The frames of the next entry, empty for a kind that is not known."""
        frames = b"".join(map(frame, self._parts(event_of(entry))))
        return frames + DONE if entry.kind == "closed" else frames

    def _parts(self, event: Json) -> list[Json]:
        match event["kind"]:
            case "opened":
                self._opened = event
                return _start(event)
            case "routed":
                return [{"type": "message-metadata", "messageMetadata": {"agent": event["agent"]}}, _status(event)]
            case "stage" | "sentence-held" | "sentence-dropped":
                return [_status(event)]
            case "sources":
                return [_data("sources", "sources", event, "asked")]
            case "used":
                return [_data("used", "used", event, "facts")]
            case "block-start":
                self._block = event
                return [_status(event)]
            case "sentence-committed":
                return self._sentence(event["block"], event["sentence"])
            case "block-end":
                action = [_data("actions", event["block"], event, "block", "action")] if event["action"] else []
                return self._end() + action
            case "extras":
                return [_data("extras", "extras", event, "starters", "cards", "no_action_because")]
            case "closed":
                return self._end() + self._ending(event)
        return []

    def _sentence(self, block: str, sentence: Json) -> list[Json]:
        parts: list[Json] = []
        joined = sentence["text"] if not self._open else f" {sentence['text']}"
        if not self._open:
            kind = "takeaway" if self._block["form"] == "takeaway" else "block"
            parts += [_data(kind, block, self._block, *ABOUT_A_BLOCK), {"type": "text-start", "id": block}]
        self._open, self._said = block, True
        for piece in sentence["evidence"]:
            if piece["id"] not in self._sources:
                self._sources.add(piece["id"])
                parts.append(self._source(piece))
        parts.append({"type": "text-delta", "id": block, "delta": joined})
        parts.append({"type": "data-sentence", "id": sentence["id"], "data": {"block": block, **sentence}})
        return parts

    def _source(self, piece: Json) -> Json:
        place = {"nutgraf": {name: piece[name] for name in ("source", "ref", "start", "end", "quote")}}
        ref = piece["ref"]
        if ref.startswith(("https://", "http://")):
            return {"type": "source-url", "sourceId": piece["id"], "url": ref, "providerMetadata": place}
        return {
            "type": "source-document",
            "sourceId": piece["id"],
            "mediaType": "text/plain",
            "title": self._opened["title"] if ref == self._opened["item"] else ref,
            "providerMetadata": place,
        }

    def _end(self) -> list[Json]:
        block, self._open = self._open, ""
        return [{"type": "text-end", "id": block}] if block else []

    def _ending(self, event: Json) -> list[Json]:
        ending, metadata = event["ending"], closing(event)
        if ending in FINISH:
            notice = _notice(event["reason"]) if event["reason"] and not self._said else []
            finish = {"type": "finish", "finishReason": FINISH[ending], "messageMetadata": metadata}
            return [*notice, {"type": "finish-step"}, finish]
        told = {"type": "message-metadata", "messageMetadata": metadata}
        if ending == "stopped":
            return [told, {"type": "abort", "reason": event["reason"] or ""}]
        return [told, {"type": "error", "errorText": trouble(event)}]


ABOUT_A_BLOCK = ("block", "form", "takeaway", "because", "title", "status")


def _start(event: Json) -> list[Json]:
    told = {name: value for name, value in event.items() if name != "kind"}
    metadata = {**told, "ai": True, "agent": None, "ending": None}
    return [{"type": "start", "messageId": event["stream"], "messageMetadata": metadata}, {"type": "start-step"}]


def _status(event: Json) -> Json:
    return {"type": "data-status", "data": event, "transient": True}


def _data(kind: str, part_id: str, event: Json, *names: str) -> Json:
    return {"type": f"data-{kind}", "id": part_id, "data": {name: event[name] for name in names}}


def _notice(text: str) -> list[Json]:
    return [
        {"type": "text-start", "id": NOTICE},
        {"type": "text-delta", "id": NOTICE, "delta": text},
        {"type": "text-end", "id": NOTICE},
    ]
