"""Words, BM25, order, rendering, confidence: everything that needs neither database nor model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.articles.rendering import to_html
from knowledge_base.search import ranking
from knowledge_base.search.confidence import FEATURES, ConfidenceModel, Features, load_confidence
from knowledge_base.search.lexical_index import LexicalIndex
from knowledge_base.search.ranking import FUSIONS, Evidence, Way
from knowledge_base.text import analysis
from knowledge_base.text.languages import LanguageDetector, Reading

TERMS = st.sampled_from(["boot", "tent", "stove", "return", "ship"])
TEXTS = st.lists(st.dictionaries(TERMS, st.floats(0.5, 5), max_size=4), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "Returns", "returned"),
        ("en", "customer's", "CUSTOMERS"),
        ("cs", "zboží", "zbozi"),
        ("cs", "objednávky", "objednavka"),
        ("cs", "reklamovat", "reklamace"),
        ("lt", "siuntą", "siunta"),
        ("lt", "pristatymas", "pristatyti"),
        ("de", "Größen", "Größe"),
        ("de", "Gutscheincode", "Gutschein"),
        ("qq", "parcels", "parcels"),
    ],
)
def test_forms_of_a_word_are_one_term(language: str, one: str, other: str) -> None:
    assert analysis.term(one, language) == analysis.term(other, language)


def test_a_telling_word_that_begins_like_a_stop_word_stays_one() -> None:
    """Cut to six letters "zurückgeben" would be "zurück", which says nothing."""
    for word in ("zurückgeben", "zuruckgeben", "zurücksenden"):
        assert analysis.weight(analysis.term(word, "de"), "de") == 1.0
    assert analysis.weight(analysis.term("zurück", "de"), "de") < 0.5


def test_numbers_and_short_words_stay_whole() -> None:
    assert analysis.terms("GPS 500 1234567", "cs") == ["gps", "500", "1234567"]


def test_stop_words_count_little() -> None:
    assert analysis.weight("how", "en") < 0.5 < analysis.weight("parcel", "en")
    assert analysis.weight("how", "qq") == 1.0


def test_bm25_prefers_the_rare_word_and_the_short_text() -> None:
    index = LexicalIndex(dict(enumerate([{"boot": 1, "care": 1}, {"boot": 1, "tent": 1, "pole": 9}, {"boot": 1}])))
    scores = np.zeros(3, np.float32)
    index.add_scores({"boot": 1.0, "care": 1.0}, 1.0, scores)
    assert scores[0] > scores[2] > scores[1] > 0


def test_bm25_holds_long_texts_back_as_much_as_it_is_told() -> None:
    def ratio(index: LexicalIndex) -> float:
        scores = np.zeros(2, np.float32)
        index.add_scores({"boot": 1.0}, 1.0, scores)
        return float(scores[1] / scores[0])

    texts = {0: {"boot": 1.0}, 1: {"boot": 1.0, "tent": 9.0}}
    even, some, more = (LexicalIndex(texts, b) for b in (0.0, 0.5, 0.9))
    assert ratio(even) == pytest.approx(1)
    assert 1 > ratio(some) > ratio(more)
    assert ratio(more.copied()) == ratio(more)


@given(TEXTS, st.dictionaries(TERMS, st.floats(0.1, 1), min_size=1))
def test_bm25_scores_what_shares_a_word_and_nothing_else(
    texts: list[dict[str, float]], question: dict[str, float]
) -> None:
    index = LexicalIndex(dict(enumerate(texts)))
    scores, coverage = np.zeros((2, len(texts)), np.float32)
    index.add_scores(question, 1.0, scores)
    index.add_coverage(question, 1.0, coverage)
    for score, covered, text in zip(scores, coverage, texts, strict=True):
        assert (score > 0) == bool(text.keys() & question.keys()) == (covered > 0)
        assert covered <= index.best_possible(question) * 1.0001


EDITS = st.lists(st.tuples(st.integers(0, 6), st.one_of(st.none(), TEXTS.map(lambda texts: texts[0]))), max_size=30)


@given(TEXTS, EDITS, st.dictionaries(TERMS, st.floats(0.1, 1), min_size=1))
def test_bm25_after_any_edits_is_that_of_an_index_built_anew(
    texts: list[dict[str, float]], edits: list[tuple[int, dict[str, float] | None]], question: dict[str, float]
) -> None:
    held = {handle: halves(text) for handle, text in enumerate(texts)}
    index = LexicalIndex(held)
    for handle, text in edits:
        if handle in held:
            index.remove(handle)
            del held[handle]
        if text is not None:
            held[handle] = halves(text)
            index.add_all({handle: held[handle]})
    anew = LexicalIndex(held)
    assert index.size == anew.size == len(held)
    for term in ("boot", "tent", "stove", "return", "ship"):
        assert index.knows(term) == anew.knows(term)
        assert index.idf(term) == anew.idf(term)
    for one, other in ((index.add_scores, anew.add_scores), (index.add_coverage, anew.add_coverage)):
        after, wanted = np.zeros((2, 8), np.float32)
        one(question, 0.7, after)
        other(question, 0.7, wanted)
        assert after.tolist() == wanted.tolist()


def halves(text: dict[str, float]) -> dict[str, float]:
    """Counts as the lexicon makes them: multiples of a half, whose sums are exact in any order."""
    return {term: round(count * 2) / 2 for term, count in text.items()}


def test_an_empty_index_answers_nothing() -> None:
    scores = np.zeros(1, np.float32)
    LexicalIndex({}).add_scores({"boot": 1.0}, 1.0, scores)
    assert scores.tolist() == [0.0]


@given(st.lists(st.tuples(st.floats(-1, 3, width=32), st.integers(0, 4)), min_size=1, max_size=20), st.integers(1, 6))
def test_one_hit_a_group_best_first(rows: list[tuple[float, int]], limit: int) -> None:
    scores = np.array([score for score, _ in rows], np.float32)
    groups = np.array([group for _, group in rows])
    order = ranking.best_of_groups(scores, groups, limit).tolist()
    assert len({int(groups[position]) for position in order}) == len(order) == min(limit, len(set(groups.tolist())))
    assert [float(scores[position]) for position in order] == sorted((float(scores[p]) for p in order), reverse=True)
    assert all(scores[position] == scores[groups == groups[position]].max() for position in order)


def test_equal_scores_keep_their_order() -> None:
    assert ranking.best_of_groups(np.ones(3, np.float32), np.arange(3), 3).tolist() == [0, 1, 2]
    assert ranking.best_of_groups(np.ones(3, np.float32), np.arange(3), 2, ["c", "a", "b"]).tolist() == [1, 2]


def test_what_is_ruled_out_is_never_among_the_best() -> None:
    scores = np.array([-np.inf, 0.1, -np.inf], np.float32)
    assert ranking.best_of_groups(scores, np.arange(3), 3).tolist() == [1]
    assert ranking.best_of_groups(np.full(2, -np.inf, np.float32), np.arange(2), 3).tolist() == []


@given(st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=6), st.sampled_from(Way))
def test_better_evidence_never_costs_the_first_place(cosines: list[float], way: Way) -> None:
    def scores(first: float) -> ranking.Scores:
        row = np.array([first, *cosines[1:]], np.float32)
        evidence, languages = Evidence(row, row, row, row, row), np.zeros(len(row), np.int32)
        return ranking.fuse(evidence, FUSIONS[way], np.arange(len(row)), row, row, languages, 0)

    worse, better = (scores(first) for first in (cosines[0], cosines[0] + 0.5))
    assert (better[0] - better[1:] > worse[0] - worse[1:]).all()


def test_articles_not_looked_into_are_no_answer() -> None:
    row = np.array([0.9, 0.1, 0.5], np.float32)
    chosen = np.array([1, 2])
    scores = ranking.fuse(
        Evidence(row, row, row, row, row),
        FUSIONS[Way.ENGLISH],
        chosen,
        row[chosen],
        row[chosen],
        np.zeros(3, np.int32),
        0,
    )
    assert np.isfinite(scores).tolist() == [False, True, True]


def test_an_encoder_of_many_languages_does_not_prefer_the_questions_own_by_its_bias() -> None:
    """Every Czech text is a little nearer to a Czech question than any English one; the English answer stands out."""
    dense = np.array([0.86, 0.86, 0.86, 0.80, 0.80, 0.85], np.float32)
    languages = np.array([1, 1, 1, 2, 2, 2], np.int32)
    none = np.zeros(6, np.float32)
    scores = ranking.fuse(
        Evidence(dense, dense, none, none, none),
        FUSIONS[Way.MULTILINGUAL],
        np.arange(6),
        dense,
        dense,
        languages,
        own=1,
    )
    assert int(np.argmax(scores)) == 5


def test_the_translation_asked_for_is_shown() -> None:
    languages = ["en", "cs", "lt"]
    assert ranking.in_language([0, 1, 2], languages, ["lt", "en"], best=1) == 2
    assert ranking.in_language([0, 1], languages, ["lt", "en"], best=1) == 0
    assert ranking.in_language([1], languages, ["lt", "en"], best=1) == 1


def test_html_holds_no_script() -> None:
    html = to_html("<script>x()</script> [a](javascript:x) <img src=x onerror=x> **b**\n\n|a|\n|-|\n|1|")
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html
    assert "<strong>b</strong>" in html
    assert "<td>1</td>" in html


def a_feature_set(**given: float) -> Features:
    return Features(**{name: given.get(name, 0.0) for name in FEATURES})


def test_the_committed_model_is_surer_of_better_evidence() -> None:
    models = load_confidence()
    assert all(set(model.coefficients) <= set(FEATURES) and 0 < model.threshold < 1 for model in models.values())
    model = models[Way.ENGLISH]
    poor = a_feature_set(dense=0.1, crowd=0.1, known=0.2, length=1.5)
    good = a_feature_set(
        dense=0.9,
        dense_margin=0.3,
        depth=0.8,
        crowd=0.4,
        lexical_margin=0.5,
        margin=0.5,
        lead=0.5,
        coverage=1.0,
        known=1.0,
        length=1.5,
    )
    assert model.probability(poor) < 0.1
    assert model.probability(good) > 0.9


@given(st.floats(-1e6, 1e6))
def test_a_probability_is_one_whatever_the_evidence(value: float) -> None:
    model = ConfidenceModel(value, {"dense": value}, 0.5)
    assert 0 <= model.probability(a_feature_set(dense=value)) <= 1


def test_languages_are_told_apart_or_left_open() -> None:
    detector = LanguageDetector(["en", "cs", "lt"])
    assert detector.detect("Jak můžu vrátit zboží?") == "cs"
    assert detector.detect("Kaip galiu grąžinti prekę?") == "lt"
    assert detector.detect("How can I send it back?") == "en"
    assert detector.detect("wifi") is None
    assert detector.read("Jak můžu vrátit zboží?", "en") == Reading("cs", foreign=True)
    assert detector.read("How can I send it back?", "cs") == Reading("en", foreign=False)
    assert [detector.read("12345", unclear).foreign for unclear in ("en", "cs")] == [False, True]
    assert LanguageDetector(["cs"]).detect("anything") == "cs"
    assert LanguageDetector([]).detect("anything") is None
    assert LanguageDetector(["qq", "zz"]).detect("anything") is None
