"""The accounts a new system begins with."""

from __future__ import annotations

from argon2 import PasswordHasher
from sqlalchemy import Connection

from handoff_gateway.core.permissions import PEOPLE, AccountRole
from handoff_gateway.secret_files import admin_password
from handoff_gateway.settings import Settings
from handoff_gateway.store import accounts
from handoff_gateway.store.accounts import NewAccount
from handoff_gateway.store.database import Database, hold
from handoff_gateway.times import Clock

ADMIN = "admin@localhost"
DEMO = (
    ("agent@localhost", "Robin", frozenset({AccountRole.AGENT})),
    ("editor@localhost", "Sascha", frozenset({AccountRole.EDITOR})),
)


def make_accounts(database: Database, settings: Settings, hasher: PasswordHasher, clock: Clock) -> None:
    """Make the first accounts where there are none yet."""
    if database.write_now(accounts.every):
        return
    wanted = [(ADMIN, "Admin", PEOPLE), *(DEMO if settings.demo else ())]
    password_hash = hasher.hash(admin_password(settings.secrets))

    def write(tx: Connection) -> None:
        hold(tx, "first accounts")
        if accounts.every(tx):
            return
        for email, name, roles in wanted:
            accounts.add(tx, NewAccount(email, name, password_hash, roles, settings.agent_capacity), clock())

    database.write_now(write)
