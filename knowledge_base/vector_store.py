"""Vectors in the database, by model and content hash: a restart encodes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from knowledge_base.tables import units, vectors
from knowledge_base.vector_index import Vectors

BATCH = 500  # SQLite takes at most 999 variables in old builds


def load_vectors(connection: Connection, model: str, hashes: Sequence[str]) -> dict[str, Vectors]:
    """Return the known vectors of these texts."""
    found: dict[str, Vectors] = {}
    for first in range(0, len(hashes), BATCH):
        query = select(vectors.c.content_hash, vectors.c.vector).where(
            vectors.c.model == model, vectors.c.content_hash.in_(hashes[first : first + BATCH])
        )
        for content_hash, blob in connection.execute(query):
            found[content_hash] = np.frombuffer(blob, dtype="<f4")
    return found


def save_vectors(connection: Connection, model: str, made: Mapping[str, Vectors]) -> None:
    """Keep vectors; one that is there already stays."""
    if made:
        connection.execute(
            insert(vectors).prefix_with("or ignore"),
            [
                {"model": model, "content_hash": key, "vector": vector.astype("<f4").tobytes()}
                for key, vector in made.items()
            ],
        )


def forget_vectors(connection: Connection, model: str) -> None:
    """Drop vectors of other models and of texts no unit holds any more."""
    connection.execute(
        delete(vectors).where((vectors.c.model != model) | vectors.c.content_hash.not_in(select(units.c.content_hash)))
    )
