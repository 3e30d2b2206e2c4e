"""Vectors of texts kept in a file from one training to the next: most of a training's time goes into making them."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.nlu.encoder_client import EncoderClient

logger = logging.getLogger(__name__)

DIGEST = 16  # bytes of a text's hash: two of a hundred thousand texts never share it


class KeptVectors:
    """Vectors of one pair of encoders in ``folder``; texts the training did not ask for are dropped by ``save``."""

    def __init__(self, folder: Path, model: str) -> None:
        """Read what was kept for the encoders called ``model``; a file that cannot be read counts as none."""
        self._path = folder / f"training-vectors-{_digest(model).hex()}.npz"
        self._kept: dict[bytes, np.ndarray] = {}
        self._asked: dict[bytes, np.ndarray] = {}
        try:
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                kept = zip(arrays["digests"], arrays["rows"], arrays["lengths"], strict=True)
                self._kept = {bytes(digest): row[:length] for digest, row, length in kept}
        except FileNotFoundError:
            pass
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            logger.warning("The vectors kept in %s cannot be read (%s); they are made anew", self._path, error)

    def encode(self, client: EncoderClient, texts: Sequence[str], *, both: bool) -> np.ndarray:
        """Return one row a text, of both encoders or of that of English alone; ``client`` makes those not kept.

        Raises:
            EncoderUnavailableError: the encoder did not return vectors.
        """
        digests = [_digest(f"{both:d}{text}") for text in texts]
        missing = {digest: text for digest, text in zip(digests, texts, strict=True) if not self._has(digest)}
        if missing:
            made = client.encode(list(missing.values()), both=both).wide
            self._asked.update(zip(missing, made, strict=True))
        rows = [self._asked[digest] for digest in digests]
        narrow = min((len(row) for row in rows), default=0)  # one encoder came or went meanwhile
        return np.stack([row[:narrow] for row in rows]) if rows else np.zeros((0, 0), np.float32)

    def save(self) -> None:
        """Write what this training asked for, in place of what was kept before; a full disk is no reason to fail."""
        new = self._path.with_suffix(".new.npz")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            widest = max((len(row) for row in self._asked.values()), default=0)
            digests = np.frombuffer(b"".join(self._asked), np.uint8).reshape(-1, DIGEST)
            rows = np.zeros((len(self._asked), widest), np.float32)
            lengths = np.zeros(len(self._asked), np.int32)
            for place, row in enumerate(self._asked.values()):
                rows[place, : len(row)], lengths[place] = row, len(row)
            np.savez(new, digests=digests, rows=rows, lengths=lengths)
            new.replace(self._path)
        except OSError as error:
            logger.warning("The vectors of this training cannot be kept in %s (%s)", self._path, error)

    def _has(self, digest: bytes) -> bool:
        if digest not in self._asked and digest in self._kept:
            self._asked[digest] = self._kept[digest]
        return digest in self._asked


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()
