"""The ledger: everything the desk says is a row, written with its reason and sent afterwards.

A row is claimed with owner and lease by a process that hosts its platform, sent with no transaction
open, then recorded. At least once on the wire, exactly once here: a crash between sending and
recording repeats one message (the page, which keeps the row's key, not even that).
"""

import enum
import logging
import os
import socket
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    UniqueConstraint,
    and_,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from bot.chat import Card, Home, Place, Platform, SendError
from bot.days import JST
from bot.db import Base, Database, insert_into

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than the slowest chat call with its own time-outs
GIVE_UP_AFTER = timedelta(hours=24)
LONGEST_BACK_OFF = timedelta(minutes=30)
PAUSE = timedelta(seconds=30)  # a platform that answers nothing is tried again after this


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
    error: Mapped[str] = mapped_column(default="")
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    sent_as: Mapped[Place | None] = mapped_column(index=True)


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
    session.flush()  # rows this one names are there
    session.execute(
        insert_into(session, Delivery)
        .values(
            reason=reason,
            recipient=recipient,
            occurrence=occurrence,
            place=place,
            lane=str(place.root),
            home="/".join(place.home),
            card=card,
            rank=rank,
            below_id=below.id if below else None,
            echo_id=echo.id if echo else None,
            state=State.WAITING,
            tries=0,
            error="",
            created_at=now,
            due_at=now,
        )
        .on_conflict_do_nothing()  # two at once are one row, on PostgreSQL too
    )
    known = select(Delivery).where(
        Delivery.reason == reason,
        Delivery.recipient == recipient,
        Delivery.occurrence == occurrence,
    )
    return session.scalars(known).one()


def amend(session: Session, row: Delivery, card: Card, now: datetime) -> None:
    """Put another card where `row` stands. What has not gone out yet simply goes out as the new card."""
    row.card = card
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


def cancel(session: Session, reason: str) -> int:
    """Take back what waits under this reason; returns how many rows had not gone out yet."""
    done = session.execute(
        update(Delivery)
        .where(Delivery.reason == reason, Delivery.state == State.WAITING)
        .values(state=State.CANCELLED)
    )
    return done.rowcount if isinstance(done, CursorResult) else 0


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


def is_opening(session: Session, place: Place) -> bool:
    """Is a card that opens a thread on its way to this lane? Then a thread there may not be known yet:
    the chat shows it a moment before the ledger has recorded where it stands."""
    on_its_way = select(Delivery).where(
        Delivery.lane == str(place.root),
        Delivery.state.in_((State.WAITING, State.SENDING)),
        Delivery.replaces_id.is_(None),
    )
    return any(row.card.opens for row in session.scalars(on_its_way))


def new_owner() -> str:
    """A name for this process in leases: machine, process and a word of its own."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def is_gone(owner: str, me: str) -> bool:
    """Has the process that claimed this ended? Only sure for this machine; another's lease is waited for."""
    if owner == me:
        return False
    host, pid, _ = owner.rsplit(":", 2)
    if host != me.rsplit(":", 2)[0]:
        return False
    if pid == me.rsplit(":", 2)[1]:
        return True  # our own number from an earlier life
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@dataclass(frozen=True)
class _Parcel:
    """What has to be known of a row while no transaction is open."""

    id: int
    key: str
    place: Place
    card: Card
    stands_at: Place | None


