"""``action_ask_back``: offer the nearest articles and a person as buttons."""

from __future__ import annotations

import json
import logging
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answer import as_query
from actions.errors import KnowledgeBaseUnavailableError
from actions.knowledge_base_client import KnowledgeBaseClient
from actions.leg import Leg, leg_of
from actions.outcome import Events, outcome, within_budget
from actions.texts import kindly, text_of

logger = logging.getLogger(__name__)

OFFERED = 3  # articles; more is a list, not a question
WITHOUT_ARTICLES = frozenset({"outside", "unclear"})  # none is near
RELATED = 0.1  # confidence under which the nearest articles are plainly about something else and are not offered


class ActionAskBack(Action):
    """Asks which of a few articles was meant, or whether to call a person."""

    def __init__(self, knowledge: KnowledgeBaseClient) -> None:
        """Use the process's shared client."""
        self._knowledge = knowledge

    def name(self) -> str:
        """Name in the domain."""
        return "action_ask_back"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Ask back for the cause the policy gave."""
        leg = leg_of(tracker)
        return await within_budget(leg, self.name(), lambda: self._ask_back(dispatcher, leg, domain))

    async def _ask_back(self, dispatcher: CollectingDispatcher, leg: Leg, domain: dict[str, Any]) -> Events:
        cause = str(leg.decision.get("cause") or "unanswered")
        offered = [] if cause in WITHOUT_ARTICLES else (await self._nearest(leg, cause))[:OFFERED]
        fits = offered or cause in WITHOUT_ARTICLES
        response = f"utter_ask_back_{cause}" if fits else "utter_ask_back_nothing"
        buttons = [
            {
                "title": article["title"],
                "payload": f"/choose_article{json.dumps({'article_id': article['article_id']})}",
            }
            for article in offered
        ]
        buttons.append({"title": text_of(domain, "utter_button_person", leg.language), "payload": "/request_agent"})
        dispatcher.utter_message(text=kindly(text_of(domain, response, leg.language), leg, domain), buttons=buttons)
        return outcome(leg, "asked_back", cause=cause, offered=offered, kind=leg.is_kind)

    async def _nearest(self, leg: Leg, cause: str) -> list[dict[str, str]]:
        """Return the articles to offer, those already shown left out."""
        found = leg.outcomes[-1] if leg.outcomes else {}
        if found.get("message_id") == leg.latest.message_id and "nearest" in found:
            nearest, confidence = list(found["nearest"]), float(found.get("confidence") or 0.0)
        else:
            query = as_query(leg.last_question())
            if not query:
                return []
            try:
                result = await self._knowledge.search(query, leg.language, trial=True)  # asked before
            except KnowledgeBaseUnavailableError as error:  # a person can still be offered
                logger.warning("asking back without articles", extra={"why": str(error)})
                return []
            nearest = [{"article_id": hit.article_id, "title": hit.title} for hit in result.hits]
            confidence = result.confidence
        if cause == "unanswered" and confidence < RELATED:
            return []
        shown = {article["article_id"] for article in leg.shown()}
        return [article for article in nearest if article["article_id"] not in shown]
