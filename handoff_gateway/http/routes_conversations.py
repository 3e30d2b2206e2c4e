"""Conversations over HTTP: lists, logs, and messages of agents and integrations."""

from __future__ import annotations

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json

from handoff_gateway.access.auth import Principal
from handoff_gateway.core.commands import AgentSends, SystemSends
from handoff_gateway.core.events import Owner
from handoff_gateway.core.permissions import Right
from handoff_gateway.errors import BadFrameError
from handoff_gateway.http.http_edge import body_of, guarded, services_of, text_of
from handoff_gateway.live.views import summary
from handoff_gateway.store.projection import Query
from handoff_gateway.times import to_text
from handoff_gateway.wire import MAX_FRAME_BYTES, MAX_ID_LENGTH, MAX_INTEGER

MAX_QUERY_LENGTH = 200

blueprint = Blueprint("conversations", url_prefix="/v1/conversations")


@blueprint.get("/")
@guarded(Right.READ_CONVERSATIONS)
async def conversations(request: Request) -> HTTPResponse:
    """List conversations, newest change first: `?owner=&team=&agent=&q=&cursor=`."""
    query = Query(
        owner=_argument(request, "owner"),
        agent=_argument(request, "agent"),
        team=_argument(request, "team"),
        text=_argument(request, "q"),
        cursor=_argument(request, "cursor"),
    )
    if query.owner is not None and query.owner not in {owner.value for owner in Owner}:
        raise BadFrameError(f"owner: must be one of {', '.join(owner.value for owner in Owner)}")
    services = services_of(request)
    entries, cursor = await services.desk.find(query)
    return json({"conversations": [summary(entry, services.board) for entry in entries], "next_cursor": cursor})


@blueprint.get("/<conversation_id:str>")
@guarded(Right.READ_CONVERSATIONS)
async def conversation(request: Request, conversation_id: str) -> HTTPResponse:
    """Show one conversation."""
    services = services_of(request)
    return json(summary(await services.desk.entry(conversation_id), services.board))


@blueprint.get("/<conversation_id:str>/events")
@guarded(Right.READ_CONVERSATIONS)
async def events(request: Request, conversation_id: str) -> HTTPResponse:
    """Show the next events after `?after=`; ask again after the last one until there are none."""
    after = _argument(request, "after") or "0"
    if not after.isascii() or not after.isdigit() or len(after) > 16 or int(after) > MAX_INTEGER:
        raise BadFrameError("after: must be a whole number from 0")
    desk = services_of(request).desk
    await desk.entry(conversation_id)
    return json({"events": [recorded.to_json() for recorded in await desk.read(conversation_id, int(after))]})


@blueprint.post("/<conversation_id:str>/events/<seq:int>/reveal")
@guarded(Right.REVEAL)
async def reveal(request: Request, conversation_id: str, seq: int) -> HTTPResponse:
    """Show the whole text of a masked message, once; it is written down and destroyed."""
    text = await services_of(request).redactor.reveal(conversation_id, seq, request.ctx.principal.name)
    return json({"text": text}, headers={"Cache-Control": "no-store"})


@blueprint.post("/<conversation_id:str>/messages")
@guarded(Right.POST_MESSAGES)
async def post_message(request: Request, conversation_id: str) -> HTTPResponse:
    """Write to the customer: `{client_message_id?, text}`, as the agent who holds the conversation or as the system."""
    body = body_of(request)
    text = text_of(body, "text", most=MAX_FRAME_BYTES)
    client_message_id = None
    if body.get("client_message_id") is not None:
        client_message_id = text_of(body, "client_message_id", most=MAX_ID_LENGTH)
    principal: Principal = request.ctx.principal
    command: AgentSends | SystemSends = SystemSends(client_message_id, text)
    if principal.account is not None:
        command = AgentSends(principal.account.agent, client_message_id, text)
    outcome = await services_of(request).desk.perform(conversation_id, command)
    stored = outcome.repeated or outcome.recorded[0]
    answer = {"seq": stored.seq, "at": to_text(stored.at), "client_message_id": client_message_id}
    return json(answer, status=201 if outcome.repeated is None else 200)


def _argument(request: Request, name: str) -> str | None:
    value = request.args.get(name)
    if value is None or value == "":
        return None
    if len(value) > MAX_QUERY_LENGTH:
        raise BadFrameError(f"{name}: at most {MAX_QUERY_LENGTH} characters")
    if "\x00" in value:
        raise BadFrameError(f"{name}: holds a NUL character")
    return str(value)
