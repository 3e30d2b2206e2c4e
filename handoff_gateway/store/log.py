"""The event log and the projection beside it: all SQL about conversations.

Every method takes an open connection and belongs into one transaction (see `database.Database`).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, exists, func, insert, or_, select, update

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
from handoff_gateway.core.conversation import Conversation, apply, decide
from handoff_gateway.core.deadlines import next_deadline
from handoff_gateway.core.events import (
    AgentName,
    CallBackNoted,
    HandedOff,
    MessagePosted,
    NoteAdded,
    Owner,
    OwnerChanged,
    Recorded,
    Role,
)
from handoff_gateway.core.house import House, Limits
from handoff_gateway.core.team import Teams
from handoff_gateway.errors import AtCapacityError, BadFrameError, CorruptLogError, NotFoundError
from handoff_gateway.store import originals, snapshot, team_store
from handoff_gateway.store.tables import accounts, conversations, customers, events, pickups
from handoff_gateway.times import from_text, to_text

READ_LIMIT = 500  # events a socket fetches at once: a reconnect streams, memory stays flat
MOST_NAMED = 500  # conversations in one statement
PAGE_SIZE = 50  # conversations in one answer of the list


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as agents see them."""

    id: str
    name: str | None
    verified: bool
    email: str | None = None
    external_id: str | None = None  # the host site's id of theirs, when it has vouched for them


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation's state with what stands around it."""

    state: Conversation
    customer: Customer
    channel: str
    page: Mapping[str, str] | None
    created_at: datetime
    updated_at: datetime
    time_zone: str | None = None
    next_due: datetime | None = None

    @property
    def id(self) -> str:
        """The conversation's id."""
        return self.state.conversation_id


@dataclass(frozen=True, slots=True)
class Outcome:
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
class Query:
    """Which conversations to list; None means any."""

    owner: str | None = None
    agent: str | None = None
    team: str | None = None
    text: str | None = None
    cursor: str | None = None


_ENTRY = select(conversations, customers.c.name, customers.c.verified, customers.c.email, customers.c.external_id).join(
    customers, customers.c.id == conversations.c.customer_id
)

