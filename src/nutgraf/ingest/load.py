"""The way in: files, folders and bytes to Items and Members. The content decides the format, never the name alone.

Each format's reader is imported when a document needs it: reading Markdown loads no parser of profiles.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from nutgraf.errors import InputError
from nutgraf.ingest.guard import decode, read_file, too_large
from nutgraf.ingest.jsontext import read_json
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.parts import Parts, to_item
from nutgraf.ingest.recognise import (
    SAID,
    check_ending,
    ending,
    is_jsonresume,
    is_markup,
    is_native_member,
    magic,
    recognise,
)
from nutgraf.types import Item, ItemKind, Member


def load_item(path: Path, *, limits: Limits = Limits(), kind: ItemKind | None = None) -> Item:  # noqa: B008 - frozen
    """The one item in a file: Markdown, plain text, HTML, JSON(-LD), PDF, or a feed with a single entry.

    `kind` overrides what the document says. Raises NotFound, TooLarge or InputError in one line.
    """
    path = Path(path)
    data = read_file(path, at_most_bytes=limits.document_at_most_bytes)
    return item_from_bytes(data, str(path), limits=limits, kind=kind)


def item_from_bytes(
    data: bytes,
    name: str,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    kind: ItemKind | None = None,
    charset: str | None = None,
    url: str | None = None,
) -> Item:
    """The one item in these bytes; `name` stands for a file name or an address and goes into errors.

    `charset` is an encoding declared outside the document, `url` where it came from. Raises TooLarge
    or InputError in one line.
    """
    items = items_from_bytes(data, name, limits=limits, kind=kind, charset=charset, url=url)
    if len(items) != 1:
        raise InputError(f"{name}: holds {len(items):,} items where one is wanted; keep them with `nutgraf ingest`")
    return items[0]


def items_from_bytes(
    data: bytes,
    name: str,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    kind: ItemKind | None = None,
    charset: str | None = None,
    url: str | None = None,
) -> list[Item]:
    """Every item in these bytes, at least one; otherwise as `item_from_bytes`."""
    found = _read(data, name, limits, charset)
    if url and len(found) == 1:
        found = [replace(found[0], url=found[0].url or url)]
    return [to_item(parts, name=name, limits=limits, kind=kind) for parts in found]


def load_items(path: Path, *, limits: Limits = Limits(), kind: ItemKind | None = None) -> list[Item]:  # noqa: B008
    """Every item of a file, or of all documents in a folder and the folders in it.

    In a folder, files with unknown endings, hidden files and links are passed over. Raises as
    `load_item`, naming the file, and InputError when two items have one id or there is none.
    """
    path = Path(path)
    if not path.is_dir():
        data = read_file(path, at_most_bytes=limits.document_at_most_bytes)
        return items_from_bytes(data, str(path), limits=limits, kind=kind)
    items: dict[str, Item] = {}
    for file in _documents(path, limits):
        for item in load_items(file, limits=limits, kind=kind):
            if item.id in items:
                raise InputError(f"{file}: an item with the id {item.id!r} was there before; give it another id")
            items[item.id] = item
    if not items:
        raise InputError(
            f"{path}: the folder has no documents; put files ending in .md, .txt, .html, .json or .pdf there"
        )
    return list(items.values())


def load_member(path: Path, *, limits: Limits = Limits()) -> Member:  # noqa: B008 - frozen
    """The member in our own JSON, in JSON Resume, or in a CSV archive (zipped or a folder).

    Raises NotFound, TooLarge or InputError in one line, naming the file and the field.
    """
    path, name = Path(path), str(path)
    if path.is_dir():
        from nutgraf.ingest.archive import read_archive_folder

        return read_archive_folder(path, name=name, limits=limits)
    data = read_file(path, at_most_bytes=limits.document_at_most_bytes)
    return member_from_bytes(data, name, limits=limits)


def member_from_bytes(data: bytes, name: str, *, limits: Limits = Limits()) -> Member:  # noqa: B008 - frozen
    """The member in these bytes; as `load_member`, without folders."""
    form = magic(data)
    if form == "zip":
        from nutgraf.ingest.archive import read_archive_zip

        return read_archive_zip(data, name=name, limits=limits)
    if form or ending(name) == "zip":
        held = SAID[form] if form else "no ZIP archive"
        raise InputError(f"{name}: holds {held}; a profile is JSON, JSON Resume or a zipped CSV archive")
    text = decode(_bounded(data, limits.json_at_most_bytes, "JSON", name), name)
    if not text.strip():
        raise InputError(f"{name}: the file is empty; give a profile")
    value = read_json(text, name=name, limits=limits)
    if is_jsonresume(value):
        from nutgraf.ingest.jsonresume import read_jsonresume

        return read_jsonresume(value, name=name)
    if is_native_member(value):
        from nutgraf.ingest.native import read_native_member

        return read_native_member(value, name=name)
    raise InputError(f"{name}: is no profile: it has neither `name` nor `basics`; give our JSON or JSON Resume")


def _documents(folder: Path, limits: Limits) -> Iterator[Path]:
    found: list[Path] = []
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(files):
            path = Path(base, name)
            if ending(name) not in (None, "zip") and not name.startswith(".") and not path.is_symlink():
                found.append(path)
        if len(found) > limits.folder_at_most_files:
            raise too_large(str(folder), "the folder has too many files", f"{limits.folder_at_most_files:,} files")
    return iter(found)


def _bounded(data: bytes, at_most_bytes: int, what: str, name: str) -> bytes:
    if len(data) > at_most_bytes:
        raise too_large(name, f"the {what} has {len(data):,} bytes", f"{at_most_bytes:,} bytes of {what}")
    return data


def _read(data: bytes, name: str, limits: Limits, charset: str | None) -> list[Parts]:
    """Recognise the format and let its reader work."""
    if not data.strip():
        raise InputError(f"{name}: the file is empty; give a document with text in it")
    if (form := magic(data)) is not None:
        check_ending(name, form)
        if form == "pdf":
            return _apart("pdf", data, name, limits)
        hint = "a profile archive is loaded as a member" if form == "zip" else "give text, HTML, JSON or a PDF"
        raise InputError(f"{name}: is {SAID[form]}, which is not read as a document; {hint}")
    if (said := ending(name)) in ("pdf", "zip"):
        raise InputError(f"{name}: is named as {SAID[said]} but is none; rename it or give the real file")
    markup = is_markup(data) or said in ("html", "feed")
    at_most = limits.markup_at_most_bytes if markup else max(4 * limits.text_at_most_chars, limits.json_at_most_bytes)
    _bounded(data, at_most, "markup" if markup else "text", name)
    text = decode(data, name, declared=charset, markup=markup)
    match recognise(text, name):
        case "markdown":
            from nutgraf.ingest.markdown import read_markdown

            return [read_markdown(text, name=name, limits=limits)]
        case "html" | "feed" as form:
            return _apart(form, text.encode(), name, limits)
        case "json":
            return _json(text, name, limits)
        case _:
            from nutgraf.ingest.plain import read_plain

            return [read_plain(text, name=name, limits=limits)]


def _apart(form: Literal["pdf", "html", "feed", "jsonld"], data: bytes, name: str, limits: Limits) -> list[Parts]:
    from nutgraf.ingest.sandbox import read_apart

    return read_apart(form, data, name=name, limits=limits)


def _json(text: str, name: str, limits: Limits) -> list[Parts]:
    value = read_json(text, name=name, limits=limits)
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict) and ({"@type", "@graph", "@context"} & first.keys()):
        return _apart("jsonld", text.encode(), name, limits)
    if is_jsonresume(first) or is_native_member(first):
        raise InputError(f"{name}: holds a profile, not an item; load it as a member (`--as member`)")
    from nutgraf.ingest.native import read_native_items

    found = read_native_items(value, name=name, limits=limits)
    if not found:
        raise InputError(f"{name}: the list of items is empty; give at least one")
    return found
