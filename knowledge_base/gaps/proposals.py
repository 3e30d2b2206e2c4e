"""Answers that agents gave and propose as articles: kept once each, accepted as drafts or rejected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from knowledge_base.articles.articles import ArticleState, Author, Content, NewArticle, UnitKind
from knowledge_base.editing import editing
from knowledge_base.editing.editing import Writing
from knowledge_base.editing.workbench import Done
from knowledge_base.gaps.gap_loop import SLICE, Asker
from knowledge_base.search.question import Hit
from knowledge_base.store import proposal_store, store
from knowledge_base.store.database import Database
from knowledge_base.store.proposal_store import NewProposal, Proposal, ProposalState
from knowledge_base.text.redaction import redact
from knowledge_base.text.similarity import nearness
from knowledge_base.vectors import Vectors

COMPARED_PROPOSALS = 500  # the newest open ones; beyond that somebody must first decide about those there are
COMPARED_HITS = 3  # articles that may already answer
COMPARED_WORDINGS = 20  # title and alternative questions of each
FALLBACK_LANGUAGE = "en"


@dataclass(frozen=True)
class Duplicate:
    """The article a proposal repeats; `similarity` is the cosine of the two questions."""

    article_id: str
    title: str
    similarity: float


class Proposals:
    """The service behind the routes of proposals."""

    def __init__(self, database: Database, asker: Asker, clock: Callable[[], datetime]) -> None:
        """Prepare."""
        self._database = database
        self._asker = asker
        self._clock = clock

    async def propose(self, new: NewProposal) -> Proposal | Duplicate:
        """Keep a proposal, personal data masked; one that repeats another only raises how often that was proposed.

        Returns:
            the proposal, or the article that answers the question already.

        Raises:
            NotReadyError: the models are still loading.
        """
        (answer,) = await self._asker.ask([(new.question, new.language)])
        clean = NewProposal(
            question=redact(new.question, new.language or answer.language),
            answer=redact(new.answer, new.language or answer.language),
            language=new.language or answer.language,
            conversation_id=new.conversation_id,
            agent=new.agent,
        )
        duplicate = await self._article_like(clean.question, clean.language, answer.hits[:COMPARED_HITS])
        if duplicate is not None:
            return duplicate
        same = await self._proposal_like(clean.question, clean.language)
        if same is not None:
            return await self._database.run(partial(proposal_store.propose_again, proposal_id=same.proposal_id))
        return await self._database.run(partial(proposal_store.add, new=clean, now=self._clock()))

    async def page(self, state: ProposalState, limit: int, before: int | None) -> list[Proposal]:
        """Return proposals in a state, newest first."""
        return await self._database.read(
            partial(proposal_store.list_proposals, state=state, limit=limit, before=before)
        )

    async def accept(self, proposal_id: int, author: Author) -> Done:
        """Make a draft article of a proposal.

        Raises:
            NotFoundError: nothing has this id.
            ConflictError: it was decided about already.
        """

        def work(connection: Connection) -> Done:
            proposal = proposal_store.decide(connection, proposal_id, ProposalState.ACCEPTED)
            content = Content(proposal.question, proposal.answer, proposal.language or FALLBACK_LANGUAGE)
            new = NewArticle(article_id="", content=content, state=ArticleState.DRAFT)
            article = editing.create(connection, new, (), Writing(author, self._clock()))
            proposal_store.set_article(connection, proposal_id, article.head.article_id)
            return Done(article, store.generation(connection))

        return await self._database.run(work)

    async def reject(self, proposal_id: int) -> Proposal:
        """Turn a proposal down.

        Raises:
            NotFoundError: nothing has this id.
            ConflictError: it was decided about already.
        """
        return await self._database.run(
            partial(proposal_store.decide, proposal_id=proposal_id, state=ProposalState.REJECTED)
        )

    async def answer_to(self, question: str, language: str | None) -> str | None:
        """Return what an agent proposed as the answer to this question, if anybody did.

        Raises:
            NotReadyError: the models are still loading.
        """
        found = await self._proposal_like(question, language)
        return None if found is None else found.answer

    async def _proposal_like(self, question: str, language: str | None) -> Proposal | None:
        """Return the open proposal that asks the same."""
        newest = await self.page(ProposalState.OPEN, COMPARED_PROPOSALS, None)
        if not newest:
            return None
        cosines = await self._compare(question, language, [proposal.question for proposal in newest])
        best = max(range(len(newest)), key=lambda position: cosines[position])
        enough = nearness(self._asker.meaning_encoder(language)).same_question
        return newest[best] if cosines[best] >= enough else None

    async def _article_like(self, question: str, language: str | None, hits: Sequence[Hit]) -> Duplicate | None:
        """Return the article that asks the same in its title or an alternative question."""
        enough = nearness(self._asker.meaning_encoder(language)).same_question
        for hit in hits:
            wordings = [unit.unit.text for unit in hit.article.units if unit.unit.kind is not UnitKind.PASSAGE]
            cosines = await self._compare(question, language, wordings[:COMPARED_WORDINGS])
            if cosines and max(cosines) >= enough:
                return Duplicate(hit.article.article_id, hit.article.title, max(cosines))
        return None

    async def _compare(self, question: str, language: str | None, others: Sequence[str]) -> list[float]:
        """Return the cosine of a question with each of the others, in jobs that let searches through."""
        cosines: list[float] = []
        for first in range(0, len(others), SLICE):
            rows: Vectors = await self._asker.meanings([question, *others[first : first + SLICE]], language)
            cosines += [float(cosine) for cosine in rows[1:] @ rows[0]]
        return cosines
