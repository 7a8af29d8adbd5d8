"""Sends what the ledger holds.

A row is claimed with owner and lease by a process that hosts its platform, sent with no transaction
open, then recorded. At least once on the wire, exactly once in the ledger: where nobody knows how a try
ended (a crash between sending and recording, an answer that got lost), the platform is told since when
the message may stand there, and looks before it posts again.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, exists, null, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.chat import Home, Place, Platform, SendError, for_chat
from bot.db import Database, core
from bot.deliveries import LEASE, Delivery, Parcel, State, tell_echo
from bot.made import Made
from bot.processes import is_gone

log = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(hours=24)
LONGEST_BACK_OFF = timedelta(minutes=30)
PAUSE = timedelta(seconds=30)  # a platform that answers nothing is tried again after this
AT_A_TIME = 20
RENEW_AFTER = LEASE / 2


@dataclass
class Sender:
    """Sends what is due on the platforms of this process. `seconds`: how long a batch takes is told by it."""

    db: Database
    platforms: Mapping[Home, Platform]
    owner: str
    seconds: Callable[[], float] = time.monotonic
    _away_until: dict[Home, datetime] = field(default_factory=dict)

    def send_due(
        self,
        now: datetime,
        *,
        lanes: Collection[str] | None = None,
        platform: str | None = None,
        limit: int = AT_A_TIME,
    ) -> int:
        """Send what is due (in these lanes, or on this platform only), until nothing is left to claim.

        Returns how many rows were handled. One bad row never stops the rest.
        """
        handled, began = 0, self.seconds()
        while parcels := self._claim(now, lanes, platform, limit, self._since(began)):
            claimed = self.seconds()
            for parcel in parcels:
                late = self._since(claimed) > RENEW_AFTER
                if not late or self._renew(parcel, now + self._since(began)):
                    self._record(parcel, self._send(parcel), now)
            handled += len(parcels)
        return handled

    def _since(self, began: float) -> timedelta:
        return timedelta(seconds=self.seconds() - began)

    def _renew(self, parcel: Parcel, moment: datetime) -> bool:
        """Hold a row of a slow batch for longer. False where its lease ran out and somebody else has it."""
        asked = {
            "row": parcel.id,
            "who": self.owner,
            "held": parcel.held_until,
            "until": moment + LEASE,
        }
        with self.db.quick() as connection:
            return RENEW.run(connection, asked).rowcount == 1

    def send_now(self, parcel: Parcel, now: datetime) -> None:
        """Send a row that was written down as ours already."""
        result = self._send(parcel)
        if not isinstance(result, Place):
            self._record(parcel, result, now)
            return
        with self.db.quick() as connection:
            SENT_WELL.run(
                connection,
                {"row": parcel.id, "who": self.owner, "moment": now, "there": result},
            )

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

    def _hosted(self, now: datetime, platform: str | None) -> list[str]:
        return [
            "/".join(home)
            for home in list(self.platforms)  # one that connects late joins meanwhile
            if self._away_until.get(home, now) <= now and platform in (None, home[0])
        ]

    def _claim(
        self,
        now: datetime,
        lanes: Collection[str] | None,
        platform: str | None,
        limit: int,
        late: timedelta = timedelta(),
    ) -> list[Parcel]:
        """`late`: how long after `now` this is; what is claimed is held from then on."""
        asked = {"now": now, "homes": self._hosted(now, platform), "most": limit}
        with self.db.read() as session:
            if lanes is None:
                found = list(session.scalars(READY, asked))
            else:
                found = list(session.scalars(READY_IN_LANES, {**asked, "lanes": list(lanes)}))
        if not found:
            return []
        with self.db.write() as session:
            mine = [row_id for row_id in found if self._take(session, row_id, now, late)]
            rows = session.scalars(
                select(Delivery).where(Delivery.id.in_(mine)).order_by(Delivery.rank, Delivery.id)
            )
            return [_parcel(session, row, now) for row in rows]

    def _take(self, session: Session, row_id: int, now: datetime, late: timedelta) -> bool:
        """Make the row ours, unless another process was faster."""
        taken = core(session).execute(
            TAKE, {"row": row_id, "now": now, "who": self.owner, "until": now + late + LEASE}
        )
        return taken.rowcount == 1

    def _send(self, parcel: Parcel) -> Place | SendError:
        platform = self.platforms.get(parcel.place.home)
        if platform is None:  # it left after the row was claimed
            return SendError("not hosted", away=True)
        try:
            card = for_chat(parcel.card, threads=platform.has_threads)
            if parcel.stands_at is not None:
                return platform.update(parcel.stands_at, card, parcel.key, parcel.tried)
            return platform.send(parcel.place, card, parcel.key, parcel.tried)
        except SendError as error:
            return error
        except Exception as error:
            log.exception("delivery %s", parcel.id)
            return SendError(type(error).__name__, unclear=True)

    def _record(self, parcel: Parcel, result: Place | SendError, now: datetime) -> None:
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
            if isinstance(result, Place) or not (result.unclear or parcel.tried):
                row.tried_at = None
            row.owner = row.lease_until = None
            tell_echo(session, row, now)


def _claimable() -> ColumnElement[bool]:
    expired = and_(Delivery.state == State.SENDING, Delivery.lease_until < bindparam("now"))
    return or_(Delivery.state == State.WAITING, expired)


_earlier, _opener = aliased(Delivery), aliased(Delivery)
_UNSENT = (State.WAITING, State.SENDING)
READY = (
    select(Delivery.id)
    .where(
        _claimable(),
        Delivery.due_at <= bindparam("now"),
        Delivery.home.in_(bindparam("homes", expanding=True)),
        ~exists().where(
            _earlier.lane == Delivery.lane,
            _earlier.id < Delivery.id,
            _earlier.rank <= Delivery.rank,
            _earlier.state.in_(_UNSENT),
        ),
        ~exists().where(_opener.id == Delivery.below_id, _opener.state.in_(_UNSENT)),
    )
    .order_by(Delivery.rank, Delivery.id)
    .limit(bindparam("most"))
)
"""Rows that are due and first in their lane, and whose thread is known if they need one."""
READY_IN_LANES = READY.where(Delivery.lane.in_(bindparam("lanes", expanding=True)))
TAKE = (
    update(Delivery)
    .where(Delivery.id == bindparam("row"), _claimable())
    .values(state=State.SENDING, owner=bindparam("who"), lease_until=bindparam("until"))
)
RENEW = Made(
    update(Delivery)
    .where(
        Delivery.id == bindparam("row"),
        Delivery.owner == bindparam("who"),
        Delivery.state == State.SENDING,
        Delivery.lease_until == bindparam("held"),  # another thread of ours may have it now
    )
    .values(lease_until=bindparam("until"))
)
SENT_WELL = Made(
    update(Delivery)
    .where(
        Delivery.id == bindparam("row"),
        Delivery.owner == bindparam("who"),
        Delivery.state == State.SENDING,
    )
    .values(
        state=State.SENT,
        sent_at=bindparam("moment"),
        sent_as=bindparam("there"),
        owner=null(),
        lease_until=null(),
        tried_at=null(),
    )
)


def _parcel(session: Session, row: Delivery, now: datetime) -> Parcel:
    place, stands_at, card, tried = row.place, None, row.card, row.tried_at
    row.tried_at = tried or now
    if row.below_id is not None:
        opener = session.get_one(Delivery, row.below_id)
        place = opener.sent_as or row.place
    if row.replaces_id is not None:
        original = session.get_one(Delivery, row.replaces_id)
        stands_at, card = original.sent_as, original.card
    return Parcel(row.id, place, card, stands_at, tried, row.lease_until)


def _tried_in_vain(row: Delivery, error: SendError, now: datetime) -> None:
    """Wait as long as the platform asks, else 2, 4, 8 … 30 minutes; give up after a day, loudly."""
    row.tries += 1
    row.error = str(error)
    wait = min(timedelta(minutes=2 ** min(row.tries, 5)), LONGEST_BACK_OFF)
    if error.retry_after:
        wait = timedelta(seconds=error.retry_after)
    if error.permanent or now + wait > row.created_at + GIVE_UP_AFTER:
        row.state = State.FAILED
        log.error("delivery %s on %s given up after %s tries", row.id, row.home, row.tries)
    else:
        row.state, row.due_at = State.WAITING, now + wait
