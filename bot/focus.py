"""Which consultation somebody's next words belong to, in a chat without threads.

Words go into a consultation only where the desk asked for them (a reply to the asker) or the person said so
(「返信する」, its number). Chats with threads write these rows too and never look at them: who answers a
letter does not know which chat it is read in.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, delete, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import history
from bot.chat import Account, File, Message, Place
from bot.db import Base, dump, insert_into, load
from bot.deliveries import Delivery
from bot.tickets import Line, Ticket, TicketLine

PRESSED_FOR = timedelta(minutes=60)
"""As long as a form left lying takes words: who presses 「返信する」 and goes away asks something else later."""

KEPT_FOR = timedelta(days=7)
"""Words that nobody said where they belong: over a weekend and a holiday, and then forgotten."""


class Awaited(Base):
    """This consultation takes the next words of this account in this talk. `until`: and not after that."""

    __tablename__ = "awaited_words"
    __table_args__ = (UniqueConstraint("account", "talk", "ticket_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[Account]
    talk: Mapped[Place]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Held(Base):
    """Words that could belong to several consultations (`tickets`), kept while the person is asked; or files
    that a liaison may give on to one. `text` is forgotten when it has been given on."""

    __tablename__ = "held_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[Account]
    place: Mapped[Place]
    text: Mapped[str]
    tickets: Mapped[list[str]]
    at: Mapped[datetime]
    given_on: Mapped[bool] = mapped_column(default=False)
    files: Mapped[list[dict[str, Any]]] = mapped_column(default=list)


class Passed(Base):
    """Words that went into a consultation, so that they can be taken back: its line, the row of the ledger
    that brought them to the prefecture, and how the consultation stood before."""

    __tablename__ = "passed_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[Account]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("ticket_lines.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    was_status: Mapped[str]
    was_closed_at: Mapped[datetime | None]
    taken_back: Mapped[bool] = mapped_column(default=False)


def await_words(
    session: Session,
    account: Account,
    talk: Place,
    ticket: Ticket,
    now: datetime,
    lasting: timedelta | None = None,
) -> None:
    """From now on the next words there belong to this consultation; asked again it lasts anew."""
    until = now + lasting if lasting else None
    row = {"account": account, "talk": talk, "ticket_id": ticket.id}
    waits = (
        insert_into(session, Awaited)
        .values(**row, since=now, until=until)
        .on_conflict_do_update(index_elements=list(row), set_={"since": now, "until": until})
    )
    session.execute(waits)


def awaiting(session: Session, account: Account, talk: Place, now: datetime) -> list[Ticket]:
    """The consultations that take this account's next words there, the one that asked last first."""
    query = (
        select(Ticket)
        .join(Awaited, Awaited.ticket_id == Ticket.id)
        .where(
            Awaited.account == account,
            Awaited.talk == talk,
            or_(Awaited.until.is_(None), Awaited.until > now),
        )
        .order_by(Awaited.since.desc(), Awaited.id.desc())
    )
    return list(session.scalars(query))


def take(session: Session, account: Account, talk: Place, ticket_id: int) -> bool:
    """The words have come: it waits no longer. False where it did not wait, or others took its place."""
    taken = session.execute(
        delete(Awaited).where(
            Awaited.account == account, Awaited.talk == talk, Awaited.ticket_id == ticket_id
        )
    )
    return isinstance(taken, CursorResult) and taken.rowcount == 1


def drop(session: Session, ticket_id: int) -> None:
    """A consultation that is closed waits for nobody's words."""
    session.execute(delete(Awaited).where(Awaited.ticket_id == ticket_id))


def hold(session: Session, message: Message, text: str, tickets: Sequence[Ticket]) -> Held:
    """Keep these words until the person has said where they belong."""
    held = Held(
        account=message.account,
        place=message.place,
        text=text,
        tickets=[str(ticket.id) for ticket in tickets],
        at=message.said_at,
        files=[dump(file) for file in message.files],
    )
    session.add(held)
    session.flush()  # the buttons carry its id
    return held


def give_on(session: Session, held: Held) -> tuple[str, tuple[File, ...]] | None:
    """The words and files, once; None where they were given on before. They are not kept any longer."""
    session.refresh(held, with_for_update=True)
    if held.given_on:
        return None
    text, files = held.text, tuple(load(File, file) for file in held.files)
    held.text, held.files, held.given_on = "", [], True
    return text, files


def forget_old(session: Session, now: datetime) -> int:
    """What was kept and never asked for again is not kept for ever; how much of it was forgotten."""
    session.execute(delete(Awaited).where(Awaited.until <= now))
    gone = session.execute(
        update(Held)
        .where(Held.at < now - KEPT_FOR, Held.given_on.is_(False))
        .values(text="", files=[], given_on=True)
    )
    return gone.rowcount if isinstance(gone, CursorResult) else 0


def passed_on(
    session: Session,
    account: Account,
    ticket: Ticket,
    row: Delivery | None,
    *,
    was: tuple[str, datetime | None],
) -> Passed:
    """Remember the newest words of a consultation, that they can be taken back."""
    session.flush()
    line = _newest_line(session, ticket)
    assert line is not None  # noqa: S101  the caller has just written it
    passed = Passed(
        account=account,
        ticket_id=ticket.id,
        line_id=line.id,
        delivery_id=row.id if row else None,
        was_status=was[0],
        was_closed_at=was[1],
    )
    session.add(passed)
    session.flush()  # the button carries its id
    return passed


def _newest_line(session: Session, ticket: Ticket) -> TicketLine | None:
    query = select(TicketLine).where(TicketLine.ticket_id == ticket.id)
    return session.scalars(query.order_by(TicketLine.id.desc()).limit(1)).first()


def words_of(session: Session, passed: Passed, account: Account) -> str:
    """What was passed on, for who said it and as long as it stands there."""
    line = session.get(TicketLine, passed.line_id)
    if line is None or passed.account != account or line.kind != Line.CAME:
        return ""
    return line.text


def take_back(session: Session, passed: Passed, ticket: Ticket, who: str, now: datetime) -> bool:
    """Take the words out of the consultation, once; False where they are out already.

    The line stays without its words: somebody may have read them. Where nobody has said or done anything since
    (taken it, moved it, closed it), the consultation stands as it did before.
    """
    taken = session.execute(
        update(Passed)
        .where(Passed.id == passed.id, Passed.taken_back.is_(False))
        .values(taken_back=True)
    )
    if not isinstance(taken, CursorResult) or taken.rowcount != 1:
        return False
    line = session.get_one(TicketLine, passed.line_id)
    line.kind, line.text = Line.TAKEN_BACK, ""
    session.flush()
    if _nothing_since(session, ticket, line):
        ticket.status, ticket.closed_at = passed.was_status, passed.was_closed_at
    history.note(session, "ticket", ticket.id, "taken back", who, now)
    return True


def _nothing_since(session: Session, ticket: Ticket, line: TicketLine) -> bool:
    """Is this line the last thing that was said in the consultation, and its coming the last that happened to it?
    A memo has no line in the history; who takes, moves or closes a consultation says nothing in it."""
    newest = _newest_line(session, ticket)
    if newest is None or newest.id != line.id:
        return False
    came = [
        event
        for event in history.of(session, "ticket", ticket.id)
        if event.what in ("came", "reopened") and (event.who, event.at) == (line.who, line.at)
    ]
    return bool(came) and history.is_last(session, came[-1])
