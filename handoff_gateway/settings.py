"""The gateway's settings, read from the environment once, at the composition root."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from handoff_gateway.errors import StartupError

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set from outside.

    Attributes:
        var: `TANDEM_VAR`, folder of all state (database, secrets).
        demo: `TANDEM_DEMO`, whether the demo accounts are made at first start.
        host: `TANDEM_HOST`, address pages and sockets listen on.
        port: `TANDEM_GATEWAY_PORT`, port of pages and HTTP API.
        socket_port: `TANDEM_GATEWAY_WS_PORT`, port of the sockets.
        bot_port: `TANDEM_RASA_PORT`, port of the bot on this machine.
        knowledge_port: `TANDEM_KNOWLEDGE_PORT`, port of the knowledge base on this machine.
        database_url: `TANDEM_DATABASE_URL`, SQLAlchemy URL; empty for `$TANDEM_VAR/gateway.db`.
        bot_deadline_s: `TANDEM_BOT_DEADLINE_S`, seconds a bot turn may take before a person takes over.
        turn_limit: `TANDEM_TURN_LIMIT`, bot turns in one leg before a person takes over.
        agent_capacity: `TANDEM_AGENT_CAPACITY`, conversations an agent holds at once, for new accounts.
        heartbeat_s: `TANDEM_HEARTBEAT_S`, seconds between heartbeats on a socket.
        hello_deadline_s: `TANDEM_HELLO_DEADLINE_S`, seconds a new socket has to say hello.
        presence_grace_s: `TANDEM_PRESENCE_GRACE_S`, seconds an agent without a socket still counts as present.
        queue_interval_s: `TANDEM_QUEUE_INTERVAL_S`, least seconds between two queue frames to one customer.
        sign_in_days: `TANDEM_SIGN_IN_DAYS`, days an account's sign-in lasts.
        allowed_origins: `TANDEM_ALLOWED_ORIGINS`, comma-separated origins, besides the gateway's own host, from which
            signed-in pages may connect.
        public_socket_url: `TANDEM_PUBLIC_SOCKET_URL`, `wss://…` base the pages are told, where a proxy joins the ports.
    """

    var: Path = Path("var")
    demo: bool = True
    host: str = "127.0.0.1"
    port: int = 8000
    socket_port: int = 8001
    bot_port: int = 5005
    knowledge_port: int = 8100
    database_url: str = ""
    bot_deadline_s: float = 8.0
    turn_limit: int = 30
    agent_capacity: int = 5
    heartbeat_s: float = 15.0
    hello_deadline_s: float = 10.0
    presence_grace_s: float = 20.0
    queue_interval_s: float = 1.0
    sign_in_days: float = 14.0
    allowed_origins: tuple[str, ...] = ()
    public_socket_url: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from `environ` (default: the process's). Raises StartupError naming a bad variable."""
        env = _Reader(os.environ if environ is None else environ)
        default = cls()
        return cls(
            var=Path(env.text("TANDEM_VAR", str(default.var))),
            demo=env.flag("TANDEM_DEMO", default.demo),
            host=env.text("TANDEM_HOST", default.host),
            port=env.port("TANDEM_GATEWAY_PORT", default.port),
            socket_port=env.port("TANDEM_GATEWAY_WS_PORT", default.socket_port),
            bot_port=env.port("TANDEM_RASA_PORT", default.bot_port),
            knowledge_port=env.port("TANDEM_KNOWLEDGE_PORT", default.knowledge_port),
            database_url=env.text("TANDEM_DATABASE_URL", default.database_url),
            bot_deadline_s=env.number("TANDEM_BOT_DEADLINE_S", default.bot_deadline_s, least=0.1),
            turn_limit=int(env.number("TANDEM_TURN_LIMIT", default.turn_limit, least=1)),
            agent_capacity=int(env.number("TANDEM_AGENT_CAPACITY", default.agent_capacity, least=1)),
            heartbeat_s=env.number("TANDEM_HEARTBEAT_S", default.heartbeat_s, least=0.1),
            hello_deadline_s=env.number("TANDEM_HELLO_DEADLINE_S", default.hello_deadline_s, least=0.1),
            presence_grace_s=env.number("TANDEM_PRESENCE_GRACE_S", default.presence_grace_s, least=0),
            queue_interval_s=env.number("TANDEM_QUEUE_INTERVAL_S", default.queue_interval_s, least=0),
            sign_in_days=env.number("TANDEM_SIGN_IN_DAYS", default.sign_in_days, least=0.01),
            allowed_origins=tuple(o.strip() for o in env.text("TANDEM_ALLOWED_ORIGINS", "").split(",") if o.strip()),
            public_socket_url=env.text("TANDEM_PUBLIC_SOCKET_URL", default.public_socket_url).rstrip("/"),
        )

    @property
    def secrets(self) -> Path:
        """Folder of the service token and the first password."""
        return self.var / "secrets"

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{self.var / 'gateway.db'}"


class _Reader:
    """Typed access to environment variables; an empty one counts as unset."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name, "").strip() or default

    def flag(self, name: str, default: bool) -> bool:
        word = self._environ.get(name)
        if word is None:
            return default
        if word.strip().lower() in _TRUE:
            return True
        if word.strip().lower() in _FALSE:
            return False
        raise StartupError(f"{name} must be 1 or 0, not {word!r}.")

    def number(self, name: str, default: float, *, least: float) -> float:
        word = self.text(name, "")
        if not word:
            return default
        try:
            value = float(word)
        except ValueError:
            raise StartupError(f"{name} must be a number, not {word!r}.") from None
        if not least <= value < float("inf"):
            raise StartupError(f"{name} must be at least {least:g}, not {word!r}.")
        return value

    def port(self, name: str, default: int) -> int:
        value = self.number(name, default, least=0)
        if value != int(value) or value > 65535:
            raise StartupError(f"{name} must be a port from 0 to 65535, not {value:g}.")
        return int(value)
