"""One socket's life: hello within the deadline, then frame by frame, every refusal an answer and not an end."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from handoff_gateway.access.auth import Auth
from handoff_gateway.access.gatekeeper import Gatekeeper
from handoff_gateway.core.events import Recorded
from handoff_gateway.errors import BadFrameError, ForbiddenError, RefusedError, TooLargeError, UnauthorizedError
from handoff_gateway.live.board import Board
from handoff_gateway.live.bus import Bus
from handoff_gateway.live.crowd import Crowd
from handoff_gateway.live.desk import Desk
from handoff_gateway.live.link import Link
from handoff_gateway.metrics import Metrics
from handoff_gateway.privacy.redactor import Redactor
from handoff_gateway.routing.attendance import Attendance
from handoff_gateway.routing.silence import Silence
from handoff_gateway.routing.staff import Staff
from handoff_gateway.settings import Settings
from handoff_gateway.sockets.arrivals import Arrivals
from handoff_gateway.store.execution import Outcome
from handoff_gateway.times import Clock
from handoff_gateway.wire import Frame, FrameTable, error_frame, ids_of, read_frame, read_object, to_raw

POLICY = 1008  # close code: no hello, or one that is not accepted
DEFECT = 1011  # close code: a defect of ours
MOST_UNDER_WAY = 16  # messages of one socket that wait for their commit: as many as are read ahead

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session works with."""

    settings: Settings
    desk: Desk
    arrivals: Arrivals
    gatekeeper: Gatekeeper
    redactor: Redactor
    bus: Bus
    board: Board
    crowd: Crowd
    auth: Auth
    staff: Staff
    attendance: Attendance
    silence: Silence
    metrics: Metrics
    clock: Clock


class Session(ABC):
    """The receiving half of one socket; frames are carried out one after the other, in the order sent.

    Messages need not wait for the commit of those before them: the database keeps their order.
    """

    frames: ClassVar[FrameTable]

    def __init__(self, connection: ServerConnection, around: Surroundings, snapshot_interval_s: float) -> None:
        self.connection = connection
        self.around = around
        self.link = Link(
            connection,
            bus=around.bus,
            read=around.desk.read,
            view=self.view,
            snapshot=self.snapshot,
            snapshot_interval_s=snapshot_interval_s,
            heartbeat_s=around.settings.heartbeat_s,
        )
        self._under_way: deque[asyncio.Future[Outcome]] = deque()

    @abstractmethod
    async def greet(self, hello: Frame) -> Callable[[], None]:
        """Answer `hello` with a welcome and begin to send; return what undoes it when the socket is gone."""

    @abstractmethod
    async def handle(self, frame: Frame) -> None:
        """Carry out one frame. Raises RefusedError."""

    @abstractmethod
    def view(self, recorded: Recorded) -> str:
        """Return an event as this side may see it, as JSON."""

    @abstractmethod
    def snapshot(self) -> str | None:
        """Return the newest `queue` frame as text, or None."""

    async def run(self) -> None:
        """Live until the socket is gone."""
        self.link.start()
        leave: Callable[[], None] | None = None
        try:
            leave = await self._introduce()
            if leave is not None:
                async for raw in self.connection:
                    if self.link.closing:
                        break
                    await self._take(raw)
        except ConnectionClosed:
            logger.debug("the client is gone")
        finally:
            self.link.detach()
            if leave is not None:
                leave()
            await self.link.aclose()

    async def _introduce(self) -> Callable[[], None] | None:
        try:
            async with asyncio.timeout(self.around.settings.hello_deadline_s):
                while True:
                    raw = await self.connection.recv()
                    try:
                        hello = self._read_hello(raw)
                    except RefusedError as error:
                        self._refuse(error, {})
                        continue
                    break
        except TimeoutError:
            await self._turn_away(UnauthorizedError("no hello in time"), {})
            return None
        try:
            return await self.greet(hello)
        except RefusedError as error:
            await self._turn_away(error, {"request_id": hello.request_id})
            return None

    def _read_hello(self, raw: str | bytes) -> Frame:
        frame = read_frame(read_object(raw), self.frames)
        if frame.type != "hello":
            raise BadFrameError("type: the first frame must be hello")
        return frame

    async def _turn_away(self, error: RefusedError, data: dict[str, Any]) -> None:
        """Say why, then close: the client must start anew (a token nobody knows) or try again later."""
        self.around.metrics.refused(error.code)
        await self.connection.send(to_raw(error_frame(error, data)))
        later = not isinstance(error, UnauthorizedError | ForbiddenError)
        await self.connection.close(1013 if later else POLICY, error.code)

    async def _take(self, raw: str | bytes) -> None:
        data: dict[str, Any] = {}
        started = time.perf_counter()
        try:
            data = read_object(raw)
            frame = read_frame(data, self.frames)
            if frame.type == "hello":
                raise BadFrameError("type: hello has been said")
            await self._make_room(MOST_UNDER_WAY if frame.type == "send" else 1)
            await self.handle(frame)
        except TooLargeError as error:
            self._refuse(error, ids_of(raw))
        except RefusedError as error:
            self._refuse(error, data)
        else:
            if frame.type != "send":
                self.around.metrics.command(frame.type, time.perf_counter() - started)

    def answer_later(self, frame: Frame, coming: asyncio.Future[Outcome], answer: Callable[[Outcome], None]) -> None:
        """Call `answer` with what a message comes to, or refuse it; read on meanwhile."""
        self._under_way.append(coming)
        coming.add_done_callback(partial(self._answer, frame, answer, time.perf_counter()))

    def _answer(
        self, frame: Frame, answer: Callable[[Outcome], None], started: float, came: asyncio.Future[Outcome]
    ) -> None:
        self._under_way.popleft()  # answers come in the order of the commits
        if came.cancelled():
            return
        error = came.exception()
        if error is None:
            answer(came.result())
            self.around.metrics.command(frame.type, time.perf_counter() - started)
        elif isinstance(error, RefusedError):
            self._refuse(error, {**frame.fields, "request_id": frame.request_id})
        else:
            logger.error("a message could not be stored", exc_info=error)
            self.link.close(DEFECT, "internal error")

    async def _make_room(self, most: int) -> None:
        """Wait until fewer than `most` messages are under way."""
        while len(self._under_way) >= most:
            await asyncio.wait([self._under_way[-most]])

    def _refuse(self, error: RefusedError, data: dict[str, Any]) -> None:
        self.around.metrics.refused(error.code)
        self.link.post(error_frame(error, data))
