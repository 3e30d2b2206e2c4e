"""The demo help centre and its labelled questions hold together: front matter, translations, links, labels."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = ROOT / "data" / "knowledge"
QUESTIONS = ROOT / "data" / "evaluation" / "shop" / "questions.jsonl"

LANGUAGES = {"en", "cs", "lt"}
URL_SAFE = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*(\.(cs|lt))?$")
HELP_LINK = re.compile(r"\]\(/help/([^)]+)\)")
# One article answers one thing: shorter ones answer nothing, longer ones are two articles.
FEWEST_WORDS, MOST_WORDS = 110, 350
# Share of common words from which a question counts as a copy of an article's own wording.
CLOSE_COPY = 0.8


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _read_article(path: Path) -> dict[str, Any]:
    _, head, body = re.split(r"^---$", path.read_text(encoding="utf-8"), maxsplit=2, flags=re.MULTILINE)
    article = yaml.safe_load(head)
    assert isinstance(article, dict), path.name
    return {**article, "id": path.name.removesuffix(".md"), "body": body.strip()}


@pytest.fixture(scope="module")
def articles() -> dict[str, dict[str, Any]]:
    """All demo articles by id."""
    return {article["id"]: article for article in map(_read_article, sorted(ARTICLES.glob("*.md")))}


@pytest.fixture(scope="module")
def labelled() -> list[dict[str, Any]]:
    """All labelled questions."""
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


def test_every_article_has_the_whole_front_matter(articles: dict[str, dict[str, Any]]) -> None:
    for article_id, article in articles.items():
        expected = {"title", "questions", "language", "tags"} | ({"translation_of"} if "." in article_id else set())
        assert set(article) - {"id", "body"} == expected, article_id
        assert isinstance(article["title"], str), article_id
        assert 3 <= len(article["questions"]) <= 12, article_id
        assert article["tags"], article_id
        assert all(isinstance(text, str) and text.strip() for text in [*article["questions"], *article["tags"]]), (
            article_id
        )


def test_ids_are_url_safe_and_unique_in_any_case(articles: dict[str, dict[str, Any]]) -> None:
    assert [article_id for article_id in articles if not URL_SAFE.match(article_id)] == []
    assert len({article_id.casefold() for article_id in articles}) == len(articles)


def test_titles_are_unique_within_a_language(articles: dict[str, dict[str, Any]]) -> None:
    titles = Counter((article["language"], article["title"].casefold()) for article in articles.values())
    assert [title for title, count in titles.items() if count > 1] == []


def test_no_alternative_question_belongs_to_two_articles(articles: dict[str, dict[str, Any]]) -> None:
    asked = Counter(
        (article["language"], " ".join(_words(question)))
        for article in articles.values()
        for question in article["questions"]
    )
    assert [question for question, count in asked.items() if count > 1] == []


def test_language_and_original_follow_from_the_file_name(articles: dict[str, dict[str, Any]]) -> None:
    for article_id, article in articles.items():
        stem, _, suffix = article_id.partition(".")
        assert article["language"] == (suffix or "en"), article_id
        assert article["language"] in LANGUAGES, article_id
        if suffix:
            assert article["translation_of"] == stem, article_id
            assert stem in articles, article_id


def test_there_is_as_much_as_a_real_help_centre_has(articles: dict[str, dict[str, Any]]) -> None:
    languages = Counter(article["language"] for article in articles.values())
    assert languages["en"] >= 64
    translated = {
        language: {article["translation_of"] for article in articles.values() if article["language"] == language}
        for language in ("cs", "lt")
    }
    assert len(translated["cs"]) >= 15
    assert translated["cs"] == translated["lt"]


def test_articles_begin_with_the_answer_and_have_headings(articles: dict[str, dict[str, Any]]) -> None:
    for article_id, article in articles.items():
        assert re.match(r"[^\W\d_]", article["body"]), f"{article_id} does not begin with a sentence"
        assert len(re.findall(r"^## ", article["body"], flags=re.MULTILINE)) >= 2, article_id
        assert FEWEST_WORDS <= len(_words(article["body"])) <= MOST_WORDS, article_id


def test_links_between_articles_lead_somewhere(articles: dict[str, dict[str, Any]]) -> None:
    linked = {
        (article_id, target)
        for article_id, article in articles.items()
        for target in HELP_LINK.findall(article["body"])
    }
    assert linked
    assert [link for link in sorted(linked) if link[1] not in articles] == []


def test_translations_carry_the_same_figures_as_the_original(articles: dict[str, dict[str, Any]]) -> None:
    """A price, a time or a number of days that is only in the translation was changed in one place alone."""
    for article_id, article in articles.items():
        if "translation_of" not in article:
            continue
        original = articles[article["translation_of"]]["body"].replace(".", ",")
        known = set(re.findall(r"\d+(?:[,:]\d+)*", original))
        figures = set(re.findall(r"\d+(?:[,:]\d+)*", article["body"].replace(".", ",")))
        assert figures - known == set(), article_id


def test_labelled_rows_are_complete_and_ids_unique(labelled: list[dict[str, Any]]) -> None:
    for row in labelled:
        fields = {"id", "split", "language", "text", "article_id", "kind"}
        assert set(row) - {"also"} == fields | ({"wording"} if row["kind"] == "routine" else set()), row
        assert row.get("wording", "everyday") in {"everyday", "oblique"}, row
        assert row["split"] in {"dev", "test"}, row
        assert row["language"] in LANGUAGES, row
        assert row["kind"] in {"routine", "unanswerable", "near"}, row
        assert row["text"].strip() == row["text"] != "", row
        assert (row["article_id"] is not None) == (row["kind"] == "routine"), row
    assert len({row["id"] for row in labelled}) == len(labelled)
    texts = Counter(" ".join(_words(row["text"])) for row in labelled)
    assert [text for text, count in texts.items() if count > 1] == []


def test_labels_name_existing_articles_in_the_language_of_the_question(
    articles: dict[str, dict[str, Any]], labelled: list[dict[str, Any]]
) -> None:
    for row in labelled:
        for article_id in filter(None, [row["article_id"], *row.get("also", [])]):
            assert article_id in articles, row
            assert articles[article_id]["language"] == row["language"], row
        assert row["article_id"] not in row.get("also", []), row


def test_there_are_enough_questions_of_each_kind_in_both_splits(labelled: list[dict[str, Any]]) -> None:
    kinds = Counter((row["language"], "routine" if row["kind"] == "routine" else "none") for row in labelled)
    assert kinds["en", "routine"] >= 160
    assert kinds["cs", "routine"] >= 25
    assert kinds["lt", "routine"] >= 25
    assert kinds["en", "none"] >= 60
    splits = Counter((row["language"], row["kind"], row["split"]) for row in labelled)
    for language, kind, _ in list(splits):
        assert splits[language, kind, "dev"] == splits[language, kind, "test"], (language, kind)


def test_every_article_is_asked_about_in_both_splits(
    articles: dict[str, dict[str, Any]], labelled: list[dict[str, Any]]
) -> None:
    for split in ("dev", "test"):
        asked = {row["article_id"] for row in labelled if row["split"] == split}
        assert set(articles) - asked == set(), split


def test_no_labelled_question_copies_an_articles_wording(
    articles: dict[str, dict[str, Any]], labelled: list[dict[str, Any]]
) -> None:
    own = [
        (article_id, text, set(_words(text)))
        for article_id, article in articles.items()
        for text in [article["title"], *article["questions"]]
    ]
    copies = []
    for row in labelled:
        words = set(_words(row["text"]))
        for article_id, text, theirs in own:
            if len(words & theirs) / len(words | theirs) >= CLOSE_COPY:
                copies.append((row["id"], row["text"], article_id, text))
    assert copies == []
