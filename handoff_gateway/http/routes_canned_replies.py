"""Canned replies: agents read them at the desk, supervisors and administrators write them."""

from __future__ import annotations

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty, json

from handoff_gateway.core.permissions import Right
from handoff_gateway.http.http_edge import body_of, guarded, services_of
from handoff_gateway.store import canned_replies

blueprint = Blueprint("canned_replies", url_prefix="/v1/canned-replies")


@blueprint.get("/")
@guarded(Right.READ_TEAMS)
async def replies(request: Request) -> HTTPResponse:
    """List all canned replies, by title."""
    found = await services_of(request).database.read(canned_replies.every)
    return json({"canned_replies": [reply.to_json() for reply in found]})


@blueprint.post("/")
@guarded(Right.MANAGE_TEAMS)
async def add_reply(request: Request) -> HTTPResponse:
    """Write one: `{title, text, language?}`."""
    services, body = services_of(request), body_of(request)
    reply = await services.database.write(lambda tx: canned_replies.add(tx, body, services.clock()))
    return json({"canned_reply": reply.to_json()}, status=201)


@blueprint.put("/<reply_id:str>")
@guarded(Right.MANAGE_TEAMS)
async def change_reply(request: Request, reply_id: str) -> HTTPResponse:
    """Change the fields given; what is not given stays."""
    body = body_of(request)
    reply = await services_of(request).database.write(lambda tx: canned_replies.change(tx, reply_id, body))
    return json({"canned_reply": reply.to_json()})


@blueprint.delete("/<reply_id:str>")
@guarded(Right.MANAGE_TEAMS)
async def remove_reply(request: Request, reply_id: str) -> HTTPResponse:
    """Delete one; what was sent with it stays."""
    await services_of(request).database.write(lambda tx: canned_replies.remove(tx, reply_id))
    return empty()
