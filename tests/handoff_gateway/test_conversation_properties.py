"""What holds for a conversation whatever happens to it."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from handoff_gateway.core import commands as c
from handoff_gateway.core.conversation import Conversation, apply, decide, replay
from handoff_gateway.core.deadlines import RAREST_ALERT_S, next_deadline
from handoff_gateway.core.events import AgentName, Cause, HandedOff, MessagePosted, Owner, OwnerChanged, Recorded, Role
from handoff_gateway.core.hours import DAYS, read_hours
from handoff_gateway.core.house import House, Limits
from handoff_gateway.core.team import Targets, Team, Teams
from handoff_gateway.errors import RefusedError
from handoff_gateway.store import snapshot

START = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
AGENTS = st.sampled_from([AgentName("acc_a", "Ada"), AgentName("acc_b", "Bo")])
HANDOFFS = st.none() | st.builds(c.BotHandoff, st.sampled_from(["frustration", "low_confidence", "policy"]))
MESSAGES = st.lists(st.builds(c.BotMessage, st.just("Answer")), max_size=2).map(tuple)


OFFICE = {"time_zone": "Europe/Prague", "weekly": {day: ["09:00-17:00"] for day in DAYS[:5]}}
NIGHT = {"time_zone": "Europe/Prague", "weekly": {day: ["20:00-02:00"] for day in DAYS}}
HOUSE = House(
    Teams(
        {
            "general": Team(
                "general", "General", hours=read_hours(OFFICE), fallback="night", targets=Targets(60, 300, 7200)
            ),
            "night": Team("night", "Night", hours=read_hours(NIGHT)),
        }
    ),
    Limits(max_handoffs=4),
)


class ConversationMachine(RuleBasedStateMachine):
    """Any command at any time, with epochs and seqs both right and stale."""

    def __init__(self) -> None:
        super().__init__()
        self.state = Conversation("con_1")
        self.log: list[Recorded] = []
        self.ids = 0
        self.now = START

    def give(self, command: c.Command) -> list[Recorded]:
        try:
            recorded = decide(self.state, command, self.now, HOUSE)
        except RefusedError:
            return []
        for item in recorded:
            self.state = apply(self.state, item)
        self.log += recorded
        return recorded

    def fresh(self) -> str:
        self.ids += 1
        return f"m{self.ids}"

    @rule(text=st.text(min_size=1, max_size=5))
    def customer_sends(self, text: str) -> None:
        before = self.state
        recorded = self.give(c.CustomerSends(self.fresh(), text))
        assert recorded[-1].event == MessagePosted(Role.CUSTOMER, text, client_message_id=f"m{self.ids}")
        if before.owner in {Owner.BOT, Owner.NOBODY}:
            assert recorded[-1].seq in self.state.pending  # whatever is written reaches somebody

    @rule()
    def request_agent(self) -> None:
        self.give(c.RequestAgent(self.fresh()))
        assert self.state.owner in {Owner.QUEUE, Owner.AGENT} or self.state.call_back is not None

    @rule()
    def leave_queue(self) -> None:
        self.give(c.LeaveQueue())

    @rule()
    def end(self) -> None:
        self.give(c.EndEpisode())
        assert self.state.owner is Owner.NOBODY

    @rule(back=st.integers(0, 3), messages=MESSAGES, handoff=HANDOFFS)
    def bot_replies(self, back: int, messages: tuple[c.BotMessage, ...], handoff: c.BotHandoff | None) -> None:
        before = self.state
        asked = before.asked()[-1] if before.pending else 1
        recorded = self.give(c.PostBotReply(before.epoch - back, asked, messages, handoff))
        if recorded:
            assert back == 0
            assert before.owner is Owner.BOT
            assert all(item.epoch == before.epoch for item in recorded if isinstance(item.event, MessagePosted))

    @rule(back=st.integers(0, 2))
    def gateway_hands_off(self, back: int) -> None:
        self.give(c.HandOff(self.state.epoch - back, "bot_unavailable"))

    @rule(agent=AGENTS)
    def claim(self, agent: AgentName) -> None:
        self.give(c.Claim(agent))

    @rule(agent=AGENTS, back=st.integers(0, 2))
    def assign(self, agent: AgentName, back: int) -> None:
        self.give(c.Assign(agent, self.state.epoch - back))

    @rule(agent=AGENTS)
    def agent_sends(self, agent: AgentName) -> None:
        if self.give(c.AgentSends(agent, self.fresh(), "Hello")):
            assert self.state.agent == agent

    @rule(agent=AGENTS, to=st.none() | AGENTS, note=st.none() | st.just("note"), of_others=st.booleans())
    def transfer(self, agent: AgentName, to: AgentName | None, note: str | None, of_others: bool) -> None:
        self.give(c.Transfer(agent, to, note, of_others=of_others))

    @rule(agent=AGENTS)
    def hand_back(self, agent: AgentName) -> None:
        before, said = self.state.care.unanswered_since, self.state.last_message
        if self.give(c.HandBack(agent)) and before is not None:  # written since the handoff, and not answered
            assert said is not None
            assert self.state.pending or said.role is not Role.CUSTOMER

    @rule(agent=AGENTS, team=st.sampled_from([None, "general", "night", "gone"]), of_others=st.booleans())
    def transfer_to_a_team(self, agent: AgentName, team: str | None, of_others: bool) -> None:
        self.give(c.Transfer(agent, None, None, team, of_others=of_others))

    @rule()
    def ask_call_back(self) -> None:
        before = self.state.owner
        if self.give(c.AskCallBack(self.fresh())):
            assert self.state.call_back is not None
            assert before in {Owner.BOT, Owner.QUEUE}

    @rule(agent=AGENTS)
    def call_back_done(self, agent: AgentName) -> None:
        self.give(c.CallBackDone(agent))
        assert self.state.call_back is None

    @rule(agent=AGENTS)
    def follow_up_done(self, agent: AgentName) -> None:
        self.give(c.FollowUpDone(agent))
        assert agent not in [kept.agent for kept in self.state.follow_ups]

    @rule(agent=AGENTS, back=st.integers(0, 1))
    def rescue(self, agent: AgentName, back: int) -> None:
        before = self.state
        if self.give(c.Rescue(agent, before.epoch - back)):
            assert (back, before.agent) == (0, agent)
            assert self.state.owner is Owner.QUEUE

    @rule(hours=st.floats(0.001, 60))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        self.give(c.Tick())
        deadline = next_deadline(self.state, HOUSE)
        assert deadline is None or deadline.at > self.now  # nothing due is left lying, nothing comes due again at once

    @rule(agent=AGENTS)
    def close(self, agent: AgentName) -> None:
        self.give(c.Close(agent))

    @rule(agent=AGENTS)
    def note(self, agent: AgentName) -> None:
        assert self.give(c.AddNote(agent, self.fresh(), "note"))

    @invariant()
    def replaying_the_log_gives_the_state(self) -> None:
        assert replay(Conversation("con_1"), self.log) == self.state
        written = [Recorded.from_json(item.to_json()) for item in self.log]
        assert replay(Conversation("con_1"), written) == self.state
        assert snapshot.load("con_1", "en", snapshot.dump(self.state)) == self.state

    @invariant()
    def the_log_has_no_holes_and_epochs_count_owner_changes(self) -> None:
        assert [item.seq for item in self.log] == list(range(1, len(self.log) + 1))
        changes = sum(isinstance(item.event, OwnerChanged) for item in self.log)
        assert self.state.epoch == 1 + changes

    @invariant()
    def a_promise_and_its_transfer_are_one(self) -> None:
        for handoff, then in itertools.pairwise([*self.log, None]):
            if handoff is not None and isinstance(handoff.event, HandedOff):
                assert then is not None
                assert isinstance(then.event, OwnerChanged)
                promised = (then.event.owner, then.event.cause) == (Owner.BOT, Cause.PROMISED)
                assert promised or then.event.owner in {Owner.QUEUE, Owner.AGENT}
                assert handoff.event.line

    @invariant()
    def who_speaks_is_clear(self) -> None:
        assert (self.state.owner is Owner.AGENT) == (self.state.agent is not None)
        assert (self.state.owner is Owner.QUEUE) == (self.state.waiting_since is not None)
        if self.state.owner is not Owner.BOT:
            assert self.state.pending == ()

    @invariant()
    def the_bot_owes_an_answer_to_all_that_nobody_has_answered(self) -> None:
        messages = [(item.seq, item.event.role) for item in self.log if isinstance(item.event, MessagePosted)]
        last_word = max((seq for seq, role in messages if role is Role.AGENT), default=0)
        open_words = {said.seq for said in self.state.unanswered}
        assert open_words <= {seq for seq, role in messages if role is Role.CUSTOMER and seq > last_word}
        if self.state.owner is Owner.BOT:
            assert open_words <= set(self.state.pending)
        if self.state.owner is Owner.NOBODY:
            assert not open_words

    @invariant()
    def whoever_waits_or_is_answered_has_a_deadline(self) -> None:
        deadline = next_deadline(self.state, HOUSE)
        if self.state.owner is Owner.QUEUE:
            assert deadline is not None
            assert deadline.at <= self.now + timedelta(seconds=RAREST_ALERT_S)
        if self.state.owner is Owner.AGENT and not self.state.care.spoke:
            assert deadline is not None

    @precondition(lambda self: self.state.owner is not Owner.BOT)
    @invariant()
    def every_state_has_an_exit(self) -> None:
        state = self.state
        exits: dict[Owner, c.Command] = {Owner.QUEUE: c.LeaveQueue(), Owner.NOBODY: c.CustomerSends("exit", "hi")}
        command = exits.get(state.owner) or c.HandBack(state.agent or AgentName("", ""))
        for item in decide(state, command, START):
            state = apply(state, item)
        assert state.owner is Owner.BOT


ConversationMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestConversation = ConversationMachine.TestCase


@given(
    st.builds(
        MessagePosted,
        st.sampled_from(Role),
        st.text(),
        st.none() | st.text(),
        st.none() | st.text(),
        st.none() | st.text(),
        st.none() | st.text(),
        st.none() | st.integers(1, 9),
        st.just({}) | st.just({"html": "<p>é</p>", "buttons": [{"title": "Yes", "payload": "/yes"}]}),
    ),
    st.timedeltas(timedelta(0), timedelta(days=9_000)).map(lambda after: START + after),
)
def test_what_the_log_keeps_of_a_message_is_its_json(message: MessagePosted, at: datetime) -> None:
    recorded = Recorded(7, at, 2, 3, message)
    assert json.loads(recorded.text) == json.loads(msgspec.json.encode(recorded.to_json()))
    assert Recorded.from_text(recorded.text) == recorded
