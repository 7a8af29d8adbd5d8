"""cards in a chat where nothing can be changed: what is shown of them, to tell what is new"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bot.db

revision: str = "0009"
down_revision: str | Sequence[str] | None = "0008"


def upgrade() -> None:
    op.create_table(
        "logo_cards",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("post", bot.db.PlaceText(), nullable=False),
        sa.Column("card", bot.db.CardText(), nullable=False),
        sa.Column("sent_at", bot.db.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_logo_cards")),
    )
    op.create_index(op.f("ix_logo_cards_post"), "logo_cards", ["post"])
