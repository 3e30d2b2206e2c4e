"""Reading question and passage together, to put the first hits in a better order: optional, and off by default.

The first stage compares vectors made apart from each other; a cross-encoder reads both at once, which tells more and
costs a forward pass a hit. It runs on the model thread, where everybody waits for it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from knowledge_base.encoder.sentence_transformer import load_on_torch
from knowledge_base.settings import Settings

logger = logging.getLogger(__name__)

CANDIDATES = 10  # hits read: the right one is among them, or seldom found at all
PAIRS = 5  # read in one pass; between two passes the deadline is looked at
DEADLINE_S = 0.5  # for all of them; when it passes, the order of the first stage stands
SETTING = "TANDEM_RERANKER"


class Reranker(Protocol):
    """Says how well passages answer a question. Used on the model thread only."""

    @property
    def model(self) -> str:
        """A name that changes whenever the scores would."""

    def scores(self, question: str, passages: Sequence[str]) -> list[float] | None:
        """Return one number a passage, higher for better; `None` when that takes too long."""


class CrossEncoderReranker:
    """A sentence-transformers `CrossEncoder` on the CPU."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic, deadline_s: float = DEADLINE_S) -> None:
        """Load a model.

        Args:
            name: a folder or a sentence-transformers name.
            clock: tells seconds.
            deadline_s: how long the passages of one question may take.

        Raises:
            EncoderUnavailableError: it is not there or cannot be read.
        """
        self.model, self._encoder = load_on_torch(name, "CrossEncoder", SETTING)
        self._clock = clock
        self._deadline_s = deadline_s

    def scores(self, question: str, passages: Sequence[str]) -> list[float] | None:
        """Return one number a passage; `None` when the deadline passed before all were read."""
        ends = self._clock() + self._deadline_s
        found: list[float] = []
        for first in range(0, len(passages), PAIRS):
            if self._clock() >= ends:
                logger.warning("Reading the first hits again took too long; their order stands", extra=self._limits())
                return None
            pairs = [(question, passage) for passage in passages[first : first + PAIRS]]
            found += np.ravel(self._encoder.predict(pairs, show_progress_bar=False)).astype(float).tolist()
        return found

    def _limits(self) -> dict[str, object]:
        return {"reranker": self.model, "deadline_s": self._deadline_s}


def load_reranker(settings: Settings) -> Reranker | None:
    """Return the reranker that is set, if any.

    Raises:
        EncoderUnavailableError: it cannot be loaded.
    """
    return CrossEncoderReranker(settings.reranker) if settings.reranker else None
