"""Signing in and out, where one is signed in, and the second factor."""

from __future__ import annotations

import segno
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty, json

from handoff_gateway.access.auth import COOKIE, Device, check_origin
from handoff_gateway.core.permissions import Right
from handoff_gateway.errors import ForbiddenError, SecondFactorError
from handoff_gateway.http.http_edge import (
    address_of,
    body_of,
    guarded,
    is_encrypted,
    services_of,
    session_token,
    text_of,
)
from handoff_gateway.http.routes_accounts import new_password
from handoff_gateway.store.accounts import MAX_EMAIL_LENGTH, MAX_PASSWORD_LENGTH, Account

MAX_CODE_LENGTH = 40
QR_SCALE, QR_BORDER = 5, 2  # pixels of a module, as it is drawn unscaled; modules of quiet zone, the page adds more
NO_STORE = {"Cache-Control": "no-store"}

blueprint = Blueprint("sign_in", url_prefix="/v1")


@blueprint.post("/login")
@guarded(Right.PUBLIC)
async def login(request: Request) -> HTTPResponse:
    """Sign in with `{email, password, code?}`: a token, and the same in a cookie."""
    services, origin = services_of(request), request.headers.get("origin")
    if origin is not None:  # else a foreign page could sign somebody in as somebody else, and read what they then do
        check_origin(origin, request.headers.get("host"), services.settings.allowed_origins)
    body = body_of(request)
    email = text_of(body, "email", most=MAX_EMAIL_LENGTH)
    password = text_of(body, "password", most=MAX_PASSWORD_LENGTH)
    code = text_of(body, "code", most=MAX_CODE_LENGTH) if body.get("code") else None
    device = Device(request.headers.get("user-agent", ""), str(request.ip or ""))
    async with services.gatekeeper.guess(email, address_of(request)):
        signed_in = await services.auth.sign_in(email, password, code, device)
    if signed_in is None:
        raise SecondFactorError("code: this account asks for the code of its app, or a recovery code")
    account, token = signed_in
    response = json({"token": token, "account": account.to_json()}, headers=NO_STORE)
    _set_cookie(request, response, token, services.auth.lifetime_s)
    return response


@blueprint.post("/logout")
@guarded(Right.SIGNED_IN)
async def logout(request: Request) -> HTTPResponse:
    """End this sign-in."""
    token = session_token(request)
    if token is not None:
        await services_of(request).auth.sign_out(token)
    response = empty()
    _set_cookie(request, response, "", 0)
    return response


@blueprint.get("/me")
@guarded(Right.SIGNED_IN)
async def me(request: Request) -> HTTPResponse:
    """Say who is signed in, and whether with a second factor."""
    account = _me(request)
    has_one = await services_of(request).auth.has_second_factor(account.id)
    return json({"account": account.to_json() | {"second_factor": has_one}}, headers=NO_STORE)


@blueprint.get("/sign-ins")
@guarded(Right.SIGNED_IN)
async def sign_ins(request: Request) -> HTTPResponse:
    """List where this account is signed in."""
    found = await services_of(request).auth.sign_ins(_me(request).id, session_token(request))
    return json({"sign_ins": found}, headers=NO_STORE)


@blueprint.delete("/sign-ins")
@guarded(Right.SIGNED_IN)
async def end_all(request: Request) -> HTTPResponse:
    """End every sign-in of this account, this one too."""
    await services_of(request).auth.end_sign_ins(_me(request).id)
    response = empty()
    _set_cookie(request, response, "", 0)
    return response


@blueprint.delete("/sign-ins/<sign_in_id:str>")
@guarded(Right.SIGNED_IN)
async def end_one(request: Request, sign_in_id: str) -> HTTPResponse:
    """End one sign-in of this account."""
    await services_of(request).auth.end_sign_ins(_me(request).id, sign_in_id)
    return empty()


