"""Ask a running knowledge base what it would have found for the customers' questions (``--knowledge``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from bot.errors import SettingsError
from bot.escalation.turns import CustomerTurn
from bot.evaluate.replay import SEARCHED, Found

DEADLINE_S = 30.0  # a busy machine; nobody waits for a turn here
MAX_QUERY = 1_000  # characters, as the actions send them


class Knowledge:
    """The search of one knowledge base."""

    def __init__(self, url: str, token: str) -> None:
        """``url`` is its base address."""
        self._url = url
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=DEADLINE_S, trust_env=False
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def found(self, turns: Sequence[CustomerTurn]) -> list[Found | None]:
        """Return what it finds for each turn of one dialogue; None where the bot would not search.

        Raises:
            SettingsError: it did not answer, or not as DESIGN.md has it.
        """
        found: list[Found | None] = []
        previous = ""
        for turn in turns:
            if turn.intent not in SEARCHED:
                found.append(None)
                continue
            query = " ".join(turn.text.split())[:MAX_QUERY]
            found.append(self._search(query, previous, turn.language))
            previous = query
        return found

    def _search(self, query: str, previous: str, language: str) -> Found:
        body: dict[str, Any] = {"query": query, "language": language, "limit": 1, "trial": True}
        if previous:
            body["previous"] = previous
        try:
            response = self._client.post("/v1/search", json=body)
            response.raise_for_status()
            answer = response.json()
            hits = answer["hits"]
            if not hits:
                return Found(False, None, 0.0, 0.0)
            sure, nearest = float(answer["confidence"]), float(hits[0]["dense"])
            return Found(bool(answer["answerable"]), str(hits[0]["article_id"]), sure, nearest)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(f"The knowledge base at {self._url} could not be asked: {error}.") from error
