"""The action server: Rasa's SDK protocol behind the service token. Composition root of ``actions``."""

# ruff: noqa: ARG001 - Sanic fixes these signatures

from __future__ import annotations

import hmac
import logging
from typing import Any

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from actions.answer import ActionAnswer
from actions.ask_back import ActionAskBack
from actions.feedback import ActionRecordFeedback
from actions.handoff import ActionHandoff
from actions.knowledge_base_client import KnowledgeBaseClient
from actions.settings import Settings

logger = logging.getLogger(__name__)

MAX_BODY = 32 * 1024 * 1024  # Rasa sends the whole tracker with every call; a leg of long messages is a few MB


def create_app(settings: Settings, token: str) -> Sanic:
    """Build the server; the client to the knowledge base lives as long as it does."""
    app = Sanic("actions", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = MAX_BODY
    executor = ActionExecutor()

    @app.listener("before_server_start")
    async def start(app: Sanic, loop: Any) -> None:
        knowledge = KnowledgeBaseClient(settings.knowledge_url, token, settings.deadline_s)
        app.ctx.knowledge = knowledge
        for action in (
            ActionAnswer(knowledge),
            ActionAskBack(knowledge),
            ActionRecordFeedback(knowledge),
            ActionHandoff(knowledge),
        ):
            executor.register_action(action)

    @app.listener("after_server_stop")
    async def stop(app: Sanic, loop: Any) -> None:
        await app.ctx.knowledge.aclose()

    @app.get("/health")
    async def health(request: Request) -> HTTPResponse:
        return response.json({"status": "ok"})

    @app.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return response.json({"error": "The service token is missing or wrong."}, status=401)
        call = request.json
        if not isinstance(call, dict) or not call.get("next_action"):
            return response.json({"error": "body: must be a call of an action"}, status=400)
        try:
            return response.json(await executor.run(call))
        except ActionExecutionRejection as error:
            return response.json({"error": error.message, "action_name": error.action_name}, status=400)
        except ActionNotFoundException as error:
            logger.error("Rasa asked for an unknown action", extra={"action": error.action_name})
            return response.json({"error": error.message, "action_name": error.action_name}, status=404)

    return app
