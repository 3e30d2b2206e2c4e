"""Gaps with their failed questions, answers proposed by agents, and the golden set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("queries", sa.Column("from_customer", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_table(
        "gaps",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("language", sa.String(2)),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("draft_article_id", sa.String(200)),
        sa.Column("encoder", sa.String(200), nullable=False),
        sa.Column("centroid", sa.LargeBinary, nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('open', 'drafted', 'closed', 'dismissed')", name="gap_state_known"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_gaps_state", "gaps", ["state"])
    op.create_table(
        "failed_questions",
        sa.Column("query_id", sa.String(32), sa.ForeignKey("queries.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unanswered", sa.Boolean, nullable=False),
        sa.Column("thumbs_down", sa.Boolean, nullable=False),
        sa.Column("handed_off", sa.Boolean, nullable=False),
        sa.Column("minutes", sa.Float),
        sa.Column("gap_id", sa.Integer, sa.ForeignKey("gaps.id", ondelete="SET NULL")),
        sa.Column("asked_generation", sa.Integer, nullable=False),
        sa.Column("answered", sa.Boolean),
    )
    op.create_index("ix_failed_questions_gap_id", "failed_questions", ["gap_id"])
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("language", sa.String(2)),
        sa.Column("conversation_id", sa.String(200)),
        sa.Column("agent", sa.String(200)),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("article_id", sa.String(200)),
        sa.CheckConstraint("state in ('open', 'accepted', 'rejected')", name="proposal_state_known"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_proposals_state", "proposals", ["state"])
    op.create_table(
        "golden",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("language", sa.String(2)),
        sa.Column("article_id", sa.String(200)),
    )
