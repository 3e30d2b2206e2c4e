"""Canned replies: texts that agents need again and again. All SQL about them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from handoff_gateway.core.lines import primary_language
from handoff_gateway.errors import BadFrameError, NotFoundError
from handoff_gateway.store.tables import canned_replies
from handoff_gateway.times import to_text
from handoff_gateway.wire import clean_text

MAX_REPLIES = 500  # more than anybody looks through
MAX_TITLE_LENGTH = 60
MAX_TEXT_LENGTH = 4_000
FIELDS = frozenset({"title", "text", "language"})


@dataclass(frozen=True, slots=True)
class CannedReply:
    """A text with a title to find it by; `language` is None for one that fits any customer."""

    id: str
    title: str
    text: str
    language: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the API shows."""
        return asdict(self)


def every(tx: Connection) -> list[CannedReply]:
    """Return all of them, by title."""
    rows = tx.execute(select(canned_replies))
    found = [CannedReply(row.id, row.title, row.text, row.language) for row in rows]
    return sorted(found, key=lambda reply: (reply.title.casefold(), reply.language or "", reply.id))


def add(tx: Connection, body: Mapping[str, Any], now: datetime) -> CannedReply:
    """Write a new one. Raises BadFrameError naming a field that cannot be used."""
    if tx.execute(select(func.count()).select_from(canned_replies)).scalar_one() >= MAX_REPLIES:
        raise BadFrameError(f"canned_replies: at most {MAX_REPLIES}; remove one first")
    reply = _read(CannedReply(f"can_{secrets.token_hex(6)}", "", ""), {"title": None, "text": None, **body})
    tx.execute(insert(canned_replies).values(**reply.to_json(), created_at=to_text(now)))
    return reply


def change(tx: Connection, reply_id: str, body: Mapping[str, Any]) -> CannedReply:
    """Write the fields that `body` gives. Raises NotFoundError, or BadFrameError naming a field."""
    row = tx.execute(select(canned_replies).where(canned_replies.c.id == reply_id)).one_or_none()
    if row is None:
        raise NotFoundError("canned_reply: there is no such canned reply")
    reply = _read(CannedReply(row.id, row.title, row.text, row.language), body)
    tx.execute(update(canned_replies).where(canned_replies.c.id == reply_id).values(**reply.to_json()))
    return reply


def remove(tx: Connection, reply_id: str) -> None:
    """Delete one. Raises NotFoundError."""
    if tx.execute(delete(canned_replies).where(canned_replies.c.id == reply_id)).rowcount == 0:
        raise NotFoundError("canned_reply: there is no such canned reply")


def _read(reply: CannedReply, body: Mapping[str, Any]) -> CannedReply:
    if unknown := set(body) - FIELDS:
        raise BadFrameError(f"{min(unknown)}: not a field of these: {', '.join(sorted(FIELDS))}")
    changes: dict[str, Any] = {}
    if "title" in body:
        changes["title"] = _text(body["title"], "title", MAX_TITLE_LENGTH)
    if "text" in body:
        changes["text"] = _text(body["text"], "text", MAX_TEXT_LENGTH)
    if "language" in body:
        changes["language"] = _language(body["language"])
    return replace(reply, **changes)


def _text(value: object, name: str, most: int) -> str:
    text = clean_text(name, value).strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= most:
        raise BadFrameError(f"{name}: must be a text of 1 to {most} characters")
    return text


def _language(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or primary_language(value) != value.strip().lower().replace("_", "-").split("-")[0]:
        raise BadFrameError("language: must be a language's letters, such as cs, or null for any")
    return primary_language(value)
