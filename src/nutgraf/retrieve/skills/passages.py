"""What a skill gave, as passages: untrusted text with a source, within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nutgraf.errors import SourceError
from nutgraf.orchestration import Partition, Passage
from nutgraf.text.clean import visible

PASSAGES_AT_MOST = 20
PASSAGE_AT_MOST_CHARACTERS = 2_000
TITLE_AT_MOST_CHARACTERS = 200
DEPTH_AT_MOST = 6
#: Under which names an answer may hold the list of what was found.
LISTS = ("passages", "notes", "results", "items")

_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s)|\n")
_WEB = re.compile(r"https?://[^\s\x00-\x20]{1,2000}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:T[\d:.,+\-Z]{1,40})?", re.ASCII)


def passages_of(found: Any, name: str, partition: Partition) -> tuple[Passage, ...]:
    """What a skill returned as passages of the source `name`, at most 20 of at most 2,000 characters, best first.

    A text is one passage, a list one for each entry; a dictionary with a `text` is one with its `id`, `title`, `url`,
    `published` and `score`, one with a list under `passages`, `notes`, `results` or `items` is that list, and any other
    is told as lines `key: value`. Raises SourceError for anything else, and for a passage of a member from a skill
    that is declared public.
    """
    passages: list[Passage] = []
    for number, entry in enumerate(_entries(found, name), 1):
        if len(passages) == PASSAGES_AT_MOST:
            break
        passage = _passage(entry, name, number, partition)
        if passage.text:
            passages.append(passage)
    return tuple(passages)


def _entries(found: Any, name: str) -> Iterable[Any]:
    if isinstance(found, Mapping):
        listed = next((found[key] for key in LISTS if isinstance(found.get(key), (list, tuple))), None)
        return [found] if listed is None or "text" in found else listed
    if found is None:
        return ()
    if isinstance(found, (str, Passage)):
        return [found]
    if isinstance(found, Sequence) and not isinstance(found, (bytes, bytearray)):
        return found
    raise SourceError(f"skill {name}: returned {type(found).__name__}; return passages, texts, a dictionary or a text")


def _passage(entry: Any, name: str, number: int, partition: Partition) -> Passage:
    if isinstance(entry, Passage):
        if entry.partition == "member" and partition == "public":
            raise SourceError(f"skill {name}: returned a member's passage, but is declared public")
        text = bounded(entry.text)
        return replace(
            entry, source=name, ref=_ref(name, entry.ref or number), text=text, start=0, end=len(text),
            title=_line(entry.title), origin="skill", partition=partition, vector=None,
            url=_match(_WEB, entry.url), published=_match(_DAY, entry.published), score=_number(entry.score),
        )  # fmt: skip
    fields: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
    text = bounded(fields["text"] if isinstance(fields.get("text"), str) else _told(entry))
    return Passage(
        source=name, ref=_ref(name, fields.get("id", number)), text=text, end=len(text),
        title=_line(fields.get("title")), kind=_line(fields.get("kind")),
        score=_number(fields.get("score", 1.0 / number)), partition=partition,
        published=_match(_DAY, fields.get("published")), url=_match(_WEB, fields.get("url")),
    )  # fmt: skip


def bounded(text: str) -> str:
    """A text as it is shown and cited: without what nobody sees, and ended at a sentence where it is too long."""
    text = visible(text).strip()
    if len(text) <= PASSAGE_AT_MOST_CHARACTERS:
        return text
    ends = [end.end() for end in _END.finditer(text, 0, PASSAGE_AT_MOST_CHARACTERS)]
    return text[: ends[-1]].rstrip() if ends else ""


def _told(value: Any) -> str:
    """Any JSON value as text: lines `key: value`, nested keys joined by dots."""
    if isinstance(value, str):
        return value
    if isinstance(value, (Mapping, list, tuple)):
        return "\n".join(_lines(value, "", 0))
    return _word(value)


def _lines(value: Any, at: str, depth: int) -> Iterator[str]:
    if depth > DEPTH_AT_MOST:
        return
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _lines(one, f"{at}.{key}" if at else str(key), depth + 1)
    elif isinstance(value, (list, tuple)):
        if all(isinstance(one, (str, int, float)) for one in value):
            yield f"{at}: {', '.join(map(_word, value))}" if at else ", ".join(map(_word, value))
        else:
            for number, one in enumerate(value, 1):
                yield from _lines(one, f"{at}.{number}" if at else str(number), depth + 1)
    elif isinstance(value, (str, int, float)):
        yield f"{at}: {_word(value)}" if at else _word(value)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, (str, int, float)) else ""


def _ref(name: str, own: Any) -> str:
    """Where it stands: always below the skill's own name, so that no result can pass for another record."""
    place = _line(own).replace(" ", "-")
    return place if place.startswith(f"skill:{name}/") else f"skill:{name}/{place}"


def _line(value: Any) -> str:
    if not isinstance(value, (str, int)):
        return ""
    return " ".join(visible(str(value)).split())[:TITLE_AT_MOST_CHARACTERS]


def _number(value: Any) -> float:
    fine = isinstance(value, (int, float)) and not isinstance(value, bool) and -1e9 < value < 1e9
    return float(value) if fine else 0.0


def _match(pattern: re.Pattern[str], value: Any) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
