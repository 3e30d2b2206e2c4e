"""What is asked of the base, and what comes back. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge_base.articles.articles import LiveArticle
from knowledge_base.search.confidence import Features
from knowledge_base.search.ranking import Way
from knowledge_base.vectors import Vectors


@dataclass(frozen=True)
class Filters:
    """Which articles a hit may be: with all these tags, and in this language unless it is `None`."""

    tags: tuple[str, ...] = ()
    language: str | None = None


EVERYTHING = Filters()


@dataclass(frozen=True)
class Question:
    """What is asked: the text, its vector, and what the caller wants.

    Attributes:
        multilingual: its vector in the multilingual space, when it is to be searched there.
    """

    text: str
    vector: Vectors
    language: str | None = None
    limit: int = 5
    filters: Filters = EVERYTHING
    multilingual: Vectors | None = None


@dataclass(frozen=True)
class Hit:
    """One article found, with its best passage; `highlight` holds offsets into `passage`.

    `rerank` is what the reranker says, which then decides the order; `None` where it did not read the hit.
    """

    article: LiveArticle
    passage: str
    heading: str
    markdown: str
    highlight: tuple[tuple[int, int], ...]
    score: float
    dense: float
    lexical: float
    rerank: float | None = None


@dataclass(frozen=True)
class Answer:
    """What was found, and how likely the first hit answers."""

    hits: tuple[Hit, ...]
    confidence: float
    answerable: bool
    language: str | None
    generation: int
    features: Features | None = None
    way: Way | None = None
