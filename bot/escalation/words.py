"""Find listed words in a text: whole words with their endings, never a part of another word. Pure.

An entry is one word or several. A word of five letters or more is found with the endings of its inflections, a shorter
one only as it stands; ``*`` at the end allows anything of up to four letters (``soud*`` finds "soudem" and "soudní").
The words of an entry stand in their order, with at most ``GAP`` others in between, counted over all of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.escalation.signals import words

GAP = 2  # "take you to court", "take all of you to court"
INFLECTED = 5  # letters from which a word has endings; shorter ones would be found in too many others
STARRED = 4  # letters a starred word may go on for: an ending, not the rest of a compound
_VOWELS = "aeiouy"
# What inflection puts behind a stem (without its final vowels), folded: English, Czech, Lithuanian, German.
_ENDINGS = frozenset(
    ending
    for language in (
        "s 's es ed d ing",
        "a e i o u y em ou um am ech ach ich ami emi imi ym ymi eho emu ovi ove",
        "as is us ys ai ui iai io iu ams ais oje uose es ei eje ems emis os oms omis uje yje ius iams iais",
        "en er ern n ens",
    )
    for ending in language.split()
)
_ENTRY_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?\*?")


@dataclass(frozen=True)
class _Word:
    listed: str
    stem: str
    starred: bool = False

    def fits(self, word: str) -> bool:
        if word == self.listed:
            return True
        if len(self.listed) < INFLECTED and not self.starred:
            return False
        rest = word[len(self.stem) :]
        return word.startswith(self.stem) and (len(rest) <= STARRED if self.starred else rest in _ENDINGS)


@dataclass(frozen=True)
class Entry:
    """One listed word or phrase, ready to be looked for."""

    text: str
    parts: tuple[_Word, ...]

    @classmethod
    def of(cls, text: str) -> Entry:
        """Read an entry.

        Raises:
            ValueError: there is no word in it.
        """
        parts = tuple(_part(word) for raw in text.split() for word in _ENTRY_WORD.findall(_folded(raw)))
        if not parts:
            raise ValueError("holds no word")
        return cls(text, parts)

    @property
    def begins(self) -> str:
        """What every word begins with that this entry can begin with."""
        return self.parts[0].stem

    def found_in(self, said: Sequence[str]) -> bool:
        """Say whether the folded words of a text hold this entry."""
        return self.place_in(said) is not None

    def place_in(self, said: Sequence[str]) -> range | None:
        """Return the indexes from the first to the last word of this entry among the folded words of a text."""
        for start, word in enumerate(said):
            if self.parts[0].fits(word):
                end = self._end(said, start)
                if end is not None:
                    return range(start, end + 1)
        return None

    def _end(self, said: Sequence[str], start: int) -> int | None:
        place, spare = start, GAP
        for part in self.parts[1:]:
            near = range(place + 1, min(place + 2 + spare, len(said)))
            found = next((index for index in near if part.fits(said[index])), None)
            if found is None:
                return None
            spare -= found - place - 1
            place = found
        return place


def _folded(raw: str) -> str:
    star = raw.endswith("*")
    return " ".join(words(raw.rstrip("*"))) + ("*" if star else "")


def _part(word: str) -> _Word:
    if word.endswith("*"):
        return _Word(word[:-1], word[:-1], starred=True)
    stem = word.rstrip(_VOWELS)
    return _Word(word, stem if len(stem) >= INFLECTED - 1 else word)
