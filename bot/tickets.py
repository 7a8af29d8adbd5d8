"""A consultation (相談), stored as a ticket: its states, its owners, who may see it, where it is spoken of."""

import enum
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from bot import history
from bot.chat import Account, Place, Refused
from bot.days import day_of, end_of, fiscal_year, working_days_after
from bot.db import Base, insert_into
from bot.deliveries import Delivery, standing_at
from bot.directory import Field, Municipality, Person, Role, Room, holders, room_of_kind

REOPEN_WITHIN = timedelta(days=30)
CLOSE_AFTER_WORKING_DAYS = 5  # after the last reply, when nobody says anything more
SUBJECT_LIMIT = 60
BODY_LIMIT = 5000


class Status(enum.StrEnum):
    OPEN = "受付"
    TAKEN = "対応中"
    ANSWERED = "回答済み"
    CLOSED = "完了"


class Urgency(enum.StrEnum):
    NORMAL = "普通"
    SOON = "急ぎ"
    NOW = "至急"


FIRST_REPLY: dict[Urgency, int] = {Urgency.NORMAL: 5, Urgency.SOON: 2, Urgency.NOW: 1}
"""By which working day after the consultation the first reply comes. Never a promise of an answer."""


class Visibility(enum.StrEnum):
    SELF = "自分だけ"
    SECTION = "自分の課"
    MUNICIPALITY = "市町全体"


class Line(enum.StrEnum):
    """What was said in a consultation, by direction."""

    CAME = "came"  # from the asker
    REPLY = "reply"  # sent to the municipality
    TOLD = "told"  # answered by phone, in person or by mail; the asker has a copy
    MEMO = "memo"  # stays in the prefecture
    TAKEN_BACK = "taken back"  # came, and was meant for the desk and not for this consultation


class Ticket(Base):
    """`owner_id` answers (分野リエゾン), `regional_id` keeps the relationship (地域リエゾン).

    `room_id` is where the working thread stands; `asker_post_id` and `desk_post_id` are the rows of the
    ledger that opened the asker's place and the working thread.
    """

    __tablename__ = "tickets"
    __table_args__ = (UniqueConstraint("fiscal_year", "serial"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    fiscal_year: Mapped[int]
    serial: Mapped[int]
    subject: Mapped[str]
    body: Mapped[str]
    urgency: Mapped[str]
    wished_by: Mapped[date | None]
    visibility: Mapped[str] = mapped_column(default=Visibility.SECTION)
    confidential: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(default=Status.OPEN, index=True)

    asker_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    asker_account: Mapped[Account]
    municipality_code: Mapped[str] = mapped_column(ForeignKey("municipalities.code"), index=True)
    section: Mapped[str]
    field_name: Mapped[str | None] = mapped_column(ForeignKey("fields.name"))
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id"))
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    regional_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"))
    asker_post_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    desk_post_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    regional_post_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))

    opened_at: Mapped[datetime]
    reply_by: Mapped[date]
    replied_at: Mapped[datetime | None]  # the last reply
    closed_at: Mapped[datetime | None]

    asker: Mapped[Person] = relationship(foreign_keys=asker_id)
    owner: Mapped[Person | None] = relationship(foreign_keys=owner_id)
    regional: Mapped[Person | None] = relationship(foreign_keys=regional_id)
    municipality: Mapped[Municipality] = relationship()
    room: Mapped[Room] = relationship()
    asker_post: Mapped[Delivery | None] = relationship(foreign_keys=asker_post_id)
    desk_post: Mapped[Delivery | None] = relationship(foreign_keys=desk_post_id)
    regional_post: Mapped[Delivery | None] = relationship(foreign_keys=regional_post_id)

    @property
    def number(self) -> str:
        """R8-0012"""
        return f"R{self.fiscal_year}-{self.serial:04}"

    @property
    def closes_on(self) -> date | None:
        """The last working day on which nobody needs to say anything more."""
        if self.status != Status.ANSWERED or self.replied_at is None:
            return None
        return working_days_after(day_of(self.replied_at), CLOSE_AFTER_WORKING_DAYS)


class TicketLine(Base):
    """One thing said in a consultation. `who` is a person's id; the name is kept as it was then."""

    __tablename__ = "ticket_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    who: Mapped[str]
    name: Mapped[str]
    text: Mapped[str]


class Serial(Base):
    """The last number given in a fiscal year; the row is the lock under which the next one is given."""

    __tablename__ = "ticket_serials"

    fiscal_year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


@dataclass(frozen=True)
class Request:
    """What the asker filled in."""

    subject: str
    body: str
    field: Field | None
    urgency: Urgency
    wished_by: date | None
    visibility: Visibility
    confidential: bool
    question_id: int | None = None


@dataclass(frozen=True)
class Owners:
    """Where a consultation goes: the room of its working thread, and its regional liaison."""

    room: Room
    regional: Person | None
    owner: Person | None


