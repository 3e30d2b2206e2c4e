"""Secrets in files only their owner can read, made once however many parts start at the same time."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from handoff_gateway.errors import StartupError
from handoff_gateway.store.vault import Vault

SECRET_BYTES = 32
PASSWORD_BYTES = 12  # sixteen characters a person can still copy


def service_token(folder: Path) -> str:
    """Return the token the parts show each other; make it when there is none."""
    return _ensure(folder / "service_token", secrets.token_urlsafe(SECRET_BYTES))


def admin_password(folder: Path) -> str:
    """Return the first account's password; make it when there is none."""
    return _ensure(folder / "admin_password", secrets.token_urlsafe(PASSWORD_BYTES))


def identity_secret(folder: Path) -> str:
    """Return the secret with which host sites sign who a customer is; make it when there is none."""
    secret = _ensure(folder / "identity_secret", secrets.token_urlsafe(SECRET_BYTES))
    if len(secret.encode()) < SECRET_BYTES:
        raise StartupError(f"The secret {folder / 'identity_secret'} is too short: at least {SECRET_BYTES} characters.")
    return secret


def customer_token_secret(folder: Path) -> str:
    """Return what the gateway signs verified customers' tokens with; make it when there is none."""
    return _ensure(folder / "customer_token_secret", secrets.token_urlsafe(SECRET_BYTES))


def data_key(folder: Path) -> str:
    """Return the key of what is stored encrypted; make it when there is none."""
    return _ensure(folder / "data_key", Vault.new_key())


def _ensure(path: Path, fresh: str) -> str:
    """Return what `path` holds, after writing `fresh` when it does not exist: whole or not at all, the first wins."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "w") as file:
                    file.write(f"{fresh}\n")
                _link(draft, path)
            finally:
                draft.unlink()
        secret = path.read_text().strip()
    except OSError as error:
        raise StartupError(
            f"The secret {path} cannot be read or made ({error.strerror}): check disk and rights."
        ) from error
    if not secret:
        raise StartupError(f"The secret {path} is empty: delete the file and start again.")
    return secret


def _link(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another part was faster; its secret counts
