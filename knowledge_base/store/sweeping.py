"""Drops what imports leave behind: what was staged, and units that nothing names any more.

Those are of versions replaced, and of imports given up. Never in the transaction that makes it superfluous: dropping a
hundred megabytes takes as long as writing them.
"""

from __future__ import annotations

from functools import partial

from knowledge_base.store import staging
from knowledge_base.store.database import Database
from knowledge_base.store.unit_store import sweep_editions, unnamed_editions

TOGETHER = 50  # articles in one transaction, some ten milliseconds: editors write in between


async def sweep(database: Database) -> None:
    """Drop it, a little at a time."""
    for import_id in await database.read(staging.finished):
        while await database.run(partial(staging.drop_some, import_id=import_id, count=TOGETHER)):
            pass
    editions = await database.read(unnamed_editions)
    for first in range(0, len(editions), TOGETHER):
        await database.run(partial(sweep_editions, editions=editions[first : first + TOGETHER]))
