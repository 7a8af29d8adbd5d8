"""relay by hand: words that a person of the desk carried here, and whose confirmation he wrote down"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bot.db

revision: str = "0012"
down_revision: str | Sequence[str] | None = "0011"


def upgrade() -> None:
    with op.batch_alter_table("acknowledgements", schema=None) as batch_op:
        batch_op.add_column(sa.Column("relayed_by_id", sa.Text(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_acknowledgements_relayed_by_id_people"),
            "people",
            ["relayed_by_id"],
            ["id"],
        )
    op.create_table(
        "relayed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("account", bot.db.AccountText(), nullable=False),
        sa.Column("talk", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("place", bot.db.PlaceText(), nullable=False),
        sa.Column("at", bot.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_relayed_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relayed")),
        sa.UniqueConstraint("event", name=op.f("uq_relayed_event")),
    )
    op.create_index(op.f("ix_relayed_talk"), "relayed", ["talk"])
