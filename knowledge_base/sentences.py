"""Sentence boundaries by spaCy's rule-based sentencizer, per language."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

MAX_CACHED_LANGUAGES = 32


@lru_cache(maxsize=MAX_CACHED_LANGUAGES)
def _pipeline(language: str) -> Language:
    import spacy  # here, not above: the import takes seconds and only new articles need it

    try:
        pipeline = spacy.blank(language)
    except ImportError:  # a language spaCy does not know: its language-neutral rules
        pipeline = spacy.blank("xx")
    pipeline.add_pipe("sentencizer")
    return pipeline


def sentence_offsets(text: str, language: str) -> list[tuple[int, int]]:
    """Return the `[start, end)` offsets of the sentences of `text`."""
    if not text.strip():
        return []
    pipeline = _pipeline(language)
    pipeline.max_length = max(pipeline.max_length, len(text) + 1)
    return [(sentence.start_char, sentence.end_char) for sentence in pipeline(text).sents]
