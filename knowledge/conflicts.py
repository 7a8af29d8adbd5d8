"""An entry that was edited here and in its pack's file: somebody decides which of the two it is."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from bot import history
from bot.chat import Refused
from knowledge import store
from knowledge.store import ARCHIVED, KEPT_OURS, OPEN, PUBLISHED, TOOK_FILE, Conflict, StoredEntry


def locked(session: Session, conflict_id: int) -> Conflict:
    found = session.get(Conflict, conflict_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise Refused("この食い違いは見つかりません。")
    return found


def settle(
    session: Session, conflict_id: int, who: str, now: datetime, *, from_file: bool
) -> StoredEntry:
    """Take the file's entry as the next version, or keep ours until the file changes again."""
    conflict = locked(session, conflict_id)
    done = session.execute(
        update(Conflict)
        .where(Conflict.id == conflict.id, Conflict.state == OPEN)
        .values(state=TOOK_FILE if from_file else KEPT_OURS, decided_by=who)
    )
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise Refused("この食い違いは、もう決まっています。")
    known = session.get_one(
        StoredEntry, conflict.entry_id, with_for_update=True, populate_existing=True
    )
    if from_file and conflict.entry is None:
        if known.state == PUBLISHED:
            store.turn(session, known.id, ARCHIVED, who, now)
    elif from_file and conflict.entry is not None:
        store.write(session, conflict.entry, known.version, who, now)
    session.refresh(known)
    known.digest, known.origin, known.from_pack = (
        conflict.digest,
        conflict.origin,
        conflict.entry is not None,
    )
    known.edited = not from_file
    history.note(session, "conflict", conflict.id, "file" if from_file else "database", who, now)
    return known
