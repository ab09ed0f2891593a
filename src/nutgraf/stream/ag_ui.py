"""The log as events of AG-UI: one run, a text message a block, and the citations in the shared state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nutgraf.stream.frames import Json, closing, event_of, frame, heading, trouble
from nutgraf.stream.log import Entry

#: A run that was cut off is no finished run; the others are told as an error with this code.
FINISHED = ("done", "declined")


class AgUiRun:
    """A run of a thread. `state` is what the client sent; ours is added to it under `nutgraf`.

    Entries go in in order, from the first; the same entries always give the same bytes.
    """

    def __init__(self, thread_id: str, run_id: str, state: Mapping[str, Any] | None = None) -> None:
        self._run = {"threadId": thread_id, "runId": run_id}
        self._state = dict(state or {})
        self._stream = ""
        self._block: Json = {}
        self._open = ""
        self._said = False

    def feed(self, entry: Entry) -> bytes:
        """The frames of the next entry, empty for a kind that is not known."""
        return b"".join(map(frame, self._events(event_of(entry))))

    def _events(self, event: Json) -> list[Json]:
        match event["kind"]:
            case "opened":
                self._stream = event["stream"]
                return self._start(event)
            case "routed":
                return [_delta(_replace("agent", event["agent"])), _custom(event)]
            case "stage":
                name = event["name"]
                return [{"type": "STEP_STARTED", "stepName": name}, {"type": "STEP_FINISHED", "stepName": name}]
            case "sources":
                return [_delta(_replace("sources", event["asked"]))]
            case "used":
                return [_delta(_replace("used", event["facts"]))]
            case "block-start":
                self._block = event
                return [_custom(event)]
            case "sentence-held" | "sentence-dropped":
                return [_custom(event)]
            case "sentence-committed":
                return self._sentence(event["block"], event["sentence"])
            case "block-end":
                action = {"block": event["block"], "action": event["action"]}
                return self._end() + ([_delta(_add("actions", action))] if event["action"] else [])
            case "extras":
                return [_delta(*(_replace(name, event[name]) for name in ("starters", "cards", "no_action_because")))]
            case "closed":
                return self._end() + self._ending(event)
        return []

    def _start(self, event: Json) -> list[Json]:
        told = {name: value for name, value in event.items() if name != "kind"}
        lists: Json = {name: [] for name in ("sources", "used", "blocks", "sentences", "actions", "starters", "cards")}
        ours = {**told, "ai": True, "agent": None, **lists, "no_action_because": None, "ending": None}
        return [
            {"type": "RUN_STARTED", **self._run},
            {"type": "STATE_SNAPSHOT", "snapshot": {**self._state, "nutgraf": ours}},
        ]

    def _sentence(self, block: str, sentence: Json) -> list[Json]:
        message, events, text = f"{self._stream}.{block}", [], f" {sentence['text']}"
        if not self._open:
            self._open, text = message, heading(self._block) + sentence["text"]
            about = {name: value for name, value in self._block.items() if name != "kind"}
            events = [_message_start(message), _delta(_add("blocks", {**about, "message": message}))]
        self._said = True
        cited = {"message": message, "block": block, **sentence}
        return [
            *events,
            {"type": "TEXT_MESSAGE_CONTENT", "messageId": message, "delta": text},
            _delta(_add("sentences", cited)),
        ]

    def _end(self) -> list[Json]:
        message, self._open = self._open, ""
        return [{"type": "TEXT_MESSAGE_END", "messageId": message}] if message else []

    def _ending(self, event: Json) -> list[Json]:
        ending, result = event["ending"], closing(event)
        events = []
        if ending != "failed" and ending != "stopped" and event["reason"] and not self._said:
            message = f"{self._stream}.notice"
            events = [
                _message_start(message),
                {"type": "TEXT_MESSAGE_CONTENT", "messageId": message, "delta": event["reason"]},
                {"type": "TEXT_MESSAGE_END", "messageId": message},
            ]
        events.append(_delta(_replace("ending", result)))
        if ending in FINISHED:
            return [*events, {"type": "RUN_FINISHED", **self._run, "result": result}]
        text = trouble(event) if ending == "failed" else event["reason"] or ending
        return [*events, {"type": "RUN_ERROR", "message": text, "code": ending}]


def _message_start(message: str) -> Json:
    return {"type": "TEXT_MESSAGE_START", "messageId": message, "role": "assistant"}


def _custom(event: Json) -> Json:
    return {"type": "CUSTOM", "name": f"nutgraf.{event['kind']}", "value": event}


def _delta(*patch: Json) -> Json:
    return {"type": "STATE_DELTA", "delta": list(patch)}


def _replace(name: str, value: Any) -> Json:
    return {"op": "replace", "path": f"/nutgraf/{name}", "value": value}


def _add(name: str, value: Any) -> Json:
    return {"op": "add", "path": f"/nutgraf/{name}/-", "value": value}
