"""Who hears of an announcement: the office's room, then each recipient through the ledger."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot import announcements
from bot.announcements import Announcement, Recipient
from bot.cards import announcements as cards
from bot.chat import Card
from bot.deliveries import Rank, amend, post, said_for


def office_card(session: Session, announcement: Announcement) -> Card:
    session.flush()
    session.refresh(announcement)
    found = announcements.recipients_of(session, announcement.targets)
    count = sum(len(people) for people in found.values())
    to_all = announcements.is_to_all(session, announcement)
    nowhere = announcements.is_nowhere_yet(session, announcement)
    return cards.for_approval(announcement, count, to_all=to_all, nowhere=nowhere)


def show_anew(session: Session, announcement: Announcement, now: datetime) -> None:
    if row := said_for(session, f"{announcement.reason}:office"):
        card = office_card(session, announcement)
        if row.card != card:
            amend(session, row, card, now)


def publish(session: Session, announcement: Announcement, now: datetime) -> int:
    """Write one row of the ledger for each recipient; returns how many."""
    rows = announcements.publish(session, announcement, now)
    card = cards.notice(announcement)
    for row in rows:
        _send_to(session, announcement, row, card, now)
    if rows:
        show_anew(session, announcement, now)
    return len(rows)


def _send_to(
    session: Session, announcement: Announcement, row: Recipient, card: Card, now: datetime
) -> None:
    """To the person's first account: the directory lists the one they read first."""
    post(
        session,
        row.person.accounts[0].talk,
        card,
        now,
        reason=announcement.reason,
        recipient=row.person_id,
        rank=Rank.NOTICE,
    )
