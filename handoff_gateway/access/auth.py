"""Who is asking: passwords, sign-ins, the service token, and which origins a signed-in page may have."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from handoff_gateway.core.permissions import AccountRole
from handoff_gateway.core.presence import Presence
from handoff_gateway.errors import ForbiddenError, NotFoundError, UnauthorizedError
from handoff_gateway.store import accounts, second_factors
from handoff_gateway.store.accounts import MAX_PASSWORD_LENGTH, Account, NewAccount
from handoff_gateway.store.database import Database
from handoff_gateway.store.vault import Vault
from handoff_gateway.times import Clock
from handoff_gateway.tokens import TOKEN_BYTES, hash_token

COOKIE = "tandem_session"
MAX_DEVICE_LENGTH, MAX_ADDRESS_LENGTH = 200, 64  # what is kept of a sign-in's device


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody the gateway knows: an account, or a part of the system with the service token."""

    roles: frozenset[AccountRole]
    account: Account | None = None

    @property
    def name(self) -> str:
        """How the audit log calls them."""
        return "service" if self.account is None else self.account.id


@dataclass(frozen=True, slots=True)
class Device:
    """Where somebody signs in."""

    name: str = ""
    address: str = ""


SERVICE = Principal(frozenset({AccountRole.SERVICE}))


