"""Words that a person of the desk carried here out of a talk that no process reaches."""

import hashlib
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from bot.chat import Account, Card, Place
from bot.db import Base, add_once
from bot.deliveries import Delivery, State
from bot.directory import Person
from bot.tickets import REOPEN_WITHIN, Status, Ticket


class Relayed(Base):
    """Words of `account` that a person of the desk carried here out of a talk. What they were is not kept here.

    `event`: the reason under which the ledger has what was answered. `place`: where they were pasted.
    """

    __tablename__ = "relayed"

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(unique=True)
    account: Mapped[Account]
    talk: Mapped[str] = mapped_column(index=True)
    by_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    place: Mapped[Place]
    at: Mapped[datetime]

    by: Mapped[Person] = relationship()


def event_of(account: Account, words: str, now: datetime) -> str:
    """The same words of the same person within the same minute are one event."""
    said = f"{account}\n{' '.join(words.split())}\n{now:%Y-%m-%dT%H:%M}"
    return f"relay:{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def write_down(
    session: Session, event: str, account: Account, by: Person, place: Place, now: datetime
) -> bool:
    """Words were carried here; False where these are known already."""
    return (
        add_once(
            session,
            Relayed,
            event=event,
            account=account,
            talk=str(account.talk),
            by_id=by.id,
            place=place,
            at=now,
        )
        is not None
    )


def came_by(session: Session, event: str) -> Relayed | None:
    """Who carried the words of this event here."""
    return session.scalars(select(Relayed).where(Relayed.event == event)).first()


def last_post(session: Session, account: Account) -> Card | None:
    """The newest card that was posted for this account with something to choose on it; where nothing was
    marked as posted, the newest that waits."""
    mine = select(Ticket.id).where(Ticket.asker_account == account)
    reasons = [
        reason
        for one in session.scalars(mine)
        for reason in (f"ticket:{one}", f"ticket:{one}:said")
    ]
    query = select(Delivery).where(
        Delivery.lane == str(account.talk),
        Delivery.state.in_((State.SENT, State.WAITING)),
        (Delivery.recipient == str(account))
        | (Delivery.reason.in_(reasons) & (Delivery.recipient == "asker")),
    )
    rows = [row for row in session.scalars(query) if row.card.buttons]
    rows.sort(key=lambda row: (row.state == State.SENT, row.sent_at or row.created_at, row.id))
    return rows[-1].card if rows else None


def open_tickets(session: Session, person: Person, now: datetime) -> list[Ticket]:
    """The consultations of this person that words may go on with, newest first: those that are open, then those
    that an answer reopens."""
    query = select(Ticket).where(
        Ticket.asker_id == person.id,
        (Ticket.status != Status.CLOSED) | (Ticket.closed_at > now - REOPEN_WITHIN),
    )
    found = list(session.scalars(query.order_by(Ticket.id.desc())))
    return sorted(found, key=lambda ticket: ticket.status == Status.CLOSED)
