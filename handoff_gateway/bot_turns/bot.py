"""The bot as the gateway sees it: one call per customer message, the reply is the return value."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from handoff_gateway.calls import Calls
from handoff_gateway.core.commands import BotHandoff, BotMessage
from handoff_gateway.errors import BadFrameError, BotUnavailableError
from handoff_gateway.wire import storable

MAX_CONNECTIONS = 100  # turns at once; more wait within their deadline
MAX_REASON_LENGTH = 64
MAX_QUERY_ID = 200
MAX_DETAILS, MAX_DETAIL = 20, 200  # the bot sends six kinds at most, of 60 characters
MAX_TEAM = 60  # id or name
MAX_REPLIES = 50  # messages to one of the customer's; nobody reads so many, and each is an event for ever
MAX_REPLY_BYTES = 256 * 1024  # of a whole answer: a customer's page must be able to take each event in one frame


@dataclass(frozen=True, slots=True)
class Turn:
    """One customer message for the bot."""

    sender: str
    message: str
    metadata: Mapping[str, Any]
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class BotReply:
    """What the bot said to one message: at least a message or a handoff."""

    messages: tuple[BotMessage, ...]
    handoff: BotHandoff | None


class Bot(Protocol):
    """Answers one message, or raises BotUnavailableError within its deadline."""

    async def reply(self, turn: Turn) -> BotReply:
        """Return the whole answer."""

    async def forget(self, conversation_id: str) -> None:
        """Forget an erased conversation. Raises BotUnavailableError: it may be tried again."""

    async def aclose(self) -> None:
        """Let go of connections."""


class RasaBot:
    """The bot behind the gateway's channel in Rasa."""

    def __init__(self, port: int, service_token: str, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {service_token}"},
            timeout=httpx.Timeout(deadline_s),
            transport=Calls(httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=20)),
            trust_env=False,
        )

    async def reply(self, turn: Turn) -> BotReply:
        """Return the bot's answer. Raises BotUnavailableError for everything that is not one."""
        body: dict[str, Any] = {"sender": turn.sender, "message": turn.message, "metadata": dict(turn.metadata)}
        if turn.payload is not None:
            body["payload"] = turn.payload
        response = await self._post("/webhooks/gateway/webhook", body)
        if len(response.content) > MAX_REPLY_BYTES:
            raise BotUnavailableError("shape", f"the body is larger than {MAX_REPLY_BYTES} bytes")
        try:
            data = response.json()
        except (ValueError, RecursionError) as error:
            raise BotUnavailableError("shape", "the body is not JSON") from error
        return parse_reply(data)

    async def forget(self, conversation_id: str) -> None:
        """Have the bot drop what it holds of a conversation. Raises BotUnavailableError: it may be tried again."""
        await self._post("/webhooks/gateway/forget", {"conversation_id": conversation_id})

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        try:
            async with asyncio.timeout(self._deadline_s):
                response = await self._client.post(path, json=body)
        except TimeoutError:
            raise BotUnavailableError("timeout", f"no answer in {self._deadline_s:g} s") from None
        except httpx.TimeoutException as error:
            raise BotUnavailableError("timeout", repr(error)) from error
        except httpx.HTTPError as error:
            raise BotUnavailableError("refused", repr(error)) from error
        if response.status_code != httpx.codes.OK:
            raise BotUnavailableError("status", f"{response.status_code} {response.text[:200]}")
        return response


def parse_reply(data: object) -> BotReply:
    """Check the bot's JSON and return it typed. Raises BotUnavailableError: a half-understood reply is none."""
    try:
        reply = storable(_object(data, "body"))
        replies = _list(reply.get("replies"), "replies")
        if len(replies) > MAX_REPLIES:
            raise _ShapeError(f"replies has {len(replies)} entries, the limit is {MAX_REPLIES}")
        messages = tuple(_message(item) for item in replies)
        handoff = None if reply.get("handoff") is None else _handoff(_object(reply["handoff"], "handoff"))
    except (_ShapeError, BadFrameError) as error:
        raise BotUnavailableError("shape", str(error)) from error
    if not messages and handoff is None:
        raise BotUnavailableError("empty", "neither a reply nor a handoff")
    return BotReply(messages, handoff)


class _ShapeError(Exception):
    """A field that is not what the contract says."""


def _message(data: object) -> BotMessage:
    reply = _object(data, "replies[]")
    extras: dict[str, Any] = {}
    if (buttons := reply.get("buttons")) is not None:
        extras["buttons"] = [_button(item) for item in _list(buttons, "buttons")]
    if (sources := reply.get("sources")) is not None:
        extras["sources"] = [_source(item) for item in _list(sources, "sources")]
    if reply.get("answer") is not None:
        extras["answer"] = dict(_object(reply["answer"], "answer"))
    return BotMessage(_text(reply, "text"), {key: value for key, value in extras.items() if value})


def _button(data: object) -> dict[str, str]:
    button = _object(data, "buttons[]")
    return {"title": _text(button, "title"), "payload": _text(button, "payload")}


def _source(data: object) -> dict[str, Any]:
    source = _object(data, "sources[]")
    _text(source, "article_id")
    return {**source, "title": _text(source, "title")}


def _handoff(data: Mapping[str, Any]) -> BotHandoff:
    return BotHandoff(
        reason=_text(data, "reason")[:MAX_REASON_LENGTH],
        line=_string(data, "line"),
        summary=_string(data, "summary"),
        language=_string(data, "language"),
        signals=dict(_object(data.get("signals") or {}, "signals")),
        details=_details(_object(data.get("details") or {}, "details")),
        query_id=_string(data, "query_id")[:MAX_QUERY_ID] or None,
        team=_string(data, "team")[:MAX_TEAM] or None,
        tried=tuple(dict(_object(item, "tried[]")) for item in _list(data.get("tried") or [], "tried")),
    )


def _details(data: Mapping[str, Any]) -> dict[str, str]:
    if len(data) > MAX_DETAILS:
        raise _ShapeError(f"details has {len(data)} entries, the limit is {MAX_DETAILS}")
    return {kind: _text(data, kind)[:MAX_DETAIL] for kind in data}


def _object(data: object, name: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _ShapeError(f"{name} is not an object")
    return data


def _list(data: object, name: str) -> list[Any]:
    if not isinstance(data, list):
        raise _ShapeError(f"{name} is not a list")
    return data


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _ShapeError(f"{name} is not a text")
    return value


def _string(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _ShapeError(f"{name} is not a string")
    return value.strip()
