"""The bot's own words: they promise a person exactly where a handoff is in the reply, and never a time.

Complaint: the bot says it transferred and no transfer happened (ANCHORS, number 8).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.answer import PERSON_ONLY, ActionAnswer
from actions.ask_back import ActionAskBack
from actions.feedback import ActionRecordFeedback
from actions.handoff import ActionHandoff
from actions.knowledge_base_client import KnowledgeBaseClient
from actions.texts import LANGUAGES, text_of
from tests.actions.dialogue import Dialogue, domain
from tests.actions.knowledge_base import TOKEN, StandIn, hit

PROMISES = ("i am passing", "předávám", "perduodu", "übergebe ich", "ich übergebe")
TIMES = (
    "minute",
    "moment",
    "shortly",
    "soon",
    "second",
    "minut",
    "chvíl",
    "brzy",
    "netrukus",
    "tuoj",
    "gleich",
    "bald",
)
REASONS = ("customer_request", "frustration", "low_confidence", "repeated_question", "policy")
PATIENCE_S = 30.0  # for a call, on a busy machine
CAUSES = ("unanswered", "outside", "repeated", "not_helped", "unclear")


def promises(text: str) -> bool:
    return any(promise in text.lower() for promise in PROMISES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_handoff_line_promises_a_person_and_no_other_text_does(language: str) -> None:
    for response in domain()["responses"]:
        text = text_of(domain(), response, language)
        assert promises(text) == response.startswith("utter_handoff_"), response
        assert not any(word in text.lower() for word in TIMES), response
        assert "\n" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_in_every_language_once(language: str) -> None:
    for response in domain()["responses"]:
        if language != "en":
            assert text_of(domain(), response, language) != text_of(domain(), response, "en"), response


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all examples of a property, which is no coroutine itself."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def base() -> Iterator[StandIn]:
    stand_in = StandIn()
    stand_in.answer("where is it", hit("where", "It is in the post."))
    stand_in.answer("my secret matter", hit("secret", "For agents only.", tags=[PERSON_ONLY]))
    yield stand_in
    stand_in.close()


STEPS = st.tuples(
    st.sampled_from(["answer", "ask_back", "feedback", "handoff"]),
    st.sampled_from(["where is it", "my secret matter", "what is the moon made of", "order 4711 please", "🏕️", ""]),
    st.fixed_dictionaries(
        {
            "reason": st.sampled_from([None, *REASONS]),
            "cause": st.sampled_from([None, *CAUSES]),
            "topic": st.sampled_from([None, "self_harm", "danger", "press"]),
            "kind": st.booleans(),
            "sure": st.sampled_from([0.0, 0.95]),
            "details": st.sampled_from([{}, {"order": "4711", "email": "a@example.com"}]),
        }
    ),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(language=st.sampled_from(LANGUAGES), steps=st.lists(STEPS, min_size=1, max_size=5))
def test_a_person_is_promised_exactly_where_a_handoff_is_in_the_reply(
    loop: asyncio.AbstractEventLoop, base: StandIn, language: str, steps: list[tuple[str, str, dict[str, object]]]
) -> None:
    async def play() -> None:
        client = KnowledgeBaseClient(base.url, TOKEN, PATIENCE_S)
        actions = {
            "answer": ActionAnswer(client),
            "ask_back": ActionAskBack(client),
            "feedback": ActionRecordFeedback(client),
            "handoff": ActionHandoff(client),
        }
        dialogue = Dialogue(language)
        for name, text, decision in steps:
            dialogue.says(text).decided(**decision)
            outcome, said = await dialogue.run(actions[name])
            handoffs = [message["custom"]["handoff"] for message in said if (message["custom"] or {}).get("handoff")]
            spoken = " ".join(message["text"] or "" for message in said)
            assert not promises(spoken), "outside a handoff nobody is promised"
            assert len(handoffs) == (name == "handoff") == (outcome["result"] == "handed_off")
            for handoff in handoffs:
                assert promises(handoff["line"])
                assert "\n" not in handoff["line"]
                assert "{" not in handoff["line"]
                assert len(handoff["summary"].splitlines()) <= 3
            assert "For agents only." not in spoken
        await client.aclose()

    loop.run_until_complete(play())
