"""Split a message into the clauses that are scored beside the whole of it.

A request for a person is often one clause of a longer message ("my card is blocked, put me through to someone");
a score of the whole message drowns it.
"""

from __future__ import annotations

import re

MAX_CLAUSES = 24  # bounds the encoder call for a long message; the first and the last ones are kept
MIN_LETTERS = 2  # "a", "-" are not clauses

_STOPS = re.compile(r"(?:[.!?…;:\n]+|\s[-–—]+\s|[,()\"“”„])\s*")
_JOINTS = re.compile(
    r"\s+(?=(?:and|but|so|because|then|or|actually|otherwise|please can|please let"
    r"|ale|a chci|a pros[ií]m|tak[žz]e|proto|bet|tod[eė]l|ir noriu|aber|und ich|deshalb|also|sondern)\s)",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")


def clauses(text: str) -> list[str]:
    """Return the clauses of ``text`` in order, without the whole text itself and without repeats."""
    found: dict[str, None] = {}
    whole = text.strip()
    for sentence in _STOPS.split(whole):
        for clause in (sentence, *_JOINTS.split(sentence)):
            clause = clause.strip()
            if clause and clause != whole and len(_LETTER.findall(clause)) >= MIN_LETTERS:
                found.setdefault(clause)
    parts = list(found)
    if len(parts) > MAX_CLAUSES:
        half = MAX_CLAUSES // 2
        parts = parts[:half] + parts[-half:]
    return parts
