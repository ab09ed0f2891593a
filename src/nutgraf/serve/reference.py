"""The API's reference as one plain page, made here from the OpenAPI document: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/app.css">
</head>
<body>
<main>
<h1>{title}</h1>
<p>{summary}</p>
<p><a href="/openapi.json">OpenAPI document</a></p>
{body}
</main>
</body>
</html>
"""


def reference(document: dict[str, Any]) -> str:
    """The page for an OpenAPI document."""
    info = document["info"]
    parts = [
        part
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for part in _operation(method, path, operation)
    ]
    schemas = [part for name, schema in document["components"]["schemas"].items() for part in _schema(name, schema)]
    return PAGE.format(
        title=escape(f"{info['title']} {info['version']}"),
        summary=escape(info.get("summary", "")),
        body="\n".join([*parts, "<h2>Values</h2>", *schemas]),
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
    yield f"<p>{escape(operation.get('description') or operation.get('summary', ''))}</p>"
    rows = [
        (f"{p['name']} ({p['in']})", _type(p["schema"]), p.get("description", ""))
        for p in operation.get("parameters", ())
    ]
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    rows += [("body", _type(content["schema"]), "") for content in bodies]
    if rows:
        yield _table(rows)
    for status, answer in operation["responses"].items():
        kinds = ", ".join(f"{k} {_type(v.get('schema', {}))}" for k, v in answer.get("content", {}).items())
        yield f"<p><strong>{status}</strong> {escape(answer['description'])} {kinds}</p>"


def _schema(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f'<h3 id="{escape(name)}">{escape(name)}</h3>'
    yield f"<p>{escape(schema.get('description', ''))}</p>"
    needed = schema.get("required", ())
    rows = [(f, _type(s), "required" if f in needed else "") for f, s in schema.get("properties", {}).items()]
    if rows:
        yield _table(rows)


def _table(rows: list[tuple[str, str, str]]) -> str:
    cells = (f"<tr><td><code>{escape(a)}</code></td><td>{b}</td><td>{escape(c)}</td></tr>" for a, b, c in rows)
    return f"<table>{''.join(cells)}</table>"


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words of HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    if "enum" in schema or "const" in schema:
        return " or ".join(escape(str(value)) for value in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("type", "anything")))