@dataclass
class Sender:
    """Sends what is due on the platforms of this process."""

    db: Database
    platforms: Mapping[Home, Platform]
    owner: str
    _away_until: dict[Home, datetime] = field(default_factory=dict)

    def send_due(
        self, now: datetime, *, lanes: Collection[str] | None = None, limit: int = 20
    ) -> int:
        """Send what is due (in these lanes only, if given), until nothing is left to claim.

        Returns how many rows were handled. One bad row never stops the rest.
        """
        handled = 0
        while parcels := self._claim(now, lanes, limit):
            for parcel in parcels:
                self._record(parcel, self._send(parcel), now)
            handled += len(parcels)
        return handled

    def take_over(self, now: datetime) -> int:
        """Free the rows of processes of this machine that have ended, without waiting for the lease."""
        with self.db.read() as session:
            rows = session.execute(
                select(Delivery.id, Delivery.owner).where(Delivery.state == State.SENDING)
            ).all()
        gone = [row_id for row_id, owner in rows if owner and is_gone(owner, self.owner)]
        if gone:
            with self.db.write() as session:
                session.execute(
                    update(Delivery)
                    .where(Delivery.id.in_(gone), Delivery.state == State.SENDING)
                    .values(lease_until=now - timedelta(seconds=1))
                )
        return len(gone)

    def _hosted(self, now: datetime) -> list[str]:
        homes = [h for h in self.platforms if self._away_until.get(h, now) <= now]
        return ["/".join(home) for home in homes]

    def _claim(self, now: datetime, lanes: Collection[str] | None, limit: int) -> list[_Parcel]:
        ready = _ready(now).where(Delivery.home.in_(self._hosted(now)))
        if lanes is not None:
            ready = ready.where(Delivery.lane.in_(list(lanes)))
        ready = ready.order_by(Delivery.rank, Delivery.id).limit(limit)
        with self.db.read() as session:
            found = list(session.scalars(ready))
        if not found:
            return []
        with self.db.write() as session:
            mine = [row_id for row_id in found if self._take(session, row_id, now)]
            rows = session.scalars(
                select(Delivery).where(Delivery.id.in_(mine)).order_by(Delivery.rank, Delivery.id)
            )
            return [_parcel(session, row) for row in rows]

    def _take(self, session: Session, row_id: int, now: datetime) -> bool:
        """Make the row ours, unless another process was faster."""
        taken = session.execute(
            update(Delivery)
            .where(Delivery.id == row_id, _claimable(now))
            .values(state=State.SENDING, owner=self.owner, lease_until=now + LEASE)
        )
        return isinstance(taken, CursorResult) and taken.rowcount == 1

    def _send(self, parcel: _Parcel) -> Place | SendError:
        platform = self.platforms[parcel.place.home]
        try:
            if parcel.stands_at is not None:
                return platform.update(parcel.stands_at, parcel.card, parcel.key)
            return platform.send(parcel.place, parcel.card, parcel.key)
        except SendError as error:
            return error
        except Exception as error:
            log.exception("delivery %s", parcel.id)
            return SendError(type(error).__name__)

    def _record(self, parcel: _Parcel, result: Place | SendError, now: datetime) -> None:
        with self.db.write() as session:
            row = session.get_one(Delivery, parcel.id, with_for_update=True)
            if row.owner != self.owner or row.state != State.SENDING:
                return  # the lease ran out and somebody else has it: his record counts
            if isinstance(result, Place):
                row.state, row.sent_at, row.sent_as, row.error = State.SENT, now, result, ""
            elif result.away:
                self._away_until[row.place.home] = now + PAUSE
                row.state, row.error = State.WAITING, str(result)
                log.warning("platform %s does not answer: %s", row.home, result)
            else:
                _tried_in_vain(row, result, now)
            row.owner = row.lease_until = None
            _echo(session, row, now)


def _claimable(now: datetime) -> ColumnElement[bool]:
    expired = and_(Delivery.state == State.SENDING, Delivery.lease_until < now)
    return or_(Delivery.state == State.WAITING, expired)


def _ready(now: datetime) -> Select[int]:
    """Rows that are due and first in their lane, and whose thread is known if they need one."""
    earlier, opener = aliased(Delivery), aliased(Delivery)
    unsent = (State.WAITING, State.SENDING)
    held_up = exists().where(
        earlier.lane == Delivery.lane,
        earlier.id < Delivery.id,
        earlier.rank <= Delivery.rank,
        earlier.state.in_(unsent),
    )
    threadless = exists().where(opener.id == Delivery.below_id, opener.state.in_(unsent))
    return select(Delivery.id).where(_claimable(now), Delivery.due_at <= now, ~held_up, ~threadless)


def _parcel(session: Session, row: Delivery) -> _Parcel:
    place, stands_at, card = row.place, None, row.card
    if row.below_id is not None:
        opener = session.get_one(Delivery, row.below_id)
        place = opener.sent_as or row.place
    if row.replaces_id is not None:
        original = session.get_one(Delivery, row.replaces_id)
        stands_at, card = original.sent_as, original.card
    return _Parcel(row.id, f"d{row.id}", place, card, stands_at)


def _tried_in_vain(row: Delivery, error: SendError, now: datetime) -> None:
    """Back off 2, 4, 8 … 30 minutes; give up after a day, loudly."""
    row.tries += 1
    row.error = str(error)
    wait = min(timedelta(minutes=2 ** min(row.tries, 5)), LONGEST_BACK_OFF)
    wait = max(wait, timedelta(seconds=error.retry_after))
    if error.permanent or now + wait > row.created_at + GIVE_UP_AFTER:
        row.state = State.FAILED
        log.error("delivery %s to %s given up after %s tries", row.id, row.lane, row.tries)
    else:
        row.state, row.due_at = State.WAITING, now + wait


def _echo(session: Session, row: Delivery, now: datetime) -> None:
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
    return "もう一度送ります" if row.tries else "送信待ち"


def states_of(session: Session, reason: str) -> dict[str, Delivery]:
    """How each recipient's row under this reason fares, by recipient."""
    rows: Iterable[Delivery] = session.scalars(select(Delivery).where(Delivery.reason == reason))
    return {row.recipient: row for row in rows}
