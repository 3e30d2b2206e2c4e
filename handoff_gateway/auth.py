"""Who is asking: passwords, sign-ins, the service token, and which origins a signed-in page may have."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handoff_gateway import accounts
from handoff_gateway.accounts import Account, NewAccount
from handoff_gateway.database import Database
from handoff_gateway.desk import TOKEN_BYTES, hash_token
from handoff_gateway.errors import ForbiddenError, UnauthorizedError
from handoff_gateway.permissions import AccountRole
from handoff_gateway.presence import Presence
from handoff_gateway.times import Clock

COOKIE = "tandem_session"
MAX_PASSWORD_LENGTH = 1024  # a longer one would only keep the processor busy


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody the gateway knows: an account, or a part of the system with the service token."""

    roles: frozenset[AccountRole]
    account: Account | None = None


SERVICE = Principal(frozenset({AccountRole.SERVICE}))


class Auth:
    """Signs people in and tells who holds a token."""

    def __init__(
        self, database: Database, clock: Clock, *, service_token: str, sign_in_days: float, hasher: PasswordHasher
    ) -> None:
        self._database = database
        self._clock = clock
        self._service_token = service_token.encode()
        self._lifetime = timedelta(days=sign_in_days)
        self._hasher = hasher
        # Checked for unknown addresses, so that the time of an answer does not tell which addresses are known.
        self._nobody = hasher.hash(secrets.token_urlsafe())
        # One at a time: each check takes tens of MiB, and a crowd of guesses must not take them all.
        self._hashing = asyncio.Lock()

    @property
    def lifetime_s(self) -> int:
        """Seconds a sign-in lasts."""
        return int(self._lifetime.total_seconds())

    async def sign_in(self, email: str, password: str) -> tuple[Account, str]:
        """Return the account and a new token. Raises UnauthorizedError."""
        found = await self._database.read(lambda tx: accounts.by_email(tx, email))
        stored = self._nobody if found is None else found[1]
        fits = await self._verify(stored, password)
        if found is None or not fits:
            raise UnauthorizedError("e-mail address or password is wrong")
        account, token = found[0], secrets.token_urlsafe(TOKEN_BYTES)
        now = self._clock()
        await self._database.write(
            lambda tx: accounts.sign_in(tx, account.id, hash_token(token), now, now + self._lifetime)
        )
        return account, token

    async def sign_out(self, token: str) -> None:
        """End the sign-in with `token`."""
        await self._database.write(lambda tx: accounts.sign_out(tx, hash_token(token)))

    async def identify(self, token: str | None) -> Principal:
        """Return who holds `token`. Raises UnauthorizedError."""
        if not token:
            raise UnauthorizedError("token: sign in first")
        if hmac.compare_digest(token.encode(), self._service_token):
            return SERVICE
        account = await self._database.read(lambda tx: accounts.signed_in(tx, hash_token(token), self._clock()))
        if account is None:
            raise UnauthorizedError("token: not known, or expired; sign in again")
        return Principal(account.roles, account)

    async def add(self, email: str, name: str, password: str, roles: list[str], capacity: int) -> Account:
        """Make an account. Raises BadFrameError naming the field."""
        email, wanted = accounts.check_account(email, name, roles)
        async with self._hashing:
            password_hash = await asyncio.to_thread(self._hasher.hash, password)
        new = NewAccount(email, name, password_hash, wanted, capacity)
        return await self._database.write(lambda tx: accounts.add(tx, new, self._clock()))

    async def every(self) -> list[Account]:
        """Return all accounts."""
        return await self._database.read(accounts.every)

    async def account(self, account_id: str) -> Account:
        """Return one account. Raises NotFoundError."""
        return await self._database.read(lambda tx: accounts.by_id(tx, account_id))

    async def choose_presence(self, account_id: str, presence: Presence) -> None:
        """Remember what an agent chose."""
        await self._database.write(lambda tx: accounts.choose_presence(tx, account_id, presence))

    async def set_gone(self, account_id: str, gone_at: datetime | None) -> None:
        """Remember since when an agent has no socket."""
        await self._database.write(lambda tx: accounts.set_gone(tx, account_id, gone_at))

    async def _verify(self, stored: str, password: str) -> bool:
        if len(password) > MAX_PASSWORD_LENGTH:
            return False
        async with self._hashing:
            try:
                return await asyncio.to_thread(self._hasher.verify, stored, password)
            except (VerificationError, InvalidHashError):
                return False


def check_origin(origin: str | None, host: str | None, allowed: tuple[str, ...]) -> None:
    """Hold a browser's request to the gateway's own pages. Raises ForbiddenError.

    Args:
        origin: the request's Origin header; a cookie alone proves nothing, so it must be there.
        host: the request's Host header; ports may differ, pages and sockets have their own.
        allowed: further origins.
    """
    if origin is None:
        raise ForbiddenError("a request with the sign-in cookie needs an Origin header")
    if origin in allowed:
        return
    own = urlsplit(f"//{host or ''}").hostname
    try:
        theirs = urlsplit(origin).hostname
    except ValueError:
        theirs = None
    if own is None or theirs != own:
        raise ForbiddenError("this page may not use the gateway in your name")
