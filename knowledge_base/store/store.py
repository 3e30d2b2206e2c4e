"""Articles in the database: reading them, and loading them.

Every function takes the connection of an open transaction and is run through `Database`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, Select, and_, exists, func, select, update
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from knowledge_base.articles.articles import (
    SERVICE,
    Article,
    ArticleHead,
    ArticleState,
    Author,
    Content,
    NewArticle,
    Translation,
    Unit,
    Version,
)
from knowledge_base.articles.passages import SPLITTER_VERSION
from knowledge_base.errors import NotFoundError
from knowledge_base.store import audit
from knowledge_base.store.article_rows import ArticleRow, add_versions, insert_rows
from knowledge_base.store.change_log import note_change as note_change
from knowledge_base.store.tables import article_versions, articles, base_state
from knowledge_base.store.unit_store import edition, insert_units, write_units
from knowledge_base.text.analysis import fold

Splitter = Callable[[Content], Sequence[Unit]]


@dataclass(frozen=True)
class ArticleFilter:
    """Which articles to list: `None` means any.

    Attributes:
        after: the id the last page ended with.
        tag: a tag the newest version carries.
        title: a part of its title, whatever the case and diacritics.
    """

    language: str | None = None
    state: ArticleState | None = None
    after: str | None = None
    tag: str | None = None
    title: str | None = None


def count_articles(connection: Connection) -> int:
    """Return how many articles there are, in any state."""
    return int(connection.execute(select(func.count()).select_from(articles)).scalar_one())


def generation(connection: Connection) -> int:
    """Return the generation of the base: it rises with every change search should know."""
    return int(connection.execute(select(base_state.c.generation)).scalar_one())


def add_articles(
    connection: Connection, new: Iterable[NewArticle], split: Splitter, now: datetime, author: Author = SERVICE
) -> int:
    """Add articles as version 1, as a generation of their own, and return how many.

    Raises:
        sqlalchemy.exc.IntegrityError: an id is taken; the whole transaction is then to be given up.
    """
    added = list(new)
    made = {article.article_id: split(article.content) for article in added if article.state is ArticleState.PUBLISHED}
    ids = insert_units(connection, made)
    rows, versions, entries = [], [], []
    for article in added:
        article_id, content, published = article.article_id, article.content, article.article_id in made
        rows.append(
            ArticleRow(
                article_id=article_id,
                external_id=article.external_id,
                group=article.translation_of or article_id,
                state=article.state,
                latest_version=1,
                live_version=1 if published else None,
                created_at=now,
                updated_at=now,
                updated_by=author.name,
                edition=edition(ids[article_id]) if published else None,
            )
        )
        versions.append(Version(article_id, 1, content, now, author.name))
        entry = audit.Entry(now, author, audit.Action.CREATED, article_id, content.title, None, 1)
        entries += [entry, replace(entry, action=audit.Action.PUBLISHED)] if published else [entry]
    insert_rows(connection, rows)
    add_versions(connection, versions)
    audit.record_all(connection, entries)
    if made:
        note_change(connection, made)
    return len(added)


def add_version(
    connection: Connection, article_id: str, number: int, content: Content, author: Author, now: datetime
) -> None:
    """Keep a version of an article."""
    add_versions(connection, [Version(article_id, number, content, now, author.name)])


def resplit(connection: Connection, split: Splitter, *, force: bool = False) -> bool:
    """Make the units of every published article anew when the rules changed; return whether they were.

    Units whose text stays the same keep their vector, since that is found by content hash.
    """
    current = connection.execute(select(base_state.c.splitter_version)).scalar_one()
    if current == SPLITTER_VERSION and not force:
        return False
    for row in connection.execute(live_contents()).all():
        write_units(connection, row.id, split(content_of(row)))
    connection.execute(update(base_state).values(splitter_version=SPLITTER_VERSION))
    note_change(connection, None)
    return True


def get_article(connection: Connection, article_id: str) -> Article:
    """Return an article with its newest version, its live one and its translations.

    Raises:
        NotFoundError: nothing has this id.
    """
    row = connection.execute(_newest(full=True).where(articles.c.id == article_id)).first()
    if row is None:
        raise NotFoundError("article", article_id)
    head, content = _head(row), content_of(row)
    live = content
    if head.live_version is None:
        return Article(head, content, None, _translations(connection, head))
    if head.live_version != head.version:
        live = get_version(connection, article_id, head.live_version).content
    return Article(head, content, live, _translations(connection, head))


def list_articles(connection: Connection, wanted: ArticleFilter, limit: int) -> list[ArticleHead]:
    """Return at most `limit` articles in order of id."""
    query = _newest(full=False).order_by(articles.c.id).limit(limit)
    if wanted.language is not None:
        query = query.where(article_versions.c.language == wanted.language)
    if wanted.state is not None:
        query = query.where(articles.c.state == wanted.state.value)
    if wanted.after is not None:
        query = query.where(articles.c.id > wanted.after)
    if wanted.tag is not None:
        elements = func.json_each if connection.dialect.name == "sqlite" else func.json_array_elements_text
        tags = elements(article_versions.c.tags).table_valued("value")
        query = query.where(exists(select(tags.c.value).where(tags.c.value == wanted.tag)))
    if wanted.title is not None:
        query = query.where(article_versions.c.title_folded.contains(fold(wanted.title), autoescape=True))
    return [_head(row) for row in connection.execute(query)]


def versions(connection: Connection, article_id: str, limit: int, before: int | None = None) -> list[Version]:
    """Return at most `limit` versions of an article, newest first.

    Args:
        before: only versions with a lower number.

    Raises:
        NotFoundError: nothing has this id.
    """
    query = _versions(article_id).order_by(article_versions.c.version.desc()).limit(limit)
    if before is not None:
        query = query.where(article_versions.c.version < before)
    found = [_version(row) for row in connection.execute(query)]
    if not found and not article_exists(connection, article_id):
        raise NotFoundError("article", article_id)
    return found


def get_version(connection: Connection, article_id: str, number: int) -> Version:
    """Return one version of an article.

    Raises:
        NotFoundError: there is no such article or version.
    """
    row = connection.execute(_versions(article_id).where(article_versions.c.version == number)).first()
    if row is None:
        raise NotFoundError("version", f"{article_id}/{number}")
    return _version(row)


def article_exists(connection: Connection, article_id: str) -> bool:
    """Return whether an article, in whatever state, has this id."""
    return connection.execute(select(articles.c.id).where(articles.c.id == article_id)).first() is not None


def in_group(connection: Connection, group: str, language: str, without: str) -> str | None:
    """Return the id of an article of a group whose newest version is in a language, other than `without`."""
    query = _newest(full=False).where(
        articles.c.translation_group == group, article_versions.c.language == language, articles.c.id != without
    )
    found = connection.execute(query.order_by(articles.c.id).limit(1)).first()
    return None if found is None else str(found.id)


_HEAD = (
    *articles.c,
    article_versions.c.title,
    article_versions.c.language,
    article_versions.c.tags,
    article_versions.c.review_on,
)
_TEXT = (article_versions.c.body, article_versions.c.questions)
_ArticleRow = Row[tuple[object, ...]]


def _at(version: ColumnElement[int]) -> FromClause:
    """Join articles with one version of each."""
    return articles.join(
        article_versions, and_(article_versions.c.article_id == articles.c.id, article_versions.c.version == version)
    )


def _newest(*, full: bool) -> Select[tuple[object, ...]]:
    return select(*_HEAD, *(_TEXT if full else ())).select_from(_at(articles.c.latest_version))


def live_contents() -> Select[tuple[object, ...]]:
    """Return the query for published articles with their live contents."""
    return select(*_HEAD, *_TEXT).select_from(_at(articles.c.live_version))


def _versions(article_id: str) -> Select[tuple[object, ...]]:
    return select(*article_versions.c).where(article_versions.c.article_id == article_id)


def _translations(connection: Connection, head: ArticleHead) -> tuple[Translation, ...]:
    query = _newest(full=False).where(articles.c.translation_group == head.group, articles.c.id != head.article_id)
    found = [_head(row) for row in connection.execute(query.order_by(articles.c.id))]
    return tuple(Translation(other.article_id, other.language, other.title, other.state) for other in found)


def content_of(row: _ArticleRow) -> Content:
    """Return the content of a row of `article_versions`."""
    return Content(
        title=row.title,
        body=row.body,
        language=row.language,
        questions=tuple(row.questions),
        tags=tuple(row.tags),
        review_on=row.review_on,
    )


def _version(row: _ArticleRow) -> Version:
    return Version(row.article_id, row.version, content_of(row), row.created_at.replace(tzinfo=UTC), row.created_by)


def _head(row: _ArticleRow) -> ArticleHead:
    return ArticleHead(
        article_id=row.id,
        external_id=row.external_id,
        group=row.translation_group,
        state=ArticleState(row.state),
        version=row.latest_version,
        live_version=row.live_version,
        title=row.title,
        language=row.language,
        tags=tuple(row.tags),
        review_on=row.review_on,
        created_at=row.created_at.replace(tzinfo=UTC),
        updated_at=row.updated_at.replace(tzinfo=UTC),
        updated_by=row.updated_by,
    )
