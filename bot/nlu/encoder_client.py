"""Vectors from the knowledge base's encoder over ``/v1/embed``.

Synchronous on purpose: Rasa runs its components synchronously; the channel calls them on a thread of their own.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import httpx
import numpy as np

from bot.errors import EncoderUnavailableError

BATCH = 32  # texts a call; the knowledge base refuses very large bodies
# Of a text that are encoded, some 200 word pieces: a fifth of a second of the multilingual encoder. What customers want
# they say at the start of a long message or at its end.
FIRST_CHARACTERS, LAST_CHARACTERS = 400, 200
CACHED_TEXTS = 4_096  # 6 MB of 384-d vectors: earlier questions of open conversations and common clauses


@dataclass(frozen=True)
class Encoding:
    """Vectors (one row a text) and the names of the models that made them.

    Attributes:
        wide: the vectors of the encoder of English, and right of them those of the multilingual one where there is one;
            each of unit length.
        dimension: how many columns are the former's.
    """

    model: str
    wide: np.ndarray
    dimension: int

    @property
    def vectors(self) -> np.ndarray:
        """Those of the encoder of English."""
        return self.wide[:, : self.dimension]


def shortened(text: str) -> str:
    """Return what is encoded of ``text``: a long one's start and end."""
    if len(text) <= FIRST_CHARACTERS + LAST_CHARACTERS:
        return text
    return f"{text[:FIRST_CHARACTERS]} {text[-LAST_CHARACTERS:]}"


class EncoderClient:
    """One shared connection pool to ``/v1/embed`` with a bounded cache of vectors."""

    def __init__(
        self, url: str, token: str, deadline_s: float, cached_texts: int = CACHED_TEXTS, *, patient: bool = False
    ) -> None:
        """``url`` is the knowledge base's base address; ``deadline_s`` bounds each call.

        One that is ``patient`` waits for a multilingual encoder that is being loaded: training must not miss it.
        """
        self._wanted: bool | str = "wait" if patient else True
        logging.getLogger("httpx").setLevel(
            logging.WARNING
        )  # it logs a line a call; Rasa's own log level would print it
        self.url = url
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=deadline_s, trust_env=False
        )
        self._cache: OrderedDict[str, np.ndarray] = OrderedDict()
        self._cached_texts = cached_texts
        self._lock = Lock()
        self._model = ""
        self._dimension = 0

    def encode(self, texts: Sequence[str], *, both: bool = True) -> Encoding:
        """Return the vectors of ``texts`` in order, of both encoders or of that of English alone.

        Raises:
            EncoderUnavailableError: no answer in time, an error, or an answer of the wrong shape.
        """
        keys = [shortened(text) for text in texts]
        known = self._cached(keys) if both else {}
        # by length: the encoder pads a batch to its longest text
        missing = sorted(dict.fromkeys(key for key in keys if key not in known), key=len)
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            known.update(zip(batch, self._fetch(batch, both=both), strict=True))
        rows = [known[key] for key in keys]
        narrow = min((len(row) for row in rows), default=0)  # one encoder came or went while they were fetched
        wide = np.stack([row[:narrow] for row in rows]) if rows else np.zeros((0, 0), np.float32)
        return Encoding(self._model, wide, self._dimension)

    def model(self) -> str:
        """Return the names of the encoders' models, asking for them once more."""
        self._fetch(["model"], both=True)
        return self._model

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _cached(self, keys: Sequence[str]) -> dict[str, np.ndarray]:
        with self._lock:
            found = {key: self._cache[key] for key in keys if key in self._cache}
            for key in found:
                self._cache.move_to_end(key)
            return found

    def _fetch(self, batch: list[str], *, both: bool) -> list[np.ndarray]:
        wanted = self._wanted if both else False
        try:
            response = self._client.post("/v1/embed", json={"texts": batch, "multilingual": wanted})
        except httpx.HTTPError as error:
            raise EncoderUnavailableError(self.url, f"{type(error).__name__} {error}".strip()) from error
        if response.status_code != 200:
            raise EncoderUnavailableError(self.url, f"status {response.status_code} {response.text[:200]}")
        model, dimension, vectors = self._parse(response, len(batch))
        with self._lock:
            self._dimension = dimension
            if not both:
                return vectors
            if model != self._model:  # another encoder: old vectors mean nothing beside new ones
                self._cache.clear()
                self._model = model
            self._cache.update(zip(batch, vectors, strict=True))
            while len(self._cache) > self._cached_texts:
                self._cache.popitem(last=False)
        return vectors

    def _parse(self, response: httpx.Response, count: int) -> tuple[str, int, list[np.ndarray]]:
        try:
            body: dict[str, Any] = response.json()
            found = [body, *([body["multilingual"]] if body.get("multilingual") else [])]
            parts = [np.asarray(one["vectors"], dtype=np.float32) for one in found]
            model = " + ".join(str(one["model"]) for one in found)
        except (ValueError, KeyError, TypeError) as error:
            raise EncoderUnavailableError(self.url, f"an answer that is not DESIGN's ({error})") from error
        for vectors in parts:
            if vectors.ndim != 2 or vectors.shape[0] != count:
                raise EncoderUnavailableError(self.url, f"{vectors.shape} vectors for {count} texts")
        return model, parts[0].shape[1], list(np.concatenate(parts, axis=1))
