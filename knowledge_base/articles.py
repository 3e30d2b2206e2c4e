"""Articles and their passages as values, and what makes an article acceptable. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from knowledge_base.errors import InvalidArticleError

MAX_TITLE = 300  # characters; longer titles are bodies in the wrong place
MAX_BODY = 200_000  # characters; about 100 printed pages
MAX_QUESTIONS = 2_000  # alternative questions of one article; each costs a vector
MAX_QUESTION = 1_000
MAX_TAGS = 50
MAX_TAG = 100
ARTICLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,199}")  # goes into URLs unescaped
LANGUAGE = re.compile(r"[a-z]{2}")  # ISO 639-1


class ArticleState(StrEnum):
    """Where an article stands. Search knows published ones only."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class UnitKind(StrEnum):
    """What a passage row was made from: each kind gets a vector of its own."""

    TITLE = "title"
    QUESTION = "question"
    PASSAGE = "passage"


@dataclass(frozen=True)
class Content:
    """What an editor writes: one version of an article."""

    title: str
    body: str  # Markdown
    language: str = "en"
    questions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewArticle:
    """An article on its way into the base."""

    article_id: str
    content: Content
    external_id: str | None = None
    translation_of: str | None = None
    state: ArticleState = ArticleState.PUBLISHED


@dataclass(frozen=True)
class Article:
    """An article as the base holds it, with one of its versions.

    Attributes:
        version: the version shown in `content`.
        latest_version: the newest one, which may be a draft.
        live_version: the published one, `None` when search must not know the article.
        group: the id shared by an article and its translations.
    """

    article_id: str
    external_id: str | None
    group: str
    state: ArticleState
    version: int
    latest_version: int
    live_version: int | None
    content: Content
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Unit:
    """A piece of an article that is searched by itself: its title, an alternative question, or a passage.

    Attributes:
        heading: headings above a passage, outermost first, joined by ` › `; empty above the first heading.
        text: plain text.
        markdown: source of a passage, for rendering.
        sentences: `[start, end)` offsets of the sentences in `text`.
        content_hash: of what the encoder reads, so that the same text is encoded once.
    """

    kind: UnitKind
    text: str
    encoder_text: str
    content_hash: str
    heading: str = ""
    markdown: str = ""
    sentences: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class StoredUnit:
    """A unit with the id it has in the database and in the vector index."""

    unit_id: int
    article_id: str
    unit: Unit


@dataclass(frozen=True)
class LiveArticle:
    """What search needs of a published article."""

    article_id: str
    external_id: str | None
    group: str
    title: str
    language: str
    tags: tuple[str, ...] = ()
    units: tuple[StoredUnit, ...] = field(default=(), repr=False)


def check_article(article: NewArticle, source: str) -> None:
    """Refuse an article the base must not hold.

    Args:
        source: what to call it in the message, such as its file name.

    Raises:
        InvalidArticleError: says what is wrong and the limit.
    """
    content = article.content
    if not ARTICLE_ID.fullmatch(article.article_id):
        raise InvalidArticleError(source, "the id may hold only letters, digits and . _ ~ - (200 at most)")
    if not LANGUAGE.fullmatch(content.language):
        raise InvalidArticleError(source, f"language must be a two-letter code such as 'en', not {content.language!r}")
    _check_text(source, "title", content.title, MAX_TITLE)
    _check_text(source, "body", content.body, MAX_BODY)
    _check_list(source, "questions", content.questions, MAX_QUESTIONS, MAX_QUESTION)
    _check_list(source, "tags", content.tags, MAX_TAGS, MAX_TAG)


def _check_text(source: str, name: str, value: str, limit: int) -> None:
    if not value.strip():
        raise InvalidArticleError(source, f"{name} is empty")
    if len(value) > limit:
        raise InvalidArticleError(source, f"{name} has {len(value)} characters, the limit is {limit}")


def _check_list(source: str, name: str, values: tuple[str, ...], most: int, longest: int) -> None:
    if len(values) > most:
        raise InvalidArticleError(source, f"{name} has {len(values)} entries, the limit is {most}")
    for value in values:
        _check_text(source, f"an entry of {name}", value, longest)
