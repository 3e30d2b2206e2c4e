"""Words of a text as the lexical half compares them: folded, without endings, stop words weighted down. Pure."""

from __future__ import annotations

import importlib.util
import re
import runpy
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

import snowballstemmer

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
SUFFIX = re.compile(r"['’](s|t|re|ve|ll|d|m)$")
STOP_WORD_WEIGHT = 0.1  # not 0: "how" may still break a tie, and a question of stop words alone finds something
STEMMERS = {
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "lt": "lithuanian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "sv": "swedish",
}
# Languages with many endings, and German with its compounds: stems are cut as well, to so many letters. Measured by
# words alone on the demo shop, Czech, Lithuanian and German help, hit@1 on average: not cut .660, to six letters .670,
# to five .671, to four .663, as here .674. English loses by it.
CUT_LENGTHS = {"cs": 5, "de": 6, "lt": 5}
CUT_LENGTH = 6  # where there is no stemmer
SHORTEST_STEMMED = 4  # "gps", "500": nothing to take off
CACHED_WORDS = 50_000


def fold(text: str) -> str:
    """Return `text` in lower case without diacritics: "Příliš" and "prilis" are the same word."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[tuple[int, int]]:
    """Return the `[start, end)` offsets of the words of a text."""
    return [match.span() for match in WORD.finditer(text)]


def terms(text: str, language: str) -> list[str]:
    """Return the terms of a text, in order and with repetitions."""
    return [term(match.group(), language) for match in WORD.finditer(text)]


def telling_terms(text: str, language: str) -> frozenset[str]:
    """Return the terms of a text that carry its subject: all but those of stop words."""
    return frozenset(terms(text, language)) - stop_terms(language)


@lru_cache(maxsize=CACHED_WORDS)
def term(word: str, language: str) -> str:
    """Return what a word is compared by: its stem without diacritics, since many type without them."""
    bare = SUFFIX.sub("", word.casefold())
    if bare.isdigit():
        return fold(bare)
    stem = _stem(bare, language)
    cut = stem[: _cut_length(language)]
    if cut != stem and cut in _cut_stop_words(language) and fold(bare) not in _folded_stop_words(language):
        return stem  # "zurückgeben" is not "zurück"
    return cut


def _stem(bare: str, language: str) -> str:
    stemmer = _stemmer(language)
    if len(bare) < SHORTEST_STEMMED:
        return fold(bare)
    return fold(bare if stemmer is None else stemmer.stemWord(bare))


def _cut_length(language: str) -> int | None:
    return CUT_LENGTHS.get(language, CUT_LENGTH if _stemmer(language) is None else None)


@lru_cache(maxsize=32)
def _cut_stop_words(language: str) -> frozenset[str]:
    return frozenset(_stem(word, language)[: _cut_length(language)] for word in _stop_words(language))


@lru_cache(maxsize=32)
def _folded_stop_words(language: str) -> frozenset[str]:
    return frozenset(fold(word) for word in _stop_words(language))


@lru_cache(maxsize=32)
def stop_terms(language: str) -> frozenset[str]:
    """Return the terms of words that carry no subject, from spaCy's list for the language."""
    return frozenset(term(word, language) for word in _stop_words(language))


def is_stop_word(word: str, language: str) -> bool:
    """Return whether a word, in lower case, carries no subject."""
    return word in _stop_words(language)


def weight(a_term: str, language: str) -> float:
    """Return how much a term of a question counts."""
    return STOP_WORD_WEIGHT if a_term in stop_terms(language) else 1.0


@lru_cache(maxsize=32)
def _stemmer(language: str) -> Any:
    name = STEMMERS.get(language)
    return None if name is None else snowballstemmer.stemmer(name)


@lru_cache(maxsize=32)
def _stop_words(language: str) -> frozenset[str]:
    """Read spaCy's list without importing spaCy, which takes seconds that every start would pay."""
    spec = importlib.util.find_spec("spacy")
    if spec is None or spec.origin is None:
        return frozenset()
    path = Path(spec.origin).parent / "lang" / language / "stop_words.py"
    if not language.isalpha() or not path.is_file():
        return frozenset()
    found = runpy.run_path(str(path)).get("STOP_WORDS", ())
    return frozenset(part for word in found for part in WORD.findall(word))
