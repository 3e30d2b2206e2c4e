"""``python -m actions``: serve the actions on loopback until stopped."""

from __future__ import annotations

import logging
import socket
import sys

from actions.errors import SettingsError
from actions.server import create_app
from actions.settings import HOST, Settings

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def main() -> int:
    """Serve; return 1 with one sentence when the start fails."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    logging.getLogger("httpx").setLevel(
        logging.WARNING
    )  # a line a call, with nothing in it that we do not log ourselves
    try:
        settings = Settings.from_env()
        token = settings.service_token()
        listener = _listen(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    create_app(settings, token).run(sock=listener, workers=1, access_log=False, motd=False)
    return 0


def _listen(settings: Settings) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, settings.port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Port {settings.port} for the action server is taken; stop what uses it or set TANDEM_ACTIONS_PORT."
        ) from error
    return listener


if __name__ == "__main__":
    sys.exit(main())
