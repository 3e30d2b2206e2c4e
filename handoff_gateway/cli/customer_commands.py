"""Commands on one customer's data. A gateway that runs does it itself, since it knows who is connected."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
from sqlalchemy import Connection

from handoff_gateway.cli.account_commands import opened
from handoff_gateway.errors import StartupError
from handoff_gateway.privacy import erasure
from handoff_gateway.secret_files import service_token
from handoff_gateway.settings import Settings
from handoff_gateway.store import audit
from handoff_gateway.times import utc_now

DEADLINE_S = 30.0
ANSWERED = {"GET": "customer", "DELETE": "customer_id"}  # what is in a gateway's answer and in no other program's
ANYWHERE = {"0.0.0.0", "::", ""}


def export(settings: Settings, customer: str) -> int:
    """Print everything that is kept of a customer as JSON."""
    found = _asked(settings, "GET", customer)
    if found is None:
        with opened(settings) as database:
            found = database.write_now(
                lambda tx: erasure.export(tx, erasure.find(tx, customer), utc_now(), audit.COMMAND_LINE)
            )
    print(json.dumps(found, ensure_ascii=False, indent=2))
    return 0


def erase(settings: Settings, customer: str) -> int:
    """Erase a customer and print the receipt."""
    receipt = _asked(settings, "DELETE", customer)
    if receipt is None:

        def run(tx: Connection) -> dict[str, Any]:
            return erasure.erase(tx, erasure.find(tx, customer), utc_now(), audit.COMMAND_LINE).to_json()

        with opened(settings) as database:
            receipt = database.write_now(run)
    print(json.dumps(receipt, indent=2))
    return 0


def _asked(settings: Settings, method: str, customer: str) -> dict[str, Any] | None:
    """Ask the gateway that runs; None when none does. Raises StartupError when it refuses."""
    host = "127.0.0.1" if settings.host in ANYWHERE else settings.host
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/v1/customers/{quote(customer, safe='')}"
    headers = {"Authorization": f"Bearer {service_token(settings.secrets)}"}
    try:
        answer = httpx.request(method, url, headers=headers, timeout=DEADLINE_S, trust_env=False)
    except httpx.ConnectError:
        return None
    except httpx.HTTPError as error:
        raise StartupError(f"The gateway at {host}:{settings.port} did not answer ({error}): try again.") from error
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return None  # another system's gateway has the port
    try:
        data = answer.json()
    except ValueError:
        data = None
    if not isinstance(data, dict) or (ANSWERED[method] if answer.is_success else "message") not in data:
        raise StartupError(
            f"What listens at {host}:{settings.port} is no gateway, and nothing was done: set TANDEM_GATEWAY_PORT to "
            "the gateway's."
        )
    if not answer.is_success:
        raise StartupError(str(data["message"]))
    return data
