"""Search over one generation: the right article, in the right language, with the right sentence marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from knowledge_base.articles.articles import NewArticle
from knowledge_base.search import unit_scores
from knowledge_base.search.confidence import load_confidence
from knowledge_base.search.question import EVERYTHING, Answer, Filters, Question
from knowledge_base.search.search import SearchIndex
from knowledge_base.search.vector_index import FaissIndex
from knowledge_base.store import live
from knowledge_base.store.database import Database
from tests.support.knowledge_base import ARTICLES, HOURS, HashingEncoder, an_article, fill

ENCODER = HashingEncoder(dimension=256)


class Searcher:
    """Articles ready to be searched."""

    def __init__(self, tmp_path: Path, articles: Sequence[NewArticle]) -> None:
        database = Database(tmp_path / "knowledge.db")
        fill(database, articles)
        base = database.write_now(live.live_base)
        database.close()
        vectors = FaissIndex(ENCODER.dimension)
        units = [unit for article in base.articles for unit in article.units]
        vectors.add([unit.unit_id for unit in units], ENCODER.encode([unit.unit.encoder_text for unit in units]))
        self.index = SearchIndex(base, vectors, load_confidence())

    def ask(self, text: str, language: str | None = None, limit: int = 5, filters: Filters = EVERYTHING) -> Answer:
        return self.index.search(Question(text, ENCODER.encode([text])[0], language, limit, filters))


@pytest.fixture
def shop(tmp_path: Path) -> Searcher:
    return Searcher(tmp_path, ARTICLES)


def found(answer: Answer) -> list[str]:
    return [hit.article.article_id for hit in answer.hits]


def test_the_article_asked_for_comes_first(shop: Searcher) -> None:
    assert found(shop.ask("when does your shop open"))[0] == "opening-hours"
    assert found(shop.ask("rub wax into leather boots"))[0] == "boot-care"


def test_a_draft_is_never_found(shop: Searcher) -> None:
    assert "secret-sale" not in found(shop.ask("zebra sale on friday", limit=50))


def test_translations_do_not_fill_the_list(shop: Searcher) -> None:
    answer = shop.ask("return an item", limit=50)
    assert len({hit.article.group for hit in answer.hits}) == len(answer.hits) == 3


def test_a_czech_question_finds_the_czech_article(shop: Searcher) -> None:
    answer = shop.ask("Jak můžu vrátit zboží zpátky?")
    assert answer.language == "cs"
    assert found(answer)[0] == "return-an-item.cs"


def test_the_language_asked_for_wins_over_the_one_written_in(shop: Searcher) -> None:
    assert found(shop.ask("how can I send an item back?", language="cs"))[0] == "return-an-item.cs"
    assert found(shop.ask("Jak můžu vrátit zboží zpátky?", language="en"))[0] == "return-an-item"


def test_what_is_not_translated_is_found_in_english(shop: Searcher) -> None:
    assert found(shop.ask("when does your shop open in the morning", language="cs"))[0] == "opening-hours"
    assert found(shop.ask("when does your shop open in the morning", language="de"))[0] == "opening-hours"


def test_the_best_passage_and_its_best_sentence_are_shown(shop: Searcher) -> None:
    hit = shop.ask("when does the refund reach my card").hits[0]
    assert hit.heading == "Refund"
    (start, end) = hit.highlight[0]
    assert hit.passage[start:end] == "The refund reaches your card three days after the parcel reaches us."


def test_a_question_that_shares_no_word_marks_nothing(shop: Searcher) -> None:
    assert all(hit.highlight == () for hit in shop.ask("qwertz asdf").hits)


def test_filters_and_limit_are_kept(shop: Searcher) -> None:
    assert found(shop.ask("return an item", filters=Filters(tags=("stores",)))) == ["opening-hours"]
    assert found(shop.ask("return an item", filters=Filters(tags=("nothing has this",)))) == []
    for question in ("return an item", "jak vrátit zboží"):
        assert found(shop.ask(question, filters=Filters(language="cs"))) == ["return-an-item.cs"]
    assert found(shop.ask("opening hours", filters=Filters(language="lt"))) == []
    assert found(shop.ask("opening hours", filters=Filters(("stores",), "cs"))) == []
    assert len(found(shop.ask("return an item", limit=1))) == 1


def test_an_empty_base_answers_nothing(tmp_path: Path) -> None:
    answer = Searcher(tmp_path, []).ask("anything")
    assert (answer.hits, answer.confidence, answer.answerable) == ((), 0.0, False)


def test_a_base_of_one_article_is_searched(tmp_path: Path) -> None:
    assert found(Searcher(tmp_path, [HOURS]).ask("when are you open?")) == ["opening-hours"]


def test_an_article_without_a_passage_is_found_by_its_title(tmp_path: Path) -> None:
    hit = Searcher(tmp_path, [HOURS, an_article("empty", "Zebra stripes", "## Only a heading")]).ask("zebra").hits[0]
    assert (hit.article.article_id, hit.passage) == ("empty", "Zebra stripes")


def test_a_sure_answer_is_surer_than_a_wild_one(shop: Searcher) -> None:
    sure, wild = shop.ask("How can I send something back?"), shop.ask("who won the chess championship in 1972")
    assert sure.confidence > 0.8 > 0.3 > wild.confidence
    assert sure.answerable
    assert not wild.answerable


def test_a_base_larger_than_one_vector_search_ranks_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Searcher(tmp_path, ARTICLES)
    whole = shop.ask("when does your shop open", limit=2)
    monkeypatch.setattr(unit_scores, "NEAREST_UNITS", 2)
    part = shop.ask("when does your shop open", limit=2)
    assert [(hit.article.article_id, round(hit.score, 4)) for hit in part.hits] == [
        (hit.article.article_id, round(hit.score, 4)) for hit in whole.hits
    ]


def test_emoji_other_scripts_and_noise_are_answered_without_error(shop: Searcher) -> None:
    for text in ("👍👍👍", "где моя посылка", "你好", "\u202e\u0000 x", "a" * 4000, "???"):
        assert 0 <= shop.ask(text).confidence <= 1


def test_a_text_without_a_word_breaks_no_search(tmp_path: Path) -> None:
    signs = an_article("signs", "???", "!!!\n", questions=["---"])  # no vector comes of these
    searcher = Searcher(tmp_path, [*ARTICLES, signs])
    assert found(searcher.ask("when does your shop open", limit=50))[0] == "opening-hours"
    assert searcher.ask("???").confidence < 0.5
