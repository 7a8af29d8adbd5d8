"""The processes that run this desk: their names in leases, and who of them is alive."""

import os
import socket
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.chat import Home
from bot.db import Base, insert_into

BEAT_EVERY = 10.0  # seconds
SILENT_AFTER = timedelta(seconds=60)  # a few beats may be late on a busy machine
FORGOTTEN_AFTER = timedelta(days=7)
STANDS_BY = "待機中"
"""How a chat's words begin where it is well and another process has the one line there may be."""


class Process(Base):
    """A process that rings the bells. `said` is what it last told of itself: {"chats": how each of its
    chats stands, by platform, "homes": where it can post}.

    A process that ends well takes its row away; one that was killed leaves it.
    """

    __tablename__ = "processes"

    owner: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    said: Mapped[dict[str, Any]]


@dataclass(frozen=True)
class Seen:
    """One process as doctor tells of it. `chats`: "" where a chat is connected, else the reason."""

    machine: str
    began_at: datetime
    beat_at: datetime
    chats: Mapping[str, str]
    homes: frozenset[str]
    ended: bool
    """Killed, or silent for too long."""
    followed: bool
    """Ended, and another one that lives was started since: nothing is left to do."""


def new_owner() -> str:
    """A name for this process in leases: machine, process and a word of its own."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def machine_of(owner: str) -> str:
    return owner.rsplit(":", 2)[0]


def is_gone(owner: str, me: str) -> bool:
    """Has the process that claimed this ended? Only sure for this machine; another's lease is waited for."""
    if owner == me:
        return False
    host, pid, _ = owner.rsplit(":", 2)
    if host != machine_of(me):
        return False
    if pid == me.rsplit(":", 2)[1]:
        return True  # our own number from an earlier life
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def beat(
    session: Session,
    owner: str,
    began_at: datetime,
    now: datetime,
    chats: Mapping[str, str],
    homes: Iterable[Home],
) -> None:
    """Say that this process is alive, how its chats stand and where it can post."""
    said = {"chats": dict(chats), "homes": sorted("/".join(home) for home in homes)}
    values = {"owner": owner, "began_at": began_at, "beat_at": now, "said": said}
    session.execute(
        insert_into(session, Process)
        .values(**values)
        .on_conflict_do_update(index_elements=["owner"], set_={"beat_at": now, "said": said})
    )


def farewell(session: Session, owner: str) -> None:
    """This process ends as it should."""
    session.execute(delete(Process).where(Process.owner == owner))


def bury(session: Session, me: str, now: datetime) -> int:
    """Take away the rows of processes of this machine that are gone: a new one has come in their place.
    Those of other machines stay for doctor to tell of, for a week. Two at once do no harm."""
    owners = session.scalars(select(Process.owner)).all()
    gone = [owner for owner in owners if is_gone(owner, me)]
    old = Process.beat_at < now - FORGOTTEN_AFTER
    buried = session.execute(
        delete(Process)
        .where(or_(Process.owner.in_(gone), old), Process.owner != me)
        .returning(Process.owner)
    )
    return len(buried.all())


def known(session: Session, me: str, now: datetime) -> list[Seen]:
    """Every process that has not said farewell, the oldest first, as one of this name sees it."""
    rows = session.scalars(select(Process).order_by(Process.began_at, Process.owner)).all()
    living = [row for row in rows if not _has_ended(row, me, now)]
    last_start = max((row.began_at for row in living), default=None)
    return [
        Seen(
            machine_of(row.owner),
            row.began_at,
            row.beat_at,
            row.said.get("chats", {}),
            frozenset(row.said.get("homes", ())),
            ended=row not in living,
            followed=row not in living and last_start is not None and last_start > row.beat_at,
        )
        for row in rows
    ]


def _has_ended(row: Process, me: str, now: datetime) -> bool:
    return now - row.beat_at > SILENT_AFTER or is_gone(row.owner, me)
