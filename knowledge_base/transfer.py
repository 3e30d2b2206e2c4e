"""The commands `import` and `export`: they work on the database itself, whether the service runs beside them or not."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from sqlalchemy.exc import DatabaseError

from knowledge_base.articles.articles import Content, Unit
from knowledge_base.encoder import load_encoder, load_multilingual
from knowledge_base.errors import ImportBusyError, InvalidRequestError, NoSpaceError, TransferError
from knowledge_base.export import write_export
from knowledge_base.importing.importer import Importer, Order, Report
from knowledge_base.importing.plan import Outcome
from knowledge_base.importing.records import Defaults
from knowledge_base.search.encoding_ahead import encode_ahead
from knowledge_base.search.indexer import ENCODE_BATCH, MULTILINGUAL_BATCH
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.vector_space import VectorSpace
from knowledge_base.service import split
from knowledge_base.settings import Settings
from knowledge_base.store.database import Database, explain
from knowledge_base.text.languages import ENGLISH

logger = logging.getLogger(__name__)

SHOWN_REFUSALS = 50  # lines on the terminal; the HTTP interface reports every row


@dataclass(frozen=True)
class Wish:
    """What `import` was asked for."""

    path: Path
    dry_run: bool = False
    strict: bool = False


def import_path(settings: Settings, wish: Wish, say: Callable[[str], None] = print) -> int:
    """Import a file or folder and return the exit code: 1 when `strict` held everything back.

    Raises:
        CannotStartError: the file, or the database, cannot be used.
    """
    path = wish.path.resolve()
    if not path.exists():
        raise TransferError(str(wish.path), "there is no such file or folder")
    database = Database(settings.database_place)
    try:
        order = Order(path, path.name, wish.dry_run, wish.strict, Defaults())
        report = asyncio.run(_import(settings, database, order))
    except (InvalidRequestError, ImportBusyError) as error:
        raise TransferError(str(wish.path), getattr(error, "reason", str(error))) from error
    except DatabaseError as error:
        raise explain(database.place, error) from error
    finally:
        database.close()
    _tell(report, say)
    return 0 if report.written or report.dry_run else 1


def export_to(settings: Settings, path: Path | None) -> int:
    """Write everything as JSONL to a file, or to standard output, and return how many articles.

    Raises:
        CannotStartError: the file cannot be written, or the database not be used.
    """
    if settings.database_url is None and not settings.database.exists():
        raise TransferError(str(settings.database), "there is no knowledge base: set TANDEM_VAR to its folder")
    database = Database(settings.database_place)
    try:
        if path is None:
            return asyncio.run(_export(database, sys.stdout.buffer))
        return _replace(path, lambda out: asyncio.run(_export(database, out)))
    except DatabaseError as error:
        raise explain(database.place, error) from error
    finally:
        database.close()


async def _import(settings: Settings, database: Database, order: Order) -> Report:
    thread = ModelThread()
    ahead = partial(_encode_ahead, settings, database, thread)
    importer = Importer(database, split, lambda: datetime.now(UTC), encode_ahead=ahead)
    try:
        async with importer.turn:
            report = await importer.run(order)
        await importer.swept()
        return report
    finally:
        await importer.close()
        thread.close()


async def _encode_ahead(
    settings: Settings, database: Database, thread: ModelThread, made: Mapping[Content, Sequence[Unit]]
) -> None:
    """Encode what is about to be committed, as the service does; where that fails, the service does it later."""
    if not any(made.values()):
        return
    try:
        encoder = await thread.run(partial(load_encoder, settings))
        english = VectorSpace(database, thread, encoder, settings.index_file, ENCODE_BATCH)
        foreign = any(content.language != ENGLISH for content in made)
        other = await thread.run(partial(load_multilingual, settings)) if foreign else None
        file = settings.multilingual_index_file
        multilingual = None if other is None else VectorSpace(database, thread, other, file, MULTILINGUAL_BATCH)
        await encode_ahead(english, multilingual, made)
    except Exception:
        logger.exception("Passages could not be encoded before they were committed; search will encode them")


async def _export(database: Database, out: IO[bytes]) -> int:
    return await database.read(lambda connection: write_export(connection, out))


def _replace(path: Path, write: Callable[[IO[bytes]], int]) -> int:
    """Write a file beside `path` and put it in its place: half an export never has the name of a whole one."""
    try:
        with NamedTemporaryFile(dir=path.resolve().parent, prefix=f".{path.name}.", delete=False) as out:
            try:
                count = write(out)
                out.flush()
                os.fsync(out.fileno())
                Path(out.name).replace(path)
            except BaseException:
                with suppress(FileNotFoundError):
                    Path(out.name).unlink()
                raise
    except OSError as error:
        raise NoSpaceError(path, os.strerror(error.errno or 0)) from error
    return count


def _tell(report: Report, say: Callable[[str], None]) -> None:
    refused = [row for row in report.plan.rows if row.outcome is Outcome.REFUSED]
    for row in refused[:SHOWN_REFUSALS]:
        say(f"refused: {row.place}: {row.why}")
    if len(refused) > SHOWN_REFUSALS:
        say(f"refused: {len(refused) - SHOWN_REFUSALS} more")
    counts = ", ".join(f"{report.plan.count(outcome)} {outcome.value}" for outcome in Outcome)
    prefix = "would be: " if report.dry_run else "" if report.written else "nothing imported; would be: "
    say(f"{prefix}{counts}")
