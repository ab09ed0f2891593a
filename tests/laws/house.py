"""How the laws read the source: every file as a tree, every import as an edge."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "nutgraf"


@dataclass(frozen=True)
class Source:
    """One Python file: its dotted module name and its text."""

    module: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        """The file as a syntax tree."""
        return ast.parse(self.text, self.module)

    @cached_property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function of the file, nested ones and methods included."""
        return [n for n in ast.walk(self.tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]


@cache
def sources(folder: str) -> tuple[Source, ...]:
    """The Python files below a folder of the repository; none when the folder does not exist."""
    base = ROOT / folder
    found = []
    for path in sorted(base.rglob("*.py")):
        parts = path.relative_to(ROOT / "src" if folder == "src" else ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        found.append(Source(module, path.read_text(encoding="utf-8"), is_package))
    return tuple(found)


@cache
def tracked() -> tuple[Path, ...]:
    """The files git would commit, new ones included; none where there is no git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def imports(source: Source, modules: frozenset[str]) -> Iterator[str]:
    """What a file imports, anywhere in it: dotted names, as deep as the known modules tell."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(source, node)
            for alias in node.names:
                deeper = f"{base}.{alias.name}"
                yield deeper if deeper in modules else base
        elif (
            isinstance(node, ast.Call)
            and call_name(node) == "import_module"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def _base(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = source.module.split(".")
    above = parts[: len(parts) - node.level + source.is_package]
    return ".".join([*above, *([node.module] if node.module else [])])


def edges(files: Iterable[Source]) -> list[tuple[str, str]]:
    """(importer, imported) for every import of the package within itself."""
    files = tuple(files)
    modules = frozenset(file.module for file in files)
    return [
        (file.module, target)
        for file in files
        for target in dict.fromkeys(imports(file, modules))
        if target.split(".")[0] == PACKAGE and target != file.module
    ]


def call_name(node: ast.AST) -> str:
    """The last part of what is called or named: `anyio.move_on_after(1)` is `move_on_after`."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
