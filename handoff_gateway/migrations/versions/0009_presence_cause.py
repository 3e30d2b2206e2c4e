"""Why an agent is away: set so for being silent, or by their own choice."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("presence_cause", sa.String(8)))
