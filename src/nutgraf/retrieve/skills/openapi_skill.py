"""Operations of an HTTP service that an OpenAPI document (3.0 or 3.1) describes, as skills."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from nutgraf.errors import InputError, TooLarge
from nutgraf.orchestration import Partition, SkillSpec
from nutgraf.registry import SKILL_NAME
from nutgraf.retrieve.skills.http import Service
from nutgraf.retrieve.skills.skill import Call, Skill

DOCUMENT_AT_MOST_BYTES = 5_000_000
REFERENCES_AT_MOST = 12
SCHEMA_PARTS_AT_MOST = 2_000
METHODS = ("get", "head", "post", "put", "patch", "delete")
SIDE_EFFECTS = "x-nutgraf-side-effects"
_OWN_HEADERS = ("accept", "authorization", "content-type", "host", "connection", "content-length", "cookie")
_PATH = re.compile(r"\{([^{}]+)\}")


def openapi_skills(
    document: str | bytes | Mapping[str, Any], *, base_url: str, only: Collection[str] = (),
    partition: Partition = "public", headers: Mapping[str, str] | None = None, service: Service | None = None,
) -> tuple[Skill, ...]:  # fmt: skip
    """One skill for each operation, named after its operationId; with `only` those that are named there.

    `document` is JSON, YAML or what was read from them; `base_url` is where it is served, whatever the document says,
    and `headers` go with every request. Path, query and header parameters and a JSON body become arguments. GET and
    HEAD have no side effects, everything else has, unless the operation says otherwise with `x-nutgraf-side-effects`.
    All skills share one pool of connections. Raises InputError naming the operation that cannot be used.
    """
    root = _read(document)
    service = service or Service("openapi", base_url, headers=headers)
    found: dict[str, Skill] = {}
    try:
        for method, path, operation in _operations(root, only):
            skill = _Operation.read(root, method, path, operation).skill(service, partition)
            if skill.spec.name in found:
                raise InputError(f"openapi: operationId {skill.spec.name!r} is used twice")
            found[skill.spec.name] = skill
    except (AttributeError, TypeError, KeyError, ValueError) as exc:
        raise InputError(f"openapi: the document is not built as OpenAPI says ({type(exc).__name__}: {exc})") from exc
    if missing := [name for name in only if name not in found]:
        raise InputError(f"openapi: the document has no operation {', '.join(map(repr, missing))}")
    return tuple(found.values())


def _read(document: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        raw = document.encode() if isinstance(document, str) else document
        if len(raw) > DOCUMENT_AT_MOST_BYTES:
            raise TooLarge(f"openapi: the document has {len(raw):,} bytes; at most {DOCUMENT_AT_MOST_BYTES:,}")
        try:
            document = orjson.loads(raw) if raw.lstrip()[:1] == b"{" else _yaml(raw)
        except orjson.JSONDecodeError as exc:
            raise InputError(f"openapi: the document is no JSON ({exc})") from exc
    version = str(document.get("openapi", "")) if isinstance(document, Mapping) else ""
    if not isinstance(document, Mapping) or not version.startswith(("3.0", "3.1")):
        raise InputError(f"openapi: the document must say `openapi: 3.0…` or `3.1…`, it says {version or 'nothing'!r}")
    return document


def _yaml(raw: bytes) -> Any:
    import yaml

    class Plain(yaml.SafeLoader):
        """YAML without aliases, which can unfold to anything."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            """As SafeLoader, but an alias is refused."""
            if self.check_event(yaml.events.AliasEvent):
                raise yaml.YAMLError("aliases are not read")
            return super().compose_node(parent, index)

    try:
        return yaml.load(raw, Plain)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        raise InputError(f"openapi: the document is no YAML ({str(exc).splitlines()[0]})") from exc


def _operations(root: Mapping[str, Any], only: Collection[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of those that have an operationId and were asked for."""
    for path, listed in (root.get("paths") or {}).items():
        item = _resolved(root, listed)
        for method in METHODS:
            operation = item.get(method)
            if not isinstance(operation, Mapping) or "operationId" not in operation:
                continue
            if not only or operation["operationId"] in only:
                own = operation.get("parameters", ())
                yield method, str(path), {**operation, "parameters": [*item.get("parameters", ()), *own]}


def _resolved(root: Mapping[str, Any], part: Any) -> Mapping[str, Any]:
    """A part of the document, with references inside the document followed."""
    for _ in range(REFERENCES_AT_MOST):
        if not isinstance(part, Mapping):
            break
        if "$ref" not in part:
            return part
        part = _at(root, str(part["$ref"]))
    raise InputError("openapi: a part of the document is no object, or refers to itself")


def _at(root: Mapping[str, Any], ref: str) -> Any:
    if not ref.startswith("#/"):
        raise InputError(f"openapi: {ref!r} lies outside the document; only references inside it are followed")
    found: Any = root
    for key in (part.replace("~1", "/").replace("~0", "~") for part in ref[2:].split("/")):
        if not isinstance(found, Mapping) or key not in found:
            raise InputError(f"openapi: nothing is at {ref!r}")
        found = found[key]
    return found


