"""Which language a question is in, among those the base is written in."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

CERTAIN = 0.75  # below it a short text may be anything: "wifi", "return", words without diacritics


class LanguageDetector:
    """Lingua, restricted to the languages of the base."""

    def __init__(self, languages: Collection[str]) -> None:
        """Prepare for these ISO 639-1 codes; those lingua does not know are never detected."""
        self.languages = frozenset(languages)
        self._only = next(iter(languages)) if len(set(languages)) == 1 else None
        self._detector = None if self._only is not None else _detector(languages)

    def detect(self, text: str) -> str | None:
        """Return the language of `text`, or `None` when that is not certain."""
        likely = self.likely(text)
        return next((language for language, share in likely.items() if share >= CERTAIN), None)

    def likely(self, text: str) -> dict[str, float]:
        """Return a probability a language, likeliest first."""
        if self._only is not None:
            return {self._only: 1.0}
        if self._detector is None:
            return {}
        values = self._detector.compute_language_confidence_values(text)
        return {value.language.iso_code_639_1.name.lower(): float(value.value) for value in values}


@lru_cache(maxsize=8)
def detector_of(languages: frozenset[str]) -> LanguageDetector:
    """Return the detector of these languages, ready to answer at once: what it has to load is loaded here."""
    detector = LanguageDetector(languages)
    detector.likely("warm up")
    return detector


def _detector(languages: Collection[str]) -> Any:
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper(), None) for code in sorted(set(languages))]
    known = [code for code in codes if code is not None]
    if len(known) < 2:
        return None
    return LanguageDetectorBuilder.from_iso_codes_639_1(*known).build()
