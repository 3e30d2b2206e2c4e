"""The sending half of one socket.

Events are not queued: the link remembers the last seq it sent of each conversation it follows and reads the log from
there, so replay and live are one path and a slow reader costs no memory. Other frames wait in a bounded buffer; when it
overflows, or one frame cannot be sent in time, the socket closes with a reason and the client catches up from the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from handoff_gateway.core.events import Recorded
from handoff_gateway.errors import UnavailableError
from handoff_gateway.live.bus import Bus
from handoff_gateway.store.log import READ_LIMIT
from handoff_gateway.tasks import TaskOwner
from handoff_gateway.wire import to_raw

BUFFER_FRAMES = 512  # acks and the like a client may leave unread before it counts as too slow
AT_ONCE_BYTES = 32 * 1024  # on their way to one client without waiting: the library's own limit, too
BURST_FRAMES = 64  # sent in one piece: as many as one commit may hold
SEND_DEADLINE_S = 20.0  # one frame; a client that takes none for so long is gone or hopelessly slow
CLOSE_DEADLINE_S = 2.0  # the library's close waits without limit for a client that reads nothing
TOO_SLOW = 1013  # "try again later": reconnect and catch up
RETRY_S = 1.0  # after the database refused a read
WHOLE_TEXT = 0x81  # first byte of a text frame that is the whole message
SMALL, MEDIUM = 125, 2**16 - 1  # bytes whose number fits into the second byte, or into the next two

Read = Callable[[str, int], Awaitable[list[Recorded]]]
View = Callable[[Recorded], str]
Snapshot = Callable[[], str | None]
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Cursor:
    sent: int  # or what the client says that it has seen
    newest: int
    began: int  # the newest when it began to follow, as far as was known then
    prefix: str  # of every `event` frame of the conversation


class Link:
    """Sends to one socket from one task.

    Args:
        read: returns the next events of a conversation after a seq.
        view: turns an event into what this client may see of it, as JSON.
        snapshot: returns the newest `queue` frame as text, or None when there is none to send.
        snapshot_interval_s: least seconds between two snapshots.
    """

    def __init__(
        self,
        socket: ServerConnection,
        *,
        bus: Bus,
        read: Read,
        view: View,
        snapshot: Snapshot,
        snapshot_interval_s: float,
        heartbeat_s: float,
    ) -> None:
        self._socket = socket
        self._bus = bus
        self._read = read
        self._view = view
        self._snapshot = snapshot
        self._snapshot_interval_s = snapshot_interval_s
        self._heartbeat_s = heartbeat_s
        self._tasks = TaskOwner()
        self._frames: deque[str] = deque()
        self._burst: list[str] = []  # of those: what is being sent
        self._cursors: dict[str, _Cursor] = {}
        self._behind: dict[str, None] = {}  # conversations that have grown, in the order in which they did
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._snapshot_due: float | None = None
        self._snapshot_sent: tuple[float, str | None] = (float("-inf"), None)
        self._welcomed = False
        self._closing = False
        self._sender: asyncio.Task[None] | None = None
        self._close: asyncio.Task[None] | None = None

    # --- what to send ---

    def welcome(self, frame: Mapping[str, Any]) -> None:
        """Send the first frame that is no refusal; heartbeats come after it, however long it took to make."""
        self.post(frame)
        self._welcomed = True

    def post(self, frame: Mapping[str, Any]) -> None:
        """Send `frame` as soon as the ones before it are out."""
        self.post_raw(to_raw(frame))

    def post_raw(self, text: str) -> None:
        """As `post`, for a frame that is text already: one that goes to many is written once."""
        if self._closing:
            return
        if len(self._frames) >= BUFFER_FRAMES:
            self.close(TOO_SLOW, "you read too slowly; reconnect and catch up")
            return
        self._frames.append(text)
        self._wake.set()

    def follow(self, conversation_id: str, after: int, newest: int) -> None:
        """Send every event after seq `after`, those to come included. Following again from elsewhere starts there.

        Args:
            newest: as far as is known. Where another process wrote, the client may have seen more: `reach` then tells.
        """
        if conversation_id not in self._cursors:
            self._bus.subscribe(conversation_id, self._published)
        newest = max(newest, self._bus.newest(conversation_id))
        prefix = to_raw({"type": "event", "conversation_id": conversation_id})[:-1] + ',"event":'
        self._cursors[conversation_id] = _Cursor(after, newest, newest, prefix)
        self._behind[conversation_id] = None
        self._wake.set()

    def reach(self, conversation_id: str, newest: int) -> None:
        """Note that a followed conversation has reached seq `newest`, by the log as it was read since."""
        cursor = self._cursors.get(conversation_id)
        if cursor is None:
            return
        if cursor.sent > max(cursor.newest, newest):  # the client named a seq the log does not have
            cursor.sent = cursor.began
            self._behind[conversation_id] = None
            self._wake.set()
        self._published(conversation_id, newest)

    def follows(self, conversation_id: str) -> bool:
        """Return whether events of the conversation are sent."""
        return conversation_id in self._cursors

    def followed(self) -> list[str]:
        """Return the conversations whose events are sent."""
        return list(self._cursors)

    def snapshot_changed(self) -> None:
        """Send the snapshot again, as soon as the interval allows; only the newest one goes out, if it is another."""
        if self._snapshot_interval_s == 0 and self._snapshot() == self._snapshot_sent[1]:
            return
        if self._snapshot_due is None:
            self._snapshot_due = max(self._now(), self._snapshot_sent[0] + self._snapshot_interval_s)
            self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """Close the socket, whether or not the client reads: what is not sent by then is in the log."""
        if self._closing:
            return
        self._closing = True
        if self._sender is not None:
            self._sender.cancel()  # it may wait for a client that takes nothing, and hold up the close
        self._close = self._tasks.start(self._close_socket(code, reason))

    # --- sending ---

    def start(self) -> None:
        """Begin to send."""
        self._sender = self._tasks.start(self._run())

    @property
    def closing(self) -> bool:
        """Whether the client is being sent away: its frames count no more."""
        return self._closing

    def detach(self) -> None:
        """Stop following; synchronous, so that nothing can come between."""
        self._closing = True
        for conversation_id in self._cursors:
            self._bus.unsubscribe(conversation_id, self._published)
        self._cursors.clear()

    async def aclose(self) -> None:
        """Stop sending; a close under way is finished first, which takes the close timeout at most."""
        if self._close is not None:
            await asyncio.wait([self._close])
        await self._tasks.aclose()

    def _published(self, conversation_id: str, seq: int) -> None:
        cursor = self._cursors[conversation_id]
        if seq > cursor.newest:
            cursor.newest = seq
            self._behind[conversation_id] = None
            self._wake.set()

    async def _run(self) -> None:
        beat = self._now() + self._heartbeat_s
        try:
            while True:
                due = beat if self._snapshot_due is None else min(beat, self._snapshot_due)
                await self._wait_until(due)
                await self._send_all()
                if self._now() >= beat:
                    if self._welcomed:
                        self._burst.append('{"type":"heartbeat"}')
                        await self._flush()
                    beat = self._now() + self._heartbeat_s
        except ConnectionClosed:
            logger.debug("the client is gone")
        except TimeoutError:
            self.close(TOO_SLOW, "you read too slowly; reconnect and catch up")
        finally:
            if self._timer is not None:
                self._timer.cancel()

    async def _close_socket(self, code: int, reason: str) -> None:
        """Say goodbye; a client that does not even take that is cut off."""
        try:
            async with asyncio.timeout(CLOSE_DEADLINE_S):
                await self._socket.close(code, reason)
        except TimeoutError:
            self._socket.transport.abort()

    async def _wait_until(self, due: float) -> None:
        """Wait to be woken, at `due` at the latest; earlier without a reason does no harm."""
        if self._wake.is_set():
            return
        if self._timer is None or due < self._timer.when():
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_at(due, self._ring)
        await self._wake.wait()

    def _ring(self) -> None:
        self._timer = None
        self._wake.set()

    async def _send_all(self) -> None:
        self._wake.clear()
        self._take_frames()
        while self._behind:
            conversation_id = next(iter(self._behind))
            del self._behind[conversation_id]
            await self._catch_up(conversation_id)
        await self._flush()
        if self._snapshot_due is not None and self._now() >= self._snapshot_due:
            self._snapshot_due = None
            await self._send_snapshot()

    def _take_frames(self) -> None:
        self._burst.extend(self._frames)
        self._frames.clear()

    async def _catch_up(self, conversation_id: str) -> None:
        while (cursor := self._cursors.get(conversation_id)) is not None and cursor.sent < cursor.newest:
            try:
                events = await self._read(conversation_id, cursor.sent)
            except UnavailableError as error:
                logger.warning("reading the log waits for the database: %s", error)
                await asyncio.sleep(RETRY_S)
                continue
            if self._cursors.get(conversation_id) is not cursor:
                continue  # the client asked for another start meanwhile
            for event in events:
                self._burst.append(f"{cursor.prefix}{self._view(event)}}}")
                cursor.sent = event.seq
                if len(self._burst) >= BURST_FRAMES:
                    await self._flush()
            if len(events) < READ_LIMIT and cursor.sent < cursor.newest and not events:
                cursor.newest = cursor.sent  # the client named a seq the log does not have
            self._take_frames()

    async def _send_snapshot(self) -> None:
        text = self._snapshot()
        if text is not None and text != self._snapshot_sent[1]:
            self._burst.append(text)
            await self._flush()
            self._snapshot_sent = (self._now(), text)
        elif text is None:
            self._snapshot_sent = (self._snapshot_sent[0], None)

    async def _flush(self) -> None:
        """Send the burst in one piece; wait while the client has not taken what it was sent before."""
        if not self._burst:
            return
        burst, self._burst = self._burst, []
        protocol, transport = self._socket.protocol, self._socket.transport
        if protocol.state is not State.OPEN:
            return  # what is not sent by then is in the log
        pieces = protocol.data_to_send()  # of the library's own, which go first; it leaves none behind
        for text in burst[:-1]:
            pieces += _framed(text)
        if transport.get_write_buffer_size() < AT_ONCE_BYTES:
            pieces += _framed(burst[-1])
            transport.write(b"".join(pieces))
            return
        transport.write(b"".join(pieces))
        async with asyncio.timeout(SEND_DEADLINE_S):
            await self._socket.send(burst[-1])

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _framed(text: str) -> tuple[bytes, bytes]:
    """Return head and body of one whole text frame of a server (RFC 6455, 5.2): neither masked nor compressed.

    The library's own way takes several times as long, and makes up most of what a message costs to send.
    """
    body = text.encode()
    size = len(body)
    if size <= SMALL:
        return bytes((WHOLE_TEXT, size)), body
    if size <= MEDIUM:
        return bytes((WHOLE_TEXT, SMALL + 1)) + size.to_bytes(2, "big"), body
    return bytes((WHOLE_TEXT, SMALL + 2)) + size.to_bytes(8, "big"), body
