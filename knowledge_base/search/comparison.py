"""One question compared with every article of an index. Runs on the model thread."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.search import ranking
from knowledge_base.search.confidence import Features
from knowledge_base.search.lexicon import Lexicon
from knowledge_base.search.placement import Placement
from knowledge_base.search.question import Filters, Hit, Question
from knowledge_base.search.ranking import FUSIONS, Scores, Way
from knowledge_base.search.spaces import Spaces
from knowledge_base.search.unit_scores import UnitScores
from knowledge_base.text import analysis
from knowledge_base.text.languages import ENGLISH, LanguageDetector, Reading

FALLBACK_LANGUAGE = ENGLISH  # shown when an article is not there in the language wanted
ALONE = 0.5  # the margin of an article that has no rival; more than nearly any has
UNTOLD = 0.5  # the share of words known, when question and article are in different languages
CROWD = 5  # runners-up that show how crowded the neighbourhood of a question is


@dataclass(frozen=True)
class Indexed:
    """What a question is compared with: where articles are, their words by language, and their vectors."""

    places: Placement
    lexicons: Mapping[str, Lexicon]
    spaces: Spaces
    detector: LanguageDetector

    def read(self, text: str, language: str | None) -> Reading:
        """Return how to read a question: its language, or the customer's setting where the text does not tell."""
        languages = self.places.languages
        usual = ENGLISH if ENGLISH in languages or not languages else min(languages)
        return self.detector.read(text, language or usual)


