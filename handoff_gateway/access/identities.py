"""Customers by the host site's id of theirs: all SQL about verified customers."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from handoff_gateway.access.identity import Identity
from handoff_gateway.store import projection
from handoff_gateway.store.projection import Entry
from handoff_gateway.store.tables import conversations, customers


def recognise(tx: Connection, who: Identity) -> Entry | None:
    """Return the conversation of the customer `who` is, with what the site says of them now; None for somebody new."""
    row = tx.execute(select(customers).where(customers.c.external_id == who.subject)).one_or_none()
    if row is None:
        return None
    told = {"name": who.name or row.name, "email": who.email or row.email}
    if told != {"name": row.name, "email": row.email}:
        tx.execute(update(customers).where(customers.c.id == row.id).values(**told))
    return conversation_of(tx, row.id)


def take_over(tx: Connection, token_hash: str, who: Identity, new_hash: str) -> Entry | None:
    """Make the anonymous conversation with this token that of `who`; None when it is somebody's already.

    Its token is replaced: whoever else knows it, perhaps because they planted it, is left outside.
    """
    changed = tx.execute(
        update(customers)
        .where(customers.c.token_hash == token_hash, customers.c.external_id.is_(None))
        .values(external_id=who.subject, name=who.name, email=who.email, verified=True, token_hash=new_hash)
    )
    return projection.by_token(tx, new_hash) if changed.rowcount == 1 else None


def conversation_of(tx: Connection, customer_id: str) -> Entry | None:
    """Return a customer's conversation; None when there is no such customer."""
    found = tx.execute(
        select(conversations.c.id).where(conversations.c.customer_id == customer_id)
    ).scalar_one_or_none()
    return None if found is None else projection.load(tx, found)
