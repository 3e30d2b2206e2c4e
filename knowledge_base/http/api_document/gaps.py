"""Gaps, and answers that agents propose."""

from __future__ import annotations

from knowledge_base.articles.articles import MAX_BODY, MAX_TITLE
from knowledge_base.http.api_document.editing import LIMIT, NUMBERED_CURSOR
from knowledge_base.http.api_document.operations import (
    NOT_FOUND,
    TIME,
    Answer,
    Operation,
    Parameter,
    Subject,
    array,
    integer,
    nullable,
    number,
    page,
    record,
    ref,
    string,
)
from knowledge_base.http.api_document.searching import LANGUAGE_WANTED
from knowledge_base.http.wire_gaps import MAX_FORGOTTEN, MAX_ID, MAX_MINUTES
from knowledge_base.store.gaps import GapState
from knowledge_base.store.proposal_store import ProposalState

GAP_STATE = string(enum=[state.value for state in GapState])
PROPOSAL_STATE = string(enum=[state.value for state in ProposalState])
REFUSALS = {**NOT_FOUND, 409: ref("Error")}
DRAFTED = Answer(201, ref("ChangedArticle"))
GAP = "/v1/gaps/<gap_id:str>"
PROPOSAL = "/v1/proposals/<proposal_id:str>"

GAPS = Subject(
    "Gaps and proposals",
    {
        ("GET", "/v1/gaps"): Operation(
            "List what customers asked and found no good answer to, the costliest first",
            Answer(
                schema=record(
                    {
                        "gaps": array(ref("Gap")),
                        "total": integer("gaps in this state", minimum=0),
                        "unsorted": integer("questions whose meaning has not been looked at yet", minimum=0),
                        "agent_minutes": number("what a question without measured minutes is counted as", minimum=0),
                        "measured": integer("conversations it was measured in; 0 for the setting", minimum=0),
                    }
                )
            ),
            query=(Parameter("state", GAP_STATE), LIMIT),
        ),
        ("GET", GAP): Operation("Return one gap", Answer(schema=ref("Gap")), refusals=NOT_FOUND),
        ("POST", f"{GAP}/draft"): Operation(
            "Make a draft article of a gap; when it has one already, return that", DRAFTED, refusals=REFUSALS
        ),
        ("POST", f"{GAP}/dismiss"): Operation(
            "Say that a gap needs no article", Answer(schema=ref("Gap")), refusals=REFUSALS
        ),
        ("POST", f"{GAP}/reopen"): Operation("Take a gap up again", Answer(schema=ref("Gap")), refusals=REFUSALS),
        ("POST", "/v1/gaps/minutes"): Operation(
            "Note how long an agent was busy because a question found no answer",
            Answer(schema=record({"query_id": string(), "minutes": number()})),
            body=record(
                {
                    "query_id": string(minLength=1, maxLength=MAX_ID),
                    "minutes": number(minimum=0, maximum=MAX_MINUTES),
                }
            ),
            refusals=NOT_FOUND,
        ),
        ("POST", "/v1/forget"): Operation(
            "Forget what a customer asked, and what agents proposed in the conversation",
            Answer(schema=record({name: integer(minimum=0) for name in ("queries", "proposals", "gaps")})),
            body=record(
                {
                    "query_ids": array(string(maxLength=MAX_ID), maxItems=MAX_FORGOTTEN),
                    "conversation_id": nullable(string(maxLength=MAX_ID)),
                },
                ["conversation_id"],
            ),
        ),
        ("POST", "/v1/proposals"): Operation(
            "Keep an agent's answer as a proposal for an article",
            Answer(201, ref("Proposed")),
            "200 with the same fields when it was proposed before, or when an article answers it already.",
            body=record(
                {
                    "question": string(minLength=1, maxLength=MAX_TITLE),
                    "answer": string("Markdown", minLength=1, maxLength=MAX_BODY),
                    "language": nullable(LANGUAGE_WANTED),
                    "conversation_id": nullable(string(maxLength=MAX_ID)),
                    "agent": nullable(string("default: whoever calls", maxLength=MAX_ID)),
                },
                ["language", "conversation_id", "agent"],
            ),
            also={200: ref("Proposed")},
        ),
        ("GET", "/v1/proposals"): Operation(
            "List proposals, newest first, a page at a time",
            Answer(schema=page("proposals", ref("Proposal"), string())),
            query=(Parameter("state", PROPOSAL_STATE), LIMIT, NUMBERED_CURSOR),
        ),
        ("POST", f"{PROPOSAL}/accept"): Operation("Make a draft article of a proposal", DRAFTED, refusals=REFUSALS),
        ("POST", f"{PROPOSAL}/reject"): Operation(
            "Turn a proposal down", Answer(schema=ref("Proposal")), refusals=REFUSALS
        ),
    },
    {
        "Gap": record(
            {
                "id": integer(minimum=1),
                "question": string("one of them, that speaks for all"),
                "state": GAP_STATE,
                "count": integer(minimum=0),
                "cost_minutes": number(minimum=0),
                "examples": array(string()),
                "language": nullable(string()),
                "languages": array(string()),
                "nearest": nullable(record({"article_id": string(), "title": string(), "confidence": number()})),
                "reasons": record({"unanswered": integer(), "thumbs_down": integer(), "handed_off": integer()}),
                "draft_article_id": nullable(string()),
                "asked_again": integer("questions asked again since an article changed", minimum=0),
                "answered_now": integer("those of them that found an answer", minimum=0),
                "first_at": TIME,
                "last_at": TIME,
            }
        ),
        "Proposal": record(
            {
                "id": integer(minimum=1),
                "at": TIME,
                "question": string(),
                "answer": string(),
                "language": nullable(string()),
                "conversation_id": nullable(string()),
                "agent": string(),
                "times": integer("how often it was proposed", minimum=1),
                "state": PROPOSAL_STATE,
                "article_id": nullable(string()),
            }
        ),
        "Proposed": record(
            {
                "proposal": nullable(ref("Proposal")),
                "duplicate_of": nullable(record({"article_id": string(), "title": string(), "similarity": number()})),
            }
        ),
    },
)
