"""Warnings: articles that repeat or contradict each other, and those nobody looks after."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

import numpy as np

from knowledge_base.articles.articles import ArticleHead, Author, Content, LiveArticle
from knowledge_base.editing.asking import Asking
from knowledge_base.errors import NotFoundError
from knowledge_base.search.likeness import Held, Likeness, conflicts, held_units, same_questions
from knowledge_base.store import dismissed_warnings, live, store
from knowledge_base.store.database import Database
from knowledge_base.store.dismissed_warnings import Dismissal
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


# What only an editor can tell: two articles may well be alike, or nobody need ask for one. The others end when the
# article is mended.
DISMISSIBLE = frozenset({WarningKind.SAME_QUESTION, WarningKind.CONTRADICTION, WarningKind.NEVER_SHOWN})


@dataclass(frozen=True)
class Warned:
    """One warning.

    Attributes:
        articles: id and title of each.
        evidence: what was seen, in words.
        similarity: how sure; `None` where nothing was compared.
        texts: what was compared.
        dismissal: set when an editor has found that there is nothing to mend.
    """

    kind: WarningKind
    articles: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    similarity: float | None = None
    texts: tuple[str, ...] = ()
    dismissal: Dismissal | None = None

    @property
    def warning_id(self) -> str | None:
        """The same as long as the same texts of the same articles are meant; `None` when it cannot be dismissed."""
        if self.kind not in DISMISSIBLE:
            return None
        meant = [self.kind, sorted(article_id for article_id, _ in self.articles), sorted(self.texts)]
        return hashlib.sha256(json.dumps(meant).encode()).hexdigest()


@dataclass(frozen=True)
class WarningReport:
    """Warnings as of one generation; `truncated` when the base was too large to compare everything."""

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

    async def report(self, *, dismissed: bool = False) -> WarningReport:
        """Return the warnings that stand, or those that an editor has dismissed.

        Raises:
            NotReadyError: the models are still loading.
            ConflictError: the base was changed meanwhile; ask again.
        """
        return await self._chosen(await self._every(), dismissed=dismissed)

    async def dismiss(self, warning_id: str, author: Author) -> None:
        """Warn no more of what an editor has found to be right as it is, until one of the texts is changed.

        Raises:
            NotFoundError: there is no such warning (any more).
            NotReadyError: the models are still loading.
            ConflictError: the base was changed meanwhile; ask again.
        """
        await self._known(warning_id)
        dismissal = Dismissal(self._clock(), author.name)
        await self._database.run(partial(dismissed_warnings.dismiss, warning_id=warning_id, by=dismissal))

    async def reopen(self, warning_id: str) -> None:
        """Warn again of what was dismissed.

        Raises:
            NotFoundError: there is no such warning (any more).
            NotReadyError: the models are still loading.
            ConflictError: the base was changed meanwhile; ask again.
        """
        await self._known(warning_id)
        await self._database.run(partial(dismissed_warnings.take_back, warning_id=warning_id))

    async def _known(self, warning_id: str) -> None:
        report = await self._every()
        if all(one.warning_id != warning_id for one in report.warnings):
            raise NotFoundError("warning", warning_id)

    async def _chosen(self, report: WarningReport, *, dismissed: bool) -> WarningReport:
        known = await self._database.read(dismissed_warnings.dismissals)
        told = (replace(one, dismissal=known.get(one.warning_id or "")) for one in report.warnings)
        wanted = [one for one in told if (one.dismissal is not None) is dismissed]
        return replace(report, warnings=tuple(wanted if dismissed else _once(wanted)))

    async def _every(self) -> WarningReport:
        """Return every warning; two articles may have several. Comparing articles is done once a generation.

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
        """Return what the newest version of one article would repeat or contradict, without what was dismissed.

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
        return await self._chosen(WarningReport(base.generation, tuple(found), truncated), dismissed=False)

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


def _once(found: Sequence[Warned]) -> list[Warned]:
    """Leave two articles, or one, the first warning of each kind."""
    first: dict[tuple[WarningKind, frozenset[tuple[str, str]]], Warned] = {}
    for one in found:
        first.setdefault((one.kind, frozenset(one.articles)), one)
    return list(first.values())


def _of_likeness(like: Likeness) -> Warned:
    articles = ((like.first.article_id, like.first.title), (like.second.article_id, like.second.title))
    if like.conflict:
        return Warned(WarningKind.CONTRADICTION, articles, like.conflict, like.similarity, like.texts)
    return Warned(WarningKind.SAME_QUESTION, articles, like.texts, like.similarity, like.texts)


def _about(kind: WarningKind, head: ArticleHead, evidence: str) -> Warned:
    return Warned(kind, ((head.article_id, head.title),), (evidence,))
