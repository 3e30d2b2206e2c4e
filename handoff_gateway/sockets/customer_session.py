"""The customer's side of a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

from websockets.asyncio.server import ServerConnection

from handoff_gateway.core.commands import (
    AnswerSurvey,
    AskCallBack,
    Command,
    CustomerSends,
    EndEpisode,
    GiveFeedback,
    LeaveQueue,
    RequestAgent,
)
from handoff_gateway.core.events import Owner, Recorded
from handoff_gateway.core.hours import known_time_zone
from handoff_gateway.errors import BadFrameError
from handoff_gateway.live.desk import Visit
from handoff_gateway.live.views import customer_text
from handoff_gateway.privacy.redactor import Redactor
from handoff_gateway.sockets.session import Session, Surroundings
from handoff_gateway.store.execution import Outcome
from handoff_gateway.times import to_text
from handoff_gateway.wire import CUSTOMER_FRAMES, VERSION, Frame, to_raw

MAX_CONTACT = 200  # characters of a telephone number or an address
MAX_NOTE = 2000  # characters of what a call-back is about
MAX_PAGE_FIELD = 500  # characters of a page's address or title


class CustomerSession(Session):
    """One socket of a customer; several tabs are several sessions on the same conversation."""

    frames = CUSTOMER_FRAMES

    def __init__(self, connection: ServerConnection, around: Surroundings) -> None:
        super().__init__(connection, around, around.settings.queue_interval_s)
        self._id = ""

    async def greet(self, hello: Frame) -> Callable[[], None]:
        """Welcome a returning customer, or a new one."""
        around = self.around
        visit = Visit(
            hello.get("language"), _page(hello.get("page"), around.redactor), known_time_zone(hello.get("time_zone"))
        )
        if not hello.get("token") and hello.get("identity") is None:
            await around.gatekeeper.new_customer(around.gatekeeper.address_of(self.connection))
        arrival = await around.arrivals.welcome(hello.get("token"), hello.get("identity"), visit)
        entry, state = arrival.entry, arrival.entry.state
        self._id = entry.id
        leaving = ExitStack()
        leaving.enter_context(around.gatekeeper.socket("customer", entry.id))
        self.link.welcome(
            {
                "type": "welcome",
                "version": VERSION,
                "token": arrival.token,
                "customer_id": entry.customer.id,
                "conversation_id": entry.id,
                "owner": state.owner.value,
                "seq": state.seq,
                "heartbeat_s": around.settings.heartbeat_s,
                "verified": entry.customer.verified,
            }
        )
        if state.owner is Owner.QUEUE:
            self.link.post(around.attendance.of(state.team).frame())
        around.crowd.customer_came(entry.id, self.link)
        leaving.callback(around.crowd.customer_left, entry.id, self.link)
        try:
            self.link.follow(entry.id, hello.get("after_seq") or 0, state.seq)
            # Something may have been committed between the read and the subscription: look once more.
            self.link.reach(entry.id, (await around.arrivals.still_theirs(arrival)).state.seq)
        except BaseException:
            leaving.close()
            raise
        self.link.snapshot_changed()
        return leaving.close

    async def handle(self, frame: Frame) -> None:
        """Carry out one frame of the customer's."""
        await self.around.gatekeeper.customer_frame(self._id, frame.type)
        redactor = self.around.redactor
        match frame.type:
            case "send":
                command = redactor.message(frame["client_message_id"], frame["text"], frame.get("payload"))
                self.answer_later(frame, self.around.desk.submit(self._id, command), partial(self._ack, frame, command))
            case "request_agent":
                await self._acked(frame, RequestAgent(frame["client_message_id"]))
            case "call_back":
                await self._call_back(frame)
            case "leave_queue":
                await self._perform(LeaveQueue())
            case "end":
                await self._perform(EndEpisode())
            case "feedback":
                await self._perform(GiveFeedback(frame["seq"], frame["helpful"]))
            case "survey":
                await self._perform(AnswerSurvey(frame["survey_id"], redactor.answers(frame["answers"])))
            case "typing":
                typing = {"type": "typing", "conversation_id": self._id, "role": "customer", "on": frame["on"]}
                self.around.crowd.show_agents(self._id, typing)
            case "read":
                read = {"type": "read", "conversation_id": self._id, "role": "customer", "seq": frame["seq"]}
                self.around.crowd.show_agents(self._id, read)

    def view(self, recorded: Recorded) -> str:
        """Leave out what is between colleagues."""
        return customer_text(recorded)

    def snapshot(self) -> str | None:
        """Return the place in the queue, or None when the customer does not wait."""
        position = self.around.board.position(self._id)
        if position is None:
            return None
        around = self.around
        estimate = around.board.estimated_wait_s(self._id, around.staff.online(), around.clock())
        return to_raw({"type": "queue", "position": position, "estimated_wait_s": estimate})

    async def _perform(self, command: Command) -> None:
        await self.around.desk.perform(self._id, command)

    async def _call_back(self, frame: Frame) -> None:
        """Note a call-back; who names the request gets an ack, once."""
        contact = _short(frame, "contact", MAX_CONTACT)
        note = _short(frame, "note", MAX_NOTE)
        told = [None if text is None else self.around.redactor.text(text) for text in (contact, note)]
        command = AskCallBack(frame.get("client_message_id"), *told)
        if command.client_message_id is None:
            await self._perform(command)
        else:
            await self._acked(frame, command)

    async def _acked(self, frame: Frame, command: CustomerSends | RequestAgent | AskCallBack) -> None:
        self._ack(frame, command, await self.around.desk.perform(self._id, command))

    def _ack(self, frame: Frame, command: CustomerSends | RequestAgent | AskCallBack, outcome: Outcome) -> None:
        own = outcome.repeated or next((r for r in outcome.recorded if _is_answer_to(r, command)), None)
        if own is None:
            seq, at = outcome.entry.state.seq, to_text(outcome.entry.updated_at)
        else:
            seq, at = own.seq, own.at_text
        ack = {"type": "ack", "client_message_id": command.client_message_id, "seq": seq, "at": at}
        if frame.request_id is not None:
            ack["request_id"] = frame.request_id
        self.link.post(ack)


def _is_answer_to(recorded: Recorded, command: CustomerSends | RequestAgent | AskCallBack) -> bool:
    return getattr(recorded.event, "client_message_id", None) == command.client_message_id


def _short(frame: Frame, name: str, most: int) -> str | None:
    """Return an optional text. Raises BadFrameError when it is longer than `most` characters."""
    text = (frame.get(name) or "").strip()
    if len(text) > most:
        raise BadFrameError(f"{name}: at most {most} characters")
    return text or None


def _page(page: Mapping[str, Any] | None, redactor: Redactor) -> dict[str, str] | None:
    """Keep address and title of the page the customer is on, cut to a sane length."""
    if page is None:
        return None
    kept = {
        name: redactor.text(page[name][:MAX_PAGE_FIELD]) for name in ("url", "title") if isinstance(page.get(name), str)
    }
    return kept or None
