"""What both halves say about every unit and article for one question. Runs on the model thread."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge_base.search import ranking
from knowledge_base.search.lexicon import LexicalEvidence, Lexicon
from knowledge_base.search.placement import NOWHERE, Placement
from knowledge_base.search.ranking import Evidence, Scores
from knowledge_base.search.spaces import Spaces
from knowledge_base.search.vector_index import VectorIndex
from knowledge_base.vectors import Vectors

# Vectors asked of the index; a small base is compared whole. In a larger one an article is known by its best unit,
# which is among the nearest when any of its units is.
NEAREST_UNITS = 1_000
LEXICAL_CANDIDATES = 50  # articles a language whose cosines are looked up although the index did not name them
DEPTH = 3  # units of an article that should agree
ABSENT = -1.0  # the cosine of what was not compared


class UnitScores:
    """Scores by row and by slot for one question.

    Attributes:
        words: BM25 and coverage.
        english: cosine by row in the space of the encoder of English, `ABSENT` where not compared.
        multilingual: the same in the multilingual space; `None` when the question has no vector there.
        cosine: the one of the two that counts for this question.
        evidence: both halves by slot.
    """

    def __init__(
        self,
        places: Placement,
        lexicons: Mapping[str, Lexicon],
        spaces: Spaces,
        text: str,
        vectors: tuple[Vectors, Vectors | None],
    ) -> None:
        """Score everything.

        Args:
            vectors: the question's in the English space, and in the multilingual one when that is to count.
        """
        self._places = places
        self.words = LexicalEvidence.of_nothing(places.slots, places.rows)
        for lexicon in lexicons.values():
            lexicon.add_evidence(lexicon.question(text), self.words)
        self.english = self._cosines(spaces.english, vectors[0], ())
        self._counts, self.cosine, self._asked = spaces.english, self.english, vectors[0]
        self._kept_lengths = spaces.english_lengths
        self._lacking = False  # whether the space that counts lacks units
        self.multilingual: Scores | None = None
        if spaces.multilingual is not None and vectors[1] is not None:
            self.multilingual = self._cosines(spaces.multilingual, vectors[1], spaces.lacking_ids())
            self._counts, self.cosine, self._asked = spaces.multilingual, self.multilingual, vectors[1]
            self._lacking = bool(spaces.lacking_ids())
            self._kept_lengths = spaces.multilingual_lengths
        self.evidence = self._evidence(self.cosine)

    def combined(self, rows: Sequence[int], words: float) -> Scores:
        """Return what speaks for each of the units of an article, comparing all of them; BM25 weighs `words`."""
        unit_ids = self._places.unit_ids[rows].tolist()
        held = [unit_id in self._counts for unit_id in unit_ids]
        total: Scores = np.float32(words) * self.words.unit[rows]
        known = [unit_id for unit_id in unit_ids if unit_id in self._counts]
        total[held] += np.maximum(self._counts.vectors_of(known) @ self._asked, 0)
        return total

    def look_into(self, slots: NDArray[np.int64]) -> tuple[Scores, Scores]:
        """Compare every unit of some articles in the space that counts; units it lacks are left out.

        Returns:
            the mean cosine of the `DEPTH` best units, and the cosine of the mean vector, by position in `slots`;
            `ABSENT` for an article without a vector.
        """
        depth, mean = np.full(len(slots), ABSENT, np.float32), np.full(len(slots), ABSENT, np.float32)
        held: list[int] = []
        rows: list[int] = []
        ends = [0]
        for slot in slots.tolist():
            placed = self._places.at(slot)
            if self._lacking:
                units = zip(placed.unit_ids, placed.rows, strict=True)
                there = [(unit_id, row) for unit_id, row in units if unit_id in self._counts]
                held += [unit_id for unit_id, _ in there]
                rows += [row for _, row in there]
            else:
                held += placed.unit_ids
                rows += placed.rows
            ends.append(len(held))
        if not held:
            return depth, mean
        cosines = self.cosine[rows]
        unknown = np.flatnonzero(cosines <= ABSENT)
        if unknown.size:
            vectors = self._counts.vectors_of([held[place] for place in unknown.tolist()])
            cosines[unknown] = np.einsum("ij,j->i", vectors, self._asked)  # a matrix product rounds by where a row is
        sizes = np.diff(ends)
        known = np.flatnonzero(sizes)
        first = np.array(ends[:-1])[known]
        lengths = self._lengths(held, first.tolist(), sizes[known].tolist())
        mean[known] = np.add.reduceat(cosines, first) / np.where(lengths, lengths, 1)  # a text without words: no vector
        owner = np.repeat(np.arange(len(slots)), sizes)
        order = np.lexsort((-cosines, owner))
        best = order[np.arange(len(held)) - np.repeat(ends[:-1], sizes) < DEPTH]
        depth[known] = np.bincount(owner[best], cosines[best], len(slots))[known] / np.minimum(sizes[known], DEPTH)
        return depth, mean

    def _lengths(self, held: Sequence[int], first: Sequence[int], sizes: Sequence[int]) -> Scores:
        """Return the length of the sum of each article's vectors: the same for every question, so each is kept.

        Args:
            held: ids of units, article by article.
            first: where each article begins there.
            sizes: how many units each has.
        """
        kept, lengths = self._kept_lengths, []
        for start, size in zip(first, sizes, strict=True):
            known = kept.get(held[start])
            if known is None or known[0] != size:
                vectors = self._counts.vectors_of(held[start : start + size])
                known = kept[held[start]] = size, float(np.linalg.norm(vectors.sum(axis=0)))
            lengths.append(known[1])
        return np.array(lengths, np.float32)

    def _evidence(self, cosine: Scores) -> Evidence:
        places = self._places
        compared = np.flatnonzero(cosine > ABSENT)
        passages = places.is_passage[compared]
        unit = np.zeros(places.slots, np.float32)
        np.maximum.at(unit, places.owner, self.words.unit)
        return Evidence(
            passage=self._best(cosine, compared[passages]),
            question=self._best(cosine, compared[~passages]),
            article=self.words.article,
            unit=unit,
            coverage=self.words.coverage,
        )

    def _best(self, cosine: Scores, rows: NDArray[np.int64]) -> Scores:
        best = np.full(self._places.slots, ABSENT, np.float32)
        np.maximum.at(best, self._places.owner[rows], cosine[rows])
        return best

    def _cosines(self, vectors: VectorIndex, asked: Vectors, lacking: Collection[int]) -> Scores:
        """Compare the nearest units, and those of the best articles by words that have none among them."""
        places = self._places
        cosine = np.full(places.rows, ABSENT, dtype=np.float32)
        ids, scores = vectors.search(asked, NEAREST_UNITS)
        cosine[np.fromiter(map(places.row_of.__getitem__, ids.tolist()), np.int64, len(ids))] = scores
        if len(ids) == len(vectors):
            return cosine
        named = np.zeros(places.slots, bool)
        named[places.owner[cosine > ABSENT]] = True
        if not (places.live & ~named).any():
            return cosine
        wanted = np.zeros(places.slots, bool)
        for language in places.languages:
            slots = np.flatnonzero(places.live & (places.language == places.language_number(language)))
            scored = slots[self.words.article[slots] > 0]
            wanted[scored[ranking.top(self.words.article[scored], LEXICAL_CANDIDATES)]] = True
        unknown = (wanted & ~named)[places.owner] & (places.unit_ids != NOWHERE)
        unknown[[places.row_of[unit_id] for unit_id in lacking]] = False
        rows = np.flatnonzero(unknown)
        cosine[rows] = vectors.vectors_of(places.unit_ids[rows].tolist()) @ asked
        return cosine
