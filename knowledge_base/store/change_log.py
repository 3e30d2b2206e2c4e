"""Which articles each generation of the base changed: what every replica catches up by."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select, update

from knowledge_base.store.tables import base_state, changes

# Of one change; a larger one (new splitting rules) is noted as "everything": search is then built anew. As many as an
# import may hold, since building anew is what it spares every process.
MAX_NOTED = 50_000
# A replica that sleeps through more than this reads the whole base, which takes seconds; rows are what keeping costs.
KEPT_GENERATIONS = 2_000


def note_change(connection: Connection, article_ids: Collection[str] | None) -> int:
    """Raise the generation and note what it changed; return the new generation.

    Every transaction that changes what search should know must call this with every article it touched.

    Args:
        article_ids: articles made, edited, published, withdrawn or deleted; `None` for all of them.
    """
    generation = raise_generation(connection)
    if article_ids is None or len(article_ids) > MAX_NOTED:
        _forget(connection, up_to=generation)
        return generation
    rows = [{"generation": generation, "article_id": article_id} for article_id in sorted(set(article_ids))]
    if rows:
        connection.execute(insert(changes), rows)
    _forget(connection, up_to=generation - KEPT_GENERATIONS)
    return generation


def raise_generation(connection: Connection) -> int:
    """Begin a new generation and return it; what it changes must be noted in the same transaction."""
    raised = update(base_state).values(generation=base_state.c.generation + 1).returning(base_state.c.generation)
    return int(connection.execute(raised).scalar_one())


def changed_since(connection: Connection, generation: int, without: int | None = None) -> frozenset[str] | None:
    """Return the articles changed after a generation; `None` when the log does not say, so that all may have.

    Args:
        without: a later generation that is left out.
    """
    state = connection.execute(select(base_state.c.generation, base_state.c.changes_after)).one()
    if not state.changes_after <= generation <= state.generation:  # beyond it: of a base since put back from a copy
        return None
    query = select(changes.c.article_id).where(changes.c.generation > generation).distinct()
    if without is not None:
        query = query.where(changes.c.generation != without)
    return frozenset(connection.execute(query).scalars())


def _forget(connection: Connection, up_to: int) -> None:
    """Drop entries of these generations, and say so to whoever still stands before them."""
    if up_to > 0:
        connection.execute(delete(changes).where(changes.c.generation <= up_to))
        connection.execute(
            update(base_state).where(base_state.c.changes_after < up_to).values(changes_after=up_to),
        )
