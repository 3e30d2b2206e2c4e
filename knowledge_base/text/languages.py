"""Which language a text is in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

CERTAIN = 0.75  # below it a short text may be anything: "wifi", "return", words without diacritics
ENGLISH = "en"
# Languages questions are told apart in even where no article is: a Czech question to an English base should not be read
# as English. More of them blur short texts: with seven, 1 % of English questions pass for something else and 99 % of
# Czech ones are recognised; with twelve, 3 % do (development sets, P(English) under .25).
EXPECTED = frozenset({"cs", "de", "en", "es", "fr", "lt", "pl"})
REMEMBERED = 256  # texts: one question is read several times on its way to an answer
HARDLY_ENGLISH, LIKELY_ENGLISH = 0.1, 0.5  # probability of English; between the two the text alone does not tell


@dataclass(frozen=True)
class Reading:
    """How a question is to be read.

    Attributes:
        language: the one it is in, `None` when that is not certain.
        foreign: whether it is in another language than English.
    """

    language: str | None
    foreign: bool


class LanguageDetector:
    """Lingua, restricted to some languages."""

    def __init__(self, languages: Collection[str]) -> None:
        """Prepare for these ISO 639-1 codes; those lingua does not know are never detected."""
        self.languages = frozenset(languages)
        self._only = next(iter(languages)) if len(set(languages)) == 1 else None
        self._detector = None if self._only is not None else _detector(languages)
        self._likely = lru_cache(maxsize=REMEMBERED)(self._compute)

    def detect(self, text: str) -> str | None:
        """Return the language of `text`, or `None` when that is not certain."""
        return _certain(self.likely(text))

    def read(self, text: str, unclear: str) -> Reading:
        """Return how to read a question.

        Args:
            unclear: the language to take when the text alone does not tell.
        """
        likely = self.likely(text)
        english = likely.get(ENGLISH, 0.0) if any(likely.values()) else (HARDLY_ENGLISH + LIKELY_ENGLISH) / 2
        if HARDLY_ENGLISH <= english < LIKELY_ENGLISH:
            return Reading(_certain(likely), unclear != ENGLISH)
        return Reading(_certain(likely), english < LIKELY_ENGLISH)

    def likely(self, text: str) -> Mapping[str, float]:
        """Return a probability a language, likeliest first; all 0 for a text without letters."""
        return self._likely(text)

    def _compute(self, text: str) -> Mapping[str, float]:
        if self._only is not None:
            return {self._only: 1.0}
        if self._detector is None:
            return {}
        values = self._detector.compute_language_confidence_values(text)
        return {value.language.iso_code_639_1.name.lower(): float(value.value) for value in values}


@lru_cache(maxsize=8)
def detector_of(languages: frozenset[str]) -> LanguageDetector:
    """Return the detector for questions to a base in these languages; what it has to load is loaded here."""
    detector = LanguageDetector(languages | EXPECTED)
    detector.likely("warm up")
    return detector


def _certain(likely: Mapping[str, float]) -> str | None:
    return next((language for language, share in likely.items() if share >= CERTAIN), None)


def _detector(languages: Collection[str]) -> Any:
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper(), None) for code in sorted(set(languages))]
    known = [code for code in codes if code is not None]
    if len(known) < 2:
        return None
    return LanguageDetectorBuilder.from_iso_codes_639_1(*known).build()
