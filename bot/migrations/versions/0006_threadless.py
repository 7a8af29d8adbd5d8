"""chats without threads: which consultation words belong to; and when what was sent was read"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bot.db

revision: str = "0006"
down_revision: str | Sequence[str] | None = "0005"


def upgrade() -> None:
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("seen_at", bot.db.Moment(), nullable=True))
    op.create_table(
        "awaited_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", bot.db.AccountText(), nullable=False),
        sa.Column("talk", bot.db.PlaceText(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("since", bot.db.Moment(), nullable=False),
        sa.Column("until", bot.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_awaited_words_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awaited_words")),
        sa.UniqueConstraint(
            "account", "talk", "ticket_id", name=op.f("uq_awaited_words_account_talk_ticket_id")
        ),
    )
    op.create_index(op.f("ix_awaited_words_ticket_id"), "awaited_words", ["ticket_id"])
    op.create_table(
        "held_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", bot.db.AccountText(), nullable=False),
        sa.Column("place", bot.db.PlaceText(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tickets", sa.JSON(), nullable=False),
        sa.Column("at", bot.db.Moment(), nullable=False),
        sa.Column("given_on", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_words")),
    )
    op.create_table(
        "passed_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", bot.db.AccountText(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("was_status", sa.Text(), nullable=False),
        sa.Column("was_closed_at", bot.db.Moment(), nullable=True),
        sa.Column("taken_back", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_passed_words_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["ticket_lines.id"], name=op.f("fk_passed_words_line_id_ticket_lines")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_passed_words_delivery_id_deliveries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passed_words")),
    )
    op.create_index(op.f("ix_passed_words_ticket_id"), "passed_words", ["ticket_id"])
