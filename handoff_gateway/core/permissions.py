"""Who may do what: one table of roles and rights, one function that asks it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from handoff_gateway.errors import ForbiddenError


class AccountRole(StrEnum):
    """What an account is; one may be several. `service` is the service token, never an account."""

    AGENT = "agent"
    EDITOR = "editor"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    SERVICE = "service"


class Right(StrEnum):
    """What a route or a frame asks for."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    READ_CONVERSATIONS = "read_conversations"
    WRITE_NOTES = "write_notes"
    ANSWER = "answer"
    TRANSFER = "transfer"
    REASSIGN = "reassign"
    POST_MESSAGES = "post_messages"
    USE_KNOWLEDGE = "use_knowledge"
    MANAGE_ACCOUNTS = "manage_accounts"
    READ_TEAMS = "read_teams"
    MANAGE_TEAMS = "manage_teams"
    WATCH = "watch"
    READ_METRICS = "read_metrics"
    READ_AUDIT = "read_audit"
    REVEAL = "reveal"
    MANAGE_CUSTOMERS = "manage_customers"


_R = AccountRole
PEOPLE = frozenset({_R.AGENT, _R.EDITOR, _R.SUPERVISOR, _R.ADMIN})
GRANTS: Mapping[Right, frozenset[AccountRole]] = {
    Right.SIGNED_IN: PEOPLE,
    Right.READ_CONVERSATIONS: frozenset({_R.AGENT, _R.SUPERVISOR, _R.SERVICE}),
    Right.WRITE_NOTES: frozenset({_R.AGENT, _R.SUPERVISOR}),
    Right.ANSWER: frozenset({_R.AGENT}),
    Right.TRANSFER: frozenset({_R.AGENT, _R.SUPERVISOR}),
    # What somebody else holds: an agent who went to lunch must not keep a customer from everybody else.
    Right.REASSIGN: frozenset({_R.SUPERVISOR}),
    Right.POST_MESSAGES: frozenset({_R.AGENT, _R.SERVICE}),
    # Whether they may do what they ask for there is the knowledge base's own table.
    Right.USE_KNOWLEDGE: PEOPLE | {_R.SERVICE},
    Right.MANAGE_ACCOUNTS: frozenset({_R.ADMIN}),
    Right.READ_TEAMS: frozenset({_R.AGENT, _R.SUPERVISOR, _R.ADMIN, _R.SERVICE}),
    Right.MANAGE_TEAMS: frozenset({_R.SUPERVISOR, _R.ADMIN}),
    # Alerts about every team: what those who answer for the service are told.
    Right.WATCH: frozenset({_R.SUPERVISOR}),
    Right.READ_AUDIT: frozenset({_R.ADMIN}),
    Right.REVEAL: frozenset({_R.SUPERVISOR}),
    Right.MANAGE_CUSTOMERS: frozenset({_R.ADMIN, _R.SERVICE}),
    Right.READ_METRICS: frozenset({_R.SUPERVISOR, _R.ADMIN, _R.SERVICE}),
}

# Rights whose use is written into the audit log, unless it only reads.
ADMINISTRATIVE = frozenset({Right.MANAGE_ACCOUNTS, Right.MANAGE_TEAMS})

# What each frame of the agent socket asks for.
FRAME_RIGHTS: Mapping[str, Right] = {
    "hello": Right.READ_CONVERSATIONS,
    "presence": Right.READ_CONVERSATIONS,
    "open": Right.READ_CONVERSATIONS,
    "read": Right.READ_CONVERSATIONS,
    "typing": Right.ANSWER,
    "claim": Right.ANSWER,
    "send": Right.ANSWER,
    "note": Right.WRITE_NOTES,
    "transfer": Right.TRANSFER,
    "hand_back": Right.ANSWER,
    "close": Right.ANSWER,
    "call_back_done": Right.WRITE_NOTES,
    "follow_up_done": Right.WRITE_NOTES,
}


def may(roles: Iterable[AccountRole], right: Right) -> bool:
    """Return whether any of `roles` grants `right`."""
    return right is Right.PUBLIC or not GRANTS[right].isdisjoint(roles)


def require(roles: Iterable[AccountRole], right: Right) -> None:
    """Raise ForbiddenError unless one of `roles` grants `right`."""
    if not may(roles, right):
        raise ForbiddenError(f"this needs the right to {right.value.replace('_', ' ')}")
