"""Imports go down, never in circles, and third parties stay behind their fences."""

from collections.abc import Iterable

import pytest

from tests.laws.house import Source, edges, imports, sources

#: Lowest first. A file imports from a lower line only; names on one line never import each other.
FLOORS = (
    "errors",
    "types",
    "conversation",
    "orchestration detection",
    "seams text breaker clock http1 weights",
    "vocabulary events registry settings",
    "ingest store members decide retrieve read blend prompt model parse trust stream trace",
    "pipeline",
    "testing local",
    "offline evals",
    "(front door)",
    "usecases",
    "serve __main__",
    "(start of the command)",
)
HEIGHT = {
    room: height
    for height, rooms in enumerate(FLOORS)
    for room in rooms.replace("(front door)", "front").replace("(start of the command)", "start").split()
}

#: A third party, and the only places that may import it.
FENCES = {
    "aiohttp": ("nutgraf.ingest.fetch",),
    "httptools": ("nutgraf.http1",),
    "mcp": ("nutgraf.retrieve.skills.mcp_skill", "nutgraf.serve.mcp_server"),
    "mcp_types": ("nutgraf.retrieve.skills.mcp_skill", "nutgraf.serve.mcp_server"),
    "httpx": (),
    "httpx2": (),
    "requests": (),
    "urllib.request": (),
    "http.client": (),
    "xllamacpp": ("nutgraf.model",),
    "fastapi": ("nutgraf.serve",),
    "starlette": ("nutgraf.serve",),
    "uvicorn": ("nutgraf.serve",),
    "sqlalchemy": ("nutgraf.store",),
    "alembic": ("nutgraf.store",),
    "apsw": ("nutgraf.store",),
    "sqlite3": ("nutgraf.store",),
    "pysqlite3": ("nutgraf.store",),
}


def room(module: str) -> str:
    """The file or folder directly under the package that a module belongs to; `front` for the package itself.

    `start` is where the command begins, before the package is imported.
    """
    if module == "nutgraf_start":
        return "start"
    return [*module.split("."), "front"][1]


def against_the_floors(files: Iterable[Source]) -> list[str]:
    """Every import that does not go down."""
    found = []
    for importer, imported in edges(files):
        upper, lower = room(importer), room(imported)
        if missing := {upper, lower} - HEIGHT.keys():
            found.append(f"{importer}: {', '.join(missing)} has no floor; write it into FLOORS")
        elif upper == "usecases":
            same_case = importer.split(".")[:3] == imported.split(".")[:3]
            if lower != "front" and not (same_case and len(imported.split(".")) > 2):
                found.append(f"{importer} imports {imported}; a use case imports from `nutgraf` and itself only")
        elif lower == "front":
            found.append(f"{importer} imports the front door; import from the file that holds the thing")
        elif upper != lower and HEIGHT[lower] >= HEIGHT[upper]:
            found.append(f"{importer} reaches {imported}")
    return found


def circles(files: Iterable[Source]) -> list[str]:
    """Modules that import themselves by way of others."""
    below: dict[str, set[str]] = {}
    for importer, imported in edges(files):
        below.setdefault(importer, set()).add(imported)

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for module in below.get(waiting.pop(), set()) - seen:
                seen.add(module)
                waiting.append(module)
        return seen

    return sorted(module for module in below if module in reach(module))


def over_the_fences(files: Iterable[Source]) -> list[str]:
    """Third parties imported where they may not be."""
    found = []
    for file in files:
        for target in imports(file, frozenset()):
            for fenced, homes in FENCES.items():
                inside = any(f"{file.module}.".startswith(f"{home}.") for home in homes)
                if f"{target}.".startswith(f"{fenced}.") and not inside:
                    found.append(f"{file.module} imports {target}")
    return found


def test_imports_go_down() -> None:
    """No room knows a sibling; nothing knows what stands above it; use cases know the front door only."""
    assert against_the_floors(sources("src")) == []


def test_imports_never_form_a_circle() -> None:
    """No module is among its own imports, however long the way round."""
    assert circles(sources("src")) == []


