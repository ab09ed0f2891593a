"""Which tools of other servers an operator has approved, exactly as they were then."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from nutgraf.errors import InputError, StoreError

FILE_AT_MOST_BYTES = 1_000_000


def fingerprint(described: Mapping[str, Any]) -> str:
    """Hex digest of everything that a tool says of itself."""
    return hashlib.sha256(orjson.dumps(dict(described), option=orjson.OPT_SORT_KEYS)).hexdigest()


class Approvals:
    """A small file of fingerprints: server → tool → digest. A tool that says anything else is not approved."""

    def __init__(self, file: Path) -> None:
        """InputError when there is a file that cannot be read."""
        self._file = file
        self._known: dict[str, dict[str, str]] = {}
        self._seen: tuple[int, int] | None = None
        self._look()

    def missing(self, server: str, tool: str, digest: str) -> str | None:
        """Why a tool is blocked, None when it is approved as it is. What another process approved counts at once."""
        try:
            self._look()
        except InputError as exc:
            return str(exc)
        known = self._known.get(server, {}).get(tool)
        if known is None:
            return "nobody has approved it yet"
        return (
            None if known == digest else "it says other things than when it was approved, so it must be approved anew"
        )

    def _look(self) -> None:
        """Read the file when it is not the one that was read last."""
        try:
            found = self._file.stat() if self._file.exists() else None
            seen = (found.st_mtime_ns, found.st_ino) if found else None
            if seen is not None and seen == self._seen:
                return
            raw = self._file.read_bytes() if found else b"{}"
            tables = orjson.loads(raw[:FILE_AT_MOST_BYTES])
            self._known = {str(server): dict(tools) for server, tools in tables.items()}
            self._seen = seen
        except (OSError, ValueError, TypeError, AttributeError) as exc:
            raise InputError(
                f"approvals: {self._file} cannot be read; repair it, or delete it to approve anew"
            ) from exc

    def approve(self, server: str, tools: Mapping[str, str]) -> None:
        """Approve tools (name → digest); on disk when this returns.

        Raises StoreError when that fails, InputError when the file cannot be read.
        """
        self._look()
        self._known.setdefault(server, {}).update(tools)
        draft = self._file.with_name(f"{self._file.name}.new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_bytes(orjson.dumps(self._known, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
            draft.replace(self._file)
        except OSError as exc:
            raise StoreError(f"approvals: {self._file} cannot be written ({exc.strerror})") from exc
