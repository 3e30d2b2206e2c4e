"""Drops the units that nothing names any more: of versions replaced, and of imports given up."""

from __future__ import annotations

from functools import partial

from knowledge_base.store.database import Database
from knowledge_base.store.unit_store import sweep_editions, unnamed_editions

TOGETHER = 50  # editions in one transaction, some ten milliseconds: editors write in between


async def sweep(database: Database) -> None:
    """Drop them, a few at a time."""
    editions = await database.read(unnamed_editions)
    for first in range(0, len(editions), TOGETHER):
        await database.run(partial(sweep_editions, editions=editions[first : first + TOGETHER]))
