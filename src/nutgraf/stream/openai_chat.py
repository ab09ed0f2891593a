"""The log as a chat completion of the OpenAI API, in chunks or whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from nutgraf.stream.frames import DONE, Json, closing, event_of, frame, heading, trouble
from nutgraf.stream.log import Entry

#: Only a complete answer is `stop`. What was cut off, by time or by somebody, is `length`: there would have been more.
FINISH = {"done": "stop", "declined": "content_filter", "truncated": "length", "stopped": "length"}
CHARS_PER_TOKEN = 4

#: The address of a record that is cited, None when it has none.
Link = Callable[[str], str | None]


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What every object of one completion says of itself. `created` is in seconds since 1970, by the caller's clock."""

    id: str
    model: str
    created: int
    prompt_chars: int = 0
    usage: bool = False


class _Text:
    """The blocks of an answer as one text, sentence by sentence, with their citations.

    Offsets count Unicode code points.
    """

    def __init__(self, link: Link) -> None:
        self.length, self._lead, self._link = 0, "", link
        self._titles: dict[str, str] = {}

    def open(self, opened: Json) -> None:
        """The stream opens; its item is cited by its title."""
        self._titles[opened["item"]] = opened["title"]

    def begin(self, block: Json) -> None:
        """A block starts; it is set apart once it has a sentence."""
        self._lead = ("\n\n" if self.length else "") + heading(block)

    def add(self, sentence: Json) -> tuple[str, list[Json]]:
        """The text that a sentence adds, and its citations with their places in the whole."""
        text = self._lead + sentence["text"]
        start, self.length = self.length + len(self._lead), self.length + len(text)
        self._lead = " "
        cited = dict.fromkeys(piece["ref"] for piece in sentence["evidence"] if piece["source"] != "member")
        found = ((ref, self._link(ref)) for ref in cited)
        return text, [_citation(self._titles.get(ref, ref), url, start, self.length) for ref, url in found if url]


@dataclass
class _Account:
    """What an answer tells beside its text: the extra field `nutgraf` at its end."""

    told: Json = field(default_factory=dict)
    actions: list[Json] = field(default_factory=list)

    def take(self, event: Json) -> None:
        """Take the next event."""
        match event["kind"]:
            case "opened":
                self.told |= {name: event[name] for name in ("stream", "item", "title", "member", "question")}
                self.told |= {"ai": True, "agent": None}
            case "routed":
                self.told["agent"] = event["agent"]
            case "sources":
                self.told["sources"] = event["asked"]
            case "used":
                self.told["used"] = event["facts"]
            case "block-end" if event["action"]:
                self.actions.append({"block": event["block"], "action": event["action"]})
            case "extras":
                self.told |= {name: event[name] for name in ("starters", "cards", "no_action_because")}
            case "closed":
                self.told |= {"actions": self.actions, **closing(event)}


class ChatChunks:
    """A completion in chunks. Entries go in in order, from the first; the same entries always give the same bytes."""

    def __init__(self, about: Heading, link: Link = lambda ref: None) -> None:
        self._about, self._text, self._account = about, _Text(link), _Account()

    def feed(self, entry: Entry) -> bytes:
        """The frames of the next entry, empty for a kind that has none."""
        event = event_of(entry)
        self._account.take(event)
        match event["kind"]:
            case "opened":
                self._text.open(event)
                return self._chunk({"role": "assistant", "content": ""}, nutgraf={"stream": event["stream"]})
            case "block-start":
                self._text.begin(event)
            case "sentence-committed":
                text, cited = self._text.add(event["sentence"])
                more = {"annotations": cited} if cited else {}
                cited_by = {"block": event["block"], "sentence": event["sentence"]}
                return self._chunk({"content": text, **more}, nutgraf=cited_by)
            case "closed":
                return self._ending(event)
        return b""

    def _ending(self, event: Json) -> bytes:
        if event["ending"] == "failed":
            return frame({"error": error(trouble(event), "server_error", "failed")})
        frames = b""
        if event["reason"] and not self._text.length:
            name = "refusal" if event["ending"] == "declined" else "content"
            frames = self._chunk({name: event["reason"]})
        frames += self._chunk({}, FINISH[event["ending"]], nutgraf=self._account.told)
        if self._about.usage:
            spent = usage(self._about.prompt_chars, self._text.length)
            frames += frame({**_named(self._about, "chat.completion.chunk"), "choices": [], "usage": spent})
        return frames + DONE

    def _chunk(self, delta: Json, finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return frame({**_named(self._about, "chat.completion.chunk"), "choices": [choice], **more})


def completion(entries: Iterable[Entry], about: Heading, link: Link = lambda ref: None) -> Json:
    """The whole completion of a stream that has ended; for one that failed, an object with `error` alone."""
    text, account, pieces, cited = _Text(link), _Account(), [], []
    sentences: list[Json] = []
    event: Json = {}
    for event in map(event_of, entries):
        account.take(event)
        if event["kind"] == "opened":
            text.open(event)
        elif event["kind"] == "block-start":
            text.begin(event)
        elif event["kind"] == "sentence-committed":
            piece, found = text.add(event["sentence"])
            pieces.append(piece)
            cited += found
            sentences.append({"block": event["block"], **event["sentence"]})
    if event["ending"] == "failed":
        return {"error": error(trouble(event), "server_error", "failed")}
    declined = event["ending"] == "declined"
    content = "".join(pieces) or (None if declined else event["reason"] or "")
    message = {
        "role": "assistant", "content": content, "refusal": event["reason"] if declined else None, "annotations": cited,
    }  # fmt: skip
    choice = {"index": 0, "message": message, "finish_reason": FINISH[event["ending"]], "logprobs": None}
    return {
        **_named(about, "chat.completion"), "choices": [choice], "usage": usage(about.prompt_chars, text.length),
        "nutgraf": {**account.told, "sentences": sentences},
    }  # fmt: skip


def error(message: str, kind: str, code: str) -> Json:
    """An error as this API writes it."""
    return {"message": message, "type": kind, "param": None, "code": code}


def usage(prompt_chars: int, answer_chars: int) -> Json:
    """Tokens in and out, estimated from characters: what was written and not shown is not counted."""
    prompt, answer = (-(-chars // CHARS_PER_TOKEN) for chars in (prompt_chars, answer_chars))
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _named(about: Heading, kind: str) -> Json:
    return {"id": about.id, "object": kind, "created": about.created, "model": about.model}


def _citation(title: str, url: str, start: int, end: int) -> Json:
    place = {"start_index": start, "end_index": end, "title": title, "url": url}
    return {"type": "url_citation", "url_citation": place}
