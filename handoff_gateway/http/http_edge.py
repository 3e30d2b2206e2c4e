"""What every HTTP route shares: who asks, typed bodies, and how a refusal becomes an answer."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote

from sanic import Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import BaseHTTPResponse, HTTPResponse, json

from handoff_gateway.access.auth import COOKIE, Principal, check_origin
from handoff_gateway.core.permissions import ADMINISTRATIVE, Right, require
from handoff_gateway.errors import BadFrameError, NotFoundError, RefusedError, SecondFactorError, UnauthorizedError
from handoff_gateway.services import Services
from handoff_gateway.store import audit
from handoff_gateway.wire import MAX_INTEGER, clean_text, storable

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
MAX_FIELDS, MAX_FIELD_NAME = 30, 40  # of a body, as the audit log names them
MAX_NAME_LENGTH = 200  # of what a path names: a host site's id of a customer, and the audit log's column for it
NOBODY = Principal(frozenset())

Handler = Callable[..., Coroutine[Any, Any, HTTPResponse | None]]  # None: it has sent its answer itself
logger = logging.getLogger(__name__)


def services_of(request: Request) -> Services:
    """Return the gateway's parts."""
    services = request.app.ctx.services
    assert isinstance(services, Services)  # noqa: S101 - tells the type checker what the composition root put there
    return services


def guarded(right: Right) -> Callable[[Handler], Handler]:
    """Let only those with `right` through; `request.ctx.principal` says who they are."""

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def guard(request: Request, *args: Any, **kwargs: Any) -> HTTPResponse | None:
            request.ctx.principal = NOBODY
            if right is not Right.PUBLIC:
                request.ctx.principal = await _principal(request)
                require(request.ctx.principal.roles, right)
            kwargs = {name: value if name == "path" else _named(value) for name, value in kwargs.items()}
            if right in ADMINISTRATIVE and request.method not in SAFE_METHODS:
                return await _audited(request, handler, *args, **kwargs)
            return await handler(request, *args, **kwargs)

        guard.right = right  # type: ignore[attr-defined]  # read by the test that holds every route to the table
        return guard

    return decorate


def _named(part: Any) -> Any:
    """Return what a part of a path names. Raises NotFoundError for what no id can be and no database would look up."""
    name = unquote(part) if isinstance(part, str) else part
    fits = len(name) <= MAX_NAME_LENGTH and "\x00" not in name if isinstance(name, str) else name <= MAX_INTEGER
    if not fits:
        raise NotFoundError("there is nothing of this name")
    return name


async def _audited(request: Request, handler: Handler, *args: Any, **kwargs: Any) -> HTTPResponse | None:
    """Write down what is asked for before it is done, and that it was refused, if it was."""
    services, principal = services_of(request), request.ctx.principal
    action = f"{request.method} /{request.route.path}"  # type: ignore[union-attr]  # there is one, or no handler
    subject = next(iter(kwargs.values()), None)
    body = request.json if request.body else None
    fields = sorted(map(_shown, body)) if isinstance(body, dict) else []

    async def write(**details: Any) -> None:
        now = services.clock()
        await services.database.write(lambda tx: audit.record(tx, now, principal.name, action, subject, **details))

    await write(fields=fields[:MAX_FIELDS])
    try:
        return await handler(request, *args, **kwargs)
    except RefusedError as error:
        await write(refused=error.code)
        raise


def _shown(field: str) -> str:
    """Return a field's name as it can be stored and shown, whatever somebody called it."""
    return field[:MAX_FIELD_NAME].encode(errors="replace").decode()


def bearer(request: Request) -> str | None:
    """Return the token of the Authorization header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def session_token(request: Request) -> str | None:
    """Return the token of header or cookie. Raises ForbiddenError for a foreign page that uses the cookie."""
    token = bearer(request)
    if token is not None:
        return token
    cookie = request.cookies.get(COOKIE)
    if cookie is not None and request.method not in SAFE_METHODS:
        allowed = services_of(request).settings.allowed_origins
        check_origin(request.headers.get("origin"), request.headers.get("host"), allowed)
    return cookie


async def _principal(request: Request) -> Principal:
    token = session_token(request)
    if token is None:
        raise UnauthorizedError("sign in, or send a token as Authorization: Bearer …")
    return await services_of(request).auth.identify(token)


async def harden(_request: Request, response: BaseHTTPResponse) -> None:
    """Let no browser take an answer for a page, or guess what it is."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


async def limit(request: Request) -> None:
    """Hold one address to its rate of requests. Raises RateLimitedError."""
    await services_of(request).gatekeeper.request(address_of(request))


def address_of(request: Request) -> str | None:
    """Return what the client is known by; None for this machine itself."""
    return services_of(request).gatekeeper.address(request.ip, request.headers.getall("x-forwarded-for", []))


def is_encrypted(request: Request) -> bool:
    """Return whether the client's connection is, here or at a trusted proxy."""
    return request.scheme == "https" or (
        services_of(request).gatekeeper.is_proxy(request.ip) and request.headers.get("x-forwarded-proto") == "https"
    )


def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body, with texts that can be stored and shown. Raises BadFrameError."""
    try:
        body = request.json
    except SanicException:
        raise BadFrameError("body: not JSON") from None
    if not isinstance(body, dict):
        raise BadFrameError("body: must be a JSON object")
    return {clean_text("body", name): storable(value, name) for name, value in body.items()}


def text_of(body: dict[str, Any], name: str, *, most: int, default: str | None = None) -> str:
    """Return a field that is a text. Raises BadFrameError naming it."""
    value = body.get(name, default)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise BadFrameError(f"{name}: must be a text of 1 to {most} characters")
    return clean_text(name, value)


def refuse(_request: Request, error: Exception) -> HTTPResponse:
    """Answer a refusal: `{"error": code, "message": …}` and the code's status."""
    assert isinstance(error, RefusedError)  # noqa: S101 - registered for this class alone
    headers = {"Cache-Control": "no-store"}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, UnauthorizedError):
        headers["WWW-Authenticate"] = "Bearer"
    body: dict[str, Any] = {"error": error.code, "message": error.message}
    if isinstance(error, SecondFactorError):
        body["second_factor"] = error.second_factor
    if error.retry_after_s is not None:
        body["retry_after_s"] = error.retry_after_s
    return json(body, status=error.status, headers=headers)


_CODES = {400: "bad_frame", 404: "not_found", 405: "not_allowed", 413: "too_large", 503: "unavailable"}


def refuse_http(_request: Request, error: Exception) -> HTTPResponse:
    """Answer what Sanic itself refuses in the same form."""
    status = error.status_code if isinstance(error, SanicException) else 500
    headers = dict(error.headers) if isinstance(error, SanicException) else {}
    return json({"error": _CODES.get(status, "refused"), "message": str(error)}, status=status, headers=headers)


def fail(request: Request, error: Exception) -> HTTPResponse:
    """Log a defect with its traceback; the client learns only that there is one."""
    logger.error("a request failed", exc_info=error, extra={"path": request.path})
    return json({"error": "unavailable", "message": "something went wrong here; it has been noted"}, status=500)


def install(app: Sanic[Any, Any]) -> None:
    """Register the answers to refusals and defects."""
    app.error_handler.add(RefusedError, refuse)
    app.error_handler.add(SanicException, refuse_http)
    app.error_handler.add(Exception, fail)
