"""A question that was asked, how it ended, and what people said of the answer.

The text is masked (bot.guard) before it is stored; who asked is kept by account, place and municipality.
"""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.chat import Account, Place
from bot.db import Base, add_once, core, insert_into

TALKED_OF_FOR = timedelta(minutes=30)
PICK_WITHIN = timedelta(hours=24)  # a typed 2 means a choice as long as one may still remember it


class Opinion(enum.StrEnum):
    SOLVED = "solved"
    DIFFERENT = "different"
    OUTDATED = "outdated"


class Question(Base):
    """`entry_id`, `entry_version`: what was answered, or picked from `choices` afterwards. `also_id`: what
    answered the second question of the same message."""

    __tablename__ = "questions"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str]
    asked_at: Mapped[datetime]
    account: Mapped[Account] = mapped_column(index=True)
    place: Mapped[Place]
    municipality_code: Mapped[str | None]
    text: Mapped[str]
    outcome: Mapped[str]  # answer, choices, cases, no_answer
    entry_id: Mapped[str | None] = mapped_column(index=True)
    entry_version: Mapped[int | None]
    also_id: Mapped[str | None]
    choices: Mapped[list[str]] = mapped_column(default=list)
    field: Mapped[str | None]
    score: Mapped[float]
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(default=list)


@dataclass(frozen=True)
class Asked:
    """What is kept of how sure the desk was of a question, and how it met it at first."""

    at: datetime
    outcome: str
    score: float


class Feedback(Base):
    """One person's word on one answer, said once."""

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("question_id", "account", "opinion"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    account: Mapped[Account]
    opinion: Mapped[str]
    at: Mapped[datetime]


def add_question(session: Session, **values: Any) -> int:
    """Keep a question; its id, which the buttons carry. An event asks once, as it is taken in once."""
    return int(add_once(session, Question, **values) or 0)


def last_at(session: Session, account: Account, place: Place, now: datetime) -> Question | None:
    """The newest question of this account in this place, as long as it is fresh."""
    query = (
        select(Question)
        .where(
            Question.account == account,
            Question.place == place,
            Question.asked_at > now - PICK_WITHIN,
        )
        .order_by(Question.id.desc())
    )
    return session.scalars(query).first()


LAST_ENTRY = (
    select(Question.entry_id)
    .where(
        Question.account == bindparam("account"),
        Question.place == bindparam("place"),
        Question.asked_at > bindparam("since"),
    )
    .order_by(Question.id.desc())
    .limit(1)
)


def last_entry(session: Session, account: Account, place: Place, now: datetime) -> str | None:
    """The entry this conversation was last about, as long as one still talks of it."""
    asked = {"account": account, "place": place, "since": now - TALKED_OF_FOR}
    found = core(session).execute(LAST_ENTRY, asked).scalar()
    return None if found is None else str(found)


def asked_since(session: Session, since: datetime, most: int) -> list[Asked]:
    """The newest questions that were searched for, as they were met before anything was pressed."""
    query = (
        select(
            Question.asked_at,
            Question.outcome,
            Question.choices,
            Question.candidates,
            Question.score,
        )
        .where(Question.asked_at > since)
        .order_by(Question.id.desc())
        .limit(most)
    )
    return [
        Asked(at, "choices" if choices else outcome, score)
        for at, outcome, choices, candidates, score in session.execute(query)
        if candidates  # a related entry that was pressed is none
    ]


def give_feedback(
    session: Session, question: Question, account: Account, opinion: Opinion, now: datetime
) -> bool:
    """Keep the word; False where it was said before."""
    said = (
        insert_into(session, Feedback)
        .values(question_id=question.id, account=account, opinion=opinion, at=now)
        .on_conflict_do_nothing()
        .returning(Feedback.id)
    )
    return session.execute(said).scalar() is not None
