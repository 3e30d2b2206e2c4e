"""The lists on every agent's screen, written once for all who see the same: a crowd costs no more than one."""

from __future__ import annotations

from typing import Any

import msgspec

from handoff_gateway.live.board import Board
from handoff_gateway.live.views import follow_up, summary
from handoff_gateway.store.projection import Entry
from handoff_gateway.wire import to_raw

SHOWN = 50  # of each list, the oldest; one of hundreds is read from the HTTP API

Lists = dict[str, Any]
_Key = tuple[bool, bytes]


class QueueView:
    """The `queue` frame, and the same lists for the `welcome`."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._version = -1
        self._shared: Lists = {}
        self._alerts = msgspec.Raw()
        self._frames: dict[_Key, str] = {}
        self._own: dict[tuple[str, bool], str] = {}  # of each agent, until something changes

    def lists(self, agent_id: str, *, watches: bool) -> Lists:
        """Return what stays on an agent's desk until it is done; alerts only for those who watch over everybody.

        The values are ready for `to_raw`.
        """
        self._refresh()
        board = self._board
        kept = [follow_up(entry, board, agent_id) for entry in board.follow_ups(agent_id)]
        lists = {**self._shared, "follow_ups": msgspec.Raw(msgspec.json.encode(kept))}
        return lists | {"alerts": self._alerts} if watches else lists

    def frame(self, agent_id: str, *, watches: bool) -> str:
        """Return the `queue` frame of an agent."""
        self._refresh()
        if (known := self._own.get((agent_id, watches))) is not None:
            return known
        lists = self.lists(agent_id, watches=watches)
        key = (watches, bytes(lists["follow_ups"]))
        if key not in self._frames:
            self._frames[key] = to_raw({"type": "queue", **lists})
        self._own[agent_id, watches] = self._frames[key]
        return self._frames[key]

    def _refresh(self) -> None:
        if self._version == self._board.version:
            return
        board = self._board
        waiting = board.waiting()
        self._version = board.version
        self._frames.clear()
        self._own.clear()
        self._alerts = self._written(board.alerting())
        self._shared = {
            "waiting": self._written(waiting),
            "waiting_total": len(waiting),
            "call_backs": self._written(board.call_backs()),
        }

    def _written(self, entries: list[Entry]) -> msgspec.Raw:
        return msgspec.Raw(msgspec.json.encode([summary(entry, self._board) for entry in entries[:SHOWN]]))
