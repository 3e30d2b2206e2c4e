"""What the knowledge base does, without HTTP: starts up, answers, embeds, remembers what was asked."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from knowledge_base.articles.articles import Article, ArticleHead, Content, Unit
from knowledge_base.articles.passages import split_article
from knowledge_base.articles.rendering import KEPT_PASSAGES, passage_html
from knowledge_base.editing.answer_diff import AnswerDiffs, as_live
from knowledge_base.editing.asking import RETRY_AFTER_S, Asking
from knowledge_base.editing.warnings_report import Warnings
from knowledge_base.editing.workbench import Workbench
from knowledge_base.encoder import CachingEncoder, Encoder
from knowledge_base.encoder.pieces import by_count, by_length
from knowledge_base.errors import (
    CannotStartError,
    DemoUnreadableError,
    InvalidArticleError,
    NoSpaceError,
    NotReadyError,
)
from knowledge_base.export import export_file
from knowledge_base.gaps.gap_desk import GapDesk
from knowledge_base.gaps.gap_loop import GapLoop
from knowledge_base.gaps.proposals import Proposals
from knowledge_base.importing.importer import Importer
from knowledge_base.search.answering import Asked, Encoders, answer
from knowledge_base.search.indexer import Indexer
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.question import Answer
from knowledge_base.search.reranking import Reranker
from knowledge_base.search.search import SearchIndex
from knowledge_base.search.waiting_line import DEADLINE_S, WaitingLine
from knowledge_base.settings import Settings
from knowledge_base.store import store
from knowledge_base.store.database import Database, explain
from knowledge_base.store.golden_set import GoldenSet, change_golden_set, read_golden_set
from knowledge_base.store.known_questions import GoldenQuestion
from knowledge_base.store.query_keeper import QueryKeeper
from knowledge_base.store.query_log import AskedQuery, Feedback, record_feedback
from knowledge_base.store.store import ArticleFilter
from knowledge_base.store.sweeping import sweep
from knowledge_base.text.sentences import sentence_offsets
from knowledge_base.vectors import Vectors

logger = logging.getLogger(__name__)

EMBED_PIECE = 32  # texts of a /v1/embed call encoded in one turn
MULTILINGUAL_PIECE = 4  # the second encoder takes some ten times as long
EMBED_DEADLINE_S = 20.0  # for one turn; training sends its texts by the hundred and can wait
LIVE_S = 3.0  # an editor's click waits so long for search to know it: three times what it takes at most
RENDERED_TOGETHER = 20  # passages: whoever stops the service waits no longer than for these
WARM_UP = "Where is my order? Kde je má objednávka?"

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Health:
    """State of the service.

    `pending` counts what search does not know yet: changes of the base, and passages that questions in other languages
    are not compared with yet. `multilingual` names the encoder of those; `None` where search leans on words for them.
    `multilingual_problem` says why it could not be loaded, and what to do.
    """

    status: str
    generation: int
    articles: int
    passages: int
    pending: int
    multilingual: str | None = None
    multilingual_problem: str | None = None


class KnowledgeBase:
    """The service behind the routes."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        make_encoder: Callable[[], Encoder],
        clock: Clock,
        *,
        make_multilingual: Callable[[], Encoder] | None = None,
        make_reranker: Callable[[], Reranker | None] = lambda: None,
        turn_deadline_s: float = DEADLINE_S,
        live_s: float = LIVE_S,
    ) -> None:
        """Prepare; nothing is loaded before `start`.

        Args:
            turn_deadline_s: how long a question waits for its turn.
            live_s: how long an editor's click waits for search to know it.
        """
        self._settings = settings
        self._database = database
        self._make_encoder = make_encoder
        self._make_multilingual = make_multilingual
        self._make_reranker = make_reranker
        self._turn_deadline_s = turn_deadline_s
        self._live_s = live_s
        self._clock = clock
        self._thread = ModelThread()
        self._encoder: CachingEncoder | None = None
        self._multilingual: CachingEncoder | None = None
        self._multilingual_problem: str | None = None
        self._indexer: Indexer | None = None
        self._line: WaitingLine | None = None
        self._starting: asyncio.Task[None] | None = None
        self._adding_multilingual: asyncio.Task[None] | None = None
        self.workbench = Workbench(database, split, clock, self._live)
        self.importer = Importer(database, split, clock, self._live, self._encode_ahead)
        self._asking = Asking(self._thread, self._parts)
        self._gap_loop = GapLoop(database, self._asking, clock)
        self.proposals = Proposals(database, self._asking, clock)
        self.gaps = GapDesk(database, self._gap_loop, self.proposals, clock, settings.agent_minutes)
        self.answer_diffs = AnswerDiffs(database, self._asking, split)
        self.warnings = Warnings(database, self._asking, partial(as_live, split=split), clock)
        self._queries = QueryKeeper(database, self._gap_loop.wake)

    def start(self) -> asyncio.Task[None]:
        """Load models and index in the background; the task ends when searches are answered.

        The task raises `CannotStartError` when that can never be.
        """
        self._starting = asyncio.create_task(self._start(), name="start")
        return self._starting

    async def close(self) -> None:
        """Stop loading, finish writing."""
        await self.importer.close()
        for task in (self._starting, self._adding_multilingual):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self._gap_loop.close()
        if self._indexer is not None:
            await self._indexer.close()
        self._thread.close()
        await asyncio.to_thread(self._database.close)

    async def _live(self, generation: int) -> None:
        """Have search take over what was committed, and wait for it, so that who changed it finds it changed."""
        indexer = self._indexer
        if indexer is None or indexer.current is None:
            return  # it starts with the change
        indexer.wake()
        if not await indexer.knows(generation, self._live_s):
            logger.warning("A change is committed, and search does not know it yet", extra={"generation": generation})

    async def search(self, asked: Asked, *, from_customer: bool = True) -> tuple[str, Answer]:
        """Answer a question and keep it; return the id under which feedback may name it.

        Args:
            asked: the question.
            from_customer: whether it is a gap when it cannot be answered.

        Raises:
            NotReadyError: the models are still loading.
            BusyError: too much is asked at once.
        """
        self._parts()

        def work(_: Vectors) -> Answer:
            indexer, encoders = self._parts()
            if indexer.current is None:
                raise NotReadyError(RETRY_AFTER_S)
            return answer(indexer.current, encoders, asked)

        # Encoded together with what others ask, and remembered: answering then takes the vector from the cache.
        found = await self._waiting_line().ask([asked.text], work)
        query_id = uuid.uuid4().hex
        # Once the answer is sent, which the loop does first: the database's thread would take turns with it. Whoever
        # names the query later still comes after it.
        asyncio.get_running_loop().call_soon(self._keep, query_id, asked, found, from_customer)
        return query_id, found

    async def embed(self, texts: Sequence[str]) -> tuple[str, Vectors]:
        """Return the encoder's name and one vector a text.

        Raises:
            NotReadyError: the models are still loading.
            BusyError: too much is asked at once.
        """
        encoder = self._parts()[1].english
        line, rows = self._waiting_line(), [np.empty((0, encoder.dimension), np.float32)]
        pieces = by_count(texts, EMBED_PIECE)  # between two pieces others get their turn
        rows += [await line.ask(piece, lambda vectors: vectors, EMBED_DEADLINE_S) for piece in pieces]
        return encoder.model, np.concatenate(rows)

    async def embed_multilingual(self, texts: Sequence[str], *, wait: bool) -> tuple[str, Vectors] | None:
        """Return the second encoder's name and one vector a text; `None` while or where there is none.

        Args:
            wait: for the encoder to be loaded, or to turn out not to be there.
        """
        if wait and self._adding_multilingual is not None:
            await asyncio.wait([self._adding_multilingual], timeout=EMBED_DEADLINE_S)
        encoder = self._multilingual
        if encoder is None:
            return None
        rows = [np.empty((0, encoder.dimension), np.float32)]
        pieces = by_length(texts) if wait else by_count(texts, MULTILINGUAL_PIECE)
        rows += [await self._thread.run(partial(encoder.encode, piece)) for piece in pieces]
        return encoder.model, np.concatenate(rows)

    async def article(self, article_id: str) -> Article:
        """Return an article.

        Raises:
            NotFoundError: nothing has this id.
        """
        return await self._database.run(partial(store.get_article, article_id=article_id))

    async def articles(self, wanted: ArticleFilter, limit: int) -> list[ArticleHead]:
        """Return a page of articles."""
        return await self._database.run(partial(store.list_articles, wanted=wanted, limit=limit))

    async def golden_set(self) -> GoldenSet:
        """Return the questions whose right answer the editors have written down."""
        return await self._database.read(read_golden_set)

    async def change_golden_set(self, questions: Sequence[GoldenQuestion], revision: str | None) -> GoldenSet:
        """Put a golden set in the place of the one before.

        Args:
            revision: of the set the change was made in; `None` to replace whatever is there.

        Raises:
            ConflictError: somebody has changed the set since it was read.
        """
        return await self._database.run(partial(change_golden_set, questions=questions, revision=revision))

    async def export(self) -> IO[bytes]:
        """Return a file, to be read and closed, with every article and version as JSONL."""
        return await export_file(self._database)

    async def give_feedback(
        self, helpful: bool, query_id: str | None, article_id: str | None, comment: str | None
    ) -> int:
        """Keep a verdict and return its id.

        Raises:
            NotFoundError: no such query or article.
        """
        verdict = Feedback(self._clock(), helpful, query_id, article_id, comment)
        feedback_id = await self._database.run(partial(record_feedback, verdict=verdict))
        self._gap_loop.wake()
        return feedback_id

    async def health(self) -> Health:
        """Return how the service stands."""
        current = None if self._indexer is None else self._indexer.current
        if current is None or self._line is None:
            return Health("starting", 0, 0, 0, 0)
        newest = await self._database.read(store.generation)
        loading = self._adding_multilingual is not None and not self._adding_multilingual.done()
        return Health(
            status="ok",
            generation=current.generation,
            articles=current.article_count,
            passages=current.passage_count,
            pending=max(0, newest - current.generation) + (current.unit_count if loading else current.lacking),
            multilingual=None if self._multilingual is None else self._multilingual.model,
            multilingual_problem=self._multilingual_problem,
        )

    @property
    def unlogged_queries(self) -> int:
        """How many searches could not be kept."""
        return self._queries.unkept

    @property
    def encoder_cache(self) -> tuple[int, int]:
        """Hits and misses of the encoder's cache."""
        return (0, 0) if self._encoder is None else (self._encoder.hits, self._encoder.misses)

    def _parts(self) -> tuple[Indexer, Encoders]:
        if self._line is None or self._indexer is None or self._encoder is None or self._indexer.current is None:
            raise NotReadyError(RETRY_AFTER_S)
        return self._indexer, Encoders(self._encoder, self._multilingual)

    def _waiting_line(self) -> WaitingLine:
        if self._line is None:
            raise NotReadyError(RETRY_AFTER_S)
        return self._line

    async def _start(self) -> None:
        await self._database.run(self._fill)
        encoder = CachingEncoder(await self._thread.run(self._make_encoder))
        reranker = await self._thread.run(self._make_reranker)
        indexer = Indexer(self._database, self._thread, encoder, self._settings.index_file, reranker)
        self._encoder, self._indexer = encoder, indexer
        index = await indexer.reconcile()
        await self._thread.run(partial(warm_up, index, encoder))
        self._line = WaitingLine(self._thread, encoder, deadline_s=self._turn_deadline_s)
        indexer.start()
        if self._make_multilingual is not None:
            adding = self._add_multilingual(indexer, self._make_multilingual)
            self._adding_multilingual = asyncio.create_task(adding, name="add the second encoder")
        else:
            await indexer.forget_other_encoders()
        logger.info(
            "Search is ready",
            extra={"articles": index.article_count, "generation": index.generation, "encoded": indexer.encoded},
        )
        self._gap_loop.start()
        await asyncio.to_thread(sentence_offsets, WARM_UP, "en")  # else the first editor after a start waits seconds
        await sweep(self._database)
        await self._render_ahead(index)

    async def _render_ahead(self, index: SearchIndex) -> None:
        """Have the HTML of passages ready where all are kept anyway: a first question with new hits waits for each."""
        if index.passage_count > KEPT_PASSAGES:
            return
        passages = await self._thread.run(index.passages)
        try:
            for first in range(0, len(passages), RENDERED_TOGETHER):
                piece = passages[first : first + RENDERED_TOGETHER]
                await asyncio.to_thread(lambda some: list(map(passage_html, some)), piece)
        except Exception:
            logger.exception("Passages could not be rendered ahead; each is when it is found")

    async def _add_multilingual(self, indexer: Indexer, make: Callable[[], Encoder]) -> None:
        """Load the second encoder, now that searches are answered, and have its space filled."""
        try:
            multilingual = CachingEncoder(await self._thread.run(make))
            await self._thread.run(lambda: multilingual.encode(["warm up"]))
            await indexer.add_multilingual(multilingual, self._settings.multilingual_index_file)
            self._multilingual = multilingual
        except CannotStartError as error:
            self._multilingual_problem = str(error)
            logger.warning(
                "Questions in other languages are answered by their words alone", extra={"reason": str(error)}
            )
        except Exception as error:
            self._multilingual_problem = (
                f"The second encoder failed ({error!r}); the log of the knowledge base says more."
            )
            logger.exception("Questions in other languages are answered by their words alone")

    def _fill(self, connection: Connection) -> None:
        """Load the demo into an empty base, in one transaction; make passages anew after an upgrade."""
        store.resplit(connection, split)
        if not self._settings.demo or store.count_articles(connection):
            return
        from knowledge_base.articles.markdown_files import read_folder

        folder = self._settings.demo_folder
        if not folder.is_dir():
            raise DemoUnreadableError(folder, "the folder is missing")
        try:
            store.add_articles(connection, read_folder(folder), split, self._clock())
        except InvalidArticleError as error:
            raise DemoUnreadableError(folder, str(error)) from error

    async def _encode_ahead(self, made: Mapping[Content, Sequence[Unit]]) -> None:
        """Encode what is about to be committed; where that fails search tries again once it is."""
        if self._starting is not None:
            await asyncio.wait({self._starting})
        if self._indexer is None:
            return
        try:
            await self._indexer.encode_ahead(made)
        except Exception:
            logger.exception("Passages could not be encoded before they were committed; search will try again")

    def _keep(self, query_id: str, asked: Asked, answer: Answer, from_customer: bool) -> None:
        """Log a search without making it wait; feedback finds it, since that is submitted later."""
        query = AskedQuery(
            query_id=query_id,
            at=self._clock(),
            text=asked.text,
            language=answer.language,
            article_id=answer.hits[0].article.article_id if answer.hits else None,
            confidence=answer.confidence,
            answerable=answer.answerable,
            generation=answer.generation,
            from_customer=from_customer,
        )
        self._queries.keep(query)


def warm_up(index: SearchIndex, encoder: Encoder) -> None:
    """Ask a question that nobody waits for: the first loads the word lists of languages, half a second of them."""
    answer(index, Encoders(encoder), Asked(WARM_UP))


def split(content: Content) -> list[Unit]:
    """Split an article with the sentence rules of its language."""
    return split_article(content, partial(sentence_offsets, language=content.language))


def fatal(error: BaseException, database: Database) -> CannotStartError:
    """Return what to tell the operator about an error that ended the start."""
    match error:
        case CannotStartError():
            return error
        case DatabaseError():
            return explain(database.place, error)
        case OSError():
            return NoSpaceError(Path(error.filename or "the folder TANDEM_VAR names"), str(error))
    logger.error("The start failed", exc_info=error)
    return CannotStartError(f"The knowledge base cannot start ({error!r}): the traceback above says where.")
