"""Nothing outgrows its reader, and everything public says what it is."""

import ast
from collections.abc import Iterable, Iterator

from tests.laws.house import Source, call_name, sources, tracked

FILE_LINES = 400
FUNCTION_LINES = 60
FOLDERS = ("src", "tests", "bench", "tools", "training")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def everything() -> list[Source]:
    """Every Python file of the project."""
    return [file for folder in FOLDERS for file in sources(folder)]


def long_files(texts: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Names and line counts of (name, text) pairs above the limit."""
    return {name: n for name, text in texts if (n := text.count("\n")) > FILE_LINES}


def long_functions(files: Iterable[Source]) -> dict[str, int]:
    """Names and line counts of functions above the limit, signature and docstring included."""
    return {
        f"{file.module}.{function.name}": n
        for file in files
        for function in file.functions
        if (n := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    }


def silent(files: Iterable[Source]) -> list[str]:
    """Public modules, classes, functions and methods without a docstring."""
    found = []
    for file in files:
        if file.text.strip() and not ast.get_docstring(file.tree):
            found.append(file.module)
        found += [f"{file.module}.{name}" for name, node in public(file.tree) if not ast.get_docstring(node)]
    return found


def public(node: ast.Module | ast.ClassDef, above: str = "") -> Iterator[tuple[str, Definition]]:
    """Public definitions of a module and of its public classes, with their dotted names."""
    for child in node.body:
        if not isinstance(child, Definition) or child.name.startswith("_"):
            continue
        if {call_name(d) for d in child.decorator_list} & {"overload", "setter", "deleter", "override"}:
            continue
        yield above + child.name, child
        if isinstance(child, ast.ClassDef):
            yield from public(child, f"{above}{child.name}.")


def silent_tests(files: Iterable[Source]) -> list[str]:
    """Tests without a docstring."""
    return [
        f"{file.module}.{function.name}"
        for file in files
        for function in file.functions
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]


def test_no_file_outgrows_its_reader() -> None:
    """Four hundred lines is an evening's reading; beyond that, make a second file."""
    scripts = [(path.name, path.read_text("utf-8")) for path in tracked() if path.suffix in (".js", ".css")]

    assert long_files([*((file.module, file.text) for file in everything()), *scripts]) == {}


def test_no_function_outgrows_its_screen() -> None:
    """Sixty lines is a screen; beyond that, name a part of it."""
    assert long_functions(everything()) == {}


def test_public_names_say_what_they_are() -> None:
    """Whoever reads a public name finds a sentence about it."""
    assert silent(sources("src")) == []


def test_every_test_says_what_it_proves() -> None:
    """A test that fails at night is read by its sentence."""
    assert silent_tests(sources("tests")) == []


def test_long_things_are_seen() -> None:
    """Control: one line above a limit is reported, the limit itself is not."""
    body = "    pass\n"
    files = [
        Source("long", "def f():\n" + body * FUNCTION_LINES),
        Source("fits", "class C:\n    async def f(self):\n" + f"    {body}" * (FUNCTION_LINES - 1)),
    ]

    assert long_functions(files) == {"long.f": FUNCTION_LINES + 1}
    assert long_files([("long", "\n" * (FILE_LINES + 1)), ("fits", "\n" * FILE_LINES)]) == {"long": FILE_LINES + 1}


def test_silent_names_are_seen() -> None:
    """Control: what has no docstring is reported; what is private or inherits its sentence is not."""
    text = '''
class Loud:
    """Says so."""
    def quiet(self): ...
    def _own(self): ...
    @override
    def known(self): ...
    class Inner: ...
def told():
    """Says so."""
    def inside(): ...
async def quiet(): ...
class _Private:
    def method(self): ...
'''

    assert silent([Source("m", text)]) == ["m", "m.Loud.quiet", "m.Loud.Inner", "m.quiet"]
    assert silent_tests([Source("m", "class T:\n    def test_a(self): ...\ndef helper(): ...")]) == ["m.test_a"]
