"""Bot turns: every customer message the bot owes an answer to is answered once, in order, or ends with a person.

The log says what is owed (`Conversation.pending`), so nothing is lost by a restart: `resume` picks up where it stopped.
The bot is called outside any transaction. Its answer is written under the epoch it was asked for in; when the owner
changed meanwhile the write is refused and the answer is dropped.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from handoff_gateway.bot_turns.bot import Bot, BotReply, Turn
from handoff_gateway.core.commands import HandOff, PostBotReply
from handoff_gateway.core.events import FeedbackGiven, MessagePosted, Owner
from handoff_gateway.errors import BotUnavailableError, NotFoundError, StaleEpochError, UnavailableError
from handoff_gateway.live.desk import Desk
from handoff_gateway.store.execution import Outcome
from handoff_gateway.store.projection import Entry
from handoff_gateway.tasks import TaskOwner

RETRY_S = 1.0  # after the database refused: the turn is owed and is tried again
THUMBS_DOWN = "thumbs_down"  # what a turn without a customer's words is about
TOGETHER_LENGTH = 2000  # characters of earlier words that go before the newest ones in a turn about several

T = TypeVar("T")
Typing = Callable[[str, bool], None]
logger = logging.getLogger(__name__)


class TurnMeter(Protocol):
    """Counts turns."""

    def bot_turn(self, result: str, seconds: float) -> None:
        """Note one turn: answered, handed_off, unavailable or discarded."""


class Leases(Protocol):
    """Sees to it that one process at a time runs a conversation's turns. Both raise UnavailableError."""

    async def take(self, conversation_id: str, /) -> bool:
        """Take the turns on, or make sure that they still are this process's; return False when they are not."""

    async def release(self, conversation_id: str, /) -> bool:
        """Let others take them on; return whether one is owed that others could not know they may take on."""


class Alone:
    """The leases of the only process."""

    async def take(self, _conversation_id: str) -> bool:
        """Take the turns on."""
        return True

    async def release(self, _conversation_id: str) -> bool:
        """Let go."""
        return False


