"""The gateway's settings, read from the environment once, at the composition root."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from handoff_gateway.addresses import Network, networks
from handoff_gateway.core.house import Limits
from handoff_gateway.errors import StartupError

_TRUE = {"1", "true", "yes", "on"}
_LIMITS = Limits()
_FALSE = {"0", "false", "no", "off"}
# Far above what anybody means, and below what no clock can count to.
MOST_DAYS = 36_500.0
MOST_HOURS = 24 * MOST_DAYS
MOST = 1e9  # seconds, or how many of something
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@]+")  # as browsers write it: no path, no slash at its end
_SOCKETS = re.compile(r"wss?://[^\s;,'\"]+")  # goes into the pages' policy as well


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
        redis_url: `TANDEM_REDIS_URL`, `redis://…` through which several gateway processes over one database tell each
            other what happens; empty for one process.
        lease_s: `TANDEM_LEASE_S`, seconds after which the others take over from a gateway process that says nothing.
        bot_deadline_s: `TANDEM_BOT_DEADLINE_S`, seconds a bot turn may take before a person takes over.
        turn_limit: `TANDEM_TURN_LIMIT`, bot turns in one leg before a person takes over.
        agent_capacity: `TANDEM_AGENT_CAPACITY`, conversations an agent holds at once, for new accounts.
        heartbeat_s: `TANDEM_HEARTBEAT_S`, seconds between heartbeats on a socket.
        hello_deadline_s: `TANDEM_HELLO_DEADLINE_S`, seconds a new socket has to say hello.
        presence_grace_s: `TANDEM_PRESENCE_GRACE_S`, seconds an agent without a socket still counts as present.
        queue_interval_s: `TANDEM_QUEUE_INTERVAL_S`, least seconds between two queue frames to one customer.
        max_handoffs: `TANDEM_MAX_HANDOFFS`, handoffs in one episode before the next becomes a call-back.
        cooldown_s: `TANDEM_COOLDOWN_S`, seconds after a hand-back in which the bot's same doubt does not count.
        unclaimed_s: `TANDEM_UNCLAIMED_S`, seconds a conversation waits between two alerts that nobody takes it.
        offer_s: `TANDEM_OFFER_S`, seconds a customer waits before a call-back is offered.
        first_reply_s: `TANDEM_FIRST_REPLY_S`, seconds an agent has for a first reply before another gets it.
        silent_after: `TANDEM_SILENT_AFTER`, conversations in a row without a first reply after which an agent is set
            away; 0 for never.
        rescue_s: `TANDEM_RESCUE_S`, seconds an agent without a socket keeps conversations.
        follow_up_s: `TANDEM_FOLLOW_UP_S`, seconds until the first reminder of a conversation that was passed on; the
            second comes after four times that, the rest daily.
        call_back_s: `TANDEM_CALL_BACK_S`, seconds of open time within which a call-back is promised.
        sign_in_days: `TANDEM_SIGN_IN_DAYS`, days an account's sign-in lasts.
        identity_keys: `TANDEM_IDENTITY_KEYS`, file of keys, besides the secret, with which host sites sign who a
            customer is.
        identity_hours: `TANDEM_IDENTITY_HOURS`, hours after which such a token must have expired at the latest.
        identity_audience: `TANDEM_IDENTITY_AUDIENCE`, what its `aud` must name; empty for any.
        resume_hours: `TANDEM_RESUME_HOURS`, hours a verified customer can resume without proving again who they are.
        limits_on: `TANDEM_LIMITS`, whether the limits below hold.
        trusted_proxies: `TANDEM_TRUSTED_PROXIES`, comma-separated addresses and networks whose X-Forwarded-For counts.
        customer_rate: `TANDEM_CUSTOMER_RATE`, messages one customer may send in a minute; 0 here and below: any number.
        agent_rate: `TANDEM_AGENT_RATE`, frames an account may send in a minute.
        address_rate: `TANDEM_ADDRESS_RATE`, HTTP requests from one address in a minute.
        new_customer_rate: `TANDEM_NEW_CUSTOMER_RATE`, conversations begun from one address in a minute.
        address_sockets: `TANDEM_ADDRESS_SOCKETS`, sockets open at once from one address.
        person_sockets: `TANDEM_PERSON_SOCKETS`, sockets open at once of one customer or account.
        reveal_hours: `TANDEM_REVEAL_HOURS`, hours in which what was masked in a message can be revealed, once.
        retention_days: `TANDEM_RETENTION_DAYS`, days after its last change a conversation is erased; 0 keeps all.
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
    redis_url: str = ""
    lease_s: float = 8.0
    bot_deadline_s: float = 8.0
    turn_limit: int = 30
    agent_capacity: int = 5
    heartbeat_s: float = 15.0
    hello_deadline_s: float = 10.0
    presence_grace_s: float = 20.0
    queue_interval_s: float = 1.0
    max_handoffs: int = _LIMITS.max_handoffs
    cooldown_s: float = _LIMITS.cooldown_s
    unclaimed_s: float = _LIMITS.unclaimed_s
    offer_s: float = _LIMITS.offer_s
    first_reply_s: float = _LIMITS.first_reply_s
    silent_after: int = 2
    rescue_s: float = 60.0
    follow_up_s: float = _LIMITS.follow_up_s
    call_back_s: float = _LIMITS.call_back_s
    sign_in_days: float = 14.0
    identity_keys: Path | None = None
    identity_hours: float = 24.0
    identity_audience: str = ""
    resume_hours: float = 12.0
    limits_on: bool = True
    trusted_proxies: tuple[Network, ...] = ()
    customer_rate: float = 60.0
    agent_rate: float = 1200.0
    address_rate: float = 1200.0
    new_customer_rate: float = 60.0
    address_sockets: int = 500
    person_sockets: int = 30
    reveal_hours: float = 72.0
    retention_days: float = 0.0
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
            redis_url=env.address("TANDEM_REDIS_URL", ("redis://", "rediss://", "unix://")),
            lease_s=env.number("TANDEM_LEASE_S", default.lease_s, least=1),
            bot_deadline_s=env.number("TANDEM_BOT_DEADLINE_S", default.bot_deadline_s, least=0.1),
            turn_limit=env.count("TANDEM_TURN_LIMIT", default.turn_limit, least=1),
            agent_capacity=env.count("TANDEM_AGENT_CAPACITY", default.agent_capacity, least=1),
            heartbeat_s=env.number("TANDEM_HEARTBEAT_S", default.heartbeat_s, least=0.1),
            hello_deadline_s=env.number("TANDEM_HELLO_DEADLINE_S", default.hello_deadline_s, least=0.1),
            presence_grace_s=env.number("TANDEM_PRESENCE_GRACE_S", default.presence_grace_s, least=0),
            queue_interval_s=env.number("TANDEM_QUEUE_INTERVAL_S", default.queue_interval_s, least=0),
            max_handoffs=env.count("TANDEM_MAX_HANDOFFS", default.max_handoffs, least=1),
            cooldown_s=env.number("TANDEM_COOLDOWN_S", default.cooldown_s, least=0),
            unclaimed_s=env.number("TANDEM_UNCLAIMED_S", default.unclaimed_s, least=1),
            offer_s=env.number("TANDEM_OFFER_S", default.offer_s, least=1),
            first_reply_s=env.number("TANDEM_FIRST_REPLY_S", default.first_reply_s, least=1),
            silent_after=env.count("TANDEM_SILENT_AFTER", default.silent_after, least=0),
            rescue_s=env.number("TANDEM_RESCUE_S", default.rescue_s, least=1),
            follow_up_s=env.number("TANDEM_FOLLOW_UP_S", default.follow_up_s, least=1),
            call_back_s=env.number("TANDEM_CALL_BACK_S", default.call_back_s, least=1),
            sign_in_days=env.number("TANDEM_SIGN_IN_DAYS", default.sign_in_days, least=0.01, most=MOST_DAYS),
            identity_keys=env.path("TANDEM_IDENTITY_KEYS"),
            identity_hours=env.number("TANDEM_IDENTITY_HOURS", default.identity_hours, least=0.01, most=MOST_HOURS),
            identity_audience=env.text("TANDEM_IDENTITY_AUDIENCE", default.identity_audience),
            resume_hours=env.number("TANDEM_RESUME_HOURS", default.resume_hours, least=0.1, most=MOST_HOURS),
            limits_on=env.flag("TANDEM_LIMITS", default.limits_on),
            trusted_proxies=networks(env.text("TANDEM_TRUSTED_PROXIES", ""), "TANDEM_TRUSTED_PROXIES"),
            customer_rate=env.number("TANDEM_CUSTOMER_RATE", default.customer_rate, least=0),
            agent_rate=env.number("TANDEM_AGENT_RATE", default.agent_rate, least=0),
            address_rate=env.number("TANDEM_ADDRESS_RATE", default.address_rate, least=0),
            new_customer_rate=env.number("TANDEM_NEW_CUSTOMER_RATE", default.new_customer_rate, least=0),
            address_sockets=env.count("TANDEM_ADDRESS_SOCKETS", default.address_sockets, least=0),
            person_sockets=env.count("TANDEM_PERSON_SOCKETS", default.person_sockets, least=0),
            reveal_hours=env.number("TANDEM_REVEAL_HOURS", default.reveal_hours, least=0, most=MOST_HOURS),
            retention_days=env.number("TANDEM_RETENTION_DAYS", default.retention_days, least=0, most=MOST_DAYS),
            allowed_origins=env.origins("TANDEM_ALLOWED_ORIGINS"),
            public_socket_url=env.like("TANDEM_PUBLIC_SOCKET_URL", _SOCKETS, "wss://chat.example.org").rstrip("/"),
        )

    @property
    def limits(self) -> Limits:
        """What decisions about conversations depend on."""
        return Limits(
            max_handoffs=self.max_handoffs,
            cooldown_s=self.cooldown_s,
            unclaimed_s=self.unclaimed_s,
            offer_s=self.offer_s,
            first_reply_s=self.first_reply_s,
            follow_up_s=self.follow_up_s,
            call_back_s=self.call_back_s,
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

    def address(self, name: str, schemes: tuple[str, ...]) -> str:
        word = self.text(name, "")
        if word and not word.startswith(schemes):
            raise StartupError(f"{name} must begin with {' or '.join(schemes)}.")
        return word

    def like(self, name: str, form: re.Pattern[str], example: str) -> str:
        word = self.text(name, "")
        if word and not form.fullmatch(word):
            raise StartupError(f"{name} must be like {example}, not {word!r}.")
        return word

    def origins(self, name: str) -> tuple[str, ...]:
        words = tuple(word.lower() for part in self.text(name, "").split(",") if (word := part.strip()))
        for word in words:
            if not _ORIGIN.fullmatch(word):
                raise StartupError(f"{name} must name origins like https://shop.example, with no path, not {word!r}.")
        return words

    def path(self, name: str) -> Path | None:
        word = self.text(name, "")
        return Path(word) if word else None

    def flag(self, name: str, default: bool) -> bool:
        word = self.text(name, "").lower()
        if not word:
            return default
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise StartupError(f"{name} must be 1 or 0, not {word!r}.")

    def number(self, name: str, default: float, *, least: float, most: float = MOST) -> float:
        word = self.text(name, "")
        if not word:
            return default
        try:
            value = float(word)
        except ValueError:
            raise StartupError(f"{name} must be a number, not {word!r}.") from None
        if not least <= value <= most:  # also for nan
            raise StartupError(f"{name} must be at least {least:g} and at most {most:g}, not {word!r}.")
        return value

    def count(self, name: str, default: int, *, least: int) -> int:
        value = self.number(name, default, least=least)
        if value != int(value):
            raise StartupError(f"{name} must be a whole number, not {value:g}.")
        return int(value)

    def port(self, name: str, default: int) -> int:
        value = self.number(name, default, least=0)
        if value != int(value) or value > 65535:
            raise StartupError(f"{name} must be a port from 0 to 65535, not {value:g}.")
        return int(value)
