"""``action_handoff``: what the gateway needs to pass the conversation to a person.

The action transfers nothing and promises nothing but that the conversation is passed on: the gateway stores the line
and the change of owner in one transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.errors import KnowledgeBaseUnavailableError
from actions.knowledge_base_client import KnowledgeBaseClient
from actions.leg import HANDED_OFF, Leg, leg_of
from actions.outcome import Events, outcome, within_budget
from actions.summary import summarise
from actions.texts import kindly, text_of

logger = logging.getLogger(__name__)

MISSING_ANSWER = frozenset({"low_confidence", "repeated_question"})  # reasons that say something about the articles
REPORT_S = 0.5  # of the action's 2.5; the person comes first, the statistics may miss one
DETAILS = "{details}"  # in a line: where the order number and the like stand, in brackets
FALLBACK_REASON = "low_confidence"  # when the policy's decision is not there: true of a bot that does not know why


class ActionHandoff(Action):
    """Says why, sums up, and lists what was tried; tells the knowledge base when an answer was missing."""

    def __init__(self, knowledge: KnowledgeBaseClient) -> None:
        """Use the process's shared client."""
        self._knowledge = knowledge

    def name(self) -> str:
        """Name in the domain."""
        return "action_handoff"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Utter the handoff; a second call for the same message utters the very same one."""
        leg = leg_of(tracker)
        return await within_budget(leg, self.name(), lambda: self._hand_off(dispatcher, leg, domain))

    async def _hand_off(self, dispatcher: CollectingDispatcher, leg: Leg, domain: dict[str, Any]) -> Events:
        before = leg.last(HANDED_OFF)
        same = before is not None and before.get("message_id") == leg.latest.message_id
        handoff = before["handoff"] if before is not None and same else handoff_of(leg, domain)
        dispatcher.utter_message(json_message={"handoff": handoff})
        if not same:
            await self._report(leg, handoff["reason"])
        return outcome(leg, HANDED_OFF, handoff=handoff)

    async def _report(self, leg: Leg, reason: str) -> None:
        """Have the question kept as one that a person had to answer; the handoff itself never waits long for that."""
        query_id = leg.last_query()
        if reason not in MISSING_ANSWER or query_id is None:
            return
        try:
            await asyncio.wait_for(self._knowledge.handed_off(query_id, reason), REPORT_S)
        except (KnowledgeBaseUnavailableError, asyncio.TimeoutError) as error:
            logger.warning("the knowledge base was not told of a handoff", extra={"why": str(error)})


def handoff_of(leg: Leg, domain: dict[str, Any]) -> dict[str, Any]:
    """Return the handoff for a leg: {reason, line, summary, details?, signals, tried, language}."""
    reason = str(leg.decision.get("reason") or FALLBACK_REASON)
    details = {str(kind): str(value) for kind, value in (leg.decision.get("details") or {}).items()}
    return {
        "reason": reason,
        "line": line_of(leg, domain, reason, details),
        "summary": summarise([said.text for said in leg.said], [said.is_aside for said in leg.said]),
        **({"details": details} if details else {}),
        **({"query_id": query_id} if (query_id := leg.last_query()) else {}),
        "signals": dict(leg.decision.get("signals") or {}),
        "tried": leg.shown(),
        "language": leg.language,
    }


def line_of(leg: Leg, domain: dict[str, Any], reason: str, details: Mapping[str, str]) -> str:
    """Return what the customer reads: why, that a person is called, and what is passed on, in one line."""
    response, topic = f"utter_handoff_{reason}", leg.decision.get("topic")
    if topic and f"{response}_{topic}" in domain["responses"]:
        response = f"{response}_{topic}"
    passed_on = f" ({', '.join(details.values())})" if details else ""
    return kindly(text_of(domain, response, leg.language).replace(DETAILS, passed_on), leg, domain)
