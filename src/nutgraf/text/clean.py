"""Taking out of a text what a reader cannot see and a machine could be misled by."""

from __future__ import annotations

import re

#: Control and format characters, lone surrogates and tag characters; joiners stay, as some scripts need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text without characters that are never seen; white space stays."""
    return text if text.isprintable() else _UNSEEN.sub("", text)
