"""The rules of a conversation, one statement a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from handoff_gateway.core import commands as c
from handoff_gateway.core.conversation import TRANSITIONS, Conversation, apply, decide, replay
from handoff_gateway.core.deadlines import next_deadline
from handoff_gateway.core.events import (
    EVENTS,
    AgentName,
    AlertRaised,
    Cause,
    HandedOff,
    MessagePosted,
    Owner,
    OwnerChanged,
    Recorded,
)
from handoff_gateway.core.house import House
from handoff_gateway.errors import (
    AlreadyClaimedError,
    ConversationClosedError,
    CorruptLogError,
    ForbiddenError,
    InvalidTransitionError,
    NotFoundError,
    StaleEpochError,
)
from handoff_gateway.store import snapshot

NOW = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
ADA, BO = AgentName("acc_a", "Ada"), AgentName("acc_b", "Bo")
BUTTON = {"title": "Talk to a person", "payload": "/request_agent"}
SOURCE = {"article_id": "return-an-item", "title": "Return an item", "url": "/help/return-an-item", "passage": "…"}


def after(*commands: c.Command, language: str = "en") -> Conversation:
    state = Conversation("con_1", language)
    for number, command in enumerate(commands):
        for recorded in decide(state, command, NOW + timedelta(seconds=number)):
            state = apply(state, recorded)
    return state


def kinds(recorded: list[Recorded]) -> list[str]:
    return [item.event.kind for item in recorded]


ASKED = c.CustomerSends("m1", "Where is my parcel?")
WANTED = c.RequestAgent("m2")
CLAIMED = c.Claim(ADA)


def answered(epoch: int = 1, seq: int = 1, handoff: c.BotHandoff | None = None) -> c.PostBotReply:
    message = c.BotMessage("On its way.", {"buttons": [BUTTON], "sources": [SOURCE]})
    return c.PostBotReply(epoch, seq, (message,), handoff)


def test_every_command_has_a_rule_for_every_owner() -> None:
    assert set(TRANSITIONS) == {(command, owner) for command in get_args(c.Command) for owner in Owner}


def test_an_unknown_command_is_a_defect() -> None:
    with pytest.raises(InvalidTransitionError):
        decide(Conversation("con_1"), "claim", NOW)  # type: ignore[arg-type]


def test_a_conversation_begins_with_the_bot_and_an_empty_log() -> None:
    state = Conversation("con_1")
    assert (state.owner, state.seq, state.epoch, state.episode, state.leg) == (Owner.BOT, 0, 1, 1, 1)


def test_what_the_customer_writes_is_owed_an_answer_until_the_bot_gives_it() -> None:
    assert after(ASKED).pending == (1,)
    assert after(ASKED, c.CustomerSends("m3", "And when?")).pending == (1, 2)
    assert after(ASKED, c.CustomerSends("m3", "And when?"), answered()).pending == (2,)


def test_turns_are_counted_by_customer_message_not_by_reply() -> None:
    two = c.PostBotReply(1, 1, (c.BotMessage("One."), c.BotMessage("Two.")))
    assert after(ASKED, two).turns == 1


def test_a_bot_reply_of_an_old_epoch_is_refused() -> None:
    for commands in ((ASKED, CLAIMED), (ASKED, WANTED), (ASKED, c.EndEpisode())):
        with pytest.raises(StaleEpochError):
            decide(after(*commands), answered(), NOW)


def test_a_bot_reply_after_a_hand_back_is_refused_too() -> None:
    with pytest.raises(StaleEpochError):
        decide(after(ASKED, CLAIMED, c.HandBack(ADA)), answered(), NOW)


def test_a_message_is_answered_once() -> None:
    with pytest.raises(StaleEpochError):
        decide(after(ASKED, answered()), answered(), NOW)


def test_the_bots_handoff_is_stored_with_its_last_words_in_one_go() -> None:
    wish = c.BotHandoff("frustration", "I get a colleague.", "Late.", "cs", {"anger": 0.9})
    recorded = decide(after(ASKED), answered(handoff=wish), NOW)
    assert kinds(recorded) == ["message", "handoff", "owner"]
    handoff = recorded[1].event
    assert isinstance(handoff, HandedOff)
    assert (handoff.line, handoff.language, handoff.signals) == ("I get a colleague.", "cs", {"anger": 0.9})


def test_what_the_bots_handoff_leaves_out_is_filled_in() -> None:
    state = after(ASKED, answered(), c.CustomerSends("m3", "Kde je?"), language="cs")
    recorded = decide(state, c.PostBotReply(1, 3, (), c.BotHandoff("low_confidence")), NOW)
    handoff = recorded[0].event
    assert isinstance(handoff, HandedOff)
    assert "kolegovi" in handoff.line
    assert handoff.summary == "Where is my parcel?\nKde je?"
    assert handoff.tried == ({"article_id": "return-an-item", "title": "Return an item"},)


def test_what_the_customer_named_is_kept_with_the_handoff() -> None:
    wish = c.BotHandoff("customer_request", details={"order": "4711"})
    recorded = decide(after(ASKED), answered(handoff=wish), NOW)
    handoff = recorded[1].event
    assert isinstance(handoff, HandedOff)
    assert handoff.to_json()["handoff"]["details"] == {"order": "4711"}
    assert HandedOff.from_json(handoff.to_json()) == handoff


def test_the_reasons_of_an_episode_are_remembered_until_it_ends() -> None:
    once = (WANTED, CLAIMED, c.HandBack(ADA))
    assert after(*once).earlier == ("customer_request",)
    unsure = c.PostBotReply(4, 5, (), c.BotHandoff("low_confidence"))
    again = (*once, c.CustomerSends("m4", "Do you rent kayaks?"), unsure, CLAIMED, c.HandBack(ADA))
    assert after(*again).earlier == ("customer_request", "low_confidence")
    assert snapshot.load("con_1", "en", snapshot.dump(after(*again))) == after(*again)
    ended = (*again, c.EndEpisode(), c.CustomerSends("m5", "Hello, opening hours?"))
    assert after(*ended).earlier == ()


def test_asking_for_a_person_needs_no_bot_turn() -> None:
    recorded = decide(Conversation("con_1"), WANTED, NOW)
    assert kinds(recorded) == ["handoff", "owner"]
    assert after(WANTED).owner is Owner.QUEUE


def test_asking_twice_for_a_person_hands_off_once() -> None:
    assert decide(after(WANTED), c.RequestAgent("m3"), NOW) == []
    assert decide(after(WANTED, CLAIMED), c.RequestAgent("m3"), NOW) == []


def test_a_button_press_is_not_a_question_in_the_summary() -> None:
    state = after(ASKED, answered(), c.CustomerSends("m3", "Talk to a person", "/request_agent"))
    assert state.questions == ("Where is my parcel?",)


def test_only_a_button_offered_in_this_leg_may_be_pressed() -> None:
    press = c.CustomerSends("m3", "x", "/request_agent")
    assert kinds(decide(after(ASKED, answered()), press, NOW)) == ["message"]
    for state in (after(ASKED), after(ASKED, answered(), CLAIMED, c.HandBack(ADA)), after(ASKED, answered(), WANTED)):
        with pytest.raises(ForbiddenError):
            decide(state, press, NOW)


def test_leaving_the_queue_begins_a_new_leg_with_the_bot() -> None:
    state = after(ASKED, answered(), WANTED, c.LeaveQueue())
    assert (state.owner, state.leg, state.turns, state.questions) == (Owner.BOT, 2, 0, ())


def test_leaving_the_queue_too_late_is_refused() -> None:
    with pytest.raises(StaleEpochError):
        decide(after(WANTED, CLAIMED), c.LeaveQueue(), NOW)


def test_claiming_from_the_queue_notes_the_wait() -> None:
    recorded = decide(after(WANTED), CLAIMED, NOW + timedelta(seconds=42))
    owner = recorded[0].event
    assert isinstance(owner, OwnerChanged)
    assert (owner.agent, owner.cause, owner.waited_s) == (ADA, Cause.CLAIMED, 42.0)


def test_claiming_from_the_bot_is_a_handoff_with_a_line() -> None:
    recorded = decide(after(ASKED), CLAIMED, NOW)
    assert kinds(recorded) == ["handoff", "owner"]
    assert recorded[0].event.to_json()["handoff"]["reason"] == "agent_initiated"


def test_claiming_what_one_holds_changes_nothing_and_what_another_holds_is_refused() -> None:
    assert decide(after(WANTED, CLAIMED), CLAIMED, NOW) == []
    with pytest.raises(AlreadyClaimedError):
        decide(after(WANTED, CLAIMED), c.Claim(BO), NOW)


def test_assigning_compares_and_sets() -> None:
    waiting = after(WANTED)
    assert kinds(decide(waiting, c.Assign(ADA, waiting.epoch), NOW)) == ["owner"]
    with pytest.raises(StaleEpochError):
        decide(after(WANTED, CLAIMED), c.Assign(BO, waiting.epoch), NOW)
    with pytest.raises(StaleEpochError):
        decide(after(WANTED, c.LeaveQueue(), c.RequestAgent("m9")), c.Assign(BO, waiting.epoch), NOW)


@pytest.mark.parametrize(
    "command",
    [c.AgentSends(BO, "m3", "Hi"), c.Transfer(BO), c.HandBack(BO), c.Close(BO)],
    ids=lambda x: type(x).__name__,
)
def test_only_the_agent_who_holds_it_may(command: c.Command) -> None:
    with pytest.raises(ForbiddenError):
        decide(after(WANTED, CLAIMED), command, NOW)
    with pytest.raises(ForbiddenError):
        decide(after(WANTED), command, NOW)


def test_what_the_customer_writes_to_an_agent_is_not_owed_by_the_bot() -> None:
    assert after(WANTED, CLAIMED, ASKED).pending == ()


def test_an_agent_who_puts_it_back_is_remembered() -> None:
    state = after(WANTED, CLAIMED, c.Transfer(ADA, note="Needs the warehouse."))
    assert (state.owner, state.released_by) == (Owner.QUEUE, "acc_a")
    assert after(WANTED, CLAIMED, c.Transfer(ADA), c.Claim(BO)).released_by is None


def test_a_transfer_to_an_agent_keeps_the_handoffs_reason() -> None:
    state = after(WANTED, CLAIMED, c.Transfer(ADA, BO))
    assert (state.agent, state.reason) == (BO, "customer_request")


def test_a_transfer_to_oneself_is_refused() -> None:
    with pytest.raises(ForbiddenError):
        decide(after(WANTED, CLAIMED), c.Transfer(ADA, ADA), NOW)


def test_notes_may_be_written_at_any_time() -> None:
    for commands in ((), (WANTED,), (WANTED, CLAIMED), (c.EndEpisode(),)):
        assert kinds(decide(after(*commands), c.AddNote(BO, "m3", "VIP"), NOW)) == ["note"]


def test_closing_ends_the_episode_and_the_next_word_opens_one() -> None:
    closed = after(WANTED, CLAIMED, c.Close(ADA, "solved"))
    assert closed.owner is Owner.NOBODY
    recorded = decide(closed, c.CustomerSends("m9", "Hi again"), NOW)
    assert kinds(recorded) == ["owner", "message"]
    assert [item.episode for item in recorded] == [2, 2]
    with pytest.raises(ConversationClosedError):
        decide(closed, c.AgentSends(ADA, "m8", "Hi"), NOW)


def test_asking_for_a_person_after_a_close_opens_an_episode_and_hands_off() -> None:
    closed = after(ASKED, c.EndEpisode())
    recorded = decide(closed, c.RequestAgent("m9"), NOW)
    assert kinds(recorded) == ["owner", "handoff", "owner"]
    assert recorded[1].event.to_json()["handoff"]["summary"] == ""


def test_closing_twice_closes_once() -> None:
    assert decide(after(c.EndEpisode()), c.EndEpisode(), NOW) == []
    assert decide(after(c.EndEpisode()), c.Close(ADA), NOW) == []


def test_feedback_needs_a_bot_message() -> None:
    assert kinds(decide(after(ASKED, answered()), c.GiveFeedback(2, True, exists=True), NOW)) == ["feedback"]
    with pytest.raises(NotFoundError):
        decide(after(ASKED), c.GiveFeedback(1, True), NOW)


def test_an_integration_never_changes_who_speaks() -> None:
    state = after(ASKED, c.SystemSends("m5", "Your parcel left the depot."))
    assert (state.owner, state.pending) == (Owner.BOT, (1,))


def test_an_event_out_of_place_is_refused() -> None:
    recorded = decide(Conversation("con_1"), ASKED, NOW)[0]
    state = apply(Conversation("con_1"), recorded)
    with pytest.raises(CorruptLogError):
        apply(state, recorded)


def test_an_owner_change_that_skips_an_epoch_is_refused() -> None:
    skipped = Recorded(1, NOW, 1, 3, OwnerChanged(Owner.QUEUE, Cause.HANDED_OFF))
    with pytest.raises(CorruptLogError):
        apply(Conversation("con_1"), skipped)


def test_every_event_survives_being_written_down() -> None:
    state = Conversation("con_1")
    log: list[Recorded] = []
    for command in (
        ASKED,
        answered(),
        c.GiveFeedback(2, False, exists=True),
        WANTED,
        CLAIMED,
        c.AgentSends(ADA, "m5", "Hello"),
        c.AddNote(ADA, "m6", "VIP"),
        c.AnswerSurvey("s1", {"stars": 5}),
        c.Transfer(ADA, BO, "Needs the warehouse."),
        c.Rescue(BO, 4),
        c.AskCallBack("m8", "+420 777 123 456", "about the parcel"),
        c.Claim(BO),
        c.Close(BO, "solved"),
    ):
        for recorded in decide(state, command, NOW):
            state = apply(state, recorded)
            log.append(recorded)
    assert {item.event.kind for item in log} == set(EVENTS)
    assert [Recorded.from_json(item.to_json()) for item in log] == log
    assert replay(Conversation("con_1"), log) == state
    assert snapshot.load("con_1", "en", snapshot.dump(state)) == state


def test_alerts_about_a_wait_come_each_minute_at_first_and_each_hour_in_the_end() -> None:
    state, now, alerts = after(WANTED), NOW, []
    while now < NOW + timedelta(days=2):
        deadline = next_deadline(state, House())
        assert deadline is not None
        now = deadline.at
        for item in decide(state, c.Tick(), now):
            state = apply(state, item)
            if isinstance(item.event, AlertRaised):
                alerts.append((item.at - NOW).total_seconds())
    assert alerts[:10] == [60.0 * number for number in range(1, 11)]
    assert alerts[-1] - alerts[-2] == 3600
    assert len(alerts) < 120


def test_an_unreadable_event_is_named() -> None:
    with pytest.raises(CorruptLogError, match="7"):
        Recorded.from_json({"seq": 7, "kind": "message"})


def test_messages_carry_what_the_bot_adds() -> None:
    message = MessagePosted.from_json(decide(after(ASKED), answered(), NOW)[0].event.to_json())
    assert message.extras["sources"] == [SOURCE]
    assert message.in_reply_to == 1
