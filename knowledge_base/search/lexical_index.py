"""BM25 over weighted terms, of texts that come and go. Pure.

A text is a mapping from term to weighted count, so that a word of a title may count more than one of a body. What BM25
knows of all texts (how many, how long on average, how many hold a term) is taken when a question is asked, so that
scores after any sequence of edits are those of an index built anew.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

K1 = 1.2  # how fast repetitions stop mattering; the usual value
B = 0.75  # how much long texts are held back, 0 to 1; the usual value
SMALLEST_POSTING = 4  # room for texts a term gets at once when it is full; a quarter of what it has when that is more

Counts = Mapping[str, float]
Scores = NDArray[np.float32]


class LexicalIndex:
    """Texts under handles: small whole numbers, chosen by the caller and used again once a text is removed."""

    def __init__(self, texts: Mapping[int, Counts], b: float = B) -> None:
        """Index texts by their handles; `b` says how much long ones are held back."""
        self._b = b
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self._length_sum = 0.0
        self._terms_of: dict[int, NDArray[np.int32]] = {}
        self._postings: list[_Posting] = []
        self.add_all(texts)

    def copied(self) -> LexicalIndex:
        """Return another over the same texts; what neither changes stays shared."""
        other = LexicalIndex({}, self._b)
        other._numbers.update(self._numbers)
        other._length_sum = self._length_sum
        other._terms_of = dict(self._terms_of)
        other._postings = [posting.copied() for posting in self._postings]
        return other

    @property
    def size(self) -> int:
        """How many texts there are."""
        return len(self._terms_of)

    def add_all(self, texts: Mapping[int, Counts]) -> None:
        """Index texts under handles that no other has; many at once cost a tenth of one by one.

        They are read in order, then sorted by term, so that every posting is written to once.
        """
        terms, counts = array("i"), array("f")
        sizes, lengths = [], []
        number = self._numbers
        for text in texts.values():
            terms.extend([number[term] for term in text])
            counts.extend(text.values())
            sizes.append(len(text))
            lengths.append(float(sum(text.values())))
        self._length_sum += sum(lengths)
        by_text = np.frombuffer(terms, dtype=np.int32) if terms else np.empty(0, np.int32)
        order = np.argsort(by_text, kind="stable")
        handle = np.repeat(np.fromiter(texts, np.int32, len(texts)), sizes)[order]
        count = (np.frombuffer(counts, dtype=np.float32) if counts else np.empty(0, np.float32))[order]
        length = np.repeat(np.array(lengths, np.float32), sizes)[order]
        known = len(self._postings)
        held, begins = np.unique(by_text[order], return_index=True)
        for term, first, end in zip(held.tolist(), begins.tolist(), [*begins[1:].tolist(), len(order)], strict=False):
            part = handle[first:end], count[first:end], length[first:end]
            if term < known:
                self._postings[term].extend(*part)
            else:  # new terms are numbered one after the other
                self._postings.append(_Posting(*part))
        first = 0
        for name, size in zip(texts, sizes, strict=True):
            self._terms_of[name] = by_text[first : first + size]
            first += size

    def remove(self, handle: int) -> None:
        """Forget a text.

        Raises:
            KeyError: nothing has this handle.
        """
        length = 0.0
        for number in self._terms_of.pop(handle).tolist():
            length = self._postings[number].remove(handle)
        self._length_sum = self._length_sum - length if self._terms_of else 0.0

    def idf(self, term: str) -> float:
        """Return how telling a term is; one the base never uses is the most telling."""
        return self._idf(self._frequency(term))

    def knows(self, term: str) -> bool:
        """Return whether any text holds the term."""
        return self._frequency(term) > 0

    def add_scores(self, question: Counts, scale: float, scores: Scores) -> None:
        """Add to `scores`, by handle, `scale` times the score of every text for a question of weighted terms."""
        if not self._length_sum:
            return
        fixed = np.float32(K1 * (1 - self._b))
        by_length = np.float32(K1 * self._b * self.size / self._length_sum)
        for term, weight in question.items():
            posting = self._posting(term)
            if posting is not None:
                counts = posting.counts[: posting.size]
                factor = np.float32(scale * weight * self._idf(posting.size) * (K1 + 1))
                gain = factor * counts / (counts + fixed + by_length * posting.lengths[: posting.size])
                scores[posting.handles[: posting.size]] += gain

    def add_coverage(self, question: Counts, scale: float, coverage: Scores) -> None:
        """Add to `coverage`, by handle, `scale` times the weight of the question's terms each text holds.

        A term weighs by how telling it is.
        """
        for term, weight in question.items():
            posting = self._posting(term)
            if posting is not None:
                coverage[posting.handles[: posting.size]] += np.float32(scale * weight * self._idf(posting.size))

    def best_possible(self, question: Counts) -> float:
        """Return the score of a text that holds every term of the question once, at average length."""
        return sum(weight * self.idf(term) for term, weight in question.items())

    def _idf(self, frequency: int) -> float:
        return math.log(1 + (self.size - frequency + 0.5) / (frequency + 0.5))

    def _frequency(self, term: str) -> int:
        posting = self._posting(term)
        return 0 if posting is None else posting.size

    def _posting(self, term: str) -> _Posting | None:
        number = self._numbers.get(term)
        return None if number is None else self._postings[number]


class _Posting:
    """The texts that hold a term, in no order: handle, weighted count and length of each.

    Attributes:
        size: how many there are; the arrays may have room for more.
        shared: whether another posting holds the same arrays, which are then not written to.
    """

    __slots__ = ("counts", "handles", "lengths", "shared", "size")

    def __init__(self, handles: NDArray[np.int32], counts: Scores, lengths: Scores) -> None:
        self.handles = handles
        self.counts = counts
        self.lengths = lengths
        self.size = len(handles)
        self.shared = False

    def copied(self) -> _Posting:
        other = _Posting(self.handles, self.counts, self.lengths)
        other.size = self.size
        self.shared = other.shared = True
        return other

    def extend(self, handles: NDArray[np.int32], counts: Scores, lengths: Scores) -> None:
        more = self.size + len(handles) - len(self.handles)
        if more > 0:
            room = np.empty(max(SMALLEST_POSTING, self.size // 4, more), np.int32)
            self.handles = np.concatenate([self.handles, room])
            self.counts = np.concatenate([self.counts, room.view(np.float32)])
            self.lengths = np.concatenate([self.lengths, room.view(np.float32)])
            self.shared = False
        self._own()
        end = self.size + len(handles)
        self.handles[self.size : end] = handles
        self.counts[self.size : end] = counts
        self.lengths[self.size : end] = lengths
        self.size = end

    def remove(self, handle: int) -> float:
        """Put the last in the place of the one removed; return the length of the text."""
        self._own()
        where = int((self.handles[: self.size] == handle).argmax())
        length = float(self.lengths[where])
        self.size -= 1
        self.handles[where] = self.handles[self.size]
        self.counts[where] = self.counts[self.size]
        self.lengths[where] = self.lengths[self.size]
        return length

    def _own(self) -> None:
        if self.shared:
            self.handles, self.counts, self.lengths = self.handles.copy(), self.counts.copy(), self.lengths.copy()
            self.shared = False
