"""Questions plainly about something else, and not getting anywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.outside import insists, is_plainly_outside, is_readable
from bot.escalation.progress import asked_back_since_answer, stuck_turns
from bot.escalation.rules import decide
from bot.escalation.similarity import pack
from bot.escalation.thresholds import Thresholds
from bot.escalation.turns import Act, BotTurn, Cause, CustomerTurn, Decision, Reason, Result, Turn
from tests.bot.test_rules import BOTS, CUSTOMERS, ask, did

LIMITS = Thresholds(request=0.6, frustration=0.66)
FAR = BotTurn(Result.UNANSWERED, confidence=0.02, nearness=0.1)
NEAR = BotTurn(Result.UNANSWERED, confidence=0.3, nearness=0.6)
TOLD = did(Result.ASKED_BACK, Cause.OUTSIDE)
SWALLOW = ask("how fast does a swallow fly", vector=pack([1.0, 0.0, 0.1]))
CONDOR = ask("what is the capital of peru", vector=pack([0.0, 1.0, 0.1]))


def decided(*turns: Turn) -> tuple[Act, Reason | Cause | None] | None:
    decision = decide(turns, LIMITS)
    return None if decision is None else (decision.act, decision.reason or decision.cause)


def test_a_question_about_something_else_is_told_so_and_wakes_nobody() -> None:
    assert decided(SWALLOW, FAR) == (Act.ASK_BACK, Cause.OUTSIDE)
    assert decided(SWALLOW, FAR, TOLD, CONDOR, FAR) == (Act.ASK_BACK, Cause.OUTSIDE)


def test_a_related_question_is_asked_back_with_articles() -> None:
    assert decided(SWALLOW, NEAR) == (Act.ASK_BACK, Cause.UNANSWERED)
    assert decided(SWALLOW, FAR, TOLD, CONDOR, NEAR) == (Act.ASK_BACK, Cause.UNANSWERED)


@pytest.mark.parametrize(
    "reply",
    [
        replace(SWALLOW, text="so how fast does a swallow fly then"),
        ask("But it is important, how fast is it"),
        ask("None of these is what I mean", question=0.1),
        ask("no", intent="deny", question=0.1),
    ],
)
def test_a_customer_who_insists_reaches_a_person(reply: CustomerTurn) -> None:
    turns = [SWALLOW, FAR, TOLD, reply]
    decision = decide(turns, LIMITS) or decide([*turns, FAR], LIMITS)
    assert decision is not None
    assert decision.reason is Reason.LOW_CONFIDENCE
    assert decision.signals[0].words


def test_asking_for_a_person_always_works() -> None:
    assert decided(SWALLOW, FAR, TOLD, ask("a person then", request=0.9)) == (Act.HAND_OFF, Reason.CUSTOMER_REQUEST)


def test_an_ok_to_being_told_is_no_request() -> None:
    assert decided(SWALLOW, FAR, TOLD, ask("ok", intent="affirm", question=0.1)) is None


@pytest.mark.parametrize("text", ["no thanks", "no, never mind", "ne, děkuji", "ne, ačiū", "nein danke"])
def test_a_polite_no_to_being_told_wakes_nobody(text: str) -> None:
    assert decided(SWALLOW, FAR, TOLD, ask(text, intent="deny", question=0.1)) is None


def test_after_asking_back_nothing_is_called_outside() -> None:
    asked = [ask("what about the thing with the strap"), NEAR, did(Result.ASKED_BACK, Cause.UNANSWERED, "a")]
    assert decided(*asked, CONDOR, FAR) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)


@pytest.mark.parametrize(
    "said",
    [
        ask("hm", question=0.9),  # too little to understand
        ask("où est donc ma commande svp merci", question=0.9),  # another language
        ask("我的订单在哪里", question=0.9),
        ask("is there anybody there to help me", question=0.9, request=0.4),
        ask("what is this nonsense you wrote to me", question=0.9, frustration=0.4),
        ask("what shall I do, my dog died in it", question=0.9, upset=0.8),
        ask("the capital of peru I mean", question=0.2),
        ask("how fast is it", intent="frustration"),
    ],
)
def test_what_is_not_understood_or_not_calm_is_never_called_outside(said: CustomerTurn) -> None:
    assert not is_plainly_outside(said, FAR, LIMITS)
    decision = decide([said, FAR], LIMITS)
    assert decision is not None
    assert decision.cause is Cause.UNANSWERED


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("how do I get to the moon", "en"),
        ("jak se dostanu na měsíc", "cs"),
        ("kaip nuskristi į mėnulį", "lt"),
        ("wie komme ich zum Mond", "de"),
    ],
)
def test_each_language_is_readable_as_itself(text: str, language: str) -> None:
    assert is_readable(ask(text, language=language))


@pytest.mark.parametrize("text", ["it is important!", "je to důležité", "tai svarbu", "es ist dringend"])
def test_insisting_is_heard(text: str) -> None:
    assert insists(text)


def test_a_foreign_question_is_judged_by_confidence_alone() -> None:
    said = ask("jak rychle létá vlaštovka", language="cs")
    assert is_plainly_outside(said, replace(FAR, nearness=0.9), LIMITS)
    assert not is_plainly_outside(said, replace(FAR, confidence=0.3), LIMITS)


UNCLEAR = ask("🏕️", intent="unclear", question=0.0)


def test_nothing_to_understand_reaches_a_person_in_the_end() -> None:
    assert decided(UNCLEAR) is None
    assert decided(UNCLEAR, UNCLEAR) == (Act.ASK_BACK, Cause.UNCLEAR)
    turns: list[Turn] = [UNCLEAR, UNCLEAR, did(Result.ASKED_BACK, Cause.UNCLEAR), UNCLEAR]
    assert decided(*turns) == (Act.ASK_BACK, Cause.UNCLEAR)
    turns += [did(Result.ASKED_BACK, Cause.UNCLEAR), UNCLEAR]
    assert decided(*turns) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)


def test_bare_yes_and_no_do_not_go_on_for_ever() -> None:
    no, yes = ask("no", intent="deny", question=0.0), ask("yes", intent="affirm", question=0.0)
    assert decided(no, yes, no) is None
    assert decided(no, yes, no, yes) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)


def test_pleasantries_are_no_lack_of_progress() -> None:
    hello, thanks = ask("hi", intent="greet", question=0.0), ask("thanks", intent="thank", question=0.0)
    assert decided(*[hello, thanks] * 6) is None
    assert stuck_turns([hello, thanks, hello]) == 0


def test_an_answer_is_progress_until_it_did_not_help() -> None:
    answered = [UNCLEAR, UNCLEAR, ask("a question"), did(Result.ANSWERED)]
    assert stuck_turns(answered) == 0
    assert stuck_turns([*answered, ask("no", intent="deny"), did(Result.NOT_HELPED)]) == 4
    assert stuck_turns([*answered, ask("yes", intent="affirm"), did(Result.HELPED)]) == 0


@given(st.lists(CUSTOMERS | BOTS, max_size=12), st.floats(0, 1), st.floats(0, 1))
def test_whoever_keeps_asking_what_is_not_answered_gets_a_person_or_is_told(
    turns: list[Turn], confidence: float, nearness: float
) -> None:
    """No endless loop of the same reply: asked back at most once more, then a person, or told that it is outside."""
    unanswered = BotTurn(Result.UNANSWERED, confidence=confidence, nearness=nearness)
    turns = [*turns, ask("is the blue one lighter", question=0.9)]
    seen: list[Decision] = []
    for _ in range(6):
        decision = decide([*turns, unanswered], LIMITS)
        assert decision is not None
        seen.append(decision)
        if decision.act is Act.HAND_OFF:
            break
        turns += [unanswered, BotTurn(Result.ASKED_BACK, decision.cause), ask("is the blue one lighter", question=0.9)]
    assert seen[-1].act is Act.HAND_OFF
    assert len(seen) <= 3


@given(st.lists(CUSTOMERS | BOTS, max_size=12))
def test_counts_are_counts(turns: list[Turn]) -> None:
    assert 0 <= stuck_turns(turns) <= sum(isinstance(turn, CustomerTurn) for turn in turns)
    assert 0 <= asked_back_since_answer(turns) <= len(turns)
