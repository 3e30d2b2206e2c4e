"""Warnings an editor has looked at and found to be none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from knowledge_base.store.tables import dismissed_warnings


@dataclass(frozen=True)
class Dismissal:
    """Who dismissed a warning, and when."""

    at: datetime
    by: str


def dismissals(connection: Connection) -> dict[str, Dismissal]:
    """Return every dismissal by the id of its warning."""
    return {row.id: Dismissal(row.at, row.by) for row in connection.execute(select(dismissed_warnings))}


def dismiss(connection: Connection, warning_id: str, by: Dismissal) -> None:
    """Keep a dismissal; the first one of a warning stands."""
    known = connection.execute(select(dismissed_warnings.c.id).where(dismissed_warnings.c.id == warning_id)).first()
    if known is None:
        connection.execute(insert(dismissed_warnings).values(id=warning_id, at=by.at, by=by.by))


def take_back(connection: Connection, warning_id: str) -> None:
    """Forget a dismissal, if there is one."""
    connection.execute(delete(dismissed_warnings).where(dismissed_warnings.c.id == warning_id))
