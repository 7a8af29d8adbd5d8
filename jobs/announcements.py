"""Send out the announcements whose time has come: one transaction each, so all recipients or none.
What everybody got answers questions from the same moment."""

from datetime import datetime

from bot import announcements
from bot.db import Database
from bot.telling.announcements import publish
from knowledge import announced


def publish_due(db: Database, now: datetime) -> None:
    with db.read() as session:
        due = announcements.due(session, now)
    for announcement_id in due:
        with db.write() as session:
            announcement = announcements.locked(session, announcement_id)
            publish(session, announcement, now)
            if announcement.sent_at == now:  # and by us
                announced.learn(session, announcement, now)
