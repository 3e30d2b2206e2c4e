"""Replaying: what the rules of production make of what a recorded bot said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.thresholds import Thresholds
from bot.escalation.topics import read_topics
from bot.escalation.turns import CustomerTurn, Reason
from bot.evaluate.bot_turns import Kind, Utterance
from bot.evaluate.replay import Found, Outcome, Step, nearness, replay

LIMITS = Thresholds()
ANSWER = Utterance("We are open from nine to five.", Kind.ANSWERED)
LOST = Utterance("I did not understand that.", Kind.COULD_NOT)
OFFER = Utterance("Nothing found. Shall I get a person?", Kind.COULD_NOT, offers_person=True)


def asks(text: str, **scores: float) -> CustomerTurn:
    return CustomerTurn(text, question=0.9, **scores)


def after(*pairs: tuple[CustomerTurn, Utterance | None]) -> Outcome:
    return replay([Step(2 * n, said, did) for n, (said, did) in enumerate(pairs)], LIMITS)


def verdict(outcome: Outcome) -> tuple[str | None, int | None]:
    assert outcome.handoff == (outcome.reason is not None) == (outcome.turn is not None)
    return outcome.reason, outcome.turn


def test_an_answered_question_is_no_handoff() -> None:
    assert verdict(after((asks("when do you open"), ANSWER), (CustomerTurn("thanks", "thank"), None))) == (None, None)


def test_a_request_is_one_at_its_turn_and_later_turns_do_not_count() -> None:
    outcome = after(
        (asks("hello"), ANSWER), (asks("a person", request=0.9), ANSWER), (asks("x", frustration=1.0), None)
    )
    assert verdict(outcome) == ("customer_request", 2)
    assert outcome.signals["request"].score == 0.9


def test_the_second_failure_is_a_handoff_at_the_question_that_failed() -> None:
    outcome = after((asks("do you insure drones"), LOST), (asks("is my kite covered"), LOST), (asks("so?"), None))
    assert verdict(outcome) == ("low_confidence", 2)


def test_one_failure_is_none() -> None:
    assert verdict(after((asks("do you insure drones"), LOST))) == (None, None)
    assert verdict(after((asks("do you insure drones"), LOST), (asks("what about kites"), ANSWER))) == (None, None)


def test_coming_back_with_the_question_that_failed_is_a_second_failure() -> None:
    outcome = after((asks("do you insure drones?"), LOST), (asks("Do you insure drones"), None))
    assert verdict(outcome) == ("low_confidence", 2)
    assert verdict(after((asks("do you insure drones?"), LOST), (asks("opening hours please"), None))) == (None, None)


def test_the_same_text_again_is_a_repeated_answer() -> None:
    again = [(asks(text), ANSWER) for text in ("lost my key", "key is gone", "no key any more")]
    assert verdict(after(*again)) == ("repeated_question", 4)


def test_coming_back_to_a_repeated_answer_would_show_it_once_more() -> None:
    longer = Utterance("We are open from nine to five. On Sundays we are closed.", Kind.ANSWERED)
    outcome = after(
        (asks("and at Easter"), ANSWER), (asks("I mean the holiday"), longer), (asks("Easter Monday?"), None)
    )
    assert verdict(outcome) == ("repeated_question", 4)


def test_after_two_failures_any_question_fails() -> None:
    pairs = [(asks("joint thesis"), LOST), (asks("form"), ANSWER), (asks("confidential"), LOST), (asks("who?"), None)]
    assert verdict(after(*pairs)) == ("low_confidence", 6)


def test_yes_to_a_person_is_a_request_and_yes_to_an_article_is_a_choice() -> None:
    yes = CustomerTurn("yes", "affirm")
    assert verdict(after((asks("do you insure drones"), OFFER), (yes, None))) == ("customer_request", 2)
    offered = Utterance("Shall I connect you with an adviser?", Kind.OFFERS_PERSON, offers_person=True)
    assert verdict(after((asks("my bill is wrong"), offered), (yes, None))) == ("customer_request", 2)
    meant = Utterance("Did you mean the monthly fee?", Kind.ASKS_BACK)
    assert verdict(after((asks("fee"), meant), (yes, ANSWER))) == (None, None)


def test_yes_to_an_answer_given_again_accepts_no_offer() -> None:
    """Production asks back there and offers a person; the recorded bot did not."""
    asked = [(asks("when do you open"), ANSWER), (asks("and on sundays"), ANSWER)]
    assert verdict(after(*asked, (CustomerTurn("so?", "affirm"), None))) == (None, None)


def test_no_to_an_offer_of_a_person_is_no_request() -> None:
    offered = Utterance("Shall I connect you with an adviser?", Kind.OFFERS_PERSON, offers_person=True)
    assert verdict(after((asks("my bill is wrong"), offered), (CustomerTurn("no", "deny"), None))) == (None, None)


def test_a_detail_asked_for_is_neither_answer_nor_failure() -> None:
    number = Utterance("Please give me the order number.", Kind.ASKS_DETAIL)
    assert verdict(after((asks("where is it"), number), (CustomerTurn("no", "deny"), number))) == (None, None)


def test_what_an_agent_takes_over_is_over() -> None:
    steps = [Step(0, asks("hello"), ANSWER, ends=True), Step(3, asks("a person", request=0.9))]
    assert not replay(steps, LIMITS).handoff


def test_a_knowledge_base_counts_instead_of_the_recorded_bot() -> None:
    steps = [Step(0, asks("one"), ANSWER, Found(False)), Step(2, asks("two"), ANSWER, Found(False))]
    assert verdict(replay(steps, LIMITS)) == ("low_confidence", 2)
    steps = [Step(0, asks("one"), LOST, Found(True, "a")), Step(2, asks("two"), LOST, Found(True, "b"))]
    assert verdict(replay(steps, LIMITS)) == (None, None)


def test_alone_a_trigger_is_not_hidden_by_another() -> None:
    steps = [Step(0, asks("a person, you useless thing", request=0.9)), Step(2, asks("useless", frustration=1.0))]
    assert verdict(replay(steps, LIMITS, only=Reason.CUSTOMER_REQUEST)) == ("customer_request", 0)
    assert verdict(replay(steps, LIMITS, only=Reason.FRUSTRATION)) == ("frustration", 2)


@pytest.mark.parametrize(("score", "limit", "near"), [(0, 0.6, 0), (0.3, 0.6, 0.25), (0.6, 0.6, 0.5), (1, 0.6, 1)])
def test_nearness_puts_every_threshold_at_a_half(score: float, limit: float, near: float) -> None:
    assert nearness(score, limit) == pytest.approx(near)


UTTERANCES = st.one_of(
    st.none(),
    st.builds(Utterance, st.sampled_from(["a text", "another one", ""]), st.sampled_from(Kind), st.booleans()),
)
SAID = st.builds(
    CustomerTurn,
    st.sampled_from(["where is it", "where is it 12", "yes", ""]),
    st.sampled_from(["question", "affirm", "deny", "thank", "nlu_fallback", "unclear"]),
    request=st.floats(0, 1),
    frustration=st.floats(0, 1),
    question=st.floats(0, 1),
)


@given(st.lists(st.tuples(SAID, UTTERANCES), max_size=8))
def test_any_dialogue_gets_one_verdict(pairs: list[tuple[CustomerTurn, Utterance | None]]) -> None:
    outcome = after(*pairs)
    assert outcome.handoff == (outcome.reason is not None)
    assert outcome.turn in {2 * n for n in range(len(pairs))} | {None}
    assert all(0 <= score <= 1 for score in outcome.scores.values())
    assert outcome.handoff == (outcome.score >= 0.5) or not outcome.handoff


def test_a_sensitive_word_is_a_handoff_where_topics_are_given() -> None:
    topics = read_topics({"topics": [{"name": "law", "says": "speaks of the law", "words": ["lawyer"]}]})
    steps = [Step(0, asks("my lawyer asks when you open"), ANSWER)]
    assert verdict(replay(steps, LIMITS, topics=topics)) == ("policy", 0)
    assert verdict(replay(steps, LIMITS)) == (None, None)


def test_a_question_plainly_about_something_else_calls_nobody() -> None:
    far, near = Found(False, "a", 0.01, 0.1), Found(False, "a", 0.3, 0.6)
    swallow, condor = asks("how fast does a swallow fly"), asks("what is the capital of peru")
    steps = [Step(0, swallow, found=far), Step(2, condor, found=far)]
    assert verdict(replay(steps, LIMITS)) == (None, None)
    steps = [Step(0, swallow, found=near), Step(2, condor, found=near)]
    assert verdict(replay(steps, LIMITS)) == ("low_confidence", 2)
