"""stamps in LoGoチャット are found by their form and their card, not among all that stand in a talk"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | Sequence[str] | None = "0012"


def upgrade() -> None:
    with op.batch_alter_table("logo_stamps", schema=None) as batch_op:
        batch_op.add_column(sa.Column("post", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("dialogue", sa.Integer(), nullable=True))
    stamps = sa.table(
        "logo_stamps",
        sa.column("message_id", sa.Text()),
        sa.column("options", sa.JSON()),
        sa.column("post", sa.Text()),
        sa.column("dialogue", sa.Integer()),
    )
    connection = op.get_bind()
    for message_id, options in connection.execute(
        sa.select(stamps.c.message_id, stamps.c.options)
    ).all():
        connection.execute(
            stamps.update()
            .where(stamps.c.message_id == message_id)
            .values(post=options[0].get("post", "") if options else "", dialogue=_dialogue(options))
        )
    with op.batch_alter_table("logo_stamps", schema=None) as batch_op:
        batch_op.alter_column("post", server_default=None)
        batch_op.drop_index(batch_op.f("ix_logo_stamps_talk_id"))
        batch_op.create_index(
            "ix_logo_stamps_talk_id_logo_stamps_dialogue", ["talk_id", "dialogue"]
        )
        batch_op.create_index(batch_op.f("ix_logo_stamps_post"), ["post"])


def _dialogue(options: list[Mapping[str, Any]]) -> int | None:
    """The number of the form that a stamp is a question of."""
    first = next((one.get("value", "") for one in options if one.get("action") == "step"), "")
    number = first.partition(":")[0]
    return int(number) if number.isdecimal() else None
