"""Settings of the action server, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from actions.errors import SettingsError

HOST = "127.0.0.1"  # only Rasa calls the action server, from the same machine
DEADLINE_S = 2.0  # for one call to the knowledge base, inside an action's 2.5 s


@dataclass(frozen=True)
class Settings:
    """Where the action server listens and where the knowledge base is."""

    var: Path
    port: int
    knowledge_port: int
    deadline_s: float = DEADLINE_S

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; an empty variable counts as unset.

        Raises:
            SettingsError: a port is not a number between 1 and 65535.
        """
        environ = os.environ if environ is None else environ
        return cls(
            var=Path(environ.get("TANDEM_VAR") or "var"),
            port=_port(environ, "TANDEM_ACTIONS_PORT", 5055),
            knowledge_port=_port(environ, "TANDEM_KNOWLEDGE_PORT", 8100),
        )

    @property
    def knowledge_url(self) -> str:
        """Address of the knowledge base."""
        return f"http://{HOST}:{self.knowledge_port}"

    def service_token(self) -> str:
        """Return the token the parts share.

        Raises:
            SettingsError: the file is missing, empty or unreadable.
        """
        path = self.var / "secrets" / "service_token"
        try:
            token = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            token = ""
        except OSError as error:
            raise SettingsError(f"The service token {path} cannot be read: {error.strerror}.") from error
        if not token:
            raise SettingsError(
                f"There is no service token at {path}; start the knowledge base or the gateway once, they create it."
            )
        return token


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SettingsError(f"{name} is {text!r}; it must be a port number between 1 and 65535.")
    return int(text)
