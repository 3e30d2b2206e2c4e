"""What the gateway counts, in Prometheus' words."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from handoff_gateway.core.events import AlertRaised, HandedOff, MessagePosted, OwnerChanged
from handoff_gateway.store.execution import Outcome

ACK_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)  # seconds; a commit is milliseconds
TURN_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8)  # seconds, up to the usual deadline
WAIT_BUCKETS = (1, 5, 15, 30, 60, 120, 300, 600, 1800)  # seconds in the queue


class Metrics:
    """One registry for each app, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._messages = Counter("tandem_messages", "Messages stored.", ["role"], registry=self.registry)
        self._messages_of = functools.cache(self._messages.labels)  # to find one costs more than to count
        self._handoffs = Counter("tandem_handoffs", "Handoffs stored.", ["reason"], registry=self.registry)
        self._owners = Counter("tandem_owner_changes", "Owner changes stored.", ["cause"], registry=self.registry)
        self._alerts = Counter("tandem_alerts", "Alerts raised.", ["about", "level"], registry=self.registry)
        self._turns = Histogram(
            "tandem_bot_turn_seconds", "Bot turns.", ["result"], buckets=TURN_BUCKETS, registry=self.registry
        )
        self._acks = Histogram(
            "tandem_command_seconds", "From frame to commit.", ["frame"], buckets=ACK_BUCKETS, registry=self.registry
        )
        self._acks_of = functools.cache(self._acks.labels)
        self._waits = Histogram(
            "tandem_queue_wait_seconds", "Waits that ended with an agent.", buckets=WAIT_BUCKETS, registry=self.registry
        )
        self._reports = Counter(
            "tandem_knowledge_reports", "Reports to the knowledge base.", ["kind", "result"], registry=self.registry
        )
        self._refusals = Counter("tandem_refusals", "Frames refused.", ["code"], registry=self.registry)
        self._sockets = Gauge("tandem_sockets", "Live sockets.", ["side"], registry=self.registry)
        self._queue = Gauge("tandem_queue_length", "Conversations waiting.", registry=self.registry)
        self._agents = Gauge("tandem_agents_online", "Agents who can be given a conversation.", registry=self.registry)

    def observe(self, outcome: Outcome) -> None:
        """Count what one commit recorded."""
        for item in outcome.recorded:
            match item.event:
                case MessagePosted(role=role):
                    self._messages_of(role.value).inc()
                case AlertRaised(about=about, level=level):
                    self._alerts.labels(about.value, level.value).inc()
                case HandedOff(reason=reason):
                    self._handoffs.labels(reason).inc()
                case OwnerChanged(cause=cause, waited_s=waited_s):
                    self._owners.labels(cause.value).inc()
                    if waited_s is not None:
                        self._waits.observe(waited_s)

    def bot_turn(self, result: str, seconds: float) -> None:
        """Note one bot turn."""
        self._turns.labels(result).observe(seconds)

    def command(self, frame: str, seconds: float) -> None:
        """Note one frame carried out."""
        self._acks_of(frame).observe(seconds)

    def report(self, kind: str, result: str) -> None:
        """Note one report to the knowledge base: delivered, refused or dropped."""
        self._reports.labels(kind, result).inc()

    def refused(self, code: str) -> None:
        """Note one frame refused."""
        self._refusals.labels(code).inc()

    def render(self, sockets: Mapping[str, int], waiting: int, agents: int) -> bytes:
        """Return everything as text, with the gauges as they are now."""
        for side, count in sockets.items():
            self._sockets.labels(side).set(count)
        self._queue.set(waiting)
        self._agents.set(agents)
        return generate_latest(self.registry)
