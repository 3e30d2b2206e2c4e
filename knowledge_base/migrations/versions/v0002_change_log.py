"""The change log: which articles each generation changed, so that search takes over those and no others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("article_id", sa.String(200), primary_key=True),
    )
    op.add_column("base_state", sa.Column("changes_after", sa.Integer, nullable=False, server_default="0"))
    op.execute("update base_state set changes_after = generation")
