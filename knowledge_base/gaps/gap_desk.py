"""What editors do with gaps, and what other parts report about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from knowledge_base.articles.articles import Article, Author
from knowledge_base.editing import editing
from knowledge_base.editing.editing import Writing
from knowledge_base.editing.workbench import Done
from knowledge_base.gaps.gap_drafts import draft_of
from knowledge_base.gaps.gap_loop import GapLoop
from knowledge_base.gaps.proposals import Proposals
from knowledge_base.store import failed_questions, forgetting, gap_store, store
from knowledge_base.store.database import Database
from knowledge_base.store.forgetting import Forgotten
from knowledge_base.store.gaps import HANDOFF_REASONS, Gap, GapAction, GapList, GapState, after


class GapDesk:
    """The service behind the routes of gaps."""

    def __init__(
        self,
        database: Database,
        loop: GapLoop,
        proposals: Proposals,
        clock: Callable[[], datetime],
        agent_minutes: float,
    ) -> None:
        """Prepare.

        Args:
            agent_minutes: what a failed question costs an agent until that was measured.
        """
        self._database = database
        self._loop = loop
        self._proposals = proposals
        self._clock = clock
        self._minutes = agent_minutes

    async def costliest(self, state: GapState, limit: int) -> GapList:
        """Return the costliest gaps in a state."""
        return await self._database.read(
            partial(gap_store.list_gaps, state=state, limit=limit, default_minutes=self._minutes)
        )

    async def get(self, gap_id: int) -> Gap:
        """Return one gap.

        Raises:
            NotFoundError: nothing has this id.
        """
        return await self._database.read(partial(gap_store.get_gap, gap_id=gap_id, default_minutes=self._minutes))

    async def draft(self, gap_id: int, author: Author) -> Done:
        """Make a draft article of a gap; when it has one already, return that.

        Raises:
            NotFoundError: nothing has this id.
            ConflictError: the gap is dismissed.
        """
        gap = await self.get(gap_id)
        proposed = await self._proposals.answer_to(gap.question, gap.languages[0] if gap.languages else None)

        def work(connection: Connection) -> Done:
            now_gap = gap_store.get_gap(connection, gap_id, self._minutes)
            after(now_gap.state, GapAction.DRAFT)
            article = _draft_there_is(connection, now_gap)
            if article is None:
                new = draft_of(now_gap, proposed)
                article = editing.create(connection, new, (), Writing(author, self._clock()))
            gap_store.change_state(connection, gap_id, GapAction.DRAFT, article.head.article_id)
            return Done(article, store.generation(connection))

        return await self._database.run(work)

    async def change(self, gap_id: int, action: GapAction) -> Gap:
        """Dismiss or reopen a gap.

        Raises:
            NotFoundError: nothing has this id.
            ConflictError: that is not possible as the gap stands.
        """
        await self._database.run(partial(gap_store.change_state, gap_id=gap_id, action=action))
        self._loop.wake()
        return await self.get(gap_id)

    async def handed_off(self, query_id: str, reason: str) -> None:
        """Note that a question ended with an agent; other reasons than a missing answer say nothing about the base.

        Raises:
            NotFoundError: no such query.
        """
        failure = failed_questions.Failure(handed_off=reason in HANDOFF_REASONS)
        await self._database.run(partial(failed_questions.note_failure, query_id=query_id, failure=failure))
        self._loop.wake()

    async def took_minutes(self, query_id: str, minutes: float) -> None:
        """Note how long an agent was busy because a question found no answer.

        Raises:
            NotFoundError: no failed question has this query.
        """
        await self._database.run(partial(failed_questions.note_minutes, query_id=query_id, minutes=minutes))

    async def forget(self, query_ids: Sequence[str], conversation_id: str | None) -> Forgotten:
        """Forget what a customer asked, and what agents proposed in the conversation."""
        return await self._database.run(
            partial(forgetting.forget, query_ids=query_ids, conversation_id=conversation_id)
        )

    async def settled(self) -> None:
        """Wait until every failed question has its gap and was asked again."""
        await self._loop.settled()


def _draft_there_is(connection: Connection, gap: Gap) -> Article | None:
    if gap.draft_article_id is None or not store.article_exists(connection, gap.draft_article_id):
        return None
    return store.get_article(connection, gap.draft_article_id)
