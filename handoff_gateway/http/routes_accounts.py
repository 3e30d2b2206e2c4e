"""The accounts of people who work here."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json

from handoff_gateway.core.permissions import Right
from handoff_gateway.errors import BadFrameError, ForbiddenError
from handoff_gateway.http.http_edge import body_of, guarded, services_of, text_of
from handoff_gateway.store.accounts import MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, MAX_PASSWORD_LENGTH, check_password

CHANGEABLE = frozenset({"name", "roles", "password", "closed"})
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
    roles = _roles(body)
    services = services_of(request)
    capacity = body.get("capacity", services.settings.agent_capacity)
    if not isinstance(capacity, int) or isinstance(capacity, bool) or not 1 <= capacity <= MAX_CAPACITY:
        raise BadFrameError(f"capacity: must be a whole number from 1 to {MAX_CAPACITY}")
    password = new_password(body, "password")
    email = text_of(body, "email", most=MAX_EMAIL_LENGTH)
    name = text_of(body, "name", most=MAX_NAME_LENGTH)
    account = await services.auth.add(email, name, password, roles, capacity)
    return json({"account": account.to_json()}, status=201)


@blueprint.patch("/accounts/<account_id:str>")
@guarded(Right.MANAGE_ACCOUNTS)
async def change_account(request: Request, account_id: str) -> HTTPResponse:
    """Change `{name?, roles?, password?, closed?}`; what is not given stays."""
    body = body_of(request)
    if unknown := set(body) - CHANGEABLE:
        raise BadFrameError(f"{min(unknown)}: not a field of these: {', '.join(sorted(CHANGEABLE))}")
    closed = body.get("closed")
    if "closed" in body and not isinstance(closed, bool):
        raise BadFrameError("closed: must be true or false")
    if account_id == request.ctx.principal.name:
        if closed:
            raise ForbiddenError("closed: your own account can be closed by another admin only")
        if "password" in body:
            raise ForbiddenError("password: your own is changed with the present one, by POST /v1/password")
    services = services_of(request)
    account = await services.auth.change(
        account_id,
        name=text_of(body, "name", most=MAX_NAME_LENGTH) if "name" in body else None,
        roles=_roles(body) if "roles" in body else None,
        password=new_password(body, "password") if "password" in body else None,
        closed=closed,
    )
    services.teams_changed()
    return json({"account": account.to_json()})


def new_password(body: dict[str, Any], name: str) -> str:
    """Return a password that somebody is to have. Raises BadFrameError naming the field."""
    return check_password(text_of(body, name, most=MAX_PASSWORD_LENGTH), name)


def _roles(body: dict[str, Any]) -> list[str]:
    roles = body.get("roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise BadFrameError("roles: must be a list of strings")
    return roles
