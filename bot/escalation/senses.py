"""Whether the words around a listed one say that it means something else there: it is negated, or names a thing. Pure.

"We are not going to sue you" and "do you have the suicide squad t-shirt" hold listed words. Such a word calls nobody by
itself; where the bot has learned its topic, the whole message may still read like it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

NEAR = 3  # words before a listed one in which a negation is about it
# Folded; English, Czech, Lithuanian, German.
_NEGATIONS = re.compile(
    r"not|never|no|nor|without|\w+n't|cannot|dont|didnt|wont|isnt"
    r"|bez|nejsem|neni|nebudu|nebudeme|nechci|nechceme|nemam|nemame|zadny|zadnou|zadneho|nikdy|nejde"
    r"|ne|be|nesu|neketinu|nesiruosiu|nenoriu|nera|niekada|jokio|jokios"
    r"|nicht|nie|niemals|ohne|kein|keine|keinen|keinem|keiner"
)
# "I don't want to live without your bread": right behind a phrase, it says what it is really about.
_WITHOUT = frozenset({"without", "bez", "beze", "be", "ohne"})
# What is bought, read, watched, studied or insured, and the price of it.
_THINGS = re.compile(
    r"books?|novels?|films?|movies?|series|episodes?|games?|songs?|albums?|posters?|t|tshirts?|shirts?|costumes?|gowns?|stickers?"
    r"|students?|discounts?|courses?|lectures?|faculty|degrees?|insurance|thesis"
    r"|kni(?:ha|hu|hy|ze|hou)|film\w*|serial\w*|dil|hr[auy]|pisn\w*|tric\w+|kostym\w*|tala\w+|student\w*|studuj\w+|slev\w+|kurz\w*"
    r"|fakult\w*|pojisten\w*|pojistk\w*"
    r"|knyg\w*|serij\w*|zaidim\w*|dain[auo]\w*|marskinel\w*|kostium\w*|mantij\w*|nuolaid\w*|kurs\w*|fakultet\w*|draudim\w*"
    r"|buch\w*|romane?|serien?|folgen?|spiele?|lied\w*|shirts?|kostume?|roben?|studier\w*|rabatte?|kurse?|versicherung\w*"
)


def means_something_else(said: Sequence[str], place: range) -> bool:
    """Say whether the folded words of a sentence speak against what stands at ``place`` being meant as listed."""
    before, behind = said[max(0, place.start - NEAR) : place.start], said[place.stop : place.stop + 1]
    if any(_NEGATIONS.fullmatch(word) for word in before) or any(word in _WITHOUT for word in behind):
        return True
    return any(_THINGS.fullmatch(word) for index, word in enumerate(said) if index not in place)
