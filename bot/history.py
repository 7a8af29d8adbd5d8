"""What happened, to which noun, when and by whom. Rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db import Base

CARRIER = "carried_by"


class Event(Base):
    """One line of the history. `who` is a person's id, or empty where the desk acted by itself.

    `detail` holds ids and states, never what a person wrote.
    """

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_noun", "noun", "noun_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    noun: Mapped[str]
    noun_id: Mapped[str]
    what: Mapped[str]
    who: Mapped[str]
    detail: Mapped[dict[str, Any]]


def note(
    session: Session, noun: str, noun_id: object, what: str, who: str, at: datetime, **detail: Any
) -> None:
    """Add one line: `note(session, "ticket", 12, "taken", "mori", now, field="電子申請")`.

    Where words are heard that somebody carried here by hand, the line says who did (`carrying`).
    """
    if carrier := session.info.get(CARRIER):
        detail = {**detail, "carried_by": carrier}
    session.add(Event(at=at, noun=noun, noun_id=str(noun_id), what=what, who=who, detail=detail))


def carrying(session: Session, carrier: str) -> None:
    """From here to the end of this session everything happens by words that this person carried here."""
    session.info[CARRIER] = carrier


def of(session: Session, noun: str, noun_id: object) -> list[Event]:
    """The history of one thing, oldest first."""
    lines = select(Event).where(Event.noun == noun, Event.noun_id == str(noun_id))
    return list(session.scalars(lines.order_by(Event.id)))


def is_last(session: Session, event: Event) -> bool:
    """Has nothing happened to this thing since?"""
    later = select(Event.id).where(
        Event.noun == event.noun, Event.noun_id == event.noun_id, Event.id > event.id
    )
    return session.scalar(later.limit(1)) is None
