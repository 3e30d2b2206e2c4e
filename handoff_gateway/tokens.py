"""Random tokens: how long they are, and what is stored of them."""

from __future__ import annotations

import hashlib

TOKEN_BYTES = 32  # beyond guessing; only the hash is stored


def hash_token(token: str) -> str:
    """Return what is stored of a token. The token is random, so no salt and no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
