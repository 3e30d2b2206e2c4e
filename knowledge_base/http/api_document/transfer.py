"""Import and export."""

from __future__ import annotations

from knowledge_base.http.api_document.editing import STATE
from knowledge_base.http.api_document.operations import (
    BOOLEAN,
    Answer,
    Operation,
    Parameter,
    Schema,
    Subject,
    array,
    integer,
    nullable,
    record,
    ref,
    string,
)
from knowledge_base.http.routes_import import JSONL_TYPE
from knowledge_base.importing.plan import Outcome

SWITCH = string(enum=["0", "1", "false", "true"])
PLACE: dict[str, Schema] = {
    "row": integer("line, row of a table, or running number of a document", minimum=0),
    "file": string("the path inside a zip"),
    "external_id": nullable(string()),
}
REPORT: dict[str, Schema] = {
    "created": integer(minimum=0),
    "changed": integer(minimum=0),
    "unchanged": integer(minimum=0),
    "refused": array(record(PLACE | {"error": string()}, ["file"])),
    "rows": array(
        record(
            PLACE
            | {
                "outcome": string(enum=[outcome.value for outcome in Outcome]),
                "id": nullable(string()),
                "why": string("which fields changed, or why it is refused"),
            },
            ["file", "why"],
        )
    ),
    "ignored": array(string("a file that holds no articles")),
    "dry_run": BOOLEAN,
    "written": {"type": "boolean", "description": "whether anything was changed"},
    "generation": integer(minimum=0),
}

TRANSFER = Subject(
    "Import and export",
    {
        ("POST", "/v1/import"): Operation(
            "Take over a file of articles, whole or not at all, and report on every row",
            Answer(schema=record(REPORT)),
            "With `strict` a file with refused rows changes nothing, and 400 brings the report.",
            query=(
                Parameter("dry_run", SWITCH),
                Parameter("strict", SWITCH),
                Parameter("language", string("of rows that do not say", pattern="^[a-z]{2}$")),
                Parameter("state", STATE),
            ),
            body=record({"file": string("JSONL, CSV, Markdown, HTML, DOCX, PDF or a zip of these", format="binary")}),
            body_type="multipart/form-data",
            refusals={400: {"anyOf": [ref("Error"), record({"error": string(), "field": string()} | REPORT)]}},
        ),
        ("GET", "/v1/export"): Operation(
            "Send every article with all its versions as JSONL", Answer(content_type=JSONL_TYPE)
        ),
    },
)
