"""``action_record_feedback``: the verdict reaches the knowledge base, and never costs the customer the turn."""

from __future__ import annotations

import pytest

from actions.answer import ActionAnswer
from actions.feedback import ActionRecordFeedback
from actions.knowledge_base_client import KnowledgeBaseClient
from tests.actions.dialogue import Dialogue
from tests.actions.knowledge_base import StandIn, hit


async def _answered(knowledge: StandIn, client: KnowledgeBaseClient) -> Dialogue:
    knowledge.answer("how?", hit("return-an-item", "Like this."))
    dialogue = Dialogue().says("how?")
    await dialogue.run(ActionAnswer(client))
    return dialogue


@pytest.mark.parametrize(
    ("intent", "entities", "helpful"),
    [
        ("feedback", {"helpful": True}, True),
        ("feedback", {"helpful": False}, False),
        ("feedback", {}, False),
        ("affirm", {}, True),
        ("deny", {}, False),
    ],
)
async def test_records_a_verdict(
    knowledge: StandIn, client: KnowledgeBaseClient, intent: str, entities: dict[str, bool], helpful: bool
) -> None:
    dialogue = await _answered(knowledge, client)
    dialogue.says("verdict", intent, payload=intent == "feedback", **entities)
    outcome, said = await dialogue.run(ActionRecordFeedback(client))
    assert outcome["result"] == ("helped" if helpful else "not_helped")
    assert bool(said) == helpful, "after a bad verdict the bot asks back instead"
    (recorded,) = knowledge.asked("/v1/feedback")
    assert recorded["helpful"] is helpful
    assert recorded["article_id"] == "return-an-item"
    assert recorded["query_id"]


async def test_goes_on_when_the_verdict_cannot_be_stored(knowledge: StandIn, client: KnowledgeBaseClient) -> None:
    dialogue = await _answered(knowledge, client)
    knowledge.status = 500
    dialogue.says("yes", "affirm")
    outcome, said = await dialogue.run(ActionRecordFeedback(client))
    assert outcome["result"] == "helped"
    assert said[0]["text"]


async def test_a_button_of_an_earlier_answer_is_about_that_answer(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    dialogue = await _answered(knowledge, client)
    first = dialogue.slots["outcome"]["query_id"]
    knowledge.answer("when?", hit("opening-hours", "At nine."))
    dialogue.says("when?")
    await dialogue.run(ActionAnswer(client))
    dialogue.says("no", "feedback", payload=True, helpful=False, article_id="return-an-item")
    await dialogue.run(ActionRecordFeedback(client))
    (recorded,) = knowledge.asked("/v1/feedback")
    assert (recorded["query_id"], recorded["article_id"]) == (first, "return-an-item")
