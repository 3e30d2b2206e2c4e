"""Accounts of people who work here, and their sign-ins: all SQL about them. Tokens and passwords only as hashes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, insert, or_, select, update

from handoff_gateway.core.events import AgentName
from handoff_gateway.core.permissions import PEOPLE, AccountRole, Right, may
from handoff_gateway.core.presence import Presence
from handoff_gateway.errors import BadFrameError, ForbiddenError, NotFoundError
from handoff_gateway.store.tables import account_tokens, accounts, attendance, team_members
from handoff_gateway.times import from_text, to_text

MAX_EMAIL_LENGTH = 254
MAX_NAME_LENGTH = 100
MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 1024  # a longer one would only keep the processor busy
SIGN_IN_ID_LENGTH = 16  # characters of a digest: enough to tell a person's sign-ins apart


@dataclass(frozen=True, slots=True)
class Account:
    """One person who signs in."""

    id: str
    email: str
    name: str
    roles: frozenset[AccountRole]
    capacity: int
    presence: Presence
    closed: bool = False
    presence_cause: str | None = None

    @property
    def answers(self) -> bool:
        """Whether conversations can be given to this person."""
        return not self.closed and may(self.roles, Right.ANSWER)

    @property
    def agent(self) -> AgentName:
        """The account as others see it."""
        return AgentName(self.id, self.name)

    def to_json(self) -> dict[str, Any]:
        """Return what the API shows."""
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "roles": sorted(role.value for role in self.roles),
            "capacity": self.capacity,
            **({"closed": True} if self.closed else {}),
        }


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What is needed to make an account; checked by `check_account`."""

    email: str
    name: str
    password_hash: str
    roles: frozenset[AccountRole]
    capacity: int


def check_account(email: str, name: str, roles: Iterable[str]) -> tuple[str, frozenset[AccountRole]]:
    """Return the e-mail address as it is stored and the roles. Raises BadFrameError naming the field."""
    email = email.strip().lower()
    local, _, domain = email.partition("@")
    if not (local and domain) or len(email) > MAX_EMAIL_LENGTH or any(c.isspace() or ord(c) < 32 for c in email):
        raise BadFrameError("email: not an e-mail address")
    check_name(name)
    return email, check_roles(roles)


def check_name(name: str) -> str:
    """Return a person's name as it is stored. Raises BadFrameError."""
    if not name.strip() or len(name) > MAX_NAME_LENGTH:
        raise BadFrameError(f"name: 1 to {MAX_NAME_LENGTH} characters")
    return name.strip()


def check_password(password: str, field: str = "password") -> str:
    """Return a password somebody is to have. Raises BadFrameError."""
    if len(password) < MIN_PASSWORD_LENGTH:
        raise BadFrameError(f"{field}: at least {MIN_PASSWORD_LENGTH} characters")
    if len(password) > MAX_PASSWORD_LENGTH or not password.strip():
        raise BadFrameError(f"{field}: at most {MAX_PASSWORD_LENGTH} characters, and not only spaces")
    return password


def check_roles(roles: Iterable[str]) -> frozenset[AccountRole]:
    """Return the roles an account is to have. Raises BadFrameError."""
    people = {role.value for role in PEOPLE}
    wanted = set(roles)
    if not wanted or not wanted <= people:
        raise BadFrameError(f"roles: one or more of {', '.join(sorted(people))}")
    return frozenset(AccountRole(role) for role in wanted)


def add(tx: Connection, new: NewAccount, now: datetime) -> Account:
    """Write a new account. Raises BadFrameError when the e-mail address is taken."""
    if tx.execute(select(accounts.c.id).where(accounts.c.email == new.email)).first() is not None:
        raise BadFrameError("email: there is an account with this address")
    account = Account(
        f"acc_{secrets.token_hex(8)}", new.email, new.name.strip(), new.roles, new.capacity, Presence.AWAY
    )
    tx.execute(
        insert(accounts).values(
            id=account.id,
            email=account.email,
            name=account.name,
            password_hash=new.password_hash,
            roles=json.dumps(sorted(account.roles)),
            capacity=account.capacity,
            presence=account.presence.value,
            created_at=to_text(now),
        )
    )
    return account


def every(tx: Connection) -> list[Account]:
    """Return all accounts by e-mail address."""
    return [_account(row) for row in tx.execute(select(accounts).order_by(accounts.c.email))]


def where(tx: Connection, condition: ColumnElement[bool]) -> list[Account]:
    """Return the accounts that fulfil a condition."""
    return [_account(row) for row in tx.execute(select(accounts).where(condition))]


def by_email(tx: Connection, email: str) -> tuple[Account, str] | None:
    """Return an account and its password hash."""
    row = tx.execute(select(accounts).where(accounts.c.email == email.strip().lower())).one_or_none()
    return None if row is None else (_account(row), row.password_hash)


def by_id(tx: Connection, account_id: str) -> Account:
    """Return an account. Raises NotFoundError."""
    row = tx.execute(select(accounts).where(accounts.c.id == account_id)).one_or_none()
    if row is None:
        raise NotFoundError("account_id: there is no such account")
    return _account(row)


def set_password(tx: Connection, account_id: str, password_hash: str, keep: str | None = None) -> None:
    """Change a password and end every sign-in with the old one, except that with the token's digest `keep`."""
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(password_hash=password_hash))
    theirs = account_tokens.c.account_id == account_id
    if keep is not None:
        theirs &= account_tokens.c.token_hash != keep
    tx.execute(delete(account_tokens).where(theirs))


