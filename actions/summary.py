"""A summary of a leg in the customer's own sentences. Pure, extractive: nothing is invented."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_LINES = 3
MAX_LINE = 200  # characters
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"\w+")


def summarise(messages: Sequence[str], asides: Sequence[bool]) -> str:
    """Return at most three lines: the first sentence that matters, the most telling in between, and the last.

    Args:
        messages: what the customer wrote, oldest first.
        asides: for each message, whether it is small talk or a bare request for a person.
    """
    sentences = _telling([m for m, aside in zip(messages, asides, strict=True) if not aside]) or _telling(messages)
    if len(sentences) > MAX_LINES:
        middle = max(sentences[1:-1], key=lambda s: (_weight(s), -sentences.index(s)))
        sentences = [sentences[0], middle, sentences[-1]]
    return "\n".join(_cut(s) for s in sentences)


def _telling(messages: Sequence[str]) -> list[str]:
    found: dict[str, str] = {}
    for message in messages:
        parts = [" ".join(part.split()) for part in _SENTENCE.split(message)]
        parts = [part for part in parts if len(_WORD.findall(part)) >= 2] or [" ".join(message.split())]
        for part in parts:
            if part:
                found.setdefault(part.casefold(), part)
    return list(found.values())


def _weight(sentence: str) -> int:
    """Numbers (an order, an amount) and long words say more than short ones."""
    words = _WORD.findall(sentence)
    return sum(min(len(word), 10) for word in words if len(word) > 3) + 20 * any(c.isdigit() for c in sentence)


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1].rsplit(' ', 1)[0]}…"
