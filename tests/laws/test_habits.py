"""Habits a reader cannot see at a glance: blocks that yield, clocks, the environment, fakes."""

import ast
from collections.abc import Iterable, Iterator

import pytest

from tests.laws.house import Source, call_name, imports, sources

#: Leaving one of these in another task than it was entered in is an error, and a half-read generator does just that.
SCOPES = {
    "create_task_group", "TaskGroup", "CancelScope", "move_on_after", "move_on_at", "fail_after", "fail_at", "timeout",
    "timeout_at",
}  # fmt: skip
MOCKS = ("mock", "unittest.mock", "pytest_mock", "respx", "responses", "httpretty", "vcr", "aioresponses")
ENVIRONMENT = {"environ", "environb", "getenv"}
READS_ENVIRONMENT = ("nutgraf.settings", "nutgraf.serve")


def yields_in_scopes(files: Iterable[Source]) -> list[str]:
    """Async generators that yield while a task group or a timeout is open; context managers may."""
    found = []
    for file in files:
        for function in file.functions:
            manages = any(
                "contextmanager" in call_name(d) or "fixture" in call_name(d) for d in function.decorator_list
            )
            if isinstance(function, ast.AsyncFunctionDef) and not manages:
                found += [f"{file.module}.{function.name}:{line}" for line in _open_yields(function)]
    return found


def _open_yields(node: ast.AST, is_open: bool = False) -> Iterator[int]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.Yield) and is_open:
            yield child.lineno
        opens = isinstance(child, (ast.With, ast.AsyncWith)) and any(
            call_name(item.context_expr) in SCOPES for item in child.items
        )
        yield from _open_yields(child, is_open or opens)


def mocks(files: Iterable[Source]) -> list[str]:
    """Imports of mock libraries."""
    return [
        f"{file.module} imports {target}"
        for file in files
        for target in imports(file, frozenset({"unittest.mock"}))
        if any(f"{target}.".startswith(f"{mock}.") for mock in MOCKS)
    ]


def environment_readers(files: Iterable[Source]) -> list[str]:
    """Files that read the environment outside the door."""
    found = []
    for file in files:
        if any(f"{file.module}.".startswith(f"{door}.") for door in READS_ENVIRONMENT):
            continue
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT:
                found.append(f"{file.module}:{node.lineno}")
            if isinstance(node, ast.ImportFrom) and ENVIRONMENT & {alias.name for alias in node.names}:
                found.append(f"{file.module}:{node.lineno}")
    return found


def sleepers(files: Iterable[Source]) -> list[str]:
    """Calls of time.sleep, however it was imported."""
    return [
        f"{file.module}:{node.lineno}"
        for file in files
        for node in ast.walk(file.tree)
        if (isinstance(node, ast.Attribute) and ast.unparse(node) == "time.sleep")
        or (isinstance(node, ast.ImportFrom) and node.module == "time" and "sleep" in {a.name for a in node.names})
    ]


def test_no_generator_yields_in_an_open_scope() -> None:
    """A stream is a block: no async generator gives a value away while a task group or a timeout is open."""
    assert yields_in_scopes(sources("src")) == []


def test_no_mock_libraries() -> None:
    """Fakes are ours, public, and fail loudly."""
    assert mocks([*sources("src"), *sources("tests"), *sources("bench")]) == []


def test_only_the_door_reads_the_environment() -> None:
    """Settings are built once, at the door, and handed down."""
    assert environment_readers(sources("src")) == []


def test_no_test_sleeps() -> None:
    """A test waits for an event or moves a clock by hand; it never hopes that enough time has gone by."""
    assert sleepers(sources("tests")) == []


@pytest.mark.parametrize(
    ("line", "opening"),
    [
        (5, "async with create_task_group() as tasks:"),
        (5, "with anyio.move_on_after(1):"),
        (5, "async with timeout(1):"),
    ],
)
def test_an_open_yield_is_seen(line: int, opening: str) -> None:
    """Control: the yield inside is reported; one after the block, in a function within or in a manager is not."""
    text = f"""
async def stream(self):
    {opening}
        async for x in y:
            yield x
        async def inner():
            yield 1
    yield 2

@asynccontextmanager
async def block():
    {opening}
        yield 1
"""

    assert yields_in_scopes([Source("m", text)]) == [f"m.stream:{line}"]


@pytest.mark.parametrize(
    "text", ["import mock", "from unittest import mock", "from unittest.mock import patch", "import respx"]
)
def test_a_mock_is_seen(text: str) -> None:
    """Control: each way of importing a mock library is reported, its innocent neighbours are not."""
    assert len(mocks([Source("m", text), Source("n", "import unittest\nimport mockingbird")])) == 1


@pytest.mark.parametrize("text", ["import os\nos.environ['X']", "import os\nos.getenv('X')", "from os import environ"])
def test_a_look_at_the_environment_is_seen(text: str) -> None:
    """Control: each way of reading the environment is reported, but not at the door."""
    files = [Source(name, text) for name in ("nutgraf.store.tables", "nutgraf.settings", "nutgraf.serve.cli")]

    assert [found.split(":")[0] for found in environment_readers(files)] == ["nutgraf.store.tables"]


@pytest.mark.parametrize("text", ["import time\ntime.sleep(1)", "from time import sleep"])
def test_a_sleeper_is_seen(text: str) -> None:
    """Control: both ways to sleep are reported, giving way to another task is not."""
    assert len(sleepers([Source("m", text), Source("n", "await anyio.sleep(0)")])) == 1