# Built once: SQLAlchemy takes as long to make these anew for each message as the database takes to run them.
_LOAD = _ENTRY.where(conversations.c.id == bindparam("id"))
_LOCK = _LOAD.with_for_update(of=conversations)
_REPEATED = select(events.c.data, events.c.author).where(
    events.c.conversation_id == bindparam("id"), events.c.client_message_id == bindparam("client_message_id")
)
_READ = (
    select(events.c.data)
    .where(events.c.conversation_id == bindparam("id"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("limit"))
)
_PROJECTED = (
    *("seq", "epoch", "owner", "agent_id", "team", "waiting_since", "pending", "promised", "state"),
    *("updated_at", "next_due"),
)
_PROJECT = (
    update(conversations)
    .where(conversations.c.id == bindparam("the_id"), conversations.c.seq == bindparam("the_seq"))
    .values({name: bindparam(f"new_{name}") for name in _PROJECTED})
)
_RECORD = insert(events)


# --- writing ---------------------------------------------------------------------------------------------------------


def start(tx: Connection, new: Conversation, customer: Customer, token_hash: str, now: datetime) -> Entry:
    """Write a new customer and their conversation."""
    at = to_text(now)
    tx.execute(
        insert(customers).values(
            id=customer.id,
            token_hash=token_hash,
            name=customer.name,
            verified=customer.verified,
            email=customer.email,
            external_id=customer.external_id,
            created_at=at,
        )
    )
    tx.execute(
        insert(conversations).values(
            id=new.conversation_id,
            customer_id=customer.id,
            channel="widget",
            language=new.language,
            created_at=at,
            updated_at=at,
            **_columns(new),
        )
    )
    return Entry(new, customer, "widget", None, now, now)


def arrive(
    tx: Connection,
    conversation_id: str,
    language: str | None,
    page: Mapping[str, str] | None,
    time_zone: str | None = None,
) -> Entry:
    """Note the language, page and time zone a customer comes with."""
    values: dict[str, Any] = {}
    if time_zone is not None:
        values["time_zone"] = time_zone
    if language is not None:
        values["language"] = language
    if page is not None:
        values["page"] = json.dumps(page)
    if values:
        tx.execute(update(conversations).where(conversations.c.id == conversation_id).values(**values))
    return load(tx, conversation_id)


def execute(
    tx: Connection, conversation_id: str, command: Command, now: datetime, limits: Limits | None = None
) -> Outcome:
    """Decide `command` against the newest state and write what it leads to.

    A command whose `client_message_id` has been recorded changes nothing and returns that event.

    Raises:
        RefusedError: the command may not happen; nothing is written.
    """
    entry = load(tx, conversation_id, lock=True)
    author, client_message_id = _author(command), getattr(command, "client_message_id", None)
    if client_message_id is not None and (earlier := _repeated(tx, conversation_id, author, client_message_id)):
        return Outcome(entry, repeated=earlier)
    if isinstance(command, GiveFeedback):
        command = replace(command, exists=_is_bot_message(tx, conversation_id, command.about))
    house = House(limits=limits or Limits(), time_zone=entry.time_zone)
    if _needs_teams(entry.state, command):
        house = replace(house, teams=team_store.every(tx))
    if isinstance(command, Transfer):
        command = _reachable(tx, command, entry, house)
    recorded = decide(entry.state, command, now, house)
    if isinstance(command, CustomerSends) and command.sealed is not None:
        recorded = originals.keep(tx, conversation_id, recorded, command.sealed)
    if not recorded:
        return Outcome(_rearm(tx, entry, house) if isinstance(command, Tick) else entry)
    if (receiver := _receiver(command)) is not None:
        _check_capacity(tx, receiver)
    after = entry.state
    for item in recorded:
        after = apply(after, item)
    deadline = next_deadline(after, house)
    next_due = None if deadline is None else deadline.at
    _append(tx, entry.state, after, recorded, author, next_due)
    changed = replace(entry, state=after, updated_at=now, next_due=next_due)
    return Outcome(changed, tuple(recorded), previous_owner=entry.state.owner)


_PLAIN = (CustomerSends, GiveFeedback, AnswerSurvey, AddNote, SystemSends)


def _needs_teams(state: Conversation, command: Command) -> bool:
    """Return whether teams matter: what is said to the bot, the most by far, passes without them."""
    if state.owner in {Owner.QUEUE, Owner.AGENT}:
        return True
    return not (isinstance(command, _PLAIN) or (isinstance(command, PostBotReply) and command.handoff is None))


def _rearm(tx: Connection, entry: Entry, house: House) -> Entry:
    """Store the next deadline anew where a tick found nothing due: the rules behind it have changed meanwhile."""
    deadline = next_deadline(entry.state, house)
    next_due = None if deadline is None else deadline.at
    tx.execute(
        update(conversations)
        .where(conversations.c.id == entry.id)
        .values(next_due=None if next_due is None else to_text(next_due))
    )
    return replace(entry, next_due=next_due)


def _reachable(tx: Connection, command: Transfer, entry: Entry, house: House) -> Transfer:
    """Send a transfer to an agent who has no room to a team's queue instead: the sender is rid of it either way."""
    receiver = command.to
    if receiver is None or receiver.id == command.agent.id:
        return command
    try:
        _check_capacity(tx, receiver)
    except AtCapacityError:
        return replace(command, to=None, meant=receiver, team=stand_in(house.teams, receiver.id, entry.state.team))
    return command


def stand_in(teams: Teams, agent_id: str, current: str | None) -> str:
    """Return the team that takes what was meant for an agent: the current one if the agent is in it, else theirs."""
    theirs = teams.of_agent(agent_id)
    return current if current in theirs else min(theirs)


def _append(
    tx: Connection,
    before: Conversation,
    after: Conversation,
    recorded: list[Recorded],
    author: str,
    next_due: datetime | None,
) -> None:
    values = {
        **_columns(after),
        "updated_at": to_text(recorded[-1].at),
        "next_due": None if next_due is None else to_text(next_due),
    }
    which = {"the_id": before.conversation_id, "the_seq": before.seq}
    written = tx.execute(_PROJECT, {**which, **{f"new_{name}": values[name] for name in _PROJECTED}})
    if written.rowcount != 1:
        raise CorruptLogError(f"{before.conversation_id}: somebody else wrote after {before.seq}")
    tx.execute(_RECORD, [_event_row(before.conversation_id, item, author) for item in recorded])
    for item in recorded:
        if isinstance(item.event, OwnerChanged) and item.event.waited_s is not None:
            tx.execute(
                insert(pickups).values(
                    conversation_id=before.conversation_id,
                    seq=item.seq,
                    at=to_text(item.at),
                    waited_ms=round(item.event.waited_s * 1000),
                    team=before.team,
                )
            )


def _columns(state: Conversation) -> dict[str, Any]:
    return {
        "seq": state.seq,
        "epoch": state.epoch,
        "owner": state.owner.value,
        "agent_id": None if state.agent is None else state.agent.id,
        "team": state.team,
        "waiting_since": None if state.waiting_since is None else to_text(state.waiting_since),
        "pending": bool(state.pending),
        "promised": state.call_back is not None or bool(state.follow_ups),
        "state": snapshot.dump(state),
    }


def _event_row(conversation_id: str, item: Recorded, author: str) -> dict[str, Any]:
    event = item.event
    client_message_id = None
    if isinstance(event, MessagePosted | NoteAdded | HandedOff | CallBackNoted):
        client_message_id = event.client_message_id
    return {
        "conversation_id": conversation_id,
        "seq": item.seq,
        "at": to_text(item.at),
        "kind": event.kind,
        "author": author,
        "client_message_id": client_message_id,
        "search": event.text.casefold() if isinstance(event, MessagePosted | NoteAdded) else None,
        "data": json.dumps(item.to_json(), separators=(",", ":")),
    }


def _author(command: Command) -> str:
    """Return who gives the command: an id is theirs alone, so that nobody can silence another's message with it."""
    agent = getattr(command, "agent", None)
    name = type(command).__name__
    if isinstance(agent, AgentName):
        return f"agent:{agent.id}"
    if isinstance(command, Rescue | Tick):
        return "system"
    return "system" if name in {"SystemSends", "HandOff"} else "bot" if name == "PostBotReply" else "customer"


def _repeated(tx: Connection, conversation_id: str, author: str, client_message_id: str) -> Recorded | None:
    row = tx.execute(_REPEATED, {"id": conversation_id, "client_message_id": client_message_id}).one_or_none()
    if row is None:
        return None
    if row.author != author:
        raise BadFrameError("client_message_id: already used by somebody else in this conversation")
    return Recorded.from_json(json.loads(row.data))


def _is_bot_message(tx: Connection, conversation_id: str, seq: int) -> bool:
    row = tx.execute(
        select(events.c.data).where(events.c.conversation_id == conversation_id, events.c.seq == seq)
    ).one_or_none()
    if row is None:
        return False
    event = Recorded.from_json(json.loads(row.data)).event
    return isinstance(event, MessagePosted) and event.role is Role.BOT


def _receiver(command: Command) -> AgentName | None:
    if isinstance(command, Claim | Assign):
        return command.agent
    return command.to if isinstance(command, Transfer) else None


def _check_capacity(tx: Connection, agent: AgentName) -> None:
    """Refuse when `agent` is full: counted under the same lock as the change, so no race can exceed it."""
    capacity = tx.execute(
        select(accounts.c.capacity).where(accounts.c.id == agent.id).with_for_update()
    ).scalar_one_or_none()
    if capacity is None:
        raise NotFoundError("agent_id: there is no such agent")
    held = tx.execute(
        select(func.count())
        .select_from(conversations)
        .where(conversations.c.owner == Owner.AGENT.value, conversations.c.agent_id == agent.id)
    ).scalar_one()
    if held >= capacity:
        raise AtCapacityError(f"{agent.name} holds {held} of {capacity} conversations")


# --- reading ---------------------------------------------------------------------------------------------------------


def load(tx: Connection, conversation_id: str, *, lock: bool = False) -> Entry:
    """Return one conversation. Raises NotFoundError."""
    row = tx.execute(_LOCK if lock else _LOAD, {"id": conversation_id}).one_or_none()
    if row is None:
        raise NotFoundError("conversation_id: there is no such conversation")
    return _entry(row)


def by_token(tx: Connection, token_hash: str) -> Entry | None:
    """Return the conversation of the customer with this token."""
    row = tx.execute(_ENTRY.where(customers.c.token_hash == token_hash)).one_or_none()
    return None if row is None else _entry(row)


def read(tx: Connection, conversation_id: str, after: int, limit: int = READ_LIMIT) -> list[Recorded]:
    """Return up to `limit` events after seq `after`, in order."""
    rows = tx.execute(_READ, {"id": conversation_id, "after": after, "limit": limit})
    return [Recorded.from_json(json.loads(row.data)) for row in rows]


def waiting_or_held(tx: Connection) -> list[Entry]:
    """Return every conversation that waits, is held by an agent, or in which somebody was promised something."""
    held = conversations.c.owner.in_([Owner.QUEUE.value, Owner.AGENT.value])
    return [_entry(row) for row in tx.execute(_ENTRY.where(or_(held, conversations.c.promised)))]


def standing(tx: Connection) -> dict[str, int]:
    """Return id and seq of what `waiting_or_held` returns."""
    held = conversations.c.owner.in_([Owner.QUEUE.value, Owner.AGENT.value])
    query = select(conversations.c.id, conversations.c.seq).where(or_(held, conversations.c.promised))
    return {row.id: row.seq for row in tx.execute(query)}


def reached(tx: Connection, conversation_ids: Sequence[str]) -> dict[str, int]:
    """Return the newest seq of each of these conversations; those that are gone are left out."""
    found: dict[str, int] = {}
    for first in range(0, len(conversation_ids), MOST_NAMED):
        wanted = conversations.c.id.in_(conversation_ids[first : first + MOST_NAMED])
        query = select(conversations.c.id, conversations.c.seq).where(wanted)
        found |= {row.id: row.seq for row in tx.execute(query)}
    return found


def since(tx: Connection, conversation_id: str, after: int) -> tuple[Entry, list[Recorded]] | None:
    """Return a conversation as it is and its events after seq `after`; None when it is gone."""
    row = tx.execute(_LOAD, {"id": conversation_id}).one_or_none()
    return None if row is None else (_entry(row), read(tx, conversation_id, after))


def due(tx: Connection, now: datetime, limit: int) -> list[str]:
    """Return the ids of conversations with a deadline that has come, the earliest first."""
    query = select(conversations.c.id).where(conversations.c.next_due <= to_text(now))
    return list(tx.execute(query.order_by(conversations.c.next_due).limit(limit)).scalars())


def arm(tx: Connection, now: datetime) -> None:
    """Have every wait without a deadline looked at: one written by a version that knew none would stay unattended."""
    unarmed = and_(conversations.c.owner == Owner.QUEUE.value, conversations.c.next_due.is_(None))
    tx.execute(update(conversations).where(unarmed).values(next_due=to_text(now)))


def next_due(tx: Connection) -> datetime | None:
    """Return the earliest deadline of all."""
    found = tx.execute(select(func.min(conversations.c.next_due))).scalar()
    return None if found is None else from_text(found)


def of_team(tx: Connection, team_id: str) -> list[str]:
    """Return the ids of the conversations that wait for a team or are answered by it."""
    held = conversations.c.owner.in_([Owner.QUEUE.value, Owner.AGENT.value])
    return list(tx.execute(select(conversations.c.id).where(held, conversations.c.team == team_id)).scalars())


def owed(tx: Connection) -> list[str]:
    """Return the ids of conversations in which the bot owes an answer."""
    query = select(conversations.c.id).where(conversations.c.pending, conversations.c.owner == Owner.BOT.value)
    return list(tx.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class PickUp:
    """An agent took a waiting conversation."""

    team: str | None
    at: datetime
    waited_s: float


def recent_pick_ups(tx: Connection, count: int) -> list[PickUp]:
    """Return the last `count` pick-ups, oldest first."""
    query = select(pickups.c.team, pickups.c.at, pickups.c.waited_ms).order_by(pickups.c.at.desc()).limit(count)
    found = [PickUp(row.team, from_text(row.at), row.waited_ms / 1000) for row in tx.execute(query)]
    return found[::-1]


def find(tx: Connection, query: Query) -> tuple[list[Entry], str | None]:
    """Return one page of conversations, newest change first, and the cursor of the next. Raises BadFrameError."""
    statement = _ENTRY.order_by(conversations.c.updated_at.desc(), conversations.c.id.desc()).limit(PAGE_SIZE + 1)
    if query.owner is not None:
        statement = statement.where(conversations.c.owner == query.owner)
    if query.agent is not None:
        statement = statement.where(conversations.c.agent_id == query.agent)
    if query.team is not None:
        statement = statement.where(conversations.c.team == query.team)
    if query.text:
        said = and_(
            events.c.conversation_id == conversations.c.id,
            events.c.search.contains(query.text.casefold(), autoescape=True),
        )
        statement = statement.where(exists().where(said))
    if query.cursor:
        at, conversation_id = _open_cursor(query.cursor)
        older = and_(conversations.c.updated_at == at, conversations.c.id < conversation_id)
        statement = statement.where(or_(conversations.c.updated_at < at, older))
    entries = [_entry(row) for row in tx.execute(statement)]
    more = len(entries) > PAGE_SIZE
    entries = entries[:PAGE_SIZE]
    return entries, _cursor(entries[-1]) if more else None


def _cursor(entry: Entry) -> str:
    return base64.urlsafe_b64encode(f"{to_text(entry.updated_at)} {entry.id}".encode()).decode()


def _open_cursor(cursor: str) -> tuple[str, str]:
    try:
        at, _, conversation_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        from_text(at)
    except (ValueError, binascii.Error):
        raise BadFrameError("cursor: not one this gateway gave out") from None
    return at, conversation_id


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        state=snapshot.load(row.id, row.language, row.state),
        customer=Customer(row.customer_id, row.name, row.verified, row.email, row.external_id),
        channel=row.channel,
        page=None if row.page is None else json.loads(row.page),
        created_at=from_text(row.created_at),
        updated_at=from_text(row.updated_at),
        time_zone=row.time_zone,
        next_due=None if row.next_due is None else from_text(row.next_due),
    )
