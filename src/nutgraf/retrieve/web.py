"""A web search as a source. Off unless it is configured: the question then leaves this machine, and nothing else does.

What comes back was written by anybody: it is cut, cleaned of what cannot be seen, and never more than a quotation.
"""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlsplit

import orjson

from nutgraf.errors import InputError, SourceError
from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.text.clean import visible

if TYPE_CHECKING:
    from nutgraf.types import Deadline

#: One GET of a public address, bounded in bytes and time; it must refuse addresses inside a private network.
Fetch = Callable[[str, "Deadline"], Awaitable[bytes]]

PLACE = "{query}"
QUESTION_AT_MOST_CHARS, SNIPPET_AT_MOST_CHARS, TITLE_AT_MOST_CHARS, URL_AT_MOST_CHARS = 300, 600, 160, 2_000
ANSWER_AT_MOST_BYTES = 1_000_000
#: Where the answers of search services keep their results, and what they call the parts of one.
_LISTS = (("results",), ("web", "results"), ("organic_results",), ("items",), ("data",))
_SNIPPETS = ("content", "snippet", "description", "text", "body")
_ADDRESSES = ("url", "link", "href")
_DATES = ("publishedDate", "published", "page_age", "date")
_TAG = re.compile(r"<[^<>]{0,500}>")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?")


@dataclass(frozen=True, slots=True)
class WebResult:
    """One result of a search: where it is, its title, a few of its words, and its date where that is known."""

    url: str
    title: str
    snippet: str
    published: str | None = None


class Search(Protocol):
    """A search of the web."""

    async def __call__(self, question: str, limit: int, deadline: Deadline) -> Sequence[WebResult]:
        """At most `limit` results, best first. Raises SourceError; being cancelled must end its work at once."""
        ...


class WebSearch:
    """The results of a search as passages, in their order. Only the question is sent, cut to its limit."""

    partition: Partition = "public"
    idempotent = True

    def __init__(self, search: Search, *, name: str = "web") -> None:
        """`search` does the searching, such as a `JsonSearch`."""
        self.name, self._search = name, search

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """At most `query.limit` passages; none without a question. Raises SourceError."""
        question = " ".join(query.text.split())[:QUESTION_AT_MOST_CHARS]
        if not question:
            return ()
        results = list(await self._search(question, query.limit, deadline))[: query.limit]
        return [
            Passage(
                source=self.name, ref=result.url, text=result.snippet, end=len(result.snippet), title=result.title,
                kind="web", score=1.0 / (1 + rank), published=result.published, url=result.url,
            )
            for rank, result in enumerate(results)
        ]  # fmt: skip


class JsonSearch:
    """A search service that answers a GET with JSON, such as SearXNG and many others."""

    def __init__(self, search_url: str, fetch: Fetch) -> None:
        """`search_url` holds {query} where the question goes, such as https://search.example.org/?format=json&q={query}.

        `fetch` is the way out: it guards against private addresses. Raises InputError naming what is wrong.
        """
        shown = repr(search_url[:80])
        if search_url.count(PLACE) != 1 or not _is_web(search_url):
            raise InputError(f"search_url: {shown} is no search; give a web address with {PLACE} for the question")
        if PLACE in urlsplit(search_url).netloc:
            raise InputError(f"search_url: {shown} lets the question choose the machine; put {PLACE} behind its name")
        self._url, self._fetch = search_url, fetch

    async def __call__(self, question: str, limit: int, deadline: Deadline) -> Sequence[WebResult]:
        """At most `limit` results with words and a web address. Raises SourceError when there is no JSON to be had."""
        try:
            body = await self._fetch(self._url.replace(PLACE, quote(question, safe="")), deadline)
        except InputError as exc:  # the question is not at fault when the service cannot be reached
            raise SourceError("the search could not be fetched; check search_url") from exc
        if len(body) > ANSWER_AT_MOST_BYTES:
            raise SourceError(f"the search answered with more than {ANSWER_AT_MOST_BYTES:,} bytes")
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError as exc:
            raise SourceError("the search did not answer with JSON; add what it needs for that to search_url") from exc
        return [result for _, result in zip(range(limit), results(answer), strict=False)]


def results(answer: Any) -> Iterator[WebResult]:
    """The results in an answer, whatever the service calls their parts; those without words or address are left out."""
    for entry in _entries(answer):
        url = _first(entry, _ADDRESSES)
        snippet = _plain(_first(entry, _SNIPPETS), SNIPPET_AT_MOST_CHARS)
        if snippet and len(url) <= URL_AT_MOST_CHARS and _is_web(url):
            date = _ISO.match(_first(entry, _DATES))
            title = _plain(_first(entry, ("title", "name")), TITLE_AT_MOST_CHARS)
            yield WebResult(url, title, snippet, date.group() if date else None)


def _entries(answer: Any) -> Iterator[dict[str, Any]]:
    for path in ((), *_LISTS):
        found = answer
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, list):
            yield from (entry for entry in found if isinstance(entry, dict))
            return


def _first(entry: dict[str, Any], names: Sequence[str]) -> str:
    return next((value for name in names if isinstance(value := entry.get(name), str) and value.strip()), "").strip()


def _plain(text: str, at_most_chars: int) -> str:
    """Text as a reader sees it: no markup, nothing invisible, one line."""
    shown = visible(html.unescape(_TAG.sub(" ", text[: 4 * at_most_chars])))
    shown = " ".join(_TAG.sub(" ", shown).split())
    return shown if len(shown) <= at_most_chars else f"{shown[: at_most_chars - 1].rpartition(' ')[0]}…"


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c <= " " for c in url)
