"""Conversations as they stand: the projection of each one's log, written in the same transaction, and their customers.

Every function takes an open connection and belongs into one transaction (see `database.Database`).
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, and_, bindparam, exists, func, insert, or_, select, update

from handoff_gateway.core.conversation import Conversation
from handoff_gateway.core.events import AgentName, Owner, Recorded
from handoff_gateway.errors import AtCapacityError, BadFrameError, CorruptLogError, NotFoundError
from handoff_gateway.store import log, snapshot
from handoff_gateway.store.prepared import Prepared, Row
from handoff_gateway.store.tables import accounts, conversations, customers, events, pickups
from handoff_gateway.times import from_text, to_text

logger = logging.getLogger(__name__)

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


class Entry(Struct, frozen=True):
    """A conversation's state with what stands around it.

    `place` is the number it drew when it last joined the queue: who came later has a higher one, whatever the clock
    said.
    """

    state: Conversation
    customer: Customer
    channel: str
    page: Mapping[str, str] | None
    created_at: datetime
    updated_at: datetime
    time_zone: str | None = None
    next_due: datetime | None = None
    place: int = 0

    @property
    def id(self) -> str:
        """The conversation's id."""
        return self.state.conversation_id


@dataclass(frozen=True, slots=True)
class Query:
    """Which conversations to list; None means any."""

    owner: str | None = None
    agent: str | None = None
    team: str | None = None
    text: str | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class PickUp:
    """An agent took a waiting conversation."""

    team: str | None
    at: datetime
    waited_s: float


@dataclass(frozen=True, slots=True)
class Change:
    """A conversation before and after."""

    before: Entry
    after: Entry

    @property
    def moved(self) -> bool:
        """Whether it stands elsewhere in any list now: otherwise somebody has merely said something."""
        return self.before.next_due != self.after.next_due or _place(self.before.state) != _place(self.after.state)


_SELECTED = (
    *(conversations.c.id, conversations.c.language, conversations.c.state, conversations.c.customer_id),
    *(customers.c.name, customers.c.verified, customers.c.email, customers.c.external_id),
    *(conversations.c.channel, conversations.c.page, conversations.c.created_at, conversations.c.updated_at),
    *(conversations.c.time_zone, conversations.c.next_due, conversations.c.place),
)
_ENTRY = select(*_SELECTED).join(customers, customers.c.id == conversations.c.customer_id)
_THIS = _ENTRY.where(conversations.c.id == bindparam("id"))
_LOAD = Prepared(_THIS)
_LOCK = Prepared(_THIS.with_for_update(of=conversations))

# What each message changes, and what an index is over: a database writes the index of every column it is given.
_SAID = ("seq", "state", "updated_at")
_PLACE = ("epoch", "owner", "agent_id", "team", "waiting_since", "pending", "promised", "next_due", "place")
_UNCHANGED = (conversations.c.id == bindparam("the_id"), conversations.c.seq == bindparam("the_seq"))


def _projection(names: Sequence[str]) -> Prepared:
    return Prepared(update(conversations).where(*_UNCHANGED).values({name: bindparam(f"new_{name}") for name in names}))


_SAY = _projection(_SAID)
_MOVE = _projection((*_SAID, *_PLACE))


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


def write(tx: Connection, changes: Sequence[Change]) -> None:
    """Write what became of conversations. Raises CorruptLogError when somebody else wrote to one meanwhile."""
    said: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for change in changes:
        after = change.after
        values = _columns(after.state)
        row = {f"new_{name}": value for name, value in values.items()}
        row["new_updated_at"] = to_text(after.updated_at)
        row["new_next_due"] = None if after.next_due is None else to_text(after.next_due)
        row["new_place"] = after.place
        row |= {"the_id": after.id, "the_seq": change.before.state.seq}
        (moved if change.moved else said).append(row)
    for statement, rows in ((_SAY, said), (_MOVE, moved)):
        if rows and statement.write(tx, rows) != len(rows):
            raise CorruptLogError(f"{', '.join(row['the_id'] for row in rows)}: somebody else wrote meanwhile")


