"""The second factor of a sign-in: an app's codes (TOTP), and recovery codes for when the phone is gone. All its SQL."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import Connection, delete, insert, select, update

from handoff_gateway.store.tables import recovery_codes, second_factors
from handoff_gateway.times import to_text

ISSUER = "Tandem"
STEP_S = 30
DRIFT = 1  # steps by which a phone's clock may differ
RECOVERY_CODES = 10
RECOVERY_BYTES = 8  # 64 random bits: beyond guessing at any rate let through, so a plain digest is enough


@dataclass(frozen=True, slots=True)
class Factor:
    """An account's second factor; it counts once a code of it has been shown. `sealed` is its secret, encrypted."""

    sealed: str
    confirmed: bool
    last_step: int


def of(tx: Connection, account_id: str) -> Factor | None:
    """Return an account's second factor."""
    row = tx.execute(select(second_factors).where(second_factors.c.account_id == account_id)).one_or_none()
    return None if row is None else Factor(row.secret, row.confirmed_at is not None, row.last_step)


def propose(tx: Connection, account_id: str, sealed: str) -> bool:
    """Keep a secret that is yet to be confirmed; return False when there is a confirmed one."""
    factor = of(tx, account_id)
    if factor is not None and factor.confirmed:
        return False
    remove(tx, account_id)
    tx.execute(insert(second_factors).values(account_id=account_id, secret=sealed, last_step=0))
    return True


def confirm(tx: Connection, account_id: str, step: int, now: datetime) -> list[str]:
    """Let the factor count from now on; return the recovery codes, which nobody can read again."""
    mine = second_factors.c.account_id == account_id
    tx.execute(update(second_factors).where(mine).values(confirmed_at=to_text(now), last_step=step))
    codes = [secrets.token_hex(RECOVERY_BYTES) for _ in range(RECOVERY_CODES)]
    tx.execute(insert(recovery_codes), [{"account_id": account_id, "code_hash": _digest(code)} for code in codes])
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]


def use_step(tx: Connection, account_id: str, step: int) -> bool:
    """Use up a code; return False when it, or a later one, has been used: who looked over a shoulder is too late."""
    newer = (second_factors.c.account_id == account_id) & (second_factors.c.last_step < step)
    return tx.execute(update(second_factors).where(newer).values(last_step=step)).rowcount == 1


def use_recovery_code(tx: Connection, account_id: str, code: str) -> bool:
    """Use up a recovery code; return False when it is none, or none any more."""
    wanted = (recovery_codes.c.account_id == account_id) & (recovery_codes.c.code_hash == _digest(code))
    return tx.execute(delete(recovery_codes).where(wanted)).rowcount == 1


def remove(tx: Connection, account_id: str) -> bool:
    """Forget the second factor and its recovery codes; return whether there was one."""
    tx.execute(delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    return tx.execute(delete(second_factors).where(second_factors.c.account_id == account_id)).rowcount == 1


def new_secret() -> str:
    """Return a secret for an app."""
    return pyotp.random_base32()


def address(secret: str, email: str) -> str:
    """Return what an app reads as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is; None for a wrong one. Pure."""
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    wanted = "".join(code.split())
    steps = [step for step in range(current - DRIFT, current + DRIFT + 1) if _same(totp.at(step * STEP_S), wanted)]
    return steps[-1] if steps else None


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _digest(code: str) -> str:
    plain = "".join(char for char in code.lower() if char.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
