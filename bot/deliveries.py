"""The ledger: everything the desk says is a row, written with its reason and sent afterwards.

`bot/sender.py` sends them.
"""

import enum
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    bindparam,
    case,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.chat import Card, Place
from bot.days import JST
from bot.db import Base, Moment, add_once, core, insert_for
from bot.made import Made

LEASE = timedelta(seconds=60)  # longer than the slowest chat call with its own time-outs


class State(enum.StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Rank(enum.IntEnum):
    """Conversations go before announcements."""

    TALK = 0
    NOTICE = 1


class Delivery(Base):
    """One thing said to one recipient for one reason.

    `lane` is the place without its thread: rows of one lane go out in order. `card` is what stands
    there now. `sent_as` is where the platform put it; for a card that opens a thread, that thread.
    `below_id`: say it in the thread that this row opened. `replaces_id`: put the card where this row
    stands. `echo_id`: the row whose card tells how this one fares (送信済 / 送れませんでした).
    `tried_at`: when a try began of which nobody knows how it ended. `seen_at`: when somebody there was the
    first to read it, where the chat tells.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("reason", "recipient", "occurrence"),
        Index("ix_deliveries_due", "state", "home", "due_at"),
        Index("ix_deliveries_lane", "lane", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str]
    recipient: Mapped[str]
    occurrence: Mapped[str] = mapped_column(default="")
    place: Mapped[Place]
    lane: Mapped[str]
    home: Mapped[str]
    card: Mapped[Card]
    rank: Mapped[int] = mapped_column(default=Rank.TALK)
    below_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"), index=True)
    echo_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))

    state: Mapped[str] = mapped_column(default=State.WAITING)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    sent_as: Mapped[Place | None] = mapped_column(index=True)
    seen_at: Mapped[datetime | None]


KNOWN = select(Delivery).where(
    Delivery.reason == bindparam("reason"),
    Delivery.recipient == bindparam("recipient"),
    Delivery.occurrence == bindparam("occurrence"),
)
WRITTEN = (
    select(literal(1))
    .select_from(Delivery)
    .where(Delivery.reason == bindparam("reason"), Delivery.recipient == bindparam("recipient"))
    .limit(1)
)


def _direct(dialect: str) -> Any:
    """The direct answer as taken by who wrote it, or waiting where something in its lane waits before it."""
    before = (
        select(literal(1))
        .where(
            Delivery.lane == bindparam("in_lane"),
            or_(Delivery.state == State.WAITING, Delivery.state == State.SENDING),
            Delivery.rank <= Rank.TALK,
        )
        .exists()
    )
    table = Delivery.__table__
    return (
        insert_for(dialect, Delivery)
        .values(
            state=case((before, State.WAITING), else_=State.SENDING),
            tried_at=case((before, null()), else_=bindparam("taken_at", type_=Moment())),
        )
        .on_conflict_do_nothing()
        .returning(table.c.id, table.c.state)
    )


DIRECT = Made(_direct)


@dataclass(frozen=True)
class Parcel:
    """What has to be known of a row while it is sent and no transaction is open.

    `stands_at`: what it replaces there. `tried`: since when it may stand there already. `held_until`: the lease
    it was claimed with.
    """

    id: int
    place: Place
    card: Card
    stands_at: Place | None = None
    tried: datetime | None = None
    held_until: datetime | None = None

    @property
    def key(self) -> str:
        return f"d{self.id}"


def post(
    session: Session,
    place: Place,
    card: Card,
    now: datetime,
    *,
    reason: str,
    recipient: str = "",
    occurrence: str = "",
    rank: Rank = Rank.TALK,
    below: Delivery | None = None,
    echo: Delivery | None = None,
) -> Delivery:
    """Write down that `card` is to be said at `place`; the same reason, recipient and occurrence once.

    With `below` the place is the thread that row opened, known when it has been sent.
    """
    recipient = recipient or str(place)
    add_once(
        session,
        Delivery,
        **_row(place, card, now, reason, recipient),
        occurrence=occurrence,
        rank=rank,
        below_id=below.id if below else None,
        echo_id=echo.id if echo else None,
        state=State.WAITING,
    )
    key = {"reason": reason, "recipient": recipient, "occurrence": occurrence}
    _note_unsent(session)
    return session.scalars(KNOWN, key).one()


def reply(
    session: Session,
    place: Place,
    card: Card,
    now: datetime,
    *,
    reason: str,
    recipient: str,
    owner: str,
) -> Parcel | None:
    """Write down the direct answer to an event; where nothing waits before it, as taken by `owner`
    already, who sends it right after the commit (`Sender.send_now`). What people carry by hand waits for them."""
    row = _row(place, card, now, reason, recipient)
    if place.by_hand:
        _note_unsent(session)
        add_once(session, Delivery, **row, state=State.WAITING, rank=Rank.TALK, occurrence="")
        return None
    taken = {
        "in_lane": str(place.root),
        "taken_at": now,
        "owner": owner,  # which means nothing of a row that waits
        "lease_until": now + LEASE,
    }
    if session.new or session.dirty:
        session.flush()  # rows this one names are there
    written = DIRECT.run(
        core(session), {**row, "rank": Rank.TALK, "occurrence": "", **taken}
    ).fetchone()
    if written is None:
        return None
    row_id, state = written[0], written[1]
    if state == State.WAITING:
        _note_unsent(session)
        return None
    return Parcel(int(row_id), place, card)


def _row(place: Place, card: Card, now: datetime, reason: str, recipient: str) -> dict[str, Any]:
    return {
        "reason": reason,
        "recipient": recipient,
        "place": place,
        "lane": str(place.root),
        "home": "/".join(place.home),
        "card": card,
        "tries": 0,
        "error": "",
        "created_at": now,
        "due_at": now,
    }


def _note_unsent(session: Session) -> None:
    session.info["unsent"] = True


def has_unsent(session: Session) -> bool:
    """Was anything written down in this session that somebody still has to send?"""
    return bool(session.info.get("unsent"))


def amend(session: Session, row: Delivery, card: Card, now: datetime) -> None:
    """Put another card where `row` stands. What has not gone out yet simply goes out as the new card. What a
    person has posted by hand stands there as it was, and so does the row."""
    if row.place.by_hand:
        _amend_by_hand(session, row, card)
        return
    row.card = card
    _note_unsent(session)
    session.flush()
    unsent = or_(Delivery.id == row.id, Delivery.replaces_id == row.id)
    replaced = session.execute(
        update(Delivery).where(unsent, Delivery.state == State.WAITING).values(card=card)
    )
    if isinstance(replaced, CursorResult) and replaced.rowcount:
        return
    later = Delivery(
        reason=f"amend:{row.id}",
        recipient=row.recipient,
        occurrence=uuid.uuid4().hex,
        place=row.place,
        lane=row.lane,
        home=row.home,
        card=card,
        rank=row.rank,
        replaces_id=row.id,
        created_at=now,
        due_at=now,
    )
    session.add(later)


def _amend_by_hand(session: Session, row: Delivery, card: Card) -> None:
    """The new card as long as the row waits; who is posting it right now posts the old one, and that counts."""
    session.flush()
    session.execute(
        update(Delivery)
        .where(Delivery.id == row.id, Delivery.state == State.WAITING)
        .values(card=card)
        .execution_options(synchronize_session=False)
    )
    session.refresh(row)


def cancel(session: Session, reason: str) -> int:
    """Take back what waits under this reason; returns how many rows had not gone out yet."""
    done = session.execute(
        update(Delivery)
        .where(Delivery.reason == reason, Delivery.state == State.WAITING)
        .values(state=State.CANCELLED)
    )
    return done.rowcount if isinstance(done, CursorResult) else 0


def is_written(session: Session, reason: str, recipient: str) -> bool:
    """Is there a row for this reason and recipient, sent or not?"""
    asked = {"reason": reason, "recipient": recipient}
    return core(session).execute(WRITTEN, asked).first() is not None


def said_for(session: Session, reason: str, recipient: str = "") -> Delivery | None:
    """The first row written for this reason (and recipient)."""
    query = select(Delivery).where(Delivery.reason == reason).order_by(Delivery.id)
    if recipient:
        query = query.where(Delivery.recipient == recipient)
    return session.scalars(query).first()


def standing_at(session: Session, place: Place) -> list[Delivery]:
    """The rows that stand at this place or opened this thread, oldest first."""
    return list(
        session.scalars(select(Delivery).where(Delivery.sent_as == place).order_by(Delivery.id))
    )


def _unread(posted: Place) -> tuple[ColumnElement[bool], ...]:
    return Delivery.sent_as == posted, Delivery.rank == Rank.NOTICE, Delivery.seen_at.is_(None)


def is_unread(session: Session, posted: Place) -> bool:
    """Does an announcement stand there that nobody is known to have read?"""
    return session.execute(select(literal(1)).where(*_unread(posted)).limit(1)).first() is not None


def see(session: Session, posted: Place, at: datetime) -> None:
    """Somebody has read the announcement that stands there; the first time counts."""
    session.execute(update(Delivery).where(*_unread(posted)).values(seen_at=at))


def is_opening(session: Session, place: Place) -> bool:
    """Is a card that opens a thread on its way to this lane? Then a thread there may not be known yet:
    the chat shows it a moment before the ledger has recorded where it stands."""
    on_its_way = select(Delivery).where(
        Delivery.lane == str(place.root),
        Delivery.state.in_((State.WAITING, State.SENDING)),
        Delivery.replaces_id.is_(None),
    )
    return any(row.card.opens for row in session.scalars(on_its_way))


def tell_echo(session: Session, row: Delivery, now: datetime) -> None:
    """Tell on the sender's card how this row fared."""
    if row.echo_id is None:
        return
    shown = session.get_one(Delivery, row.echo_id)
    words = how_it_fares(row)
    if shown.card.state != words:
        amend(session, shown, replace(shown.card, state=words), now)


def how_it_fares(row: Delivery) -> str:
    """送信済 9:05, 送れませんでした, 送信待ち, in the words of the page's guide."""
    if row.state == State.SENT and row.sent_at:
        there = row.sent_at.astimezone(JST)
        return f"送信済 {there.hour}:{there.minute:02}"
    if row.state == State.FAILED:
        return "送れませんでした"
    if row.state == State.CANCELLED:
        return "取り消しました"
    if row.place.by_hand:
        return "中継待ち"
    return "もう一度送ります" if row.tries else "送信待ち"


def states_of(session: Session, reason: str) -> dict[str, Delivery]:
    """How each recipient's row under this reason fares, by recipient."""
    rows: Iterable[Delivery] = session.scalars(select(Delivery).where(Delivery.reason == reason))
    return {row.recipient: row for row in rows}
