"""Where each article and each unit stands in the arrays of search: slots and rows that are used again. Pure."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from copy import copy
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from knowledge_base.articles.articles import LiveArticle, UnitKind

FIRST_ROOM = 16
NOWHERE = -1  # the unit id of a row that is free

Kind = TypeVar("Kind", bound=np.generic)
Key = tuple[str, str]
"""Language and id of an article: what breaks a tie, so that the same question always gets the same answer."""


@dataclass(frozen=True)
class Placed:
    """An article with its slot, and the rows and ids of its units, in their order."""

    article: LiveArticle
    slot: int
    rows: list[int]
    unit_ids: list[int]


class Placement:
    """Articles by slot and units by row.

    Attributes:
        keys: by slot.
        live: by slot, whether an article stands there.
        language: by slot, a number that `language_number` tells.
        group: by slot, a number shared by an article and its translations.
        owner: by row, the slot of its article; of a free row any.
        unit_ids: by row.
        is_passage: by row.
        row_of: by unit id.
        members: by group, the slots of its articles in order of their keys.
        passages: how many units are passages.
    """

    def __init__(self) -> None:
        """Make an empty one."""
        self.keys: list[Key] = []
        self.live = np.zeros(FIRST_ROOM, bool)
        self.language = np.zeros(FIRST_ROOM, np.int32)
        self.group = np.zeros(FIRST_ROOM, np.int64)
        self.owner = np.zeros(FIRST_ROOM, np.int32)
        self.unit_ids = np.full(FIRST_ROOM, NOWHERE, np.int64)
        self.is_passage = np.zeros(FIRST_ROOM, bool)
        self.row_of: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}
        self.passages = 0
        self._placed: dict[str, Placed] = {}
        self._at: list[Placed | None] = []
        self._free_slots: list[int] = []
        self._free_rows: list[int] = []
        self._next_row = 0
        self._groups: dict[str, int] = {}
        self._next_group = 0
        self._language_numbers: dict[str, int] = {}
        self._languages: Counter[str] = Counter()
        self._tags: dict[str, set[int]] = {}

    def copied(self) -> Placement:
        """Return another with everything in the same place."""
        other = copy(self)
        for name in ("live", "language", "group", "owner", "unit_ids", "is_passage"):
            setattr(other, name, getattr(self, name).copy())
        for name in (
            "keys",
            "row_of",
            "_placed",
            "_at",
            "_free_slots",
            "_free_rows",
            "_groups",
            "_language_numbers",
            "_languages",
        ):
            setattr(other, name, getattr(self, name).copy())
        other.members = {group: slots.copy() for group, slots in self.members.items()}
        other._tags = {tag: slots.copy() for tag, slots in self._tags.items()}
        return other

    def __len__(self) -> int:
        """Return how many articles there are."""
        return len(self._placed)

    @property
    def slots(self) -> int:
        """Room for articles: the length of arrays by slot."""
        return len(self.live)

    @property
    def rows(self) -> int:
        """Room for units: the length of arrays by row."""
        return len(self.owner)

    @property
    def languages(self) -> frozenset[str]:
        """The languages articles are written in."""
        return frozenset(self._languages)

    def at(self, slot: int) -> Placed:
        """Return the article in a slot that is in use."""
        placed = self._at[slot]
        if placed is None:
            raise KeyError(slot)
        return placed

    def find(self, article_id: str) -> Placed | None:
        """Return an article by its id."""
        return self._placed.get(article_id)

    def articles(self) -> list[LiveArticle]:
        """Return every article in order of key."""
        return [
            placed.article
            for placed in sorted(
                self._placed.values(), key=lambda placed: (placed.article.language, placed.article.article_id)
            )
        ]

    def language_number(self, language: str) -> int:
        """Return the number of a language in `language`; one that no article is in matches no slot."""
        return self._language_numbers.get(language, -1)

    def tagged(self, tags: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return, by slot, whether an article bears all these tags."""
        bearing = set.intersection(*(self._tags.get(tag, set()) for tag in tags))
        mask = np.zeros(self.slots, bool)
        mask[list(bearing)] = True
        return mask

    def add(self, article: LiveArticle) -> Placed:
        """Give an article that is not there yet, and its units, their places."""
        slot = self._free_slots.pop() if self._free_slots else len(self._at)
        if slot == len(self._at):
            self._at.append(None)
            self.keys.append(("", ""))
        unit_ids = [stored.unit_id for stored in article.units]
        placed = Placed(article, slot, [self._row() for _ in unit_ids], unit_ids)
        self._make_room()
        self._at[slot] = self._placed[article.article_id] = placed
        self.keys[slot] = (article.language, article.article_id)
        self.live[slot] = True
        self._languages[article.language] += 1
        self.language[slot] = self._language_numbers.setdefault(article.language, len(self._language_numbers))
        self._join_group(placed)
        for tag in article.tags:
            self._tags.setdefault(tag, set()).add(slot)
        self.owner[placed.rows] = slot
        for row, stored in zip(placed.rows, article.units, strict=True):
            passage = stored.unit.kind is UnitKind.PASSAGE
            self.unit_ids[row], self.is_passage[row] = stored.unit_id, passage
            self.row_of[stored.unit_id] = row
            self.passages += passage
        return placed

    def remove(self, article_id: str) -> Placed | None:
        """Take an article away and return where it stood; `None` when it was not there."""
        placed = self._placed.pop(article_id, None)
        if placed is None:
            return None
        article, slot = placed.article, placed.slot
        self._at[slot] = None
        self.live[slot] = False
        self._free_slots.append(slot)
        self._languages[article.language] -= 1
        self._languages += Counter()  # drops those that are none
        self._leave_group(placed)
        for tag in set(article.tags):
            self._tags[tag].discard(slot)
            if not self._tags[tag]:
                del self._tags[tag]
        for row, stored in zip(placed.rows, article.units, strict=True):
            self.unit_ids[row] = NOWHERE
            del self.row_of[stored.unit_id]
            self.passages -= stored.unit.kind is UnitKind.PASSAGE
        self._free_rows.extend(reversed(placed.rows))
        return placed

    def _row(self) -> int:
        if self._free_rows:
            return self._free_rows.pop()
        self._next_row += 1
        return self._next_row - 1

    def _make_room(self) -> None:
        if len(self._at) > self.slots:
            room = 2 * len(self._at)
            self.live = _grown(self.live, room, fill=False)
            self.language = _grown(self.language, room, fill=0)
            self.group = _grown(self.group, room, fill=0)
        if self._next_row > self.rows:
            room = 2 * self._next_row
            self.owner = _grown(self.owner, room, fill=0)
            self.unit_ids = _grown(self.unit_ids, room, fill=NOWHERE)
            self.is_passage = _grown(self.is_passage, room, fill=False)

    def _join_group(self, placed: Placed) -> None:
        number = self._groups.get(placed.article.group)
        if number is None:
            number = self._groups[placed.article.group] = self._next_group
            self._next_group += 1
        self.group[placed.slot] = number
        insort(self.members.setdefault(number, []), placed.slot, key=lambda slot: self.keys[slot])

    def _leave_group(self, placed: Placed) -> None:
        number = self._groups[placed.article.group]
        self.members[number].remove(placed.slot)
        if not self.members[number]:
            del self.members[number], self._groups[placed.article.group]


def _grown(array: NDArray[Kind], room: int, fill: int) -> NDArray[Kind]:
    grown = np.full(room, fill, array.dtype)
    grown[: len(array)] = array
    return grown