class Turns:
    """Runs one bot turn at a time in each conversation.

    Args:
        leases: which process runs them.
        typing: called with (conversation_id, on) when the bot starts and stops thinking.
    """

    def __init__(
        self, desk: Desk, bot: Bot, leases: Leases, *, turn_limit: int, typing: Typing, meter: TurnMeter
    ) -> None:
        self._desk = desk
        self._bot = bot
        self._leases = leases
        self._turn_limit = turn_limit
        self._typing = typing
        self._meter = meter
        self._tasks = TaskOwner()
        self._running: set[str] = set()
        self._look_again: set[str] = set()  # of those: something came since the log was last read
        self._calls: dict[str, tuple[int, asyncio.Task[BotReply]]] = {}

    async def resume(self) -> None:
        """Take up the turns owed since before the start."""
        for conversation_id in await self._desk.owed():
            self._work(conversation_id)

    def take_on(self) -> None:
        """Take up the turns another process has left; those that others are at are left to them."""
        self._tasks.start(self._patiently(self.resume))

    def observe(self, outcome: Outcome) -> None:
        """Start owed turns; drop a call whose answer nobody may see any more."""
        self.follow(outcome)
        state = outcome.entry.state
        if state.pending and state.owner is Owner.BOT:
            self._work(outcome.entry.id)

    def follow(self, outcome: Outcome) -> None:
        """Drop a call whose answer nobody may see any more; what is owed is for the process that committed it."""
        call = self._calls.get(outcome.entry.id)
        if call is not None and call[0] != outcome.entry.state.epoch:
            call[1].cancel()

    async def aclose(self) -> None:
        """Stop. Turns not finished stay owed."""
        await self._tasks.aclose()

    def _work(self, conversation_id: str) -> None:
        self._look_again.add(conversation_id)
        if conversation_id not in self._running:
            self._running.add(conversation_id)
            self._tasks.start(self._run(conversation_id))

    async def _run(self, conversation_id: str) -> None:
        """Answer until nothing is owed.

        What is committed while the log is being read may not be in what was read: it is looked for again.
        """
        try:
            while conversation_id in self._look_again:
                self._look_again.discard(conversation_id)
                if await self._answer_all(conversation_id) and await self._let_go(conversation_id):
                    self._look_again.add(conversation_id)
        finally:
            self._look_again.discard(conversation_id)
            self._running.discard(conversation_id)

    async def _answer_all(self, conversation_id: str) -> bool:
        """Answer what is owed; return False when another process has taken it on.

        That is asked before every turn: a process that slept through the last one was taken for dead meanwhile.
        """
        while await self._patiently(partial(self._leases.take, conversation_id)):
            if not await self._step(conversation_id):
                return True
        return False

    async def _let_go(self, conversation_id: str) -> bool:
        return await self._patiently(partial(self._leases.release, conversation_id))

    @staticmethod
    async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await ask()
            except UnavailableError as error:  # noqa: PERF203 - a second attempt is the purpose
                logger.warning("a bot turn waits for the database: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _step(self, conversation_id: str) -> bool:
        """Complete one owed turn; return whether there may be another."""
        try:
            entry = await self._desk.entry(conversation_id)
            if not entry.state.pending or entry.state.owner is not Owner.BOT:
                return False
            await self._turn(entry)
        except UnavailableError as error:
            logger.warning("a bot turn waits for the database: %s", error)
            await asyncio.sleep(RETRY_S)
        except NotFoundError:
            return False  # erased meanwhile
        return True

    async def _turn(self, entry: Entry) -> None:
        state, started = entry.state, time.perf_counter()
        try:
            if state.turns >= self._turn_limit:
                await self._desk.perform(entry.id, HandOff(state.epoch, "turn_limit"))
                result = "turn_limit"
            else:
                result = await self._answer(entry)
        except StaleEpochError:
            result = "discarded"
        except (UnavailableError, NotFoundError):  # the database is away, or the conversation was erased meanwhile
            raise
        except Exception:  # a defect of ours: the customer is not to wait for its repair
            logger.exception("a bot turn failed in an unforeseen way", extra={"conversation_id": entry.id})
            result = await self._give_up(entry)
        self._meter.bot_turn(result, time.perf_counter() - started)

    async def _answer(self, entry: Entry) -> str:
        state, asked = entry.state, entry.state.asked()
        try:
            reply = await self._ask(entry, asked)
        except BotUnavailableError as error:
            logger.warning(
                "the bot is unavailable (%s)", error, extra={"conversation_id": entry.id, "cause": error.cause}
            )
            return await self._give_up(entry)
        if reply is None:
            return "discarded"
        await self._desk.perform(entry.id, PostBotReply(state.epoch, asked[-1], reply.messages, reply.handoff))
        return "answered" if reply.handoff is None else "handed_off"

    async def _give_up(self, entry: Entry) -> str:
        """Call a person, since the bot cannot answer."""
        try:
            await self._desk.perform(entry.id, HandOff(entry.state.epoch, "bot_unavailable"))
        except StaleEpochError:
            return "discarded"
        return "unavailable"

    async def _ask(self, entry: Entry, asked: Sequence[int]) -> BotReply | None:
        """Call the bot; None when the owner changed while it was thinking."""
        turn = await self._describe(entry, asked)
        call = self._tasks.start(self._bot.reply(turn), watched=True)
        self._calls[entry.id] = (entry.state.epoch, call)
        self._typing(entry.id, True)
        try:
            await asyncio.wait([call])
        finally:
            call.cancel()
            del self._calls[entry.id]
            self._typing(entry.id, False)
        if call.cancelled():
            return None
        error = call.exception()
        if error is not None and not isinstance(error, BotUnavailableError):
            logger.error("the call to the bot failed in an unforeseen way", exc_info=error)
            raise BotUnavailableError("defect", repr(error)) from error
        return call.result()

    async def _describe(self, entry: Entry, asked: Sequence[int]) -> Turn:
        """Return the turn about the events at `asked`; several are what was said before the bot's leg, in one turn."""
        state, newest = entry.state, asked[-1]
        said = [(await self._desk.read(entry.id, seq - 1))[0].event for seq in asked]
        sender, message = f"{entry.id}.{state.leg}", said[-1]
        if isinstance(message, FeedbackGiven):
            about = {"message_id": f"feedback-{newest}", "trigger": THUMBS_DOWN, **self._around(entry)}
            return Turn(sender=sender, message="", metadata=about)
        if not isinstance(message, MessagePosted):
            raise BotUnavailableError("shape", f"event {newest} is not a message")
        metadata = {"message_id": message.client_message_id, **self._around(entry)}
        if newest <= state.leg_seq:  # a payload counts only in the leg in which it was offered
            texts = [event.text for event in said if isinstance(event, MessagePosted)]
            return Turn(sender=sender, message=_together(texts), metadata=metadata)
        title = None if message.payload is None else state.title_of(message.payload)
        return Turn(sender=sender, message=title or message.text, payload=message.payload, metadata=metadata)

    @staticmethod
    def _around(entry: Entry) -> dict[str, Any]:
        """Return what the bot is told with every turn."""
        state, customer = entry.state, entry.customer
        return {
            "language": state.language,
            "channel": entry.channel,
            "customer": {"id": customer.id, "name": customer.name, "verified": customer.verified},
            "turn": state.turns + 1,
            "earlier_handoffs": list(state.earlier),
            **({"thumbs": state.thumbs()} if state.verdicts else {}),
        }


def _together(texts: Sequence[str]) -> str:
    """Return what was said as one message: the newest whole, and as much of what came before as there is room for."""
    *earlier, newest = texts
    kept: list[str] = [newest]
    room = TOGETHER_LENGTH
    for text in reversed(earlier):
        room -= len(text)
        if room < 0:
            break
        kept.insert(0, text)
    return "\n".join(kept)
