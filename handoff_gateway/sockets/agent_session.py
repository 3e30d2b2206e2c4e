"""The agent's side: the queue, the conversations in hand, and those opened to look at."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any

from websockets.asyncio.server import ServerConnection

from handoff_gateway.access.auth import COOKIE, check_origin
from handoff_gateway.core.commands import (
    AddNote,
    AgentSends,
    CallBackDone,
    Claim,
    Close,
    Command,
    FollowUpDone,
    HandBack,
    Transfer,
)
from handoff_gateway.core.events import AgentName, Recorded
from handoff_gateway.core.permissions import FRAME_RIGHTS, Right, may, require
from handoff_gateway.core.presence import Presence
from handoff_gateway.errors import BadFrameError, ForbiddenError, NotFoundError, UnauthorizedError
from handoff_gateway.live.views import agent_text, summary
from handoff_gateway.sockets.session import POLICY, Session, Surroundings
from handoff_gateway.store.accounts import Account
from handoff_gateway.store.execution import Outcome, stand_in
from handoff_gateway.times import to_text
from handoff_gateway.wire import AGENT_FRAMES, VERSION, Frame

SIGN_IN_CHECKED_EVERY = timedelta(seconds=30)


class AgentSession(Session):
    """One socket of an agent or supervisor."""

    frames = AGENT_FRAMES

    def __init__(self, connection: ServerConnection, around: Surroundings) -> None:
        super().__init__(connection, around, 0)  # the crowd says when a queue is due
        self._account: Account | None = None
        self._token: str | None = None
        self._checked_at = around.clock()

    @property
    def _me(self) -> AgentName:
        return self._known.agent

    @property
    def _known(self) -> Account:
        if self._account is None:
            raise ForbiddenError("say hello first")
        return self._account

    @property
    def _watches(self) -> bool:
        return may(self._known.roles, Right.WATCH)

    async def greet(self, hello: Frame) -> Callable[[], None]:
        """Welcome somebody who may see conversations."""
        around = self.around
        self._token = hello.get("token") or self._cookie()
        principal = await around.auth.identify(self._token)
        require(principal.roles, FRAME_RIGHTS["hello"])
        if principal.account is None:
            raise ForbiddenError("the service token is not a person; sign in with an account")
        self._account = account = principal.account
        leaving = ExitStack()
        leaving.enter_context(around.gatekeeper.socket("account", account.id))
        around.staff.came(account, self.link)
        leaving.callback(around.staff.left, account, self.link)
        known = hello.get("conversations") or {}
        why_away = around.staff.why_away(account)
        held = around.board.held_by(account.id)
        lists = around.crowd.queue.lists(account.id, watches=self._watches)
        self.link.welcome(
            {
                "type": "welcome",
                "version": VERSION,
                "agent": account.to_json(),
                "presence": around.staff.presence_of(account).value,
                "capacity": account.capacity,
                "heartbeat_s": around.settings.heartbeat_s,
                "conversations": [summary(entry, around.board) for entry in held],
                **({"presence_cause": why_away} if why_away else {}),
                "queue": lists.pop("waiting"),
                **lists,
            }
        )
        for entry in held:
            self.link.follow(entry.id, known.get(entry.id, 0), entry.state.seq)
        try:
            # What the board says of those in hand may be older than the log, where another process wrote.
            for conversation_id, newest in (await around.desk.reached([entry.id for entry in held])).items():
                self.link.reach(conversation_id, newest)
            for conversation_id, after in known.items():
                if not self.link.follows(conversation_id):
                    await self._follow(conversation_id, after)
        except BaseException:
            leaving.close()
            raise
        return leaving.close

    async def handle(self, frame: Frame) -> None:
        """Carry out one frame of the agent's."""
        await self.around.gatekeeper.agent_frame(self._known.id)
        await self._check_sign_in()
        require(self._known.roles, FRAME_RIGHTS[frame.type])
        if frame.type == "typing":
            self.around.silence.acted(self._known.id)  # a long answer on its way is no silence
        if frame.type == "presence":
            await self.around.staff.choose(self._known, Presence(frame["state"]))
            self.around.silence.acted(self._known.id)
            self._ack(frame)
            return
        conversation_id: str = frame["conversation_id"]
        match frame.type:
            case "open":
                entry = await self.around.desk.entry(conversation_id)
                self._ack(frame, seq=entry.state.seq)
                self._show(conversation_id, summary(entry, self.around.board))
                await self._follow(conversation_id, frame.get("after_seq") or 0)
            case "typing":
                self._typing(conversation_id, frame["on"])
            case "read":
                self._ack(frame)
            case "send":
                command = AgentSends(self._me, frame["client_message_id"], frame["text"])
                coming = self.around.desk.submit(conversation_id, command)
                self.answer_later(frame, coming, partial(self._ack_outcome, frame))
            case _:
                outcome = await self.around.desk.perform(conversation_id, await self._command(frame))
                self.around.silence.acted(self._known.id)
                self._ack_outcome(frame, outcome)

    def view(self, recorded: Recorded) -> str:
        """Show everything."""
        return agent_text(recorded)

    def snapshot(self) -> str | None:
        """Return the queue."""
        if self._account is None:
            return None
        return self.around.crowd.queue.frame(self._account.id, watches=self._watches)

    async def _command(self, frame: Frame) -> Command:
        me = self._me
        match frame.type:
            case "claim":
                return Claim(me)
            case "note":
                return AddNote(me, frame["client_message_id"], frame["text"])
            case "hand_back":
                return HandBack(me)
            case "close":
                return Close(me, frame.get("disposition"))
            case "call_back_done":
                return CallBackDone(me)
            case "follow_up_done":
                return FollowUpDone(me)
            case _:
                return await self._transfer(frame)

    async def _transfer(self, frame: Frame) -> Transfer:
        """Find out who a transfer goes to; what is meant for an agent who is not there goes to a team's queue."""
        give = partial(
            Transfer,
            self._me,
            note=(frame.get("note") or "").strip() or None,
            of_others=may(self._known.roles, Right.REASSIGN),
        )
        agent_id, word = frame.get("agent_id"), frame.get("team")
        if agent_id is not None and word is not None:
            raise BadFrameError("team: name a team or an agent, not both")
        if word is not None:
            team = (await self.around.desk.teams()).named(word)
            if team is None:
                raise NotFoundError("team: there is no such team")
            return give(team=team.id)
        if agent_id is None:
            return give()
        account = await self._agent(agent_id)
        held = await self.around.desk.entry(frame["conversation_id"])
        holds = held.state.agent is not None and held.state.agent.id == agent_id
        if self.around.staff.is_online(agent_id) or holds:
            return give(account.agent)
        team_id = stand_in(await self.around.desk.teams(), agent_id, held.state.team)
        return give(team=team_id, meant=account.agent)

    async def _agent(self, agent_id: str) -> Account:
        """Return the account of somebody who answers customers. Raises NotFoundError."""
        with suppress(NotFoundError):
            account = await self.around.auth.account(agent_id)
            if account.answers:
                return account
        raise NotFoundError("agent_id: there is no such agent")

    async def _follow(self, conversation_id: str, after: int) -> None:
        try:
            entry = await self.around.desk.entry(conversation_id)
        except NotFoundError:
            if not self.link.follows(conversation_id):
                return  # a page that remembers a conversation of another system
            raise
        self.link.follow(conversation_id, after, entry.state.seq)
        self.link.reach(conversation_id, (await self.around.desk.entry(conversation_id)).state.seq)

    def _typing(self, conversation_id: str, on: bool) -> None:
        if self.around.board.holder(conversation_id) != self._me.id:
            raise ForbiddenError("claim the conversation first")
        typing = {"type": "typing", "role": "agent", "name": self._me.name, "on": on}
        self.around.crowd.show_customer(conversation_id, typing)

    def _show(self, conversation_id: str, data: dict[str, Any]) -> None:
        self.link.post({"type": "conversation", "conversation": data, "conversation_id": conversation_id})

    def _ack_outcome(self, frame: Frame, outcome: Outcome) -> None:
        own = outcome.repeated or (outcome.recorded[0] if outcome.recorded else None)
        entry = outcome.entry
        seq, at = (own.seq, own.at_text) if own is not None else (entry.state.seq, to_text(entry.updated_at))
        if not outcome.recorded and outcome.repeated is None:
            self._show(entry.id, summary(entry, self.around.board))
        self._ack(frame, seq=seq, at=at)

    def _ack(self, frame: Frame, **more: int | str) -> None:
        ack: dict[str, Any] = {"type": "ack", **more}
        for name in ("conversation_id", "client_message_id"):
            if (value := frame.get(name)) is not None:
                ack[name] = value
        if frame.request_id is not None:
            ack["request_id"] = frame.request_id
        self.link.post(ack)

    async def _check_sign_in(self) -> None:
        """Look now and then whether the sign-in still counts: a command may have ended it, or its time."""
        now = self.around.clock()
        if now - self._checked_at < SIGN_IN_CHECKED_EVERY:
            return
        self._checked_at = now
        try:
            await self.around.auth.identify(self._token)
        except UnauthorizedError:
            self.link.close(POLICY, "signed out; sign in again")
            raise

    def _cookie(self) -> str | None:
        """Return the token of the sign-in cookie, if the page that connects is one of the gateway's own."""
        request = self.connection.request
        header = None if request is None else request.headers.get("Cookie")
        if request is None or header is None:
            return None
        try:
            morsel = SimpleCookie(header).get(COOKIE)
        except CookieError:
            return None
        if morsel is None:
            return None
        check_origin(request.headers.get("Origin"), request.headers.get("Host"), self.around.settings.allowed_origins)
        return morsel.value
