"""Vectors in the database, by model, role and content hash: a restart encodes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from knowledge_base.store.tables import base_state, units, vectors
from knowledge_base.vectors import Vectors

BATCH = 500  # SQLite takes at most 999 variables in old builds
# Generations for which a vector is kept that no unit holds: an import is encoded before it is committed, which may take
# minutes, in which editors go on and other replicas start.
KEPT_AHEAD = 200
PASSAGES = "#passages"  # after the model's name: some models read a passage differently from a question or title


class VectorKey(NamedTuple):
    """What was encoded, and in which role."""

    content_hash: str
    is_passage: bool


def load_vectors(
    connection: Connection, model: str, dimension: int, keys: Sequence[VectorKey]
) -> dict[VectorKey, Vectors]:
    """Return the known vectors of these texts.

    Args:
        dimension: those of another length are of an encoder that went by the same name, and are not known.
    """
    found: dict[VectorKey, Vectors] = {}
    for is_passage in (False, True):
        hashes = [key.content_hash for key in keys if key.is_passage == is_passage]
        for first in range(0, len(hashes), BATCH):
            query = select(vectors.c.content_hash, vectors.c.vector).where(
                vectors.c.model == _name(model, is_passage),
                vectors.c.content_hash.in_(hashes[first : first + BATCH]),
            )
            for content_hash, blob in connection.execute(query):
                vector = np.frombuffer(blob, dtype="<f4")
                if len(vector) == dimension:
                    found[VectorKey(content_hash, is_passage)] = vector
    return found


def save_vectors(connection: Connection, model: str, made: Mapping[VectorKey, Vectors]) -> None:
    """Keep vectors, in the place of those that are there already."""
    if made:
        generation = connection.execute(select(base_state.c.generation)).scalar_one()
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        new = insert(vectors)
        replaced = {name: new.excluded[name] for name in ("vector", "saved_at")}
        connection.execute(
            new.on_conflict_do_update(index_elements=[vectors.c.model, vectors.c.content_hash], set_=replaced),
            [
                {
                    "model": _name(model, key.is_passage),
                    "content_hash": key.content_hash,
                    "vector": vector.astype("<f4").tobytes(),
                    "saved_at": generation,
                }
                for key, vector in made.items()
            ],
        )


def forget_vectors(connection: Connection, models: Collection[str] | None = None) -> None:
    """Drop the vectors of texts no unit holds any more, and those of other models than these when some are named.

    Those made lately stay: what they are for may not be committed yet.
    """
    generation = connection.execute(select(base_state.c.generation)).scalar_one()
    connection.execute(
        delete(vectors).where(
            vectors.c.content_hash.not_in(select(units.c.content_hash)), vectors.c.saved_at < generation - KEPT_AHEAD
        )
    )
    if models is not None:
        kept = [_name(model, is_passage) for model in models for is_passage in (False, True)]
        connection.execute(delete(vectors).where(vectors.c.model.not_in(kept)))


def _name(model: str, is_passage: bool) -> str:
    return model + PASSAGES if is_passage else model
