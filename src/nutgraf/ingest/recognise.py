"""Which format a document has: by what is in it first, then by its name; the two may not contradict each other."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any, Literal

from nutgraf.errors import InputError

HEAD_CHARS = 4_096

Form = Literal["markdown", "plain", "html", "json", "feed", "pdf", "zip", "image", "office", "rtf"]

ENDINGS: dict[str, Form] = {
    "md": "markdown", "markdown": "markdown", "txt": "plain", "text": "plain", "html": "html", "htm": "html",
    "xhtml": "html", "json": "json", "jsonld": "json", "pdf": "pdf", "rss": "feed", "atom": "feed", "xml": "feed",
    "zip": "zip",
}  # fmt: skip
SAID: dict[Form, str] = {
    "markdown": "Markdown", "plain": "plain text", "html": "HTML", "json": "JSON", "feed": "a feed", "pdf": "a PDF",
    "zip": "a ZIP archive", "image": "an image", "office": "an old Office file", "rtf": "an RTF file",
}  # fmt: skip
#: (ending's format, content's format) that do not contradict each other.
_AGREE = {("plain", "markdown"), ("markdown", "plain"), ("feed", "html")}
_MAGIC: tuple[tuple[bytes, Form], ...] = (
    (b"%PDF-", "pdf"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\x89PNG", "image"), (b"GIF8", "image"),
    (b"\xff\xd8\xff", "image"), (b"\xd0\xcf\x11\xe0", "office"), (b"{\\rtf", "rtf"),
)  # fmt: skip

_FEED = re.compile(r"<(?:rss|(?:\w+:)?feed|rdf:RDF)[\s>]", re.IGNORECASE)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_LEADING = re.compile(r"(?:\s+|<!--.*?-->|<\?xml[^>]*\?>)*+", re.DOTALL)
_TAGS = re.compile(r"<(?:p|div|h[1-6]|article|section|ul|ol|table|br|span|main)\b", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n[\w-]+:")
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|>[ ]?\S)|\*\*\S[^*\n]*\*\*|\]\(https?://", re.MULTILINE)


def ending(name: str) -> Form | None:
    """The format that the ending of a file name or address stands for, if any."""
    return ENDINGS.get(PurePosixPath(name.split("?", maxsplit=1)[0]).suffix.lower().lstrip("."))


def magic(data: bytes) -> Form | None:
    """The format that the first bytes give away, for formats that are no text."""
    head = data[:HEAD_CHARS].lstrip(b"\xef\xbb\xbf \t\r\n")
    return next((form for mark, form in _MAGIC if head.startswith(mark)), None)


def is_markup(data: bytes) -> bool:
    """Whether the bytes begin like HTML or XML, in any encoding that is read."""
    head = data[:HEAD_CHARS].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
    return head.startswith(b"<")


def recognise(text: str, name: str) -> Form:
    """The format of a text document. Raises InputError when its name says something else."""
    expected = ending(name)
    form = _recognise(text[:HEAD_CHARS], expected)
    check_ending(name, form)
    return form


def check_ending(name: str, form: Form) -> None:
    """Raise InputError when the ending of a name and the format of the content contradict each other."""
    expected = ending(name)
    if expected is None or form == expected or (expected, form) in _AGREE:
        return
    held = f"does not look like {SAID[expected]}" if form in ("plain", "markdown") else f"holds {SAID[form]}"
    dotted = PurePosixPath(name.split("?", maxsplit=1)[0]).suffix
    raise InputError(f"{name}: is named {dotted} but {held}; rename it or give the real file")


def is_jsonresume(value: Any) -> bool:
    """Whether a JSON value has the shape of JSON Resume."""
    return isinstance(value, dict) and "basics" in value


def is_native_member(value: Any) -> bool:
    """Whether a JSON value looks like a member of ours: it has a name and no text of its own."""
    return isinstance(value, dict) and "name" in value and "text" not in value and "@type" not in value


def _recognise(head: str, expected: Form | None) -> Form:
    leading = _LEADING.match(head)
    rest = head[leading.end() if leading else 0 :]
    if rest.startswith("<"):
        if _PAGE.match(rest):
            return "html"
        if _FEED.search(rest):
            return "feed"
        if expected in (None, "html", "feed") and (_PAGE.search(rest) or (expected != "feed" and _TAGS.search(rest))):
            return "html"
    if rest.startswith("{") and expected in (None, "json", "html", "feed"):
        return "json"
    if rest.startswith("[") and expected == "json":
        return "json"
    if expected == "html" and _TAGS.search(head):
        return "html"
    if expected == "markdown" or _FRONT_MATTER.match(head) or (expected is None and _MARKDOWN.search(head)):
        return "markdown"
    return "plain"