def pick_up(tx: Connection, conversation_id: str, seq: int, found: PickUp) -> None:
    """Note that an agent took a waiting conversation."""
    values = {"conversation_id": conversation_id, "seq": seq, "at": to_text(found.at), "team": found.team}
    tx.execute(insert(pickups).values(**values, waited_ms=round(found.waited_s * 1000)))


def last_place(tx: Connection) -> int:
    """Return the highest number in the queue, 0 when nobody waits; two who join at the same moment may draw one."""
    query = select(func.max(conversations.c.place)).where(conversations.c.owner == Owner.QUEUE.value)
    return int(tx.execute(query).scalar() or 0)


def set_due(tx: Connection, conversation_id: str, next_due: datetime | None) -> None:
    """Store the next deadline anew: the rules behind it have changed."""
    at = None if next_due is None else to_text(next_due)
    tx.execute(update(conversations).where(conversations.c.id == conversation_id).values(next_due=at))


def _place(state: Conversation) -> tuple[object, ...]:
    promised = state.call_back is not None or bool(state.follow_ups)
    return (state.epoch, state.owner, state.agent, state.team, state.waiting_since, bool(state.pending), promised)


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


def check_capacity(tx: Connection, agent: AgentName) -> None:
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
    row = (_LOCK if lock else _LOAD).row(tx, {"id": conversation_id})
    if row is None:
        raise NotFoundError("conversation_id: there is no such conversation")
    return _entry(row)


def by_token(tx: Connection, token_hash: str) -> Entry | None:
    """Return the conversation of the customer with this token."""
    row = tx.execute(_ENTRY.where(customers.c.token_hash == token_hash)).one_or_none()
    return None if row is None else _entry(tuple(row))


def waiting_or_held(tx: Connection) -> list[Entry]:
    """Return every conversation that waits, is held by an agent, or in which somebody was promised something."""
    held = conversations.c.owner.in_([Owner.QUEUE.value, Owner.AGENT.value])
    return _readable(tx.execute(_ENTRY.where(or_(held, conversations.c.promised))))


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
    row = _LOAD.row(tx, {"id": conversation_id})
    return None if row is None else (_entry(row), log.read(tx, conversation_id, after))


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
    rows = tx.execute(statement).all()
    page = rows[:PAGE_SIZE]
    return _readable(page), _cursor(page[-1].updated_at, page[-1].id) if len(rows) > PAGE_SIZE else None


def _cursor(updated_at: str, conversation_id: str) -> str:
    return base64.urlsafe_b64encode(f"{updated_at} {conversation_id}".encode()).decode()


def _open_cursor(cursor: str) -> tuple[str, str]:
    try:
        at, _, conversation_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        from_text(at)
    except (ValueError, binascii.Error):
        raise BadFrameError("cursor: not one this gateway gave out") from None
    return at, conversation_id


def _readable(rows: Iterable[Sequence[Any]]) -> list[Entry]:
    """Return entries; one that cannot be read, such as a later version's, must not hide all others."""
    found = []
    for row in rows:
        try:
            found.append(_entry(tuple(row)))
        except CorruptLogError:  # noqa: PERF203 - each for itself is the purpose
            logger.exception("a conversation is left out, since it cannot be read")
    return found


def _entry(row: Row) -> Entry:
    (conversation_id, language, state, customer_id, name, verified, email, external_id, *rest) = row
    channel, page, created_at, updated_at, time_zone, next_due, place = rest
    return Entry(
        state=snapshot.load(conversation_id, language, state),
        customer=Customer(customer_id, name, bool(verified), email, external_id),
        channel=channel,
        page=None if page is None else json.loads(page),
        created_at=from_text(created_at),
        updated_at=from_text(updated_at),
        time_zone=time_zone,
        next_due=None if next_due is None else from_text(next_due),
        place=place,
    )
