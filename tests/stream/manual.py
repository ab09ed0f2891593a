"""Draws what the manual shows of the protocol: `python -m tests.stream.manual` writes it into docs/protocol.md."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

from nutgraf.events import KINDS, NEXT
from nutgraf.orchestration import SourceReport
from nutgraf.types import Action, Because, Card, Evidence, Fact, Sentence, Skipped

#: What events carry, by name.
VALUES: dict[str, type] = {
    cls.__name__: cls for cls in (Fact, Because, Sentence, Evidence, Action, Card, Skipped, SourceReport)
}
PAGE = Path(__file__).parents[2] / "docs/protocol.md"


def name(cls: type | None) -> str:
    """How an event is called in the diagram."""
    return "[*]" if cls is None else cls.__name__


def diagram() -> str:
    """The order of events as a mermaid state diagram."""
    arrows = [
        f"    {name(last)} --> {name(cls)}"
        for last, all_next in NEXT.items()
        for cls in KINDS.values()
        if cls in all_next
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "    Closed --> [*]", "```"])


def table(kind: str) -> str:
    """The fields of an event or a value with their types."""
    cls = {**KINDS, **VALUES}[kind]
    hints = get_type_hints(cls)
    rows = [
        f"| `{field.name}` | {plain(hints[field.name])} |"
        for field in fields(cls)
        if kind in VALUES or field.name != "kind"
    ]
    return "\n".join(["| field | type |", "|---|---|", *rows])


def plain(hint: object) -> str:
    """A type in the words of JSON."""
    text = str(hint) if not isinstance(hint, type) else hint.__name__
    text = re.sub(r"nutgraf\.(types|orchestration)\.|typing\.", "", text)
    text = re.sub(r"tuple\[(\w+), \.\.\.\]", r"list of \1", text)
    text = re.sub(r"Literal\[(.*?)\]", lambda m: " or ".join(f"`{v.strip()[1:-1]}`" for v in m[1].split(",")), text)
    text = re.sub(r"Optional\[(.*)\]", r"\1 | None", text)
    words = {"str": "text", "int": "number", "float": "number", "NoneType": "null", "None": "null"}
    return re.sub(r"\b(str|int|float|NoneType|None)\b", lambda m: words[m[1]], text).replace(" | ", " or ")


def drawn(page: str) -> str:
    """The page with its diagram and tables drawn anew, where markers show their places."""
    for key, text in {"order": diagram(), **{kind: table(kind) for kind in [*KINDS, *VALUES]}}.items():
        page = re.sub(
            rf"(<!-- {key} -->\n).*?(<!-- end -->)", lambda m, t=text: m[1] + t + "\n" + m[2], page, flags=re.DOTALL
        )
    return page


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")
