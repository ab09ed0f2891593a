"""Agents as a use case writes them down: `usecase.toml`, read into `Agent` values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from nutgraf.errors import InputError
from nutgraf.orchestration import Agent, BlendRules, Facet, Form
from nutgraf.types import ITEM_KINDS, FactKind

FILE = "usecase.toml"
#: What answers without any use case: the panel, and questions about the item.
BASIC: Mapping[str, Agent] = MappingProxyType(
    {
        "takeaways": Agent(
            name="takeaways", version=1, summary="The few points of an item that matter to this member.",
            form="takeaways", prompt="takeaways",
            sources=("item", "jobs", "courses", "people", "companies", "posts", "member"),
        ),
        "general": Agent(
            name="general", version=1, summary="Questions about the item and the records near it.", form="answer",
            prompt="answers", sources=("item", "related", "remembered"), continues=True,
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class UseCase:
    """A product built on Nutgraf: its agents by name, the folder of its prompts, and the file that says so."""

    name: str
    title: str
    agents: Mapping[str, Agent]
    prompts: Traversable | None = None
    file: str = ""


def load_usecase(folder: Traversable | Path) -> UseCase:
    """Read `usecase.toml` of a use case. Raises InputError naming the file, the agent and the field that is wrong."""
    file = folder.joinpath(FILE)
    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except OSError as exc:
        raise InputError(f"use case {folder}: {FILE} cannot be read ({exc.strerror})") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise InputError(f"use case {folder}: {FILE} is not valid TOML ({exc})") from exc
    name = found.get("name")
    if not isinstance(name, str) or not name:
        raise InputError(f"use case {folder}: `name` is missing in {FILE}")
    try:
        agents = [_agent(table) for table in found.get("agents", ())]
    except InputError as exc:
        raise InputError(f"{file}: {exc}") from None
    if len({agent.name for agent in agents}) < len(agents):
        raise InputError(f"use case {name!r}: two agents have one name; give each its own")
    if not any(agent.form == "takeaways" for agent in agents):
        raise InputError(f"use case {name!r}: no agent has the form `takeaways`; add one")
    prompts = folder.joinpath("prompts")
    return UseCase(
        name=name,
        title=str(found.get("title", name)),
        agents=MappingProxyType({agent.name: agent for agent in agents}),
        prompts=prompts if prompts.is_dir() else None,
        file=str(file),
    )


def _agent(table: Mapping[str, Any]) -> Agent:
    where = f"agent {table.get('name', '?')!r}"
    values = dict(_checked(where, Agent, table))
    if values["form"] not in get_args(Form):
        raise InputError(f"{where}: form must be one of {', '.join(get_args(Form))}, got {values['form']!r}")
    if unknown := set(values.get("kinds", ())) - set(ITEM_KINDS):
        raise InputError(f"{where}: kinds: {min(unknown)!r} is no kind of item")
    rules = _checked(f"{where}: rules", BlendRules, table.get("rules", {}))
    facets = tuple(_facet(where, part) for part in table.get("facets", ()))
    if (values["form"] == "plan") != bool(facets):
        raise InputError(f"{where}: a plan has facets, and nothing else has")
    return Agent(**(values | {"rules": BlendRules(**rules), "facets": facets}))


def _facet(where: str, table: Mapping[str, Any]) -> Facet:
    values = _checked(f"{where}: facet {table.get('title', '?')!r}", Facet, table)
    allowed = {"kinds": ITEM_KINDS, "facts": get_args(FactKind)}
    for name, known in allowed.items():
        given = values.get(name, ())
        for value in given if isinstance(given, tuple) else (given,):
            if value not in known:
                raise InputError(f"{where}: facet {values['title']!r}: {name}: {value!r} is not known")
    return Facet(**values)


def _checked(where: str, cls: type[Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a table as a dataclass wants them; lists become tuples. InputError names what does not fit."""
    if not isinstance(table, Mapping):
        raise InputError(f"{where}: must be a table, got {table!r}")
    known = {field.name: field for field in fields(cls)}
    if unknown := table.keys() - known.keys():
        raise InputError(f"{where}: unknown field {min(unknown)!r}; known are {', '.join(sorted(known))}")
    needed = {name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    if missing := needed - table.keys():
        raise InputError(f"{where}: {min(missing)!r} is missing")
    return {name: _fitting(where, name, str(known[name].type), value) for name, value in table.items()}


def _fitting(where: str, name: str, hint: str, value: Any) -> Any:
    wanted: dict[str, tuple[type, ...]] = {
        "str": (str,), "int": (int,), "float": (int, float), "bool": (bool,), "tuple": (list,), "Mapping": (dict,),
    }  # fmt: skip
    kind = hint.split("[", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    fits = wanted.get(kind, (str,)) if name not in ("rules", "facets") else (dict, list)
    if not isinstance(value, fits) or (isinstance(value, bool) and kind != "bool"):
        raise InputError(f"{where}: {name} must be {kind.lower() if kind in wanted else 'text'}, got {value!r}")
    return tuple(value) if isinstance(value, list) else value
