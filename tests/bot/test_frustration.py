"""Frustration out of words and conversation: contributions that add up, in words an agent understands."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.frustration import LONG_S, combined, frustration, is_upset
from bot.escalation.rules import decide
from bot.escalation.thresholds import Thresholds
from bot.escalation.turns import Act, BotTurn, Cause, CustomerTurn, Reason, Result, Signal, Turn
from tests.bot.test_rules import BOTS, CUSTOMERS, SCORES, ask, did

LIMITS = Thresholds(request=0.6, frustration=0.66)
EDGY = 0.5  # a score of words that alone call nobody


def words_of(said: CustomerTurn, *before: Turn) -> dict[str, str]:
    return {signal.name: signal.words for signal in frustration(said, before, LIMITS)}


def edgy(text: str = "hm", **more: object) -> CustomerTurn:
    return ask(text, **{"frustration": EDGY, "question": 0.0, **more})


def test_each_hint_is_said_in_words_an_agent_understands() -> None:
    before: list[Turn] = [
        ask("where is my order", at=1.0),
        did(Result.ANSWERED),
        ask("no", intent="deny"),
        did(Result.NOT_HELPED),
        did(Result.ASKED_BACK, Cause.NOT_HELPED, "a", "b"),
        ask("where is my order", at=300.0),
        did(Result.ASKED_BACK, Cause.REPEATED, "a"),
    ]
    said = edgy("WHERE IS MY ORDER, i have been here for 20 minutes", at=1.0 + LONG_S)
    found = words_of(said, *before)
    assert found["not_helped"] == "said once that the answer did not help"
    assert found["failures"] == "the bot could not help once before"
    assert found["passed_over"] == "passed over the articles the bot offered twice"
    assert found["time_passed"] == "has been with the bot for 10 minutes"
    assert found["time_lost"].startswith("speaks of time lost")
    assert words_of(edgy("WHERE IS MY ORDER"), *before)["capitals"] == "wrote in capitals"
    assert words_of(edgy("where is my order"), *before)["repeated_question"] == "asked the same thing 3 times"


def test_shorter_and_harsher_messages_are_noticed() -> None:
    first = ask("hello, could you please tell me where my parcel is at the moment")
    second = ask("I asked where it is, please", frustration=0.2)
    assert "curt" in words_of(edgy("where is it"), first, second)
    assert "curt" not in words_of(edgy("where is it"), second, first)
    assert "curt" not in words_of(replace(edgy("where is it"), frustration=0.0), first, second)


@pytest.mark.parametrize(
    "text",
    [
        "I've been here for 20 minutes",
        "I have wasted an hour on this",
        "20 minutes in this chat and nothing",
        "čekám tady už 20 minut",
        "ztratil jsem s vámi hodinu",
        "laukiu jau 20 minučių",
        "jau valanda čia rašau",
        "ich warte hier seit 20 Minuten",
    ],
)
def test_time_lost_in_the_chat_is_heard(text: str) -> None:
    assert "time_lost" in words_of(edgy(text))


@pytest.mark.parametrize(
    "text",
    [
        "I have been waiting for my parcel for 3 weeks",
        "how many minutes do I boil it",
        "is the shop open 24 hours",
        "Za kolik hodin to dorazí?",
        "Per kiek valandų pristatysite?",
        "Wie viele Stunden hält der Akku?",
    ],
)
def test_other_times_are_not_time_lost_in_the_chat(text: str) -> None:
    assert "time_lost" not in words_of(edgy(text))


def test_the_conversation_carries_edgy_words_over_the_threshold() -> None:
    calm_start = [ask("one two")]
    assert decide([*calm_start, did(Result.ANSWERED), edgy()], LIMITS) is None or combined(
        frustration(edgy(), calm_start, LIMITS)
    ) < LIMITS.in_language("frustration", "en")
    failed = [ask("one two"), did(Result.ASKED_BACK, Cause.UNANSWERED, "a"), ask("three"), did(Result.NOT_HELPED)]
    decision = decide([*failed, edgy("this gets nowhere")], LIMITS)
    assert decision is not None
    assert decision.reason is Reason.FRUSTRATION
    assert {signal.name for signal in decision.signals} >= {"frustration", "failures", "not_helped"}


def test_a_calm_customer_is_never_called_frustrated() -> None:
    failed = [ask("one"), did(Result.ASKED_BACK, Cause.UNANSWERED, "a"), ask("no", intent="deny")]
    failed = [*failed, did(Result.NOT_HELPED), did(Result.ASKED_BACK, Cause.NOT_HELPED, "b")]
    assert combined(frustration(ask("could it be the size?", question=0.9), failed, LIMITS)) == 0


def test_angry_at_the_situation_is_served_kindly_and_once() -> None:
    """Upset words that are not aimed at the bot: it says sorry and answers; angry at the bot: a person."""
    upset = ask("my parcel was stolen, what can I do, I am so upset", upset=0.9, frustration=0.2)
    decision = decide([upset], LIMITS)
    assert decision is not None
    assert (decision.act, decision.kind) == (Act.ANSWER, True)
    answered = [upset, BotTurn(Result.ANSWERED, kind=True), ask("and when do I get my money", upset=0.9)]
    assert decide(answered, LIMITS) is None
    angry = decide([ask("you useless bot", upset=0.9, frustration=0.9)], LIMITS)
    assert angry is not None
    assert angry.reason is Reason.FRUSTRATION
    assert not angry.kind, "the line says sorry itself"


def test_asking_back_and_handing_off_are_kind_too() -> None:
    upset = ask("everything is ruined, who helps", upset=0.9)
    asked = decide([upset, did(Result.UNANSWERED)], LIMITS)
    assert asked is not None
    assert (asked.act, asked.kind) == (Act.ASK_BACK, True)
    handed = decide([replace(upset, request=0.9)], LIMITS)
    assert handed is not None
    assert (handed.reason, handed.kind) == (Reason.CUSTOMER_REQUEST, True)


def test_a_pressed_button_is_no_mood() -> None:
    assert not is_upset(ask("Refunds", upset=1.0, is_payload=True), LIMITS)


def test_anger_beside_another_reason_is_told_the_agent() -> None:
    decision = decide([ask("a human now, you useless bot", request=0.9, frustration=0.8)], LIMITS)
    assert decision is not None
    assert decision.reason is Reason.CUSTOMER_REQUEST
    assert [signal.name for signal in decision.signals] == ["request", "frustration"]


SIGNALS = st.lists(st.builds(Signal, st.just("x"), SCORES, st.just("x")), max_size=8)


@given(SIGNALS, SCORES)
def test_contributions_add_up(signals: list[Signal], score: float) -> None:
    alone = combined(signals)
    more = combined([*signals, Signal("y", score, "y")])
    assert 0 <= alone <= 1
    assert alone - 1e-9 <= more <= 1
    assert more >= score - 1e-9
    assert combined(signals) <= sum(signal.score for signal in signals) + 1e-9


@given(st.lists(CUSTOMERS | BOTS, max_size=10), CUSTOMERS, SCORES)
def test_more_anger_always_scores_more(before: list[Turn], said: CustomerTurn, score: float) -> None:
    low, high = sorted((said.frustration, score))
    calmer = combined(frustration(replace(said, frustration=low), before, LIMITS))
    angrier = combined(frustration(replace(said, frustration=high), before, LIMITS))
    assert calmer <= angrier + 1e-9


@given(st.lists(CUSTOMERS | BOTS, max_size=10), CUSTOMERS)
def test_every_contribution_is_a_probability_in_words(before: list[Turn], said: CustomerTurn) -> None:
    signals = frustration(said, before, LIMITS)
    assert all(0 <= signal.score <= 1 and signal.words for signal in signals)
    assert len({signal.name for signal in signals}) == len(signals)
