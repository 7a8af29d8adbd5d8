"""Once a week the office is asked which wordings the desk may learn; what nobody decides is forgotten."""

from datetime import datetime

from bot import wordings
from bot.db import Database
from knowledge import learning


def ask_weekly(db: Database, now: datetime) -> None:
    """After nine on Monday, or when the desk is awake again: one card, once a week."""
    week = wordings.week_of(now)
    with db.read() as session:
        if wordings.is_made(session, week):
            return
    with db.write() as session:
        wordings.forget(session, now)
        before = {one.proposal.batch_id for one in wordings.waiting(session)} - {None}
        batch = wordings.make_batch(session, week, now)
        if batch is None:
            return
        learning.ask_office(session, batch, now)
        for batch_id in before:
            learning.show_anew(session, batch_id, now)
