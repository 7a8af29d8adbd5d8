"""wordings learnt from use: proposals, the questions that speak for or against them, the week's batch"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bot.db

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"


def upgrade() -> None:
    op.create_table(
        "wording_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("made_at", bot.db.Moment(), nullable=False),
        sa.Column("postponed_at", bot.db.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording_batches")),
        sa.UniqueConstraint("week", name=op.f("uq_wording_batches_week")),
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("last_at", bot.db.Moment(), nullable=False),
        sa.Column("decided_at", bot.db.Moment(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["wording_batches.id"],
            name=op.f("fk_proposals_batch_id_wording_batches"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("entry_id", "normal", name=op.f("uq_proposals_entry_id_normal")),
    )
    op.create_index(op.f("ix_proposals_state"), "proposals", ["state"])
    op.create_index(op.f("ix_proposals_batch_id"), "proposals", ["batch_id"])
    op.create_table(
        "proposal_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", bot.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposals.id"],
            name=op.f("fk_proposal_questions_proposal_id_proposals"),
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions.id"],
            name=op.f("fk_proposal_questions_question_id_questions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_questions")),
        sa.UniqueConstraint(
            "proposal_id",
            "question_id",
            name=op.f("uq_proposal_questions_proposal_id_question_id"),
        ),
    )
    op.create_index(
        op.f("ix_proposal_questions_question_id"), "proposal_questions", ["question_id"]
    )
