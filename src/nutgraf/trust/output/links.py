"""Which addresses on the web an answer may show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_FOUND = re.compile(r"https?://[^\s<>\"'`{}|\\^\[\]]+", re.IGNORECASE)
_TRAIL = ".,;:!?)*_~”’"


@dataclass(frozen=True, slots=True)
class Allowed:
    """The allow-list of one answer.

    `hosts` are configured: any page of theirs, and of hosts below them, may be shown. `urls` stand in the item or the
    evidence: they may be shown as they are, and other pages of their hosts when they carry no query, so that no
    address can carry words of ours to a host that the evidence merely names.
    """

    hosts: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()

    @classmethod
    def of(cls, hosts: Iterable[str] = (), texts: Iterable[str] = ()) -> Allowed:
        """From configured hosts and from texts or addresses of the item and the evidence."""
        urls = {url for text in texts for url in found(text)}
        return cls(frozenset(host.lower().strip(". ") for host in hosts if host.strip(". ")), frozenset(urls))

    def allows(self, url: str) -> bool:
        """Whether the address may be shown; one that names a user, or hides its host, never is."""
        parts = _parts(url)
        host = (parts.hostname or "").rstrip(".") if parts else ""
        if not parts or not host or parts.scheme not in ("http", "https") or "@" in parts.netloc or "\\" in url:
            return False
        if url in self.urls:
            return True
        if not host.isascii():
            return False
        if any(host == one or host.endswith(f".{one}") for one in self.hosts):
            return True
        known = {(other.hostname or "") for one in self.urls if (other := _parts(one))}
        return host in known and not parts.query and not parts.fragment


def found(text: str) -> list[str]:
    """The addresses that stand in a text, without the signs of the sentence around them."""
    return [match[0][: len(match[0]) - trailing(match[0])] for match in _FOUND.finditer(text)]


def trailing(url: str) -> int:
    """How many characters at the end of an address belong to the sentence; a bracket that was opened inside is its."""
    end = len(url)
    while end and url[end - 1] in _TRAIL:
        if url[end - 1] == ")" and url.count("(", 0, end) >= url.count(")", 0, end):
            break
        end -= 1
    return len(url) - end


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (raises for a port that is none)
    except ValueError:
        return None
    return parts
