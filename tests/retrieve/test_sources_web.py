"""A web search as a source: what is sent, what is taken from what comes back, and what is refused."""

from collections.abc import Sequence
from functools import partial

import anyio
import orjson
import pytest

from nutgraf.errors import InputError, SourceError
from nutgraf.ingest.addresses import Target
from nutgraf.ingest.fetch import Reply, fetch_bytes
from nutgraf.ingest.limits import Limits
from nutgraf.local import web_search
from nutgraf.orchestration import Gathered, Query
from nutgraf.retrieve.gather import gather
from nutgraf.retrieve.health import Health
from nutgraf.retrieve.web import ANSWER_AT_MOST_BYTES, JsonSearch, WebResult, WebSearch, results
from nutgraf.settings import Settings
from nutgraf.types import Deadline
from tests.retrieve.fakes import query_of

URL = "https://search.example.org/?format=json&q={query}"
ONE = {"url": "https://example.org/a", "title": "Triage", "content": "The wait fell."}


def searched(body: bytes, query: Query) -> tuple[Gathered, list[str]]:
    """What a search that answers with these bytes brings, and the addresses that were fetched."""
    asked: list[str] = []

    async def fetch(url: str, deadline: Deadline) -> bytes:
        asked.append(url)
        return body

    async def main() -> Gathered:
        deadline = Deadline(anyio.current_time() + 5.0)
        return await gather([WebSearch(JsonSearch(URL, fetch))], query, deadline, health=Health())

    return anyio.run(main), asked


def test_only_the_question_leaves_the_machine() -> None:
    """Escaped, cut to its limit, and nothing of the member beside it."""
    _, asked = searched(b"{}", query_of(f"wait & see #1 {'long ' * 200}"))

    assert asked[0].startswith("https://search.example.org/?format=json&q=wait%20%26%20see%20%231%20long")
    assert len(asked[0]) < 600
    assert "nurse" not in asked[0]


@pytest.mark.parametrize(
    "answer",
    [
        {"results": [ONE]}, {"web": {"results": [{**ONE, "content": None, "description": "The wait fell."}]}},
        {"organic_results": [{"link": ONE["url"], "title": "Triage", "snippet": "The wait fell."}]}, [ONE],
        {"items": ["odd", 3, None, {}, ONE]},
    ],
)  # fmt: skip
def test_the_usual_forms_of_an_answer_are_read(answer: object) -> None:
    """Whatever a service calls its parts, the passage is the same; it is public, untrusted, and has its address."""
    found, _ = searched(orjson.dumps(answer), query_of())

    (passage,) = found.passages
    assert (passage.text, passage.title, passage.ref) == ("The wait fell.", "Triage", "https://example.org/a")
    assert (passage.partition, passage.origin, passage.kind, passage.url) == ("public", "skill", "web", passage.ref)


def test_results_are_cleaned_and_cut() -> None:
    """No markup, nothing invisible, one line, at most so long."""
    dirty = {
        **ONE, "title": "<b>Tri</b>age\u200b", "publishedDate": "2026-03-01T10:00:00Z, about",
        "content": "The &lt;b&gt;wait&lt;/b&gt;\n<script>x()</script> fell\u202e. " + "word " * 400,
    }  # fmt: skip

    (result,) = results([dirty])

    assert result.title == "Tri age"
    assert result.snippet.startswith("The wait x() fell. word word")
    assert len(result.snippet) <= 600
    assert result.snippet.endswith("…")
    assert result.published == "2026-03-01T10:00:00Z"


@pytest.mark.parametrize(
    "entry",
    [
        {**ONE, "url": "javascript:alert(1)"}, {**ONE, "url": "http://[bad"}, {**ONE, "url": "file:///etc/hosts"},
        {**ONE, "url": ""}, {**ONE, "content": " "}, {**ONE, "url": 7}, {**ONE, "url": "https://a b.example.org/"},
        {**ONE, "url": f"https://example.org/{'a' * 3_000}"},
    ],
)  # fmt: skip
def test_results_without_words_or_a_web_address_are_left_out(entry: object) -> None:
    """Nothing is shown that cannot be opened safely."""
    assert list(results([entry])) == []


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[" * 100_000, b'{"results": [' + b" " * ANSWER_AT_MOST_BYTES + b"]}"]
)
def test_an_answer_that_cannot_be_used_is_a_failed_source(body: bytes) -> None:
    """Not JSON, or too much of it."""
    found, _ = searched(body, query_of())

    assert [(report.outcome, report.because) for report in found.reports] == [("failed", SourceError.__name__)]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "search",
        "ftp://example.org/{query}",
        "https://example.org/",
        "https://{query}.example.org/",
        "http://[{query}",
    ],
)
def test_an_address_without_a_place_for_the_question_is_refused(url: str) -> None:
    """The message names the setting."""

    async def fetch(url: str, deadline: Deadline) -> bytes:
        return b""

    with pytest.raises(InputError, match=r"^search_url: "):
        JsonSearch(url, fetch)


def test_a_search_in_a_private_network_is_not_fetched() -> None:
    """The way out that is shipped checks where a name leads; that is the search's failure, and nothing is dialled."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["10.0.0.7"]

    async def get(target: Target, limits: Limits) -> Reply:
        pytest.fail("it was dialled")

    async def main() -> Gathered:
        search = JsonSearch(URL, partial(fetch_bytes, resolve=resolve, get=get))
        return await gather([WebSearch(search)], query_of(), Deadline(anyio.current_time() + 5.0), health=Health())

    assert [(one.outcome, one.because) for one in anyio.run(main).reports] == [("failed", "SourceError")]


def test_the_way_out_brings_what_was_answered() -> None:
    """A public machine's answer reaches the search whole."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.215.14"]

    async def get(target: Target, limits: Limits) -> Reply:
        return Reply(200, body=orjson.dumps([ONE]))

    async def main() -> Sequence[WebResult]:
        search = JsonSearch(URL, partial(fetch_bytes, resolve=resolve, get=get))
        return await search("wait", 3, Deadline(anyio.current_time() + 5.0))

    assert [result.title for result in anyio.run(main)] == ["Triage"]


def test_it_is_off_unless_it_is_configured() -> None:
    """Without the setting there is no source at all."""
    assert web_search(Settings()) == ()
    assert [source.name for source in web_search(Settings(search_url=URL))] == ["web"]


def test_no_question_no_search() -> None:
    """A panel has none."""
    found, asked = searched(b"{}", query_of(" "))

    assert (found.passages, asked) == ((), [])


def test_more_results_than_wanted_are_left_out() -> None:
    """In the order of the service."""
    many: Sequence[object] = [{**ONE, "title": f"T{n}", "url": f"https://example.org/{n}"} for n in range(20)]

    found, _ = searched(orjson.dumps({"results": many}), query_of(limit=3))

    assert [passage.title for passage in found.passages] == ["T0", "T1", "T2"]
