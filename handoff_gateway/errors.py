"""Every way the gateway refuses.

GatewayError
├── RefusedError          an answer to a client: carries a wire `code`, an HTTP `status` and a sentence
│   ├── BadFrameError, TooLargeError, UnauthorizedError (SecondFactorError), ForbiddenError, NotFoundError
│   ├── StaleEpochError, AlreadyClaimedError, AtCapacityError, ConversationClosedError
│   └── RateLimitedError, UnavailableError, UnansweredError
├── InvalidTransitionError  a command the transition table does not know: a defect, never a client's fault
├── CorruptLogError         an event that cannot follow the state it is applied to
├── BotUnavailableError     the bot did not complete a turn; the conversation goes to a person
└── StartupError            one sentence for the terminal, exit code 1
"""

from __future__ import annotations

from typing import ClassVar


class GatewayError(Exception):
    """Base of everything the gateway raises on purpose."""


class RefusedError(GatewayError):
    """A refusal a client may read.

    Args:
        message: what is wrong and what to do, in one sentence.
        retry_after_s: seconds after which the same request may succeed, where that is known.
    """

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s


class BadFrameError(RefusedError):
    """A frame or body that is not what the protocol says; `message` starts with the field's name."""

    code = "bad_frame"
    status = 400


class TooLargeError(RefusedError):
    """A frame above the size limit."""

    code = "too_large"
    status = 413


class UnauthorizedError(RefusedError):
    """No token, or one that is unknown, revoked or expired."""

    code = "unauthorized"
    status = 401


class SecondFactorError(UnauthorizedError):
    """The password is right and the second factor is missing."""

    second_factor = "required"


class ForbiddenError(RefusedError):
    """Known, but not allowed."""

    code = "forbidden"
    status = 403


class NotFoundError(RefusedError):
    """No such thing, or none the caller may know of."""

    code = "not_found"
    status = 404


class StaleEpochError(RefusedError):
    """The owner changed since the writer last looked."""

    code = "stale_epoch"
    status = 409


class AlreadyClaimedError(RefusedError):
    """Another agent holds the conversation."""

    code = "already_claimed"
    status = 409


class AtCapacityError(RefusedError):
    """The agent holds as many conversations as they may."""

    code = "at_capacity"
    status = 409


class ConversationClosedError(RefusedError):
    """The episode is over; only the customer opens the next one."""

    code = "conversation_closed"
    status = 409


class RateLimitedError(RefusedError):
    """Too many, too fast."""

    code = "rate_limited"
    status = 429


class UnavailableError(RefusedError):
    """The gateway cannot do it now; nothing was stored and the same request may be sent again."""

    code = "unavailable"
    status = 503


class UnansweredError(RefusedError):
    """Another part was asked and did not answer in time: it may have done it, so look before asking again."""

    code = "unavailable"
    status = 504


class InvalidTransitionError(GatewayError):
    """A command without an entry in the transition table for the state it met."""

    def __init__(self, owner: str, command: str) -> None:
        super().__init__(f"no transition for {command} while the owner is {owner}")
        self.owner = owner
        self.command = command


class CorruptLogError(GatewayError):
    """An event that cannot follow the state it is applied to."""


class BotUnavailableError(GatewayError):
    """The bot did not complete a turn.

    Args:
        cause: a short word for logs and metrics: refused, timeout, status, shape, empty.
        detail: what was seen.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(f"{cause}: {detail}")
        self.cause = cause


class StartupError(GatewayError):
    """The gateway cannot start; the message is the one sentence the terminal shows."""
