"""Gateway processes over one database, and what each has taken on: all SQL about them.

A process is alive while its `beat` grows, and whoever watches it decides by their own clock that it has stood still
for too long. For everything else they go by the database's clock, which all have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handoff_gateway.core.events import Owner
from handoff_gateway.store import accounts as account_store
from handoff_gateway.store.accounts import Account
from handoff_gateway.store.tables import accounts, attendance, conversations, processes, turn_leases
from handoff_gateway.times import from_text, to_text


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who has sockets at any process, and since when each other agent who holds conversations has none.

    `elsewhere` are the ids of those with sockets at another process than the one that asks.
    """

    there: tuple[Account, ...]
    elsewhere: frozenset[str]
    gone: tuple[tuple[Account, datetime], ...]


def strangers(tx: Connection, secrets: str) -> dict[str, int]:
    """Return id and beat of the processes that have other secrets."""
    rows = tx.execute(select(processes.c.id, processes.c.beat).where(processes.c.secrets != secrets))
    return {row.id: row.beat for row in rows}


def join(tx: Connection, process_id: str, secrets: str, now: datetime) -> None:
    """Write a process down."""
    _insert(tx, processes, id=process_id, beat=0, secrets=secrets, joined_at=to_text(now))


def beat(tx: Connection, process_id: str) -> dict[str, int] | None:
    """Say that a process is alive; return the beats of the others, or None when it was taken for dead."""
    alive = tx.execute(update(processes).where(processes.c.id == process_id).values(beat=processes.c.beat + 1))
    if alive.rowcount != 1:
        return None
    rows = tx.execute(select(processes.c.id, processes.c.beat).where(processes.c.id != process_id))
    return {row.id: row.beat for row in rows}


def bury(tx: Connection, process_id: str, last_beat: int | None, now: datetime) -> bool:
    """Forget a process and what it had taken on; False when it has beaten since, or somebody else has done so.

    Agents who had sockets nowhere else are gone from now on.
    """
    wanted = processes.c.id == process_id
    if last_beat is not None:
        wanted &= processes.c.beat == last_beat
    if tx.execute(select(processes.c.id).where(wanted).with_for_update()).first() is None:
        return False
    were = list(tx.execute(select(attendance.c.account_id).where(attendance.c.process_id == process_id)).scalars())
    _lock(tx, were)
    tx.execute(delete(attendance).where(attendance.c.process_id == process_id))
    tx.execute(delete(turn_leases).where(turn_leases.c.process_id == process_id))
    tx.execute(delete(processes).where(processes.c.id == process_id))
    _set_gone(tx, were, now)
    return True


def clear(tx: Connection) -> None:
    """Forget every process: whoever calls this is the only one."""
    for table in (attendance, turn_leases, processes):
        tx.execute(delete(table))


# --- agents ----------------------------------------------------------------------------------------------------------


def came(tx: Connection, process_id: str, account_id: str) -> None:
    """Note that an agent has a socket at a process."""
    _lock(tx, [account_id])
    _insert(tx, attendance, process_id=process_id, account_id=account_id)
    account_store.set_gone(tx, account_id, None)


def left(tx: Connection, process_id: str, account_id: str, gone_at: datetime) -> None:
    """Note that an agent has none there any more, and since when they are gone if they have none elsewhere."""
    _lock(tx, [account_id])
    here = (attendance.c.process_id == process_id) & (attendance.c.account_id == account_id)
    tx.execute(delete(attendance).where(here))
    _set_gone(tx, [account_id], gone_at)


def staffing(tx: Connection, process_id: str) -> Staffing:
    """Return who is there, as the process sees it, and who of those who hold conversations is not."""
    attends = exists().where(attendance.c.account_id == accounts.c.id)
    holds = exists().where(conversations.c.agent_id == accounts.c.id, conversations.c.owner == Owner.AGENT.value)
    absent = accounts.c.gone_at.is_not(None) & holds & ~attends
    gone = select(accounts.c.id, accounts.c.gone_at).where(absent)
    since = {row.id: row.gone_at for row in tx.execute(gone)}
    return Staffing(
        there=tuple(account_store.where(tx, attends)),
        elsewhere=frozenset(
            tx.execute(select(attendance.c.account_id).where(attendance.c.process_id != process_id)).scalars()
        ),
        gone=tuple((each, from_text(since[each.id])) for each in account_store.where(tx, accounts.c.id.in_(since))),
    )


def attends(tx: Connection, account_id: str) -> bool:
    """Return whether an agent has a socket at any of several processes; what this one thinks may be old."""
    found = select(attendance.c.account_id).where(attendance.c.account_id == account_id).limit(1)
    return tx.execute(found).first() is not None


def _lock(tx: Connection, account_ids: Sequence[str]) -> None:
    """Let nobody else say whether these agents are there: two who look at once would both see them elsewhere."""
    wanted = accounts.c.id.in_(account_ids)
    tx.execute(select(accounts.c.id).where(wanted).order_by(accounts.c.id).with_for_update())


def _set_gone(tx: Connection, account_ids: Sequence[str], gone_at: datetime) -> None:
    attends = exists().where(attendance.c.account_id == accounts.c.id)
    wanted = accounts.c.id.in_(account_ids) & accounts.c.gone_at.is_(None) & ~attends
    if account_ids:
        tx.execute(update(accounts).where(wanted).values(gone_at=to_text(gone_at)))


# --- the bot's turns -------------------------------------------------------------------------------------------------


def lease(tx: Connection, process_id: str, conversation_id: str) -> bool | None:
    """Take a conversation's bot turns on, unless another process has; return whether they are this one's now.

    None when the process was taken for dead: what it had taken on is others' by now.
    """
    alive = select(processes.c.id).where(processes.c.id == process_id).with_for_update(read=True, key_share=True)
    if tx.execute(alive).first() is None:
        return None
    _insert(tx, turn_leases, conversation_id=conversation_id, process_id=process_id)
    holder = select(turn_leases.c.process_id).where(turn_leases.c.conversation_id == conversation_id)
    return tx.execute(holder).scalar_one_or_none() == process_id


def release(tx: Connection, process_id: str, conversation_id: str) -> bool:
    """Let others have the turns; return whether something is owed that came before they could see that they may."""
    mine = (turn_leases.c.conversation_id == conversation_id) & (turn_leases.c.process_id == process_id)
    tx.execute(delete(turn_leases).where(mine))
    owed = (conversations.c.id == conversation_id) & conversations.c.pending
    query = select(func.count()).select_from(conversations).where(owed, conversations.c.owner == Owner.BOT.value)
    return bool(tx.execute(query).scalar_one())


def now(tx: Connection) -> datetime | None:
    """Return the time of the database's machine, where it may be another than this one."""
    if tx.dialect.name != "postgresql":
        return None
    at: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
    return at.astimezone(UTC)


def _insert(tx: Connection, table: Table, **values: str | int) -> None:
    """Insert a row unless there is one with its key."""
    make = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    tx.execute(make(table).values(**values).on_conflict_do_nothing())
