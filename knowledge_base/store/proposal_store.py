"""Proposals in the database. Every function runs inside a transaction of `Database`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from knowledge_base.errors import ConflictError, NotFoundError
from knowledge_base.store.tables import proposals


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class NewProposal:
    """A question and the answer an agent gave to it."""

    question: str
    answer: str
    language: str | None = None
    conversation_id: str | None = None
    agent: str | None = None


@dataclass(frozen=True)
class Proposal:
    """A proposal as it is kept; `times` counts how often it was made, `article_id` is the draft it became."""

    proposal_id: int
    at: datetime
    question: str
    answer: str
    language: str | None
    conversation_id: str | None
    agent: str | None
    times: int
    state: ProposalState
    article_id: str | None


def add(connection: Connection, new: NewProposal, now: datetime) -> Proposal:
    """Keep a proposal."""
    made = connection.execute(
        insert(proposals).values(
            at=now,
            question=new.question,
            answer=new.answer,
            language=new.language,
            conversation_id=new.conversation_id,
            agent=new.agent,
            times=1,
            state=ProposalState.OPEN.value,
        )
    ).inserted_primary_key
    assert made is not None  # noqa: S101 - every insert of one row has one
    return get(connection, int(made[0]))


def get(connection: Connection, proposal_id: int) -> Proposal:
    """Return one proposal.

    Raises:
        NotFoundError: nothing has this id.
    """
    row = connection.execute(select(proposals).where(proposals.c.id == proposal_id)).first()
    if row is None:
        raise NotFoundError("proposal", str(proposal_id))
    return _proposal(row)


def list_proposals(connection: Connection, state: ProposalState, limit: int, before: int | None) -> list[Proposal]:
    """Return proposals in a state, newest first; `before` is the id the last page ended with."""
    query = select(proposals).where(proposals.c.state == state.value).order_by(proposals.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(proposals.c.id < before)
    return [_proposal(row) for row in connection.execute(query)]


def propose_again(connection: Connection, proposal_id: int) -> Proposal:
    """Count one more agent who proposed the same."""
    connection.execute(update(proposals).where(proposals.c.id == proposal_id).values(times=proposals.c.times + 1))
    return get(connection, proposal_id)


def decide(connection: Connection, proposal_id: int, state: ProposalState) -> Proposal:
    """Accept or reject an open proposal.

    Raises:
        NotFoundError: nothing has this id.
        ConflictError: it was decided about already.
    """
    found = get(connection, proposal_id)
    if found.state is not ProposalState.OPEN:
        raise ConflictError("state", f"the proposal is {found.state} already")
    connection.execute(update(proposals).where(proposals.c.id == proposal_id).values(state=state.value))
    return get(connection, proposal_id)


def set_article(connection: Connection, proposal_id: int, article_id: str) -> None:
    """Note which draft a proposal became."""
    connection.execute(update(proposals).where(proposals.c.id == proposal_id).values(article_id=article_id))


def _proposal(row: Any) -> Proposal:
    return Proposal(
        proposal_id=row.id,
        at=row.at.replace(tzinfo=UTC),
        question=row.question,
        answer=row.answer,
        language=row.language,
        conversation_id=row.conversation_id,
        agent=row.agent,
        times=row.times,
        state=ProposalState(row.state),
        article_id=row.article_id,
    )
