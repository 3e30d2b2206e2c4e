"""The command that signs who a customer is, as the host site would: for trying out, and as an example for its code."""

from __future__ import annotations

from datetime import timedelta

import jwt

from handoff_gateway.access.identity import HS256, Key, verify
from handoff_gateway.errors import BadFrameError
from handoff_gateway.secret_files import identity_secret
from handoff_gateway.settings import Settings
from handoff_gateway.times import utc_now


def sign(settings: Settings, subject: str, name: str | None, email: str | None, minutes: float) -> int:
    """Print a token. Raises BadFrameError or UnauthorizedError for one the gateway would refuse."""
    if not 0 < minutes <= settings.identity_hours * 60:
        raise BadFrameError(f"minutes: must be a number above 0 and at most {settings.identity_hours * 60:g}")
    secret, now = identity_secret(settings.secrets), utc_now()
    claims = {"sub": subject, "name": name, "email": email, "exp": int((now + timedelta(minutes=minutes)).timestamp())}
    if settings.identity_audience:
        claims["aud"] = settings.identity_audience
    token = jwt.encode({key: value for key, value in claims.items() if value is not None}, secret, HS256)
    longest = timedelta(hours=settings.identity_hours)
    verify(token, [Key(HS256, secret.encode())], now, longest=longest, audience=settings.identity_audience)
    print(token)
    return 0
