"""Everything one gateway consists of, built in one place and started and stopped in order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher

from handoff_gateway.access.auth import Auth
from handoff_gateway.access.gatekeeper import Gatekeeper
from handoff_gateway.access.identity import IdentityKeys
from handoff_gateway.access.rates import Rates
from handoff_gateway.access.resume_tokens import ResumeTokens
from handoff_gateway.access.shared_rates import SharedRates
from handoff_gateway.bot_turns.bot import Bot, RasaBot
from handoff_gateway.bot_turns.turns import Alone, Turns
from handoff_gateway.core.presence import PresenceBoard
from handoff_gateway.first_start import make_accounts
from handoff_gateway.health import DOWN, OK, Health, database_probe, http_probe
from handoff_gateway.knowledge.client import KnowledgeBase
from handoff_gateway.knowledge.pass_through import PassThrough
from handoff_gateway.knowledge.reports import KnowledgeReports
from handoff_gateway.live.board import PICK_UPS_READ, Board
from handoff_gateway.live.bus import MemoryBus
from handoff_gateway.live.crowd import Crowd
from handoff_gateway.live.desk import Desk
from handoff_gateway.live.news import Channel, News, Nobody, Topic, of
from handoff_gateway.metrics import Metrics
from handoff_gateway.privacy.keeper import Keeper
from handoff_gateway.privacy.redactor import Redactor
from handoff_gateway.redis_client import connect
from handoff_gateway.replicas.follower import Follower
from handoff_gateway.replicas.membership import Membership
from handoff_gateway.replicas.others import Others
from handoff_gateway.replicas.redis_channel import RedisChannel
from handoff_gateway.routing.alerts import Alerts
from handoff_gateway.routing.assignment import Assigner
from handoff_gateway.routing.attendance import Attendance
from handoff_gateway.routing.silence import Silence
from handoff_gateway.routing.staff import Staff
from handoff_gateway.routing.timekeeper import Timekeeper
from handoff_gateway.secret_files import customer_token_secret, data_key, identity_secret, service_token
from handoff_gateway.settings import Settings
from handoff_gateway.sockets.arrivals import Arrivals
from handoff_gateway.sockets.session import Surroundings
from handoff_gateway.sockets.socket_server import SocketServer
from handoff_gateway.steady_clock import SteadyClock
from handoff_gateway.store import processes
from handoff_gateway.store.database import Database, open_database
from handoff_gateway.store.execution import Outcome
from handoff_gateway.store.projection import Entry
from handoff_gateway.store.vault import Vault
from handoff_gateway.times import Clock
from handoff_gateway.tokens import hash_token

REPLACED = 1008  # close code: what the socket was opened with counts no more


@dataclass(slots=True)
class Services:
    """The parts of a running gateway."""

    settings: Settings
    clock: Clock
    database: Database
    desk: Desk
    board: Board
    crowd: Crowd
    auth: Auth
    gatekeeper: Gatekeeper
    keeper: Keeper
    redactor: Redactor
    staff: Staff
    attendance: Attendance
    assigner: Assigner
    timekeeper: Timekeeper
    alerts: Alerts
    turns: Turns
    bot: Bot
    knowledge: KnowledgeBase
    reports: KnowledgeReports
    pass_through: PassThrough
    metrics: Metrics
    health: Health
    sockets: SocketServer
    channel: Channel
    follower: Follower
    others: Others | None

    async def start(self) -> None:
        """Read what was going on before the start, and go on with it."""
        if self.others is None:
            await self.database.write(processes.clear)
        else:
            await self.others.join()
        self.board.load(await self.desk.waiting_or_held(), await self.desk.recent_pick_ups(PICK_UPS_READ))
        await self.follower.start()
        self.assigner.start()
        self.attendance.start()
        await self.timekeeper.start()
        await self.turns.resume()
        self.keeper.start()

    def teams_changed(self) -> None:
        """Have everybody look again who decides by teams, or by what agents can be given."""
        self.timekeeper.wake()
        self.assigner.wake()
        self.attendance.wake()
        self.channel.tell(News(Topic.TEAMS))

    async def aclose(self) -> None:
        """Stop in order: sockets, work in progress, the database. Whatever is unfinished stays owed in the log."""
        await self.sockets.aclose()
        await self.keeper.aclose()
        await self.turns.aclose()
        await self.assigner.aclose()
        await self.attendance.aclose()
        await self.timekeeper.aclose()
        await self.alerts.aclose()
        await self.staff.aclose()
        await self.desk.aclose()
        await self.follower.aclose()
        if self.others is not None:
            await self.others.aclose()
        await self.bot.aclose()
        await self.reports.aclose()
        await self.knowledge.aclose()
        await self.pass_through.aclose()
        await self.database.aclose()


def build(
    settings: Settings, clock: Clock, *, bot: Bot | None = None, hasher: PasswordHasher | None = None
) -> Services:
    """Open the database and put the parts together. Raises StartupError."""
    token = service_token(settings.secrets)
    hasher = hasher or PasswordHasher()
    database = open_database(settings.database)
    make_accounts(database, settings, hasher, clock)
    vault = Vault(data_key(settings.secrets))
    auth = Auth(database, clock, service_token=token, sign_in_days=settings.sign_in_days, hasher=hasher, vault=vault)
    name = f"tandem:{hash_token(token)[:16]}"  # in a Redis that several systems may share
    redis = RedisChannel(settings.redis_url, name) if settings.redis_url else None
    channel: Channel = redis or Nobody()
    metrics, bus, board = Metrics(), MemoryBus(), Board()
    desk, crowd = Desk(database, clock, settings.limits), Crowd(board, channel)
    rates = None
    if redis is not None:
        rates = SharedRates(connect(settings.redis_url), f"{name}:rate", Rates(clock))
    gatekeeper = Gatekeeper(settings, rates or Rates(clock))
    redactor = Redactor(database, vault, clock, timedelta(hours=settings.reveal_hours))
    arrivals = Arrivals(
        desk,
        database,
        clock,
        keys=IdentityKeys(identity_secret(settings.secrets), settings.identity_keys),
        resume=ResumeTokens(customer_token_secret(settings.secrets), timedelta(hours=settings.resume_hours), clock),
        longest=timedelta(hours=settings.identity_hours),
        audience=settings.identity_audience,
    )
    presence = PresenceBoard(settings.presence_grace_s)
    assigner = Assigner(desk, board, presence, clock)
    timekeeper = Timekeeper(
        desk, board, presence, clock, rescue_s=settings.rescue_s, first_reply_s=settings.first_reply_s
    )
    attendance = Attendance(desk, board, presence, crowd, clock)
    membership = None

    def nothing_to_agree(_theirs: datetime, _at: float) -> None:
        """A clock somebody else moves."""

    if redis is not None:
        membership = Membership(
            database,
            clock,
            redis,
            secrets_digest=_digest(settings),
            lease_s=settings.lease_s,
            present=lambda: [account.id for account in crowd.present()],
            agree=clock.agree if isinstance(clock, SteadyClock) else nothing_to_agree,
        )

    def chosen() -> None:
        channel.tell(News(Topic.STAFF))
        follower.staff_changed()

    staff = Staff(
        auth,
        presence,
        crowd,
        assigner,
        timekeeper,
        attendance,
        clock,
        settings.presence_grace_s,
        attend=auth.set_gone if membership is None else membership.attend,
        chosen=chosen,
    )
    silence = Silence(
        staff,
        clock,
        first_reply_s=settings.first_reply_s,
        most=settings.silent_after,
        told=lambda account_id: channel.tell(News(Topic.ACTED, account_id)),
    )
    alerts = Alerts(desk, board, crowd)
    bot = bot or RasaBot(settings.bot_port, token, settings.bot_deadline_s)
    turns = Turns(
        desk, bot, membership or Alone(), turn_limit=settings.turn_limit, typing=crowd.bot_typing, meter=metrics
    )

    def look_again() -> None:
        timekeeper.wake()
        assigner.wake()
        attendance.wake()

    follower = Follower(
        desk,
        database,
        board,
        bus,
        crowd,
        staff,
        membership,
        channel,
        hearing=redis,
        # Metrics and the knowledge base hear of a commit from the process that made it.
        observers=(
            board.observe,
            crowd.observe,
            attendance.observe,
            silence.observe,
            assigner.observe,
            alerts.observe,
            timekeeper.observe,
            turns.follow,
        ),
        look_again=look_again,
        take_on=turns.take_on,
        acted=silence.acted_elsewhere,
    )
    database.observe_doubt(follower.doubt)
    others = None
    if redis is not None and membership is not None and rates is not None:
        others = Others(redis, membership, follower, rates)

    def publish(outcome: Outcome) -> None:
        bus.publish(outcome.entry.id, outcome.recorded[-1].seq)
        if redis is not None:
            redis.tell(of(outcome))

    knowledge = KnowledgeBase(settings.knowledge_port, token)
    keeper = Keeper(
        desk,
        database,
        crowd,
        channel,
        knowledge,
        bot,
        clock,
        reveal=redactor.keep,
        retention=timedelta(days=settings.retention_days) if settings.retention_days else None,
    )
    reports = KnowledgeReports(desk, knowledge, metrics)

    # The board first: what the others tell people is read from it.
    for observer in (
        board.observe,
        publish,
        crowd.observe,
        attendance.observe,
        silence.observe,
        assigner.observe,
        alerts.observe,
        timekeeper.observe,
        turns.observe,
        metrics.observe,
        reports.observe,
    ):
        desk.observe(observer)

    def proven(entry: Entry) -> None:
        # Sockets that came with the token of before are let in again only with the identity.
        crowd.send_away(entry.id, REPLACED, "the customer has signed in; say hello again")
        crowd.customer_changed(entry)
        channel.tell(News(Topic.PROVEN, entry.id))

    def signed_out(account_id: str) -> None:
        staff.signed_out(account_id)
        crowd.send_agent_away(account_id, REPLACED, "signed out; sign in again")
        channel.tell(News(Topic.SIGNED_OUT, account_id))

    arrivals.observe(proven)
    auth.observe(signed_out)
    pass_through = PassThrough(settings.knowledge_port, token, clock)
    sockets = SocketServer(
        Surroundings(
            settings,
            desk,
            arrivals,
            gatekeeper,
            redactor,
            bus,
            board,
            crowd,
            auth,
            staff,
            attendance,
            silence,
            metrics,
            clock,
        )
    )

    async def sockets_probe() -> str:
        return OK if sockets.serving else DOWN

    async def redis_probe() -> str:
        return OK if redis is not None and redis.up else DOWN

    health = Health(
        {
            **({} if redis is None else {"redis": redis_probe}),
            "database": database_probe(database),
            "sockets": sockets_probe,
            "bot": http_probe(knowledge.client, f"http://127.0.0.1:{settings.bot_port}/webhooks/gateway/health"),
            "knowledge_base": http_probe(knowledge.client, "/health"),
        }
    )
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        desk=desk,
        board=board,
        crowd=crowd,
        auth=auth,
        gatekeeper=gatekeeper,
        keeper=keeper,
        redactor=redactor,
        staff=staff,
        attendance=attendance,
        assigner=assigner,
        timekeeper=timekeeper,
        alerts=alerts,
        turns=turns,
        bot=bot,
        knowledge=knowledge,
        reports=reports,
        pass_through=pass_through,
        metrics=metrics,
        health=health,
        sockets=sockets,
        channel=channel,
        follower=follower,
        others=others,
    )


def _digest(settings: Settings) -> str:
    """Return what tells whether two processes have the same secrets, and tells none of them."""
    secrets = (service_token, identity_secret, customer_token_secret, data_key)
    return hashlib.sha256("\n".join(secret(settings.secrets) for secret in secrets).encode()).hexdigest()
