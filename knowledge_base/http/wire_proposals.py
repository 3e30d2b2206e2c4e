"""JSON of proposals: requests parsed, answers built."""

from __future__ import annotations

from knowledge_base.articles.articles import MAX_BODY, MAX_TITLE
from knowledge_base.articles.fields import Json, read_language, read_object, read_text
from knowledge_base.errors import InvalidRequestError
from knowledge_base.gaps.proposals import Duplicate
from knowledge_base.http.wire import time_json
from knowledge_base.store.proposal_store import NewProposal, Proposal, ProposalState

MAX_ID = 200


def parse_proposal(body: object, agent: str) -> NewProposal:
    """Read a proposal.

    Args:
        agent: who proposes, when the body does not say.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    fields = read_object(body)
    question = (read_text(fields, "question", MAX_TITLE) or "").strip()
    answer = (read_text(fields, "answer", MAX_BODY) or "").strip()
    for name, value in (("question", question), ("answer", answer)):
        if not value:
            raise InvalidRequestError(name, "must be a text that is not empty")
    return NewProposal(
        question=question,
        answer=answer,
        language=read_language(fields),
        conversation_id=read_text(fields, "conversation_id", MAX_ID) or None,
        agent=read_text(fields, "agent", MAX_ID) or agent,
    )


def parse_state(value: str | None) -> ProposalState:
    """Read which proposals to list; open ones when nothing is said.

    Raises:
        InvalidRequestError: no such state.
    """
    try:
        return ProposalState.OPEN if value is None else ProposalState(value)
    except ValueError:
        raise InvalidRequestError("state", f"must be one of {', '.join(ProposalState)}") from None


def proposal_json(proposal: Proposal) -> Json:
    """Build one proposal."""
    return {
        "id": proposal.proposal_id,
        "at": time_json(proposal.at),
        "question": proposal.question,
        "answer": proposal.answer,
        "language": proposal.language,
        "conversation_id": proposal.conversation_id,
        "agent": proposal.agent,
        "times": proposal.times,
        "state": proposal.state.value,
        "article_id": proposal.article_id,
    }


def duplicate_json(duplicate: Duplicate) -> Json:
    """Build which article answers already."""
    return {
        "article_id": duplicate.article_id,
        "title": duplicate.title,
        "similarity": round(duplicate.similarity, 4),
    }
