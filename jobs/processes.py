"""This process tells the others, and doctor, that it is alive."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.chat import Home
from bot.db import Database
from bot.processes import beat, bury, farewell


@dataclass(frozen=True)
class Heart:
    """`chats` tells how each chat stands: "" where it is connected, else the reason in a sentence that
    holds no secret. `homes`: where this process can post, the keys of its platforms as they are now."""

    db: Database
    owner: str
    began_at: datetime
    chats: Callable[[], Mapping[str, str]]
    homes: Collection[Home]

    def start(self, now: datetime) -> None:
        """Once, before the bells ring: those of this machine that were killed are forgotten."""
        with self.db.write() as session:
            bury(session, self.owner, now)
        self.beat(now)

    def beat(self, now: datetime) -> None:
        """Every BEAT_EVERY seconds."""
        chats, homes = self.chats(), list(self.homes)  # asked before a transaction is open
        with self.db.write() as session:
            beat(session, self.owner, self.began_at, now, chats, homes)

    def stop(self) -> None:
        """Once, when no bell rings any more."""
        with self.db.write() as session:
            farewell(session, self.owner)
