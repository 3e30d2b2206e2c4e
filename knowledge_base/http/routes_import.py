"""The routes by which a base goes in and out."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint, HTTPResponse, Request, json

from knowledge_base.articles.articles import LANGUAGE, ArticleState
from knowledge_base.errors import InvalidRequestError
from knowledge_base.http.uploads import kept, receive
from knowledge_base.importing.importer import Order
from knowledge_base.importing.plan import Outcome
from knowledge_base.importing.records import Defaults
from knowledge_base.importing.report import report_json
from knowledge_base.service import KnowledgeBase

IMPORT_DEADLINE_S = 1_800  # converting hundreds of PDF documents; a table of 10,000 articles takes about a minute
EXPORT_PIECE = 256 * 1024
JSONL_TYPE = "application/x-ndjson"
REFUSED = 400

import_routes = Blueprint("knowledge_base_import")


@import_routes.post("/v1/import", stream=True)
async def import_file(request: Request) -> HTTPResponse:
    """Take over a file of articles, whole or not at all, and report on every row."""
    base: KnowledgeBase = request.app.ctx.base
    dry_run, strict = _switch(request, "dry_run"), _switch(request, "strict")
    defaults = _defaults(request)
    # Other routes answer within seconds. The limit belongs to the connection, so it is put back.
    protocol: Any = request.protocol  # Sanic's types say less than there is
    usual, protocol.response_timeout = protocol.response_timeout, IMPORT_DEADLINE_S
    try:
        async with base.importer.turn:  # before the body is read: waiting uploads take no memory
            upload = await receive(request, "file")
            async with kept(upload) as path:
                order = Order(path, upload.name, dry_run, strict, defaults, request.ctx.caller.author)
                del upload
                report = await base.importer.run(order)
    finally:
        protocol.response_timeout = usual
    refused = report.plan.count(Outcome.REFUSED)
    if strict and refused:
        return json({"error": f"file: {refused} rows are refused", "field": "file", **report_json(report)}, REFUSED)
    return json(report_json(report))


@import_routes.get("/v1/export")
async def export(request: Request) -> None:
    """Send every article with all its versions as JSONL."""
    base: KnowledgeBase = request.app.ctx.base
    file = await base.export()
    try:
        headers = {"Content-Disposition": 'attachment; filename="knowledge.jsonl"'}
        response = await request.respond(content_type=JSONL_TYPE, headers=headers)
        while piece := await asyncio.to_thread(file.read, EXPORT_PIECE):
            await response.send(piece)
        await response.eof()
    finally:
        file.close()


def _switch(request: Request, name: str) -> bool:
    value = request.args.get(name, "0")
    if value not in ("0", "1", "false", "true"):
        raise InvalidRequestError(name, "must be 0 or 1")
    return value in ("1", "true")


def _defaults(request: Request) -> Defaults:
    language = request.args.get("language", Defaults.language)
    if not LANGUAGE.fullmatch(language):
        raise InvalidRequestError("language", "must be a two-letter code such as 'en'")
    try:
        return Defaults(language, ArticleState(request.args.get("state", Defaults.state.value)))
    except ValueError:
        raise InvalidRequestError("state", f"must be one of {', '.join(ArticleState)}") from None