def route(session: Session, field: Field | None, municipality: Municipality) -> Owners:
    """分野 × 地域: the field's room answers, the municipality's regional liaison stays in the loop.

    No clear field: the working thread is in the regional room and the regional liaison owns it. A
    municipality without a regional liaison (神戸市): the field's room, else the office's.
    """
    regional = next(iter(holders(session, Role.REGIONAL, municipality.code)), None)
    if field is not None:
        return Owners(field.room, regional, None)
    kind = "regional" if regional else "office"
    room = room_of_kind(session, kind) or room_of_kind(session, "office")
    if room is None:
        raise Refused("相談を受ける部屋が名簿にありません。事務局へお知らせください。")
    return Owners(room, regional, regional)


def open_ticket(
    session: Session, asker: Person, account: Account, request: Request, now: datetime
) -> Ticket:
    """Open a consultation under the next number of the fiscal year."""
    if asker.municipality is None:
        raise Refused("相談は市町の方からお受けしています。")
    owners = route(session, request.field, asker.municipality)
    today = day_of(now)
    ticket = Ticket(
        fiscal_year=fiscal_year(today),
        serial=_next_serial(session, fiscal_year(today)),
        subject=request.subject,
        body=request.body,
        urgency=request.urgency,
        wished_by=request.wished_by,
        visibility=request.visibility,
        confidential=request.confidential,
        status=Status.TAKEN if owners.owner else Status.OPEN,
        asker=asker,
        asker_account=account,
        municipality=asker.municipality,
        section=asker.section,
        field_name=request.field.name if request.field else None,
        room=owners.room,
        owner=owners.owner,
        regional=owners.regional,
        question_id=request.question_id,
        opened_at=now,
        reply_by=working_days_after(today, FIRST_REPLY[request.urgency]),
    )
    session.add(ticket)
    session.flush()  # the cards carry the ticket's id
    history.note(session, "ticket", ticket.id, "opened", asker.id, now, field=ticket.field_name)
    if owners.owner:
        history.note(session, "ticket", ticket.id, "taken", owners.owner.id, now)
    return ticket


def _next_serial(session: Session, year: int) -> int:
    given = (
        insert_into(session, Serial)
        .values(fiscal_year=year, last=1)
        .on_conflict_do_update(index_elements=["fiscal_year"], set_={"last": Serial.last + 1})
        .returning(Serial.last)
    )
    return int(session.execute(given).scalar_one())


def locked(session: Session, ticket_id: int) -> Ticket:
    """The ticket, locked while one looks and writes. Raise Refused where there is none."""
    ticket = session.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    if ticket is None:
        raise Refused("この相談は見つかりません。")
    return ticket


def take(session: Session, ticket: Ticket, person: Person, now: datetime) -> None:
    """担当になる: the first press counts."""
    taken = session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id, Ticket.owner_id.is_(None), Ticket.status != Status.CLOSED)
        .values(owner_id=person.id)
    )
    session.refresh(ticket)
    if not isinstance(taken, CursorResult) or taken.rowcount != 1:
        if ticket.status == Status.CLOSED:
            raise Refused(f"{ticket.number}はもう完了しています。")
        name = ticket.owner.name if ticket.owner else "ほかの方"
        mine = ticket.owner_id == person.id
        raise Refused(
            "もうあなたが担当です。" if mine else f"{ticket.number}は{name}さんが担当です。"
        )
    if ticket.status == Status.OPEN:
        ticket.status = Status.TAKEN
    history.note(session, "ticket", ticket.id, "taken", person.id, now)


def reply(
    session: Session, ticket: Ticket, person: Person, now: datetime, *, kind: Line, text: str
) -> None:
    """A reply that reaches the asker, in chat or otherwise. Whoever answers first becomes the owner."""
    if ticket.status == Status.CLOSED:
        raise Refused(f"{ticket.number}は完了しています。市町から続きが届くと、また返信できます。")
    if ticket.owner_id is None:
        ticket.owner = person
        history.note(session, "ticket", ticket.id, "taken", person.id, now)
    ticket.status = Status.ANSWERED
    ticket.replied_at = now
    say(session, ticket, kind, person.id, person.name, text, now)
    history.note(session, "ticket", ticket.id, kind, person.id, now)


def continue_(session: Session, ticket: Ticket, person: Person, text: str, now: datetime) -> bool:
    """The asker writes in the consultation's own place; returns whether this reopened it.

    Within 30 days after closing an answer reopens; later it is refused with the way on.
    """
    reopened = ticket.status == Status.CLOSED
    if reopened and ticket.closed_at is not None and now - ticket.closed_at > REOPEN_WITHIN:
        raise Refused(
            f"{ticket.number}は完了から30日を過ぎました。続きは新しい相談としてお送りください。"
        )
    say(session, ticket, Line.CAME, person.id, person.name, text, now)
    if ticket.status in (Status.CLOSED, Status.ANSWERED):
        ticket.status = Status.TAKEN if ticket.owner_id else Status.OPEN
        ticket.closed_at = None
    history.note(session, "ticket", ticket.id, "reopened" if reopened else "came", person.id, now)
    return reopened


