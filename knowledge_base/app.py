"""Composition root of the HTTP service."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from types import SimpleNamespace

from sanic import HTTPResponse, Request, Sanic, json
from sanic.config import Config
from sanic.exceptions import SanicException
from sanic.response import BaseHTTPResponse
from sqlalchemy.exc import DatabaseError

from knowledge_base.errors import (
    BusyError,
    ConflictError,
    ForbiddenError,
    ImportBusyError,
    InvalidRequestError,
    KnowledgeBaseError,
    NotFoundError,
    NotReadyError,
    TakenError,
    UnauthorizedError,
)
from knowledge_base.http.permissions import ACCOUNT_HEADER, Doorkeeper
from knowledge_base.http.routes import routes
from knowledge_base.http.routes_answers import answer_routes
from knowledge_base.http.routes_articles import article_routes
from knowledge_base.http.routes_docs import docs_routes
from knowledge_base.http.routes_editor import editor_routes
from knowledge_base.http.routes_gaps import gap_routes
from knowledge_base.http.routes_import import import_routes
from knowledge_base.metrics import Metrics
from knowledge_base.service import Clock, KnowledgeBase

logger = logging.getLogger(__name__)

REQUEST_MAX_BYTES = 8 * 1024 * 1024  # a full /v1/embed call in a script of three bytes a letter
RESPONSE_TIMEOUT_S = 30  # the longest /v1/embed call takes a few seconds

KnowledgeBaseApp = Sanic[Config, SimpleNamespace]


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def create_app(base: KnowledgeBase, token: str, clock: Clock = utc_now) -> KnowledgeBaseApp:
    """Build the application around a service; it neither starts nor closes it.

    Args:
        clock: what the age of an account header is measured by.
    """
    doorkeeper = Doorkeeper(token)
    app: KnowledgeBaseApp = Sanic("knowledge_base", configure_logging=False)
    app.config.update(
        {
            "REQUEST_MAX_SIZE": REQUEST_MAX_BYTES,
            "RESPONSE_TIMEOUT": RESPONSE_TIMEOUT_S,
            "AUTO_EXTEND": False,
            "TOUCHUP": False,  # rewrites Sanic's classes for the whole process; two apps in one test disagree
            "ACCESS_LOG": False,
            "MOTD": False,
        }
    )
    app.ctx.base = base
    app.ctx.metrics = Metrics()
    app.blueprint(routes)
    app.blueprint(article_routes)
    app.blueprint(import_routes)
    app.blueprint(gap_routes)
    app.blueprint(answer_routes)
    app.blueprint(docs_routes)
    app.blueprint(editor_routes)

    async def enter(request: Request) -> None:
        request.ctx.began = time.monotonic()
        route = None if request.route is None else (request.method, f"/{request.route.path}")
        headers = request.headers
        request.ctx.caller = doorkeeper.admit(route, headers.get("authorization"), headers.get(ACCOUNT_HEADER), clock())

    async def leave(request: Request, response: BaseHTTPResponse) -> None:
        began = getattr(request.ctx, "began", None)
        if began is not None:
            route = request.route.path if request.route is not None else "unknown"
            app.ctx.metrics.request(route, response.status, time.monotonic() - began)

    async def refuse(_request: Request, error: Exception) -> HTTPResponse:
        return refusal(error)

    app.register_middleware(enter, "request")
    app.register_middleware(leave, "response")
    app.exception(Exception)(refuse)
    return app


def refusal(error: Exception) -> HTTPResponse:
    """Return the answer to a request that failed."""
    match error:
        case InvalidRequestError():
            return json({"error": str(error), "field": error.field}, status=error.status)
        case NotReadyError() | ImportBusyError() | BusyError():
            seconds = error.retry_after_s
            body = {"error": str(error), "retry_after_s": seconds}
            if isinstance(error, BusyError):
                body["code"] = "busy"
            return json(body, status=503, headers={"Retry-After": str(seconds)})
        case UnauthorizedError():
            return json({"error": str(error)}, status=401, headers={"WWW-Authenticate": "Bearer"})
        case ForbiddenError():
            return json({"error": str(error)}, status=403)
        case NotFoundError():
            return json({"error": str(error)}, status=404)
        case TakenError() | ConflictError():
            return json({"error": str(error), "field": error.field}, status=409)
        case SanicException():
            return json({"error": str(error)}, status=error.status_code)
        case DatabaseError() | OSError() | KnowledgeBaseError():
            logger.error("A request failed", exc_info=error)
            return json({"error": "The knowledge base cannot read or write its database."}, status=503)
    logger.error("A request failed", exc_info=error)
    return json({"error": "Internal error; the log of the knowledge base says more."}, status=500)
