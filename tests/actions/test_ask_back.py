"""``action_ask_back``: the nearest articles and a person as buttons."""

from __future__ import annotations

import pytest

from actions.answer import ActionAnswer
from actions.ask_back import ActionAskBack
from actions.knowledge_base_client import KnowledgeBaseClient
from tests.actions.dialogue import Dialogue
from tests.actions.knowledge_base import StandIn, hit

PERSON = {"title": "Talk to a person", "payload": "/request_agent"}
HITS = [hit(name, f"About {name}.") for name in ("one", "two", "three", "four")]


async def test_offers_three_articles_and_a_person_after_an_unanswered_question(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    knowledge.answer("what?", *HITS, confidence=0.3, answerable=False)
    dialogue = Dialogue().says("what?")
    await dialogue.run(ActionAnswer(client))
    outcome, said = await dialogue.decided(cause="unanswered").run(ActionAskBack(client))
    assert outcome["result"] == "asked_back"
    payloads = [button["payload"] for button in said[0]["buttons"]]
    assert payloads[:3] == [f'/choose_article{{"article_id": "{name}"}}' for name in ("one", "two", "three")]
    assert said[0]["buttons"][-1] == PERSON
    assert len(knowledge.asked("/v1/search")) == 1, "what the answer found is used again"


async def test_offers_a_person_alone_when_the_nearest_are_about_something_else(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    knowledge.answer("what?", *HITS, confidence=0.01, answerable=False)
    dialogue = Dialogue().says("what?")
    await dialogue.run(ActionAnswer(client))
    outcome, said = await dialogue.decided(cause="unanswered").run(ActionAskBack(client))
    assert said[0]["buttons"] == [PERSON]
    assert outcome["offered"] == []


async def test_leaves_out_what_was_shown_already(knowledge: StandIn, client: KnowledgeBaseClient) -> None:
    knowledge.answer("what?", *HITS)
    dialogue = Dialogue().says("what?")
    await dialogue.run(ActionAnswer(client))
    dialogue.says("what?").decided(cause="repeated")
    outcome, _ = await dialogue.run(ActionAskBack(client))
    assert [article["article_id"] for article in outcome["offered"]] == ["two", "three", "four"]


async def test_still_offers_a_person_when_the_knowledge_base_is_down(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    dialogue = Dialogue().says("what?").decided(cause="repeated")
    knowledge.status = 503
    outcome, said = await dialogue.run(ActionAskBack(client))
    assert outcome["result"] == "asked_back"
    assert said[0]["buttons"] == [PERSON]


@pytest.mark.parametrize(
    ("cause", "word"), [("outside", "not seem to be about us"), ("unclear", "still do not understand")]
)
async def test_where_no_article_is_near_only_a_person_is_offered(
    knowledge: StandIn, client: KnowledgeBaseClient, cause: str, word: str
) -> None:
    knowledge.answer("who won?", hit("a", "A."), confidence=0.5, answerable=False)
    dialogue = Dialogue().says("who won?")
    await dialogue.run(ActionAnswer(client))
    outcome, said = await dialogue.decided(cause=cause).run(ActionAskBack(client))
    assert word in said[0]["text"]
    assert [button["payload"] for button in said[0]["buttons"]] == ["/request_agent"]
    assert (outcome["cause"], outcome["offered"]) == (cause, [])
