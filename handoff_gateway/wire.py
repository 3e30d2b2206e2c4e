"""Frames on the sockets: which there are, which fields they have, and how raw text becomes one or a clear error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from handoff_gateway.errors import BadFrameError, RefusedError, TooLargeError

VERSION = 1
MAX_FRAME_BYTES = 64 * 1024  # above: an error, the socket stays
MAX_SOCKET_BYTES = 1024 * 1024  # far above: the socket closes with 1009 before the text is in memory
MAX_ID_LENGTH = 128  # client_message_id and the like: a UUID with room
MAX_INTEGER = 2**53 - 1  # what JavaScript counts exactly
MAX_NESTED = 100  # levels of what is stored; whoever reads it again must not run out of stack


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "a text that is not empty"
    STRING = "a string"
    ID = f"a string of 1 to {MAX_ID_LENGTH} characters"
    FLAG = "true or false"
    COUNT = "a whole number from 0"
    OBJECT = "an object"
    CURSORS = "an object of whole numbers from 0"
    PRESENCE = "online, away or offline"
    VERSION = f"{VERSION}, the version spoken here"
    REQUEST = "a string or a whole number"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a frame."""

    kind: Kind
    required: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """A checked frame: every required field is there and every known field has its type."""

    type: str
    fields: Mapping[str, Any]
    request_id: str | int | None = None

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def get(self, name: str) -> Any:
        """Return an optional field, or None."""
        return self.fields.get(name)


FrameTable = Mapping[str, Mapping[str, Field]]


def _maybe(kind: Kind) -> Field:
    return Field(kind, required=False)


CUSTOMER_FRAMES: FrameTable = {
    "hello": {
        "version": Field(Kind.VERSION),
        "token": _maybe(Kind.STRING),
        "identity": _maybe(Kind.STRING),
        "after_seq": _maybe(Kind.COUNT),
        "language": _maybe(Kind.STRING),
        "page": _maybe(Kind.OBJECT),
        "time_zone": _maybe(Kind.STRING),
    },
    "send": {"client_message_id": Field(Kind.ID), "text": Field(Kind.TEXT), "payload": _maybe(Kind.STRING)},
    "request_agent": {"client_message_id": Field(Kind.ID)},
    "leave_queue": {},
    "call_back": {
        "client_message_id": _maybe(Kind.ID),
        "contact": _maybe(Kind.STRING),
        "note": _maybe(Kind.STRING),
    },
    "end": {},
    "typing": {"on": Field(Kind.FLAG)},
    "read": {"seq": Field(Kind.COUNT)},
    "feedback": {"seq": Field(Kind.COUNT), "helpful": Field(Kind.FLAG)},
    "survey": {"survey_id": Field(Kind.ID), "answers": Field(Kind.OBJECT)},
}
_CONVERSATION = {"conversation_id": Field(Kind.ID)}
AGENT_FRAMES: FrameTable = {
    "hello": {
        "version": Field(Kind.VERSION),
        "token": _maybe(Kind.STRING),
        "conversations": _maybe(Kind.CURSORS),
    },
    "presence": {"state": Field(Kind.PRESENCE)},
    "open": {**_CONVERSATION, "after_seq": _maybe(Kind.COUNT)},
    "claim": _CONVERSATION,
    "send": {**_CONVERSATION, "client_message_id": Field(Kind.ID), "text": Field(Kind.TEXT)},
    "note": {**_CONVERSATION, "client_message_id": Field(Kind.ID), "text": Field(Kind.TEXT)},
    "transfer": {
        **_CONVERSATION,
        "team": _maybe(Kind.STRING),
        "agent_id": _maybe(Kind.ID),
        "note": _maybe(Kind.STRING),
    },
    "hand_back": _CONVERSATION,
    "close": {**_CONVERSATION, "disposition": _maybe(Kind.STRING)},
    "call_back_done": _CONVERSATION,
    "follow_up_done": _CONVERSATION,
    "typing": {**_CONVERSATION, "on": Field(Kind.FLAG)},
    "read": {**_CONVERSATION, "seq": Field(Kind.COUNT)},
}
_REQUEST_ID = _maybe(Kind.REQUEST)
_ENCODER = msgspec.json.Encoder()