def close(session: Session, ticket: Ticket, who: str, now: datetime) -> bool:
    """完了にする; False where it is closed already."""
    closed = session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id, Ticket.status != Status.CLOSED)
        .values(status=Status.CLOSED, closed_at=now)
    )
    session.refresh(ticket)
    if not isinstance(closed, CursorResult) or closed.rowcount != 1:
        return False
    history.note(session, "ticket", ticket.id, "closed", who, now)
    return True


def change_field(
    session: Session, ticket: Ticket, field: Field, person: Person, now: datetime
) -> None:
    """分野を変える: the working thread moves to the new field's room and waits for an owner there."""
    if ticket.status == Status.CLOSED:
        raise Refused(f"{ticket.number}は完了しています。")
    if ticket.field_name == field.name:
        raise Refused(f"もう{field.name}の相談です。")
    was, ticket.field_name = ticket.field_name, field.name
    ticket.room, ticket.owner = field.room, None
    ticket.status = Status.OPEN  # an answer from the old field does not close it by itself
    history.note(session, "ticket", ticket.id, "moved", person.id, now, was=was, field=field.name)


def say(
    session: Session, ticket: Ticket, kind: Line, who: str, name: str, text: str, now: datetime
) -> None:
    session.add(TicketLine(ticket_id=ticket.id, kind=kind, at=now, who=who, name=name, text=text))


def lines(session: Session, ticket: Ticket, *, inside: bool) -> list[TicketLine]:
    """What was said, oldest first; memos only for the prefecture's side."""
    query = select(TicketLine).where(TicketLine.ticket_id == ticket.id).order_by(TicketLine.id)
    if not inside:
        query = query.where(TicketLine.kind != Line.MEMO)
    return list(session.scalars(query))


def ticket_at(session: Session, place: Place) -> tuple[Ticket, bool] | None:
    """The consultation this place belongs to, and whether it is the asker's side of it."""
    if place.thread is None:
        return None
    openers = [row.id for row in standing_at(session, place)]
    if not openers:
        return None
    query = select(Ticket).where(
        or_(
            Ticket.asker_post_id.in_(openers),
            Ticket.desk_post_id.in_(openers),
        )
    )
    ticket = session.scalars(query).first()
    return (ticket, ticket.asker_post_id in openers) if ticket else None


def numbered(session: Session, serial: int, year: int | None) -> list[Ticket]:
    """The consultations with this number, of one fiscal year or of all, newest year first."""
    query = select(Ticket).where(Ticket.serial == serial).order_by(Ticket.fiscal_year.desc())
    if year is not None:
        query = query.where(Ticket.fiscal_year == year)
    return list(session.scalars(query))


def hand_over(session: Session, before: Person, after: Person) -> None:
    """The consultations of somebody who had only told us who he is, now that the directory knows him."""
    session.execute(update(Ticket).where(Ticket.asker_id == before.id).values(asker_id=after.id))


def due_to_close(session: Session, now: datetime) -> list[int]:
    """Ids of the answered ones about which nobody has said anything for five working days."""
    query = select(Ticket).where(Ticket.status == Status.ANSWERED, Ticket.replied_at.is_not(None))
    return [t.id for t in session.scalars(query) if t.closes_on and end_of(t.closes_on) <= now]


def of_asker(session: Session, person: Person, limit: int = 30) -> list[Ticket]:
    """Whatever this person may see as an asker: own ones, the section's, the municipality's."""
    mine = Ticket.asker_id == person.id
    seen = [mine]
    if person.confirmed and person.municipality_code:
        ours = Ticket.municipality_code == person.municipality_code
        seen.append(ours & (Ticket.visibility == Visibility.MUNICIPALITY))
        same = ours & (Ticket.section == person.section)
        seen.append(same & (Ticket.visibility == Visibility.SECTION))
    return list(
        session.scalars(select(Ticket).where(or_(*seen)).order_by(Ticket.id.desc()).limit(limit))
    )


def queue_of(session: Session, person: Person, limit: int = 50) -> list[Ticket]:
    """The open consultations a liaison has to do with: owned, of an own field, or of an own municipality."""
    own_fields = [d.field for d in person.duties if d.role == Role.FIELD]
    own_towns = [d.municipality_code for d in person.duties if d.role == Role.REGIONAL]
    query = (
        select(Ticket)
        .where(
            Ticket.status != Status.CLOSED,
            or_(
                Ticket.owner_id == person.id,
                Ticket.field_name.in_(own_fields),
                Ticket.municipality_code.in_(own_towns),
            ),
        )
        .order_by(Ticket.reply_by, Ticket.id)
        .limit(limit)
    )
    return list(session.scalars(query))
