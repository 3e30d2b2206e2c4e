"""``action_record_feedback``: pass a verdict on an answer to the knowledge base."""

from __future__ import annotations

import logging
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.errors import KnowledgeBaseUnavailableError
from actions.knowledge_base_client import KnowledgeBaseClient
from actions.leg import Leg, leg_of
from actions.outcome import Events, outcome, within_budget
from actions.texts import text_of

logger = logging.getLogger(__name__)


class ActionRecordFeedback(Action):
    """Takes "that helped" or "it did not", pressed or written."""

    def __init__(self, knowledge: KnowledgeBaseClient) -> None:
        """Use the process's shared client."""
        self._knowledge = knowledge

    def name(self) -> str:
        """Name in the domain."""
        return "action_record_feedback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Record the verdict; after a bad one the policy asks back."""
        leg = leg_of(tracker)
        return await within_budget(leg, self.name(), lambda: self._record(dispatcher, leg, domain))

    async def _record(self, dispatcher: CollectingDispatcher, leg: Leg, domain: dict[str, Any]) -> Events:
        helpful = is_helpful(leg)
        answered = leg.last("answered") or {}
        try:
            await self._knowledge.feedback(helpful, answered.get("query_id"), answered.get("article_id"))
        except KnowledgeBaseUnavailableError as error:  # the customer's turn matters more than the statistics
            logger.warning("feedback was not recorded", extra={"why": str(error)})
        if helpful:
            dispatcher.utter_message(text=text_of(domain, "utter_helped", leg.language))
        return outcome(leg, "helped" if helpful else "not_helped", article_id=answered.get("article_id"))


def is_helpful(leg: Leg) -> bool:
    """Say whether the latest message is a good verdict."""
    if leg.latest.intent == "feedback":
        return leg.latest.entities.get("helpful") is True
    return leg.latest.intent == "affirm"
