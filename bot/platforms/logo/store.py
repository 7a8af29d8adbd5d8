"""What must outlive the process: who holds the line, what was heard last, what a stamp's options mean."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, delete, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, Database, insert_into
from bot.processes import is_gone


class LogoLease(Base):
    """One live line per token: another login with it ends the first. `token` is a hash of it.

    `stopped_why`: nobody connects with this token again until somebody starts the desk anew.
    """

    __tablename__ = "logo_leases"

    token: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    lease_until: Mapped[datetime]
    stopped_why: Mapped[str] = mapped_column(default="")
    stopped_at: Mapped[datetime | None]


class LogoSeen(Base):
    """The newest message of a talk that is safely taken in. Ids have 64 bits, so they are texts."""

    __tablename__ = "logo_seen"

    talk_id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str]


class LogoStamp(Base):
    """A stamp that was posted, and what its options do. `options`: one map an option, in order. `post`: the card it
    belongs to, if any. `dialogue`: the form it is a question of, if any."""

    __tablename__ = "logo_stamps"
    __table_args__ = (Index(None, "talk_id", "dialogue"),)

    message_id: Mapped[str] = mapped_column(primary_key=True)
    talk_id: Mapped[str]
    post: Mapped[str] = mapped_column(index=True)
    dialogue: Mapped[int | None]
    kind: Mapped[str]
    options: Mapped[list[dict[str, Any]]]
    closed: Mapped[bool] = mapped_column(default=False)
    account: Mapped[str]
    sent_at: Mapped[datetime]


@dataclass
class Lease:
    """The right to be connected with a token, for one process. `began`: when that process started."""

    db: Database
    token: str
    owner: str
    began: datetime
    lasts: timedelta

    def __post_init__(self) -> None:
        self._key = hashlib.sha256(f"logo:{self.token}".encode()).hexdigest()

    def take(self, now: datetime) -> bool:
        """Take or renew it. False where another process holds it, or it was stopped for good."""
        until = now + self.lasts
        with self.db.write() as session:
            session.execute(
                insert_into(session, LogoLease)
                .values(
                    token=self._key,
                    owner=self.owner,
                    lease_until=until,
                    stopped_why="",
                    stopped_at=None,
                )
                .on_conflict_do_nothing()
            )
            held = session.get_one(LogoLease, self._key, with_for_update=True)
            stopped = held.stopped_at is not None and held.stopped_at >= self.began
            free = held.lease_until < now or is_gone(held.owner, self.owner)
            if stopped or not (held.owner == self.owner or free):
                return False
            held.owner, held.lease_until = self.owner, until
            held.stopped_why, held.stopped_at = "", None
            return True

    def stop(self, why: str, now: datetime) -> None:
        """Nobody connects with this token until a process is started after `now`."""
        self._change(stopped_why=why, stopped_at=now, lease_until=now)

    def give_back(self, now: datetime) -> None:
        """This process ends; the next may take over at once."""
        self._change(lease_until=now - timedelta(seconds=1))

    def why_stopped(self) -> str:
        """Why nobody may connect, "" where somebody may."""
        with self.db.read() as session:
            held = session.get(LogoLease, self._key)
            if held is None or held.stopped_at is None or held.stopped_at < self.began:
                return ""
            return held.stopped_why

    def _change(self, **values: Any) -> bool:
        with self.db.write() as session:
            changed = session.execute(
                update(LogoLease)
                .where(LogoLease.token == self._key, LogoLease.owner == self.owner)
                .values(**values)
            )
            return isinstance(changed, CursorResult) and changed.rowcount == 1


@dataclass(frozen=True)
class Seen:
    """Up to which message each talk was taken in."""

    db: Database

    def all(self) -> dict[int, int]:
        with self.db.read() as session:
            rows = session.execute(select(LogoSeen.talk_id, LogoSeen.message_id)).all()
        return {int(talk): int(message) for talk, message in rows}

    def move(self, talk_id: int, message_id: int) -> None:
        """This message is taken in; the mark never moves back."""
        with self.db.write() as session:
            session.execute(
                insert_into(session, LogoSeen)
                .values(talk_id=str(talk_id), message_id=str(message_id))
                .on_conflict_do_nothing()
            )
            row = session.get_one(LogoSeen, str(talk_id), with_for_update=True)
            if int(row.message_id) < message_id:
                row.message_id = str(message_id)

    def join(self, talk_id: int) -> None:
        """The desk is in this talk now: what is said from here on is for it. Ids grow with time over all talks."""
        now = max(self.all().values(), default=0)
        with self.db.write() as session:
            session.execute(
                insert_into(session, LogoSeen)
                .values(talk_id=str(talk_id), message_id=str(now))
                .on_conflict_do_nothing()
            )

    def forget(self, talk_id: int) -> None:
        """The desk is not in this talk any more."""
        with self.db.write() as session:
            session.execute(delete(LogoSeen).where(LogoSeen.talk_id == str(talk_id)))
