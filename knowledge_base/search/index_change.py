"""What leads a search index from one generation to a newer one, prepared before it is its turn. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from knowledge_base.articles.articles import LiveArticle
from knowledge_base.search.lexicon import ArticleTerms, article_terms
from knowledge_base.store.live import LiveChanges
from knowledge_base.vectors import Vectors


@dataclass(frozen=True)
class IndexedArticle:
    """An article with its terms."""

    article: LiveArticle
    terms: ArticleTerms


@dataclass(frozen=True)
class IndexChange:
    """What leads a search index to a newer generation.

    Attributes:
        articles: those made or changed; one without units is taken out.
        gone: the ids of those to be taken out.
        vectors: the vector of every unit of `articles`, by unit id.
        multilingual: the same in the multilingual space, as far as known.
    """

    generation: int
    articles: tuple[IndexedArticle, ...]
    gone: frozenset[str]
    vectors: Mapping[int, Vectors]
    multilingual: Mapping[int, Vectors] = field(default_factory=dict)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all articles it is about."""
        return self.gone | {made.article.article_id for made in self.articles}

    def parts(self, size: int) -> Iterator[IndexChange]:
        """Return it in parts of so many articles."""
        yield replace(self, articles=(), vectors={}, multilingual={})
        for first in range(0, len(self.articles), size):
            part = self.articles[first : first + size]
            units = [stored.unit_id for made in part for stored in made.article.units]
            vectors = {unit_id: self.vectors[unit_id] for unit_id in units}
            known = {unit_id: self.multilingual[unit_id] for unit_id in units if unit_id in self.multilingual}
            yield IndexChange(self.generation, part, frozenset(), vectors, known)

    @classmethod
    def of(
        cls, changes: LiveChanges, vectors: Mapping[int, Vectors], multilingual: Mapping[int, Vectors] | None = None
    ) -> IndexChange:
        """Prepare changes of the base; on any thread, since it is the costly part."""
        articles = tuple(IndexedArticle(article, article_terms(article)) for article in changes.articles)
        return cls(changes.generation, articles, changes.gone, vectors, multilingual or {})
