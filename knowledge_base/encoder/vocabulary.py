"""The whole words in the vocabulary of a tokenizer."""

from __future__ import annotations

from collections.abc import Iterable

STARTS = ("\u2581", "\u0120")  # what SentencePiece and byte-level vocabularies put before the first piece of a word


def whole_words(pieces: Iterable[str]) -> frozenset[str]:
    """Return the pieces that are whole words; WordPiece marks the others with `##`, which is no letter."""
    known = list(pieces)
    marked = [piece[1:] for piece in known if piece.startswith(STARTS)]
    return frozenset(piece.casefold() for piece in (marked or known) if piece.isalpha())
