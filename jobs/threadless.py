"""Words that were kept because nobody said where they belong are forgotten after a week."""

from datetime import datetime

from bot import focus
from bot.db import Database


def forget_held(db: Database, now: datetime) -> None:
    with db.write() as session:
        focus.forget_old(session, now)
