"""Several gateway processes over one database."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "processes",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("beat", sa.Integer, nullable=False),
        sa.Column("secrets", sa.String(64), nullable=False),
        sa.Column("joined_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "attendance",
        sa.Column("process_id", sa.String(40), sa.ForeignKey("processes.id"), primary_key=True),
        sa.Column("account_id", sa.String(40), sa.ForeignKey("accounts.id"), primary_key=True),
    )
    op.create_table(
        "turn_leases",
        sa.Column("conversation_id", sa.String(40), primary_key=True),
        sa.Column("process_id", sa.String(40), sa.ForeignKey("processes.id"), nullable=False, index=True),
    )
