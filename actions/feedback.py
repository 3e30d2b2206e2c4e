"""``action_record_feedback``: pass a verdict on an answer to the knowledge base."""

from __future__ import annotations

import logging
from collections.abc import Mapping
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
        answered = rated_answer(leg)
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


def rated_answer(leg: Leg) -> Mapping[str, Any]:
    """Return the answer a verdict is about: the one whose button was pressed, else the newest."""
    wanted = leg.latest.entities.get("article_id") if leg.latest.is_payload else None
    answers = [outcome for outcome in reversed(leg.outcomes) if outcome.get("result") == "answered"]
    about = [answer for answer in answers if wanted is not None and answer.get("article_id") == wanted]
    return next(iter(about or answers), {})
