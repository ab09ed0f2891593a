"""Who is told what a scanner of JSON meets."""

from __future__ import annotations

from typing import Protocol


class Handler(Protocol):
    """Who is told what the scanner meets, in the order of the text."""

    def opened(self, mark: str) -> None:
        """An object `{` or a list `[` begins."""

    def shut(self) -> None:
        """The innermost container ends."""

    def key(self, name: str) -> None:
        """The next value belongs to this key."""

    def string(self) -> None:
        """A string value begins."""

    def text(self, piece: str) -> None:
        """More of the string, escapes resolved."""

    def string_end(self) -> None:
        """The string is complete, or the text has ended within it."""

    def scalar(self, token: str) -> None:
        """A number or a word without quotation marks."""
