"""The composition root: one Sanic application over one set of services."""

from __future__ import annotations

import socket
from typing import Any

from argon2 import PasswordHasher
from sanic import Sanic
from sanic.config import Config

from handoff_gateway.bot_turns.bot import Bot
from handoff_gateway.http import (
    routes_accounts,
    routes_audit,
    routes_canned_replies,
    routes_conversations,
    routes_customers,
    routes_knowledge,
    routes_operations,
    routes_pages,
    routes_sign_in,
    routes_teams,
)
from handoff_gateway.http.http_edge import harden, install, limit
from handoff_gateway.services import build
from handoff_gateway.settings import Settings
from handoff_gateway.steady_clock import SteadyClock
from handoff_gateway.times import Clock

MAX_REQUEST_BYTES = 256 * 1024
KEEP_ALIVE_S = 30
REQUEST_TIMEOUT_S = 15
RESPONSE_TIMEOUT_S = 15  # no route waits for the bot; those that wait for the knowledge base have their own


def create_app(
    settings: Settings,
    socket_listener: socket.socket,
    *,
    bot: Bot | None = None,
    clock: Clock | None = None,
    hasher: PasswordHasher | None = None,
) -> Sanic[Any, Any]:
    """Build the gateway. Raises StartupError with one sentence.

    Args:
        socket_listener: a bound socket for the sockets' port; the application takes it over.
        clock: the time of day; None for the machine's, made steady.
    """
    services = build(settings, clock or SteadyClock(), bot=bot, hasher=hasher)
    config = Config(env_prefix="")
    config.update(
        {
            "REQUEST_MAX_SIZE": MAX_REQUEST_BYTES,
            "KEEP_ALIVE_TIMEOUT": KEEP_ALIVE_S,
            "REQUEST_TIMEOUT": REQUEST_TIMEOUT_S,
            "RESPONSE_TIMEOUT": RESPONSE_TIMEOUT_S,
            "ACCESS_LOG": False,
            "AUTO_EXTEND": False,
            "FALLBACK_ERROR_FORMAT": "json",
            "TOUCHUP": False,
        }
    )
    app: Sanic[Any, Any] = Sanic("handoff_gateway", config=config, configure_logging=False)
    app.ctx.services = services
    app.ctx.socket_port = socket_listener.getsockname()[1]
    app.blueprint(routes_pages.blueprint)
    app.blueprint(routes_sign_in.blueprint)
    app.blueprint(routes_accounts.blueprint)
    app.blueprint(routes_audit.blueprint)
    app.blueprint(routes_canned_replies.blueprint)
    app.blueprint(routes_conversations.blueprint)
    app.blueprint(routes_customers.blueprint)
    app.blueprint(routes_teams.blueprint)
    app.blueprint(routes_knowledge.blueprint)
    app.blueprint(routes_operations.blueprint)
    install(app)
    app.register_middleware(limit, "request")
    app.register_middleware(harden, "response")

    @app.before_server_start
    async def start(_app: Sanic[Any, Any]) -> None:
        await services.start()
        await services.sockets.start(socket_listener)

    @app.before_server_stop
    async def stop(_app: Sanic[Any, Any]) -> None:
        await services.sockets.aclose()

    @app.after_server_stop
    async def finish(_app: Sanic[Any, Any]) -> None:
        await services.aclose()

    return app
