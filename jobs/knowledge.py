"""30 days before its last day, whoever looks after an entry is asked whether it is still true."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.cards import knowledge as cards
from bot.days import day_of
from bot.db import Database
from bot.deliveries import Delivery, post
from bot.directory import Field, Person, Room, room_of_kind
from knowledge import drafts, store
from knowledge.store import StoredEntry

BEFORE = timedelta(days=30)
MOST_A_DAY = (
    10  # in one room: at the end of a fiscal year dozens end at once, and nobody reads dozens
)


def ask_before_expiry(db: Database, now: datetime) -> None:
    """Once for each entry and last day, to its field's room, else the office's."""
    today = day_of(now)
    with db.read() as session:
        due = [(one.id, one.expires_on) for one in drafts.expiring(session, today, today + BEFORE)]
        asked = _asked(session, [entry_id for entry_id, _ in due])
    for entry_id, last in due:
        if (entry_id, last) in asked:
            continue
        with db.write() as session:
            known = session.get(StoredEntry, entry_id)
            if known is not None and known.expires_on == last:
                _ask(session, known, now)


def _asked(session: Session, ids: list[str]) -> set[tuple[str, date | None]]:
    query = select(Delivery.reason, Delivery.occurrence).where(
        Delivery.reason.in_([f"expiry:{one}" for one in ids])
    )
    return {
        (reason.removeprefix("expiry:"), date.fromisoformat(last))
        for reason, last in session.execute(query)
    }


def _ask(session: Session, known: StoredEntry, now: datetime) -> None:
    last = known.expires_on
    room = _room_of(session, known)
    if (
        last is None
        or room is None
        or last < day_of(now)
        or _somebody_just_wrote_it(session, known)
    ):
        return
    today = select(func.count()).where(
        Delivery.reason.startswith("expiry:"),
        Delivery.place == room.place,
        Delivery.created_at > now - timedelta(days=1),
    )
    if (session.scalar(today) or 0) >= MOST_A_DAY:
        return
    card = cards.still_true(known.entry.title, known.id, last)
    post(
        session,
        room.place,
        card,
        now,
        reason=f"expiry:{known.id}",
        occurrence=last.isoformat(),
    )


def _somebody_just_wrote_it(session: Session, known: StoredEntry) -> bool:
    """Who wrote or announced it within these 30 days knew its last day."""
    newest = store.versions(session, known.id)[:1]
    by_a_person = any(session.get(Person, one.author) is not None for one in newest)
    return by_a_person and known.expires_on is not None and (
        day_of(known.updated_at) >= known.expires_on - BEFORE
    )  # fmt: skip


def _room_of(session: Session, known: StoredEntry) -> Room | None:
    """The room of the field that looks after it."""
    field = session.get(Field, known.entry.owner or known.entry.field or "")
    return field.room if field else room_of_kind(session, "office")
