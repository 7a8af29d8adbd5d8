"""What came in: every event by its id, written down before it is acknowledged and ended once.

A row holds the message only until its effect is committed; then the id alone stays, so that the same
event told again is known.
"""

import enum
from datetime import datetime, timedelta

from sqlalchemy import Connection, Index, UniqueConstraint, bindparam, null, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.chat import BY_HAND, Home, Message
from bot.db import Base, Database, core, insert_once
from bot.made import Made
from bot.processes import is_gone

LEASE = timedelta(
    seconds=30
)  # a handler takes milliseconds; longer means its process is in trouble


class State(enum.StrEnum):
    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"


class Arrival(Base):
    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("platform", "workspace", "event_id"),
        Index("ix_inbox_open", "state", "lease_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str]
    workspace: Mapped[str]
    event_id: Mapped[str]
    message: Mapped[Message | None]
    state: Mapped[str] = mapped_column(default=State.RECEIVED)
    received_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    owner: Mapped[str]
    lease_until: Mapped[datetime]


class Overtaken(Exception):  # noqa: N818
    """Another process has this event now; what we were about to do must not be done twice."""


def reason_of(message: Message) -> str:
    """Under which reason the ledger has what was said right back to this event."""
    return f"event:{'/'.join(message.place.home)}/{message.event_id}"


class NotYet(Exception):  # noqa: N818
    """This event can be understood in a moment, not now; it is taken up again."""


def postpone(session: Session, arrival_id: int, owner: str, now: datetime) -> None:
    """Give our lease back, so that the next look at what is left over takes the event up."""
    session.execute(
        update(Arrival)
        .where(Arrival.id == arrival_id, Arrival.state == State.RECEIVED, Arrival.owner == owner)
        .values(lease_until=now)
    )


def receive(connection: Connection, message: Message, owner: str, now: datetime) -> int | None:
    """Write the event down and return its number; None where it is known already."""
    row = {
        "platform": message.place.platform,
        "workspace": message.place.workspace,
        "event_id": message.event_id,
        "message": message,
        "state": State.RECEIVED,
        "received_at": now,
        "owner": owner,
        "lease_until": now + LEASE,
    }
    return insert_once(connection, Arrival, row)


END = Made(
    update(Arrival)
    .where(
        Arrival.id == bindparam("row"),
        Arrival.state == State.RECEIVED,
        Arrival.owner == bindparam("who"),
    )
    .values(state=bindparam("to"), ended_at=bindparam("now"), message=null())
)


def end(
    session: Session, arrival_id: int, owner: str, now: datetime, state: State = State.DONE
) -> None:
    """Mark the event ended, in the transaction of its effect. Raise Overtaken if it is not ours."""
    known = {"row": arrival_id, "who": owner, "to": state, "now": now}
    if END.run(core(session), known).rowcount != 1:
        raise Overtaken


def left_over(
    db: Database, homes: list[Home], owner: str, now: datetime, limit: int = 20
) -> list[tuple[int, Message]]:
    """Take over events of these homes, or carried by hand, that somebody began and never ended."""
    with db.read() as session:
        rows = session.execute(
            select(
                Arrival.id, Arrival.owner, Arrival.lease_until, Arrival.platform, Arrival.workspace
            )
            .where(
                Arrival.state == State.RECEIVED,
                or_(Arrival.owner != owner, Arrival.lease_until < now),  # our own that failed, too
            )
            .order_by(Arrival.id)
            .limit(limit)
        ).all()
    free = [
        (row_id, was)
        for row_id, was, lease_until, platform, workspace in rows
        if ((platform, workspace) in homes or platform == BY_HAND)
        and (lease_until < now or is_gone(was, owner))
    ]
    taken: list[tuple[int, Message]] = []
    for row_id, was in free:
        with db.write() as session:
            if _take_over(session, row_id, was, owner, now):
                arrival = session.get_one(Arrival, row_id)
                if arrival.message is not None:
                    taken.append((row_id, arrival.message))
    return taken


def _take_over(session: Session, row_id: int, was: str, owner: str, now: datetime) -> bool:
    taken = session.execute(
        update(Arrival)
        .where(Arrival.id == row_id, Arrival.state == State.RECEIVED, Arrival.owner == was)
        .values(owner=owner, lease_until=now + LEASE)
    )
    return isinstance(taken, CursorResult) and taken.rowcount == 1
