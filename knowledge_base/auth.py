"""Who may call: the other parts of Tandem, which know the service token."""

from __future__ import annotations

import hmac

from knowledge_base.errors import UnauthorizedError

OPEN_PATHS = frozenset({"/health"})
SCHEME = "bearer"


def check(path: str, authorization: str | None, token: str) -> None:
    """Let a request pass.

    Raises:
        UnauthorizedError: the token is missing or wrong.
    """
    if path in OPEN_PATHS:
        return
    scheme, _, given = (authorization or "").partition(" ")
    # compare_digest takes as long for a nearly right token as for a wrong one
    if scheme.lower() != SCHEME or not hmac.compare_digest(
        given.strip().encode("utf-8", "surrogateescape"), token.encode()
    ):
        raise UnauthorizedError
