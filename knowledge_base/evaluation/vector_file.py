"""Vectors of labelled texts in a file, so that a second evaluation encodes nothing."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from knowledge_base.encoder import Encoder
from knowledge_base.vectors import Vectors


class FileEncoder:
    """Remembers every vector of another encoder in `FOLDER/<model>.npz`."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        """Read what is there; a damaged file is made anew."""
        self._encoder = encoder
        self._file = folder / f"{hashlib.sha256(encoder.model.encode()).hexdigest()[:16]}.npz"
        self.model = encoder.model
        self.dimension = encoder.dimension
        self.words = encoder.words
        self._known: dict[str, Vectors] = {}
        try:
            with np.load(self._file) as data:
                self._known = dict(zip(data["keys"].tolist(), data["vectors"], strict=True))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            folder.mkdir(parents=True, exist_ok=True)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        return self._rows(texts, "", self._encoder.encode)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text; a text is remembered apart from the question that reads the same."""
        return self._rows(texts, "passage\0", self._encoder.encode_passages)

    def _rows(self, texts: Sequence[str], role: str, encode: Callable[[Sequence[str]], Vectors]) -> Vectors:
        keys = [hashlib.sha256((role + text).encode()).hexdigest() for text in texts]
        unknown = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if unknown:
            self._known.update(zip(unknown, encode(list(unknown.values())), strict=True))
            np.savez(self._file, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
        if not keys:
            return np.empty((0, self.dimension), np.float32)
        return np.stack([self._known[key] for key in keys])
