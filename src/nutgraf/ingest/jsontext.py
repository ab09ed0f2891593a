"""JSON as the standard has it: bounded, without duplicate names, NaN or numbers no one can mean."""

from __future__ import annotations

import json
import math
from typing import Any

from nutgraf.errors import InputError
from nutgraf.ingest.guard import too_large
from nutgraf.ingest.limits import Limits

DIGITS_AT_MOST = 30


def read_json(text: str, *, name: str, limits: Limits) -> Any:
    """The value of a JSON text. Raises TooLarge or InputError naming what is wrong and where."""
    if len(text) > limits.json_at_most_bytes:
        raise too_large(name, f"the JSON has {len(text):,} characters", f"{limits.json_at_most_bytes:,} bytes of JSON")

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(found)
        if len(table) != len(found):
            seen: set[str] = set()
            twice = next(key for key, _ in found if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise InputError(f"{name}: {twice[:60]!r} is given twice in one JSON object; keep one of them")
        return table

    def number(digits: str) -> float | int:
        value = (
            float(digits) if set(digits) & set(".eE") else int(digits) if len(digits) <= DIGITS_AT_MOST else math.inf
        )
        if math.isinf(value):
            raise InputError(f"{name}: the number {digits[:20]}… is too large to be meant; correct it")
        return value

    def constant(word: str) -> None:
        raise InputError(f"{name}: {word} is not JSON; use null or a number")

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_int=number, parse_float=number, parse_constant=constant)
    except json.JSONDecodeError as exc:
        raise InputError(
            f"{name}: not valid JSON (line {exc.lineno}, column {exc.colno}: {exc.msg}); correct it"
        ) from exc
    except RecursionError as exc:
        raise too_large(name, "the JSON is nested too deeply", f"{limits.json_depth_at_most} levels") from exc
    if _deeper_than(value, limits.json_depth_at_most):
        raise too_large(name, "the JSON is nested too deeply", f"{limits.json_depth_at_most} levels")
    return value


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        children = (child for one in layer for child in (one.values() if isinstance(one, dict) else one))
        layer = [child for child in children if isinstance(child, dict | list)]
    return bool(layer)
