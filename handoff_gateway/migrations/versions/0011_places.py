"""Places in the queue by number: a clock that is set back lets nobody in before those who wait."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_WAIT = sa.text(
    """UPDATE conversations SET place = (
        SELECT count(*) FROM conversations AS others WHERE others.owner = 'queue' AND (
            others.waiting_since < conversations.waiting_since
            OR (others.waiting_since = conversations.waiting_since AND others.id <= conversations.id)))
    WHERE owner = 'queue'"""
)


def upgrade() -> None:
    op.add_column("conversations", sa.Column("place", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(_WAIT)
    op.drop_index("conversations_by_owner", "conversations")
    op.create_index("conversations_by_owner", "conversations", ["owner", "place"])
