"""``action_answer``: answer a question in an article's own words with its source, or find that nobody wrote it down."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.knowledge_base_client import Hit, KnowledgeBaseClient, SearchResult
from actions.leg import Leg, leg_of
from actions.outcome import Events, outcome, within_budget
from actions.passages import shorten
from actions.texts import kindly, text_of

MAX_QUERY = 1_000  # characters; the knowledge base takes 4,000, and more than this is no question
PERSON_ONLY = "person-only"  # tag of articles for people: the bot calls one instead of showing them
NEAREST = 4  # articles kept for asking back; three are shown, one may have been shown before
_MARKUP = re.compile(r"[#*_`>]+|!?\[([^\]]*)\]\([^)]*\)")


class ActionAnswer(Action):
    """Searches, and answers when the knowledge base says the first hit answers the question."""

    def __init__(self, knowledge: KnowledgeBaseClient) -> None:
        """Use the process's shared client."""
        self._knowledge = knowledge

    def name(self) -> str:
        """Name in the domain."""
        return "action_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Answer the latest message, or the article whose button was pressed."""
        leg = leg_of(tracker)
        return await within_budget(leg, self.name(), lambda: self._answer(dispatcher, leg, domain))

    async def _answer(self, dispatcher: CollectingDispatcher, leg: Leg, domain: dict[str, Any]) -> Events:
        chosen = leg.latest.entities.get("article_id") if leg.latest.is_payload else None
        if chosen is not None:
            return await self._chosen(dispatcher, leg, domain, str(chosen))
        query = as_query(leg.latest.text)
        result = await self._knowledge.search(query, leg.language, previous=as_query(leg.previous_question()))
        nearest = [{"article_id": hit.article_id, "title": hit.title} for hit in result.hits[:NEAREST]]
        found = {"query_id": result.query_id, "confidence": result.confidence, "nearest": nearest}
        sure = result.answerable and result.confidence >= float(leg.decision.get("sure") or 0.0)
        if not sure or not result.hits:
            nearness = result.hits[0].nearness if result.hits else 0.0
            return outcome(leg, "unanswered", **found, nearness=nearness)
        hit = result.hits[0]
        if PERSON_ONLY in hit.tags:
            return outcome(leg, "person_only", **found, **_shown(hit))
        if leg.decision.get("cause") == "repeated" and _was_shown(leg, hit):
            return outcome(leg, "repeated", **found)
        say(dispatcher, domain, leg, hit, result)
        return outcome(leg, "answered", **found, **_shown(hit), kind=leg.is_kind)

    async def _chosen(
        self, dispatcher: CollectingDispatcher, leg: Leg, domain: dict[str, Any], article_id: str
    ) -> Events:
        """Show an article the customer chose, with the passage nearest to what was asked."""
        article = await self._knowledge.article(article_id)
        if article is None:
            return outcome(leg, "unanswered", nearest=[])
        if PERSON_ONLY in (article.get("tags") or ()):
            title = str(article.get("title") or "")
            return outcome(leg, "person_only", nearest=[], article_id=article_id, title=title)
        query = as_query(f"{article.get('title', '')}. {leg.last_question()}")
        # The customer asked for an article by name: what was asked before is what may be a gap.
        result = await self._knowledge.search(query, str(article.get("language") or leg.language), trial=True)
        hit = next((hit for hit in result.hits if hit.article_id == article_id), None) or _opening(article)
        result = replace(result, query_id=leg.last_query() or result.query_id)
        say(dispatcher, domain, leg, hit, result)
        return outcome(
            leg, "answered", query_id=result.query_id, confidence=result.confidence, nearest=[], **_shown(hit)
        )


def say(dispatcher: CollectingDispatcher, domain: dict[str, Any], leg: Leg, hit: Hit, result: SearchResult) -> None:
    """Utter the answer: the article's words, its source, and whether that helped, as one message."""
    verdict = {"article_id": hit.article_id}
    buttons = [
        {
            "title": text_of(domain, f"utter_button_{word}", leg.language),
            "payload": f"/feedback{json.dumps({'helpful': word == 'yes', **verdict})}",
        }
        for word in ("yes", "no")
    ]
    words = shorten(hit.passage, hit.highlight)
    dispatcher.utter_message(
        text=kindly(f"{words}\n\n{text_of(domain, 'utter_did_that_help', leg.language)}", leg, domain, "\n\n"),
        buttons=buttons,
        json_message={
            "sources": [hit.source()],
            "answer": {
                "confidence": round(result.confidence, 4),
                "article_id": hit.article_id,
                "query_id": result.query_id,
            },
        },
    )


def as_query(text: str) -> str:
    """Return what to search for; a long message is cut at a word."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUERY else text[:MAX_QUERY].rsplit(" ", 1)[0]


def _shown(hit: Hit) -> dict[str, str]:
    return {"article_id": hit.article_id, "title": hit.title, "opening": hit.passage[:80]}


def _was_shown(leg: Leg, hit: Hit) -> bool:
    return any(
        seen.get("result") == "answered"
        and seen.get("article_id") == hit.article_id
        and seen.get("opening") == hit.passage[:80]
        for seen in leg.outcomes
    )


def _opening(article: dict[str, Any]) -> Hit:
    """The beginning of an article as a hit, for one the search did not return."""
    article_id = str(article["id"])
    paragraphs = [part.strip() for part in str(article.get("body") or "").split("\n\n")]
    plain = [part for part in paragraphs if part and not part.startswith("#")]
    passage = _MARKUP.sub(lambda match: match.group(1) or "", plain[0] if plain else str(article.get("title", "")))
    title, language = str(article.get("title", "")), str(article.get("language") or "")
    return Hit(article_id, title, f"/help/{article_id}", language, passage)
