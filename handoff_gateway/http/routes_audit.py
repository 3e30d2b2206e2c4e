"""The audit log, for administrators."""

from __future__ import annotations

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json

from handoff_gateway.core.permissions import Right
from handoff_gateway.errors import BadFrameError
from handoff_gateway.http.http_edge import guarded, services_of
from handoff_gateway.store import audit

MAX_ID_DIGITS = 15

blueprint = Blueprint("audit", url_prefix="/v1")


@blueprint.get("/audit")
@guarded(Right.READ_AUDIT)
async def entries(request: Request) -> HTTPResponse:
    """Show what was done, newest first; `?before=` with the last id goes on."""
    before = request.args.get("before")
    if before is not None and not (before.isascii() and before.isdigit() and len(before) <= MAX_ID_DIGITS):
        raise BadFrameError("before: must be an id of an entry")
    found = await services_of(request).database.read(lambda tx: audit.read(tx, None if before is None else int(before)))
    return json({"audit": found}, headers={"Cache-Control": "no-store"})
