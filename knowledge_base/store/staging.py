"""Imports of many articles in the database before they are committed, for every process to make its search ready.

Taking over ten thousand articles costs search ten seconds, and whatever is published after them would wait. So who
imports writes what search will have to know, the ids of units included, and waits while every process that answers over
this database makes a copy of its index with them. The commit then only tells them to put the copy in place. A process
that was not ready takes over the same from the articles themselves, later. What the commit itself has to write is there
before it too (`staged_writes`), so that editors do not wait for it either.

One import at a time is staged; whoever follows the database sees it as soon as it has begun.

Every function takes the connection of an open transaction and is run through `Database`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, insert, select, update

from knowledge_base.store.staged_articles import StagedArticles, pack, unpack
from knowledge_base.store.staged_writes import drop_writes
from knowledge_base.store.tables import base_state, staged_imports, staged_readers, staged_rows, staged_slices
from knowledge_base.store.unit_store import reserve_units

GIVEN_UP = 0  # as the generation of an import: it never was one, since the first commit makes 1


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
    """Begin to stage an import, in the place of any before, and return its id.

    One that another process is still at then finds itself gone when it is to be committed, and has to begin anew.
    """
    for import_id in connection.execute(select(staged_imports.c.id)).scalars().all():
        give_up(connection, import_id)
    made = insert(staged_imports).values(complete=False, beats=0, again=[]).returning(staged_imports.c.id)
    return int(connection.execute(made).scalar_one())


def under_way(connection: Connection) -> tuple[int, int] | None:
    """Return the id and the beats of an import that is staged and not committed."""
    query = select(staged_imports.c.id, staged_imports.c.beats).where(staged_imports.c.generation.is_(None))
    row = connection.execute(query).first()
    return None if row is None else (row.id, row.beats)


def is_staged(connection: Connection, import_id: int) -> bool:
    """Return whether an import is staged and not committed."""
    chosen = staged_imports.c.id == import_id, staged_imports.c.generation.is_(None)
    return connection.execute(select(staged_imports.c.id).where(*chosen)).first() is not None


def reserve(connection: Connection, import_id: int, count: int) -> int:
    """Take ids for the units of an import, at least one, and return the first."""
    first = reserve_units(connection, count)
    row = staged_imports.c.id == import_id
    connection.execute(update(staged_imports).where(row).values(first_unit=first, last_unit=first + count - 1))
    return first


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
    """Say that a process will make ready; return whether there still is something to make ready for."""
    if not is_staged(connection, import_id):
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
    """Give an import up whose importer is gone, unless it is committed."""
    if is_staged(connection, import_id):
        give_up(connection, import_id)


def give_up(connection: Connection, import_id: int) -> None:
    """Give an import up, committed or not; `sweep` drops what is staged of it.

    It is gone for everybody at once. Who still makes ready for it takes it over from the articles, if it is committed.
    """
    connection.execute(delete(staged_readers).where(staged_readers.c.import_id == import_id))
    connection.execute(update(staged_imports).where(staged_imports.c.id == import_id).values(generation=GIVEN_UP))


def release(connection: Connection, import_id: int, again: Collection[str]) -> None:
    """Say that an import is committed as the generation of this transaction.

    Args:
        again: articles that came out otherwise than staged, or were not staged.
    """
    generation = select(base_state.c.generation).scalar_subquery()
    row = staged_imports.c.id == import_id
    connection.execute(update(staged_imports).where(row).values(generation=generation, again=sorted(again)))


def released(connection: Connection, import_id: int, after: int) -> Released | None:
    """Return as what an import was committed; `None` when it was not, or not after this generation."""
    query = select(staged_imports.c.generation, staged_imports.c.again).where(staged_imports.c.id == import_id)
    row = connection.execute(query).first()
    if row is None or row.generation is None or row.generation <= after:
        return None
    return Released(row.generation, frozenset(row.again))


def leave(connection: Connection, import_id: int, reader: str) -> None:
    """Say that a process needs what is staged no more."""
    connection.execute(
        delete(staged_readers).where(staged_readers.c.import_id == import_id, staged_readers.c.reader == reader)
    )


def finished(connection: Connection) -> list[int]:
    """Return the imports that are committed or given up, and that nobody reads any more."""
    read = exists().where(staged_readers.c.import_id == staged_imports.c.id)
    return list(
        connection.execute(select(staged_imports.c.id).where(staged_imports.c.generation.is_not(None), ~read)).scalars()
    )


def drop_some(connection: Connection, import_id: int, count: int) -> bool:
    """Drop a slice and what was to be written of some articles; the import too when nothing is left of it.

    Returns:
        whether there may be more.
    """
    slices, rows = staged_slices.c, staged_rows.c
    first = select(slices.number).where(slices.import_id == import_id).limit(1).scalar_subquery()
    sliced = delete(staged_slices).where(slices.import_id == import_id, slices.number == first)
    some = connection.execute(select(rows.article_id).where(rows.import_id == import_id).limit(count)).scalars().all()
    drop_writes(connection, import_id, some)
    if connection.execute(sliced).rowcount or some:
        return True
    connection.execute(delete(staged_imports).where(staged_imports.c.id == import_id))
    return False
