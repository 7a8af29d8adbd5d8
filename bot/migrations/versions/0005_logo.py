"""a chat over one line: who holds it, what was heard last, what its stamps mean"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bot.db

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"


def upgrade() -> None:
    op.create_table(
        "logo_leases",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", bot.db.Moment(), nullable=False),
        sa.Column("stopped_why", sa.Text(), nullable=False),
        sa.Column("stopped_at", bot.db.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_logo_leases")),
    )
    op.create_table(
        "logo_seen",
        sa.Column("talk_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("talk_id", name=op.f("pk_logo_seen")),
    )
    op.create_table(
        "logo_stamps",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("talk_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("sent_at", bot.db.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_logo_stamps")),
    )
    op.create_index(op.f("ix_logo_stamps_talk_id"), "logo_stamps", ["talk_id"])
