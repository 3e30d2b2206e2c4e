"""Tells agents and supervisors at once what they should look at. Everything told is an event of the log before."""

from __future__ import annotations

import logging
from typing import Any

from handoff_gateway.core.events import AlertRaised, FollowUpNoted, Owner, Recorded, Standing
from handoff_gateway.errors import UnavailableError
from handoff_gateway.live.board import Board
from handoff_gateway.live.crowd import Crowd
from handoff_gateway.live.desk import Desk
from handoff_gateway.live.views import summary
from handoff_gateway.store.execution import Outcome
from handoff_gateway.store.projection import Entry
from handoff_gateway.tasks import TaskOwner
from handoff_gateway.times import to_text

logger = logging.getLogger(__name__)


class Alerts:
    """Watches what is committed, and posts an `alert` frame to whom it concerns."""

    def __init__(self, desk: Desk, board: Board, crowd: Crowd) -> None:
        self._desk = desk
        self._board = board
        self._crowd = crowd
        self._tasks = TaskOwner()

    def observe(self, outcome: Outcome) -> None:
        """Take up alerts and what became of follow-ups."""
        for item in outcome.recorded:
            match item.event:
                case AlertRaised() as alert:
                    self._tasks.start(self._tell(outcome.entry, item, alert))
                case FollowUpNoted(standing=Standing.REMINDED | Standing.ENDED) as kept:
                    frame = self._frame(outcome.entry, item, {"about": "follow_up", **kept.to_json()["follow_up"]})
                    self._crowd.to_accounts({kept.agent.id}, frame)

    async def aclose(self) -> None:
        """Stop; whoever connects later sees open alerts in the lists."""
        await self._tasks.aclose()

    async def _tell(self, entry: Entry, item: Recorded, alert: AlertRaised) -> None:
        """Tell supervisors, whoever holds the conversation, and while it waits the team and those who help it out."""
        wanted = set() if alert.agent is None else {alert.agent.id}
        if entry.state.owner is not Owner.AGENT:
            try:
                teams = await self._desk.teams()
            except UnavailableError as error:
                logger.warning("an alert reaches supervisors only: %s", error)
            else:
                helpers = {team.id for team in teams.chain(teams.get(alert.team))}
                wanted |= {who for who in self._crowd.agents() if teams.of_agent(who) & helpers}
        frame = self._frame(entry, item, alert.to_json()["alert"])
        self._crowd.to_accounts(wanted | self._crowd.supervisors(), frame)

    def _frame(self, entry: Entry, item: Recorded, what: dict[str, Any]) -> dict[str, Any]:
        return {"type": "alert", **what, "at": to_text(item.at), "conversation": summary(entry, self._board)}
