"""The port: what the rest of the knowledge base asks of a sentence encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from knowledge_base.vectors import Vectors


class Encoder(Protocol):
    """Texts to vectors of length 1. Made and used on the model thread only.

    Some models read questions and passages differently (E5 wants a word in front that says which it is), so there is
    a method for each. For the others the two are the same.
    """

    @property
    def model(self) -> str:
        """A name that changes whenever the vectors would."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def words(self) -> frozenset[str]:
        """Whole words it knows, in lower case, which are no misspellings; none when it cannot tell."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for questions and what is like one: titles, alternative questions."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, for passages of articles."""
