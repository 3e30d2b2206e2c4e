"""Takes out of customers' texts what must not be kept, before anything is stored, and reveals it once to who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from handoff_gateway.core.commands import CustomerSends
from handoff_gateway.errors import NotFoundError
from handoff_gateway.privacy.redaction import redact
from handoff_gateway.store import audit, originals
from handoff_gateway.store.database import Database
from handoff_gateway.store.vault import Vault
from handoff_gateway.times import Clock

MOST_NESTED = 20  # levels of a survey's answers; deeper ones are no answers


class Redactor:
    """Stands between customers and the log.

    Args:
        keep: how long what was masked can be revealed; nothing for never.
    """

    def __init__(self, database: Database, vault: Vault, clock: Clock, keep: timedelta) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self.keep = keep

    def message(self, client_message_id: str, text: str, payload: str | None) -> CustomerSends:
        """Return the command that stores a message; the whole text goes along encrypted where it was masked."""
        found = redact(text)
        if not found.masked:
            return CustomerSends(client_message_id, text, payload)
        sealed = self._vault.seal(text) if self.keep else ""
        return CustomerSends(client_message_id, found.text, payload, sealed)

    @staticmethod
    def text(text: str) -> str:
        """Return a text as it may be kept; nothing else of it is."""
        return redact(text).text

    def answers(self, data: Any, depth: int = 0) -> Any:
        """Return JSON with every text in it as it may be kept."""
        if depth > MOST_NESTED:
            return None
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {self.text(key): self.answers(item, depth + 1) for key, item in data.items()}
        if isinstance(data, list):
            return [self.answers(item, depth + 1) for item in data]
        return data

    async def reveal(self, conversation_id: str, seq: int, actor: str) -> str:
        """Return the whole text of a masked message, once, and write down who read it. Raises NotFoundError."""
        now = self._clock()

        def take(tx: Connection) -> str:
            sealed = originals.take(tx, conversation_id, seq, now - self.keep)
            audit.record(tx, now, actor, "reveal", conversation_id, seq=seq)
            return sealed

        text = self._vault.open(await self._database.write(take))
        if text is None:
            raise NotFoundError("seq: it was encrypted with another key, which is gone")
        return text
