"""A model whose words are kept in a file, so that the same answers can be judged again without asking it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nutgraf.seams import Model
from nutgraf.types import Deadline, Prompt


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said to one prompt; `whole` when it came to its own end, and was not left before."""

    text: str
    whole: bool


class Replies:
    """Replies by prompt and model, one JSON line each; the last line of a key counts."""

    def __init__(self, path: Path) -> None:
        """Reads what is there; a line that was cut off is left out."""
        self._path = path
        self._known: dict[str, Reply] = {}
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            self._known[row["key"]] = Reply(row["text"], row["whole"])

    def get(self, key: str) -> Reply | None:
        """What was said, if it is known."""
        return self._known.get(key)

    def put(self, key: str, model: str, reply: Reply) -> None:
        """Keep a reply, at once."""
        self._known[key] = reply
        with self._path.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"key": key, "model": model, "text": reply.text, "whole": reply.whole}) + "\n")


class KeptModel:
    """Says what is kept for a prompt and asks the model only for what is not. For one event loop.

    A model that was left early is asked again when its words are wanted beyond what is kept.
    """

    def __init__(self, inner: Any, name: str, replies: Replies, *, asks: bool = True) -> None:
        """`name` keeps models apart in the file; without `asks` a prompt that is not kept raises LookupError."""
        self.name, self._inner, self._replies, self._asks = name, inner, replies, asks
        self.continues_opening = bool(getattr(inner, "continues_opening", False))
        self.asked = 0

    @asynccontextmanager
    async def stream(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[AsyncIterator[str]]:
        """As any model's."""
        async with aclosing(self._pieces(prompt, deadline)) as pieces:
            yield pieces

    async def _pieces(self, prompt: Prompt, deadline: Deadline) -> AsyncIterator[str]:
        key = key_of(self.name, prompt)
        known = self._replies.get(key) or Reply("", whole=False)
        if known.text:
            yield known.text
        if known.whole:
            return
        if not self._asks:
            raise LookupError(f"{self.name}: this prompt was never asked; run without --kept-only")
        self.asked += 1
        model: Model = self._inner
        said, shown, whole = "", len(known.text), False
        try:
            async with model.stream(prompt, deadline) as pieces:
                async for piece in pieces:
                    said += piece
                    if len(said) > shown:
                        fresh, shown = said[shown:], len(said)
                        yield fresh
                whole = True
        finally:
            self._replies.put(key, self.name, Reply(said, whole))


def key_of(model: str, prompt: Prompt) -> str:
    """A prompt and who is asked, as a key: everything that the words depend on."""
    said = [(message.role, message.content) for message in prompt.messages]
    told = [model, said, prompt.opening, prompt.max_tokens, list(prompt.stop), prompt.schema]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]
