"""What has to be carried by hand is told to the office: once when it comes, once each morning while it lies."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import relay
from bot.cards import relay as cards
from bot.days import JST, day_of, is_working_day
from bot.db import Database
from bot.deliveries import Delivery, post
from bot.directory import room_of_kind

NEW, OLD = "relay:new", "relay:old"
LEFT_FOR = timedelta(minutes=2)  # what somebody has just pasted he is about to carry back
APART = timedelta(minutes=10)
OVERNIGHT = timedelta(hours=12)
MORNING = 9


def tell_of_relays(db: Database, now: datetime) -> None:
    """Doing it twice tells it once: the ledger knows what was told."""
    with db.read() as session:
        due = _due(session, now)
    if due is None:
        return
    with db.write() as session:
        due = _due(session, now)
        room = room_of_kind(session, "office")
        if due is not None and room is not None:
            reason, occurrence, count, since = due
            card = cards.waits(count, since, now)
            post(session, room.place, card, now, reason=reason, occurrence=occurrence)


def _due(session: Session, now: datetime) -> tuple[str, str, int, datetime] | None:
    """Which telling is due, under which name, of how many posts, the oldest from when."""
    waits = [item.row for bundle in relay.waiting(session) for item in bundle.waiting]
    if not waits:
        return None
    since, today = min(row.created_at for row in waits), day_of(now)
    morning = is_working_day(today) and now.astimezone(JST).hour >= MORNING
    if morning and since < now - OVERNIGHT and _last(session, OLD)[0] != today.isoformat():
        return OLD, today.isoformat(), len(waits), since
    newest = max((row.id for row in waits if row.created_at < now - LEFT_FOR), default=0)
    told, at = _last(session, NEW)
    if newest > int(told or 0) and (at is None or at < now - APART):
        return NEW, str(newest), len(waits), since
    return None


def _last(session: Session, reason: str) -> tuple[str, datetime | None]:
    """What was told last under this reason, and when."""
    query = select(Delivery.occurrence, Delivery.created_at).where(Delivery.reason == reason)
    found = session.execute(query.order_by(Delivery.id.desc()).limit(1)).first()
    return (found[0], found[1]) if found else ("", None)
