"""Settings of the Rasa side, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import SettingsError

HOST = "127.0.0.1"  # Rasa is never reached from outside; only the gateway listens beyond loopback
MODEL_PATH = Path("models/bot.tar.gz")
EMBED_DEADLINE_S = 2.5  # of the turn; usually 10 ms, but more than a second for the longest texts on a busy machine
TRAIN_EMBED_DEADLINE_S = 60.0  # one batch on a cold, busy machine
TURN_DEADLINE_S = 7.0  # under the gateway's 8 s, so that it reads our 503 instead of timing out
HEALTH_DEADLINE_S = 1.0  # /health must answer while a part hangs


@dataclass(frozen=True)
class Settings:
    """Where the parts are and how long each call may take."""

    var: Path
    rasa_port: int
    actions_port: int
    knowledge_port: int
    model: Path = MODEL_PATH
    cache: Path | None = None
    embed_deadline_s: float = EMBED_DEADLINE_S
    train_embed_deadline_s: float = TRAIN_EMBED_DEADLINE_S
    turn_deadline_s: float = TURN_DEADLINE_S
    health_deadline_s: float = HEALTH_DEADLINE_S

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Raises:
            SettingsError: a port is not a number between 1 and 65535.
        """
        environ = os.environ if environ is None else environ
        return cls(
            var=Path(environ.get("TANDEM_VAR", "var")),
            rasa_port=_port(environ, "TANDEM_RASA_PORT", 5005),
            actions_port=_port(environ, "TANDEM_ACTIONS_PORT", 5055),
            knowledge_port=_port(environ, "TANDEM_KNOWLEDGE_PORT", 8100),
            cache=Path(folder) if (folder := environ.get("TANDEM_MODEL_CACHE")) else None,
        )

    @property
    def model_cache(self) -> Path:
        """Folder of what takes long to make and may be made again."""
        return self.cache or self.var / "models"

    @property
    def knowledge_url(self) -> str:
        """Address of the knowledge base."""
        return f"http://{HOST}:{self.knowledge_port}"

    @property
    def actions_url(self) -> str:
        """Address of the action server."""
        return f"http://{HOST}:{self.actions_port}"

    @property
    def token_path(self) -> Path:
        """File of the service token."""
        return self.var / "secrets" / "service_token"

    def service_token(self) -> str:
        """Return the token the parts share.

        Raises:
            SettingsError: the file is missing or empty.
        """
        try:
            token = self.token_path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            token = ""
        except OSError as error:
            raise SettingsError(f"The service token {self.token_path} cannot be read: {error.strerror}.") from error
        if not token:
            raise SettingsError(
                f"There is no service token at {self.token_path}; start the knowledge base or the gateway once, "
                "they create it."
            )
        return token


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SettingsError(f"{name} is {text!r}; it must be a port number between 1 and 65535.")
    return int(text)