@blueprint.post("/password")
@guarded(Right.SIGNED_IN)
async def change_password(request: Request) -> HTTPResponse:
    """Change one's own: `{password, new_password}`; every other sign-in of this account ends."""
    services, account, body = services_of(request), _me(request), body_of(request)
    password = text_of(body, "password", most=MAX_PASSWORD_LENGTH)
    new = new_password(body, "new_password")
    async with services.gatekeeper.guess(account.email, address_of(request)):
        await services.auth.change_password(account, password, new, session_token(request))
    return empty()


@blueprint.post("/second-factor")
@guarded(Right.SIGNED_IN)
async def enrol(request: Request) -> HTTPResponse:
    """Begin with `{password}`: a secret for an app, which counts once `confirm` was shown a code of it."""
    services, account = services_of(request), _me(request)
    password = text_of(body_of(request), "password", most=MAX_PASSWORD_LENGTH)
    async with services.gatekeeper.guess(account.email, address_of(request)):
        secret, uri = await services.auth.propose_second_factor(account, password)
    picture = segno.make(uri, micro=False).svg_data_uri(scale=QR_SCALE, border=QR_BORDER)
    return json({"secret": secret, "uri": uri, "qr": picture}, status=201, headers=NO_STORE)


@blueprint.post("/second-factor/confirm")
@guarded(Right.SIGNED_IN)
async def confirm(request: Request) -> HTTPResponse:
    """Show the first code: `{code}`; the answer holds the recovery codes, once."""
    services, account = services_of(request), _me(request)
    code = text_of(body_of(request), "code", most=MAX_CODE_LENGTH)
    async with services.gatekeeper.guess(account.email, address_of(request)):
        codes = await services.auth.confirm_second_factor(account.id, code)
    return json({"recovery_codes": codes}, headers=NO_STORE)


@blueprint.delete("/second-factor")
@guarded(Right.SIGNED_IN)
async def leave(request: Request) -> HTTPResponse:
    """Do without from now on: `{password, code}`."""
    services, account = services_of(request), _me(request)
    body = body_of(request)
    password = text_of(body, "password", most=MAX_PASSWORD_LENGTH)
    code = text_of(body, "code", most=MAX_CODE_LENGTH)
    async with services.gatekeeper.guess(account.email, address_of(request)):
        await services.auth.leave_second_factor(account, password, code)
    return empty()


@blueprint.get("/accounts/<account_id:str>/sign-ins")
@guarded(Right.MANAGE_ACCOUNTS)
async def anothers_sign_ins(request: Request, account_id: str) -> HTTPResponse:
    """List where an account is signed in."""
    auth = services_of(request).auth
    found = await auth.sign_ins((await auth.account(account_id)).id, None)
    return json({"sign_ins": found}, headers=NO_STORE)


@blueprint.delete("/accounts/<account_id:str>/sign-ins")
@guarded(Right.MANAGE_ACCOUNTS)
async def end_anothers(request: Request, account_id: str) -> HTTPResponse:
    """End every sign-in of an account."""
    auth = services_of(request).auth
    await auth.end_sign_ins((await auth.account(account_id)).id)
    return empty()


@blueprint.delete("/accounts/<account_id:str>/second-factor")
@guarded(Right.MANAGE_ACCOUNTS)
async def reset(request: Request, account_id: str) -> HTTPResponse:
    """Let somebody in who has lost phone and recovery codes: forget their second factor, end their sign-ins."""
    auth = services_of(request).auth
    await auth.reset_second_factor((await auth.account(account_id)).id)
    return empty()


def _me(request: Request) -> Account:
    account = request.ctx.principal.account
    if not isinstance(account, Account):
        raise ForbiddenError("the service token is not a person; sign in with an account")
    return account


def _set_cookie(request: Request, response: HTTPResponse, token: str, max_age: int) -> None:
    secure = is_encrypted(request)
    response.add_cookie(COOKIE, token, path="/", httponly=True, samesite="Strict", secure=secure, max_age=max_age)