class Comparison:
    """A question compared with every article.

    Attributes:
        way: how it was compared.
        scores: fused, by slot; `-inf` for what may not be found.
    """

    def __init__(self, index: Indexed, question: Question) -> None:
        """Compare; the index must not change as long as anything is asked of this."""
        self._index = index
        self._text = question.text
        self._reading = reading = index.read(question.text, question.language)
        vectors = (question.vector, question.multilingual)
        self._units = units = UnitScores(index.places, index.lexicons, index.spaces, question.text, vectors)
        if question.multilingual is not None and units.multilingual is not None:
            self.way = Way.MULTILINGUAL
        else:
            self.way = Way.WORDS if reading.foreign else Way.ENGLISH
        places, fusion = index.places, FUSIONS[self.way]
        own = places.language_number(reading.language or question.language or FALLBACK_LANGUAGE)
        self._allowed, possible = self._allowed_by(question.filters), places.live
        if self._allowed is not possible:  # by its translations too is an article found that may be shown
            possible = possible & np.isin(places.group, places.group[self._allowed])
        most = max(ranking.CANDIDATES, ranking.SPARE * question.limit)
        candidates = self._candidates(possible, ranking.rough(units.evidence, fusion), most)
        depth, mean = units.look_into(candidates)
        self.scores: Scores = ranking.fuse(units.evidence, fusion, candidates, depth, mean, places.language, own)
        languages = (question.language, reading.language, FALLBACK_LANGUAGE)
        self._wanted = tuple(language for language in languages if language)
        self._depth = dict(zip(candidates.tolist(), depth.tolist(), strict=True))

    @property
    def language(self) -> str:
        """The first language wanted: the customer's setting, else that of the question."""
        return self._wanted[0]

    def order(self, fewest: int) -> NDArray[np.int64]:
        """Return the slots found, one a group of translations, the best first."""
        return self._best(self.scores, fewest)

    def orders(self, fewest: int) -> dict[str, NDArray[np.int64]]:
        """Return the slots found by words alone, by vectors alone, and by both."""
        live, evidence = self._index.places.live, self._units.evidence
        halves = {
            "words": np.where(live, evidence.article, -np.inf).astype(np.float32),
            "vectors": np.where(live, evidence.dense, -np.inf).astype(np.float32),
            "fused": self.scores,
        }
        return {name: self._best(scores, fewest) for name, scores in halves.items()}

    def features(self, order: NDArray[np.int64]) -> Features:
        """Return what the confidence in the first hit of an order hangs on."""
        first, places, evidence = int(order[0]), self._index.places, self._units.evidence
        others = places.live.copy()
        others[places.members[int(places.group[first])]] = False
        dense, lexical = evidence.dense, evidence.unit
        next_dense = float(dense[others].max(initial=0.0))
        next_lexical = float(lexical[others].max(initial=0.0))
        language = places.at(first).article.language
        lexicon = self._index.lexicons[language]
        question = lexicon.question(self._text)
        nearest = dense[others]
        crowd = np.sort(nearest[ranking.top(nearest, CROWD)])[-CROWD:]
        rivals = self.scores[others]
        rivals = rivals[np.isfinite(rivals)]
        crowd_scores = np.sort(rivals[ranking.top(rivals, CROWD)])[-CROWD:]
        first_score = float(self.scores[first])
        cross = (self._reading.language or FALLBACK_LANGUAGE) != language
        depth, around = self._depth[first], float(crowd.mean()) if crowd.size else 0.0
        return Features(
            dense=float(dense[first]),
            dense_margin=float(dense[first]) - next_dense,
            depth=depth,
            crowd=around,
            clear=depth - around,
            lexical_margin=float(lexical[first]) - next_lexical,
            margin=first_score - float(rivals.max()) if rivals.size else ALONE,
            lead=first_score - float(crowd_scores.mean()) if rivals.size else ALONE,
            coverage=float(evidence.coverage[first]),
            known=UNTOLD if cross else lexicon.known_share(question),
            length=math.log1p(len(question)),
            cross=float(cross),
        )

    def hit(self, slot: int) -> Hit:
        """Return an article as it is shown: in the language wanted, with its best passage."""
        places = self._index.places
        members = [member for member in places.members[int(places.group[slot])] if self._allowed[member]]
        languages = {member: places.keys[member][0] for member in members}
        best = slot if self._allowed[slot] else max(members, key=lambda member: float(self.scores[member]))
        shown = places.at(ranking.in_language(members, languages, self._wanted, best))
        passages = [row for row in shown.rows if places.is_passage[row]]
        candidates, fusion = passages or shown.rows, FUSIONS[self.way]
        combined = self._units.combined(candidates, fusion.passage_words)
        combined[0] += fusion.lead * bool(passages)
        best = candidates[int(combined.argmax())]
        lexicon = self._index.lexicons[shown.article.language]
        unit = shown.article.units[shown.rows.index(best)].unit
        return Hit(
            article=shown.article,
            passage=unit.text,
            heading=unit.heading,
            markdown=unit.markdown or unit.text,
            highlight=_best_sentence(unit.text, unit.sentences, self._text, lexicon),
            score=float(self.scores[slot]),
            dense=max(0.0, float(self._units.evidence.dense[slot])),
            lexical=float(self._units.evidence.unit[slot]),
        )

    def _best(self, scores: Scores, fewest: int) -> NDArray[np.int64]:
        return ranking.best_of_groups(scores, self._index.places.group, fewest, self._index.places.keys)

    def _candidates(self, possible: NDArray[np.bool_], rough: Scores, most: int) -> NDArray[np.int64]:
        """Return the slots worth looking into, at most so many of each language."""
        places, chosen = self._index.places, [np.empty(0, np.int64)]
        for language in places.languages:
            slots = np.flatnonzero(possible & (places.language == places.language_number(language)))
            chosen.append(slots[ranking.top(rough[slots], most)])
        return np.concatenate(chosen)

    def _allowed_by(self, filters: Filters) -> NDArray[np.bool_]:
        """Return, by slot, whether an article may be shown."""
        places = self._index.places
        allowed = places.live
        if filters.tags:
            allowed = allowed & places.tagged(filters.tags)
        if filters.language is not None:
            allowed = allowed & (places.language == places.language_number(filters.language))
        return allowed


def _best_sentence(
    text: str, sentences: Sequence[tuple[int, int]], question: str, lexicon: Lexicon
) -> tuple[tuple[int, int], ...]:
    """Return the sentence that holds most of the question's telling words; none when it shares no word."""
    asked = {term: lexicon.importance(term) for term in lexicon.question(question)}
    best, best_score = None, 0.0
    for start, end in sentences:
        held = set(analysis.terms(text[start:end], lexicon.language))
        score = sum(importance for term, importance in asked.items() if term in held)
        if score > best_score + 1e-6:
            best, best_score = (start, end), score
    return () if best is None else (best,)
