"""Remembers vectors in front of another encoder."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from knowledge_base.encoder.port import Encoder
from knowledge_base.vectors import Vectors

CACHED_TEXTS = 4_096  # 6 MB of vectors; customers repeat each other, and the bot asks for the same text twice

Key = tuple[str, str]


class CachingEncoder:
    """Remembers the vectors of the questions last asked for, by model and text.

    Passages are not remembered: their vectors are in the database, and an import would push every question out.

    Attributes:
        hits: texts whose vector was remembered.
        misses: texts that were encoded.
    """

    def __init__(self, encoder: Encoder, size: int = CACHED_TEXTS) -> None:
        """Stand in front of `encoder` with room for `size` texts."""
        self._encoder = encoder
        self._size = size
        self._known: OrderedDict[Key, Vectors] = OrderedDict()
        self.hits = 0
        self.misses = 0

    @property
    def model(self) -> str:
        """The name of the encoder behind."""
        return self._encoder.model

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    @property
    def words(self) -> frozenset[str]:
        """Whole words the encoder behind knows."""
        return self._encoder.words

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text; each text unknown so far is encoded once."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        model = self.model
        rows = {text: self._known[model, text] for text in texts if (model, text) in self._known}
        unknown = [text for text in dict.fromkeys(texts) if text not in rows]
        self.hits += len(texts) - len(unknown)
        self.misses += len(unknown)
        if unknown:
            rows.update(zip(unknown, self._encoder.encode(unknown), strict=True))
        for text, vector in rows.items():
            self._known[model, text] = vector
            self._known.move_to_end((model, text))
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        return np.stack([rows[text] for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, remembering none."""
        return self._encoder.encode_passages(texts)
