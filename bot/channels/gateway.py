"""The channel between the gateway and Rasa: one request a customer message, the reply is the return value.

Unlike Rasa's own REST channel it never answers 200 to a turn that was not completed: no model, a failed component, a
lost action or a passed deadline are a 503, and the gateway calls a person.
"""

# ruff: noqa: ARG001, ARG002, ARG003 - Rasa and Sanic fix these signatures

from __future__ import annotations

import asyncio
import hmac
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels import wire
from bot.channels.completed import failure_of, offered_payloads
from bot.channels.unparsed import is_wordless, parsed_as, wordless_intent
from bot.errors import BadBodyError, BotError, TurnFailedError
from bot.nlu.language import known
from bot.policies.tracker_turns import PAYLOAD, THUMBS_DOWN, TRIGGER
from bot.settings import Settings
from bot.trackers import bounded, conversation_of

logger = logging.getLogger(__name__)

NLU_THREADS = 4  # a hanging encoder blocks a thread for 1.5 s; /health and other customers go on meanwhile
REMEMBERED_TURNS = 1_000  # answers kept to give a repeated request the same answer


class TurnOutput(OutputChannel):
    """Collects what the bot utters in one turn, each message whole."""

    def __init__(self) -> None:
        """Start empty."""
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """Name of the channel."""
        return "gateway"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep a message with its text, buttons and custom part together."""
        self.messages.append(dict(message))


class GatewayInput(InputChannel):
    """``POST /webhooks/gateway/webhook`` and ``…/forget``, and ``GET /webhooks/gateway/health``."""

    def __init__(self, settings: Settings) -> None:
        """Read the token at once, so that a missing one stops the start."""
        self._settings = settings
        self._token = settings.service_token()
        self._answers: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()
        self._threads = ThreadPoolExecutor(NLU_THREADS, thread_name_prefix="nlu")
        self._http: httpx.AsyncClient | None = None
        self._asking: asyncio.Task[str] | None = None  # the actions how they are

    @classmethod
    def name(cls) -> str:
        """Name of the channel, part of its URL."""
        return "gateway"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> InputChannel:
        """Create the channel; everything it needs is in the settings."""
        return cls(Settings.from_env())

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Define the routes."""
        blueprint = Blueprint("gateway_channel")

        @blueprint.listener("before_server_start")
        async def start(app: Sanic, loop: Any) -> None:
            self._http = httpx.AsyncClient(timeout=self._settings.health_deadline_s, trust_env=False)

        @blueprint.listener("after_server_stop")
        async def stop(app: Sanic, loop: Any) -> None:
            if self._asking is not None:
                await asyncio.wait([self._asking])
            if self._http is not None:
                await self._http.aclose()
            self._threads.shutdown(wait=False)

        @blueprint.get("/health")
        async def health(request: Request) -> HTTPResponse:
            return await self._health(request)

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            return await self._webhook(request, on_new_message)

        @blueprint.post("/forget")
        async def forget(request: Request) -> HTTPResponse:
            return self._forget(request)

        return blueprint

    async def _health(self, request: Request) -> HTTPResponse:
        agent: Agent | None = getattr(request.app.ctx, "agent", None)
        parts = {
            "model": "ok" if agent is not None and agent.is_ready() else "missing",
            "actions": "starting" if self._http is None else await self._actions_health(self._http),
        }
        if all(state == "ok" for state in parts.values()):
            return response.json({"status": "ok"})
        return response.json({"status": "degraded", "parts": parts}, status=503)

    async def _actions_health(self, http: httpx.AsyncClient) -> str:
        """Ask the actions, once for all who wait for it.

        Whoever asks may give up, and a call dropped while its connection is handed out keeps its place in httpx's pool
        for good; so the call is the channel's own and ends by its deadline.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_actions(http))
        return await asyncio.shield(self._asking)

    async def _ask_actions(self, http: httpx.AsyncClient) -> str:
        try:
            answer = await http.get(f"{self._settings.actions_url}/health")
        except httpx.HTTPError:
            return "down"
        return "ok" if answer.status_code == 200 else "down"

    async def _webhook(self, request: Request, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> HTTPResponse:
        if not self._authorized(request):
            return response.json({"error": "The service token is missing or wrong."}, status=401)
        try:
            incoming = wire.read_body(_json(request))
        except BadBodyError as error:
            return response.json({"error": str(error), "field": error.field}, status=400)
        key = (incoming.sender, incoming.message_id)
        if incoming.message_id and key in self._answers:
            return response.json(self._answers[key])
        try:
            answer = await asyncio.wait_for(
                self._turn(incoming, getattr(request.app.ctx, "agent", None), on_new_message),
                self._settings.turn_deadline_s,
            )
        except asyncio.TimeoutError:
            return self._failed(incoming, "The turn took too long.")
        except TurnFailedError as error:
            return self._failed(incoming, str(error))
        except Exception as error:  # Rasa raises anything; whatever it was, the turn was not completed
            known_cause = _bot_error_in(error)
            if known_cause is None:
                logger.exception("a turn failed", extra={"sender": incoming.sender})
            return self._failed(incoming, str(known_cause or "The bot failed on this message."))
        if incoming.message_id:
            self._answers[key] = answer
            while len(self._answers) > REMEMBERED_TURNS:
                self._answers.popitem(last=False)
        return response.json(answer)

    def _forget(self, request: Request) -> HTTPResponse:
        """Drop what is in memory of an erased conversation: its legs, and the answers kept for repeated requests."""
        if not self._authorized(request):
            return response.json({"error": "The service token is missing or wrong."}, status=401)
        try:
            conversation_id = wire.read_forget(_json(request))
        except BadBodyError as error:
            return response.json({"error": str(error), "field": error.field}, status=400)
        agent: Agent | None = getattr(request.app.ctx, "agent", None)
        if agent is None:
            return response.json({"error": "No model is loaded yet."}, status=503)
        store = bounded(agent.tracker_store)
        if store is None:
            return response.json({"error": "This tracker store cannot forget."}, status=501)
        store.forget(conversation_id)
        for key in [key for key in self._answers if conversation_of(key[0]) == conversation_id]:
            del self._answers[key]
        return response.json({"forgotten": True})

    def _authorized(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode())

    @staticmethod
    def _failed(incoming: wire.Incoming, why: str) -> HTTPResponse:
        logger.warning("a turn was not completed", extra={"sender": incoming.sender, "why": why})
        return response.json({"error": why}, status=503)

    async def _turn(
        self,
        incoming: wire.Incoming,
        agent: Agent | None,
        on_new_message: Callable[[UserMessage], Awaitable[Any]],
    ) -> dict[str, Any]:
        if agent is None or not agent.is_ready():
            raise TurnFailedError("No model is loaded; run `make train`.")
        output = TurnOutput()
        message = await self._message(incoming, agent, output)
        await on_new_message(message)
        tracker = await agent.tracker_store.retrieve(incoming.sender)
        failure = failure_of(tracker, message.message_id)
        if failure is not None:
            raise TurnFailedError(failure)
        return wire.answer_of(output.messages)

    async def _message(self, incoming: wire.Incoming, agent: Agent, output: TurnOutput) -> UserMessage:
        tracker = await agent.tracker_store.retrieve(incoming.sender)
        metadata: dict[str, Any] = dict(incoming.metadata)
        if tracker is not None and tracker.get_slot("language"):
            metadata["leg_language"] = tracker.get_slot("language")
        text = wire.as_data(incoming.text)
        button = wire.read_payload(incoming.payload) if incoming.payload else None
        if button is not None and incoming.payload not in offered_payloads(tracker):
            button = None  # not offered in this leg (or before a restart of ours): its title is words like any other
        thumb = metadata.get(TRIGGER) == THUMBS_DOWN and not text
        metadata[PAYLOAD] = button is not None or thumb
        if not thumb:
            metadata.pop(TRIGGER, None)  # whatever has words is what those say
        message = UserMessage(
            text,
            output,
            incoming.sender,
            input_channel=self.name(),
            message_id=incoming.message_id or None,
            metadata=metadata,
        )
        if thumb:
            message.parse_data = parsed_as(text, "feedback", {"helpful": False, **_language_of(metadata)})
        elif button is not None:
            message.parse_data = parsed_as(text, button.intent, button.values)
        elif is_wordless(text):
            message.parse_data = parsed_as(text, wordless_intent(text), _language_of(metadata))
        else:
            message.parse_data = await self._parse(agent, message)
        return message

    async def _parse(self, agent: Agent, message: UserMessage) -> dict[str, Any]:
        """Run the NLU components on a thread: they call the encoder synchronously."""
        processor = agent.processor
        if processor is None:
            raise TurnFailedError("No model is loaded; run `make train`.")
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: asyncio.run(processor.parse_message(message))
        )


def _language_of(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return the language of what has no words as an entity: that of the leg, else the customer's setting."""
    language = known(metadata.get("leg_language")) or known(metadata.get("language"))
    return {"language": language} if language else {}


def _bot_error_in(error: BaseException) -> BotError | None:
    """Return our own error that Rasa wrapped into its own, if there is one."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, BotError):
        cause = cause.__cause__ or cause.__context__
    return cause


def _json(request: Request) -> object:
    try:
        return request.json
    except Exception as error:  # Sanic's InvalidUsage, and whatever a JSON parser raises on nonsense
        raise BadBodyError("body", "must be JSON") from error
