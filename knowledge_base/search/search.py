"""The index that is served, over one generation of the base. Runs on the model thread; imports no web and no database.

Units have a vector in the space of the encoder of English and, when there is a multilingual encoder, in its space too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from knowledge_base.articles.articles import LiveArticle, StoredUnit, Unit, UnitKind
from knowledge_base.search.comparison import Comparison, Indexed
from knowledge_base.search.confidence import Confidence
from knowledge_base.search.index_change import IndexChange
from knowledge_base.search.lexicon import ArticleTerms, Lexicon, article_terms
from knowledge_base.search.placement import Placed, Placement
from knowledge_base.search.question import Answer, Hit, Question
from knowledge_base.search.reranking import CANDIDATES, Reranker
from knowledge_base.search.spaces import Spaces
from knowledge_base.search.spelling import Vocabulary
from knowledge_base.search.vector_index import VectorIndex
from knowledge_base.store.live import LiveBase
from knowledge_base.text.languages import ENGLISH, Reading, detector_of
from knowledge_base.vectors import Vectors


class SearchIndex:
    """The published articles of one generation, ready to be searched, and led on to the next article by article.

    After it is built, everything must run on the model thread: a search sees a generation whole, since a change is one
    job there.

    Attributes:
        generation: the generation of the base that searches see.
    """

    def __init__(
        self,
        base: LiveBase,
        vectors: VectorIndex,
        confidence: Confidence,
        reranker: Reranker | None = None,
    ) -> None:
        """Index the articles, without looking into the vectors.

        Args:
            vectors: of the encoder of English; must hold every unit of theirs, and no other, once searches come.
            reranker: puts the first hits in another order.
        """
        self.generation = base.generation
        self._confidence = confidence
        self._reranker = reranker
        self._places = Placement()
        self._lexicons: dict[str, Lexicon] = {}
        self._spaces = Spaces(vectors)
        self._build(base.articles)
        self._detector = detector_of(self._places.languages)

    @property
    def articles(self) -> list[LiveArticle]:
        """The articles, in order of language and id."""
        return self._places.articles()

    @property
    def article_count(self) -> int:
        """How many articles there are."""
        return len(self._places)

    @property
    def unit_count(self) -> int:
        """How many units they have."""
        return len(self._places.row_of)

    @property
    def passage_count(self) -> int:
        """How many of the units are passages."""
        return self._places.passages

    @property
    def languages(self) -> frozenset[str]:
        """The languages articles are written in."""
        return self._places.languages

    @property
    def lacking(self) -> int:
        """How many units wait for their vector in the multilingual space; 0 without one."""
        return self._spaces.lacking

    def apply(self, change: IndexChange) -> bool:
        """Put the changed articles in the place of what they were; return whether it was done.

        A change that leads to no newer generation is refused, so that an old one never undoes a newer one.
        An error leaves the index unusable.
        """
        if change.generation <= self.generation:
            return False
        self.prepare_vectors(change, self.prepare_words(change))
        self.generation = change.generation
        return True

    def prepare_words(self, change: IndexChange) -> list[int]:
        """Do the first half of `apply` in an index that answers nobody yet: its generation stays what it was.

        On any thread. Returns the units that are gone, for the second half.
        """
        removed = [placed for article_id in sorted(change.ids) if (placed := self._take_out(article_id)) is not None]
        gone = [stored.unit_id for placed in removed for stored in placed.article.units]
        added: dict[str, list[tuple[Placed, ArticleTerms]]] = {}
        for made in change.articles:
            if made.article.units:
                added.setdefault(made.article.language, []).append((self._places.add(made.article), made.terms))
        for language, those in added.items():
            if language not in self._lexicons:
                self._lexicons[language] = Lexicon(language)
            self._lexicons[language].add_all(those)
        if self._detector.languages != self._places.languages:
            self._detector = detector_of(self._places.languages)
        return gone

    def prepare_vectors(self, change: IndexChange, gone: Sequence[int]) -> None:
        """Do the second half, on the model thread."""
        self._spaces.swap(gone, change.vectors, change.multilingual)

    def copied_words(self) -> SearchIndex:
        """Return another over the same articles, which shares the vectors until `use_vectors`.

        On any thread, while nothing is applied.
        """
        other = copy(self)
        other._places = self._places.copied()
        other._lexicons = {language: lexicon.copied() for language, lexicon in self._lexicons.items()}
        return other

    def use_vectors(self, english: VectorIndex, multilingual: VectorIndex | None) -> None:
        """Have an index made by `copied_words` use copies of the vectors."""
        self._spaces = self._spaces.over(english, multilingual)

    def units(self) -> dict[int, Unit]:
        """Return every unit by its id."""
        return {stored.unit_id: stored.unit for article in self.articles for stored in article.units}

    def passages(self) -> list[str]:
        """Return the Markdown of every passage, as hits show it."""
        units = (stored.unit for article in self.articles for stored in article.units)
        return [unit.markdown or unit.text for unit in units if unit.kind is UnitKind.PASSAGE]

    def attach(self, multilingual: VectorIndex) -> None:
        """Compare foreign questions in this space from now on; it may lack units, and must hold no others."""
        self._spaces.attach(multilingual, self._places.row_of)

    def fill(self, multilingual: Mapping[int, Vectors]) -> None:
        """Add vectors the multilingual space lacked, by unit id; those of units gone meanwhile are dropped."""
        self._spaces.fill(multilingual)

    def next_lacking(self, limit: int) -> list[StoredUnit]:
        """Return some of the units that wait for their multilingual vector, the newest first."""
        return [self._stored(unit_id) for unit_id in self._spaces.next_lacking(limit)]

    def read(self, text: str, language: str | None) -> Reading:
        """Return how to read a question: its language, or the customer's setting where the text does not tell."""
        return self._indexed.read(text, language)

    def wants_multilingual(self, text: str, language: str | None) -> bool:
        """Return whether a question should come with its vector in the multilingual space."""
        return self._spaces.multilingual_serves and self.read(text, language).foreign

    def vocabularies(self, reading: Reading) -> list[Vocabulary]:
        """Return the words of the articles in the languages a question may be in, the likeliest first."""
        likely = reading.language or (ENGLISH if not reading.foreign else None)
        chosen = [likely] if likely else sorted(self._lexicons)
        return [self._lexicons[name].vocabulary for name in chosen if name in self._lexicons]

    def search(self, question: Question) -> Answer:
        """Answer a question."""
        if not len(self._places):
            return Answer((), 0.0, False, question.language, self.generation)
        compared = Comparison(self._indexed, question)
        fewest = max(question.limit, 2 if self._reranker is None else CANDIDATES)
        order = compared.order(fewest)
        if not order.size:
            return Answer((), 0.0, False, compared.language, self.generation)
        features, model = compared.features(order), self._confidence[compared.way]
        confidence = model.probability(features)
        if self._reranker is None:
            hits = tuple(compared.hit(int(slot)) for slot in order[: question.limit])
        else:
            first = int(order[0])
            found = [compared.hit(int(slot)) for slot in order]
            order, hits = self._reranked(self._reranker, question, order, found)
            if int(order[0]) != first:
                # The first stage disagrees, and the model was fitted on what that stage puts first: of the probability
                # it gave to its own choice and the one it gives to this, the lower. Disagreement never adds certainty.
                features = compared.features(order)
                confidence = min(confidence, model.probability(features))
        answerable = confidence >= model.threshold
        return Answer(hits, confidence, answerable, compared.language, self.generation, features, compared.way)

    def orders(self, question: Question) -> dict[str, list[str]]:
        """Return the ids found by words alone, by vectors alone, and by both, for comparison."""
        return {
            name: [self._places.at(int(slot)).article.article_id for slot in slots]
            for name, slots in Comparison(self._indexed, question).orders(question.limit).items()
        }

    @staticmethod
    def _reranked(
        reranker: Reranker, question: Question, order: NDArray[np.int64], hits: Sequence[Hit]
    ) -> tuple[NDArray[np.int64], tuple[Hit, ...]]:
        """Return slots and hits with the first of them in the reranker's order; equal scores keep theirs."""
        read = reranker.scores(question.text, [f"{hit.article.title}. {hit.passage}" for hit in hits[:CANDIDATES]])
        if read is None:
            return order, tuple(hits[: question.limit])
        places = sorted(range(len(read)), key=lambda place: -read[place])
        places += range(len(read), len(hits))
        return order[places], tuple(
            replace(hits[place], rerank=read[place] if place < len(read) else None)
            for place in places[: question.limit]
        )

    @property
    def _indexed(self) -> Indexed:
        return Indexed(self._places, self._lexicons, self._spaces, self._detector)

    def _build(self, articles: Sequence[LiveArticle]) -> None:
        made: dict[str, list[tuple[Placed, ArticleTerms]]] = {}
        for article in articles:
            if article.units:
                made.setdefault(article.language, []).append((self._places.add(article), article_terms(article)))
        self._lexicons = {language: Lexicon(language, those) for language, those in sorted(made.items())}

    def _take_out(self, article_id: str) -> Placed | None:
        placed = self._places.remove(article_id)
        if placed is not None:
            language = placed.article.language
            self._lexicons[language].remove(placed)
            if not self._lexicons[language].size:
                del self._lexicons[language]
        return placed

    def _stored(self, unit_id: int) -> StoredUnit:
        row = self._places.row_of[unit_id]
        placed = self._places.at(int(self._places.owner[row]))
        return placed.article.units[placed.rows.index(row)]
