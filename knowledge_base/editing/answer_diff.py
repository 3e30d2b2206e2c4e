"""Which known questions would be answered otherwise if a version were published, or an article taken out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np
from sqlalchemy import Connection

from knowledge_base.articles.articles import ArticleHead, Content, LiveArticle, StoredUnit, Unit, UnitKind
from knowledge_base.editing.asking import Asking
from knowledge_base.search.question import Answer
from knowledge_base.store import store
from knowledge_base.store.database import Database
from knowledge_base.store.known_questions import KnownQuestion, Source, answered_questions, golden_set

SLICE = 3  # questions asked twice in one job of the model thread, under 60 ms: a search waits no longer than that
DEADLINE_S = 20.0  # of all questions; what is not reached is said
MOST_GOLDEN = 500
MOST_ASKED = 300
MOST_FROM_ARTICLES = 300  # alternative questions, those nearest to what changes
FIRST_TRIAL_ID = 2**62  # ids of units that are not in the base: far above any the database gives


class Action(StrEnum):
    """What is to be done with the article."""

    PUBLISH = "publish"
    ARCHIVE = "archive"


@dataclass(frozen=True)
class First:
    """The first hit of an answer, and whether a customer would be shown it."""

    article_id: str
    title: str
    passage: str
    confidence: float
    answerable: bool


@dataclass(frozen=True)
class Change:
    """A known question answered otherwise; `breaks` when the editors' golden answer would be lost."""

    known: KnownQuestion
    before: First | None
    after: First | None
    breaks: bool


@dataclass(frozen=True)
class GoldenCount:
    """Of the golden questions asked, how many get their answer now, and how many would then."""

    asked: int = 0
    right: int = 0
    right_then: int = 0

    def counted(self, known: KnownQuestion, before: First | None, after: First | None) -> GoldenCount:
        """Return the count with one more question; those that are not golden do not count."""
        if known.expected is None:
            return self
        right, right_then = (_id(_shown(one)) == known.expected for one in (before, after))
        return GoldenCount(self.asked + 1, self.right + right, self.right_then + right_then)


@dataclass(frozen=True)
class AnswerDiff:
    """What would change.

    Attributes:
        known: questions there were to ask, as far as they were collected.
        asked: questions asked within the deadline.
        truncated: whether there are more than were asked.
        golden: how the golden set fares.
    """

    generation: int
    changes: tuple[Change, ...]
    known: int
    asked: int
    truncated: bool
    golden: GoldenCount


