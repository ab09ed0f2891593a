"""Templates by name, each with a version made from its content, rendered in a sandbox.

A template file has turns divided by lines `@system`, `@user` and `@assistant`; turns that never change come first, so
that the prefix cache of a model can keep them. A line `@opening` begins the text that the answer must start with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, cast

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nutgraf.errors import InputError
from nutgraf.types import Evidence, Message, Prompt

EVIDENCE_AT_MOST_CHARS = 700

_TURN = re.compile(r"^@(system|user|assistant|opening)\s*$", re.MULTILINE)
#: What could be taken for a marker of a chat format, or for one of our own numbers, is defused.
_MARKERS = re.compile(
    r"<\|[^|>]{0,40}\|>|</?s>|\[/?INST\]|^@(?=system|user|assistant|opening)", re.IGNORECASE | re.MULTILINE
)
_FOREIGN_NUMBER = re.compile(r"\[(\d{1,3})\]")


@cache
def source(name: str) -> str:
    """The text of a template; raises InputError when there is none of that name."""
    try:
        return files("nutgraf.prompt").joinpath("templates", f"{name}.jinja").read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise InputError(f"prompt {name!r}: there is no template of that name") from exc


def version(name: str) -> str:
    """Twelve hex digits of the template's content."""
    return hashlib.sha256(source(name).encode()).hexdigest()[:12]


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)


def fenced(text: str, at_most_chars: int = EVIDENCE_AT_MOST_CHARS) -> str:
    """Foreign text as one line without anything that a chat format would read as structure."""
    return _MARKERS.sub(" ", " ".join(text.split()))[:at_most_chars].strip()


def numbered(evidence: Sequence[Evidence]) -> str:
    """The evidence as lines `[1] …`, in order; numbers written by others lose their brackets."""
    lines = (_FOREIGN_NUMBER.sub(r"(\1)", fenced(piece.quote)) for piece in evidence)
    return "\n".join(f"[{i}] {line}" for i, line in enumerate(lines, 1))


def render(name: str, variables: Mapping[str, Any], *, max_tokens: int = 96, stop: Sequence[str] = ("\n\n",)) -> Prompt:
    """A prompt from a template; a variable that is missing is an InputError that names it."""
    try:
        text = _environment().from_string(source(name)).render(**variables)
    except TemplateError as exc:
        raise InputError(f"prompt {name!r}: {exc}") from exc
    parts = _TURN.split(text.strip())[1:]
    turns = list(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    messages = tuple(Message(cast(Any, role), content) for role, content in turns if role != "opening")
    opening = next((content for role, content in turns if role == "opening"), "")
    return Prompt(
        name=name, version=version(name), messages=messages, opening=opening, max_tokens=max_tokens, stop=tuple(stop)
    )
