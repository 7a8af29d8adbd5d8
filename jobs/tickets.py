"""Close the consultations about which nobody has said anything for five working days after the reply."""

from datetime import datetime

from bot import tickets
from bot.cards import tickets as cards
from bot.db import Database
from bot.telling.tickets import finish, tell_thread


def close_quiet(db: Database, now: datetime) -> None:
    with db.read() as session:
        due = tickets.due_to_close(session, now)
    for ticket_id in due:
        with db.write() as session:
            ticket = tickets.locked(session, ticket_id)
            if ticket.id in tickets.due_to_close(session, now):  # nobody spoke meanwhile
                finish(session, ticket, "", now, by_itself=True)
                line = cards.happened("5営業日たったので、完了になりました")
                tell_thread(session, ticket, line, now)
