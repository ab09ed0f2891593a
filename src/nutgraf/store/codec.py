"""Our frozen values as JSON text and back, led by their declared types.

Only what a type declares is ever written, and a value of another type in its place is refused. That is
what keeps personal values out of the public partition at run time as well as in the type checker.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from numbers import Integral, Real
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from nutgraf.errors import ProtocolBroken, StoreError

T = TypeVar("T")
Turn = Callable[[Any], Any]


def to_json(kind: type[T], value: T) -> str:
    """`value` as JSON text; ProtocolBroken names the field whose value is not of its declared type."""
    try:
        return json.dumps(_encoder(cast("Any", kind))(value), separators=(",", ":"))
    except (TypeError, ValueError) as exc:
        raise ProtocolBroken(f"a {kind.__name__} was to be kept, but {exc}") from exc


def from_json(kind: type[T], text: str | bytes) -> T:
    """The value that `to_json` wrote; fields unknown to this version are left out.

    Raises StoreError when the text is not such a value.
    """
    try:
        return cast("T", _decoder(cast("Any", kind))(json.loads(text)))
    except (TypeError, ValueError, KeyError, AttributeError) as exc:
        raise StoreError(f"a stored {kind.__name__} cannot be read ({exc}); restore the store from a backup") from exc


def _refuse(wanted: object, value: object) -> TypeError:
    name = getattr(wanted, "__name__", str(wanted))
    return TypeError(f"a value of type {type(value).__name__} stands where {name} belongs")


def _scalar(kind: type, accepted: type) -> Turn:
    def encode(value: Any) -> Any:
        if not isinstance(value, accepted) or (kind is not bool and isinstance(value, bool)):
            raise _refuse(kind, value)
        return kind(value)

    return encode


@cache
def _encoder(hint: Any) -> Turn:
    """A function from a value of this declared type to plain JSON values."""
    origin, args = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _dataclass_encoder(cast("type", hint))
    if origin is Literal:
        return lambda value: value if value in args else _raise(_refuse(hint, value))
    if origin in (Union, types.UnionType):
        inner = _encoder(_optional(args))
        return lambda value: None if value is None else inner(value)
    if origin is frozenset:
        each = _encoder(args[0])
        return lambda value: (
            sorted(each(part) for part in value) if isinstance(value, frozenset) else _raise(_refuse(hint, value))
        )
    if origin is tuple:
        return _tuple_encoder(hint, args)
    scalars: dict[Any, type] = {str: str, bool: bool, int: Integral, float: Real}
    return _scalar(hint, scalars[hint])


def _tuple_encoder(hint: Any, args: tuple[Any, ...]) -> Turn:
    each = [_encoder(part) for part in args if part is not Ellipsis]
    endless = args[-1] is Ellipsis

    def encode(value: Any) -> Any:
        if not isinstance(value, tuple) or not (endless or len(value) == len(each)):
            raise _refuse(hint, value)
        return [each[0](part) for part in value] if endless else [f(part) for f, part in zip(each, value, strict=True)]

    return encode


def _dataclass_encoder(kind: type) -> Turn:
    hints = get_type_hints(kind)
    each = [(f.name, _encoder(hints[f.name])) for f in fields(kind)]

    def encode(value: Any) -> Any:
        if type(value) is not kind:
            raise _refuse(kind, value)
        return {name: f(getattr(value, name)) for name, f in each}

    return encode


@cache
def _decoder(hint: Any) -> Turn:
    """A function from plain JSON values to a value of this declared type."""
    origin, args = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _dataclass_decoder(cast("type", hint))
    if origin in (Union, types.UnionType):
        inner = _decoder(_optional(args))
        return lambda plain: None if plain is None else inner(plain)
    if origin is frozenset:
        one = _decoder(args[0])
        return lambda plain: frozenset(one(part) for part in plain)
    if origin is tuple:
        each = [_decoder(part) for part in args if part is not Ellipsis]
        if args[-1] is Ellipsis:
            return lambda plain: tuple(each[0](part) for part in plain)
        return lambda plain: tuple(f(part) for f, part in zip(each, plain, strict=True))
    return lambda plain: plain


def _dataclass_decoder(kind: type) -> Turn:
    hints = get_type_hints(kind)
    each = [(f.name, _decoder(hints[f.name]), f.default is MISSING and f.default_factory is MISSING)
            for f in fields(kind)]  # fmt: skip

    def decode(plain: Any) -> Any:
        return kind(**{name: f(plain[name]) for name, f, needed in each if needed or name in plain})

    return decode


def _optional(args: tuple[Any, ...]) -> Any:
    (inner,) = [part for part in args if part is not type(None)]
    return inner


def _raise(exc: Exception) -> Any:
    raise exc
