"""The front door is an exact, short list without logic."""

import ast
from types import ModuleType, SimpleNamespace

import nutgraf
from tests.laws.house import Source, sources

NAMES_AT_MOST = 25


def mismatch(door: object) -> set[str]:
    """Names that are public without being listed, or listed without being there."""
    listed = set(getattr(door, "__all__", ()))
    seen = {name for name, value in vars(door).items() if name[0] != "_" and not isinstance(value, ModuleType)}
    return (seen - listed) | {name for name in listed if not hasattr(door, name)}


def logic(source: Source) -> list[str]:
    """Statements of the front door that are neither docstring, import, nor an assignment to a dunder name."""
    return [
        ast.unparse(node)
        for node in source.tree.body
        if not (
            isinstance(node, (ast.Import, ast.ImportFrom))
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            or (
                isinstance(node, (ast.Assign, ast.AnnAssign))
                and isinstance(target := node.targets[0] if isinstance(node, ast.Assign) else node.target, ast.Name)
                and target.id.startswith("__")
            )
        )
    ]


def test_front_door_is_exact() -> None:
    """A name is public if, and only if, it is written in __all__."""
    assert mismatch(nutgraf) == set()


def test_front_door_is_short() -> None:
    """Twenty-five names can be remembered."""
    names = getattr(nutgraf, "__all__", [])

    assert len(names) == len(set(names)) <= NAMES_AT_MOST


def test_front_door_has_no_logic() -> None:
    """Importing the package does nothing but name things."""
    assert [logic(file) for file in sources("src") if file.module == "nutgraf"] == [[]]


def test_an_unlisted_name_is_seen() -> None:
    """Control: one name too many and one too few are both reported; modules and private names are not."""
    door = SimpleNamespace(__all__=["Item", "gone"], Item=int, extra=str, _own=1, json=ast)

    assert mismatch(door) == {"extra", "gone"}


def test_logic_is_seen() -> None:
    """Control: a condition and a function are logic, an import and __all__ are not."""
    text = '"""Door."""\nimport x\nfrom y import z\n__all__ = ["z"]\nif x: import w\ndef f(): ...\nversion = 1'

    assert len(logic(Source("nutgraf", text))) == 3
