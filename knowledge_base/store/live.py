"""What search must know of the base, and what leads it from one generation to another.

Every function takes the connection of an open transaction and is run through `Database`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from knowledge_base.articles.articles import ArticleState, LiveArticle
from knowledge_base.store import staging
from knowledge_base.store.change_log import changed_since
from knowledge_base.store.store import generation, live_contents
from knowledge_base.store.tables import articles, base_state, staged_imports
from knowledge_base.store.unit_store import read_units

MAX_CHANGES = 64  # taken over in one go, 0.1 s in which searches wait; more are taken over beside the searches
MOST_CHANGED = 0.5  # share of the published articles; when more have changed, building search anew is quicker
READ_TOGETHER = 5_000  # ids in one query; SQLite takes 32,766 parameters
STAGED = (
    staged_imports.c.id,
    staged_imports.c.beats,
    staged_imports.c.complete,
    staged_imports.c.generation.label("committed"),
)


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
        staged: the id of the import.
        beats: rises while its importer is at it.
        complete: whether all that is to be made ready for is there.
        committed: the generation it was committed as.
    """

    generation: int
    staged: int | None = None
    beats: int = 0
    complete: bool = False
    committed: int | None = None


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


#


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
    generation = staged_imports.c.generation
    joined = base_state.outerjoin(staged_imports, or_(generation.is_(None), generation != staging.GIVEN_UP))
    query = select(base_state.c.generation, *STAGED).select_from(joined).order_by(staged_imports.c.id.desc()).limit(1)
    row = connection.execute(query).one()
    if row.id is None:
        return Sight(row.generation)
    return Sight(row.generation, row.id, row.beats, row.complete, row.committed)


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
    wanted = live_contents().order_by(articles.c.id)
    if only is not None:
        wanted = wanted.where(articles.c.id.in_(only))
    by_article = dict(read_units(connection, only))
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
