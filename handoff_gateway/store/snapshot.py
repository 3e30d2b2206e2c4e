"""A conversation's state as JSON: the projection kept beside the log, so that no read has to replay it."""

from __future__ import annotations

import msgspec

from handoff_gateway.core.conversation_state import Conversation
from handoff_gateway.errors import CorruptLogError

MOST_KEPT = 4_000  # states with their texts, so that a conversation in use is not read anew for each message; a few MB

_ENCODER = msgspec.json.Encoder()
_kept: dict[str, tuple[str, Conversation]] = {}


def dump(state: Conversation) -> str:
    """Write `state`."""
    text = _ENCODER.encode(state).decode()
    _keep(text, state)
    return text


def load(conversation_id: str, language: str, text: str) -> Conversation:
    """Read what `dump` wrote, or a version before it; id and language have columns of their own, which count.

    Raises:
        CorruptLogError: it is not a state.
    """
    kept = _kept.get(conversation_id)
    if kept is not None and kept[0] == text and kept[1].language == language:
        return kept[1]
    try:
        data = {**msgspec.json.decode(text), "conversation_id": conversation_id, "language": language}
        state = msgspec.convert(data, Conversation)
    except (TypeError, msgspec.DecodeError) as error:
        raise CorruptLogError(f"{conversation_id}: its state cannot be read: {error}") from error
    _keep(text, state)
    return state


def forget(conversation_id: str) -> None:
    """Keep nothing of a conversation in memory."""
    _kept.pop(conversation_id, None)


def forget_all() -> None:
    """Keep no conversation in memory."""
    _kept.clear()


def _keep(text: str, state: Conversation) -> None:
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[state.conversation_id] = (text, state)
