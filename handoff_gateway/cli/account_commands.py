"""Administrative commands on accounts; they work beside a running gateway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from handoff_gateway.errors import NotFoundError, StartupError
from handoff_gateway.settings import Settings
from handoff_gateway.store import accounts, audit, second_factors
from handoff_gateway.store.accounts import Account, NewAccount, check_account, check_password
from handoff_gateway.store.database import Database, open_database
from handoff_gateway.times import utc_now


def show(settings: Settings) -> int:
    """Print every account."""
    with opened(settings) as database:
        for account in database.write_now(accounts.every):
            roles = ", ".join(sorted(account.roles))
            print(f"{account.email}\t{account.name}\t{roles}{' (closed)' if account.closed else ''}")
    return 0


def add(settings: Settings, email: str, name: str, roles: list[str], password: str) -> int:
    """Make an account."""
    email, wanted = check_account(email, name, roles)
    new = NewAccount(email, name, PasswordHasher().hash(check_password(password)), wanted, settings.agent_capacity)
    with opened(settings) as database:
        account = database.write_now(lambda tx: _audited(tx, "accounts add", accounts.add(tx, new, utc_now())))
    print(f"added {account.email}")
    return 0


def set_password(settings: Settings, email: str, password: str) -> int:
    """Change a password."""
    hashed = PasswordHasher().hash(check_password(password))

    def change(tx: Connection) -> None:
        found = _named(tx, email)
        accounts.set_password(tx, found.id, hashed)
        _audited(tx, "accounts set-password", found)

    with opened(settings) as database:
        database.write_now(change)
    print(f"changed the password of {email}")
    return 0


def reset_second_factor(settings: Settings, email: str) -> int:
    """Forget an account's second factor. Raises NotFoundError."""

    def reset(tx: Connection) -> None:
        found = _named(tx, email)
        accounts.end_sign_ins(tx, found.id, None)
        if not second_factors.remove(tx, found.id):
            raise NotFoundError("email: this account has no second factor")
        _audited(tx, "accounts reset-second-factor", found)

    with opened(settings) as database:
        database.write_now(reset)
    print(f"{email} signs in with the password alone")
    return 0


def _named(tx: Connection, email: str) -> Account:
    found = accounts.by_email(tx, email)
    if found is None:
        raise NotFoundError("email: there is no account with this address")
    return found[0]


def _audited(tx: Connection, action: str, account: Account) -> Account:
    audit.record(tx, utc_now(), audit.COMMAND_LINE, action, account.id)
    return account


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """Open the database for one command. Raises StartupError when it refuses."""
    settings.var.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.database)
    try:
        yield database
    except DBAPIError as error:
        raise StartupError(f"The database refused: {error.orig}.") from error
    finally:
        database.close()
