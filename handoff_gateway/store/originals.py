"""What was masked in messages: encrypted, read once, gone after a while. All SQL about it."""

from __future__ import annotations

from datetime import datetime

from msgspec import structs
from sqlalchemy import Connection, delete, func, insert, select

from handoff_gateway.core.events import MessagePosted, Recorded, Role
from handoff_gateway.errors import NotFoundError
from handoff_gateway.store.tables import originals
from handoff_gateway.times import from_text, to_text


def keep(tx: Connection, conversation_id: str, recorded: list[Recorded], sealed: str) -> list[Recorded]:
    """Keep the whole text of the customer's message among `recorded`; return them with the message marked as masked."""
    return [_kept(tx, conversation_id, item, sealed) for item in recorded]


def _kept(tx: Connection, conversation_id: str, item: Recorded, sealed: str) -> Recorded:
    event = item.event
    if not isinstance(event, MessagePosted) or event.role is not Role.CUSTOMER:
        return item
    if sealed:
        values = {"conversation_id": conversation_id, "seq": item.seq, "kept_at": to_text(item.at)}
        tx.execute(insert(originals).values(**values, sealed=sealed))
    return structs.replace(item, event=structs.replace(event, extras={**event.extras, "masked": True}))


def take(tx: Connection, conversation_id: str, seq: int, since: datetime) -> str:
    """Return what was sealed and destroy it. Raises NotFoundError when it was never there, was read, or is too old."""
    this = (originals.c.conversation_id == conversation_id) & (originals.c.seq == seq)
    sealed = tx.execute(
        select(originals.c.sealed).where(this, originals.c.kept_at >= to_text(since))
    ).scalar_one_or_none()
    if sealed is None:
        raise NotFoundError("seq: nothing is kept of this message; it was revealed already, or is too old")
    tx.execute(delete(originals).where(this))
    return str(sealed)


def destroy(tx: Connection, before: datetime) -> int:
    """Destroy what was kept before a time; return how many."""
    return tx.execute(delete(originals).where(originals.c.kept_at < to_text(before))).rowcount


def oldest(tx: Connection) -> datetime | None:
    """Return when the oldest was kept; None when there is none."""
    found = tx.execute(select(func.min(originals.c.kept_at))).scalar_one_or_none()
    return None if found is None else from_text(found)
