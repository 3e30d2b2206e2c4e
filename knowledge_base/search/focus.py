"""What in a message is asked: its sentences, and its words without numbers and addresses. Pure.

People write who they are, what they bought and when, and somewhere in it what they want to know. The rest draws the
vector of the whole away from the article that answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge_base.text.sentences import sentence_offsets

SENTENCES = 4  # of a message that are searched one by one: each costs as much as a question
FEWEST_WORDS = 3  # "Good morning." asks nothing, and "how much?" could be about anything
# Numbers of orders, parcels and telephones, and e-mail addresses. No article is about a single one of them.
_IDENTIFIER = re.compile(r"\S+@\S+|[#+]?(?<!\w)[^\W\d]{0,9}-?\d(?:[ -]?\d){3,}\w*")
_LETTER = re.compile(r"[^\W\d_]")


def without_identifiers(text: str) -> str | None:
    """Return a question without numbers of four and more digits and e-mail addresses; `None` when it has none."""
    rest = " ".join(_IDENTIFIER.sub(" ", text).split())
    return rest if _LETTER.search(rest) and rest != " ".join(text.split()) else None


def asking_sentences(text: str, language: str) -> Sequence[str]:
    """Return the sentences a message may ask with, those with a question mark first; none when it is one sentence.

    One that names a number without asking about it is left out: "my order is 4471023" is not a question about orders.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    found = [line[start:end].strip() for line in lines for start, end in sentence_offsets(line, language)]
    if len(found) < 2:
        return ()
    asked = [each for each in found if each.endswith("?")]
    told = [each for each in found if not each.endswith("?") and without_identifiers(each) is None]
    telling = [without_identifiers(each) or each for each in [*asked, *told] if len(each.split()) >= FEWEST_WORDS]
    return tuple(dict.fromkeys(telling))[:SENTENCES]
