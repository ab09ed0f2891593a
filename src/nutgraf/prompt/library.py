"""Templates by name, each with a version made from its content, rendered in a sandbox.

A template file has turns divided by lines `@system`, `@user` and `@assistant`; turns that never change come first, so
that the prefix cache of a model can keep them. A line `@opening` begins the text that the answer must start with.
The file is divided before anything foreign is put in, so that no evidence can make a turn.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nutgraf.errors import InputError
from nutgraf.text.clean import visible
from nutgraf.types import Evidence, Message, Prompt

EVIDENCE_AT_MOST_CHARS = 700

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_TURN = re.compile(r"^@(system|user|assistant|opening)[ \t]*$", re.MULTILINE)
#: What a chat format could take for structure: pipes in angle brackets, tags of roles and turns, instruction brackets.
_PIPES = re.compile(r"<(?=[|｜])|(?<=[|｜])>")
_TAGS = re.compile(
    r"<(?=/?(?:s|bos|eos|pad|unk|sep|cls|mask|think|thinking|tool_call|tool_response|tools|system|user|assistant|human"
    r"|start_of_turn|end_of_turn|start_header_id|end_header_id|im_start|im_end|image|audio)>)|<(?=<)|(?<=>)>",
    re.IGNORECASE,
)
_INSTRUCTIONS = re.compile(r"\[(?=/?(?:INST|SYS|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])", re.IGNORECASE)
#: Brackets that the parser of drafts would read as a citation, in any white space.
_FOREIGN_NUMBER = re.compile(r"\[([\d,;\s]*\d[\d,;\s]*)\]")


class Library:
    """Templates by name: those of a use case, then the built-in ones. Safe to share."""

    def __init__(self, folder: Traversable | None = None) -> None:
        """`folder` holds further templates, `NAME.jinja`, which win over built-in ones of the same name."""
        self._folders = [*([folder] if folder else []), files("nutgraf.prompt").joinpath("templates")]
        self._sources: dict[str, str] = {}
        self._parts: dict[str, tuple[tuple[str, Template], ...]] = {}
        self._versions: dict[str, str] = {}

    def source(self, name: str) -> str:
        """The text of a template; raises InputError when there is none of that name."""
        if name not in self._sources:
            found = [folder.joinpath(f"{name}.jinja") for folder in self._folders if _NAME.fullmatch(name)]
            file = next((file for file in found if file.is_file()), None)
            if file is None:
                known = ", ".join(self.names())
                raise InputError(f"prompt {name!r}: there is no template of that name; known are {known}")
            try:
                self._sources[name] = file.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as exc:
                raise InputError(f"prompt {name!r}: {file.name} cannot be read as UTF-8 ({exc})") from exc
        return self._sources[name]

    def names(self) -> tuple[str, ...]:
        """The names of all templates, sorted."""
        found = {file.name for folder in self._folders for file in folder.iterdir()}
        return tuple(sorted(name.removesuffix(".jinja") for name in found if name.endswith(".jinja")))

    def version(self, name: str) -> str:
        """Twelve hex digits of the template's content."""
        if name not in self._versions:
            self._versions[name] = hashlib.sha256(self.source(name).encode()).hexdigest()[:12]
        return self._versions[name]

    def replaced(self, name: str, text: str) -> Library:
        """The same library with another text for one template."""
        made = Library()
        made._folders, made._sources = self._folders, {**self._sources, name: text}
        return made

    def check(self, name: str, variables: Mapping[str, Any]) -> None:
        """Raise InputError for a template that cannot be rendered with these variables, or makes no turn."""
        if not self.render(name, variables).messages:
            raise InputError(f"prompt {name!r}: {name}.jinja has no turn; begin it with a line `@system` or `@user`")

    def render(
        self, name: str, variables: Mapping[str, Any], *, max_tokens: int = 96, stop: Sequence[str] = ("\n\n",),
        schema: str = "",
    ) -> Prompt:  # fmt: skip
        """A prompt from a template; a variable that is missing is an InputError that names it.

        Variables are put in as they are: what comes from others must have been through `fenced` or `numbered`.
        """
        turns = self._turns(name)
        try:
            said = [(role, template.render(**variables).strip()) for role, template in turns]
        except Exception as exc:  # a template is foreign code and may raise anything
            raise InputError(f"prompt {name!r}: {exc}; mend {name}.jinja") from exc
        return Prompt(
            name=name,
            version=self.version(name),
            messages=tuple(Message(cast(Any, role), content) for role, content in said if role != "opening"),
            opening=next((content for role, content in said if role == "opening"), ""),
            max_tokens=max_tokens,
            stop=tuple(stop),
            schema=schema,
        )

    def _turns(self, name: str) -> tuple[tuple[str, Template], ...]:
        if name not in self._parts:
            environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
            parts = _TURN.split(self.source(name).strip())[1:]
            try:
                self._parts[name] = tuple(
                    (role, environment.from_string(text.strip()))
                    for role, text in zip(parts[::2], parts[1::2], strict=True)
                )
            except TemplateError as exc:
                raise InputError(f"prompt {name!r}: {exc}; mend {name}.jinja") from exc
        return self._parts[name]


#: The templates that come with Nutgraf.
BUILT_IN = Library()


def fenced(text: str, at_most_chars: int = EVIDENCE_AT_MOST_CHARS) -> str:
    """Foreign text as one line without anything that a chat format, or our own numbering, would read as structure.

    A text longer than `at_most_chars` is cut at a word.
    """
    line = " ".join(visible(text).split())
    if "[" in line or "<" in line or ">" in line:
        line = _PIPES.sub(" ", _TAGS.sub(" ", _INSTRUCTIONS.sub("(", line)))
        line = " ".join(_FOREIGN_NUMBER.sub(r"(\1)", line).split())
    if len(line) <= at_most_chars:
        return line
    return line[:at_most_chars].rsplit(" ", 1)[0].strip()


def numbered(evidence: Sequence[Evidence]) -> str:
    """The evidence as lines `[1] …`, in order."""
    return "\n".join(f"[{i}] {fenced(piece.quote)}" for i, piece in enumerate(evidence, 1))
