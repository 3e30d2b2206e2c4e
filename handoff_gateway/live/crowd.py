"""Every live socket, by whom and what it shows; carries what is not stored, such as typing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Set
from typing import Any

from handoff_gateway.core.events import AlertRaised, CallBackNoted, FollowUpNoted, OwnerChanged
from handoff_gateway.core.permissions import Right, may
from handoff_gateway.live.board import Board
from handoff_gateway.live.link import Link
from handoff_gateway.live.news import Channel, News, Nobody, Topic
from handoff_gateway.live.queue_view import QueueView
from handoff_gateway.live.views import summary
from handoff_gateway.store.accounts import Account
from handoff_gateway.store.execution import Outcome
from handoff_gateway.store.projection import Entry
from handoff_gateway.wire import to_raw

MERGED_S = 0.03  # changes of the queue within it are shown as one: who is assigned at once never shows up in it
QUEUE_INTERVAL_S = 0.1  # a screen needs no more, and a burst of arrivals must not become a burst of lists


class Crowd:
    """Who is connected here; `channel` reaches those connected to other processes."""

    def __init__(self, board: Board, channel: Channel | None = None) -> None:
        self._board = board
        self._channel = channel or Nobody()
        self.queue = QueueView(board)
        self._customers: dict[str, set[Link]] = {}
        self._agents: dict[str, set[Link]] = {}
        self._accounts: dict[str, Account] = {}  # of those in `_agents`
        self._showing: asyncio.TimerHandle | None = None  # of the queue
        self._shown_at = float("-inf")
        self._places_changed = False

    # --- who is here ---

    def customer_came(self, conversation_id: str, link: Link) -> None:
        """Add a customer's socket."""
        self._customers.setdefault(conversation_id, set()).add(link)

    def customer_left(self, conversation_id: str, link: Link) -> None:
        """Remove it; unknown ones are ignored."""
        _remove(self._customers, conversation_id, link)

    def agent_came(self, account: Account, link: Link) -> None:
        """Add an agent's socket."""
        self._agents.setdefault(account.id, set()).add(link)
        self._accounts[account.id] = account

    def agent_left(self, agent_id: str, link: Link) -> None:
        """Remove it; unknown ones are ignored."""
        _remove(self._agents, agent_id, link)
        if agent_id not in self._agents:
            self._accounts.pop(agent_id, None)

    def agents(self) -> set[str]:
        """Return the ids of those at the desk who answer customers."""
        return {account.id for account in self._accounts.values() if may(account.roles, Right.ANSWER)}

    def supervisors(self) -> set[str]:
        """Return the ids of the supervisors at the desk."""
        return {account.id for account in self._accounts.values() if may(account.roles, Right.WATCH)}

    def present(self) -> list[Account]:
        """Return everybody with a socket at the desk."""
        return list(self._accounts.values())

    def count(self) -> Mapping[str, int]:
        """Return the number of sockets by side."""
        return {
            "customer": sum(map(len, self._customers.values())),
            "agent": sum(map(len, self._agents.values())),
        }

    def send_away(self, conversation_id: str, code: int, reason: str) -> None:
        """Close every socket of the conversation's customer."""
        for link in tuple(self._customers.get(conversation_id, ())):
            link.close(code, reason)

    def send_agent_away(self, account_id: str, code: int, reason: str) -> None:
        """Close every socket of an account; those whose sign-in still counts come back."""
        for link in tuple(self._agents.get(account_id, ())):
            link.close(code, reason)

    # --- what they are told ---

    def to_customer(self, conversation_id: str, frame: Mapping[str, Any]) -> None:
        """Send `frame` to every socket of the conversation's customer."""
        raw = to_raw(frame)
        for link in self._customers.get(conversation_id, ()):
            link.post_raw(raw)

    def to_agents(self, conversation_id: str, frame: Mapping[str, Any]) -> None:
        """Send `frame` to every agent who has the conversation open."""
        raw = to_raw(frame)
        for links in self._agents.values():
            for link in links:
                if link.follows(conversation_id):
                    link.post_raw(raw)

    def erased(self, conversation_id: str) -> None:
        """Tell every desk that nothing is left of a conversation."""
        raw = to_raw({"type": "erased", "conversation_id": conversation_id})
        for links in self._agents.values():
            for link in links:
                link.post_raw(raw)

    def show_customer(self, conversation_id: str, frame: Mapping[str, Any]) -> None:
        """Send `frame` to the conversation's customer wherever they are connected."""
        self.to_customer(conversation_id, frame)
        self._channel.tell(News(Topic.TO_CUSTOMER, conversation_id, frame=frame))

    def show_agents(self, conversation_id: str, frame: Mapping[str, Any]) -> None:
        """Send `frame` to the agents who have the conversation open, wherever they are connected."""
        self.to_agents(conversation_id, frame)
        self._channel.tell(News(Topic.TO_AGENTS, conversation_id, frame=frame))

    def to_accounts(self, account_ids: Set[str], frame: Mapping[str, Any]) -> None:
        """Send `frame` to every socket of these accounts."""
        raw = to_raw(frame)
        for account_id in account_ids:
            for link in self._agents.get(account_id, ()):
                link.post_raw(raw)

    def bot_typing(self, conversation_id: str, on: bool) -> None:
        """Show that the bot thinks, or that it has finished."""
        typing = {"type": "typing", "role": "bot", "on": on}
        self.show_customer(conversation_id, typing)
        self.show_agents(conversation_id, {**typing, "conversation_id": conversation_id})

    def observe(self, outcome: Outcome) -> None:
        """After a commit: bring the conversation before its new agent, and tell who saw it where it went."""
        entry = outcome.entry
        waiting_before = outcome.previous_owner is not None and outcome.previous_owner.value == "queue"
        if waiting_before or self._board.position(entry.id) is not None:
            self.queue_changed(outcome.owner_changed)
        elif _on_lists(outcome):
            self.queue_changed(places_changed=False)
        changes = [item.event for item in outcome.recorded if isinstance(item.event, OwnerChanged)]
        if not changes:
            return
        raw = to_raw({"type": "conversation", "conversation": summary(entry, self._board)})
        holder = None if entry.state.agent is None else entry.state.agent.id
        for agent_id, links in self._agents.items():
            for link in links:
                if agent_id == holder and not link.follows(entry.id):
                    link.post_raw(raw)
                    link.follow(entry.id, 0, entry.state.seq)
                elif link.follows(entry.id):
                    link.post_raw(raw)

    def customer_changed(self, entry: Entry) -> None:
        """Show agents what is known about the customer now."""
        self._board.place(entry)
        frame = {"type": "conversation", "conversation": summary(entry, self._board)}
        self.to_agents(entry.id, frame)
        if self._board.position(entry.id) is not None:
            self.queue_changed(places_changed=False)

    def queue_changed(self, places_changed: bool = True) -> None:
        """Show agents the queue soon and, when places or the number of agents changed, customers their place in it."""
        self._places_changed |= places_changed
        if self._showing is None:
            loop = asyncio.get_running_loop()
            at = max(loop.time() + MERGED_S, self._shown_at + QUEUE_INTERVAL_S)
            self._showing = loop.call_at(at, self._show_queue)

    def _show_queue(self) -> None:
        self._showing, self._shown_at = None, asyncio.get_running_loop().time()
        for links in self._agents.values():
            for link in links:
                link.snapshot_changed()
        if self._places_changed:
            self._places_changed = False
            for entry in self._board.waiting():
                for link in self._customers.get(entry.id, ()):
                    link.snapshot_changed()


def _on_lists(outcome: Outcome) -> bool:
    """Return whether call-backs, follow-ups or alerts may look different after a commit."""
    state = outcome.entry.state
    if (state.call_back is not None or state.follow_ups) and outcome.owner_changed:
        return True
    return any(isinstance(item.event, CallBackNoted | FollowUpNoted | AlertRaised) for item in outcome.recorded)


def _remove(groups: dict[str, set[Link]], key: str, link: Link) -> None:
    links = groups.get(key)
    if links is None:
        return
    links.discard(link)
    if not links:
        del groups[key]
