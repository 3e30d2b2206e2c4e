"""BM25 over weighted terms. Pure.

A text is a mapping from term to weighted count, so that a word of a title may count more than one of a body.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

K1 = 1.2  # how fast repetitions stop mattering; the usual value
B = 0.75  # how much long texts are held back


class LexicalIndex:
    """Texts by position, scored against a question."""

    def __init__(self, texts: Sequence[Mapping[str, float]]) -> None:
        """Index texts; the position of each is what `scores` answers by."""
        self.size = len(texts)
        lengths = np.array([sum(text.values()) for text in texts], dtype=np.float32)
        average = float(lengths.mean()) if self.size else 0.0
        self._damping = K1 * (1 - B + B * lengths / average) if average else np.zeros(self.size, np.float32)
        postings: dict[str, tuple[list[int], list[float]]] = {}
        for position, text in enumerate(texts):
            for term, count in text.items():
                positions, counts = postings.setdefault(term, ([], []))
                positions.append(position)
                counts.append(count)
        self._postings: dict[str, tuple[NDArray[np.int32], NDArray[np.float32]]] = {}
        for term, (positions, counts) in postings.items():
            where = np.array(positions, dtype=np.int32)
            count_array = np.array(counts, dtype=np.float32)
            gain = count_array * (K1 + 1) / (count_array + self._damping[where])
            self._postings[term] = (where, gain.astype(np.float32))

    def idf(self, term: str) -> float:
        """Return how telling a term is; one the base never uses is the most telling."""
        found = self._postings.get(term)
        frequency = 0 if found is None else len(found[0])
        return math.log(1 + (self.size - frequency + 0.5) / (frequency + 0.5))

    def knows(self, term: str) -> bool:
        """Return whether any text holds the term."""
        return term in self._postings

    def scores(self, question: Mapping[str, float]) -> NDArray[np.float32]:
        """Return the score of every text for a question of weighted terms."""
        total = np.zeros(self.size, dtype=np.float32)
        for term, weight in question.items():
            found = self._postings.get(term)
            if found is not None:
                total[found[0]] += np.float32(weight * self.idf(term)) * found[1]
        return total

    def coverage(self, question: Mapping[str, float]) -> NDArray[np.float32]:
        """Return, for every text, the summed weight of the question's terms it holds, by how telling each is."""
        total = np.zeros(self.size, dtype=np.float32)
        for term, weight in question.items():
            found = self._postings.get(term)
            if found is not None:
                total[found[0]] += np.float32(weight * self.idf(term))
        return total

    def best_possible(self, question: Mapping[str, float]) -> float:
        """Return the score of a text that holds every term of the question once, at average length."""
        return sum(weight * self.idf(term) for term, weight in question.items())
