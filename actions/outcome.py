"""How an action ended: the slot ``outcome`` every action sets, whatever happened.

The channel takes an action without an outcome for a lost one and fails the turn; so does ``unavailable``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa_sdk.events import SlotSet

from actions.errors import KnowledgeBaseUnavailableError
from actions.leg import Leg

logger = logging.getLogger(__name__)

BUDGET_S = 2.5  # of one action; Rasa itself would wait 300 s
UNAVAILABLE = "unavailable"

Events = list[dict[str, Any]]


def outcome(leg: Leg, result: str, **more: Any) -> Events:
    """Return the events of an action that ended with ``result``."""
    return [SlotSet("outcome", {"result": result, "message_id": leg.latest.message_id, **more})]


async def within_budget(leg: Leg, name: str, work: Callable[[], Awaitable[Events]]) -> Events:
    """Run an action's work; a failure of any kind is the outcome ``unavailable``, never silence."""
    try:
        return await asyncio.wait_for(work(), BUDGET_S)
    except (KnowledgeBaseUnavailableError, asyncio.TimeoutError) as error:
        logger.warning("an action could not reach the knowledge base", extra={"action": name, "why": str(error)})
    except Exception:  # the last line of defence: an exception out of an action would be swallowed by Rasa
        logger.exception("an action failed", extra={"action": name})
    return outcome(leg, UNAVAILABLE)
