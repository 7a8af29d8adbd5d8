"""An announcement (お知らせ): written by one, approved by another, delivered to each, acknowledged by each."""

import enum
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from bot import history
from bot.chat import Refused
from bot.days import day_of, end_of_fiscal_year, in_words
from bot.db import Base
from bot.deliveries import Delivery, states_of
from bot.deliveries import State as Sent
from bot.deliveries import cancel as cancel_rows
from bot.directory import Municipality, Person, contacts, municipalities

TITLE_LIMIT = 60
BODY_LIMIT = 2000


class State(enum.StrEnum):
    WAITING = "承認待ち"
    RETURNED = "差し戻し"
    APPROVED = "承認済み"  # waits for its time
    SENT = "送信済み"
    CANCELLED = "取り消し"


class Standing(enum.StrEnum):
    """Where one municipality stands with one announcement."""

    ACKNOWLEDGED = "確認済"
    DELIVERED = "送達"
    UNACKNOWLEDGED = "未確認"
    ON_ITS_WAY = "送信待ち"
    TO_RELAY = "中継待ち"  # waits for a person who posts it in a talk by hand
    LEFT_OUT = "中継しません"  # the office decided so, with a reason
    FAILED = "送れませんでした"
    NOBODY = "届け先なし"
    WITHDRAWN = "取り消しました"
    NOT_MEANT = "対象外"


