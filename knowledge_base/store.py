"""Articles in the database: reading them, loading them, and what search must know.

Every function takes the connection of an open transaction and is run through `Database`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, select, update

from knowledge_base.articles import (
    Article,
    ArticleState,
    Content,
    LiveArticle,
    NewArticle,
    StoredUnit,
    Unit,
    UnitKind,
)
from knowledge_base.change_log import changed_since
from knowledge_base.change_log import note_change as note_change
from knowledge_base.errors import NotFoundError
from knowledge_base.passages import SPLITTER_VERSION
from knowledge_base.tables import article_versions, articles, base_state, units

MAX_CHANGES = 64  # read one by one; more are search built anew, which is then the quicker way

Splitter = Callable[[Content], Sequence[Unit]]


@dataclass(frozen=True)
class ArticleFilter:
    """Which articles to list: `None` means any; `after` is the id the last page ended with."""

    language: str | None = None
    state: ArticleState | None = None
    after: str | None = None


@dataclass(frozen=True)
class LiveBase:
    """Everything search must know, as of one generation."""

    generation: int
    articles: tuple[LiveArticle, ...]


@dataclass(frozen=True)
class LiveChanges:
    """What search must take over to get from one generation to another.

    Attributes:
        generation: the one it stands at afterwards.
        articles: those that changed and are published, as they are now.
        gone: those that changed and are not, or no longer, published.
    """

    generation: int
    articles: tuple[LiveArticle, ...]
    gone: frozenset[str]


def count_articles(connection: Connection) -> int:
    """Return how many articles there are, in any state."""
    return int(connection.execute(select(func.count()).select_from(articles)).scalar_one())


def generation(connection: Connection) -> int:
    """Return the generation of the base: it rises with every change search should know."""
    return int(connection.execute(select(base_state.c.generation)).scalar_one())


def add_articles(connection: Connection, new: Iterable[NewArticle], split: Splitter, now: datetime) -> int:
    """Add articles as version 1 and return how many.

    Raises:
        sqlalchemy.exc.IntegrityError: an id is taken; the whole transaction is then to be given up.
    """
    added = []
    for article in new:
        published = article.state is ArticleState.PUBLISHED
        connection.execute(
            insert(articles).values(
                id=article.article_id,
                external_id=article.external_id,
                translation_group=article.translation_of or article.article_id,
                state=article.state.value,
                latest_version=1,
                live_version=1 if published else None,
                created_at=now,
                updated_at=now,
            )
        )
        content = article.content
        connection.execute(
            insert(article_versions).values(
                article_id=article.article_id,
                version=1,
                title=content.title,
                body=content.body,
                language=content.language,
                questions=list(content.questions),
                tags=list(content.tags),
                created_at=now,
            )
        )
        if published:
            _write_units(connection, article.article_id, split(content))
        added.append(article.article_id)
    note_change(connection, added)
    return len(added)


def resplit(connection: Connection, split: Splitter, *, force: bool = False) -> bool:
    """Make the units of every published article anew when the rules changed; return whether they were.

    Units whose text stays the same keep their vector, since that is found by content hash.
    """
    current = connection.execute(select(base_state.c.splitter_version)).scalar_one()
    if current == SPLITTER_VERSION and not force:
        return False
    for row in connection.execute(_live_contents()):
        _write_units(connection, row.id, split(_content(row)))
    connection.execute(update(base_state).values(splitter_version=SPLITTER_VERSION))
    note_change(connection, None)
    return True


def get_article(connection: Connection, article_id: str) -> Article:
    """Return an article with its live version, or its newest when none is live.

    Raises:
        NotFoundError: nothing has this id.
    """
    row = connection.execute(_articles().where(articles.c.id == article_id)).first()
    if row is None:
        raise NotFoundError("article", article_id)
    return _article(row)


def list_articles(connection: Connection, wanted: ArticleFilter, limit: int) -> list[Article]:
    """Return at most `limit` articles in order of id."""
    query = _articles().order_by(articles.c.id).limit(limit)
    if wanted.language is not None:
        query = query.where(article_versions.c.language == wanted.language)
    if wanted.state is not None:
        query = query.where(articles.c.state == wanted.state.value)
    if wanted.after is not None:
        query = query.where(articles.c.id > wanted.after)
    return [_article(row) for row in connection.execute(query)]


def live_base(connection: Connection) -> LiveBase:
    """Return every published article with its units."""
    return LiveBase(generation(connection), _live_articles(connection, None))


def changes_since(connection: Connection, known: int) -> LiveChanges | None:
    """Return what changed after the generation `known`; `None` when reading the whole base is needed, or quicker."""
    changed = changed_since(connection, known)
    if changed is None or len(changed) > MAX_CHANGES:
        return None
    live = _live_articles(connection, changed)
    return LiveChanges(generation(connection), live, changed - {article.article_id for article in live})


def _live_articles(connection: Connection, only: Collection[str] | None) -> tuple[LiveArticle, ...]:
    wanted_units = select(units).order_by(units.c.article_id, units.c.position)
    wanted = _live_contents().order_by(articles.c.id)
    if only is not None:
        wanted_units = wanted_units.where(units.c.article_id.in_(only))
        wanted = wanted.where(articles.c.id.in_(only))
    by_article = {
        article_id: tuple(_stored_unit(row) for row in rows)
        for article_id, rows in groupby(connection.execute(wanted_units), key=lambda row: str(row.article_id))
    }
    return tuple(
        LiveArticle(
            article_id=row.id,
            external_id=row.external_id,
            group=row.translation_group,
            title=row.title,
            language=row.language,
            tags=tuple(row.tags),
            units=by_article.get(row.id, ()),
        )
        for row in connection.execute(wanted)
    )


def _write_units(connection: Connection, article_id: str, made: Sequence[Unit]) -> None:
    connection.execute(delete(units).where(units.c.article_id == article_id))
    connection.execute(
        insert(units),
        [
            {
                "article_id": article_id,
                "position": position,
                "kind": unit.kind.value,
                "heading": unit.heading,
                "text": unit.text,
                "markdown": unit.markdown,
                "encoder_text": unit.encoder_text,
                "sentences": [list(span) for span in unit.sentences],
                "content_hash": unit.content_hash,
            }
            for position, unit in enumerate(made)
        ],
    )


_COLUMNS = (
    *articles.c,
    article_versions.c.version,
    article_versions.c.title,
    article_versions.c.body,
    article_versions.c.language,
    article_versions.c.questions,
    article_versions.c.tags,
)
_ArticleRow = Row[tuple[object, ...]]


def _articles() -> Select[tuple[object, ...]]:
    shown = func.coalesce(articles.c.live_version, articles.c.latest_version)
    joined = articles.join(
        article_versions, and_(article_versions.c.article_id == articles.c.id, article_versions.c.version == shown)
    )
    return select(*_COLUMNS).select_from(joined)


def _live_contents() -> Select[tuple[object, ...]]:
    return _articles().where(articles.c.live_version.is_not(None))


def _content(row: _ArticleRow) -> Content:
    return Content(
        title=row.title,
        body=row.body,
        language=row.language,
        questions=tuple(row.questions),
        tags=tuple(row.tags),
    )


def _article(row: _ArticleRow) -> Article:
    return Article(
        article_id=row.id,
        external_id=row.external_id,
        group=row.translation_group,
        state=ArticleState(row.state),
        version=row.version,
        latest_version=row.latest_version,
        live_version=row.live_version,
        content=_content(row),
        created_at=row.created_at.replace(tzinfo=UTC),
        updated_at=row.updated_at.replace(tzinfo=UTC),
    )


def _stored_unit(row: _ArticleRow) -> StoredUnit:
    return StoredUnit(
        unit_id=row.id,
        article_id=row.article_id,
        unit=Unit(
            kind=UnitKind(row.kind),
            text=row.text,
            encoder_text=row.encoder_text,
            content_hash=row.content_hash,
            heading=row.heading,
            markdown=row.markdown,
            sentences=tuple((start, end) for start, end in row.sentences),
        ),
    )