class _Schemas:
    """Schemas with their references followed; one that contains itself accepts anything at that place."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root, self._left = root, SCHEMA_PARTS_AT_MOST

    def whole(self, schema: Any, above: tuple[str, ...] = ()) -> dict[str, Any]:
        """The schema without references. InputError when it unfolds to more than 2,000 parts."""
        self._left -= 1
        if self._left < 0:
            raise InputError(f"openapi: the schemas of one operation have more than {SCHEMA_PARTS_AT_MOST:,} parts")
        if not isinstance(schema, Mapping):
            return {}
        if "$ref" in schema:
            ref = str(schema["$ref"])
            return {} if ref in above else self.whole(_at(self._root, ref), (*above, ref))
        made = {key: part for key, part in schema.items() if key != "default"}  # the service knows its defaults
        for word in ("items", "additionalProperties"):
            if isinstance(made.get(word), Mapping):
                made[word] = self.whole(made[word], above)
        for word in ("anyOf", "oneOf", "allOf"):
            if isinstance(made.get(word), list):
                made[word] = [self.whole(one, above) for one in made[word]]
        if isinstance(made.get("properties"), Mapping):
            made["properties"] = {key: self.whole(one, above) for key, one in made["properties"].items()}
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Operation:
    """One operation: how it is asked, and where each argument goes (argument → place and name there)."""

    name: str
    method: str
    path: str
    summary: str
    when: str
    side_effects: bool
    schema: dict[str, Any]
    places: Mapping[str, tuple[str, str]]

    @classmethod
    def read(cls, root: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> _Operation:
        """An operation as the document describes it."""
        name = str(operation["operationId"])
        if not SKILL_NAME.fullmatch(name):
            raise InputError(f"openapi: operationId {name!r} must match {SKILL_NAME.pattern}")
        schemas, properties = _Schemas(root), {}
        required: list[str] = []
        places: dict[str, tuple[str, str]] = {}
        for one in (_resolved(root, listed) for listed in operation["parameters"]):
            where, key = str(one.get("in")), str(one.get("name"))
            if where not in ("path", "query", "header"):
                if one.get("required"):
                    raise InputError(f"openapi: {name} needs the {where} parameter {key!r}, which cannot be sent")
                continue
            if where == "header" and key.lower() in (*_OWN_HEADERS, "idempotency-key"):
                continue
            properties[key] = {**schemas.whole(one.get("schema", {})), "description": str(one.get("description", ""))}
            places[key] = (where, key)
            if (one.get("required") or where == "path") and key not in required:
                required.append(key)
        _read_body(root, operation, schemas, properties, required, places)
        if missing := [key for key in _PATH.findall(path) if places.get(key, ("",))[0] != "path"]:
            raise InputError(f"openapi: {name} has no path parameter {', '.join(missing)}")
        told = operation.get("summary") or operation.get("description") or f"{method.upper()} {path}"
        return cls(
            name=name, method=method.upper(), path=path, summary=str(told).strip().splitlines()[0],
            when=str(operation.get("description") or "").strip()[:500],
            side_effects=bool(operation.get(SIDE_EFFECTS, method not in ("get", "head"))),
            schema={"type": "object", "properties": properties, "required": required, "additionalProperties": False},
            places=places,
        )  # fmt: skip

    def skill(self, service: Service, partition: Partition) -> Skill:
        """The operation as a skill."""
        spec = SkillSpec(
            name=self.name, version=1, summary=self.summary, when=self.when, parameters=self.schema,
            side_effects=self.side_effects, idempotent=self.method in ("GET", "HEAD", "PUT", "DELETE"),
            partition=partition, origin="openapi",
        )  # fmt: skip

        async def run(arguments: dict[str, Any], call: Call) -> Any:
            path, params, headers, body = self._request(arguments)
            if call.confirmed is not None:
                headers["Idempotency-Key"] = call.confirmed.idempotency_key
            answer = await service.ask(self.method, path, call.deadline, params=params, headers=headers, body=body)
            return answer.value

        return Skill(spec, run)

    def _request(self, arguments: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]], dict[str, str], Any]:
        """Path, query, headers and body for these arguments."""
        inside: dict[str, str] = {}
        params: list[tuple[str, str]] = []
        headers: dict[str, str] = {}
        body: Any = None
        for key, value in arguments.items():
            where, name = self.places[key]
            if where == "path":
                inside[name] = _segment(self.name, name, value)
            elif where == "query":
                params += [(name, _text(one)) for one in (value if isinstance(value, (list, tuple)) else [value])]
            elif where == "header":
                headers[name] = _text(value)
            elif where == "whole":
                body = value
            else:
                body = {**(body or {}), name: value}
        return _PATH.sub(lambda match: inside[match[1]], self.path), params, headers, body


def _read_body(
    root: Mapping[str, Any], operation: Mapping[str, Any], schemas: _Schemas, properties: dict[str, Any],
    required: list[str], places: dict[str, tuple[str, str]],
) -> None:  # fmt: skip
    """Add the arguments of a JSON body: the properties of an object one by one, anything else as `body`."""
    if "requestBody" not in operation:
        return
    body = _resolved(root, operation["requestBody"])
    content = body.get("content") or {}
    media = next((one for kind, one in content.items() if str(kind).split(";")[0].endswith("json")), None)
    if media is None:
        if body.get("required"):
            raise InputError(f"openapi: {operation['operationId']} takes {', '.join(content)}; only JSON can be sent")
        return
    schema = schemas.whole(media.get("schema", {}))
    inner = schema.get("properties")
    if isinstance(inner, Mapping) and not set(inner) & set(properties):
        properties.update(inner)
        places.update({key: ("body", key) for key in inner})
        required += [key for key in schema.get("required", ()) if body.get("required") and key in inner]
    else:
        name = "body" if "body" not in properties else "request_body"
        properties[name] = schema
        places[name] = ("whole", name)
        required += [name] if body.get("required") else []


def _segment(skill: str, name: str, value: Any) -> str:
    """A value as one segment of a path, which it never leaves."""
    text = _text(value)
    if text in ("", ".", ".."):
        raise InputError(f"skill {skill}: {name} must be a value that can stand in a path, got {text!r}")
    return quote(text, safe="")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else orjson.dumps(value).decode()
