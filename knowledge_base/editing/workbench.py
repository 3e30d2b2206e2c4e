"""What editors do to articles: text is split beforehand, one transaction makes the change, search takes it over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from knowledge_base.articles.articles import Article, ArticleState, Author, Content, NewArticle, Unit, Version
from knowledge_base.articles.differences import Difference, difference
from knowledge_base.editing import editing
from knowledge_base.editing.editing import Edit, Split, Writing
from knowledge_base.errors import StaleVersionError
from knowledge_base.store import audit, store
from knowledge_base.store.database import Database

ATTEMPTS = 5  # to publish "the newest" while others keep saving; after that the author is told

Result = TypeVar("Result")


class Keep(Enum):
    """Leaves a field as it is, where `None` means empty."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True)
class Changes:
    """The fields of a content to replace; those left at their default stay.

    Attributes:
        translation_of: an article in another language, `None` for none.
        state: what the article becomes; see `Edit`.
    """

    title: str | Keep = KEEP
    body: str | Keep = KEEP
    language: str | Keep = KEEP
    questions: tuple[str, ...] | Keep = KEEP
    tags: tuple[str, ...] | Keep = KEEP
    review_on: date | Keep | None = KEEP
    translation_of: str | Keep | None = KEEP
    state: ArticleState | None = None

    def of(self, content: Content) -> Content:
        """Return `content` with the fields replaced."""

        def kept(new: Result | Keep, old: Result) -> Result:
            return old if isinstance(new, Keep) else new

        return Content(
            title=kept(self.title, content.title),
            body=kept(self.body, content.body),
            language=kept(self.language, content.language),
            questions=kept(self.questions, content.questions),
            tags=kept(self.tags, content.tags),
            review_on=kept(self.review_on, content.review_on),
        )


@dataclass(frozen=True)
class Done:
    """An article after a change, and the generation that search here has come to with it."""

    article: Article
    generation: int


class Workbench:
    """Changes articles on behalf of somebody."""

    def __init__(
        self,
        database: Database,
        split: Callable[[Content], list[Unit]],
        clock: Callable[[], datetime],
        live: Callable[[int], Awaitable[None]],
    ) -> None:
        """Prepare.

        Args:
            live: told the generation of every committed change of what customers see; returns once search knows it.
        """
        self._database = database
        self._split = split
        self._clock = clock
        self._live = live

    async def create(self, new: NewArticle, author: Author) -> Done:
        """Add an article.

        Raises:
            TakenError: another article has the id or external id.
            InvalidArticleError: the article it is to be a translation of does not exist.
        """
        units = await self._units(new.content) if new.state is ArticleState.PUBLISHED else ()
        return await self._write(partial(editing.create, new=new, units=units), author)

    async def edit(self, article_id: str, version: int, changes: Changes, author: Author) -> Done:
        """Replace fields of the newest version by making a new one.

        Raises:
            NotFoundError: nothing has this id.
            StaleVersionError: `version` is not the newest.
            InvalidArticleError: the article it is to be a translation of does not exist.
        """
        current = await self._database.run(partial(editing.at_version, article_id=article_id, version=version))
        content = changes.of(current.content)
        units = await self._units(content) if changes.state is ArticleState.PUBLISHED else ()
        group_of = changes.translation_of
        change = Edit(
            article_id=article_id,
            version=version,
            content=content,
            state=changes.state,
            units=units,
            group_of=None if isinstance(group_of, Keep) else group_of or article_id,
        )
        return await self._write(partial(editing.edit, change=change), author)

    async def publish(self, article_id: str, version: int | None, author: Author) -> Done:
        """Make the newest version the live one.

        Args:
            version: the newest version, as far as the author knows; `None` publishes whatever is newest.

        Raises:
            NotFoundError: nothing has this id.
            StaleVersionError: `version` is not the newest.
        """
        for attempt in range(ATTEMPTS):
            current = await self._database.run(partial(editing.at_version, article_id=article_id, version=version))
            split = Split(current.content, await self._units(current.content))
            try:
                return await self._write(partial(editing.publish, article_id=article_id, split=split), author)
            except StaleVersionError:
                if version is not None or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def archive(self, article_id: str, version: int | None, author: Author) -> Done:
        """Take an article out of search.

        Raises:
            NotFoundError: nothing has this id.
            StaleVersionError: `version` is not the newest.
        """
        return await self._write(partial(editing.archive, article_id=article_id, version=version), author)

    async def roll_back(self, article_id: str, version: int, author: Author) -> Done:
        """Bring the content of an old version back as a new one, published when the article is live.

        Raises:
            NotFoundError: there is no such article or version.
        """
        wanted = await self.version(article_id, version)
        split = Split(wanted.content, await self._units(wanted.content))
        return await self._write(
            partial(editing.roll_back, article_id=article_id, version=version, split=split), author
        )

    async def delete(self, article_id: str, version: int | None, author: Author) -> int:
        """Delete an article and return the generation from which on search has forgotten it.

        Raises:
            NotFoundError: nothing has this id.
            StaleVersionError: `version` is not the newest.
        """

        def work(connection: Connection, writing: Writing) -> None:
            editing.delete_article(connection, article_id, version, writing)

        return (await self._commit(work, author))[1]

    async def versions(self, article_id: str, limit: int, before: int | None) -> list[Version]:
        """Return versions, newest first.

        Raises:
            NotFoundError: nothing has this id.
        """
        return await self._database.run(partial(store.versions, article_id=article_id, limit=limit, before=before))

    async def version(self, article_id: str, number: int) -> Version:
        """Return one version.

        Raises:
            NotFoundError: there is no such article or version.
        """
        return await self._database.run(partial(store.get_version, article_id=article_id, number=number))

    async def difference(self, article_id: str, before: int | None, after: int | None) -> Difference:
        """Compare two versions.

        Args:
            before: default the live version, or the one before `after` when that is the live one or none is.
            after: default the newest.

        Raises:
            NotFoundError: there is no such article or version.
        """

        def read(connection: Connection) -> tuple[Version, Version]:
            head = store.get_article(connection, article_id).head
            last = head.version if after is None else after
            live = head.live_version
            first = before if before is not None else live if live not in (None, last) else max(1, last - 1)
            return (
                store.get_version(connection, article_id, first or 1),
                store.get_version(connection, article_id, last),
            )

        return await asyncio.to_thread(difference, *await self._database.run(read))

    async def audit(self, article_id: str | None, before: int | None, limit: int) -> list[audit.KeptEntry]:
        """Return entries of the audit, newest first."""
        return await self._database.run(partial(audit.entries, article_id=article_id, before=before, limit=limit))

    async def _units(self, content: Content) -> tuple[Unit, ...]:
        return tuple(await asyncio.to_thread(self._split, content))

    async def _write(self, change: Callable[..., Article], author: Author) -> Done:
        """Run `change(connection, writing=…)` in a transaction; search knows what it changed once this returns."""
        return Done(*await self._commit(lambda connection, writing: change(connection, writing=writing), author))

    async def _commit(self, change: Callable[[Connection, Writing], Result], author: Author) -> tuple[Result, int]:
        def work(connection: Connection) -> tuple[Result, int, bool]:
            before = store.generation(connection)
            result = change(connection, Writing(author, self._clock()))
            after = store.generation(connection)
            return result, after, after != before

        result, generation, seen_by_customers = await self._database.run(work)
        if seen_by_customers:
            await self._live(generation)
        return result, generation
