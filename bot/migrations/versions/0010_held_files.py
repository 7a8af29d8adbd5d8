"""files that wait, as words do, till it is said where they belong"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | Sequence[str] | None = "0009"


def upgrade() -> None:
    with op.batch_alter_table("held_words") as table:
        table.add_column(sa.Column("files", sa.JSON(), nullable=True))
    op.execute("UPDATE held_words SET files = '[]'")
    with op.batch_alter_table("held_words") as table:
        table.alter_column("files", existing_type=sa.JSON(), nullable=False)
