"""The knowledge base for people: the editor's page and `/knowledge/v1/…`, on one origin and with one sign-in.

Here it is only asked whether somebody is signed in; the knowledge base has the table of who may do what there.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
from sanic import Blueprint, Request
from sanic.http import Http

from handoff_gateway.access.auth import Principal
from handoff_gateway.core.permissions import Right
from handoff_gateway.errors import NotFoundError, TooLargeError
from handoff_gateway.http.http_edge import guarded, services_of
from handoff_gateway.http.routes_pages import page_headers
from handoff_gateway.knowledge.pass_through import ANSWERED, Passed, kept, path_of

MAX_BODY_BYTES = 2 * 1024 * 1024  # an article of 200,000 letters of up to four bytes, twice: its text and the rest
MAX_IMPORT_BYTES = 50 * 1024 * 1024
DEADLINE_S = 30.0  # an answer diff asks hundreds of questions
TRANSFER_DEADLINE_S = 1800.0  # converting hundreds of documents; as long as the knowledge base gives itself
SLACK_S = 10.0  # after the deadline, for the refusal to be sent
IMPORT = "v1/import"
TRANSFERS = (IMPORT, "v1/export")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODILESS = (httpx.codes.NO_CONTENT, httpx.codes.NOT_MODIFIED)
DOCUMENTS = ("docs", "openapi.json")

logger = logging.getLogger(__name__)
blueprint = Blueprint("knowledge")


@blueprint.get("/editor")
@guarded(Right.PUBLIC)
async def editor(request: Request) -> None:
    """Show the editor's page; it asks for a sign-in itself."""
    await _hand_on(request, "editor")


@blueprint.get("/editor/<path:path>")
@guarded(Right.PUBLIC)
async def editor_file(request: Request, path: str) -> None:
    """Serve what the editor's page is made of."""
    await _hand_on(request, f"editor/{path}")


@guarded(Right.USE_KNOWLEDGE)
async def knowledge(request: Request, path: str) -> None:
    """Hand a request on to the knowledge base, in the name of who is signed in."""
    if not path.startswith("v1/") and not (path in DOCUMENTS and request.method == "GET"):
        raise NotFoundError("there is no such page")
    await _hand_on(request, path)


# As a stream: what is too long must not be read, and an import must not fill the memory.
blueprint.add_route(knowledge, "/knowledge/<path:path>", methods=METHODS, stream=True)


async def _hand_on(request: Request, path: str) -> None:
    principal: Principal = request.ctx.principal
    transfer = path in TRANSFERS
    deadline_s = TRANSFER_DEADLINE_S if transfer else DEADLINE_S
    limit = MAX_IMPORT_BYTES if path == IMPORT else MAX_BODY_BYTES
    passed = Passed(request.method, path_of(path), request.query_string, request.headers, principal.account, deadline_s)
    ask = services_of(request).pass_through.ask
    # Sanic's own limit is for routes that answer within seconds. It belongs to the connection, so it is put back.
    protocol: Any = request.protocol
    usual = protocol.response_timeout
    protocol.response_timeout = deadline_s + SLACK_S
    try:
        async with (
            kept(_body(request, limit), limit, TRANSFER_DEADLINE_S) as (body, size),
            ask(passed, body, size) as answer,
        ):
            await _hand_over(request, answer)
    finally:
        protocol.response_timeout = usual


async def _body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Read the body piece by piece. Raises TooLargeError before reading what says it is too long."""
    stream = request.stream
    if not isinstance(stream, Http) or not stream.request_body:
        return
    if (stream.request_bytes_left or 0) > limit:  # what Content-Length says; a chunked body says nothing
        raise TooLargeError(f"body: more than the limit of {limit} bytes")
    stream.request_max_size = limit  # instead of the gateway's own, for this request
    while piece := await stream.read():
        yield piece


async def _hand_over(request: Request, answer: httpx.Response) -> None:
    """Send an answer on as it comes; one that breaks off breaks off here too, and cannot pass for a whole one."""
    headers = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
    headers.setdefault("cache-control", "no-store")
    if answer.status_code in BODILESS:
        headers.pop("content-length", None)
    response = await request.respond(
        status=answer.status_code,
        headers=page_headers(request) | headers,
        content_type=answer.headers.get("content-type"),
    )
    try:
        async for piece in answer.aiter_raw():
            await response.send(piece)
        await response.eof()
    except httpx.HTTPError:
        logger.warning("the knowledge base broke off an answer", exc_info=True, extra={"path": request.path})
        transport: Any = request.transport  # Sanic's type for it lacks what every transport has
        transport.abort()
