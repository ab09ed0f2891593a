"""Markdown with YAML front matter. The text stays exactly as the author's file has it."""

from __future__ import annotations

import re
from typing import Any

import yaml

from nutgraf.errors import InputError
from nutgraf.ingest.blocks import markdown_blocks
from nutgraf.ingest.fields import item_fields
from nutgraf.ingest.guard import too_large, whole_lines
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.parts import Parts
from nutgraf.ingest.plain import check_length

DEPTH_AT_MOST = 8

_OPENING = re.compile(r"---[ \t]*\n")
_NAMED = re.compile(r"""(?:\s|\#.*\n)*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ ]*:(?=\s|$)|\s*(?:\{|!!|&\w)""")
_FENCE = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_PLAIN_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", None}


def read_markdown(text: str, *, name: str, limits: Limits) -> Parts:
    """The whole text with CRLF and CR as LF, blocks of the body, and the fields of the front matter.

    Raises InputError naming a front-matter field of the wrong type, TooLarge above the limits.
    """
    text = whole_lines(text)
    check_length(text, name, limits)
    values, start = front_matter(text, name, limits)
    blocks, hidden = markdown_blocks(text, start)
    return Parts(text=text, blocks=blocks, hidden=hidden, **item_fields(values, f"{name}: front matter"))


def front_matter(text: str, name: str, limits: Limits) -> tuple[dict[str, Any], int]:
    """The front matter as texts, lists and tables of texts, and where the body starts; ({}, 0) without one."""
    first = _OPENING.match(text)
    if not first or not _NAMED.match(text, first.end()):
        return {}, 0  # a thematic break is a fair way to begin a text
    end = _FENCE.search(text, first.end(), first.end() + limits.front_matter_at_most_chars)
    if not end and _FENCE.search(text, first.end()):
        limit = f"{limits.front_matter_at_most_chars:,} characters of front matter"
        raise too_large(name, "the front matter is too long", limit)
    if not end:
        raise InputError(f"{name}: front matter is not closed; end it with a line of three hyphens")
    return _read_yaml(text[first.end() : end.start()], f"{name}: front matter"), min(len(text), end.end() + 1)


def _read_yaml(source: str, where: str) -> dict[str, Any]:
    """A YAML table with every scalar as the text that stands there, so that no value changes its look."""
    try:
        node = yaml.compose(source, Loader=_Loader)
    except RecursionError as exc:
        raise InputError(f"{where}: is nested too deeply; keep it flat") from exc
    except (yaml.YAMLError, ValueError) as exc:
        problem = getattr(exc, "problem", None) or str(exc)
        mark = getattr(exc, "problem_mark", None)
        line = f" in line {mark.line + 2}" if mark else ""
        raise InputError(f"{where}: not valid YAML{line} ({' '.join(problem.split())[:120]}); correct it") from exc
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise InputError(f"{where}: must be a table of `name: value` lines")
    value = _plain(node, where)
    return value if isinstance(value, dict) else {}


class _Loader(yaml.SafeLoader):
    """Composes nodes without aliases, within a bounded depth, and never constructs an object."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases are not read", None)
        self.depth += 1
        if self.depth > DEPTH_AT_MOST:
            raise RecursionError
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


_Loader.yaml_implicit_resolvers = {}


def _plain(node: yaml.Node, where: str) -> Any:
    if node.tag not in _PLAIN_TAGS:
        line = node.start_mark.line + 2
        raise InputError(f"{where}: line {line} has the tag {node.tag[:60]!r}, which is not read; remove it")
    if isinstance(node, yaml.ScalarNode):
        return None if node.style is None and node.value in ("", "~", "null") else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, where) for child in node.value]
    table: dict[str, Any] = {}
    for key, child in node.value:
        if not isinstance(key, yaml.ScalarNode):
            line = key.start_mark.line + 2
            raise InputError(f"{where}: line {line} has a name that is not text; write `name: value`")
        if key.value in table:
            raise InputError(f"{where}: {key.value[:60]!r} is given twice; keep one of them")
        table[key.value] = _plain(child, where)
    return table
