"""Who may call which route: one table, asked for every request.

Every caller knows the service token. The gateway, when it calls for a person, adds who that is in the header
`X-Tandem-Account`: a JSON web token, signed with the service token, that holds for a minute. Without that header the
caller is a part of Tandem and may do everything.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import jwt

from knowledge_base.articles.articles import SERVICE, Author
from knowledge_base.errors import ForbiddenError, UnauthorizedError

ACCOUNT_HEADER = "x-tandem-account"
SCHEME = "bearer"
ALGORITHM = "HS256"
LONGEST_S = 60  # an account header is made for one request; one good for longer was not made by the gateway
CLOCK_SKEW_S = 2  # gateway and knowledge base run on one machine, on clocks of one kind
MAX_NAME = 200


class Role(StrEnum):
    """What a person is; one may be several."""

    AGENT = "agent"
    EDITOR = "editor"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Right(StrEnum):
    """What a route asks for."""

    OPEN = "open"
    READ = "read"
    EDIT = "edit"
    REVIEW = "review"
    MEASURE = "measure"
    SERVE = "serve"


GRANTS: Mapping[Right, frozenset[Role]] = {
    Right.READ: frozenset(Role),
    Right.EDIT: frozenset({Role.EDITOR, Role.ADMIN}),
    Right.REVIEW: frozenset({Role.EDITOR, Role.SUPERVISOR, Role.ADMIN}),
    Right.MEASURE: frozenset({Role.SUPERVISOR, Role.ADMIN}),
    Right.SERVE: frozenset(),  # parts of Tandem only
}

# Method and path as Sanic writes them. A route that is not here is closed to everybody.
ROUTES: Mapping[tuple[str, str], Right] = {
    ("GET", "/health"): Right.OPEN,
    ("GET", "/metrics"): Right.MEASURE,
    ("GET", "/openapi.json"): Right.READ,
    ("GET", "/docs"): Right.READ,
    ("GET", "/editor"): Right.READ,
    ("GET", "/editor/<name:path>"): Right.READ,
    ("POST", "/v1/search"): Right.READ,
    ("POST", "/v1/embed"): Right.SERVE,
    ("POST", "/v1/feedback"): Right.READ,
    ("GET", "/v1/articles"): Right.READ,
    ("POST", "/v1/articles"): Right.EDIT,
    ("GET", "/v1/articles/<article_id:str>"): Right.READ,
    ("PUT", "/v1/articles/<article_id:str>"): Right.EDIT,
    ("DELETE", "/v1/articles/<article_id:str>"): Right.EDIT,
    ("POST", "/v1/articles/<article_id:str>/publish"): Right.EDIT,
    ("POST", "/v1/articles/<article_id:str>/archive"): Right.EDIT,
    ("POST", "/v1/articles/<article_id:str>/rollback"): Right.EDIT,
    ("GET", "/v1/articles/<article_id:str>/versions"): Right.READ,
    ("GET", "/v1/articles/<article_id:str>/versions/<number:str>"): Right.READ,
    ("GET", "/v1/articles/<article_id:str>/diff"): Right.READ,
    ("POST", "/v1/preview"): Right.READ,
    ("GET", "/v1/audit"): Right.REVIEW,
    ("POST", "/v1/import"): Right.EDIT,
    ("GET", "/v1/export"): Right.EDIT,
    ("POST", "/v1/articles/<article_id:str>/answer-diff"): Right.EDIT,
    ("POST", "/v1/articles/<article_id:str>/check"): Right.EDIT,
    ("GET", "/v1/warnings"): Right.EDIT,
    ("POST", "/v1/warnings/<warning_id:str>/dismiss"): Right.EDIT,
    ("POST", "/v1/warnings/<warning_id:str>/reopen"): Right.EDIT,
    ("GET", "/v1/golden"): Right.EDIT,
    ("PUT", "/v1/golden"): Right.EDIT,
    ("GET", "/v1/gaps"): Right.REVIEW,
    ("GET", "/v1/gaps/<gap_id:str>"): Right.REVIEW,
    ("POST", "/v1/gaps/<gap_id:str>/draft"): Right.EDIT,
    ("POST", "/v1/gaps/<gap_id:str>/dismiss"): Right.EDIT,
    ("POST", "/v1/gaps/<gap_id:str>/reopen"): Right.EDIT,
    ("POST", "/v1/gaps/minutes"): Right.SERVE,
    ("POST", "/v1/forget"): Right.SERVE,
    ("POST", "/v1/proposals"): Right.READ,
    ("GET", "/v1/proposals"): Right.EDIT,
    ("POST", "/v1/proposals/<proposal_id:str>/accept"): Right.EDIT,
    ("POST", "/v1/proposals/<proposal_id:str>/reject"): Right.EDIT,
}


@dataclass(frozen=True)
class Caller:
    """Who calls.

    Attributes:
        roles: of a person; `None` for a part of Tandem.
    """

    author: Author
    roles: frozenset[Role] | None = None

    def may(self, right: Right) -> bool:
        """Return whether the caller has a right."""
        return self.roles is None or right is Right.OPEN or not GRANTS[right].isdisjoint(self.roles)


PART = Caller(SERVICE)


class Doorkeeper:
    """Lets requests pass or not."""

    def __init__(self, token: str, routes: Mapping[tuple[str, str], Right] = ROUTES) -> None:
        """Prepare with the service token."""
        self._token = token
        self._routes = routes

    def admit(
        self, route: tuple[str, str] | None, authorization: str | None, account: str | None, now: datetime
    ) -> Caller:
        """Return who calls a route.

        Args:
            route: method and path of the route; `None` when nothing is there, which only those with the token learn.
            authorization: the header of that name.
            account: the header `X-Tandem-Account`.

        Raises:
            UnauthorizedError: the token, or the account, is missing or wrong.
            ForbiddenError: the account lacks the role, or nobody was given the route.
        """
        right = None if route is None else self._routes.get(route)
        if right is Right.OPEN:
            return PART
        scheme, _, given = (authorization or "").partition(" ")
        # compare_digest takes as long for a nearly right token as for a wrong one
        if scheme.lower() != SCHEME or not hmac.compare_digest(
            given.strip().encode("utf-8", "surrogateescape"), self._token.encode()
        ):
            raise UnauthorizedError
        caller = PART if account is None else read_account(account, self._token, now)
        if route is not None and right is None:
            raise ForbiddenError("none")
        if right is not None and not caller.may(right):
            raise ForbiddenError(", ".join(sorted(GRANTS[right])) or "none: only parts of Tandem may call it")
        return caller


def read_account(header: str, token: str, now: datetime) -> Caller:
    """Return the person a header names.

    Raises:
        UnauthorizedError: it is not the gateway's, or too old.
    """
    try:
        # Only the signature and the shape here; the time is compared with the clock that was passed in.
        options: jwt.types.Options = {
            "require": ["sub", "exp"],
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        }
        claims = jwt.decode(header, token, algorithms=[ALGORITHM], options=options)
    except jwt.InvalidTokenError as error:
        raise UnauthorizedError(f"The header {ACCOUNT_HEADER} cannot be used: {error}.") from error
    expires, left = claims["exp"], 0.0
    if isinstance(expires, int | float) and not isinstance(expires, bool):
        left = expires - now.timestamp()
    if not 0 < left <= LONGEST_S + CLOCK_SKEW_S:
        raise UnauthorizedError(f"The header {ACCOUNT_HEADER} has expired, or is good for over {LONGEST_S} s.")
    account_id, name, roles = claims["sub"], claims.get("name"), claims.get("roles")
    if not isinstance(account_id, str) or not account_id or not isinstance(roles, list):
        raise UnauthorizedError(f"The header {ACCOUNT_HEADER} lacks 'sub' or 'roles'.")
    known = frozenset(Role(role) for role in roles if isinstance(role, str) and role in set(Role))
    author = Author(account_id[:MAX_NAME], (name if isinstance(name, str) and name else account_id)[:MAX_NAME])
    return Caller(author, known)
