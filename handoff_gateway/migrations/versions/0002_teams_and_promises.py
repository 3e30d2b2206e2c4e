"""Teams, what agents can do, deadlines and promises."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.String(27)
GENERAL = '{"name":"General"}'


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "team_members",
        sa.Column("team_id", sa.String(40), sa.ForeignKey("teams.id"), primary_key=True),
        sa.Column("account_id", sa.String(40), sa.ForeignKey("accounts.id"), primary_key=True),
    )
    op.execute(
        sa.text("INSERT INTO teams (id, data, created_at) VALUES ('general', :data, :at)").bindparams(
            data=GENERAL, at="2026-01-01T00:00:00.000000Z"
        )
    )
    op.add_column("conversations", sa.Column("time_zone", sa.String(64)))
    op.add_column("conversations", sa.Column("next_due", TIME))
    op.add_column("conversations", sa.Column("promised", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("conversations_by_due", "conversations", ["next_due"])
    op.create_index("conversations_by_promise", "conversations", ["promised"])
    op.add_column("pickups", sa.Column("team", sa.String(40)))
    op.add_column("accounts", sa.Column("languages", sa.Text, nullable=False, server_default="[]"))
    op.add_column("accounts", sa.Column("skills", sa.Text, nullable=False, server_default="[]"))
    op.add_column("accounts", sa.Column("gone_at", TIME))
