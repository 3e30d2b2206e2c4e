"""The event log: what happened, in order. All SQL about events.

Every function takes an open connection and belongs into one transaction (see `database.Database`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select

from handoff_gateway.core.events import CallBackNoted, Event, HandedOff, MessagePosted, NoteAdded, Recorded
from handoff_gateway.store.prepared import Prepared
from handoff_gateway.store.tables import events

READ_LIMIT = 500  # events a socket fetches at once: a reconnect streams, memory stays flat

_DATA = select(events.c.data).where(events.c.conversation_id == bindparam("id"))
_READ = Prepared(_DATA.where(events.c.seq > bindparam("after")).order_by(events.c.seq).limit(bindparam("limit")))
_ONE = Prepared(_DATA.where(events.c.seq == bindparam("seq")))
_IDS_AT_ONCE = 8  # looked up in one statement: what a customer who types fast, or a page that comes back, sends
_SENT = Prepared(
    select(events.c.client_message_id, events.c.data, events.c.author).where(
        events.c.conversation_id == bindparam("id"),
        or_(*(events.c.client_message_id == bindparam(f"id_{number}") for number in range(_IDS_AT_ONCE))),
    )
)
_APPEND = Prepared(insert(events))


class Written:
    """An event on its way to the log; `author` is who an id of a client's is unique for."""

    __slots__ = ("author", "client_message_id", "conversation_id", "recorded")

    def __init__(self, conversation_id: str, recorded: Recorded, author: str) -> None:
        self.conversation_id = conversation_id
        self.recorded = recorded
        self.author = author
        self.client_message_id = _client_message_id(recorded.event)

    def row(self) -> dict[str, Any]:
        """Return the columns."""
        event = self.recorded.event
        return {
            "conversation_id": self.conversation_id,
            "seq": self.recorded.seq,
            "at": self.recorded.at_text,
            "kind": event.kind,
            "author": self.author,
            "client_message_id": self.client_message_id,
            "search": event.text.casefold() if isinstance(event, MessagePosted | NoteAdded) else None,
            "data": self.recorded.text,
        }


def _client_message_id(event: Event) -> str | None:
    if isinstance(event, MessagePosted | NoteAdded | HandedOff | CallBackNoted):
        return event.client_message_id
    return None


def append(tx: Connection, written: Iterable[Written]) -> None:
    """Write events."""
    _APPEND.write(tx, [item.row() for item in written])


def read(tx: Connection, conversation_id: str, after: int, limit: int = READ_LIMIT) -> list[Recorded]:
    """Return up to `limit` events after seq `after`, in order."""
    rows = _READ.rows(tx, {"id": conversation_id, "after": after, "limit": limit})
    return [Recorded.from_text(data) for (data,) in rows]


def at(tx: Connection, conversation_id: str, seq: int) -> Recorded | None:
    """Return the event at a seq."""
    row = _ONE.row(tx, {"id": conversation_id, "seq": seq})
    return None if row is None else Recorded.from_text(row[0])


def sent_as(tx: Connection, conversation_id: str, client_message_ids: Sequence[str]) -> dict[str, Written]:
    """Return the events that ids of clients were used for; ids that were not are left out."""
    found = {}
    for first in range(0, len(client_message_ids), _IDS_AT_ONCE):
        some = client_message_ids[first : first + _IDS_AT_ONCE]
        values = {f"id_{number}": some[min(number, len(some) - 1)] for number in range(_IDS_AT_ONCE)}
        for client_message_id, data, author in _SENT.rows(tx, {"id": conversation_id, **values}):
            found[client_message_id] = Written(conversation_id, Recorded.from_text(data), author)
    return found
