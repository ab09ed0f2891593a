"""Does a string end here? Pure questions about the text that follows a quotation mark, a comma or a line break.

Each answer is True, False, or None while more text could change it; callers bound how much text they show.
"""

from __future__ import annotations

import re
from typing import Literal

from nutgraf.parse.keys import ROLES, name_of

#: What may close a string that was opened so; "" opens a string without marks.
CLOSING = {
    '"': '"', "'": "'", "`": "`", "“": "”“\"", "”": "”\"", "„": "“”\"", "‘": "’‘'", "’": "’'", "«": "»", "": '"',
}  # fmt: skip
QUOTES = "\"'`“”„‘’«"
_Q = "[\"'`“”„‘’«»\\\\]"
_KEY = re.compile(rf"({_Q}{{0,2}})(\w[\w -]{{0,40}}){_Q}{{0,2}}\s*[:=]")
_KNOWN_KEY = re.compile(rf"{_Q}{{1,2}}(\w[\w -]{{0,40}}){_Q}{{1,2}}\s*[\[{{\d\"'“‘]")  # its colon is missing
#: A text that begins so is JSON itself, or may become it.
HOLDS_JSON = re.compile(r"\s*(?:\{\s*(?:[\"'“‘\\/#{}]|\w{1,30}\s*:)|\[\s*[\[{\"'“‘\]])")
MAY_HOLD_JSON = re.compile(r"\s*(?:\{\s*\w{0,30}\s*|\[\s*)?")
_KEY_BEGUN = re.compile(rf"{_Q}{{0,2}}(?:\w[\w -]{{0,40}}{_Q}{{0,2}}\s*)?")

#: Where a string stands: alone, as a value or key of an object, or in a list.
Place = Literal["alone", "object", "key", "list"]


def key_ahead(rest: str) -> bool | None:
    """Whether `rest` begins with a key and its colon; without quotation marks only keys that we know count."""
    match = _KEY.match(rest)
    if match:
        return bool(match[1]) or name_of(match[2]) in ROLES
    if (known := _KNOWN_KEY.match(rest)) and name_of(known[1]) in ROLES:
        return True
    return None if _KEY_BEGUN.fullmatch(rest) else False


def closes(rest: str, place: Place, before: str) -> bool | None:
    """Whether a mark before `rest` (white space left out) closes a string of which `before` is the last character."""
    if not rest:
        return None
    if place == "alone":
        return False
    char = rest[0]
    if place == "key":
        return char in ":=,}][{" or char in QUOTES or char.isdigit()
    if char in "}]#{":
        return True
    if char in ",;":
        return _after_comma(rest[1:].lstrip(), place)
    if char == "/":
        return None if len(rest) == 1 else rest[1] in "/*"
    if char == "`":
        return rest.startswith("```") or (None if len(rest) < 3 else False)
    if char == "<":
        return None if len(rest) == 1 else rest[1] in "/|"
    if char not in QUOTES and not char.isalpha():
        return False
    if place == "object":
        return key_ahead(rest)
    return char in QUOTES and before in ".!?]"


def _after_comma(rest: str, place: Place) -> bool | None:
    """Whether a comma and `rest` can come after a string."""
    if not rest:
        return None
    if rest[0] in "}]{":
        return True
    if rest[0] in "/#":
        return None if len(rest) == 1 else rest[0] == "#" or rest[1] in "/*"
    if place == "object":
        return key_ahead(rest)
    return rest[0] in QUOTES or rest[0] == "[" or rest[0].isdigit()


def unclosed(char: str, rest: str, place: Place, mark: str) -> bool | None:
    """Whether a comma or bracket `char` before `rest` stands after a string whose closing mark is missing."""
    if place in ("alone", "key"):
        return False
    if not rest:
        return None
    if char == "]":
        return not mark and place == "list"
    if char == "}":
        if rest[0] == ",":
            more = rest[1:].lstrip()
            return (more[0] in "{]}" or more[0] in QUOTES) if more else None
        if rest[0] == "{":  # a document on the next line
            return rest[1] in QUOTES if len(rest) > 1 else None
        return rest[0] in "]}"
    if rest[0] in "}]" and place == "object":
        more = rest[1:].lstrip()
        return more[0] in ",}]" if more else None
    if place == "list":
        return not mark and (rest[0] in QUOTES or rest[0].isdigit())
    if rest[0] in QUOTES or not mark:
        return key_ahead(rest)
    return False


def line_ends(rest: str, place: Place, mark: str) -> bool | None:
    """Whether a line break before `rest` ends a string whose closing mark is missing."""
    if not rest:
        return None
    if place == "alone":
        return False
    if rest[0] in "}]" or not mark:
        return True
    if place == "object" and rest[0] in QUOTES:
        return key_ahead(rest)
    return False
