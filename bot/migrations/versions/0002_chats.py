"""chats beside the page: tries of which nobody knows the end, learnt accounts, ways into the page, processes"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bot.db

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"


def upgrade() -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tried_at", bot.db.Moment(), nullable=True))
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pages_shut_at", bot.db.Moment(), nullable=True))
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("learnt_from", sa.Text(), nullable=True))
    op.execute("UPDATE accounts SET learnt_from = ''")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.alter_column("learnt_from", existing_type=sa.Text(), nullable=False)

    op.create_table(
        "entrances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hashed", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("made_at", bot.db.Moment(), nullable=False),
        sa.Column("used_at", bot.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_entrances_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entrances")),
        sa.UniqueConstraint("hashed", name=op.f("uq_entrances_hashed")),
    )
    op.create_table(
        "processes",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("began_at", bot.db.Moment(), nullable=False),
        sa.Column("beat_at", bot.db.Moment(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_processes")),
    )
