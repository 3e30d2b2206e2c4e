"""DESIGN 4.4 as the gateway speaks it: the channel of the running bot, its refusals and its 503s."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.settings import TURN_DEADLINE_S
from handoff_gateway.settings import Settings
from tests.actions.knowledge_base import TOKEN, hit
from tests.bot.system import RASA_PYTHON, ROOT, BotSystem, free_port, leg

pytestmark = pytest.mark.timeout(900)

QUESTION = "How do I wash my tent?"
BODY = {
    "sender": "c1.1",
    "message": "hello",
    "metadata": {"message_id": "m1", "language": "en", "channel": "web", "turn": 1},
}


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotSystem]:
    system = BotSystem(tmp_path_factory.mktemp("var"))
    try:
        system.start()
        system.knowledge.answer(QUESTION, hit("wash-a-tent", "By hand, in lukewarm water."))
        yield system
    finally:
        system.stop()


def test_an_answer_has_text_buttons_sources_and_confidence(bot: BotSystem) -> None:
    answer = bot.say(leg(), QUESTION)
    assert answer.status == 200
    assert set(answer.body) == {"replies", "handoff"}
    assert answer.body["handoff"] is None
    (reply,) = answer.body["replies"]
    assert set(reply) == {"text", "buttons", "sources", "answer"}
    assert reply["answer"] == {"confidence": 0.9, "article_id": "wash-a-tent", "query_id": reply["answer"]["query_id"]}
    assert reply["answer"]["query_id"]
    (source,) = reply["sources"]
    assert set(source) == {"article_id", "title", "url", "passage"}
    assert source["url"] == "/help/wash-a-tent"
    assert all(set(button) == {"title", "payload"} for button in reply["buttons"])


def test_a_handoff_is_a_value_in_the_reply(bot: BotSystem) -> None:
    answer = bot.say(leg(), "I want to talk to a human being, please")
    assert answer.status == 200
    handoff = answer.body["handoff"]
    assert set(handoff) == {"reason", "line", "summary", "signals", "tried", "language"}
    assert handoff["reason"] == "customer_request"
    assert handoff["line"]
    assert all({"score", "words"} == set(signal) for signal in handoff["signals"].values())
    assert answer.body["replies"] == [], "the customer's line is in the handoff alone"


def test_what_the_customer_named_is_in_the_handoff(bot: BotSystem) -> None:
    sender = leg()
    bot.say(sender, "Where is my order 4711? My e-mail is anna@example.com")
    handoff = bot.say(sender, "I want to talk to a human being, please").body["handoff"]
    assert handoff["details"] == {"order": "4711", "email": "anna@example.com"}
    assert "(4711, anna@example.com)" in handoff["line"]


def test_two_thumbs_down_are_a_turn_without_words(bot: BotSystem) -> None:
    """As the gateway asks for it: nobody wrote anything, the bot hands off, in the language of the leg."""
    sender = leg()
    bot.say(sender, QUESTION)
    about = {"message_id": "feedback-7", "language": "en", "trigger": "thumbs_down", "thumbs": {"up": 0, "down": 2}}
    answer = bot.post({"sender": sender, "message": "", "metadata": about})
    assert answer.status == 200
    handoff = answer.body["handoff"]
    assert handoff["reason"] == "low_confidence"
    assert handoff["signals"]["not_helped"]["words"] == "said twice that the answer did not help"
    assert [article["article_id"] for article in handoff["tried"]] == ["wash-a-tent"]
    assert QUESTION in handoff["summary"]


@pytest.mark.parametrize("token", [None, "wrong"])
def test_without_the_service_token_nothing_is_said(bot: BotSystem, token: str | None) -> None:
    assert bot.post(BODY, token).status == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sender": ""}, "sender"),
        ({"message": 3}, "message"),
        ({"metadata": []}, "metadata"),
        ({"payload": 1}, "payload"),
    ],
)
def test_a_bad_body_is_refused_naming_the_field(bot: BotSystem, change: dict[str, Any], field: str) -> None:
    answer = bot.post({**BODY, **change})
    assert answer.status == 400
    assert field in answer.body["error"]


def test_what_is_not_json_is_refused(bot: BotSystem) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    answer = bot.http.post("/webhooks/gateway/webhook", content=b"{", headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "text", ["/request_agent", "  /request_agent", '/request_agent{"a":1}', "/restart", "/feedback"]
)
def test_a_slash_is_data(bot: BotSystem, text: str) -> None:
    answer = bot.say(leg(), text)
    assert answer.status == 200
    assert answer.body["handoff"] is None


def test_a_payload_counts_only_if_the_bot_offered_it_in_this_leg(bot: BotSystem) -> None:
    sender = leg()
    assert bot.say(sender, "Details", "/request_agent").body["handoff"] is None
    offered = bot.say(sender, "What colour is the number seven?")
    if offered.body["handoff"] is None:
        assert "/request_agent" in offered.buttons.values()
    fresh = leg()
    asked = bot.say(fresh, "What colour is the number seven?")
    assert "/request_agent" in asked.buttons.values()
    assert bot.say(fresh, "Details", "/request_agent").reason == "customer_request"


def test_the_same_message_again_gets_the_same_answer_and_no_second_turn(bot: BotSystem) -> None:
    body = {**BODY, "sender": leg(), "message": QUESTION, "metadata": {"message_id": "again"}}
    first = bot.post(body)
    searches = len(bot.knowledge.asked("/v1/search"))
    assert bot.post(body).body == first.body
    assert len(bot.knowledge.asked("/v1/search")) == searches


def test_an_erased_conversation_is_forgotten(bot: BotSystem) -> None:
    sender = leg()
    assert "/request_agent" in bot.say(sender, "What colour is the number seven?").buttons.values()
    assert bot.forget(sender.rpartition(".")[0]).status == 200
    # Nobody speaks in it again: what a turn that was still running learned is not kept, and the turn not completed.
    assert bot.say(sender, "Details", "/request_agent").status == 503
    assert bot.forget("").body["field"] == "conversation_id"
    assert bot.forget("c1", token=None).status == 401


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "😡😡😡",
        "👍",
        "我要退货，怎么办？",
        "أين طلبي؟",
        "x" * 65_536,
        "где мой заказ " * 4_000,
        "a\x00b",
        "\ud83d",
        "?!",
    ],
    ids=["empty", "blank", "emoji", "thumb", "chinese", "arabic", "64k", "long-russian", "nul", "surrogate", "marks"],
)
def test_no_text_breaks_the_bot(bot: BotSystem, text: str) -> None:
    answer = bot.say(leg(), text)
    assert answer.status == 200
    assert answer.body["replies"] or answer.body["handoff"]


def test_a_search_that_fails_is_a_503(bot: BotSystem) -> None:
    sender = leg()
    bot.say(sender, "hello")
    bot.knowledge.status = 500
    try:
        answer = bot.say(sender, "Which stove burns wood?")
    finally:
        bot.knowledge.status = 200
    assert answer.status == 503
    assert answer.body["error"]


def test_a_hanging_knowledge_base_is_a_503_within_the_gateways_deadline(bot: BotSystem) -> None:
    assert Settings().bot_deadline_s > TURN_DEADLINE_S
    bot.knowledge.hang()
    try:
        answer = bot.say(leg(), "Which lamp is the brightest one?")
    finally:
        bot.knowledge.release.set()
    assert answer.status == 503


def test_without_its_actions_the_bot_is_degraded_and_says_so(bot: BotSystem) -> None:
    bot.kill("actions")
    try:
        health = bot.http.get("/webhooks/gateway/health")
        assert health.status_code == 503
        assert health.json()["parts"] == {"model": "ok", "actions": "down"}
        for text in (QUESTION, "let me talk to a person"):
            answer = bot.say(leg(), text)
            assert answer.status == 503
            assert "replies" not in answer.body
    finally:
        bot.start_actions()
        bot.wait_for_actions()
    bot.wait_for_health()
    assert bot.say(leg(), QUESTION).status == 200


@pytest.mark.parametrize(
    ("module", "settings", "said"),
    [
        ("bot.serve", {}, "service token"),
        ("bot.train", {}, "service token"),
        ("bot.serve", {"TANDEM_RASA_PORT": "many"}, "TANDEM_RASA_PORT"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(
    tmp_path: Path, module: str, settings: dict[str, str], said: str
) -> None:
    environment = {**os.environ, "TANDEM_VAR": str(tmp_path), "TANDEM_RASA_PORT": str(free_port()), **settings}
    ended = subprocess.run(
        [str(RASA_PYTHON), "-m", module],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert said in ended.stderr
    assert ended.stderr.strip().count("\n") == 0
