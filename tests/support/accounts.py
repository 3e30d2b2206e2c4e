"""People as the gateway names them to the knowledge base."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import jwt

LIFETIME = timedelta(seconds=59)


def account_header(
    token: str, roles: Sequence[str], *, name: str = "Erika Editor", account_id: str = "a1", **claims: object
) -> dict[str, str]:
    """Return the header that says who asks; `claims` replace those the gateway would make."""
    made = {"sub": account_id, "name": name, "email": "erika@example.org", "roles": list(roles)}
    expires = datetime.now(UTC) + LIFETIME
    return {"X-Tandem-Account": jwt.encode(made | {"exp": expires} | claims, token, "HS256")}
