"""JSON schemas of arguments: made from a function's annotations, and checked before anything is called."""

from __future__ import annotations

import inspect
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import orjson

from nutgraf.errors import InputError, TooLarge
from nutgraf.types import Deadline, Scope

ARGUMENTS_AT_MOST_BYTES = 65_536
DEPTH_AT_MOST = 12

#: Parameters that a function is given by us, and never by whoever calls the skill: by annotation, and by name.
GIVEN = {Scope: "scope", Deadline: "deadline"}
KEY = "idempotency_key"

_PLAIN: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
_FITS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "array": lambda value: isinstance(value, (list, tuple)),
    "object": lambda value: isinstance(value, Mapping),
}
_KNOWN = "str, int, float, bool, None, Literal, list[…], dict[str, …], unions of these, and Annotated[…, 'what it is']"


def schema_of(name: str, function: Callable[..., Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The JSON schema of a function's parameters, and which of them we fill ourselves (parameter → what with).

    Raises InputError naming the skill and the parameter whose annotation is missing or of no use.
    """
    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception as exc:
        raise InputError(f"skill {name}: its annotations cannot be read ({exc}); import the names they use") from exc
    properties: dict[str, Any] = {}
    required, given = [], {}
    for parameter in inspect.signature(function).parameters.values():
        where = f"skill {name}: parameter {parameter.name}"
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise InputError(f"{where} must have a name of its own, so that it can be given by name")
        if parameter.name not in hints:
            raise InputError(f"{where} has no annotation; write for example `{parameter.name}: str`")
        hint = hints[parameter.name]
        if hint in GIVEN or parameter.name == KEY:
            given[parameter.name] = GIVEN.get(hint, KEY)
            continue
        properties[parameter.name] = shape = _shape(hint, where)
        if parameter.default is parameter.empty:
            required.append(parameter.name)
        elif parameter.default is not None:
            shape["default"] = parameter.default
    return {
        "type": "object", "properties": properties, "required": required, "additionalProperties": False,
    }, given  # fmt: skip


def _shape(hint: Any, where: str) -> dict[str, Any]:
    """The schema of one annotation."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if origin is Annotated:
        words = [note for note in inner[1:] if isinstance(note, str)]
        return {**_shape(inner[0], where), **({"description": words[0]} if words else {})}
    if origin is Literal and all(type(value) in _PLAIN for value in inner):
        return {"enum": list(inner)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_shape(one, where) for one in inner]}
    if origin in (list, Sequence) and len(inner) == 1:
        return {"type": "array", "items": _shape(inner[0], where)}
    if origin in (dict, Mapping) and inner[0] is str:
        return {"type": "object", "additionalProperties": _shape(inner[1], where)}
    raise InputError(f"{where} is annotated with {hint!r}, which has no JSON schema here; known are {_KNOWN}")


def check_arguments(name: str, schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with defaults filled in. Raises InputError naming the one that does not fit, TooLarge above 64 KiB.

    Of a schema only what states kinds, choices, sizes and what is required is looked at.
    """
    whole = {key: part["default"] for key, part in schema.get("properties", {}).items() if "default" in part}
    whole.update(arguments)
    if (wrong := fault(schema, whole, "")) is not None:
        raise InputError(f"skill {name}: {wrong}")
    try:
        size = len(orjson.dumps(whole))
    except TypeError as exc:
        raise InputError(f"skill {name}: the arguments must be plain JSON values ({exc})") from exc
    if size > ARGUMENTS_AT_MOST_BYTES:
        raise TooLarge(f"skill {name}: the arguments have {size:,} bytes; at most {ARGUMENTS_AT_MOST_BYTES:,}")
    return whole


def fault(schema: Mapping[str, Any], value: Any, where: str, depth: int = 0) -> str | None:
    """What is wrong with a value by its schema, naming the place; None when it fits."""
    if depth > DEPTH_AT_MOST:
        return f"{where} is nested deeper than {DEPTH_AT_MOST} levels"
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if value is None and (schema.get("nullable") or "null" in kinds):
        return None
    if kinds and not any(kind in _FITS and _FITS[kind](value) for kind in kinds):
        return f"{where or 'the arguments'} must be {' or '.join(kinds)}, got {_short(value)}"
    if "enum" in schema and not any(type(one) is type(value) and one == value for one in schema["enum"]):
        return f"{where} must be one of {', '.join(map(_short, schema['enum'][:20]))}, got {_short(value)}"
    for word in ("anyOf", "oneOf"):
        if word in schema and all(fault(one, value, where, depth + 1) is not None for one in schema[word]):
            shapes = " or ".join(str(one.get("type", one.get("enum", "another kind"))) for one in schema[word][:8])
            return f"{where} must be {shapes}, got {_short(value)}"
    for one in schema.get("allOf", ()):
        if (wrong := fault(one, value, where, depth + 1)) is not None:
            return wrong
    return _size_fault(schema, value, where) or _inner_fault(schema, value, where, depth)


def _size_fault(schema: Mapping[str, Any], value: Any, where: str) -> str | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        for word, words, off in (("minimum", "least", operator.lt), ("maximum", "most", operator.gt)):
            if (bound := schema.get(word)) is not None and off(value, bound):
                return f"{where} must be at {words} {bound}, got {value}"
    if isinstance(value, (str, list, tuple)):
        what, unit = ("Length", "characters") if isinstance(value, str) else ("Items", "entries")
        if len(value) < schema.get(f"min{what}", 0):
            return f"{where} must have at least {schema[f'min{what}']} {unit}"
        if len(value) > schema.get(f"max{what}", len(value)):
            return f"{where} must have at most {schema[f'max{what}']} {unit}"
    return None


def _inner_fault(schema: Mapping[str, Any], value: Any, where: str, depth: int) -> str | None:
    if isinstance(value, (list, tuple)) and isinstance(schema.get("items"), Mapping):
        parts = ((schema["items"], one, f"{where}[{number}]") for number, one in enumerate(value))
        return next((wrong for part in parts if (wrong := fault(*part, depth + 1)) is not None), None)
    if not isinstance(value, Mapping):
        return None
    properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key in schema.get("required", ()):
        if key not in value:
            return f"{_at(where, key)} is missing"
    for key, one in value.items():
        shape = properties.get(key, more)
        if shape is False:
            return f"{_at(where, key)} is not known; known are {', '.join(map(str, properties)) or 'none'}"
        if isinstance(shape, Mapping) and (wrong := fault(shape, one, _at(where, key), depth + 1)) is not None:
            return wrong
    return None


def _at(where: str, key: Any) -> str:
    return f"{where}.{key}" if where else str(key)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
