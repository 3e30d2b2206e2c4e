"""Whether two questions are the same one: by words, or by meaning.

Vectors travel in the tracker as base64 of signed bytes (384 numbers → 512 characters), precise to about 0.01 cosine.
"""

from __future__ import annotations

import base64
import math
from array import array
from collections.abc import Sequence
from functools import lru_cache

from bot.escalation.signals import words

REMEMBERED = 1_024  # results: a message is compared with the same earlier ones several times a turn
_SCALE = 127.0


def pack(vector: Sequence[float]) -> str:
    """Pack a vector into a short string; the zero vector becomes the empty string."""
    top = max((abs(x) for x in vector), default=0.0)
    if top == 0.0:
        return ""
    return base64.b64encode(array("b", [round(x / top * _SCALE) for x in vector]).tobytes()).decode("ascii")


@lru_cache(REMEMBERED)
def cosine(a: str, b: str) -> float:
    """Return the cosine of two packed vectors; 0 where one is missing or they do not fit."""
    if not a or not b:
        return 0.0
    x, y = array("b", base64.b64decode(a)), array("b", base64.b64decode(b))
    if len(x) != len(y):
        return 0.0
    norm = math.sqrt(sum(i * i for i in x) * sum(i * i for i in y))
    return sum(i * j for i, j in zip(x, y, strict=True)) / norm if norm else 0.0


def overlap(a: str, b: str) -> float:
    """Return the Dice overlap of the letter trigrams of two texts, 0 to 1."""
    x, y = _trigrams(a), _trigrams(b)
    return 2 * len(x & y) / (len(x) + len(y)) if x and y else 0.0


def contained(a: str, b: str) -> float:
    """Return the share of the shorter text's letter trigrams that are in the longer one, 0 to 1."""
    x, y = _trigrams(a), _trigrams(b)
    return len(x & y) / min(len(x), len(y)) if x and y else 0.0


def same_numbers(a: str, b: str) -> bool:
    """Say whether two texts name the same numbers; "order 12" and "order 13" are two questions."""
    return _numbers(a) == _numbers(b)


@lru_cache(REMEMBERED)
def _numbers(text: str) -> frozenset[str]:
    return frozenset(word for word in words(text) if any(c.isdigit() for c in word))


@lru_cache(REMEMBERED)
def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {' '.join(words(text))} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2)) if padded.strip() else frozenset()
