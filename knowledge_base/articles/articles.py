"""Articles and their passages as values, and what makes an article acceptable. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from knowledge_base.errors import InvalidArticleError

MAX_TITLE = 300  # characters; longer titles are bodies in the wrong place
MAX_BODY = 200_000  # characters; about 100 printed pages
MAX_QUESTIONS = 2_000  # alternative questions of one article; each costs a vector
MAX_QUESTION = 1_000
MAX_TAGS = 50
MAX_TAG = 100
MAX_EXTERNAL_ID = 200
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
    review_on: date | None = None  # when somebody should read it again


@dataclass(frozen=True)
class Author:
    """Whoever writes: an account, or a part of Tandem."""

    account_id: str
    name: str


SERVICE = Author("service", "service")


@dataclass(frozen=True)
class NewArticle:
    """An article on its way into the base."""

    article_id: str
    content: Content
    external_id: str | None = None
    translation_of: str | None = None
    state: ArticleState = ArticleState.PUBLISHED


@dataclass(frozen=True)
class ArticleHead:
    """An article without its text, as lists show it.

    Attributes:
        group: the id shared by an article and its translations.
        version: the newest version; title, language, tags and review date are its.
        live_version: the published one, `None` when search must not know the article.
    """

    article_id: str
    external_id: str | None
    group: str
    state: ArticleState
    version: int
    live_version: int | None
    title: str
    language: str
    tags: tuple[str, ...]
    review_on: date | None
    created_at: datetime
    updated_at: datetime
    updated_by: str

    @property
    def has_draft(self) -> bool:
        """Whether a newer version waits beside the live one."""
        return self.live_version is not None and self.version > self.live_version


@dataclass(frozen=True)
class Translation:
    """Another article of the same group, as its newest version."""

    article_id: str
    language: str
    title: str
    state: ArticleState


@dataclass(frozen=True)
class Article:
    """An article as the base holds it.

    Attributes:
        content: the newest version, which may be a draft.
        live: what customers see, `None` when nothing is published.
    """

    head: ArticleHead
    content: Content
    live: Content | None
    translations: tuple[Translation, ...] = ()


@dataclass(frozen=True)
class Version:
    """One version of an article; versions are never changed."""

    article_id: str
    number: int
    content: Content
    created_at: datetime
    created_by: str


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
    if not ARTICLE_ID.fullmatch(article.article_id):
        raise InvalidArticleError(source, "may hold only letters, digits and . _ ~ - (200 at most)", "id")
    if article.external_id is not None:
        _check_text(source, "external_id", article.external_id, MAX_EXTERNAL_ID)
    check_content(article.content, source)


def check_content(content: Content, source: str) -> None:
    """Refuse a text the base must not hold; as `check_article`."""
    if not LANGUAGE.fullmatch(content.language):
        raise InvalidArticleError(
            source, f"must be a two-letter code such as 'en', not {content.language!r}", "language"
        )
    _check_text(source, "title", content.title, MAX_TITLE)
    _check_text(source, "body", content.body, MAX_BODY)
    _check_list(source, "questions", content.questions, MAX_QUESTIONS, MAX_QUESTION)
    _check_list(source, "tags", content.tags, MAX_TAGS, MAX_TAG)


def has_visible(text: str) -> bool:
    """Return whether there is anything to see: spaces, zero-width characters and other marks of format are nothing."""
    return any(unicodedata.category(character)[0] not in "CZ" for character in text)


def _check_text(source: str, name: str, value: str, limit: int) -> None:
    if not has_visible(value):
        raise InvalidArticleError(source, "is empty", name)
    if len(value) > limit:
        raise InvalidArticleError(source, f"has {len(value)} characters, the limit is {limit}", name, too_large=True)


def _check_list(source: str, name: str, values: tuple[str, ...], most: int, longest: int) -> None:
    if len(values) > most:
        raise InvalidArticleError(source, f"has {len(values)} entries, the limit is {most}", name, too_large=True)
    for number, value in enumerate(values):
        _check_text(source, f"{name}[{number}]", value, longest)
