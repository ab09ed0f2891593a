"""Operations of an OpenAPI document as skills, called on a real server of the loopback."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nutgraf.errors import InputError, NotAllowed, SourceError, TooLarge
from nutgraf.retrieve.skills.confirm import Confirmations
from nutgraf.retrieve.skills.http import Service
from nutgraf.retrieve.skills.openapi_skill import DOCUMENT_AT_MOST_BYTES, openapi_skills
from nutgraf.retrieve.skills.skill import Call, Skill
from nutgraf.testing import FakeProvider, Reply
from tests.retrieve.skills.made import SCOPE, call, soon

DOCUMENT = """
openapi: 3.0.3
info: {title: Library, version: "1"}
paths:
  /branches/{branch}/books:
    parameters:
      - {name: branch, in: path, required: true, schema: {type: string}}
    get:
      operationId: findBooks
      summary: Books at a branch.
      description: A question about books.
      parameters:
        - {name: topic, in: query, required: true, schema: {$ref: "#/components/schemas/Topic"}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
        - {name: most, in: query, schema: {type: integer, minimum: 1, maximum: 50, default: 10}}
        - {name: X-Reader, in: header, schema: {type: string}}
        - {name: Authorization, in: header, schema: {type: string}}
      responses: {"200": {description: Books}}
    post:
      operationId: holdBook
      summary: Hold a book.
      requestBody: {$ref: "#/components/requestBodies/Hold"}
      responses: {"200": {description: Held}}
  /search:
    post:
      operationId: search
      description: Search by a query that is too long for an address.
      x-nutgraf-side-effects: false
      requestBody: {required: true, content: {application/json: {schema: {type: array, items: {type: string}}}}}
      responses: {"200": {description: Found}}
  /unnamed:
    get: {responses: {"200": {description: Not a skill}}}
components:
  schemas:
    Topic: {type: string, enum: [law, gardens]}
    Node: {type: object, properties: {title: {type: string}, below: {$ref: "#/components/schemas/Node"}}}
    Hold:
      type: object
      required: [isbn]
      properties: {isbn: {type: string}, node: {$ref: "#/components/schemas/Node"}}
  requestBodies:
    Hold: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Hold"}}}}
"""
BOOKS = [
    {"id": 7, "title": "Leases", "year": 2021},
    {"id": 8, "text": "A garden book.", "url": "https://example.org/8"},
]


@asynccontextmanager
async def library(reply: Any = BOOKS, **more: Any) -> AsyncIterator[tuple[Mapping[str, Skill], FakeProvider]]:
    """The skills of the library, and the server behind them."""
    async with FakeProvider([Reply(body=json.dumps(reply).encode(), **more)]) as server:
        service = Service("library", server.base_url)
        skills = openapi_skills(DOCUMENT, base_url=server.base_url, service=service)
        try:
            yield {one.spec.name: one for one in skills}, server
        finally:
            await service.aclose()


def test_operations_become_skills() -> None:
    """Names, summaries, schemas with references followed, and side effects by method or by word."""
    skills = {one.spec.name: one.spec for one in openapi_skills(DOCUMENT, base_url="http://localhost:1")}
    find, hold, search = skills["findBooks"], skills["holdBook"], skills["search"]

    assert set(skills) == {"findBooks", "holdBook", "search"}
    assert (find.summary, find.when, find.origin) == ("Books at a branch.", "A question about books.", "openapi")
    assert list(find.parameters["properties"]) == ["branch", "topic", "tags", "most", "X-Reader"]
    assert find.parameters["required"] == ["branch", "topic"]
    assert find.parameters["properties"]["topic"]["enum"] == ["law", "gardens"]
    assert [one.side_effects for one in (find, hold, search)] == [False, True, False]
    assert [one.idempotent for one in (find, hold, search)] == [True, False, False]
    assert hold.parameters["required"] == ["branch", "isbn"]
    assert hold.parameters["properties"]["node"]["properties"]["below"] == {}


async def test_a_get_is_sent_as_the_document_says() -> None:
    """Path, query and header, each encoded; what comes back is passages with their places."""
    async with library() as (skills, server):
        arguments = {"branch": "a/b ?é", "topic": "law", "tags": ["x&y", "z"], "X-Reader": "r"}
        found = await skills["findBooks"].call(arguments, call())

    path, _, asked = server.ledger[0].path.partition("?")
    assert path == "/v1/branches/a%2Fb%20%3F%C3%A9/books"
    assert parse_qs(asked) == {"topic": ["law"], "tags": ["x&y", "z"]}
    assert server.ledger[0].headers["x-reader"] == "r"
    assert [(p.ref, p.title, p.text, p.url) for p in found] == [
        ("skill:findBooks/7", "Leases", "id: 7\ntitle: Leases\nyear: 2021", None),
        ("skill:findBooks/8", "", "A garden book.", "https://example.org/8"),
    ]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"topic": "law"}, "branch is missing"),
        ({"branch": "a", "topic": "cars"}, "topic must be one of"),
        ({"branch": "a", "topic": "law", "most": 51}, "most must be at most 50"),
        ({"branch": "a", "topic": "law", "Authorization": "x"}, "Authorization is not known"),
    ],
)
async def test_arguments_are_checked_before_anything_is_sent(arguments: dict[str, Any], named: str) -> None:
    """By the schemas of the document; a credential is never an argument."""
    async with library() as (skills, server):
        with pytest.raises(InputError, match=named):
            await skills["findBooks"].call(arguments, call())

    assert server.ledger == []


@pytest.mark.parametrize("branch", ["..", ".", ""])
async def test_a_path_is_never_left(branch: str) -> None:
    """A value that would climb out of its place is refused."""
    async with library() as (skills, server):
        with pytest.raises(SourceError):
            await skills["findBooks"].call({"branch": branch, "topic": "law"}, call())

    assert server.ledger == []


async def test_a_header_cannot_carry_another() -> None:
    """A line break in a value sends nothing."""
    async with library() as (skills, server):
        with pytest.raises(SourceError):
            await skills["findBooks"].call({"branch": "a", "topic": "law", "X-Reader": "a\r\nX: b"}, call())

    assert server.ledger == []


async def test_what_changes_something_needs_a_confirmation() -> None:
    """It is sent with an idempotency key, the same one for a repeat."""
    async with library({"held": True}) as (skills, server):
        hold, confirmations, arguments = skills["holdBook"], Confirmations(), {"branch": "a", "isbn": "1"}
        with pytest.raises(NotAllowed):
            await hold.call(arguments, call())
        confirmed = confirmations.redeem(confirmations.offer(hold, arguments, SCOPE), hold, arguments, SCOPE)
        for _ in range(2):
            (told,) = await hold.call(arguments, Call(scope=SCOPE, deadline=soon(), confirmed=confirmed))
            assert told.text == "held: yes"

    assert [one.prompt for one in server.ledger] == [{"isbn": "1"}] * 2
    assert {one.headers["idempotency-key"] for one in server.ledger} == {confirmed.idempotency_key}


async def test_a_body_that_is_no_object_is_one_argument() -> None:
    """It goes as it is."""
    async with library(["one", "two"]) as (skills, server):
        found = await skills["search"].call({"body": ["a", "b"]}, call())

    assert [p.text for p in found] == ["one", "two"]
    assert server.ledger[0].prompt == ["a", "b"]  # type: ignore[comparison-overlap]


async def test_a_late_operation_ends_at_the_deadline() -> None:
    """With the name of the skill."""
    async with library(head_after_s=60.0) as (skills, _):
        with pytest.raises(SourceError, match="deadline"):
            await skills["findBooks"].call({"branch": "a", "topic": "law"}, call(seconds=0.05))


def test_only_some_can_be_taken() -> None:
    """By operationId; one that does not exist is named."""
    assert [one.spec.name for one in openapi_skills(DOCUMENT, base_url="http://x", only=["search"])] == ["search"]
    with pytest.raises(InputError, match="no operation 'find'"):
        openapi_skills(DOCUMENT, base_url="http://x", only=["search", "find"])


def document(operation: Mapping[str, Any], path: str = "/a", **more: Any) -> dict[str, Any]:
    """A document with one GET."""
    return {"openapi": "3.1.0", "paths": {path: {"get": {"operationId": "one", **operation}}}, **more}


def _deep(count: int) -> dict[str, Any]:
    """Schemas each of which holds the next one twice."""
    halves = {
        str(n): {"type": "object", "properties": {k: {"$ref": f"#/x/{n + 1}"} for k in "ab"}} for n in range(count)
    }
    return {**halves, str(count): {"type": "string"}}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("openapi: 2.0", "must say"),
        ("[1]", "must say"),
        ("{", "no JSON"),
        ("a: [", "no YAML"),
        ("openapi: 3.0.0\na: &x 1\nb: *x", "aliases are not read"),
        (b"\xff\xfe\xff", "no YAML"),
        ({"openapi": "3.0.0", "paths": []}, None),
        ({"openapi": "3.0.0", "paths": [1]}, "not built as OpenAPI says"),
        (document({"parameters": 3}), "not built as OpenAPI says"),
        (document({"parameters": ["x"]}), "is no object"),
        (document({"operationId": "two words"}), "operationId 'two words' must match"),
        (document({}, "/a/{b}"), "has no path parameter b"),
        (document({"parameters": [{"$ref": "https://example.org/a.yaml"}]}), "lies outside the document"),
        (document({"parameters": [{"$ref": "#/nowhere"}]}), "nothing is at"),
        (document({"parameters": [{"$ref": "#/loop"}]}, loop={"$ref": "#/loop"}), "refers to itself"),
        (document({"parameters": [{"name": "c", "in": "cookie", "required": True}]}), "cookie parameter 'c'"),
        (document({"requestBody": {"required": True, "content": {"text/csv": {}}}}), "only JSON can be sent"),
        (
            document({"parameters": [{"name": "q", "in": "query", "schema": {"$ref": "#/x/0"}}]}, x=_deep(20)),
            "more than 2,000 parts",
        ),
    ],
)
def test_a_document_of_no_use_is_named(given: Any, named: str | None) -> None:
    """What is wrong of it, in one line of ours; no reference outside it is followed."""
    if named is None:
        assert openapi_skills(given, base_url="http://x") == ()
        return
    with pytest.raises(InputError, match=named):
        openapi_skills(given, base_url="http://x")


def test_a_document_has_a_limit() -> None:
    """Five million bytes."""
    with pytest.raises(TooLarge, match="5,000,000"):
        openapi_skills(" " * (DOCUMENT_AT_MOST_BYTES + 1), base_url="http://x")


async def test_the_address_is_the_hosts() -> None:
    """Servers that the document names are not asked."""
    given = document({"parameters": []}, servers=[{"url": "http://192.0.2.1"}])
    async with FakeProvider([Reply(body=b'"fine"')]) as server:
        (one,) = openapi_skills(given, base_url=server.base_url, service=(service := Service("x", server.base_url)))
        (found,) = await one.call({}, call())
        await service.aclose()

    assert (found.text, urlsplit(server.ledger[0].path).path) == ("fine", "/v1/a")
