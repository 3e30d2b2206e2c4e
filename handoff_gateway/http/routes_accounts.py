"""The accounts of people who work here."""

from __future__ import annotations

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json

from handoff_gateway.access.auth import MAX_PASSWORD_LENGTH
from handoff_gateway.core.permissions import Right
from handoff_gateway.errors import BadFrameError, ForbiddenError
from handoff_gateway.http.http_edge import body_of, guarded, services_of, text_of
from handoff_gateway.store.accounts import MAX_EMAIL_LENGTH, MAX_NAME_LENGTH

MIN_PASSWORD_LENGTH = 10
MAX_CAPACITY = 100  # conversations at once; more is a mistake in typing

blueprint = Blueprint("accounts", url_prefix="/v1")


@blueprint.get("/accounts")
@guarded(Right.MANAGE_ACCOUNTS)
async def accounts(request: Request) -> HTTPResponse:
    """List all accounts."""
    return json({"accounts": [account.to_json() for account in await services_of(request).auth.every()]})


@blueprint.post("/accounts")
@guarded(Right.MANAGE_ACCOUNTS)
async def add_account(request: Request) -> HTTPResponse:
    """Make an account: `{email, name, password, roles[], capacity?}`."""
    body = body_of(request)
    roles = body.get("roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise BadFrameError("roles: must be a list of strings")
    services = services_of(request)
    capacity = body.get("capacity", services.settings.agent_capacity)
    if not isinstance(capacity, int) or isinstance(capacity, bool) or not 1 <= capacity <= MAX_CAPACITY:
        raise BadFrameError(f"capacity: must be a whole number from 1 to {MAX_CAPACITY}")
    password = text_of(body, "password", most=MAX_PASSWORD_LENGTH)
    if len(password) < MIN_PASSWORD_LENGTH:
        raise BadFrameError(f"password: at least {MIN_PASSWORD_LENGTH} characters")
    email = text_of(body, "email", most=MAX_EMAIL_LENGTH)
    name = text_of(body, "name", most=MAX_NAME_LENGTH)
    if request.ctx.principal.account is None:
        raise ForbiddenError("accounts are made by people")
    account = await services.auth.add(email, name, password, roles, capacity)
    return json({"account": account.to_json()}, status=201)