class AnswerDiffs:
    """Compares search as it is with search as it would be, without touching it."""

    def __init__(self, database: Database, asking: Asking, split: Callable[[Content], list[Unit]]) -> None:
        """Prepare."""
        self._database = database
        self._asking = asking
        self._split = split
        self._one_at_a_time = asyncio.Lock()  # each holds a second index in memory

    async def compare(self, article_id: str, version: int | None, action: Action) -> AnswerDiff:
        """Ask the known questions as things are and as they would be.

        Args:
            version: of the article, by default its newest; only for `PUBLISH`.

        Raises:
            NotFoundError: there is no such article or version.
            NotReadyError: the models are still loading.
            ConflictError: the base was changed meanwhile; ask again.
        """

        def read(connection: Connection) -> tuple[ArticleHead, Content | None]:
            head = store.get_article(connection, article_id).head
            if action is Action.ARCHIVE:
                return head, None
            return head, store.get_version(connection, article_id, version or head.version).content

        head, content = await self._database.read(read)
        changed = None if content is None else await asyncio.to_thread(as_live, head, content, self._split)
        async with self._one_at_a_time:
            trial = await self._asking.trial(article_id, changed)
            questions, complete = await self._questions(trial.base.articles, article_id, changed)
            deadline = time.monotonic() + DEADLINE_S
            changes: list[Change] = []
            golden = GoldenCount()
            asked = 0
            while asked < len(questions) and time.monotonic() < deadline:
                part = questions[asked : asked + SLICE]
                pairs = await self._asking.ask_both(trial, [(one.question, one.language) for one in part])
                for known, answers in zip(part, pairs, strict=True):
                    before, after = map(first, answers)
                    golden = golden.counted(known, before, after)
                    if (change := _change(known, before, after)) is not None:
                        changes.append(change)
                asked += len(part)
        changes.sort(
            key=lambda change: (not change.breaks, _same_article(change), list(Source).index(change.known.source))
        )
        truncated = asked < len(questions) or not complete
        return AnswerDiff(trial.base.generation, tuple(changes), len(questions), asked, truncated, golden)

    async def _questions(
        self, articles: Sequence[LiveArticle], article_id: str, changed: LiveArticle | None
    ) -> tuple[list[KnownQuestion], bool]:
        """Return the questions to ask, the most telling first, and whether these are all."""
        wanted = await self._database.read(golden_set)
        past, all_past = await self._database.read(partial(answered_questions, limit=MOST_ASKED))
        own = [article for article in articles if article.article_id == article_id]
        touched = [stored for article in (*own, *([changed] if changed else ())) for stored in article.units]
        written = [
            (stored, article.language)
            for article in articles
            for stored in article.units
            if stored.unit.kind is UnitKind.QUESTION
        ]
        near = await self._nearest(written, touched)
        known = [
            KnownQuestion(one.question, one.language, Source.GOLDEN, one.article_id or "")
            for one in wanted[:MOST_GOLDEN]
        ]
        known += past
        known += [KnownQuestion(stored.unit.text, language, Source.ARTICLE) for stored, language in near]
        unique: dict[tuple[str, str | None], KnownQuestion] = {}
        for one in known:
            text = one.question.casefold()
            if (text, None) not in unique:  # whose language is found out: the same question once more
                unique.setdefault((text, one.language), one)
        complete = all_past and len(wanted) <= MOST_GOLDEN and len(near) == len(written)
        return list(unique.values()), complete

    async def _nearest(
        self, written: Sequence[tuple[StoredUnit, str]], touched: Sequence[StoredUnit]
    ) -> list[tuple[StoredUnit, str]]:
        """Return the alternative questions nearest to what changes, in the order of nearness."""
        if len(written) <= MOST_FROM_ARTICLES or not touched:
            return list(written[:MOST_FROM_ARTICLES])
        texts = [stored.unit.text for stored in touched[:MOST_FROM_ARTICLES]]
        rows = await self._asking.unit_vectors([stored.unit_id for stored, _ in written])
        centre = np.stack([row for text in texts for row in await self._asking.meanings([text])])
        nearness = (rows @ centre.T).max(axis=1)
        return [written[int(position)] for position in np.argsort(-nearness, kind="stable")[:MOST_FROM_ARTICLES]]


def as_live(head: ArticleHead, content: Content, split: Callable[[Content], list[Unit]]) -> LiveArticle:
    """Return an article as search would know it with this content; its units have ids the database never gives."""
    units = tuple(
        StoredUnit(FIRST_TRIAL_ID + number, head.article_id, unit) for number, unit in enumerate(split(content))
    )
    return LiveArticle(
        article_id=head.article_id,
        external_id=head.external_id,
        group=head.group,
        title=content.title,
        language=content.language,
        tags=content.tags,
        units=units,
    )


def first(answer: Answer) -> First | None:
    """Return what an answer begins with."""
    if not answer.hits:
        return None
    hit = answer.hits[0]
    return First(hit.article.article_id, hit.article.title, hit.passage, answer.confidence, answer.answerable)


def _change(known: KnownQuestion, before: First | None, after: First | None) -> Change | None:
    """Return what changes for a customer; what would be shown in neither case does not."""
    shown_before, shown_after = _shown(before), _shown(after)
    if shown_before is None and shown_after is None:
        return None
    if shown_before is not None and shown_after is not None:
        same = shown_before.article_id == shown_after.article_id
        if same and shown_before.passage == shown_after.passage:
            return None
    breaks = known.expected is not None and _id(shown_before) == known.expected != _id(shown_after)
    return Change(known, before, after, breaks)


def _shown(found: First | None) -> First | None:
    """Return what a customer would be shown."""
    return found if found is not None and found.answerable else None


def _id(shown: First | None) -> str:
    return "" if shown is None else shown.article_id


def _same_article(change: Change) -> bool:
    before, after = change.before, change.after
    return before is not None and after is not None and before.article_id == after.article_id
