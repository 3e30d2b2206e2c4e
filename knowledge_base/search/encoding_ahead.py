"""Has vectors ready of what is about to be committed, so that whatever is committed after it waits for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from knowledge_base.articles.articles import Content, Unit
from knowledge_base.search.vector_space import VectorSpace
from knowledge_base.store import live
from knowledge_base.text.languages import ENGLISH

ENCODED_TOGETHER = 500  # units whose vectors are held at once, 0.8 MB; they differ in length


async def encode_ahead(
    english: VectorSpace, multilingual: VectorSpace | None, made: Mapping[Content, Sequence[Unit]]
) -> None:
    """Encode what the database has no vector of, and keep that there.

    Questions and changes of others get their turn meanwhile.
    """
    await _encode(english, [unit for units in made.values() for unit in units])
    # Where the multilingual space is to have the vectors at once; otherwise it is filled later.
    if multilingual is not None and len(made) <= live.MAX_CHANGES:
        foreign = [units for content, units in made.items() if content.language != ENGLISH]
        await _encode(multilingual, [unit for units in foreign for unit in units])


async def _encode(space: VectorSpace, units: Sequence[Unit]) -> None:
    for first in range(0, len(units), ENCODED_TOGETHER):
        await space.vectors_of(units[first : first + ENCODED_TOGETHER])
