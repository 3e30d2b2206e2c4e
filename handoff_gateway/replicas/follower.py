"""Follows what other gateway processes do, so that queue, agents and sockets here are as they would be in one process.

News says where to look; what happened is read from the log and shown to the same observers as a commit of this process.
Now and then, and whenever news may have been lost, everything here is compared with the database. The only process has
nobody to follow but itself: after a commit that may have been written although it failed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection

from handoff_gateway.core.events import Owner, Recorded
from handoff_gateway.errors import CorruptLogError, UnavailableError
from handoff_gateway.live.board import Board
from handoff_gateway.live.bus import MemoryBus
from handoff_gateway.live.crowd import Crowd
from handoff_gateway.live.desk import Desk, Observer
from handoff_gateway.live.news import Channel, News, Topic
from handoff_gateway.replicas.membership import Membership
from handoff_gateway.routing.staff import Staff
from handoff_gateway.store import projection
from handoff_gateway.store.database import Database
from handoff_gateway.store.execution import Outcome
from handoff_gateway.store.projection import Entry
from handoff_gateway.tasks import TaskOwner

BATCH = 100  # conversations read at once: the reading thread has others to serve
COMPARED_EVERY_S = 10.0  # news reaches everybody but in the moment in which a process dies or a connection breaks
COMPARED_WITHOUT_NEWS_S = 1.0  # while Redis is away
LOOKED_BACK = 8  # events read of a conversation that turns up without news
MOST_SHOWN = 20_000  # events of other processes: news of the same that comes twice does so within seconds
RETRY_S = 1.0  # after the database refused
GONE = 1008  # close code: what the socket was opened for counts no more
ERASED = "this conversation was erased"

logger = logging.getLogger(__name__)


class Hearing(Protocol):
    """Whether news comes through."""

    @property
    def up(self) -> bool:
        """Whether it does now."""


class Follower:
    """Owns the task that reads what others have written.

    Args:
        membership: among the other processes; None for the only one.
        hearing: whether their news comes through; None for the only one.
        observers: shown what others have committed, in order.
        look_again: wakes whatever depends on teams, agents and time.
        take_on: looks for bot turns nobody has taken on.
        acted: notes that an account did something at another process.
    """

    def __init__(
        self,
        desk: Desk,
        database: Database,
        board: Board,
        bus: MemoryBus,
        crowd: Crowd,
        staff: Staff,
        membership: Membership | None,
        channel: Channel,
        *,
        hearing: Hearing | None,
        observers: Sequence[Observer],
        look_again: Callable[[], None],
        take_on: Callable[[], None],
        acted: Callable[[str], None],
    ) -> None:
        self._desk = desk
        self._database = database
        self._board = board
        self._bus = bus
        self._crowd = crowd
        self._staff = staff
        self._membership = membership
        self._channel = channel
        self._hearing = hearing
        self._observers = observers
        self._look_again = look_again
        self._take_on = take_on
        self._acted = acted
        self._tasks = TaskOwner()
        self._wake = asyncio.Event()
        self._moved: dict[str, list[tuple[int, int]]] = {}
        self._proven: set[str] = set()
        self._shown: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._staff_changed = membership is not None
        self._missed = membership is not None

    async def start(self) -> None:
        """Begin with who is at the other processes."""
        await self._read_staff()
        self._tasks.last(self._run)

    async def aclose(self) -> None:
        """Stop following."""
        await self._tasks.aclose()

    # --- news ---

    def hear(self, news: News) -> None:
        """Take up one piece of news, on the loop."""
        match news.topic:
            case Topic.GREW:
                self._bus.hear(news.subject, news.seq)
            case Topic.MOVED:
                self._bus.hear(news.subject, news.seq)
                self._moved.setdefault(news.subject, []).append((news.after, news.seq))
            case Topic.ERASED:
                self._erased(news.subject)
            case Topic.PROVEN:
                self._crowd.send_away(news.subject, GONE, "the customer has signed in; say hello again")
                self._proven.add(news.subject)
                self._moved.setdefault(news.subject, [])
            case Topic.SIGNED_OUT:
                self._staff.signed_out(news.subject)
                self._crowd.send_agent_away(news.subject, GONE, "signed out; sign in again")
            case Topic.STAFF:
                self._staff_changed = True
            case Topic.ACTED:
                self._acted(news.subject)
            case Topic.TEAMS:
                self._look_again()
            case Topic.TURNS:
                self._take_on()
            case Topic.TO_CUSTOMER if news.frame is not None:
                self._crowd.to_customer(news.subject, news.frame)
            case Topic.TO_AGENTS if news.frame is not None:
                self._crowd.to_agents(news.subject, news.frame)
            case Topic.GAP:
                self._missed = True
        if self._moved or self._staff_changed or self._missed:
            self._wake.set()

    def missed(self) -> None:
        """Compare everything with the database: news may have been lost."""
        self._missed = True
        self._wake.set()

    def doubt(self) -> None:
        """Compare everything, here and at the other processes: something may have been written untold."""
        if not self._missed:
            self._channel.tell(News(Topic.GAP))
        self.missed()

    def staff_changed(self) -> None:
        """Look who is at the desk: an agent here came, went or chose."""
        self._staff_changed = True
        self._wake.set()

    def inherit(self) -> None:
        """Take on what a process that died has left."""
        self._take_on()
        self.staff_changed()
        self.missed()

    # --- reading ---

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        compared_at = loop.time()
        while True:
            await self._wait(compared_at)
            try:
                if self._staff_changed:
                    await self._read_staff()
                while self._moved:
                    await self._read_moved()
                if self._missed or loop.time() >= compared_at + self._interval_s():
                    await self._compare()
                    compared_at = loop.time()
            except UnavailableError as error:
                logger.warning("comparing with the database waits for it: %s", error)
                self._missed = True
                self._wake.set()
                await asyncio.sleep(RETRY_S)

    async def _wait(self, compared_at: float) -> None:
        """Wait for news, or until it is time to compare."""
        if self._hearing is None:
            await self._wake.wait()
            self._wake.clear()
            return
        loop = asyncio.get_running_loop()
        at = min(compared_at + self._interval_s(), loop.time() + COMPARED_WITHOUT_NEWS_S)
        timer = loop.call_at(at, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()
        self._wake.clear()

    def _interval_s(self) -> float:
        """Return the seconds between two comparisons without a reason."""
        if self._hearing is None:
            return float("inf")
        return COMPARED_EVERY_S if self._hearing.up else COMPARED_WITHOUT_NEWS_S

    async def _read_staff(self) -> None:
        self._staff_changed = False
        if self._membership is not None:
            self._staff.elsewhere(await self._membership.staffing())

    async def _read_moved(self) -> None:
        names = list(self._moved)[:BATCH]
        spans = {name: self._moved.pop(name) for name in names}

        def read(tx: Connection) -> dict[str, tuple[Entry, list[Recorded]] | None]:
            starts = {name: min((after for after, _ in span), default=None) for name, span in spans.items()}
            return {name: _since(tx, name, after) for name, after in starts.items()}

        try:
            found = await self._database.read(read)
        except UnavailableError:
            for name, span in spans.items():
                self._moved[name] = span + self._moved.get(name, [])
            raise
        for name, what in found.items():
            if what is None:
                continue
            entry, events = what
            span = spans[name]
            self._show(entry, [e for e in events if any(after < e.seq <= seq for after, seq in span)])
            if name in self._proven:
                self._proven.discard(name)
                self._crowd.customer_changed(entry)

    def _show(self, entry: Entry, recorded: list[Recorded]) -> None:
        """Let the observers see what another process has committed, each event once."""
        recorded = [event for event in recorded if (entry.id, event.seq) not in self._shown]
        self._shown.update(((entry.id, event.seq), None) for event in recorded)
        while len(self._shown) > MOST_SHOWN:
            self._shown.popitem(last=False)
        waited = self._board.position(entry.id) is not None
        outcome = Outcome(entry, tuple(recorded), previous_owner=Owner.QUEUE if waited else None)
        for observer in self._observers:
            observer(outcome)
        self._bus.hear(entry.id, entry.state.seq)

    # --- comparing ---

    async def _compare(self) -> None:
        """Bring board, sockets and agents to what the database says."""
        lost, self._missed = self._missed, False
        if lost:
            self._desk.forget_all()
        followed = self._bus.followed()

        def read(tx: Connection) -> tuple[dict[str, int], dict[str, int]]:
            return projection.standing(tx), projection.reached(tx, followed)

        standing, reached = await self._database.read(read)
        for name, seq in reached.items():
            if seq > self._bus.newest(name):
                self._bus.hear(name, seq)
        for name in followed:
            if name not in reached:
                self._erased(name)
        await self._place(standing)
        await self._read_staff()
        self._look_again()
        if lost:
            self._take_on()

    async def _place(self, standing: Mapping[str, int]) -> None:
        known = self._board.seqs()
        differ = [name for name, seq in standing.items() if known.get(name, -1) < seq]
        differ += [name for name in known if name not in standing]
        for first in range(0, len(differ), BATCH):
            names = differ[first : first + BATCH]

            def read(tx: Connection, names: list[str] = names) -> dict[str, tuple[Entry, list[Recorded]] | None]:
                return {name: _since(tx, name, known.get(name)) for name in names}

            for name, what in (await self._database.read(read)).items():
                if what is None:
                    self._board.drop(name)
                    continue
                entry, events = what
                seq = self._board.seq(name)  # a commit of this process may have come between
                self._show(entry, [event for event in events if seq is None or event.seq > seq])

    def _erased(self, conversation_id: str) -> None:
        self._desk.forget(conversation_id)
        self._board.drop(conversation_id)
        self._crowd.send_away(conversation_id, GONE, ERASED)
        self._crowd.erased(conversation_id)


def _since(tx: Connection, name: str, after: int | None) -> tuple[Entry, list[Recorded]] | None:
    """Return a conversation and its events after `after`; without one, the last few."""
    try:
        if after is not None:
            return projection.since(tx, name, after)
        newest = projection.reached(tx, [name]).get(name)
        return None if newest is None else projection.since(tx, name, max(0, newest - LOOKED_BACK))
    except (CorruptLogError, ValueError):
        # One conversation that cannot be read must not hide all others.
        logger.exception("a conversation cannot be read", extra={"conversation_id": name})
        return None
