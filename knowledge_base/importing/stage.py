"""Has every process make its search ready for a large import, before it is committed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from knowledge_base.articles.articles import Content, LiveArticle, StoredUnit, Unit
from knowledge_base.importing.expected import Expected, differing, expected
from knowledge_base.importing.plan import Plan
from knowledge_base.store import staging, store
from knowledge_base.store.database import Database
from knowledge_base.store.staged_articles import StagedArticles

logger = logging.getLogger(__name__)

SLICE = 50  # articles kept in one transaction, some ten milliseconds: editors write in between
# Processes look ten times a second whether an import is staged; one that is busy may be late.
ANNOUNCED_S = 2.0
SILENT_S = 15.0  # a process that makes ready says so several times a second; one that does not is gone
ASK_AGAIN_S = 0.05
SAY_EVERY_S = 1.0  # that this process still waits


@dataclass(frozen=True)
class Staged:
    """An import that was staged.

    Attributes:
        ids: of the units of its articles.
        expected: what search was told to make ready for.
    """

    import_id: int
    ids: Mapping[str, Sequence[int]]
    expected: Mapping[str, Expected]

    def now(self, plan: Plan) -> tuple[dict[str, Sequence[int]], set[str]]:
        """Return the ids for what comes out as staged, and the articles that do not, by the plan as it is now."""
        other = differing(self.expected, expected(plan))
        return {article_id: ids for article_id, ids in self.ids.items() if article_id not in other}, other

    def release(self, connection: Connection, touched: Collection[str], other: Collection[str]) -> None:
        """Tell who has made ready that it is committed.

        Args:
            touched: articles that search must look at again.
            other: those of which something else was expected.
        """
        staging.release(connection, self.import_id, (set(touched) - self.expected.keys()) | set(other))


class Stage:
    """Where an import waits until search is ready for it."""

    def __init__(self, database: Database) -> None:
        """Prepare."""
        self._database = database

    async def prepare(self, plan: Plan, units: Mapping[Content, Sequence[Unit]]) -> Staged | None:
        """Stage what a plan makes search know, and wait until it is ready; `None` for what it takes over at once."""
        articles = expected(plan)
        if len(articles) <= store.MAX_CHANGES:
            return None
        import_id = await self._database.run(staging.begin)
        total = sum(len(units[each.content]) for each in articles.values() if each.content is not None)
        first = await self._database.run(partial(staging.reserve_units, count=total)) if total else 0
        ids = _ids(articles, units, first)
        for number, part in enumerate(_slices(articles, units, ids)):
            await self._database.run(partial(staging.add_slice, import_id=import_id, number=number, staged=part))
        await self._database.run(partial(staging.complete, import_id=import_id))
        await self._until_ready(import_id)
        return Staged(import_id, ids, articles)

    async def _until_ready(self, import_id: int) -> None:
        """Wait for the processes that make ready, as long as they are at it."""
        now = asyncio.get_running_loop().time
        begun = said = now()
        heard: dict[str, tuple[int, float]] = {}  # beats, and when they rose last
        while True:
            readers = await self._database.read(partial(staging.readers, import_id=import_id))
            for reader in readers:
                if reader.name not in heard or heard[reader.name][0] != reader.beats:
                    heard[reader.name] = reader.beats, now()
            waiting = [each for each in readers if not each.prepared and now() - heard[each.name][1] < SILENT_S]
            if not waiting and now() - begun >= ANNOUNCED_S:
                break
            if now() - said >= SAY_EVERY_S:
                await self._database.run(partial(staging.go_on, import_id=import_id))
                said = now()
            await asyncio.sleep(ASK_AGAIN_S)
        late = [each.name for each in readers if not each.prepared]
        if late:
            logger.warning("An import does not wait for a process that fell silent", extra={"processes": len(late)})


def _ids(
    articles: Mapping[str, Expected], units: Mapping[Content, Sequence[Unit]], first: int
) -> dict[str, Sequence[int]]:
    ids: dict[str, Sequence[int]] = {}
    for article_id, article in articles.items():
        if article.content is not None:
            ids[article_id] = range(first, first + len(units[article.content]))
            first += len(units[article.content])
    return ids


def _slices(
    articles: Mapping[str, Expected], units: Mapping[Content, Sequence[Unit]], ids: Mapping[str, Sequence[int]]
) -> Iterator[StagedArticles]:
    names = sorted(articles)
    for start in range(0, len(names), SLICE):
        part = {article_id: articles[article_id] for article_id in names[start : start + SLICE]}
        live = tuple(
            _live(article_id, article, article.content, units[article.content], ids[article_id])
            for article_id, article in part.items()
            if article.content is not None
        )
        gone = frozenset(article_id for article_id, article in part.items() if article.content is None)
        yield StagedArticles(live, gone)


def _live(
    article_id: str, article: Expected, content: Content, units: Sequence[Unit], ids: Sequence[int]
) -> LiveArticle:
    return LiveArticle(
        article_id=article_id,
        external_id=article.external_id,
        group=article.group,
        title=content.title,
        language=content.language,
        tags=content.tags,
        units=tuple(StoredUnit(unit_id, article_id, unit) for unit_id, unit in zip(ids, units, strict=True)),
    )
