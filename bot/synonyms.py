"""Groups of words that mean one thing, as the office added them in chat or by a file; those of the program stand in
`knowledge/synonyms.txt`. What a group may hold is decided before it comes here (`knowledge/alike.py`)."""

import enum
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import history
from bot.db import Base, add_once


class State(enum.StrEnum):
    ADDED = "added"
    REMOVED = "removed"


class Group(Base):
    """`normal`: its words normalised and sorted, so that the same group is one row."""

    __tablename__ = "synonym_groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[list[str]]
    normal: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(index=True)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


def add(
    session: Session, words: Sequence[str], normal: str, who: str, now: datetime
) -> Group | None:
    """A new group, or one that was removed and is back; None where it is there already."""
    made = add_once(
        session, Group, words=list(words), normal=normal, state=State.ADDED, changed_at=now,
        changed_by=who,
    )  # fmt: skip
    group = session.scalars(select(Group).where(Group.normal == normal)).one()
    if made is None:
        return group if turn(session, group.id, State.ADDED, who, now) else None
    history.note(session, "synonyms", group.id, State.ADDED, who, now)
    return group


def turn(session: Session, group_id: int, to: State, who: str, now: datetime) -> bool:
    """Remove a group, or bring it back; False where it is so already."""
    was = State.REMOVED if to is State.ADDED else State.ADDED
    done = session.execute(
        update(Group)
        .where(Group.id == group_id, Group.state == was)
        .values(state=to, changed_at=now, changed_by=who)
        .execution_options(synchronize_session="fetch")
    )
    turned = isinstance(done, CursorResult) and done.rowcount == 1
    if turned:
        history.note(session, "synonyms", group_id, to, who, now)
    return turned


def active(session: Session) -> list[Group]:
    """The groups that count, oldest first."""
    query = select(Group).where(Group.state == State.ADDED).order_by(Group.id)
    return list(session.scalars(query))
