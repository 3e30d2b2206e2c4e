"""Sentence boundaries by spaCy's rule-based sentencizer, per language."""

from __future__ import annotations

import importlib
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacy.language import Language

MAX_CACHED_LANGUAGES = 32
# spaCy takes signs off a word one by one, and looks at the rest each time: 10,000 signs in a row cost it six seconds.
# So a word this long is cut; URLs and scripts without spaces have such words, and a sentence's end is never cut off,
# but for one that repeats the sign before it: 200,000 exclamation marks would take most of an hour.
LONGEST_WORD = 100
LONG_WORD = re.compile(rf"(\S{{{LONGEST_WORD - 1}}})(?:[^\s.!?。！？…।؟]|(?<=[.!?。！？…।؟])[.!?。！？…।؟])(?=\S)")


@lru_cache(maxsize=MAX_CACHED_LANGUAGES)
def _pipeline(language: str) -> Language:
    spacy = _spacy()
    try:
        pipeline: Language = spacy.blank(language)
    except ImportError:  # a language spaCy does not know: its language-neutral rules
        pipeline = spacy.blank("xx")
    pipeline.add_pipe("sentencizer")
    return pipeline


def _spacy() -> Any:
    """Import spaCy, when it is needed: that takes seconds.

    Its neural parts, which nothing here uses, import torch where it is installed: 3 s and 150 MB. They do without when
    there seems to be none.
    """
    hidden = "torch" not in sys.modules
    if hidden:
        sys.modules["torch"] = None  # type: ignore[assignment]  # what import takes for "not installed"
    try:
        return importlib.import_module("spacy")
    finally:
        if hidden and sys.modules["torch"] is None:
            del sys.modules["torch"]


def sentence_offsets(text: str, language: str) -> list[tuple[int, int]]:
    """Return the `[start, end)` offsets of the sentences of `text`."""
    if not text.strip():
        return []
    pipeline = _pipeline(language)
    pipeline.max_length = max(pipeline.max_length, len(text) + 1)
    return [(sentence.start_char, sentence.end_char) for sentence in pipeline(cut_long_words(text)).sents]


def cut_long_words(text: str) -> str:
    """Return a text of the same length in which a space stands in every word longer than `LONGEST_WORD`."""
    return LONG_WORD.sub(r"\1 ", text)