class Announcement(Base):
    """`targets`: codes of the municipalities it goes to. `send_at` None: as soon as approved."""

    __tablename__ = "announcements"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]
    audience: Mapped[str]  # in words: 全41市町, 北播磨・但馬, 多可町
    targets: Mapped[list[str]]
    wants_acknowledgement: Mapped[bool]
    send_at: Mapped[datetime | None] = mapped_column(index=True)
    answers_until: Mapped[date | None]  # the last day on which questions are answered with it
    state: Mapped[str] = mapped_column(default=State.WAITING, index=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    approver_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    written_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    author: Mapped[Person] = relationship(foreign_keys=author_id)
    approver: Mapped[Person | None] = relationship(foreign_keys=approver_id)

    @property
    def reason(self) -> str:
        """The reason of its rows in the ledger."""
        return f"announcement:{self.id}"


class Recipient(Base):
    """One person or section account it was sent to."""

    __tablename__ = "announcement_recipients"
    __table_args__ = (UniqueConstraint("announcement_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    municipality_code: Mapped[str] = mapped_column(ForeignKey("municipalities.code"))

    person: Mapped[Person] = relationship()


class Acknowledgement(Base):
    """確認: one a municipality, whoever of it pressed first; the name says who. `relayed_by_id`: who of the desk
    wrote it down for somebody that is reached by hand."""

    __tablename__ = "acknowledgements"
    __table_args__ = (UniqueConstraint("announcement_id", "municipality_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id"))
    municipality_code: Mapped[str] = mapped_column(ForeignKey("municipalities.code"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    at: Mapped[datetime]
    relayed_by_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))

    relayed_by: Mapped[Person | None] = relationship(foreign_keys=relayed_by_id)

    @property
    def who(self) -> str:
        """山田 葵, or 山田 葵（中継：林 直子）."""
        return f"{self.name}（中継：{self.relayed_by.name}）" if self.relayed_by else self.name


@dataclass(frozen=True)
class Progress:
    """One line of the board."""

    municipality: Municipality
    standing: Standing
    detail: str
    seen_at: datetime | None = None
    """既読, where a chat tells it: beside 確認, never instead of it."""


def is_to_all(session: Session, announcement: Announcement) -> bool:
    """Does every municipality get it?"""
    return {town.code for town in municipalities(session)} <= set(announcement.targets)


def answers_until(announcement: Announcement, sent: date) -> date:
    """The last day on which questions are answered with what was sent on this day."""
    return announcement.answers_until or end_of_fiscal_year(sent)


def recipients_of(session: Session, codes: list[str]) -> dict[str, list[Person]]:
    """Who would get it, by municipality code; a code without anybody has an empty list."""
    found: dict[str, list[Person]] = {code: [] for code in codes}
    for person in contacts(session, codes):
        if person.municipality_code is not None and person.accounts:
            found[person.municipality_code].append(person)
    return found


def locked(session: Session, announcement_id: int) -> Announcement:
    """The announcement, locked while one looks and writes."""
    found = session.get(Announcement, announcement_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise Refused("このお知らせは見つかりません。")
    return found


def decide(
    session: Session, announcement: Announcement, person: Person, to: State, now: datetime
) -> None:
    """Approve or return; never by the author, and only what waits for it."""
    if person.id == announcement.author_id:
        raise Refused("自分で書いたお知らせは、ほかの承認者が承認します。")
    _turn(session, announcement, {State.WAITING}, to)
    announcement.approver = person
    history.note(session, "announcement", announcement.id, to.name.lower(), person.id, now)


def cancel(session: Session, announcement: Announcement, person: Person, now: datetime) -> None:
    """取り消す, as long as it has not gone out; one that is carried by hand, as long as nobody has posted it."""
    if announcement.state == State.SENT:
        _take_back(session, announcement)
    allowed = {State.WAITING, State.APPROVED, State.RETURNED, State.SENT}
    _turn(session, announcement, allowed, State.CANCELLED)
    history.note(session, "announcement", announcement.id, "cancelled", person.id, now)


def is_nowhere_yet(session: Session, announcement: Announcement) -> bool:
    """Sent, but every row of it waits for somebody who posts it by hand?"""
    rows = states_of(session, announcement.reason).values()
    waits = (row.place.by_hand and row.state == Sent.WAITING for row in rows)
    return announcement.state == State.SENT and bool(rows) and all(waits)


def _take_back(session: Session, announcement: Announcement) -> None:
    """Its rows wait no longer. Raise Refused where one has gone out, also in this very moment."""
    count = len(states_of(session, announcement.reason))
    nowhere = is_nowhere_yet(session, announcement)
    if not nowhere or cancel_rows(session, announcement.reason) != count:
        raise Refused("このお知らせはもう届いています。訂正は、新しいお知らせで送ってください。")


def _turn(session: Session, announcement: Announcement, allowed: set[State], to: State) -> None:
    turned = session.execute(
        update(Announcement)
        .where(Announcement.id == announcement.id, Announcement.state.in_(allowed))
        .values(state=to)
    )
    session.refresh(announcement)
    if not isinstance(turned, CursorResult) or turned.rowcount != 1:
        raise Refused(f"このお知らせは{announcement.state}です。もう変えられません。")


def due(session: Session, now: datetime) -> list[int]:
    """Ids of approved announcements whose time has come."""
    query = select(Announcement.id).where(
        Announcement.state == State.APPROVED,
        (Announcement.send_at <= now) | (Announcement.send_at.is_(None)),
    )
    return list(session.scalars(query.order_by(Announcement.id)))


def publish(session: Session, announcement: Announcement, now: datetime) -> list[Recipient]:
    """Mark it sent and write down its recipients; empty where another process did it already."""
    turned = session.execute(
        update(Announcement)
        .where(Announcement.id == announcement.id, Announcement.state == State.APPROVED)
        .values(state=State.SENT, sent_at=now)
    )
    if not isinstance(turned, CursorResult) or turned.rowcount != 1:
        return []
    session.refresh(announcement)
    rows = [
        Recipient(announcement_id=announcement.id, person=person, municipality_code=code)
        for code, people in recipients_of(session, announcement.targets).items()
        for person in people
    ]
    session.add_all(rows)
    session.flush()  # the cards carry the announcement, the ledger the recipient
    history.note(session, "announcement", announcement.id, "sent", "", now, recipients=len(rows))
    return rows


def acknowledge(  # the first press of a municipality counts, the rest are harmless
    session: Session, announcement: Announcement, person: Person, name: str, now: datetime
) -> Acknowledgement:
    """確認しました, for the person's municipality; returns the one that counts."""
    if person.municipality_code is None or person.municipality_code not in announcement.targets:
        raise Refused("このお知らせは、あなたの市町あてではありません。")
    return write_acknowledgement(session, announcement, person.municipality_code, person, name, now)


def write_acknowledgement(  # the same by whoever was told of it
    session: Session,
    announcement: Announcement,
    code: str,
    person: Person,
    name: str,
    now: datetime,
    *,
    relayed_by: Person | None = None,
) -> Acknowledgement:
    """確認 of one municipality, said by `person` (with `relayed_by`: told to the desk outside of it); returns the
    one that counts. Raise Refused where it has not been sent."""
    if announcement.state != State.SENT:
        raise Refused("このお知らせは、まだ送られていません。")
    # Lock the announcement so that two people of one municipality pressing at once make one row.
    locked(session, announcement.id)
    if known := acknowledged_by(session, announcement.id, code):
        return known
    row = Acknowledgement(
        announcement_id=announcement.id,
        municipality_code=code,
        person_id=person.id,
        name=name,
        at=now,
        relayed_by=relayed_by,
    )
    session.add(row)
    by = {"carried_by": relayed_by.id} if relayed_by else {}
    history.note(session, "announcement", announcement.id, "acknowledged", person.id, now, **by)
    return row


def acknowledged_by(session: Session, announcement_id: int, code: str) -> Acknowledgement | None:
    query = select(Acknowledgement).where(
        Acknowledgement.announcement_id == announcement_id,
        Acknowledgement.municipality_code == code,
    )
    return session.scalars(query).first()


def progress(session: Session, announcement: Announcement) -> list[Progress]:
    """Where each municipality stands, in the official order."""
    said = {
        a.municipality_code: a
        for a in session.scalars(
            select(Acknowledgement).where(Acknowledgement.announcement_id == announcement.id)
        )
    }
    sent = states_of(session, announcement.reason)
    rows: dict[str, list[Delivery]] = defaultdict(list)
    for recipient in session.scalars(
        select(Recipient).where(Recipient.announcement_id == announcement.id)
    ):
        if row := sent.get(recipient.person_id):
            rows[recipient.municipality_code].append(row)
    return [
        replace(
            _standing(announcement, town, said.get(town.code), rows[town.code]),
            seen_at=min((r.seen_at for r in rows[town.code] if r.seen_at), default=None),
        )
        for town in municipalities(session)
    ]


def _standing(  # noqa: PLR0911  one line a standing
    announcement: Announcement,
    town: Municipality,
    said: Acknowledgement | None,
    rows: list[Delivery],
) -> Progress:
    if town.code not in announcement.targets:
        return Progress(town, Standing.NOT_MEANT, "")
    if said is not None:
        return Progress(town, Standing.ACKNOWLEDGED, said.who)
    if announcement.state == State.CANCELLED:
        return Progress(town, Standing.WITHDRAWN, "")
    if announcement.state != State.SENT:
        return Progress(town, Standing.ON_ITS_WAY, "")
    if not rows:
        return Progress(town, Standing.NOBODY, "名簿に届け先がありません")
    by_hand = [row for row in rows if row.place.by_hand and row.state == Sent.WAITING]
    if any(row.state == Sent.SENT for row in rows):
        wants = announcement.wants_acknowledgement
        also = f"ほかに中継待ち{len(by_hand)}件" if by_hand else ""
        return Progress(town, Standing.UNACKNOWLEDGED if wants else Standing.DELIVERED, also)
    if by_hand:
        since = f"{in_words(day_of(by_hand[0].created_at))}から"
        return Progress(town, Standing.TO_RELAY, since)
    if all(row.state == Sent.CANCELLED for row in rows):
        return Progress(town, Standing.LEFT_OUT, rows[0].error)
    if all(row.state == Sent.FAILED for row in rows):
        return Progress(town, Standing.FAILED, rows[0].error)
    return Progress(town, Standing.ON_ITS_WAY, "")


def recent(session: Session, limit: int = 20) -> list[Announcement]:
    return list(session.scalars(select(Announcement).order_by(Announcement.id.desc()).limit(limit)))


def to_acknowledge(session: Session, person: Person) -> list[Announcement]:
    """What was sent to this person's municipality and nobody of it has acknowledged."""
    if person.municipality_code is None:
        return []
    said = select(Acknowledgement.announcement_id).where(
        Acknowledgement.municipality_code == person.municipality_code
    )
    mine = select(Recipient.announcement_id).where(Recipient.person_id == person.id)
    query = select(Announcement).where(
        Announcement.id.in_(mine),
        Announcement.id.not_in(said),
        Announcement.wants_acknowledgement,
        Announcement.state == State.SENT,
    )
    return list(session.scalars(query.order_by(Announcement.id.desc())))


def rows_in(session: Session, announcement: Announcement, code: str) -> list[Delivery]:
    """The ledger's rows of this announcement to people of one municipality."""
    people = select(Recipient.person_id).where(
        Recipient.announcement_id == announcement.id, Recipient.municipality_code == code
    )
    query = select(Delivery).where(
        Delivery.reason == announcement.reason, Delivery.recipient.in_(people)
    )
    return list(session.scalars(query.order_by(Delivery.id)))
