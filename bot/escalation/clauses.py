"""Split a message into the clauses that are scored beside the whole of it.

A request for a person is often one clause of a longer message ("my card is blocked, put me through to someone");
a score of the whole message drowns it.
"""

from __future__ import annotations

import re

# What of a long message is encoded: four thousand letters take the multilingual encoder a second. No message in the
# data reaches half of the bounds in letters.
MAX_CLAUSES = 24  # the first and the last ones are kept
MAX_LETTERS = 1_200  # of all clauses together
LONGEST = 240  # letters of one that are read: it has no stop or comma
MIN_LETTERS = 2  # "a", "-" are not clauses

_STOPS = re.compile(r"(?:[.!?…;:\n]+|\s[-–—]+\s|[,()\"“”„])\s*")
_JOINTS = re.compile(
    r"\s+(?=(?:and|but|so|because|then|or|actually|otherwise|please can|please let"
    r"|ale|a chci|a pros[ií]m|tak[žz]e|proto|bet|tod[eė]l|ir noriu|aber|und ich|deshalb|also|sondern)\s)",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")


def clauses(text: str) -> list[str]:
    """Return the clauses of ``text`` in order, without the whole text itself and without repeats.

    Of a long text these are the first and the last ones, each cut to ``LONGEST``.
    """
    found: dict[str, None] = {}
    whole = text.strip()
    for sentence in _STOPS.split(whole):
        for clause in (sentence, *_JOINTS.split(sentence)):
            clause = clause.strip()
            if clause and clause != whole and len(_LETTER.findall(clause)) >= MIN_LETTERS:
                found.setdefault(clause[:LONGEST].rstrip())
    return _outermost(list(found))


def _outermost(parts: list[str]) -> list[str]:
    """Return the first and the last ones, as many as there may be: there people say what they want."""
    kept: set[int] = set()
    letters = 0
    for number in range(len(parts)):
        place = number // 2 if number % 2 == 0 else -1 - number // 2
        letters += len(parts[place])
        if len(kept) == MAX_CLAUSES or letters > MAX_LETTERS:
            break
        kept.add(place % len(parts))
    return [part for place, part in enumerate(parts) if place in kept]
