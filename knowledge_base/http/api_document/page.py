"""The document as a page for people: plain HTML, no script, no style, nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Node = Mapping[str, Any]
LIMITS = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern", "format")


def page(document: Node) -> str:
    """Return the page."""
    return "\n".join(_page(document)) + "\n"


def _page(document: Node) -> Iterator[str]:
    title = escape(document["info"]["title"])
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta name="color-scheme" content="light dark">\n<title>{title}</title>\n</head>\n<body>'
    yield f"<h1>{title}</h1>\n<p>{_prose(document['info']['description'])}</p>"
    yield '<p>For programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>'
    operations = [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2>"
        for name, operation in operations:
            if tag["name"] in operation["tags"]:
                yield from _operation(name, operation)
    yield "<h2>Schemas</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield f'<h3 id="{escape(name)}">{escape(name)}</h3>'
        yield _schema(schema)
    yield "</body>\n</html>"


def _operation(name: str, operation: Node) -> Iterator[str]:
    yield f'<h3 id="{escape(operation["operationId"])}"><code>{escape(name)}</code></h3>'
    yield f"<p>{_prose(operation['summary'])}.</p>\n<p>{_prose(operation['description'])}</p>"
    if operation["parameters"]:
        yield "<h4>In the address</h4>\n<dl>"
        for parameter in operation["parameters"]:
            yield f"<dt><code>{escape(parameter['name'])}</code></dt><dd>{_schema(parameter['schema'])}</dd>"
        yield "</dl>"
    if "requestBody" in operation:
        needed = "" if operation["requestBody"]["required"] else " (may be left out)"
        yield f"<h4>Body{needed}</h4>"
        for content_type, content in operation["requestBody"]["content"].items():
            yield f"<p><code>{escape(content_type)}</code></p>\n{_schema(content['schema'])}"
    yield "<h4>Answers</h4>\n<dl>"
    for status, answer in operation["responses"].items():
        yield f"<dt><strong>{escape(status)}</strong> {escape(answer['description'])}</dt>"
        for content in answer.get("content", {}).values():
            yield f"<dd>{_schema(content['schema'])}</dd>"
    yield "</dl>"


def _schema(schema: Node) -> str:
    """Return a schema in a few words, and the fields of an object as a list."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_schema(one) for one in schema["anyOf"])
    kinds = schema.get("type", "any value")
    words = [escape(kinds if isinstance(kinds, str) else " or ".join(kinds))]
    if "enum" in schema:
        words.append("one of " + ", ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"]))
    words += [f"{escape(name)} <code>{escape(_plain(schema[name]))}</code>" for name in LIMITS if name in schema]
    if "description" in schema:
        words.append(_prose(schema["description"]))
    text = " · ".join(words)
    if "items" in schema:
        text += " of " + _schema(schema["items"])
    if "properties" in schema:
        needed = set(schema.get("required", ()))
        fields = "".join(
            f"<dt><code>{escape(name)}</code>{'' if name in needed else ' (optional)'}</dt><dd>{_schema(field)}</dd>"
            for name, field in schema["properties"].items()
        )
        text += f"<dl>{fields}</dl>"
    return text


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _prose(text: str) -> str:
    """Escape a text, with what stands between backticks as code."""
    parts = text.split("`")
    return "".join(f"<code>{escape(part)}</code>" if place % 2 else escape(part) for place, part in enumerate(parts))
