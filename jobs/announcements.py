"""Send out the announcements whose time has come: one transaction each, so all recipients or none."""

from datetime import datetime

from bot import announcements
from bot.db import Database
from bot.telling.announcements import publish


def publish_due(db: Database, now: datetime) -> None:
    with db.read() as session:
        due = announcements.due(session, now)
    for announcement_id in due:
        with db.write() as session:
            publish(session, announcements.locked(session, announcement_id), now)
