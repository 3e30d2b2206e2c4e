"""Who a customer is, as the site they come from says: a JSON Web Token the site signs and the gateway checks.

Each key is bound to one algorithm: a secret to HS256, a public key to RS256. So a token without a signature, or one
signed with the public key as if it were a secret, fits no key. Keys are told apart by `kid`; several may count at a
time, so that a site changes its key without a gap.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from jwt import PyJWK

from handoff_gateway.errors import StartupError, UnauthorizedError
from handoff_gateway.wire import clean_text

HS256, RS256 = "HS256", "RS256"
ALGORITHMS = {"oct": HS256, "RSA": RS256}
MAX_IDENTITY_LENGTH = 8 * 1024  # characters; a token with a few claims has some hundred
MAX_SUBJECT_LENGTH = 200
MAX_NAME_LENGTH = 100
MAX_EMAIL_LENGTH = 254
MIN_SECRET_BYTES = 32  # as long as the digest HS256 is made with; a shorter one can be guessed
MIN_RSA_BITS = 2048
MOST_SECONDS = 2.0**53  # what is later than this in a token is no time, and may not even fit a float
LEEWAY = timedelta(seconds=60)  # by which the site's clock may differ

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """A customer the host site vouches for; `subject` is the site's own id of theirs."""

    subject: str
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key with the one algorithm it is for."""

    algorithm: str
    value: Any  # bytes, or cryptography's public key
    kid: str | None = None


class IdentityKeys:
    """The keys that count: the gateway's own secret and those of a file, which is read again when it changes.

    Args:
        secret: shared with the host site; its tokens carry no `kid`, or `default`.
        file: a JSON Web Key Set (`oct` and `RSA` keys), or one public key as PEM; None for the secret alone.
    """

    def __init__(self, secret: str, file: Path | None) -> None:
        self._own = (Key(HS256, secret.encode()), Key(HS256, secret.encode(), "default"))
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._read: tuple[Key, ...] = ()
        self._look()

    def __call__(self) -> Iterable[Key]:
        """Return the keys. A file that has become unreadable leaves those read before in force."""
        try:
            self._look()
        except StartupError as error:
            logger.warning("the keys read before stay in force: %s", error)
        return (*self._own, *self._read)

    def _look(self) -> None:
        if self._file is None:
            return
        try:
            stat = self._file.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                self._read = read_keys(self._file.read_text(encoding="utf-8"))
                self._stamp = stamp
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise StartupError(f"TANDEM_IDENTITY_KEYS: {self._file} cannot be used ({error}).") from error


def read_keys(text: str) -> tuple[Key, ...]:
    """Read a key set or a PEM file. Raises ValueError saying what is wrong."""
    if text.lstrip().startswith("-----BEGIN"):
        return (_pem(text),)
    try:
        data = json.loads(text)
        entries = data["keys"]
    except (ValueError, TypeError, KeyError):
        raise ValueError("neither a PEM public key nor a JSON Web Key Set") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("keys: must be a list of objects")
    return tuple(_jwk(entry) for entry in entries)


def _pem(text: str) -> Key:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if "PRIVATE" in text:
        raise ValueError("this is a private key: it stays with the site, give the gateway the public one")
    try:
        return Key(RS256, _long_enough(load_pem_public_key(text.encode())))
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error


def _jwk(entry: Mapping[str, Any]) -> Key:
    kid, kind = entry.get("kid"), entry.get("kty")
    if not isinstance(kid, str) or not kid:
        raise ValueError("kid: every key of a set needs one")
    if kind not in ALGORITHMS:
        raise ValueError(f"kty of {kid}: must be RSA or oct")
    algorithm = ALGORITHMS[kind]
    if entry.get("alg", algorithm) != algorithm:
        raise ValueError(f"alg of {kid}: must be {algorithm}")
    if "d" in entry:
        raise ValueError(f"{kid}: this is a private key: it stays with the site, give the gateway the public one")
    try:
        value = PyJWK(dict(entry), algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise ValueError(f"{kid}: {error}") from None
    if algorithm == HS256 and len(value) < MIN_SECRET_BYTES:
        raise ValueError(f"{kid}: a secret needs at least {MIN_SECRET_BYTES} bytes")
    return Key(algorithm, value if algorithm == HS256 else _long_enough(value), kid)


def _long_enough(key: Any) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_RSA_BITS:
        raise ValueError(f"an RSA public key of at least {MIN_RSA_BITS} bits is needed")
    return key


def verify(token: str, keys: Iterable[Key], now: datetime, *, longest: timedelta, audience: str = "") -> Identity:
    """Return whom `token` is about; pure.

    Args:
        longest: how far in the future a token may expire.
        audience: what `aud` must name, when it is not empty.

    Raises:
        UnauthorizedError: it proves nothing; the message says why.
    """
    if not token or len(token) > MAX_IDENTITY_LENGTH:
        raise UnauthorizedError(f"identity: must be a signed token of 1 to {MAX_IDENTITY_LENGTH} characters")
    claims = _claims(token, keys)
    _check_times(claims, now, longest)
    if audience:
        named = claims.get("aud")
        if audience not in (named if isinstance(named, list) else [named]):
            raise UnauthorizedError("identity: made for somebody else (aud)")
    return Identity(_subject(claims), _text(claims, "name", MAX_NAME_LENGTH), _text(claims, "email", MAX_EMAIL_LENGTH))


def _claims(token: str, keys: Iterable[Key]) -> Mapping[str, Any]:
    """Check the signature with the key the token names, by the algorithm that key is for and no other."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise UnauthorizedError("identity: not a signed token") from None
    kid, algorithm = header.get("kid"), header.get("alg")
    fitting = [key for key in keys if key.kid == kid and key.algorithm == algorithm]
    # Everything else is checked below, against the gateway's own clock.
    options: Any = {"verify_signature": True} | {
        f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "sub")
    }
    for key in fitting:
        try:
            claims: Mapping[str, Any] = jwt.decode(token, key.value, algorithms=[key.algorithm], options=options)
        except (jwt.PyJWTError, ValueError):
            continue
        return claims
    raise UnauthorizedError("identity: the signature is not by a key this gateway knows")


def _check_times(claims: Mapping[str, Any], now: datetime, longest: timedelta) -> None:
    expires, begins = _seconds(claims, "exp"), _seconds(claims, "nbf")
    if expires is None:
        raise UnauthorizedError("identity: needs exp, the time it expires")
    left = expires - now.timestamp()
    if left <= -LEEWAY.total_seconds():
        raise UnauthorizedError("identity: expired")
    if left > (longest + LEEWAY).total_seconds():
        raise UnauthorizedError(f"identity: exp may be at most {longest.total_seconds() / 3600:g} hours away")
    if begins is not None and begins - now.timestamp() > LEEWAY.total_seconds():
        raise UnauthorizedError("identity: not valid yet (nbf)")


def _subject(claims: Mapping[str, Any]) -> str:
    """Return who it is, to the letter: sites may let people choose their ids, and " ada" is not "ada"."""
    if _text(claims, "sub", MAX_SUBJECT_LENGTH) is None:
        raise UnauthorizedError("identity: sub must name the customer")
    subject: str = claims["sub"]
    if clean_text("sub", subject) != subject:
        raise UnauthorizedError("identity: sub must not hold a NUL character")
    return subject


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < MOST_SECONDS:
        raise UnauthorizedError(f"identity: {name} must be a number of seconds")
    return value


def _text(claims: Mapping[str, Any], name: str, most: int) -> str | None:
    value = claims.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise UnauthorizedError(f"identity: {name} must be a text of 1 to {most} characters")
    return clean_text(name, value.strip())
