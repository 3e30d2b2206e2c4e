"""The task behind the gaps: finds each failed question its gap, and asks again when the base has changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Protocol

import numpy as np
from sqlalchemy.exc import DatabaseError

from knowledge_base.errors import NotReadyError
from knowledge_base.search.question import Answer
from knowledge_base.store import failed_questions, gap_store
from knowledge_base.store.database import Database
from knowledge_base.store.failed_questions import FailedQuestion, Verdict
from knowledge_base.store.gap_groups import Meanings
from knowledge_base.store.gap_store import Encoders
from knowledge_base.vectors import Vectors

logger = logging.getLogger(__name__)

SLICE = 4  # questions in one job of the model thread, about 40 ms: a customer's search waits no longer than that
SORTED_AT_ONCE = 32  # questions put into gaps in one transaction, which reads the centre of every gap
ASKED_AT_MOST = 2_000  # questions asked again for one generation: about 20 s of the model thread, in slices
LOOK_S = 1.0  # how soon a new generation is noticed that another process made
FOREIGN = "cs"  # any language but English: all of them share one encoder
RETRY_S = 5.0  # after the database refused, or anything else failed


class Asker(Protocol):
    """Search as the loop needs it; nothing asked here is kept."""

    @property
    def generation(self) -> int:
        """The generation that answers now; 0 before the first."""

    def meaning_encoder(self, language: str | None) -> str:
        """Return the name of the encoder behind `meanings`: it changes when a better one is there."""

    async def meanings(self, texts: Sequence[str], language: str | None = None) -> Vectors:
        """Return vectors by which texts of a language are compared."""

    async def ask(self, questions: Sequence[tuple[str, str | None]]) -> list[Answer]:
        """Answer questions, each with its language, all from one generation."""


class GapLoop:
    """Owns the task. Everything it does can be done again: what it has not finished is still to be seen in the base."""

    def __init__(self, database: Database, asker: Asker, clock: Callable[[], datetime]) -> None:
        """Prepare; nothing runs before `start`."""
        self._database = database
        self._asker = asker
        self._clock = clock
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with what is left from before the start."""
        self._task = asyncio.create_task(self._run(), name="gaps")
        self.wake()

    def wake(self) -> None:
        """Look for work: a question failed, or the base has changed."""
        self._idle.clear()
        self._wake.set()

    async def settled(self) -> None:
        """Wait until every question has its gap and was asked again."""
        await self._database.run(lambda _connection: None)  # what was noted before is written by now
        self.wake()
        await self._idle.wait()

    async def close(self) -> None:
        """Stop; the rest is done after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            generation = self._asker.generation
            self._wake.clear()
            try:
                encoders = await self._recentre()
                while await self._sort(encoders):
                    pass
                await self._ask_again(generation)
            except NotReadyError:
                logger.debug("The gaps wait for search")
            except (DatabaseError, OSError) as error:
                logger.warning("The gaps wait for the database", extra={"reason": str(error)})
                await asyncio.sleep(RETRY_S)
                continue
            except Exception:
                logger.exception("The gaps could not be looked after; what is left is tried again")
                await asyncio.sleep(RETRY_S)
                continue
            if not self._wake.is_set():
                self._idle.set()
            await self._until_there_is_work(generation)

    async def _until_there_is_work(self, generation: int) -> None:
        while not self._wake.is_set() and self._asker.generation == generation:
            # Not `wait_for`: in Python 3.11 it forgets that it was cancelled when the event is set at that moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()

    async def _recentre(self) -> Encoders:
        """Measure every gap with the encoders that are used now, and return these."""
        while True:
            encoders = self._encoders()
            stale = await self._database.run(
                partial(gap_store.of_other_encoders, encoders=encoders, limit=SORTED_AT_ONCE)
            )
            if not stale:
                return encoders
            for gap in stale:
                meanings = await self._meanings(gap.wordings, gap.language, encoders)
                if self._encoders() == encoders:
                    await self._database.run(partial(gap_store.recentre, gap_id=gap.gap_id, meanings=meanings))

    def _encoders(self) -> Encoders:
        return Encoders(self._asker.meaning_encoder(None), self._asker.meaning_encoder(FOREIGN))

    async def _meanings(self, texts: Sequence[str], language: str | None, encoders: Encoders) -> Meanings:
        """Encode texts in one language, in its own space and in the one that all languages share."""
        own = await self._rows(texts, language)
        encoder, shared = encoders.of(language), encoders.shared
        if shared is None:
            return Meanings(language, encoder, own)
        return Meanings(language, encoder, own, shared, own if encoder == shared else await self._rows(texts, FOREIGN))

    async def _rows(self, texts: Sequence[str], language: str | None) -> Vectors:
        return np.concatenate([await self._asker.meanings(part, language) for part in _slices(texts)])

    async def _sort(self, encoders: Encoders) -> bool:
        """Find the gaps of some questions; return whether there may be more.

        Args:
            encoders: those every gap was measured with; once there are others, nothing is sorted before that is done.
        """
        waiting = await self._database.run(partial(failed_questions.unsorted, limit=SORTED_AT_ONCE))
        for language in dict.fromkeys(question.language for question in waiting):
            questions = [question for question in waiting if question.language == language]
            meanings = await self._meanings([question.text for question in questions], language, encoders)
            if encoders != self._encoders():
                self._wake.set()
                return False
            await self._database.run(
                partial(gap_store.sort_questions, questions=questions, meanings=meanings, now=self._clock())
            )
        return bool(waiting)

    async def _ask_again(self, generation: int) -> None:
        """Put the failed questions to a generation that is new to them."""
        for _ in range(ASKED_AT_MOST // SLICE):
            if self._asker.generation != generation or self._wake.is_set():
                self._wake.set()  # first what is new, then on from here
                return
            questions = await self._database.run(
                partial(failed_questions.to_ask_again, generation=generation, limit=SLICE)
            )
            if not questions:
                return
            answers = await self._asker.ask([(question.text, question.language) for question in questions])
            verdicts = [_verdict(question, answer) for question, answer in zip(questions, answers, strict=True)]
            answered = min(answer.generation for answer in answers)
            await self._database.run(partial(failed_questions.keep_verdicts, verdicts=verdicts, generation=answered))


def _verdict(question: FailedQuestion, answer: Answer) -> Verdict:
    first = answer.hits[0].article.article_id if answer.hits else None
    return Verdict(question.query_id, answer.answerable, first)


def _slices(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[first : first + SLICE] for first in range(0, len(texts), SLICE)]
