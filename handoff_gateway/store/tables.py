"""The gateway's tables. Times are RFC 3339 text (see `times`), structures are JSON text: the same on every database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData()
_TIME = String(27)

customers = Table(
    "customers",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("name", Text),
    Column("verified", Boolean, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("email", Text),
    Column("external_id", String(200)),  # the host site's id of a verified customer
    Index("customers_by_external_id", "external_id", unique=True),
)

# The projection of each conversation's log, written in the same transaction as the events.
conversations = Table(
    "conversations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("customer_id", String(40), ForeignKey("customers.id"), nullable=False, unique=True),
    Column("channel", String(20), nullable=False),
    Column("language", String(8), nullable=False),
    Column("page", Text),
    Column("seq", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("owner", String(8), nullable=False),
    Column("agent_id", String(40)),
    Column("team", String(40)),
    Column("waiting_since", _TIME),
    Column("place", BigInteger, nullable=False, server_default="0"),  # the number drawn on joining the queue
    Column("pending", Boolean, nullable=False),
    Column("time_zone", String(64)),  # the customer's, as their browser says
    Column("next_due", _TIME),  # the earliest deadline: see `deadlines`
    Column("promised", Boolean, nullable=False, server_default=false()),  # a call-back or follow-up stands
    Column("state", Text, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    Index("conversations_by_owner", "owner", "place"),
    Index("conversations_by_agent", "agent_id"),
    Index("conversations_by_update", "updated_at", "id"),
    Index("conversations_by_pending", "pending"),
    Index("conversations_by_due", "next_due"),
    Index("conversations_by_promise", "promised"),
)

events = Table(
    "events",
    metadata,
    Column("conversation_id", String(40), ForeignKey("conversations.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", _TIME, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("author", String(60)),
    Column("client_message_id", String(200)),
    Column("search", Text),  # what was said, casefolded: a database's own lower() may know ASCII only
    Column("data", Text, nullable=False),
    UniqueConstraint("conversation_id", "client_message_id", name="events_once"),
)

# The last waits in the queue, for the estimate customers see.
pickups = Table(
    "pickups",
    metadata,
    Column("conversation_id", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", _TIME, nullable=False, index=True),
    Column("waited_ms", Integer, nullable=False),
    Column("team", String(40)),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("presence", String(8), nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("languages", Text, nullable=False, server_default="[]"),  # empty: any
    Column("skills", Text, nullable=False, server_default="[]"),
    Column("gone_at", _TIME),  # since when an agent who was there has no socket
    Column("presence_cause", String(8)),  # why somebody is away who did not choose it
    Column("closed_at", _TIME),  # since when nobody can sign in with it
)

teams = Table(
    "teams",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("data", Text, nullable=False),  # everything about it but its members
    Column("created_at", _TIME, nullable=False),
)

team_members = Table(
    "team_members",
    metadata,
    Column("team_id", String(40), ForeignKey("teams.id"), primary_key=True),
    Column("account_id", String(40), ForeignKey("accounts.id"), primary_key=True),
)

# Texts that agents need again and again.
canned_replies = Table(
    "canned_replies",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("title", String(60), nullable=False),
    Column("language", String(8)),  # null: for any customer
    Column("text", Text, nullable=False),
    Column("created_at", _TIME, nullable=False),
)

account_tokens = Table(
    "account_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", String(40), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Column("device", Text, nullable=False, server_default=""),  # what the browser calls itself
    Column("address", String(64), nullable=False, server_default=""),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("account_id", String(40), ForeignKey("accounts.id"), primary_key=True),
    Column("secret", Text, nullable=False),  # encrypted: see `vault`
    Column("confirmed_at", _TIME),
    Column("last_step", Integer, nullable=False),  # of the last code used: each is good once
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account_id", String(40), ForeignKey("accounts.id"), primary_key=True),
    Column("code_hash", String(64), primary_key=True),
)

# Append-only: a trigger refuses every change. No foreign keys: it outlives what it is about.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", _TIME, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("action", String(100), nullable=False),
    Column("subject", String(200)),
    Column("details", Text, nullable=False),
    sqlite_autoincrement=True,
)

# What was masked in messages, encrypted, until somebody reads it or its time is over. No foreign key to events: it is
# written in the same transaction, before them.
originals = Table(
    "originals",
    metadata,
    Column("conversation_id", String(40), ForeignKey("conversations.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("kept_at", _TIME, nullable=False, index=True),
)

# What the knowledge base is still to forget of customers who were erased.
forgetting = Table(
    "forgetting",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", String(40), nullable=False),
    Column("query_ids", Text, nullable=False),
)

# Gateway processes that share this database, and what each has taken on. A process whose `beat` stands still is dead:
# another one takes over. Without TANDEM_REDIS_URL there is one process, and these are empty.
processes = Table(
    "processes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("beat", Integer, nullable=False),
    Column("secrets", String(64), nullable=False),  # a digest: all must have the same ones
    Column("joined_at", _TIME, nullable=False),
)

# Which agents have sockets where.
attendance = Table(
    "attendance",
    metadata,
    Column("process_id", String(40), ForeignKey("processes.id"), primary_key=True),
    Column("account_id", String(40), ForeignKey("accounts.id"), primary_key=True),
)

# Whose turn it is to ask the bot in a conversation.
turn_leases = Table(
    "turn_leases",
    metadata,
    Column("conversation_id", String(40), primary_key=True),
    Column("process_id", String(40), ForeignKey("processes.id"), nullable=False, index=True),
)