def change(
    tx: Connection,
    account_id: str,
    now: datetime,
    *,
    name: str | None = None,
    roles: frozenset[AccountRole] | None = None,
    closed: bool | None = None,
) -> Account:
    """Write what is not None. Who cannot answer any more leaves their teams; who is closed is signed out.

    Raises:
        NotFoundError: there is no such account.
        ForbiddenError: nobody would be left who looks after accounts.
    """
    _hold_administrators(tx)
    before = by_id(tx, account_id)
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = name
    if roles is not None:
        values["roles"] = json.dumps(sorted(roles))
    if closed is not None and closed != before.closed:
        values["closed_at"] = to_text(now) if closed else None
    if values:
        tx.execute(update(accounts).where(accounts.c.id == account_id).values(**values))
    after = by_id(tx, account_id)
    if not any(each for each in every(tx) if not each.closed and may(each.roles, Right.MANAGE_ACCOUNTS)):
        raise ForbiddenError("this is the only open account of an admin; make somebody else one first")
    if not after.answers:
        tx.execute(delete(team_members).where(team_members.c.account_id == account_id))
    if after.closed:
        end_sign_ins(tx, account_id, None)
    return after


def _hold_administrators(tx: Connection) -> None:
    """Let nobody else change an admin meanwhile: two who close each other would leave none."""
    admins = accounts.c.roles.contains(f'"{AccountRole.ADMIN.value}"')
    tx.execute(select(accounts.c.id).where(admins).order_by(accounts.c.id).with_for_update())


def choose_presence(tx: Connection, account_id: str, presence: Presence, cause: str | None = None) -> None:
    """Remember what an agent chose, or `cause`: why it was chosen for them."""
    chosen = {"presence": presence.value, "presence_cause": cause}
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(chosen))


def set_gone(tx: Connection, account_id: str, gone_at: datetime | None) -> None:
    """Remember since when an agent has no socket; None while there is one."""
    at = None if gone_at is None else to_text(gone_at)
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(gone_at=at))


def missing(tx: Connection, account_ids: list[str], now: datetime) -> dict[str, datetime]:
    """Return since when each account is gone: as remembered, else since `now`, which is remembered.

    Nobody is gone since a time to come, as a clock that was set back meanwhile would have it.

    Who has a socket at another process is not gone.
    """
    attends = exists().where(attendance.c.account_id == accounts.c.id)
    wanted = and_(accounts.c.id.in_(account_ids), ~attends)
    unknown = or_(accounts.c.gone_at.is_(None), accounts.c.gone_at > to_text(now))
    tx.execute(update(accounts).where(wanted, unknown).values(gone_at=to_text(now)))
    return {
        row.id: from_text(row.gone_at) for row in tx.execute(select(accounts.c.id, accounts.c.gone_at).where(wanted))
    }


def sign_in(
    tx: Connection, account_id: str, token_hash: str, now: datetime, expires: datetime, *, device: str, address: str
) -> None:
    """Write a sign-in and forget those that have expired."""
    tx.execute(delete(account_tokens).where(account_tokens.c.expires_at <= to_text(now)))
    tx.execute(
        insert(account_tokens).values(
            token_hash=token_hash,
            account_id=account_id,
            created_at=to_text(now),
            expires_at=to_text(expires),
            device=device,
            address=address,
        )
    )


def sign_out(tx: Connection, token_hash: str) -> str | None:
    """End a sign-in; return whose it was."""
    own = account_tokens.c.token_hash == token_hash
    account_id: str | None = tx.execute(select(account_tokens.c.account_id).where(own)).scalar_one_or_none()
    tx.execute(delete(account_tokens).where(own))
    return account_id


def sign_ins(tx: Connection, account_id: str, own_hash: str | None, now: datetime) -> list[dict[str, Any]]:
    """Return where an account is signed in, newest first; `id` is a part of the digest, which opens nothing."""
    query = (
        select(account_tokens)
        .where(account_tokens.c.account_id == account_id, account_tokens.c.expires_at > to_text(now))
        .order_by(account_tokens.c.created_at.desc())
    )
    return [
        {
            "id": row.token_hash[:SIGN_IN_ID_LENGTH],
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "device": row.device,
            "address": row.address,
            "current": row.token_hash == own_hash,
        }
        for row in tx.execute(query)
    ]


def end_sign_ins(tx: Connection, account_id: str, sign_in_id: str | None) -> None:
    """End one sign-in of an account, or all. Raises NotFoundError."""
    theirs = account_tokens.c.account_id == account_id
    if sign_in_id is not None:
        start = func.substr(account_tokens.c.token_hash, 1, SIGN_IN_ID_LENGTH)
        theirs = and_(theirs, start == sign_in_id)
    if tx.execute(delete(account_tokens).where(theirs)).rowcount == 0 and sign_in_id is not None:
        raise NotFoundError("sign_in_id: there is no such sign-in")


def signed_in(tx: Connection, token_hash: str, now: datetime) -> Account | None:
    """Return whose sign-in this is, if it is one and has not expired."""
    row = tx.execute(
        select(accounts)
        .join(account_tokens, account_tokens.c.account_id == accounts.c.id)
        .where(account_tokens.c.token_hash == token_hash, account_tokens.c.expires_at > to_text(now))
        .where(accounts.c.closed_at.is_(None))
    ).one_or_none()
    return None if row is None else _account(row)


def _account(row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        email=row.email,
        name=row.name,
        roles=frozenset(AccountRole(role) for role in json.loads(row.roles)),
        capacity=row.capacity,
        presence=Presence(row.presence),
        closed=row.closed_at is not None,
        presence_cause=row.presence_cause,
    )
