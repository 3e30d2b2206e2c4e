"""One line a log record on standard error, with the fields passed as `extra`."""

from __future__ import annotations

import logging

STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
LEVEL = logging.INFO
QUIET = ("alembic", "faiss", "httpx", "sentence_transformers", "sanic")  # their news is not the operator's


class LineFormatter(logging.Formatter):
    """`time level logger message key=value …`."""

    def __init__(self) -> None:
        """Use the house format."""
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        extra = {key: value for key, value in record.__dict__.items() if key not in STANDARD}
        line = super().format(record)
        return line + "".join(f" {key}={value}" for key, value in extra.items())


def configure() -> None:
    """Send every log of the process to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=LEVEL, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