def test_third_parties_stay_behind_their_fences() -> None:
    """The HTTP client, the web framework and the database each have one home."""
    assert over_the_fences(sources("src")) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("nutgraf.parse.drafts", "from nutgraf.trust.judge import judge"),
        ("nutgraf.parse.drafts", "def f() -> None:\n    import nutgraf.store.sqlite"),
        ("nutgraf.parse.drafts", "from nutgraf import pipeline"),
        ("nutgraf.parse.drafts", "from nutgraf import takeaways"),
        ("nutgraf.parse.drafts", "from importlib import import_module\nimport_module('nutgraf.serve.app')"),
        ("nutgraf.parse.drafts", "from ..trust import judge"),
        ("nutgraf.types", "from nutgraf.events import Event"),
        ("nutgraf.events", "from nutgraf.settings import Settings"),
        ("nutgraf.pipeline", "from nutgraf.testing import ScriptedModel"),
        ("nutgraf.usecases.premium.skills", "from nutgraf.types import Evidence"),
        ("nutgraf.usecases.premium.skills", "from nutgraf.usecases.recruiter.skills import find"),
        ("nutgraf.attic.box", "from nutgraf.types import Item"),
    ],
)
def test_a_climbing_import_is_seen(module: str, text: str) -> None:
    """Control: an import that climbs, or stays level, is reported, wherever it hides."""
    known = [Source(name, "") for name in ("nutgraf.trust.judge", "nutgraf.pipeline", "nutgraf.store.sqlite")]

    assert len(against_the_floors([Source(module, text), *known])) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("nutgraf.parse.drafts", "from nutgraf.types import Draft\nfrom nutgraf.parse.marks import MARK"),
        ("nutgraf.parse.drafts", "from .marks import MARK\nfrom . import marks\nfrom ..errors import NutgrafError"),
        (
            "nutgraf.usecases.premium.skills",
            "from nutgraf import skill\nfrom nutgraf.usecases.premium.cards import card",
        ),
        ("nutgraf.serve.app", "import nutgraf.usecases.premium.skills, nutgraf.pipeline, fastapi"),
        ("nutgraf", "from nutgraf.types import Item\nfrom nutgraf.pipeline import ask"),
    ],
)
def test_a_falling_import_is_fine(module: str, text: str) -> None:
    """Control: imports that go down, or stay in their room, are not reported."""
    assert against_the_floors([Source(module, text), Source("nutgraf.parse.marks", "")]) == []


def test_a_circle_is_seen() -> None:
    """Control: three files of one room in a circle are all named, and a file that only looks on is not."""
    files = [
        Source("nutgraf.read.a", "from nutgraf.read.b import x"),
        Source("nutgraf.read.b", "def f() -> None:\n    from . import c"),
        Source("nutgraf.read.c", "import nutgraf.read.a"),
        Source("nutgraf.read.d", "import nutgraf.read.a"),
    ]

    assert circles(files) == ["nutgraf.read.a", "nutgraf.read.b", "nutgraf.read.c"]


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("nutgraf.ingest.pdf", "import aiohttp"),
        ("nutgraf.ingest.fetches", "from aiohttp import ClientSession"),
        ("nutgraf.model.echo", "import requests"),
        ("nutgraf.stream.log", "from starlette.responses import Response"),
        ("nutgraf.serve.app", "def f() -> None:\n    import sqlite3"),
        ("nutgraf.settings", "import urllib.request"),
    ],
)
def test_a_jumped_fence_is_seen(module: str, text: str) -> None:
    """Control: a third party outside its home is reported, also from inside a function."""
    assert len(over_the_fences([Source(module, text)])) == 1


def test_third_parties_at_home_are_fine() -> None:
    """Control: each third party may be imported where it lives."""
    files = [
        Source("nutgraf.ingest.fetch", "import aiohttp\nimport urllib.parse"),
        Source("nutgraf.http1", "import httptools"),
        Source("nutgraf.store.tables", "import sqlalchemy as sa\nfrom sqlalchemy.engine import Engine"),
        Source("nutgraf.serve.app", "from fastapi import FastAPI\nimport httpxtra"),
    ]

    assert over_the_fences(files) == []
