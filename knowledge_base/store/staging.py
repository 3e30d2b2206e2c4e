"""Imports of many articles in the database before they are committed, for every process to make its search ready.

Taking over ten thousand articles costs search ten seconds, and whatever is published after them would wait. So who
imports writes what search will have to know, the ids of units included, and waits while every process that answers over
this database makes a copy of its index with them. The commit then only tells them to put the copy in place. A process
that was not ready takes over the same from the articles themselves, later.

Every function takes the connection of an open transaction and is run through `Database`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, func, insert, select, text, update

from knowledge_base.store.staged_articles import StagedArticles, pack, unpack
from knowledge_base.store.tables import base_state, staged_imports, staged_readers, staged_slices, units


@dataclass(frozen=True)
class Reader:
    """A process that makes its search ready; `beats` rises while it is at it."""

    name: str
    beats: int
    prepared: bool


@dataclass(frozen=True)
class Released:
    """The generation an import was committed as, and which of its articles came out otherwise than staged."""

    generation: int
    again: frozenset[str]


def begin(connection: Connection) -> int:
    """Begin to stage an import, in the place of any before, and return its id."""
    forget(connection)
    made = insert(staged_imports).values(complete=False, beats=0, again=[]).returning(staged_imports.c.id)
    return int(connection.execute(made).scalar_one())


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


def add_slice(connection: Connection, import_id: int, number: int, staged: StagedArticles) -> None:
    """Keep some articles of an import; slices are numbered from 0."""
    connection.execute(insert(staged_slices).values(import_id=import_id, number=number, articles=pack(staged)))


def complete(connection: Connection, import_id: int) -> None:
    """Say that all slices are there, so that processes begin."""
    connection.execute(update(staged_imports).where(staged_imports.c.id == import_id).values(complete=True))


def read_slice(connection: Connection, import_id: int, number: int) -> StagedArticles | None:
    """Return some articles of an import; `None` after the last, or when it was given up."""
    chosen = (staged_slices.c.import_id == import_id, staged_slices.c.number == number)
    packed = connection.execute(select(staged_slices.c.articles).where(*chosen)).scalar()
    return None if packed is None else unpack(packed)


def announce(connection: Connection, import_id: int, reader: str) -> bool:
    """Say that a process begins to make ready; return whether there still is something to make ready for."""
    chosen = staged_imports.c.id == import_id, staged_imports.c.generation.is_(None)
    if connection.execute(select(staged_imports.c.id).where(*chosen)).first() is None:
        return False
    leave(connection, import_id, reader)
    new = insert(staged_readers).values(import_id=import_id, reader=reader, beats=0, prepared=False)
    connection.execute(new)
    return True


def beat(connection: Connection, import_id: int, reader: str, *, prepared: bool = False) -> None:
    """Say that a process is still at it, or ready."""
    row = (staged_readers.c.import_id == import_id, staged_readers.c.reader == reader)
    connection.execute(
        update(staged_readers).where(*row).values(beats=staged_readers.c.beats + 1, prepared=prepared),
    )


def readers(connection: Connection, import_id: int) -> list[Reader]:
    """Return the processes that make ready, or are."""
    query = select(staged_readers).where(staged_readers.c.import_id == import_id)
    return [Reader(row.reader, row.beats, row.prepared) for row in connection.execute(query)]


def go_on(connection: Connection, import_id: int) -> None:
    """Say that the importer still waits."""
    row = staged_imports.c.id == import_id
    connection.execute(update(staged_imports).where(row).values(beats=staged_imports.c.beats + 1))


def abandon(connection: Connection, import_id: int) -> None:
    """Drop an import whose importer is gone."""
    connection.execute(
        delete(staged_imports).where(staged_imports.c.id == import_id, staged_imports.c.generation.is_(None))
    )


def release(connection: Connection, import_id: int, again: Collection[str]) -> None:
    """Say that an import is committed as the generation of this transaction.

    Args:
        again: articles that came out otherwise than staged, or were not staged.
    """
    generation = select(base_state.c.generation).scalar_subquery()
    row = staged_imports.c.id == import_id
    connection.execute(update(staged_imports).where(row).values(generation=generation, again=sorted(again)))
    _forget_unread(connection, import_id)


def released(connection: Connection, import_id: int, after: int) -> Released | None:
    """Return as what an import was committed; `None` when it was not, or not after this generation."""
    query = select(staged_imports.c.generation, staged_imports.c.again).where(staged_imports.c.id == import_id)
    row = connection.execute(query).first()
    if row is None or row.generation is None or row.generation <= after:
        return None
    return Released(row.generation, frozenset(row.again))


def leave(connection: Connection, import_id: int, reader: str) -> None:
    """Say that a process needs what is staged no more; the last one takes it away, once the import is committed."""
    connection.execute(
        delete(staged_readers).where(staged_readers.c.import_id == import_id, staged_readers.c.reader == reader)
    )
    _forget_unread(connection, import_id)


def forget(connection: Connection) -> None:
    """Drop whatever is staged: of an import that was killed, or one that is committed anyhow."""
    for table in (staged_readers, staged_slices, staged_imports):
        connection.execute(delete(table))


def _forget_unread(connection: Connection, import_id: int) -> None:
    reading = exists(select(staged_readers.c.reader).where(staged_readers.c.import_id == import_id))
    done = (staged_imports.c.id == import_id, staged_imports.c.generation.is_not(None), ~reading)
    connection.execute(delete(staged_imports).where(*done))
