"""``action_handoff``: reason, one line, summary, signals and what was tried."""

from __future__ import annotations

import pytest

from actions.answer import ActionAnswer
from actions.handoff import ActionHandoff
from actions.knowledge_base_client import KnowledgeBaseClient
from tests.actions.dialogue import Dialogue
from tests.actions.knowledge_base import StandIn, hit

REASONS = ("customer_request", "frustration", "low_confidence", "repeated_question", "policy")
SIGNALS = {"request": {"score": 0.97, "words": "asked for a person: “human please”"}}


async def test_carries_what_the_agent_needs(knowledge: StandIn, client: KnowledgeBaseClient) -> None:
    knowledge.answer("My order 4711 came without the tent poles.", hit("missing-parts", "Tell us."))
    dialogue = Dialogue().says("hello", "greet").says("My order 4711 came without the tent poles.")
    await dialogue.run(ActionAnswer(client))
    dialogue.says("human please", "request_agent").decided(reason="customer_request", signals=SIGNALS)
    outcome, said = await dialogue.run(ActionHandoff(client))
    assert outcome["result"] == "handed_off"
    (message,) = said
    assert not message["text"], "the line travels in the handoff alone"
    handoff = message["custom"]["handoff"]
    assert handoff["reason"] == "customer_request"
    assert handoff["signals"] == SIGNALS
    assert handoff["tried"] == [{"article_id": "missing-parts", "title": "Missing parts"}]
    assert handoff["summary"] == "My order 4711 came without the tent poles."
    assert handoff["language"] == "en"


@pytest.mark.parametrize("language", ["en", "cs", "lt", "de"])
@pytest.mark.parametrize("reason", REASONS)
async def test_every_reason_has_one_line_in_every_language(
    client: KnowledgeBaseClient, reason: str, language: str
) -> None:
    dialogue = Dialogue(language).says("x").decided(reason=reason)
    _, said = await dialogue.run(ActionHandoff(client))
    line = said[0]["custom"]["handoff"]["line"]
    english = (await Dialogue().says("x").decided(reason=reason).run(ActionHandoff(client)))[1][0]["custom"]["handoff"][
        "line"
    ]
    assert line.strip()
    assert "\n" not in line
    assert (line == english) == (language == "en")
    assert not any(promise in line.lower() for promise in ("minute", "moment", "shortly", "soon", "minut", "gleich"))


async def test_what_the_customer_named_goes_along_and_is_said_in_the_line(client: KnowledgeBaseClient) -> None:
    details = {"order": "4711", "email": "anna@example.com"}
    dialogue = Dialogue().says("order 4711").decided(reason="customer_request", signals=SIGNALS, details=details)
    _, said = await dialogue.run(ActionHandoff(client))
    handoff = said[0]["custom"]["handoff"]
    assert handoff["details"] == details
    assert handoff["line"].endswith("with what you wrote so far (4711, anna@example.com).")


@pytest.mark.parametrize("language", ["en", "cs", "lt", "de"])
async def test_a_topic_with_a_line_of_its_own_gets_it(client: KnowledgeBaseClient, language: str) -> None:
    lines = {}
    for topic in ("self_harm", "danger", "press", None):
        dialogue = Dialogue(language).says("x").decided(reason="policy", topic=topic)
        _, said = await dialogue.run(ActionHandoff(client))
        lines[topic] = said[0]["custom"]["handoff"]["line"]
    assert "112" in lines["self_harm"]
    assert "112" in lines["danger"]
    assert lines["danger"] != lines["self_harm"]
    assert lines["press"] == lines[None]


async def test_an_upset_customer_is_told_sorry_first(client: KnowledgeBaseClient) -> None:
    dialogue = Dialogue().says("it broke").decided(reason="low_confidence", kind=True)
    _, said = await dialogue.run(ActionHandoff(client))
    assert said[0]["custom"]["handoff"]["line"].startswith("I am sorry about the trouble. I cannot answer")


async def test_a_second_call_for_the_same_message_hands_over_the_same(client: KnowledgeBaseClient) -> None:
    dialogue = Dialogue().says("a human", "request_agent").decided(reason="customer_request", signals=SIGNALS)
    _, first = await dialogue.run(ActionHandoff(client))
    _, second = await dialogue.run(ActionHandoff(client))
    assert first == second


async def test_what_was_before_an_earlier_handoff_is_not_told_again(client: KnowledgeBaseClient) -> None:
    dialogue = Dialogue().says("first trouble with my order").decided(reason="customer_request")
    await dialogue.run(ActionHandoff(client))
    dialogue.says("second trouble with my tent").decided(reason="frustration")
    _, said = await dialogue.run(ActionHandoff(client))
    assert said[0]["custom"]["handoff"]["summary"] == "second trouble with my tent"


async def test_a_decision_about_an_earlier_message_does_not_count(client: KnowledgeBaseClient) -> None:
    dialogue = Dialogue().says("one").decided(reason="frustration").says("two")
    _, said = await dialogue.run(ActionHandoff(client))
    assert said[0]["custom"]["handoff"]["reason"] == "low_confidence"


@pytest.mark.parametrize("reason", REASONS)
async def test_the_knowledge_base_is_told_when_an_answer_was_missing(
    knowledge: StandIn, client: KnowledgeBaseClient, reason: str
) -> None:
    dialogue = Dialogue().says("do you rent kayaks?")
    answered, _ = await dialogue.run(ActionAnswer(client))
    dialogue.says("well?").decided(reason=reason)
    await dialogue.run(ActionHandoff(client))
    await dialogue.run(ActionHandoff(client))
    told = [body for body in knowledge.asked("/v1/feedback") if body.get("outcome")]
    expected = {"query_id": answered["query_id"], "outcome": "handed_off", "reason": reason}
    assert told == ([expected] if reason in ("low_confidence", "repeated_question") else [])


@pytest.mark.parametrize("failure", ["refused", "slow"])
async def test_a_handoff_does_not_depend_on_telling(
    knowledge: StandIn, client: KnowledgeBaseClient, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    dialogue = Dialogue().says("do you rent kayaks?")
    await dialogue.run(ActionAnswer(client))
    dialogue.says("well?").decided(reason="low_confidence")
    if failure == "refused":
        knowledge.status = 500
    else:
        monkeypatch.setattr("actions.handoff.REPORT_S", 0.3)
        knowledge.hang()
    outcome, said = await dialogue.run(ActionHandoff(client))
    knowledge.release.set()
    assert outcome["result"] == "handed_off"
    assert said[0]["custom"]["handoff"]["reason"] == "low_confidence"
