"""words that mean one thing, as the office added them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bot.db

revision: str = "0011"
down_revision: str | Sequence[str] | None = "0010"


def upgrade() -> None:
    op.create_table(
        "synonym_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", bot.db.Moment(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonym_groups")),
        sa.UniqueConstraint("normal", name=op.f("uq_synonym_groups_normal")),
    )
    op.create_index(op.f("ix_synonym_groups_state"), "synonym_groups", ["state"])