def read_object(raw: str | bytes) -> dict[str, Any]:
    """Return the JSON object in a raw frame. Raises TooLargeError or BadFrameError."""
    size = len(raw)
    if isinstance(raw, str) and size <= MAX_FRAME_BYTES and not raw.isascii():
        size = len(raw.encode())
    if size > MAX_FRAME_BYTES:
        raise TooLargeError(f"the frame has {size} bytes, at most {MAX_FRAME_BYTES} are taken")
    if isinstance(raw, bytes):
        raise BadFrameError("frame: send text frames, not binary ones")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadFrameError("frame: not JSON") from None
    if not isinstance(data, dict):
        raise BadFrameError("frame: not a JSON object")
    return data


def ids_of(raw: str | bytes) -> dict[str, Any]:
    """Return what is in a frame too large to be taken, so that the error can name it; nothing when it is no object."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def read_frame(data: Mapping[str, Any], table: FrameTable) -> Frame:
    """Check `data` against `table`; unknown fields are ignored. Raises BadFrameError naming the field."""
    name = data.get("type")
    if not isinstance(name, str):
        raise BadFrameError("type: must be a string")
    spec = table.get(name)
    if spec is None:
        raise BadFrameError(f"type: {_short(name)} is not a frame of this socket")
    fields = {}
    for field_name, field in spec.items():
        value = data.get(field_name)
        if value is not None:
            fields[field_name] = _check(field_name, value, field.kind)
        elif field.required:
            raise BadFrameError(f"{field_name}: missing; must be {field.kind.value}")
    request_id = data.get("request_id")
    return Frame(name, fields, None if request_id is None else _check("request_id", request_id, _REQUEST_ID.kind))


def to_raw(frame: Mapping[str, Any]) -> str:
    """Write a frame."""
    return _ENCODER.encode(frame).decode()


def error_frame(error: RefusedError, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `error` frame that answers the frame `data`."""
    frame: dict[str, Any] = {"type": "error", "code": error.code, "message": error.message}
    for name in ("client_message_id", "request_id", "conversation_id"):
        value = data.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and _can_be_echoed(str(value)):
            frame[name] = value
    if error.retry_after_s is not None:
        frame["retry_after_s"] = error.retry_after_s
    return frame


def _can_be_echoed(value: str) -> bool:
    """Say whether a value can go into a frame: half a character cannot, and would end the socket without a word."""
    return len(value) <= MAX_ID_LENGTH and _is_text(value)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def clean_text(name: str, value: str) -> str:
    """Return `value` without NUL, which not every database stores. Raises BadFrameError for half a character."""
    if not value.isascii() and not _is_text(value):
        raise BadFrameError(f"{name}: holds half a character (a lone surrogate)")
    return value.replace("\x00", "")


def storable(data: Any, name: str = "body", depth: int = 0) -> Any:
    """Return JSON with every string in it as `clean_text` has it. Raises BadFrameError."""
    if depth > MAX_NESTED:
        raise BadFrameError(f"{name}: nested more than {MAX_NESTED} levels deep")
    if isinstance(data, str):
        return clean_text(name, data)
    if isinstance(data, dict):
        return {clean_text(name, key): storable(item, name, depth + 1) for key, item in data.items()}
    if isinstance(data, list):
        return [storable(item, name, depth + 1) for item in data]
    return data


def _check(name: str, value: object, kind: Kind) -> Any:
    if isinstance(value, str) and kind is not Kind.OBJECT:
        value = clean_text(name, value)
    if not _fits(value, kind):
        raise BadFrameError(f"{name}: must be {kind.value}")
    return storable(value, name) if kind is Kind.OBJECT else value


def _fits(value: object, kind: Kind) -> bool:
    match kind:
        case Kind.TEXT:
            return isinstance(value, str) and bool(value.strip())
        case Kind.STRING:
            return isinstance(value, str)
        case Kind.ID:
            return isinstance(value, str) and 0 < len(value) <= MAX_ID_LENGTH
        case Kind.FLAG:
            return isinstance(value, bool)
        case Kind.COUNT:
            return _is_count(value)
        case Kind.OBJECT:
            return isinstance(value, dict)
        case Kind.CURSORS:
            return isinstance(value, dict) and all(_is_count(item) for item in value.values())
        case Kind.PRESENCE:
            return isinstance(value, str) and value in {"online", "away", "offline"}
        case Kind.VERSION:
            return _is_count(value) and value == VERSION
        case Kind.REQUEST:
            return _is_count(value) or (isinstance(value, str) and len(value) <= MAX_ID_LENGTH)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def _short(word: str) -> str:
    return ascii(word if len(word) <= 40 else f"{word[:40]}…")
