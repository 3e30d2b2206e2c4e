"""Warnings: articles that repeat or contradict each other, and those nobody looks after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

import numpy as np

from knowledge_base.articles.articles import ArticleHead, Content, LiveArticle
from knowledge_base.editing.asking import Asking
from knowledge_base.search.likeness import Held, Likeness, conflicts, held_units, same_questions
from knowledge_base.store import live, store
from knowledge_base.store.database import Database
from knowledge_base.store.neglect import DRAFT_DAYS, LOOKED_BACK_DAYS, neglected
from knowledge_base.text.languages import ENGLISH
from knowledge_base.text.similarity import Nearness, nearness
from knowledge_base.vectors import Vectors

MOST_COMPARED = 20_000  # units of one kind in one comparison: ten seconds of one core, beside searches
READ_AT_ONCE = 2_000  # vectors read in one job of the model thread, a few milliseconds
ENCODED_AT_ONCE = 4  # texts of a draft in one job of the model thread


class WarningKind(StrEnum):
    """What is warned of."""

    SAME_QUESTION = "same_question"
    CONTRADICTION = "contradiction"
    NEVER_SHOWN = "never_shown"
    THUMBS_DOWN = "thumbs_down"
    REVIEW_DUE = "review_due"
    OLD_DRAFT = "old_draft"


ADVICE = {
    WarningKind.SAME_QUESTION: "Merge the two articles, or say in their titles how they differ.",
    WarningKind.CONTRADICTION: "Find out which is right and correct the other.",
    WarningKind.NEVER_SHOWN: "Add the words customers use as alternative questions, or archive it.",
    WarningKind.THUMBS_DOWN: "Read it as a customer would, and look at the gaps it is nearest to.",
    WarningKind.REVIEW_DUE: "Read it again and set the next review date.",
    WarningKind.OLD_DRAFT: "Publish the draft or discard it.",
}


@dataclass(frozen=True)
class Warned:
    """One warning: the articles (id and title), what was seen, and how sure."""

    kind: WarningKind
    articles: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    similarity: float | None = None


@dataclass(frozen=True)
class WarningReport:
    """Every warning as of one generation; `truncated` when the base was too large to compare everything."""

    generation: int
    warnings: tuple[Warned, ...]
    truncated: bool


class Warnings:
    """Looks for what editors should know."""

    def __init__(
        self,
        database: Database,
        asking: Asking,
        as_live: Callable[[ArticleHead, Content], LiveArticle],
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare.

        Args:
            as_live: makes an article search could know out of one version.
        """
        self._database = database
        self._asking = asking
        self._as_live = as_live
        self._clock = clock
        self._compared: tuple[int, tuple[Warned, ...], bool] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def report(self) -> WarningReport:
        """Return every warning. Comparing articles is done once a generation.

        Raises:
            NotReadyError: the models are still loading.
            ConflictError: the base was changed meanwhile; ask again.
        """
        async with self._one_at_a_time:
            generation = await self._database.read(store.generation)
            if self._compared is None or self._compared[0] != generation:
                self._compared = await self._compare_all()
            generation, alike, truncated = self._compared
        now = self._clock()
        found = await self._database.read(partial(neglected, now=now))
        looked_after = (
            *(_about(WarningKind.REVIEW_DUE, head, f"review was due on {head.review_on}") for head in found.review_due),
            *(
                _about(WarningKind.THUMBS_DOWN, head, f"{bad} of {good + bad} verdicts say it did not help")
                for head, good, bad in found.rated
            ),
            *(
                _about(WarningKind.NEVER_SHOWN, head, f"answered nothing in {LOOKED_BACK_DAYS} days")
                for head in found.never_shown
            ),
            *(
                _about(WarningKind.OLD_DRAFT, head, f"the draft has not been touched for {DRAFT_DAYS} days or more")
                for head in found.old_drafts
            ),
        )
        return WarningReport(generation, alike + looked_after, truncated)

    async def check(self, article_id: str) -> WarningReport:
        """Return what the newest version of one article would repeat or contradict.

        Raises:
            NotFoundError: nothing has this id.
            NotReadyError: the models are still loading.
            ConflictError: the base was changed meanwhile; ask again.
        """
        article = await self._database.read(partial(store.get_article, article_id=article_id))
        base = await self._database.read(live.live_base)
        mine = await asyncio.to_thread(self._as_live, article.head, article.content)
        others = [one for one in base.articles if one.language == mine.language and one.article_id != article_id]
        found: list[Warned] = []
        truncated = False
        for passages in (False, True):
            own = held_units([mine], passages=passages)
            held = held_units(others, passages=passages)
            truncated = truncated or len(held) > MOST_COMPARED
            held = held[:MOST_COMPARED]
            own_rows, rows = await self._encoded(own), await self._rows(held)
            compare = conflicts if passages else same_questions
            near = self._nearness(mine.language)
            alike = await asyncio.to_thread(compare, own, own_rows, held, rows, near)
            found += [_of_likeness(one) for one in alike]
        return WarningReport(base.generation, tuple(found), truncated)

    async def _compare_all(self) -> tuple[int, tuple[Warned, ...], bool]:
        base = await self._database.read(live.live_base)
        found: list[Warned] = []
        truncated = False
        for language in sorted({article.language for article in base.articles}):
            spoken = [article for article in base.articles if article.language == language]
            near = self._nearness(language)
            for passages in (False, True):
                held = held_units(spoken, passages=passages)
                truncated = truncated or len(held) > MOST_COMPARED
                held = held[:MOST_COMPARED]
                rows = await self._rows(held)
                compare = conflicts if passages else same_questions
                alike = await asyncio.to_thread(compare, held, rows, held, rows, near)
                found += [_of_likeness(one) for one in alike]
        return base.generation, tuple(found), truncated

    def _nearness(self, language: str) -> Nearness:
        """Return how near is near, in the space of the encoder of English, in which all units are compared."""
        return nearness(self._asking.meaning_encoder(None), strange=language != ENGLISH)

    async def _rows(self, held: Sequence[Held]) -> Vectors:
        ids = [one.stored.unit_id for one in held]
        parts = [
            await self._asking.unit_vectors(ids[first : first + READ_AT_ONCE])
            for first in range(0, max(1, len(ids)), READ_AT_ONCE)
        ]
        return np.concatenate(parts)

    async def _encoded(self, held: Sequence[Held]) -> Vectors:
        texts = [one.stored.unit.encoder_text for one in held]
        parts = [
            await self._asking.meanings(texts[first : first + ENCODED_AT_ONCE])
            for first in range(0, max(1, len(texts)), ENCODED_AT_ONCE)
        ]
        return np.concatenate(parts)


def _of_likeness(like: Likeness) -> Warned:
    articles = ((like.first.article_id, like.first.title), (like.second.article_id, like.second.title))
    if like.conflict:
        return Warned(WarningKind.CONTRADICTION, articles, like.conflict, like.similarity)
    return Warned(WarningKind.SAME_QUESTION, articles, like.texts, like.similarity)


def _about(kind: WarningKind, head: ArticleHead, evidence: str) -> Warned:
    return Warned(kind, ((head.article_id, head.title),), (evidence,))
