"""Make everything that is derived from the articles anew: passages, vectors, index file."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from knowledge_base.encoder import Encoder
from knowledge_base.search.indexer import Indexer
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.vector_index import forget_file
from knowledge_base.service import split
from knowledge_base.settings import Settings
from knowledge_base.store import store
from knowledge_base.store.database import Database
from knowledge_base.store.vector_store import forget_vectors

logger = logging.getLogger(__name__)


async def reindex(settings: Settings, make_encoder: Callable[[], Encoder]) -> int:
    """Make passages, vectors and the index file anew and return how many texts were encoded.

    Raises:
        CannotStartError: the database or the encoder cannot be used.
    """

    def begin_anew(connection: Connection) -> None:
        store.resplit(connection, split, force=True)
        forget_vectors(connection, models=())

    database, thread = Database(settings.database_place), ModelThread()
    try:
        encoder = await thread.run(make_encoder)
        await database.run(begin_anew)
        await thread.run(partial(forget_file, settings.index_file))
        indexer = Indexer(database, thread, encoder, settings.index_file)
        index = await indexer.reconcile()
        logger.info(
            "The index is made anew",
            extra={"articles": index.article_count, "passages": index.passage_count, "encoded": indexer.encoded},
        )
        return indexer.encoded
    finally:
        thread.close()
        database.close()
