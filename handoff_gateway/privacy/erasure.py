"""One customer's data, everywhere in the gateway: found, handed out, and erased with a receipt. All SQL about it.

The audit log stays: it knows customers by ids that name nobody once the rest is gone. What the knowledge base keeps of
the customer's questions, and the bot of what was said, is owed to them in a table until both say that it is forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select

from handoff_gateway.core.events import HandedOff, MessagePosted, Owner, Recorded
from handoff_gateway.errors import NotFoundError
from handoff_gateway.store import audit
from handoff_gateway.store.tables import conversations, customers, events, forgetting, originals, pickups
from handoff_gateway.times import from_text, to_text

MOST_QUERIES = 200  # in one message to the knowledge base


@dataclass(frozen=True, slots=True)
class Found:
    """Who is meant."""

    customer_id: str
    conversation_id: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased; `rows` by table. `questions` are those the knowledge base is told to forget."""

    customer_id: str
    conversation_id: str
    at: str
    by: str
    rows: dict[str, int]
    questions: int

    def to_json(self) -> dict[str, Any]:
        """Return what the API and the command show."""
        return asdict(self)


def find(tx: Connection, name: str) -> Found:
    """Return the customer with this id, conversation id, or id at the host site. Raises NotFoundError."""
    wanted = or_(customers.c.id == name, conversations.c.id == name, customers.c.external_id == name)
    row = tx.execute(
        select(customers.c.id, conversations.c.id.label("conversation"), conversations.c.owner)
        .join(conversations, conversations.c.customer_id == customers.c.id)
        .where(wanted)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFoundError("customer: there is nobody with this id, conversation id or id of the host site")
    return Found(row.id, row.conversation, Owner(row.owner))


def export(tx: Connection, found: Found, now: datetime, by: str) -> dict[str, Any]:
    """Return everything the gateway keeps of a customer, and write down who has it now."""
    customer = tx.execute(select(customers).where(customers.c.id == found.customer_id)).one()
    conversation = tx.execute(select(conversations).where(conversations.c.id == found.conversation_id)).one()
    said = _events(tx, found.conversation_id)
    hidden = select(func.count()).where(originals.c.conversation_id == found.conversation_id)
    audit.record(tx, now, by, "export customer", found.customer_id, events=len(said))
    return {
        "customer": _shown(customer, ("id", "name", "email", "external_id", "verified", "created_at")),
        "conversation": {
            **_shown(conversation, ("id", "channel", "language", "time_zone", "created_at", "updated_at")),
            "page": None if conversation.page is None else json.loads(conversation.page),
        },
        "events": [item.to_json() for item in said],
        "masked_messages_that_can_be_revealed": tx.execute(hidden).scalar_one(),
        "exported_at": to_text(now),
        "by": by,
    }


def erase(tx: Connection, found: Found, now: datetime, by: str) -> Receipt:
    """Erase a customer. Everything goes or nothing. Raises NotFoundError when they are gone already."""
    there = select(conversations.c.id).where(conversations.c.id == found.conversation_id).with_for_update()
    if tx.execute(there).first() is None:
        raise NotFoundError("customer: erased in this moment by somebody else")
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("PRAGMA secure_delete = ON")  # overwrites what was deleted, not only forgets where it was
    queries = sorted(_queries(_events(tx, found.conversation_id)))
    rows = {}
    for table in (originals, pickups, events):
        gone = tx.execute(delete(table).where(table.c.conversation_id == found.conversation_id))
        rows[table.name] = gone.rowcount
    for table, its_id in ((conversations, found.conversation_id), (customers, found.customer_id)):
        rows[table.name] = tx.execute(delete(table).where(table.c.id == its_id)).rowcount
    parts = [queries[start : start + MOST_QUERIES] for start in range(0, len(queries), MOST_QUERIES)] or [[]]
    owed = [{"conversation_id": found.conversation_id, "query_ids": json.dumps(part)} for part in parts]
    tx.execute(insert(forgetting), owed)
    audit.record(tx, now, by, "erase customer", found.customer_id, rows=rows, questions=len(queries))
    return Receipt(found.customer_id, found.conversation_id, to_text(now), by, rows, len(queries))


def owed(tx: Connection) -> list[tuple[int, dict[str, Any]]]:
    """Return what the knowledge base and the bot are still to forget: ids and bodies."""
    rows = tx.execute(select(forgetting).order_by(forgetting.c.id))
    return [(row.id, {"conversation_id": row.conversation_id, "query_ids": json.loads(row.query_ids)}) for row in rows]


def forgotten(tx: Connection, owed_id: int) -> None:
    """Note that the knowledge base and the bot have forgotten."""
    tx.execute(delete(forgetting).where(forgetting.c.id == owed_id))


def outdated(tx: Connection, before: datetime, limit: int) -> list[Found]:
    """Return conversations nobody waits in or works on, untouched since `before`, the oldest first."""
    rows = tx.execute(
        select(customers.c.id, conversations.c.id.label("conversation"), conversations.c.owner)
        .join(conversations, conversations.c.customer_id == customers.c.id)
        .where(_idle(), conversations.c.updated_at < to_text(before))
        .order_by(conversations.c.updated_at)
        .limit(limit)
    )
    return [Found(row.id, row.conversation, Owner(row.owner)) for row in rows]


def oldest(tx: Connection) -> datetime | None:
    """Return when the conversation untouched for longest was last changed; None when there is none."""
    found = tx.execute(select(func.min(conversations.c.updated_at)).where(_idle())).scalar_one_or_none()
    return None if found is None else from_text(found)


def _idle() -> Any:
    resting = conversations.c.owner.in_([Owner.BOT.value, Owner.NOBODY.value])
    return resting & ~conversations.c.promised


def _events(tx: Connection, conversation_id: str) -> list[Recorded]:
    query = select(events.c.data).where(events.c.conversation_id == conversation_id).order_by(events.c.seq)
    return [Recorded.from_text(row.data) for row in tx.execute(query)]


def _queries(said: Iterable[Recorded]) -> set[str]:
    """Return the knowledge base's ids of the searches made for a conversation."""
    found = set()
    for item in said:
        if isinstance(item.event, HandedOff) and item.event.query_id:
            found.add(item.event.query_id)
        elif isinstance(item.event, MessagePosted):
            answer = item.event.extras.get("answer")
            query_id = answer.get("query_id") if isinstance(answer, dict) else None
            if isinstance(query_id, str) and query_id:
                found.add(query_id)
    return found


def _shown(row: Row[Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
