"""Tables of `[models]` in a settings file, checked field by field. Imports no client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from nutgraf.errors import InputError

Api = Literal["chat", "responses", "messages"]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One endpoint as its table describes it. Prices are US dollars per million tokens."""

    name: str
    model: str
    base_url: str = ""
    key_env: str = ""
    api: Api = "chat"
    provider: str = ""
    key_header: str = ""
    api_version: str = ""
    structured: bool = False
    prompt_cache: bool = False
    no_finish_reason: bool = False
    prefill: bool | None = None
    max_tokens_as: str = ""
    omit: Sequence[str] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    connections_at_most: int = 64
    hedge: bool = False
    input_usd: float = 0.0
    output_usd: float = 0.0
    cached_usd: float | None = None

    @property
    def where(self) -> str:
        """The model and the host it is at, without anything secret."""
        host = urlsplit(self.base_url).netloc.rpartition("@")[2]
        return f"{self.model} at {host or self.provider}"


_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, "a text"),
    "Api": (str, "a text"),
    "bool": (bool, "true or false"),
    "bool | None": (bool, "true or false"),
    "int": (int, "a whole number above zero"),
    "float": ((int, float), "a number not below zero"),
    "float | None": ((int, float), "a number not below zero"),
    "Sequence[str]": (list, "a list of texts"),
    "Mapping[str, Any]": (Mapping, "a table"),
}
_FIELDS = {knob.name: knob for knob in fields(Table) if knob.name != "name"}


def read_table(name: str, models: Mapping[str, Any]) -> Table:
    """The checked table of an endpoint; InputError names the field that is wrong with it and what it must be."""
    table = models[name]
    if not isinstance(table, Mapping):
        raise InputError(f"models.{name}: must be a table with base_url and model, such as [models.{name}]")
    if unknown := table.keys() - _FIELDS.keys():
        raise InputError(f"models.{name}: unknown field {min(unknown)}; known are {', '.join(sorted(_FIELDS))}")
    for key, value in table.items():
        kind, words = _KINDS[str(_FIELDS[key].type)]
        fits = isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool)
        if not fits or (isinstance(value, list) and not all(isinstance(part, str) for part in value)):
            raise InputError(f"models.{name}: {key} must be {words}, got {value!r:.80}")
        if isinstance(value, int | float) and value < (1 if kind is int else 0):
            raise InputError(f"models.{name}: {key} must be {words}, got {value!r:.80}")
    needed = {knob.name for knob in _FIELDS.values() if knob.default is MISSING and knob.default_factory is MISSING}
    needed |= set() if table.get("provider") else {"base_url"}
    if missing := needed - table.keys():
        raise InputError(f"models.{name}: {' and '.join(sorted(missing))} missing")
    if table.get("api", "chat") not in get_args(Api):
        raise InputError(f"models.{name}: api must be one of {', '.join(get_args(Api))}, got {table['api']!r:.80}")
    return Table(name=name, **table)
