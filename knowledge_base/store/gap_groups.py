"""Which gap a question belongs to: the nearest in its own language, else in any where all share a space. Pure.

A gap has a language, that of its first question, and its centre is made of the questions in that language only: one of
another language joins by its distance in the shared space, and moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from knowledge_base.store.gaps import GapState
from knowledge_base.text.languages import ENGLISH
from knowledge_base.text.similarity import nearness, normalised
from knowledge_base.vectors import Vectors


@dataclass(frozen=True)
class Meanings:
    """Vectors of questions in one language, one row each.

    Attributes:
        language: `None` where it is not known, which counts as English.
        encoder: the one for this language.
        own: in its space.
        shared_encoder: the one that knows every language; `None` where there is only that of English.
        shared: in its space.
    """

    language: str | None
    encoder: str
    own: Vectors
    shared_encoder: str | None = None
    shared: Vectors | None = None


@dataclass
class Group:
    """A gap while questions are being sorted into it; `total` and `shared` are sums of vectors, `weight` of how many.

    Attributes:
        shared: `None` where no space is shared, or the gap has not been measured in it yet.
        changed: whether the base has to be told.
    """

    gap_id: int
    language: str | None
    state: GapState
    encoder: str
    total: Vectors
    shared_encoder: str | None
    shared: Vectors | None
    weight: int
    changed: bool = field(default=False)

    def join(self, meanings: Meanings, number: int) -> None:
        """Take a question in; a closed gap is open again then."""
        if self.state is GapState.CLOSED:
            self.state = GapState.OPEN
            self.changed = True
        if spoken(self.language) == spoken(meanings.language) and self.encoder == meanings.encoder:
            self.total = self.total + meanings.own[number]
            if self.shared is not None and meanings.shared is not None:
                self.shared = self.shared + meanings.shared[number]
            self.weight += 1
            self.changed = True


def spoken(language: str | None) -> str:
    """Return the language a text counts as."""
    return language or ENGLISH


def nearest(groups: Sequence[Group], meanings: Meanings, number: int) -> Group | None:
    """Return the gap a question belongs to; `None` when it is the first of its meaning."""
    alone = meanings.shared_encoder is None  # then texts of other languages are compared as well as may be
    strange = alone and spoken(meanings.language) != ENGLISH
    own = [
        (group, group.total)
        for group in groups
        if group.encoder == meanings.encoder and (alone or spoken(group.language) == spoken(meanings.language))
    ]
    found = _nearest(own, meanings.own[number], nearness(meanings.encoder, strange=strange).same_meaning)
    if found is not None or meanings.shared is None or meanings.shared_encoder is None:
        return found
    others = [
        (group, group.shared)
        for group in groups
        if group.shared is not None
        and group.shared_encoder == meanings.shared_encoder
        and spoken(group.language) != spoken(meanings.language)
    ]
    return _nearest(others, meanings.shared[number], nearness(meanings.shared_encoder).same_meaning_across)


def _nearest(groups: Sequence[tuple[Group, Vectors]], vector: Vectors, enough: float) -> Group | None:
    if not groups:
        return None
    cosines = normalised(np.stack([total for _, total in groups])) @ vector
    best = int(np.argmax(cosines))
    return groups[best][0] if float(cosines[best]) >= enough else None
