"""What was announced answers questions: an entry from the moment it is sent, until its own last day."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot import announcements
from bot.announcements import Announcement
from bot.days import day_of, fiscal_year
from knowledge import store
from knowledge.derived import holds_of
from knowledge.entries import Entry, Source
from knowledge.pieces import wordings_of
from knowledge.store import ARCHIVED, PUBLISHED, StoredEntry

SOURCE = "お知らせ"


def entry_of(announcement: Announcement, now: datetime) -> Entry:
    today = day_of(now)
    made = Entry(
        id=f"announcement-{announcement.id}",
        title=announcement.title,
        questions=wordings_of(announcement.title),
        answer=announcement.body,
        fiscal_year=fiscal_year(today),
        valid_from=today,
        valid_until=announcements.answers_until(announcement, today),
        sources=(Source(SOURCE, announcement.title, today.isoformat()),),
    )
    return replace(made, holds=holds_of(made))


def learn(session: Session, announcement: Announcement, now: datetime) -> bool:
    """Make the entry, where everybody got the announcement: the answer goes to whoever asks."""
    if not announcements.is_to_all(session, announcement):
        return False
    entry, who = entry_of(announcement, now), announcement.author_id
    if (
        session.get(StoredEntry, entry.id) is not None
    ):  # nothing here may keep a notice from going out
        return False
    store.write(session, entry, 0, who, now, origin=announcement.reason)
    return True


def forget(session: Session, announcement: Announcement, who: str, now: datetime) -> None:
    """What is withdrawn answers no more."""
    known = session.get(StoredEntry, f"announcement-{announcement.id}")
    if known is not None and known.state == PUBLISHED:
        store.turn(session, known.id, ARCHIVED, who, now)