class Auth:
    """Signs people in and tells who holds a token."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        service_token: str,
        sign_in_days: float,
        hasher: PasswordHasher,
        vault: Vault,
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
        self._vault = vault
        self._observers: list[Callable[[str], None]] = []

    @property
    def lifetime_s(self) -> int:
        """Seconds a sign-in lasts."""
        return int(self._lifetime.total_seconds())

    def observe(self, observer: Callable[[str], None]) -> None:
        """Call `observer` with the id of each account some of whose sign-ins have been ended."""
        self._observers.append(observer)

    async def sign_in(
        self, email: str, password: str, code: str | None = None, device: Device | None = None
    ) -> tuple[Account, str] | None:
        """Return the account and a new token; None when all is well so far and the second factor is missing.

        Raises:
            UnauthorizedError: the password or the code is wrong.
        """
        found = await self._database.read(lambda tx: accounts.by_email(tx, email))
        stored = self._nobody if found is None else found[1]
        fits = await self._verify(stored, password)
        if found is None or not fits or found[0].closed:
            raise UnauthorizedError("e-mail address or password is wrong")
        account, token, device = found[0], secrets.token_urlsafe(TOKEN_BYTES), device or Device()
        if await self.has_second_factor(account.id):
            if code is None:
                return None
            await self._use_code(account.id, code)
        now = self._clock()
        await self._database.write(
            lambda tx: accounts.sign_in(
                tx,
                account.id,
                hash_token(token),
                now,
                now + self._lifetime,
                device=device.name[:MAX_DEVICE_LENGTH],
                address=device.address[:MAX_ADDRESS_LENGTH],
            )
        )
        return account, token

    async def sign_ins(self, account_id: str, token: str | None) -> list[dict[str, Any]]:
        """Return where an account is signed in; `token` is that of whoever asks."""
        own = None if token is None else hash_token(token)
        return await self._database.read(lambda tx: accounts.sign_ins(tx, account_id, own, self._clock()))

    async def end_sign_ins(self, account_id: str, sign_in_id: str | None = None) -> None:
        """End one sign-in of an account, or all. Raises NotFoundError."""
        await self._database.write(lambda tx: accounts.end_sign_ins(tx, account_id, sign_in_id))
        self._ended(account_id)

    # --- the second factor ---

    async def has_second_factor(self, account_id: str) -> bool:
        """Return whether an account signs in with a code."""
        factor = await self._database.read(lambda tx: second_factors.of(tx, account_id))
        return factor is not None and factor.confirmed

    async def propose_second_factor(self, account: Account, password: str) -> tuple[str, str]:
        """Return a secret and its address for an app. Raises UnauthorizedError, ForbiddenError when there is one."""
        await self._check_password(account, password)
        secret = second_factors.new_secret()
        sealed = self._vault.seal(secret)
        if not await self._database.write(lambda tx: second_factors.propose(tx, account.id, sealed)):
            raise ForbiddenError("there is a second factor; end that one first")
        return secret, second_factors.address(secret, account.email)

    async def confirm_second_factor(self, account_id: str, code: str) -> list[str]:
        """Let the proposed factor count; return the recovery codes. Raises UnauthorizedError, NotFoundError."""
        factor = await self._database.read(lambda tx: second_factors.of(tx, account_id))
        if factor is None or factor.confirmed:
            raise NotFoundError("there is no second factor to confirm; propose one first")
        step = self._step(factor.sealed, code)
        if step is None:
            raise UnauthorizedError("code: wrong; is the phone's clock right?")
        return await self._database.write(lambda tx: second_factors.confirm(tx, account_id, step, self._clock()))

    async def leave_second_factor(self, account: Account, password: str, code: str) -> None:
        """Do without from now on. Raises UnauthorizedError, NotFoundError."""
        await self._check_password(account, password)
        if not await self.has_second_factor(account.id):
            raise NotFoundError("there is no second factor")
        await self._use_code(account.id, code)
        await self._database.write(lambda tx: second_factors.remove(tx, account.id))

    async def reset_second_factor(self, account_id: str) -> None:
        """Forget an account's second factor and end its sign-ins. Raises NotFoundError."""

        def reset(tx: Connection) -> bool:
            accounts.end_sign_ins(tx, account_id, None)
            return second_factors.remove(tx, account_id)

        if not await self._database.write(reset):
            raise NotFoundError("there is no second factor")
        self._ended(account_id)

    async def _use_code(self, account_id: str, code: str) -> None:
        """Use up a code of the app or a recovery code. Raises UnauthorizedError."""
        factor = await self._database.read(lambda tx: second_factors.of(tx, account_id))
        step = None if factor is None else self._step(factor.sealed, code)

        def use(tx: Connection) -> bool:
            if step is not None:
                return second_factors.use_step(tx, account_id, step)
            return second_factors.use_recovery_code(tx, account_id, code)

        if not await self._database.write(use):
            raise UnauthorizedError("code: wrong, or used already")

    def _step(self, sealed: str, code: str) -> int | None:
        secret = self._vault.open(sealed)
        return None if secret is None else second_factors.step_of(secret, code, self._clock())

    async def _check_password(self, account: Account, password: str) -> None:
        found = await self._database.read(lambda tx: accounts.by_email(tx, account.email))
        if found is None or not await self._verify(found[1], password):
            raise UnauthorizedError("password: wrong")

    def _ended(self, account_id: str) -> None:
        for observer in self._observers:
            observer(account_id)

    async def sign_out(self, token: str) -> None:
        """End the sign-in with `token`."""
        account_id = await self._database.write(lambda tx: accounts.sign_out(tx, hash_token(token)))
        if account_id is not None:
            self._ended(account_id)

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
        new = NewAccount(email, name, await self._hash(password), wanted, capacity)
        return await self._database.write(lambda tx: accounts.add(tx, new, self._clock()))

    async def change(
        self,
        account_id: str,
        *,
        name: str | None = None,
        roles: list[str] | None = None,
        password: str | None = None,
        closed: bool | None = None,
    ) -> Account:
        """Change what is not None, and have whoever is signed in with it say hello anew.

        A closed account signs nobody in, and a new password ends the sign-ins with the old one.

        Raises:
            BadFrameError: naming the field that cannot be used.
            NotFoundError: there is no such account.
            ForbiddenError: no admin would be left.
        """
        called = None if name is None else accounts.check_name(name)
        wanted = None if roles is None else accounts.check_roles(roles)
        password_hash = None if password is None else await self._hash(password)

        def write(tx: Connection) -> Account:
            account = accounts.change(tx, account_id, self._clock(), name=called, roles=wanted, closed=closed)
            if password_hash is not None:
                accounts.set_password(tx, account_id, password_hash)
            return account

        account = await self._database.write(write)
        self._ended(account_id)
        return account

    async def change_password(self, account: Account, password: str, new: str, token: str | None) -> None:
        """Change somebody's own password; they stay signed in with `token` alone. Raises UnauthorizedError."""
        await self._check_password(account, password)
        password_hash, kept = await self._hash(new), None if token is None else hash_token(token)
        await self._database.write(lambda tx: accounts.set_password(tx, account.id, password_hash, kept))
        self._ended(account.id)

    async def every(self) -> list[Account]:
        """Return all accounts."""
        return await self._database.read(accounts.every)

    async def account(self, account_id: str) -> Account:
        """Return one account. Raises NotFoundError."""
        return await self._database.read(lambda tx: accounts.by_id(tx, account_id))

    async def choose_presence(self, account_id: str, presence: Presence, cause: str | None = None) -> None:
        """Remember what an agent chose, or `cause`: why it was chosen for them."""
        await self._database.write(lambda tx: accounts.choose_presence(tx, account_id, presence, cause))

    async def set_gone(self, account_id: str, gone_at: datetime | None) -> None:
        """Remember since when an agent has no socket."""
        await self._database.write(lambda tx: accounts.set_gone(tx, account_id, gone_at))

    async def _hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, password)

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
