"""Where a Tandem system lives and listens: the part of the settings that all its processes share."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "bot.tar.gz"


@dataclass(frozen=True)
class SystemSettings:
    """Folder, ports and switches of one system.

    Attributes:
        var: folder of all state (`TANDEM_VAR`).
        host: address the gateway listens on (`TANDEM_HOST`); everything else stays on loopback.
        gateway_port, gateway_ws_port, knowledge_port, rasa_port, actions_port: TCP ports.
        encoder: sentence-transformers name or folder; empty for the packaged one (`TANDEM_ENCODER`).
        demo: whether the demo content and accounts are loaded (`TANDEM_DEMO`).
    """

    var: Path
    host: str = "127.0.0.1"
    gateway_port: int = 8000
    gateway_ws_port: int = 8001
    knowledge_port: int = 8100
    rasa_port: int = 5005
    actions_port: int = 5055
    encoder: str = ""
    demo: bool = True

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "SystemSettings":
        """Read the `TANDEM_*` variables; an empty one counts as unset.

        Raises:
            ValueError: a port is not a whole number from 1 to 65535, or a switch neither 1 nor 0.
        """

        def port(name: str, default: int) -> int:
            text = environ.get(name) or str(default)
            if not text.isdigit() or not 0 < int(text) < 65536:
                raise ValueError(f"{name} is {text!r}; give a port from 1 to 65535.")
            return int(text)

        demo = environ.get("TANDEM_DEMO") or "1"
        if demo not in ("0", "1"):
            raise ValueError(f"TANDEM_DEMO is {demo!r}; give 1 or 0.")
        return cls(
            var=Path(environ.get("TANDEM_VAR") or "var").resolve(),
            host=environ.get("TANDEM_HOST") or cls.host,
            gateway_port=port("TANDEM_GATEWAY_PORT", cls.gateway_port),
            gateway_ws_port=port("TANDEM_GATEWAY_WS_PORT", cls.gateway_ws_port),
            knowledge_port=port("TANDEM_KNOWLEDGE_PORT", cls.knowledge_port),
            rasa_port=port("TANDEM_RASA_PORT", cls.rasa_port),
            actions_port=port("TANDEM_ACTIONS_PORT", cls.actions_port),
            encoder=environ.get("TANDEM_ENCODER", ""),
            demo=demo == "1",
        )

    def to_env(self) -> dict[str, str]:
        """The variables that give a child process these settings."""
        variables = {
            "TANDEM_VAR": str(self.var),
            "TANDEM_HOST": self.host,
            "TANDEM_GATEWAY_PORT": str(self.gateway_port),
            "TANDEM_GATEWAY_WS_PORT": str(self.gateway_ws_port),
            "TANDEM_KNOWLEDGE_PORT": str(self.knowledge_port),
            "TANDEM_RASA_PORT": str(self.rasa_port),
            "TANDEM_ACTIONS_PORT": str(self.actions_port),
            "TANDEM_DEMO": "1" if self.demo else "0",
        }
        return {**variables, "TANDEM_ENCODER": self.encoder} if self.encoder else variables

    @property
    def ports(self) -> dict[str, tuple[str, int]]:
        """Variable name → (address, port) of everything that listens."""
        local = "127.0.0.1"
        return {
            "TANDEM_GATEWAY_PORT": (self.host, self.gateway_port),
            "TANDEM_GATEWAY_WS_PORT": (self.host, self.gateway_ws_port),
            "TANDEM_KNOWLEDGE_PORT": (local, self.knowledge_port),
            "TANDEM_RASA_PORT": (local, self.rasa_port),
            "TANDEM_ACTIONS_PORT": (local, self.actions_port),
        }
