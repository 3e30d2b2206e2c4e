"""What must be kept but not lie about: encrypted with a key that is in a file, never in the database or its backups."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken

from handoff_gateway.errors import StartupError


class Vault:
    """Seals and opens texts."""

    def __init__(self, key: str) -> None:
        """Raises StartupError when `key` is none."""
        try:
            self._fernet = Fernet(key.encode())
        except ValueError as error:
            raise StartupError("The secret data_key is not a key: put back the one there was.") from error

    @staticmethod
    def new_key() -> str:
        """Return a fresh key."""
        return Fernet.generate_key().decode()

    def seal(self, text: str) -> str:
        """Return `text` unreadable, and such that nobody can change it unseen."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """Return what was sealed; None when it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None
