"""A sentence encoder on ONNX Runtime: the same vectors as sentence-transformers, in a fraction of the time and memory.

Serves files that `export` wrote. Imports neither torch nor transformers, which is most of a start on torch.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge_base.encoder.recipe import Recipe
from knowledge_base.encoder.threads import THREADS
from knowledge_base.encoder.vocabulary import whole_words
from knowledge_base.errors import ExportUnusableError
from knowledge_base.vectors import Vectors

BATCH = 32  # texts a forward pass: larger ones pad short texts to the longest


class OnnxEncoder:
    """An exported model on the CPU.

    Attributes:
        model: the name it has on torch too, since the vectors are the same.
        dimension: length of a vector.
        words: whole words of its vocabulary.
    """

    def __init__(self, model: str, recipe: Recipe, file: Path) -> None:
        """Load an exported model.

        Args:
            model: the name of the model.
            recipe: how it reads texts.
            file: the exported transformer.

        Raises:
            ExportUnusableError: the runtime cannot read the file.
        """
        os.environ["TOKENIZERS_PARALLELISM"] = "false"  # short texts: threads cost more than they bring
        import onnxruntime
        from tokenizers import Tokenizer, normalizers

        options: Any = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(THREADS, os.cpu_count() or 1)
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors: its warnings are about the graph, not about anything to be done
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session: Any = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ExportUnusableError(file, str(error)) from error
        self._tokenizer: Any = Tokenizer.from_file(str(recipe.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(recipe.length)
        if recipe.lower_case:
            known = [] if self._tokenizer.normalizer is None else [self._tokenizer.normalizer]
            self._tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), *known])
        self._prompts = recipe.prompts
        self.words = whole_words(self._tokenizer.get_vocab())
        self.model = model
        self.dimension = int(self._session.get_outputs()[0].shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for questions and what is like one."""
        return self._encode(texts, self._prompts.question)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for passages of articles."""
        return self._encode(texts, self._prompts.passage)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        read = self._tokenizer.encode_batch([prompt + text for text in texts]) if texts else []
        pieces = [encoding.ids for encoding in read]
        by_length = sorted(range(len(pieces)), key=lambda row: len(pieces[row]))
        for first in range(0, len(by_length), BATCH):
            rows = by_length[first : first + BATCH]
            longest = len(pieces[rows[-1]])
            ids = np.zeros((len(rows), longest), np.int64)
            mask = np.zeros((len(rows), longest), np.int64)
            for place, row in enumerate(rows):
                ids[place, : len(pieces[row])] = pieces[row]
                mask[place, : len(pieces[row])] = 1
            vectors[rows] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        return vectors
