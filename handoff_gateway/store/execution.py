"""Commands on their way to the database: decided against the newest state, and written with what they lead to.

Those that wait for the same commit are carried out together: each conversation is read and its projection written
once, the teams are read once. A command that is refused has written nothing, so that it does not concern the others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace as changed
from sqlalchemy import Connection

from handoff_gateway.core.commands import (
    AddNote,
    AnswerSurvey,
    Assign,
    Claim,
    Command,
    CustomerSends,
    GiveFeedback,
    PostBotReply,
    Rescue,
    SystemSends,
    Tick,
    Transfer,
)
from handoff_gateway.core.conversation import Conversation, carry_out
from handoff_gateway.core.deadlines import next_deadline, same_deadlines
from handoff_gateway.core.events import AgentName, MessagePosted, Owner, OwnerChanged, Recorded, Role
from handoff_gateway.core.house import House, Limits
from handoff_gateway.core.team import Teams
from handoff_gateway.errors import AtCapacityError, BadFrameError, GatewayError, NotFoundError, StaleEpochError
from handoff_gateway.store import log, originals, processes, projection, team_store
from handoff_gateway.store.log import Written
from handoff_gateway.store.projection import Change, Entry, PickUp
from handoff_gateway.times import Clock

NO_TEAMS = Teams()
_PLAIN = (CustomerSends, GiveFeedback, AnswerSurvey, AddNote, SystemSends)


class Outcome(Struct, frozen=True):
    """What a command came to. `repeated` is the event an earlier command with the same id had led to."""

    entry: Entry
    recorded: tuple[Recorded, ...] = ()
    repeated: Recorded | None = None
    previous_owner: Owner | None = None

    @property
    def owner_changed(self) -> bool:
        """Whether another party speaks now."""
        return any(isinstance(item.event, OwnerChanged) for item in self.recorded)


@dataclass(frozen=True, slots=True)
class Execution:
    """A command on a conversation, as a transaction."""

    conversation_id: str
    command: Command
    clock: Clock
    limits: Limits

    def __call__(self, tx: Connection) -> Outcome:
        """Carry it out alone. Raises GatewayError; nothing is written then."""
        (came,) = self.together(tx, (self,))
        if isinstance(came, Exception):
            raise came
        return came

    @staticmethod
    def together(tx: Connection, executions: Sequence[Execution]) -> list[Outcome | GatewayError]:
        """Carry out several, in order; the error of one is its own."""
        work = _Work(tx)
        work.lock(executions)
        came = [work.try_out(execution) for execution in executions]
        work.flush()
        return came


def execute(
    tx: Connection, conversation_id: str, command: Command, now: datetime, limits: Limits | None = None
) -> Outcome:
    """Decide `command` against the newest state and write what it leads to.

    A command whose `client_message_id` has been recorded changes nothing and returns that event.

    Raises:
        RefusedError: the command may not happen; nothing is written.
    """
    return Execution(conversation_id, command, lambda: now, limits or Limits())(tx)


class _Work:
    """What commands of one transaction have read, and what is to be written of them."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._entries: dict[str, Entry] = {}
        self._changes: dict[str, Change] = {}
        self._written: list[Written] = []
        self._sent: dict[str, dict[str, Written]] = {}  # by conversation and id
        self._deadlines: dict[str, tuple[Conversation, Teams, datetime | None]] = {}  # the last reckoned, and of what
        self._teams: Teams | None = None
        self._last_place: int | None = None  # drawn in the queue

    def lock(self, executions: Iterable[Execution]) -> None:
        """Read conversations, always in the same order, so that two processes cannot wait for each other.

        And whether what is to be said in them has been said before.
        """
        wanted: dict[str, list[str]] = {}
        for execution in executions:
            ids = wanted.setdefault(execution.conversation_id, [])
            if (client_message_id := getattr(execution.command, "client_message_id", None)) is not None:
                ids.append(client_message_id)
        for conversation_id, ids in sorted(wanted.items()):
            with contextlib.suppress(NotFoundError):
                self._entries[conversation_id] = projection.load(self._tx, conversation_id, lock=True)
                self._sent[conversation_id] = log.sent_as(self._tx, conversation_id, ids)

    def try_out(self, execution: Execution) -> Outcome | GatewayError:
        """Decide one command, and keep what it leads to for `flush`; return the error of one that is refused."""
        try:
            return self._carry_out(execution.conversation_id, execution.command, execution.clock(), execution.limits)
        except GatewayError as error:
            return error

    def _carry_out(self, conversation_id: str, command: Command, now: datetime, limits: Limits) -> Outcome:
        entry = self._entries.get(conversation_id)
        if entry is None:
            raise NotFoundError("conversation_id: there is no such conversation")
        author, client_message_id = _author(command), getattr(command, "client_message_id", None)
        if client_message_id is not None and (earlier := self._repeated(conversation_id, author, client_message_id)):
            return Outcome(entry, repeated=earlier)
        if isinstance(command, GiveFeedback):
            command = replace(command, exists=self._is_bot_message(conversation_id, command.about))
        teams = self._every_team() if _needs_teams(entry.state, command) else NO_TEAMS
        house = House(teams, limits, entry.time_zone)
        if isinstance(command, Transfer):
            command = self._reachable(command, entry, house)
        gone = isinstance(command, Rescue) and command.unanswered_since is None
        if isinstance(command, Rescue) and gone and processes.attends(self._tx, command.holder.id):
            raise StaleEpochError("the agent is there again, at another process")
        recorded, after = carry_out(entry.state, command, now, house)
        if not recorded:
            return Outcome(self._rearm(entry, house) if isinstance(command, Tick) else entry)
        if (receiver := _receiver(command)) is not None:
            self._check_capacity(receiver)
        if isinstance(command, CustomerSends) and command.sealed is not None:
            recorded = originals.keep(self._tx, conversation_id, recorded, command.sealed)
        self._keep(entry, after, recorded, author, house)
        return Outcome(self._entries[conversation_id], tuple(recorded), previous_owner=entry.state.owner)

    def flush(self) -> None:
        """Write what was kept."""
        if self._changes:
            projection.write(self._tx, list(self._changes.values()))
        if self._written:
            log.append(self._tx, self._written)
        self._changes, self._written = {}, []

    def _keep(self, entry: Entry, after: Conversation, recorded: list[Recorded], author: str, house: House) -> None:
        joins = after.owner is Owner.QUEUE and after.epoch != entry.state.epoch
        now = changed(
            entry,
            state=after,
            updated_at=recorded[-1].at,
            next_due=self._next_due(after, house),
            place=self._draw() if joins else entry.place,
        )
        first = self._changes.get(entry.id)
        self._entries[entry.id] = now
        self._changes[entry.id] = Change(entry if first is None else first.before, now)
        for item in recorded:
            written = Written(entry.id, item, author)
            self._written.append(written)
            if written.client_message_id is not None:
                self._sent[entry.id][written.client_message_id] = written
            event = item.event
            if isinstance(event, OwnerChanged) and event.waited_s is not None:
                found = PickUp(entry.state.team, item.at, event.waited_s)
                projection.pick_up(self._tx, entry.id, item.seq, found)

    def _draw(self) -> int:
        """Return the next number in the queue."""
        self._last_place = (projection.last_place(self._tx) if self._last_place is None else self._last_place) + 1
        return self._last_place

    def _next_due(self, state: Conversation, house: House) -> datetime | None:
        """Return the earliest deadline; what is merely said one after the other in a transaction moves none."""
        known = self._deadlines.get(state.conversation_id)
        if known is not None and known[1] is house.teams and same_deadlines(known[0], state):
            return known[2]
        deadline = next_deadline(state, house)
        next_due = None if deadline is None else deadline.at
        self._deadlines[state.conversation_id] = (state, house.teams, next_due)
        return next_due

    def _repeated(self, conversation_id: str, author: str, client_message_id: str) -> Recorded | None:
        earlier = self._sent[conversation_id].get(client_message_id)
        if earlier is None:
            return None
        if earlier.author != author:
            raise BadFrameError("client_message_id: already used by somebody else in this conversation")
        return earlier.recorded

    def _is_bot_message(self, conversation_id: str, seq: int) -> bool:
        self.flush()
        found = log.at(self._tx, conversation_id, seq)
        return found is not None and isinstance(found.event, MessagePosted) and found.event.role is Role.BOT

    def _every_team(self) -> Teams:
        if self._teams is None:
            self._teams = team_store.every(self._tx)
        return self._teams

    def _check_capacity(self, agent: AgentName) -> None:
        self.flush()
        projection.check_capacity(self._tx, agent)

    def _rearm(self, entry: Entry, house: House) -> Entry:
        """Store the next deadline anew where a tick found nothing due."""
        deadline = next_deadline(entry.state, house)
        next_due = None if deadline is None else deadline.at
        self.flush()
        projection.set_due(self._tx, entry.id, next_due)
        self._entries[entry.id] = changed(entry, next_due=next_due)
        return self._entries[entry.id]

    def _reachable(self, command: Transfer, entry: Entry, house: House) -> Transfer:
        """Send a transfer to an agent who has no room to a team's queue instead: the sender is rid of it either way."""
        receiver = command.to
        holder = entry.state.agent
        if receiver is None or (holder is not None and receiver.id == holder.id):
            return command
        try:
            self._check_capacity(receiver)
        except AtCapacityError:
            return replace(command, to=None, meant=receiver, team=stand_in(house.teams, receiver.id, entry.state.team))
        return command


def stand_in(teams: Teams, agent_id: str, current: str | None) -> str:
    """Return the team that takes what was meant for an agent: the current one if the agent is in it, else theirs."""
    theirs = teams.of_agent(agent_id)
    return current if current in theirs else min(theirs)


def _needs_teams(state: Conversation, command: Command) -> bool:
    """Return whether teams matter: what is said to the bot, the most by far, passes without them."""
    if state.owner in {Owner.QUEUE, Owner.AGENT}:
        return True
    return not (isinstance(command, _PLAIN) or (isinstance(command, PostBotReply) and command.handoff is None))


def _author(command: Command) -> str:
    """Return who gives the command: an id is theirs alone, so that nobody can silence another's message with it."""
    if isinstance(command, CustomerSends):
        return "customer"
    agent = getattr(command, "agent", None)
    name = type(command).__name__
    if isinstance(agent, AgentName):
        return f"agent:{agent.id}"
    if isinstance(command, Rescue | Tick):
        return "system"
    return "system" if name in {"SystemSends", "HandOff"} else "bot" if name == "PostBotReply" else "customer"


def _receiver(command: Command) -> AgentName | None:
    if isinstance(command, Claim | Assign):
        return command.agent
    return command.to if isinstance(command, Transfer) else None
