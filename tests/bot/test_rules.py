"""The escalation rules: pure decisions over plain turns."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.rules import SMALL_TALK, decide
from bot.escalation.similarity import pack
from bot.escalation.thresholds import Thresholds
from bot.escalation.topics import read_topics
from bot.escalation.turns import Act, BotTurn, Cause, CustomerTurn, Reason, Result, Turn

LIMITS = Thresholds(request=0.6, frustration=0.6, question=0.5)


def ask(text: str = "where is my order", **more: object) -> CustomerTurn:
    return CustomerTurn(text=text, **{"question": 0.9, **more})  # type: ignore[arg-type]


def did(result: Result, cause: Cause | None = None, *offered: str) -> BotTurn:
    return BotTurn(result, cause, offered)


def outcome(*turns: Turn) -> tuple[Act, Reason | Cause | None] | None:
    decision = decide(turns, LIMITS)
    return None if decision is None else (decision.act, decision.reason or decision.cause)


def test_an_ordinary_question_is_left_to_the_ordinary_flow() -> None:
    assert outcome(ask()) is None
    assert outcome(ask(), did(Result.ANSWERED)) is None
    assert decide([], LIMITS) is None


def test_a_request_for_a_person_is_followed_at_any_time() -> None:
    wanted = (Act.HAND_OFF, Reason.CUSTOMER_REQUEST)
    assert outcome(ask("a human please", request=0.6)) == wanted
    assert outcome(ask(), did(Result.ANSWERED), ask("a human please", request=0.9)) == wanted
    assert outcome(ask("Talk to a person", intent="request_agent", is_payload=True)) == wanted
    assert outcome(ask("a human, you idiots", request=0.9, frustration=0.99)) == wanted


def test_the_typed_name_of_an_intent_is_no_request() -> None:
    assert outcome(ask("request_agent", intent="request_agent", request=0.0)) is None


def test_anger_at_the_service_is_handed_off() -> None:
    assert outcome(ask("you are useless", frustration=0.8)) == (Act.HAND_OFF, Reason.FRUSTRATION)
    assert outcome(ask("hm", frustration=0.55)) is None


def test_who_is_upset_and_asks_is_served_sooner_than_who_only_rages() -> None:
    assert outcome(ask("the tent leaks, what now", frustration=0.65, question=1.0)) == (Act.ANSWER, None)
    assert outcome(ask("what a mess you are", frustration=0.65, question=0.0)) == (Act.HAND_OFF, Reason.FRUSTRATION)


def test_failures_of_the_bot_add_to_words_that_are_not_calm() -> None:
    failed = [ask("one two"), did(Result.UNANSWERED), did(Result.ASKED_BACK, Cause.UNANSWERED, "a")]
    assert outcome(*failed, ask("this is getting silly", frustration=0.65)) == (Act.HAND_OFF, Reason.FRUSTRATION)
    assert outcome(*failed, ask("something else then", frustration=0.05)) is None


def test_low_confidence_asks_back_once_then_hands_off() -> None:
    first = [ask("who are the champions"), did(Result.UNANSWERED)]
    assert outcome(*first) == (Act.ASK_BACK, Cause.UNANSWERED)
    asked = [*first, did(Result.ASKED_BACK, Cause.UNANSWERED, "a", "b")]
    wanted = (Act.HAND_OFF, Reason.LOW_CONFIDENCE)
    assert outcome(*asked, ask("what about tomorrow"), did(Result.UNANSWERED)) == wanted
    assert outcome(*asked, ask("none of these", intent="deny", question=0.1)) == wanted


def test_an_answer_in_between_makes_good_for_asking_back() -> None:
    asked = [ask("one"), did(Result.UNANSWERED), did(Result.ASKED_BACK, Cause.UNANSWERED)]
    between = [*asked, ask("two"), did(Result.ANSWERED), ask("three"), did(Result.UNANSWERED)]
    assert outcome(*between) == (Act.ASK_BACK, Cause.UNANSWERED)


def test_yes_to_a_person_alone_is_a_request() -> None:
    asked = [ask("one"), did(Result.UNANSWERED), did(Result.ASKED_BACK, Cause.UNANSWERED)]
    assert outcome(*asked, ask("yes", intent="affirm", question=0.1)) == (Act.HAND_OFF, Reason.CUSTOMER_REQUEST)


def test_the_same_question_is_asked_back_then_handed_off() -> None:
    turns: list[Turn] = [ask(), did(Result.ANSWERED), ask("Where is my order?")]
    assert outcome(*turns) == (Act.ASK_BACK, Cause.REPEATED)
    turns += [did(Result.ASKED_BACK, Cause.REPEATED, "a"), ask("where IS my order")]
    assert outcome(*turns) == (Act.HAND_OFF, Reason.REPEATED_QUESTION)


def test_the_same_meaning_in_other_words_is_the_same_question() -> None:
    near, far = pack([1.0, 0.1, 0.0]), pack([0.0, 0.1, 1.0])
    asked = [ask("where is my order", vector=near), did(Result.ANSWERED)]
    assert outcome(*asked, ask("has my parcel been sent", vector=near)) == (Act.ASK_BACK, Cause.REPEATED)
    assert outcome(*asked, ask("do you sell kayaks", vector=far)) is None


def test_another_number_is_another_question() -> None:
    assert outcome(ask("where is order 12"), did(Result.ANSWERED), ask("where is order 13")) is None


def test_a_repeat_the_action_found_counts_too() -> None:
    turns: list[Turn] = [ask("a b c"), did(Result.ANSWERED), ask("d e f"), did(Result.REPEATED)]
    assert outcome(*turns) == (Act.ASK_BACK, Cause.REPEATED)
    turns += [did(Result.ASKED_BACK, Cause.REPEATED), ask("g h i"), did(Result.REPEATED)]
    assert outcome(*turns) == (Act.HAND_OFF, Reason.REPEATED_QUESTION)


def thumb(down: int) -> CustomerTurn:
    return ask("", intent="feedback", question=0.0, is_payload=True, is_thumb=True, thumbs_down=down)


def test_two_thumbs_down_hand_off() -> None:
    turns: list[Turn] = [ask("one"), did(Result.ANSWERED), ask("two"), did(Result.ANSWERED), thumb(2)]
    decision = decide(turns, LIMITS)
    assert decision is not None
    assert (decision.act, decision.reason) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)
    assert [signal.words for signal in decision.signals] == ["said twice that the answer did not help"]


def test_a_thumb_down_counts_with_what_was_pressed_or_said() -> None:
    """In either order; one verdict alone asks back."""
    turns: list[Turn] = [ask("one", thumbs_down=0), did(Result.ANSWERED)]
    assert outcome(*turns, thumb(1)) == (Act.ASK_BACK, Cause.NOT_HELPED)
    pressed = ask("no", intent="feedback", is_payload=True, thumbs_down=1)
    assert outcome(*turns, pressed, did(Result.NOT_HELPED)) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)
    said = [ask("no", intent="deny", question=0.1), did(Result.NOT_HELPED), did(Result.ASKED_BACK, Cause.NOT_HELPED)]
    assert outcome(*turns, *said, thumb(1)) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)


def test_a_thumb_down_makes_short_temper_frustration() -> None:
    turns: list[Turn] = [ask("one two"), did(Result.ANSWERED)]
    calm = decide([*turns, ask("this is getting silly", frustration=0.65)], LIMITS)
    assert calm is None or calm.act is not Act.HAND_OFF
    rated = ask("this is getting silly", frustration=0.65, thumbs_down=1)
    assert outcome(*turns, rated) == (Act.HAND_OFF, Reason.FRUSTRATION)


def test_a_thumb_is_no_question_asked_again_and_passes_over_nothing() -> None:
    asked = [ask("one"), did(Result.UNANSWERED), did(Result.ASKED_BACK, Cause.UNANSWERED, "a"), thumb(2)]
    decision = decide([*asked[:3], thumb(1), did(Result.ASKED_BACK, Cause.NOT_HELPED), thumb(2)], LIMITS)
    assert decision is not None
    assert [signal.name for signal in decision.signals] == ["not_helped"]
    assert outcome(*asked) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)


def test_no_after_an_answer_is_a_verdict_and_the_second_one_hands_off() -> None:
    turns: list[Turn] = [ask(), did(Result.ANSWERED), ask("no", intent="deny", question=0.1)]
    assert outcome(*turns) == (Act.RECORD_FEEDBACK, None)
    turns.append(did(Result.NOT_HELPED))
    assert outcome(*turns) == (Act.ASK_BACK, Cause.NOT_HELPED)
    turns += [did(Result.ASKED_BACK, Cause.NOT_HELPED, "a"), ask("a", intent="choose_article", is_payload=True)]
    turns += [did(Result.ANSWERED), ask("no", intent="feedback", is_payload=True), did(Result.NOT_HELPED)]
    assert outcome(*turns) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)


def test_a_greeting_with_a_question_in_it_is_a_question() -> None:
    assert outcome(ask("hi where is my order", intent="greet", question=0.8)) == (Act.ANSWER, None)
    assert outcome(ask("hi", intent="greet", question=0.1)) is None


def test_after_a_handoff_the_past_does_not_count() -> None:
    before: list[Turn] = [ask(), did(Result.ANSWERED), ask("human", request=1.0), did(Result.HANDED_OFF)]
    assert outcome(*before) is None
    assert outcome(*before, ask()) is None


SCORES = st.floats(0, 1)
CUSTOMERS = st.builds(
    CustomerTurn,
    text=st.sampled_from(["a question", "another one", "no", "", "ünïcode ☃", "order 12"]),
    intent=st.sampled_from(["question", "request_agent", "frustration", "nlu_fallback", "choose_article", *SMALL_TALK]),
    request=SCORES,
    frustration=SCORES,
    question=SCORES,
    vector=st.sampled_from(["", pack([1.0, 0.0]), pack([0.0, 1.0])]),
    is_payload=st.booleans(),
)
BOTS = st.builds(
    BotTurn, st.sampled_from(Result), st.none() | st.sampled_from(Cause), st.sampled_from([(), ("a",), ("a", "b")])
)
DIALOGUES = st.lists(CUSTOMERS | BOTS, min_size=1, max_size=12)


@given(DIALOGUES)
def test_every_handoff_has_a_reason_and_a_signal_in_words(turns: list[Turn]) -> None:
    decision = decide(turns, LIMITS)
    if decision is not None and decision.act is Act.HAND_OFF:
        assert decision.reason is not None
        assert decision.signals
        assert all(signal.words and 0 <= signal.score <= 1 for signal in decision.signals)
    if decision is not None and decision.act is Act.ASK_BACK:
        assert decision.cause is not None


@given(DIALOGUES)
def test_a_typed_request_always_reaches_a_person(turns: list[Turn]) -> None:
    decision = decide([*turns, ask("a person", request=0.99)], LIMITS)
    assert decision is not None
    assert decision.reason is Reason.CUSTOMER_REQUEST


@given(DIALOGUES)
def test_the_bot_never_asks_back_three_times_running(turns: list[Turn]) -> None:
    """Unanswered, unanswered, unanswered: a person comes at the second at the latest."""
    turns = [*turns, ask("q"), did(Result.ASKED_BACK, Cause.UNANSWERED), ask("r"), did(Result.UNANSWERED)]
    decision = decide(turns, LIMITS)
    assert decision is not None
    assert decision.act is Act.HAND_OFF


@given(DIALOGUES, SCORES, SCORES)
def test_more_anger_never_means_less_of_a_person(turns: list[Turn], a: float, b: float) -> None:
    calm, angry = sorted((a, b))
    if (first := decide([*turns, ask("x", frustration=calm)], LIMITS)) and first.act is Act.HAND_OFF:
        second = decide([*turns, ask("x", frustration=angry)], LIMITS)
        assert second is not None
        assert second.act is Act.HAND_OFF


TOPICS = read_topics(
    {
        "topics": [
            {"name": "legal_threat", "says": "speaks of the law", "words": ["lawyer"]},
            {"name": "self_harm", "says": "may want to harm themselves", "urgent": True, "words": ["kill myself"]},
        ]
    }
)


def test_a_sensitive_word_calls_a_person_and_says_which_topic() -> None:
    decision = decide([ask("my lawyers will write to you")], LIMITS, TOPICS)
    assert decision is not None
    assert (decision.act, decision.reason, decision.topic) == (Act.HAND_OFF, Reason.POLICY, "legal_threat")
    assert decision.signals[0].words == "speaks of the law (lawyer): “my lawyers will write to you”"
    assert decide([ask("my lawyers will write to you")], LIMITS) is None


def test_a_topic_comes_before_a_request_and_the_agent_reads_both() -> None:
    for text in ("a person or I kill myself", "a person or my lawyer comes"):
        decision = decide([ask(text, request=0.9)], LIMITS, TOPICS)
        assert decision is not None
        assert decision.reason is Reason.POLICY
        assert {signal.name for signal in decision.signals} == {"policy", "request"}


def test_a_topic_that_comes_last_leaves_requests_and_anger_what_they_are() -> None:
    topics = read_topics({"topics": [{"name": "authority", "says": "complains", "last": True, "words": ["ombudsman"]}]})
    for scores, reason in (
        ({"request": 0.9}, Reason.CUSTOMER_REQUEST),
        ({"frustration": 0.9}, Reason.FRUSTRATION),
        ({}, Reason.POLICY),
    ):
        decision = decide([ask("the ombudsman will hear of it", **scores)], LIMITS, topics)
        assert decision is not None
        assert decision.reason is reason


def test_an_article_for_people_only_is_a_handoff() -> None:
    found = BotTurn(Result.PERSON_ONLY, article_id="chargebacks", title="Chargebacks")
    decision = decide([ask("can I charge it back"), found], LIMITS)
    assert decision is not None
    assert (decision.act, decision.reason) == (Act.HAND_OFF, Reason.POLICY)
    assert decision.signals[0].words == "the article “Chargebacks” is for people only"


def test_what_may_be_no_question_needs_a_surer_answer() -> None:
    doubtful = decide([ask("hm the thing", intent="nlu_fallback", question=0.2)], LIMITS)
    assert doubtful is not None
    assert (doubtful.act, doubtful.sure) == (Act.ANSWER, LIMITS.doubtful)
    assert decide([ask("where is the thing", intent="nlu_fallback", question=0.9)], LIMITS) is None


def test_no_after_a_pleasantry_is_no_answer_to_an_older_offer() -> None:
    asked = [ask("one"), did(Result.UNANSWERED), did(Result.ASKED_BACK, Cause.UNANSWERED, "a")]
    assert outcome(*asked, ask("thanks", intent="thank", question=0.1), ask("no", intent="deny", question=0.1)) is None


class TestAfterAHandBack:
    """A new leg in an episode that was with a person before."""

    def test_the_same_unanswered_question_does_not_bounce_straight_back(self) -> None:
        """A first leg hands off at the second unanswered message; after a hand-back for that it takes one more."""
        first = [ask("a b c"), did(Result.UNANSWERED), did(Result.ASKED_BACK, Cause.UNANSWERED)]
        again = ask("d e f")
        assert outcome(*first, again, did(Result.UNANSWERED)) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)
        back = replace(again, earlier=("low_confidence",))
        assert outcome(*first, back, did(Result.UNANSWERED)) == (Act.ASK_BACK, Cause.UNANSWERED)
        other = replace(again, earlier=("frustration",))
        assert outcome(*first, other, did(Result.UNANSWERED)) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)

    def test_a_repeated_question_takes_one_more(self) -> None:
        turns: list[Turn] = [ask(), did(Result.ANSWERED), ask(), did(Result.ASKED_BACK, Cause.REPEATED)]
        back = ask(earlier=("repeated_question",))
        assert outcome(*turns, back) == (Act.ASK_BACK, Cause.REPEATED)
        assert outcome(*turns, back, did(Result.ASKED_BACK, Cause.REPEATED), back) == (
            Act.HAND_OFF,
            Reason.REPEATED_QUESTION,
        )

    def test_what_is_left_of_the_anger_is_served_and_new_anger_gets_a_person(self) -> None:
        assert outcome(ask("as I said", frustration=0.65, question=0.0)) == (Act.HAND_OFF, Reason.FRUSTRATION)
        left = ask("as I said", frustration=0.65, question=0.0, earlier=("frustration",))
        assert outcome(left) == (Act.ANSWER, None)
        anew = ask("you useless bot", frustration=0.9, question=0.0, earlier=("frustration",))
        assert outcome(anew) == (Act.HAND_OFF, Reason.FRUSTRATION)

    def test_a_new_cause_is_a_new_handoff(self) -> None:
        turns = [ask("a b c"), did(Result.UNANSWERED), did(Result.ASKED_BACK, Cause.UNANSWERED, "a")]
        no = ask("no", intent="deny", question=0.1, earlier=("low_confidence",))
        assert outcome(*turns, no) == (Act.HAND_OFF, Reason.LOW_CONFIDENCE)


REASONS = st.lists(st.sampled_from([reason.value for reason in Reason]), unique=True).map(tuple)


@given(DIALOGUES, REASONS)
def test_a_request_works_whatever_was_before(turns: list[Turn], earlier: tuple[str, ...]) -> None:
    for asked in (ask("a person", request=0.99, earlier=earlier), ask("x", intent="request_agent", is_payload=True)):
        decision = decide([*turns, asked], LIMITS)
        assert decision is not None
        assert decision.reason is Reason.CUSTOMER_REQUEST


@given(DIALOGUES, REASONS)
def test_an_earlier_handoff_never_makes_the_next_one_come_sooner(turns: list[Turn], earlier: tuple[str, ...]) -> None:
    later = [replace(turn, earlier=earlier) if isinstance(turn, CustomerTurn) else turn for turn in turns]
    first, second = decide(turns, LIMITS), decide(later, LIMITS)
    if second is not None and second.act is Act.HAND_OFF:
        assert first is not None
        assert first.act is Act.HAND_OFF


def test_who_asks_again_and_is_not_calm_about_it_is_fed_up() -> None:
    """The agent reads both: that it was the third time, and how it sounded."""
    earlier = [ask(), did(Result.ANSWERED), ask(), did(Result.ASKED_BACK, Cause.REPEATED)]
    assert outcome(*earlier, ask()) == (Act.HAND_OFF, Reason.REPEATED_QUESTION)
    decision = decide([*earlier, ask(frustration=0.4, question=0.5)], LIMITS)
    assert decision is not None
    assert decision.reason is Reason.FRUSTRATION
    assert {"frustration", "repeated_question"} <= {signal.name for signal in decision.signals}


def test_a_few_words_to_an_answer_must_sound_plainly_angry() -> None:
    """Most of them are content; after the bot failed, or at length, the same tone is anger."""
    answered = [ask("how far is it"), did(Result.ANSWERED)]
    limit = LIMITS.in_language("frustration", "en")
    short = ask("then I'll walk", frustration=limit + (1 - limit) / 4, question=0.0)
    assert outcome(*answered, short) is None or outcome(*answered, short)[0] is not Act.HAND_OFF
    handed = (Act.HAND_OFF, Reason.FRUSTRATION)
    assert outcome(*answered, replace(short, frustration=0.95)) == handed
    assert outcome(*answered, replace(short, text="I did not ask you for the way to the moon")) == handed
    assert outcome(short) == handed
    failed = [ask("a"), did(Result.UNANSWERED), did(Result.ASKED_BACK, Cause.UNANSWERED), *answered]
    assert outcome(*failed, short) == handed


def test_who_objects_to_the_same_answer_again_is_fed_up_and_who_still_asks_is_not() -> None:
    shown = [ask("how do I return it"), did(Result.ANSWERED), ask("not that", question=0.1), did(Result.REPEATED)]
    turns = [*shown, did(Result.ASKED_BACK, Cause.REPEATED)]
    decision = decide([*turns, ask("the page is blank", question=0.1), did(Result.REPEATED)], LIMITS)
    assert decision is not None
    assert decision.reason is Reason.FRUSTRATION
    assert [signal.name for signal in decision.signals] == ["objects", "repeated_question"]
    assert "the page is blank" in decision.signals[0].words
    for asked in (ask("and where do I take it", question=0.9), ask("how do I return it", question=0.1)):
        assert outcome(*turns, asked, did(Result.REPEATED)) == (Act.HAND_OFF, Reason.REPEATED_QUESTION)


def test_asking_back_about_a_repetition_does_not_count_as_another_one() -> None:
    """What was shown comes up again, is asked back about, and comes up once more: that is three times."""
    turns = [
        *(ask("how do I return it"), did(Result.ANSWERED)),
        *(ask("sending it back, how"), did(Result.REPEATED), did(Result.ASKED_BACK, Cause.REPEATED)),
        *(ask("back with it, where to"), did(Result.REPEATED)),
    ]
    decision = decide(turns, LIMITS)
    assert decision is not None
    assert decision.reason is Reason.REPEATED_QUESTION
    assert decision.signals[0].words == "asked the same thing 3 times"
