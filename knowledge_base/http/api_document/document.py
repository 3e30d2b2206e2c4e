"""The whole document: every subject joined, with what all routes have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from knowledge_base.http.api_document.answers import ANSWERS
from knowledge_base.http.api_document.editing import EDITING
from knowledge_base.http.api_document.gaps import GAPS
from knowledge_base.http.api_document.operations import (
    ERROR,
    JSON_TYPE,
    Answer,
    Operation,
    Schema,
    Subject,
    integer,
    record,
    ref,
    string,
)
from knowledge_base.http.api_document.searching import SEARCHING
from knowledge_base.http.api_document.transfer import TRANSFER
from knowledge_base.http.permissions import GRANTS, ROUTES, Right

VERSION = "1"
DOCUMENT = Subject(
    "This document",
    {
        ("GET", "/openapi.json"): Operation("Return this document", Answer(schema={"type": "object"})),
        ("GET", "/docs"): Operation("Show this document to people", Answer(content_type="text/html")),
    },
    {
        ERROR: record(
            {
                "error": string("what is wrong, with the limit"),
                "field": string("the field that is at fault"),
                "retry_after_s": integer("seconds after which to try again"),
            },
            ["field", "retry_after_s"],
        )
    },
)
PAGE = Subject(
    "The editor's page",
    {
        ("GET", "/editor"): Operation("Show the editor's page", Answer(content_type="text/html")),
        ("GET", "/editor/<name:path>"): Operation(
            "Return a file of the page", Answer(content_type="text/javascript"), refusals={404: ref(ERROR)}
        ),
    },
)
SUBJECTS = (SEARCHING, EDITING, TRANSFER, GAPS, ANSWERS, PAGE, DOCUMENT)
REFUSALS: Mapping[int, str] = {
    400: "A field cannot be used.",
    401: "The service token, or the account, is missing or wrong.",
    403: "The account lacks the role.",
    404: "Nothing has this id.",
    409: "Somebody else was first.",
    413: "The body, or a field, is larger than its limit.",
    503: "Starting, or the database cannot be read or written.",
}
PARAMETER = re.compile(r"<(\w+):\w+>")


def operations() -> dict[tuple[str, str], Operation]:
    """Return every operation by method and path, as in `permissions.ROUTES`."""
    return {route: operation for subject in SUBJECTS for route, operation in subject.operations.items()}


@lru_cache(maxsize=1)
def document() -> Mapping[str, Any]:
    """Return the OpenAPI document."""
    paths: dict[str, dict[str, Any]] = {}
    for subject in SUBJECTS:
        for (method, path), operation in subject.operations.items():
            entry = paths.setdefault(PARAMETER.sub(r"{\1}", path), {})
            entry[method.lower()] = _operation(subject, (method, path), operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tandem: knowledge base",
            "version": VERSION,
            "description": "Unknown fields of a request are ignored; answers may get further fields.",
        },
        "tags": [{"name": subject.name} for subject in SUBJECTS],
        "paths": paths,
        "components": {
            "schemas": {name: schema for subject in SUBJECTS for name, schema in subject.schemas.items()},
            "securitySchemes": {"service_token": {"type": "http", "scheme": "bearer"}},
        },
    }


def who_may(right: Right) -> str:
    """Return in words who has a right."""
    if right is Right.OPEN:
        return "everybody"
    return ", ".join([*sorted(GRANTS[right]), "parts of Tandem"])


def _operation(subject: Subject, route: tuple[str, str], operation: Operation) -> dict[str, Any]:
    right = ROUTES[route]
    described = {
        "tags": [subject.name],
        "operationId": _operation_id(*route),
        "summary": operation.summary,
        "description": " ".join(filter(None, [operation.description, f"For: {who_may(right)}."])),
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in PARAMETER.findall(route[1])
        ]
        + [
            {"name": parameter.name, "in": "query", "required": False, "schema": parameter.schema}
            for parameter in operation.query
        ],
        "responses": _responses(right, operation),
        "security": [] if right is Right.OPEN else [{"service_token": []}],
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.body_required,
            "content": {operation.body_type: {"schema": operation.body}},
        }
    return described


def _responses(right: Right, operation: Operation) -> dict[str, Any]:
    answer = operation.answer
    refusals: dict[int, Schema] = {400: ref(ERROR), 503: ref(ERROR)}
    if right is not Right.OPEN:
        refusals |= {401: ref(ERROR), 403: ref(ERROR)}
    if operation.body is not None:
        refusals[413] = ref(ERROR)
    refusals |= operation.refusals
    content = {} if answer.content_type is None else {answer.content_type: {"schema": answer.schema or {}}}
    done = {str(answer.status): {"description": "Done."} | ({"content": content} if content else {})}
    done |= {
        str(status): {"description": "Done.", "content": {JSON_TYPE: {"schema": schema}}}
        for status, schema in operation.also.items()
    }
    return done | {
        str(status): {"description": REFUSALS[status], "content": {JSON_TYPE: {"schema": schema}}}
        for status, schema in sorted(refusals.items())
    }


def _operation_id(method: str, path: str) -> str:
    words = re.findall(r"[a-z0-9]+", PARAMETER.sub(r"by_\1", path).lower())
    return "_".join([method.lower(), *words])
