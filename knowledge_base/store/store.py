"""Articles in the database: reading them, loading them, and what search must know.

Every function takes the connection of an open transaction and is run through `Database`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

from sqlalchemy import Connection, Row, Select, and_, delete, exists, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from knowledge_base.articles.articles import (
    SERVICE,
    Article,
    ArticleHead,
    ArticleState,
    Author,
    Content,
    LiveArticle,
    NewArticle,
    StoredUnit,
    Translation,
    Unit,
    UnitKind,
    Version,
)
from knowledge_base.articles.passages import SPLITTER_VERSION
from knowledge_base.errors import NotFoundError
from knowledge_base.store import audit, staging
from knowledge_base.store.change_log import changed_since
from knowledge_base.store.change_log import note_change as note_change
from knowledge_base.store.tables import article_versions, articles, base_state, staged_imports, units
from knowledge_base.text.analysis import fold

MAX_CHANGES = 64  # taken over in one go, 0.1 s in which searches wait; more are taken over beside the searches
MOST_CHANGED = 0.5  # share of the published articles; when more have changed, building search anew is quicker
READ_TOGETHER = 5_000  # ids in one query; SQLite takes 32,766 parameters

Splitter = Callable[[Content], Sequence[Unit]]
UnitIds = Mapping[str, Sequence[int]]
"""Ids of the units of articles, in their order."""


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


@dataclass(frozen=True)
class LiveBase:
    """Everything search must know, as of one generation."""

    generation: int
    articles: tuple[LiveArticle, ...]


@dataclass(frozen=True)
class StagedImport:
    """An import that was staged, as a process that has made ready for it knows it.

    Attributes:
        again: articles of it that were changed since by others, in what was made ready.
    """

    import_id: int
    again: frozenset[str]


@dataclass(frozen=True)
class Sight:
    """The generation of the base, and the import that is staged, or was and is not forgotten yet.

    Attributes:
        beats: rises while its importer waits.
    """

    generation: int
    staged: int | None = None
    beats: int = 0


@dataclass(frozen=True)
class LiveChanges:
    """What search must take over to get from one generation to another.

    Attributes:
        generation: the one it stands at afterwards.
        articles: those that changed and are published, as they are now.
        gone: those that changed and are not, or no longer, published.
        released: whether the staged import is to be taken over as well, before these.
    """

    generation: int
    articles: tuple[LiveArticle, ...]
    gone: frozenset[str]
    released: bool = False

    @property
    def count(self) -> int:
        """How many articles changed."""
        return len(self.articles) + len(self.gone)


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
    live = insert_articles(connection, added, split, now, author)
    if live:
        note_change(connection, live)
    return len(added)


def insert_articles(
    connection: Connection,
    new: Iterable[NewArticle],
    split: Splitter,
    now: datetime,
    author: Author = SERVICE,
    ids: UnitIds | None = None,
) -> list[str]:
    """Add articles as version 1 and return those that are published, which the caller must note as changed.

    Args:
        ids: for the units of some articles, reserved before.

    Raises:
        sqlalchemy.exc.IntegrityError: an id is taken; the whole transaction is then to be given up.
    """
    heads, versions, entries = [], [], []
    made: dict[str, Sequence[Unit]] = {}
    for article in new:
        content, published = article.content, article.state is ArticleState.PUBLISHED
        heads.append(
            {
                "id": article.article_id,
                "external_id": article.external_id,
                "translation_group": article.translation_of or article.article_id,
                "state": article.state.value,
                "latest_version": 1,
                "live_version": 1 if published else None,
                "created_at": now,
                "updated_at": now,
                "updated_by": author.name,
            }
        )
        versions.append(Version(article.article_id, 1, content, now, author.name))
        entry = audit.Entry(now, author, audit.Action.CREATED, article.article_id, content.title, None, 1)
        entries.append(entry)
        if published:
            made[article.article_id] = split(content)
            entries.append(replace(entry, action=audit.Action.PUBLISHED))
    if heads:
        connection.execute(insert(articles), heads)
        add_versions(connection, versions)
        audit.record_all(connection, entries)
    _insert_units(connection, made, ids or {})
    return list(made)


def add_version(
    connection: Connection, article_id: str, number: int, content: Content, author: Author, now: datetime
) -> None:
    """Keep a version of an article."""
    add_versions(connection, [Version(article_id, number, content, now, author.name)])


def add_versions(connection: Connection, made: Iterable[Version]) -> None:
    """Keep versions of articles, at least one."""
    connection.execute(
        insert(article_versions),
        [
            {
                "article_id": version.article_id,
                "version": version.number,
                "title": version.content.title,
                "title_folded": fold(version.content.title),
                "body": version.content.body,
                "language": version.content.language,
                "questions": list(version.content.questions),
                "tags": list(version.content.tags),
                "review_on": version.content.review_on,
                "created_at": version.created_at,
                "created_by": version.created_by,
            }
            for version in made
        ],
    )


def resplit(connection: Connection, split: Splitter, *, force: bool = False) -> bool:
    """Make the units of every published article anew when the rules changed; return whether they were.

    Units whose text stays the same keep their vector, since that is found by content hash.
    """
    current = connection.execute(select(base_state.c.splitter_version)).scalar_one()
    if current == SPLITTER_VERSION and not force:
        return False
    for row in connection.execute(_live_contents()).all():
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


def live_base(connection: Connection) -> LiveBase:
    """Return every published article with its units."""
    return LiveBase(generation(connection), _live_articles(connection, None))


def changes_since(connection: Connection, known: int, staged: StagedImport | None = None) -> LiveChanges | None:
    """Return what changed after the generation `known`; `None` when reading the whole base is needed, or quicker.

    Args:
        staged: an import the caller has made ready for: what it brings is left out once it is committed.
    """
    released = None if staged is None else staging.released(connection, staged.import_id, known)
    changed = changed_since(connection, known, None if released is None else released.generation)
    if changed is None:
        return None
    if staged is not None and released is not None:
        changed |= released.again | staged.again
    if len(changed) > MAX_CHANGES and len(changed) > MOST_CHANGED * _count_published(connection):
        return None
    live = _live_articles(connection, changed)
    gone = changed - {article.article_id for article in live}
    return LiveChanges(generation(connection), live, gone, released is not None)


def look(connection: Connection) -> Sight:
    """Return what whoever follows the base looks at again and again, with one cheap read."""
    joined = base_state.outerjoin(staged_imports, staged_imports.c.complete)  # one import at a time is staged
    row = connection.execute(
        select(base_state.c.generation, staged_imports.c.id, staged_imports.c.beats).select_from(joined)
    ).one()
    return Sight(row.generation) if row.id is None else Sight(row.generation, row.id, row.beats)


def _count_published(connection: Connection) -> int:
    return int(
        connection.execute(
            select(func.count()).select_from(articles).where(articles.c.state == ArticleState.PUBLISHED.value)
        ).scalar_one()
    )


def _live_articles(connection: Connection, only: Collection[str] | None) -> tuple[LiveArticle, ...]:
    if only is None:
        return tuple(_read_live(connection, None))
    wanted = sorted(only)
    batches = (wanted[first : first + READ_TOGETHER] for first in range(0, len(wanted), READ_TOGETHER))
    return tuple(article for batch in batches for article in _read_live(connection, batch))


def _read_live(connection: Connection, only: Collection[str] | None) -> Iterator[LiveArticle]:
    wanted_units = select(units).order_by(units.c.article_id, units.c.position)
    wanted = _live_contents().order_by(articles.c.id)
    if only is not None:
        wanted_units = wanted_units.where(units.c.article_id.in_(only))
        wanted = wanted.where(articles.c.id.in_(only))
    by_article = {
        article_id: tuple(_stored_unit(row) for row in rows)
        for article_id, rows in groupby(connection.execute(wanted_units), key=lambda row: str(row.article_id))
    }
    for row in connection.execute(wanted):
        yield LiveArticle(
            article_id=row.id,
            external_id=row.external_id,
            group=row.translation_group,
            title=row.title,
            language=row.language,
            tags=tuple(row.tags),
            units=by_article.get(row.id, ()),
        )


def write_units(connection: Connection, article_id: str, made: Sequence[Unit]) -> None:
    """Put these units in place of those an article has; none takes it out of search."""
    replace_units(connection, {article_id: made})


def replace_units(connection: Connection, made: Mapping[str, Sequence[Unit]], ids: UnitIds | None = None) -> None:
    """Do as `write_units` for several articles; a few hundred, since SQLite takes 32,766 parameters.

    Args:
        ids: for the units of some articles, reserved before.
    """
    connection.execute(delete(units).where(units.c.article_id.in_(sorted(made))))
    _insert_units(connection, made, ids or {})


def _insert_units(connection: Connection, made: Mapping[str, Sequence[Unit]], ids: UnitIds) -> None:
    for reserved in (False, True):  # a statement each: in one all rows must name the same columns
        rows = [
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
                **({"id": ids[article_id][position]} if reserved else {}),
            }
            for article_id, found in made.items()
            if (article_id in ids) is reserved
            for position, unit in enumerate(found)
        ]
        if rows:
            connection.execute(insert(units), rows)


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


def _live_contents() -> Select[tuple[object, ...]]:
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
