"""What was done to accounts, teams and customers' data, by whom: all SQL about it. Rows are only ever added.

An administrative request is written down before it is carried out, so that none goes unseen; one that is then refused
is written down as refused. Customers appear by the gateway's own ids, which name nobody once their data is erased.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from handoff_gateway.store.tables import audit
from handoff_gateway.times import to_text

PAGE_SIZE = 100
COMMAND_LINE = "command line"  # whoever has the machine has everything
GATEWAY = "gateway"  # what happens by itself: retention


def record(tx: Connection, now: datetime, actor: str, action: str, subject: str | None = None, **details: Any) -> None:
    """Add a row.

    Args:
        actor: an account's id, `service`, `gateway` or `command line`.
        subject: what it was done to.
        details: counts and names of fields; never what a customer or a password said.
    """
    values = {"at": to_text(now), "actor": actor, "action": action, "subject": subject}
    tx.execute(insert(audit).values(**values, details=json.dumps(details)))


def read(tx: Connection, before: int | None) -> list[Mapping[str, Any]]:
    """Return the newest rows before the one with id `before`, newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(PAGE_SIZE)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        {
            "id": row.id,
            "at": row.at,
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "details": json.loads(row.details),
        }
        for row in tx.execute(query)
    ]
