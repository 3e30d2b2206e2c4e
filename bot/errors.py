"""Everything that can go wrong on the Rasa side.

BotError
├── SettingsError        a setting or file needed to start is missing or wrong
├── EncoderUnavailableError   the knowledge base did not return vectors
├── BadBodyError              a request body the channel refuses
├── TurnFailedError           a turn was not completed; the channel answers 503
└── BadRowError               a line of a file to evaluate that cannot be used
"""

from __future__ import annotations


class BotError(Exception):
    """Base class; ``str()`` is one sentence saying what happened and what to do."""


class SettingsError(BotError):
    """A setting or a file needed to start is missing or wrong."""


class EncoderUnavailableError(BotError):
    """The knowledge base did not return vectors in time."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"No vectors from the knowledge base at {url}: {why}. Is it running?")
        self.url = url
        self.why = why


class BadBodyError(BotError):
    """A request body the channel refuses."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class TurnFailedError(BotError):
    """A turn was not completed, so nothing of it may be shown to the customer."""


class BadRowError(BotError):
    """A line of a file to evaluate that cannot be used."""

    def __init__(self, source: str, line: int, field: str, why: str) -> None:
        super().__init__(f"{source}, line {line}: {field} {why}.")
        self.line = line
        self.field = field
        self.why = why


class EscalationDataError(BotError):
    """The labelled messages the escalation heads learn from cannot be used."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}.")
        self.path = path
        self.why = why
