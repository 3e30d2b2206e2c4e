"""The vectors search compares: of every unit in the space of the encoder of English, of most in the multilingual one.

Everything here must run on the model thread, but reading `lacking`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import islice

import numpy as np

from knowledge_base.search.vector_index import VectorIndex
from knowledge_base.vectors import Vectors

MOST_LACKING = 0.1  # share of units without a multilingual vector; with more the English space and words tell more


Lengths = dict[int, tuple[int, float]]
"""How long the sum of an article's vectors is, by the first of its units that have one, with how many have."""


class Spaces:
    """Two vector indexes over the same units.

    Attributes:
        english: holds every unit.
        multilingual: holds every unit but those that wait for their vector; `None` without a multilingual encoder.
        english_lengths: kept from one search for the next, as are `multilingual_lengths`.
    """

    def __init__(self, english: VectorIndex) -> None:
        """Begin with the English space alone."""
        self.english = english
        self.multilingual: VectorIndex | None = None
        self._lacking: dict[int, None] = {}
        self.english_lengths: Lengths = {}
        self.multilingual_lengths: Lengths = {}

    def over(self, english: VectorIndex, multilingual: VectorIndex | None) -> Spaces:
        """Return another over copies of both indexes."""
        other = Spaces(english)
        other.multilingual = multilingual
        other._lacking = dict(self._lacking)
        return other

    @property
    def lacking(self) -> int:
        """How many units wait for their multilingual vector."""
        return len(self._lacking)

    @property
    def multilingual_serves(self) -> bool:
        """Whether questions should be compared in the multilingual space."""
        return self.multilingual is not None and self.lacking <= MOST_LACKING * (len(self.multilingual) + self.lacking)

    def attach(self, multilingual: VectorIndex, units: Iterable[int]) -> None:
        """Use a multilingual space over these units from now on; it must hold no others."""
        self.multilingual = multilingual
        self.multilingual_lengths = {}
        self._lacking = dict.fromkeys(unit_id for unit_id in units if unit_id not in multilingual)

    def swap(self, gone: Collection[int], vectors: Mapping[int, Vectors], multilingual: Mapping[int, Vectors]) -> None:
        """Put new units in the place of old ones; `multilingual` may lack some."""
        self.english.remove(list(gone))
        for unit_id in gone:
            self.english_lengths.pop(unit_id, None)
            self.multilingual_lengths.pop(unit_id, None)
        _add(self.english, vectors)
        if self.multilingual is not None:
            self.multilingual.remove(list(gone))
            for unit_id in gone:
                self._lacking.pop(unit_id, None)
            self._lacking.update(dict.fromkeys(vectors))
            self.fill(multilingual)

    def fill(self, multilingual: Mapping[int, Vectors]) -> None:
        """Add vectors that were lacking; those of units that are gone, or have theirs, are dropped."""
        if self.multilingual is not None:
            wanted = {unit_id: row for unit_id, row in multilingual.items() if unit_id in self._lacking}
            _add(self.multilingual, wanted)
            for unit_id in wanted:
                del self._lacking[unit_id]

    def next_lacking(self, limit: int) -> list[int]:
        """Return some of the units that wait, the newest first: what was just published is asked for next."""
        return list(islice(reversed(self._lacking), limit))

    def lacking_ids(self) -> Collection[int]:
        """Return every unit that waits."""
        return self._lacking.keys()


def _add(index: VectorIndex, vectors: Mapping[int, Vectors]) -> None:
    if vectors:
        index.add(list(vectors), np.stack(list(vectors.values())))
