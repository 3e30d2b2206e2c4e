"""The searched pieces of articles, in editions.

An *edition* is the units made from one version of an article, together; its number is the id of the first of them,
which no unit is ever given twice. The article's row names the edition that search knows. So an edition may be written
before the article is, or before the version is live, and is nowhere until the article names it; one that no article
names any more is swept away later, a little at a time.

Every function takes the connection of an open transaction and is run through `Database`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, insert, select, text, update

from knowledge_base.articles.articles import StoredUnit, Unit, UnitKind
from knowledge_base.store.tables import articles, staged_imports, units

UnitIds = Mapping[str, Sequence[int]]
"""Ids of the units of articles, in their order."""


def reserve_units(connection: Connection, count: int) -> int:
    """Take so many ids in a row that no unit has or will be given, and return the first."""
    if connection.dialect.name == "postgresql":
        sequence = f"pg_get_serial_sequence('{units.name}', 'id')"
        first = f"select setval({sequence}, nextval({sequence}) + :more) - :more"
        return int(connection.execute(text(first), {"more": count - 1}).scalar_one())
    taken = connection.execute(text("select seq from sqlite_sequence where name = :table"), {"table": units.name})
    last = taken.scalar()
    if last is None:
        last = connection.execute(select(func.coalesce(func.max(units.c.id), 0))).scalar_one()
        connection.execute(text("insert into sqlite_sequence values (:table, 0)"), {"table": units.name})
    values = {"table": units.name, "last": last + count}
    connection.execute(text("update sqlite_sequence set seq = :last where name = :table"), values)
    return int(last) + 1


def numbered(made: Mapping[str, Sequence[Unit]], first: int) -> dict[str, Sequence[int]]:
    """Return ids for the units of articles, from the first on."""
    ids: dict[str, Sequence[int]] = {}
    for article_id, found in made.items():
        ids[article_id] = range(first, first + len(found))
        first += len(found)
    return ids


def edition(ids: Sequence[int]) -> int | None:
    """Return the number of the edition of units with these ids."""
    return ids[0] if ids else None


def insert_units(connection: Connection, made: Mapping[str, Sequence[Unit]], ids: UnitIds | None = None) -> UnitIds:
    """Write an edition of each article, which its row is still to name, and return the ids of its units.

    Args:
        ids: reserved before.
    """
    total = sum(map(len, made.values()))
    if ids is None:
        ids = numbered(made, reserve_units(connection, total)) if total else dict.fromkeys(made, ())
    rows = [
        {
            "id": ids[article_id][position],
            "article_id": article_id,
            "edition": ids[article_id][0],
            "position": position,
            "kind": unit.kind.value,
            "heading": unit.heading,
            "text": unit.text,
            "markdown": unit.markdown,
            "encoder_text": unit.encoder_text,
            "sentences": [list(span) for span in unit.sentences],
            "content_hash": unit.content_hash,
        }
        for article_id, found in made.items()
        for position, unit in enumerate(found)
    ]
    if rows:
        connection.execute(insert(units), rows)
    return ids


def write_units(connection: Connection, article_id: str, made: Sequence[Unit]) -> None:
    """Put these units in place of those an article has; none takes it out of search."""
    replace_units(connection, {article_id: made})


def replace_units(connection: Connection, made: Mapping[str, Sequence[Unit]]) -> None:
    """Do as `write_units` for several articles; a few hundred, since SQLite takes 32,766 parameters."""
    if not made:
        return
    named = select(articles.c.edition).where(articles.c.id.in_(sorted(made)))
    connection.execute(delete(units).where(units.c.edition.in_(named)))
    ids = insert_units(connection, made)
    connection.execute(
        update(articles).where(articles.c.id == bindparam("key")),
        [{"key": article_id, "edition": edition(ids[article_id])} for article_id in made],
    )


def read_units(
    connection: Connection, only: Collection[str] | None = None
) -> Iterator[tuple[str, tuple[StoredUnit, ...]]]:
    """Return the units search knows of each article; of articles without any, nothing."""
    query = select(units).join(articles, articles.c.edition == units.c.edition)
    if only is not None:
        query = query.where(articles.c.id.in_(only))
    rows = connection.execute(query.order_by(units.c.edition, units.c.position))
    for article_id, found in groupby(rows, key=lambda row: str(row.article_id)):
        yield article_id, tuple(_stored_unit(row) for row in found)


def unnamed_editions(connection: Connection) -> list[int]:
    """Return the editions that neither an article names nor an import that is staged will."""
    staged = exists().where(units.c.edition.between(staged_imports.c.first_unit, staged_imports.c.last_unit))
    named = exists().where(articles.c.edition == units.c.edition)
    return list(connection.execute(select(units.c.edition).where(units.c.position == 0, ~named, ~staged)).scalars())


def sweep_editions(connection: Connection, editions: Collection[int]) -> None:
    """Drop units of editions that nothing names, and never will."""
    connection.execute(delete(units).where(units.c.edition.in_(editions)))


def _stored_unit(row: Row[tuple[object, ...]]) -> StoredUnit:
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
