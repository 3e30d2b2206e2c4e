"""Split texts to encode into pieces, between which the model thread serves others. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

MOST_TEXTS = 32  # more at once is no faster
MOST_CHARACTERS = 1_200  # of a piece with more than one text: some 0.2 s of the second encoder


def by_count(texts: Sequence[str], count: int) -> Iterator[Sequence[str]]:
    """Yield pieces of ``count`` texts, the last one shorter."""
    for first in range(0, len(texts), count):
        yield texts[first : first + count]


def by_length(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield pieces of many short texts or few long ones, each of which takes about as long.

    The second encoder reads a pile of short texts much faster than the same ones four by four.
    """
    piece: list[str] = []
    characters = 0
    for text in texts:
        if piece and (len(piece) == MOST_TEXTS or characters + len(text) > MOST_CHARACTERS):
            yield piece
            piece, characters = [], 0
        piece.append(text)
        characters += len(text)
    if piece:
        yield piece
