"""The gateway channel's JSON: requests in, replies out. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import BadBodyError, TurnFailedError

MAX_SENDER = 200  # characters; "<conversation>.<leg>" is far shorter
HEAD_CHARACTERS, TAIL_CHARACTERS = 2_500, 1_500  # of a long message; what is wanted stands at its beginning or its end
BUTTON_INTENTS = frozenset({"request_agent", "choose_article", "feedback"})

_PAYLOAD = re.compile(r"^/([a-z_]+)\s*(\{.*\})?$", re.DOTALL)


@dataclass(frozen=True)
class Incoming:
    """One customer message as the gateway sent it."""

    sender: str
    text: str
    payload: str | None
    message_id: str
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Button:
    """A pressed button: an intent and the values it carries."""

    intent: str
    values: dict[str, Any]


def read_body(body: object) -> Incoming:
    """Check a request body.

    Raises:
        BadBodyError: naming the field that is missing or wrong.
    """
    if not isinstance(body, Mapping):
        raise BadBodyError("body", "must be a JSON object")
    sender = body.get("sender")
    if not isinstance(sender, str) or not sender.strip() or len(sender) > MAX_SENDER:
        raise BadBodyError("sender", f"must be a text of 1 to {MAX_SENDER} characters, <conversation>.<leg>")
    text = body.get("message")
    if not isinstance(text, str):
        raise BadBodyError("message", "must be a text")
    payload = body.get("payload")
    if payload is not None and not isinstance(payload, str):
        raise BadBodyError("payload", "must be a text when given")
    metadata = body.get("metadata", {})
    if not isinstance(metadata, Mapping):
        raise BadBodyError("metadata", "must be a JSON object")
    message_id = metadata.get("message_id")
    if message_id is not None and not isinstance(message_id, (str, int)):
        raise BadBodyError("metadata.message_id", "must be a text")
    return Incoming(sender, text, payload, str(message_id) if message_id is not None else "", dict(metadata))


def read_forget(body: object) -> str:
    """Return the conversation a body asks to forget.

    Raises:
        BadBodyError: naming the field that is missing or wrong.
    """
    if not isinstance(body, Mapping):
        raise BadBodyError("body", "must be a JSON object")
    conversation_id = body.get("conversation_id")
    if not isinstance(conversation_id, str) or not conversation_id.strip() or len(conversation_id) > MAX_SENDER:
        raise BadBodyError("conversation_id", f"must be a text of 1 to {MAX_SENDER} characters")
    return conversation_id


def as_data(text: str) -> str:
    """Return a customer's text as Rasa may read it: never a command, never longer than the encoder can use.

    Rasa takes a text that starts with "/" for an intent; without its slashes it is words like any other. Half a
    character (a lone surrogate) cannot be sent on and becomes "?".
    """
    if len(text) > HEAD_CHARACTERS + TAIL_CHARACTERS:
        text = f"{text[:HEAD_CHARACTERS]} … {text[-TAIL_CHARACTERS:]}"
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ").strip()
    while text.startswith("/"):
        text = text.lstrip("/").strip()
    return text


def read_payload(payload: str) -> Button | None:
    """Return the button a payload stands for, or None when it is none of ours."""
    match = _PAYLOAD.match(payload.strip())
    if match is None or match.group(1) not in BUTTON_INTENTS:
        return None
    try:
        values = json.loads(match.group(2) or "{}")
    except ValueError:
        return None
    return Button(match.group(1), values) if isinstance(values, dict) else None


def answer_of(messages: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the channel's 200 body for what the bot uttered.

    Raises:
        TurnFailedError: nothing was said and nobody called.
    """
    replies: list[dict[str, Any]] = []
    handoff: dict[str, Any] | None = None
    for message in messages:
        custom = message.get("custom") or {}
        if isinstance(custom.get("handoff"), dict):
            handoff = custom["handoff"]
        text = (message.get("text") or "").strip()
        if not text:
            continue
        reply: dict[str, Any] = {"text": text}
        buttons = [{"title": b["title"], "payload": b["payload"]} for b in message.get("buttons") or []]
        if buttons:
            reply["buttons"] = buttons
        reply.update({key: custom[key] for key in ("sources", "answer") if key in custom})
        replies.append(reply)
    if not replies and handoff is None:
        raise TurnFailedError("The bot had nothing to say.")
    return {"replies": replies, "handoff": handoff}
