"""What can go wrong in the action server.

ActionsError
├── SettingsError            a setting or file needed to start is missing or wrong
└── KnowledgeBaseUnavailableError the knowledge base did not answer
"""

from __future__ import annotations


class ActionsError(Exception):
    """Base class; ``str()`` is one sentence saying what happened and what to do."""


class SettingsError(ActionsError):
    """A setting or a file needed to start is missing or wrong."""


class KnowledgeBaseUnavailableError(ActionsError):
    """The knowledge base did not answer in time, or not as agreed."""

    def __init__(self, route: str, why: str) -> None:
        super().__init__(f"The knowledge base did not answer {route}: {why}.")
        self.route = route
        self.why = why
