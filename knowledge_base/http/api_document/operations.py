"""What a table of operations is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]  # a JSON schema (draft 2020-12) is untyped by nature

JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Parameter:
    """A parameter in the address."""

    name: str
    schema: Schema
    description: str = ""


@dataclass(frozen=True)
class Answer:
    """What a route answers when all went well.

    Attributes:
        schema: of the JSON; `None` for an answer without one.
        content_type: `None` for an empty answer.
    """

    status: int = 200
    schema: Schema | None = None
    content_type: str | None = JSON_TYPE


@dataclass(frozen=True)
class Operation:
    """One method of one route.

    Attributes:
        query: parameters after the `?`, all optional.
        body: schema of the JSON sent, `None` for none.
        body_type: of what is sent.
        refusals: statuses it may refuse with, besides those every route has; a schema a status.
        also: further statuses of an answer when all went well.
    """

    summary: str
    answer: Answer
    description: str = ""
    query: Sequence[Parameter] = ()
    body: Schema | None = None
    body_required: bool = True
    body_type: str = JSON_TYPE
    refusals: Mapping[int, Schema] = field(default_factory=dict)
    also: Mapping[int, Schema] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """The operations and schemas of one subject.

    Attributes:
        operations: by method and path, as in `permissions.ROUTES`.
        schemas: by the name that `ref` uses.
    """

    name: str
    operations: Mapping[tuple[str, str], Operation]
    schemas: Mapping[str, Schema] = field(default_factory=dict)


def ref(name: str) -> Schema:
    """Refer to a schema by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(fields: Mapping[str, Schema], optional: Sequence[str] = (), description: str = "") -> Schema:
    """Describe an object; every field but the optional ones is always there."""
    schema = {
        "type": "object",
        "properties": dict(fields),
        "required": [name for name in fields if name not in optional],
    }
    return schema | ({"description": description} if description else {})


def array(items: Schema, **limits: Any) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": items, **limits}


def string(description: str = "", **limits: Any) -> Schema:
    """Describe a text."""
    return {"type": "string", **limits} | ({"description": description} if description else {})


def number(description: str = "", **limits: Any) -> Schema:
    """Describe a number."""
    return {"type": "number", **limits} | ({"description": description} if description else {})


def integer(description: str = "", **limits: Any) -> Schema:
    """Describe a whole number."""
    return {"type": "integer", **limits} | ({"description": description} if description else {})


def nullable(schema: Schema) -> Schema:
    """Describe what may be null as well."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    known = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return dict(schema) | {"type": [schema["type"], "null"]} | known


def page(name: str, items: Schema, cursor: Schema) -> Schema:
    """Describe one page of a list."""
    return record({name: array(items), "next_cursor": nullable(cursor)})


BOOLEAN: Schema = {"type": "boolean"}
TIME = string(format="date-time")
DAY = string("a day such as 2026-12-31", format="date", pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
HTML = string("safe to show: no script, style, frame or event handler")
ERROR = "Error"
NOT_FOUND: Mapping[int, Schema] = {404: ref(ERROR)}
