"""``action_answer``: an answer in the article's words with its source, or an honest outcome."""

from __future__ import annotations

import json

import pytest

from actions.answer import ActionAnswer
from actions.knowledge_base_client import KnowledgeBaseClient
from tests.actions.dialogue import Dialogue
from tests.actions.knowledge_base import StandIn, article, hit

RETURNS = "You can send back anything unused within 30 days. The label is in the parcel."


async def test_answers_in_the_articles_words_with_source_and_verdict_buttons(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    knowledge.answer("how do I return it?", hit("return-an-item", RETURNS), confidence=0.93)
    outcome, said = await Dialogue().says("how do I return it?").run(ActionAnswer(client))
    assert outcome["result"] == "answered"
    assert outcome["article_id"] == "return-an-item"
    (message,) = said
    assert message["text"].startswith(RETURNS)
    assert message["text"].endswith("Did that help?")
    assert message["custom"]["answer"] == {
        "confidence": 0.93,
        "article_id": "return-an-item",
        "query_id": outcome["query_id"],
    }
    source = {
        "article_id": "return-an-item",
        "title": "Return an item",
        "url": "/help/return-an-item",
        "passage": RETURNS,
    }
    assert message["custom"]["sources"] == [source]
    verdicts = [json.loads(button["payload"].removeprefix("/feedback")) for button in message["buttons"]]
    assert [verdict["helpful"] for verdict in verdicts] == [True, False]


async def test_speaks_the_customers_language(knowledge: StandIn, client: KnowledgeBaseClient) -> None:
    knowledge.answer("jak to vrátím", hit("return-an-item.cs", "Do 30 dnů.", language="cs"))
    _, said = await Dialogue("cs").says("jak to vrátím").run(ActionAnswer(client))
    assert said[0]["text"].endswith("Pomohlo to?")
    assert knowledge.asked("/v1/search")[0]["language"] == "cs"


async def test_says_nothing_when_no_article_answers(knowledge: StandIn, client: KnowledgeBaseClient) -> None:
    knowledge.answer("why?", hit("return-an-item", RETURNS), confidence=0.3, answerable=False)
    outcome, said = await Dialogue().says("why?").run(ActionAnswer(client))
    assert said == []
    assert outcome["result"] == "unanswered"
    assert outcome["nearest"] == [{"article_id": "return-an-item", "title": "Return an item"}]


async def test_a_knowledge_base_that_fails_is_an_outcome_not_silence(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    knowledge.status = 500
    outcome, said = await Dialogue().says("how?").run(ActionAnswer(client))
    assert (outcome["result"], said) == ("unavailable", [])


async def test_a_knowledge_base_that_hangs_ends_within_the_deadline(
    knowledge: StandIn, hurried: KnowledgeBaseClient
) -> None:
    knowledge.hang()
    outcome, said = await Dialogue().says("how?").run(ActionAnswer(hurried))
    assert (outcome["result"], said) == ("unavailable", [])


async def test_does_not_show_the_same_passage_to_a_similar_question(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    knowledge.answer("how do I return it?", hit("return-an-item", RETURNS))
    knowledge.answer("returning it, how?", hit("return-an-item", RETURNS))
    dialogue = Dialogue().says("how do I return it?")
    await dialogue.run(ActionAnswer(client))
    dialogue.says("returning it, how?").decided(cause="repeated")
    outcome, said = await dialogue.run(ActionAnswer(client))
    assert (outcome["result"], said) == ("repeated", [])


async def test_a_chosen_article_is_shown_with_the_passage_nearest_to_the_question(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    knowledge.articles["gift-cards"] = article("gift-cards", "Gift cards", "# Gift cards")
    knowledge.answer("Gift cards. can I split it?", hit("other", "No."), hit("gift-cards", "A card can be split."))
    dialogue = Dialogue().says("can I split it?")
    dialogue.says("Gift cards", "choose_article", payload=True, article_id="gift-cards")
    outcome, said = await dialogue.run(ActionAnswer(client))
    assert outcome["result"] == "answered"
    assert said[0]["text"].startswith("A card can be split.")


async def test_a_chosen_article_the_search_does_not_return_is_shown_from_its_beginning(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    body = "# Gift cards\n\nCards are **valid** for [two years](/x).\n\nMore."
    knowledge.articles["gift-cards"] = article("gift-cards", "Gift cards", body)
    dialogue = Dialogue().says("Gift cards", "choose_article", payload=True, article_id="gift-cards")
    _, said = await dialogue.run(ActionAnswer(client))
    assert said[0]["text"].startswith("Cards are valid for two years.")


async def test_a_chosen_article_that_is_gone_is_unanswered(client: KnowledgeBaseClient) -> None:
    dialogue = Dialogue().says("Gone", "choose_article", payload=True, article_id="gone")
    outcome, said = await dialogue.run(ActionAnswer(client))
    assert (outcome["result"], said) == ("unanswered", [])


async def test_a_very_long_message_is_cut_before_it_is_searched_for(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    await Dialogue().says("word " * 5_000).run(ActionAnswer(client))
    assert len(knowledge.asked("/v1/search")[0]["query"]) <= 1_000


async def test_a_follow_up_is_searched_with_the_question_before_it(
    knowledge: StandIn, client: KnowledgeBaseClient
) -> None:
    dialogue = Dialogue().says("how long does delivery take").says("thanks", intent="thank").says("and abroad?")
    await dialogue.run(ActionAnswer(client))
    bodies = [body for route, body in knowledge.calls if route == "/v1/search"]
    assert [(body["query"], body.get("previous")) for body in bodies] == [
        ("and abroad?", "how long does delivery take")
    ]


async def test_the_first_question_follows_nothing(knowledge: StandIn, client: KnowledgeBaseClient) -> None:
    await Dialogue().says("hi", intent="greet").says("and abroad?").run(ActionAnswer(client))
    assert "previous" not in next(body for route, body in knowledge.calls if route == "/v1/search")


async def test_an_article_for_people_only_is_not_shown(knowledge: StandIn, client: KnowledgeBaseClient) -> None:
    knowledge.answer("can I charge it back?", hit("chargebacks", "Only staff may read this.", tags=["person-only"]))
    outcome, said = await Dialogue().says("can I charge it back?").run(ActionAnswer(client))
    assert said == []
    assert (outcome["result"], outcome["article_id"], outcome["title"]) == ("person_only", "chargebacks", "Chargebacks")


async def test_a_chosen_article_for_people_only_is_not_shown(knowledge: StandIn, client: KnowledgeBaseClient) -> None:
    found = article("chargebacks", "Chargebacks", "Only staff may read this.")
    found["live"]["tags"] = ["person-only"]
    knowledge.articles["chargebacks"] = found
    dialogue = Dialogue().says("can I?").says("Chargebacks", "choose_article", True, article_id="chargebacks")
    outcome, said = await dialogue.run(ActionAnswer(client))
    assert said == []
    assert (outcome["result"], outcome["title"]) == ("person_only", "Chargebacks")


@pytest.mark.parametrize(("sure", "result"), [(0.0, "answered"), (0.65, "answered"), (0.7, "unanswered")])
async def test_an_answer_must_be_as_sure_as_the_policy_wants(
    knowledge: StandIn, client: KnowledgeBaseClient, sure: float, result: str
) -> None:
    knowledge.answer("hm jacket", hit("jackets", "Jackets are warm."), confidence=0.66)
    outcome, _ = await Dialogue().says("hm jacket").decided(sure=sure).run(ActionAnswer(client))
    assert outcome["result"] == result
    assert outcome["confidence"] == 0.66
    assert outcome["nearest"]


async def test_an_upset_customer_is_told_sorry_and_answered(knowledge: StandIn, client: KnowledgeBaseClient) -> None:
    knowledge.answer("it broke AGAIN", hit("repairs", "We mend it."))
    outcome, said = await Dialogue("cs").says("it broke AGAIN").decided(kind=True).run(ActionAnswer(client))
    assert said[0]["text"].startswith("Mrzí mě, že máte potíže.\n\nWe mend it.")
    assert outcome["kind"] is True


async def test_how_near_the_nearest_was_is_told_the_policy(knowledge: StandIn, client: KnowledgeBaseClient) -> None:
    knowledge.answer("who won", hit("trail-club", "Join.", dense=0.31), confidence=0.03, answerable=False)
    outcome, _ = await Dialogue().says("who won").run(ActionAnswer(client))
    assert (outcome["confidence"], outcome["nearness"]) == (0.03, 0.31)
