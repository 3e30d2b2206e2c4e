"""What resumes a verified customer's conversation between two proofs of who they are: signed, and good for some hours.

An anonymous customer's token is random and its digest is in the database, for as long as the conversation is. That of a
verified customer must not outlive a sign-out at the host site for long, and every device needs its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt

from handoff_gateway.errors import UnauthorizedError
from handoff_gateway.times import Clock

ALGORITHM = "HS256"
AUDIENCE = "tandem:customer"


class ResumeTokens:
    """Makes and reads them.

    Args:
        secret: the gateway's own, shared with nobody.
        lifetime: how long one is good for.
    """

    def __init__(self, secret: str, lifetime: timedelta, clock: Clock) -> None:
        self._secret = secret
        self._lifetime = lifetime
        self._clock = clock

    @staticmethod
    def are_like(token: str) -> bool:
        """Tell these from the random ones, which have no dots."""
        return "." in token

    def make(self, customer_id: str) -> str:
        """Return a new one."""
        expires = int((self._clock() + self._lifetime).timestamp())
        return jwt.encode({"sub": customer_id, "aud": AUDIENCE, "exp": expires}, self._secret, ALGORITHM)

    def read(self, token: str) -> str:
        """Return the customer's id. Raises UnauthorizedError for one that is forged or has expired."""
        customer_id, left = self._open(token)
        if left <= timedelta(0):
            raise UnauthorizedError("token: expired; say hello with a new identity")
        return customer_id

    def renewed(self, token: str | None, customer_id: str) -> str:
        """Return `token` while it is theirs and has half its life left, else a new one.

        A new one at each hello would make the tabs of a browser tell each other of it forever.
        """
        if token is not None and self.are_like(token):
            owner, left = self._open(token)
            if owner == customer_id and left > self._lifetime / 2:
                return token
        return self.make(customer_id)

    def _open(self, token: str) -> tuple[str, timedelta]:
        options: Any = {"verify_exp": False, "require": ["sub", "exp", "aud"]}  # by the gateway's own clock, see `read`
        try:
            claims = jwt.decode(token, self._secret, algorithms=[ALGORITHM], audience=AUDIENCE, options=options)
        except (jwt.PyJWTError, ValueError):
            raise UnauthorizedError("token: not known here; say hello without one to start anew") from None
        return str(claims["sub"]), timedelta(seconds=float(claims["exp"]) - self._clock().timestamp())
