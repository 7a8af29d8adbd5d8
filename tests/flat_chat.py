"""A chat without threads for tests of the core: everything said in a channel stands in one row."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from bot.__main__ import build_desk
from bot.chat import Account, Button, Card, Home, Message, Place, Platform
from bot.db import Database
from bot.directory import Room
from handlers.desk import HelpDesk
from jobs.announcements import publish_due
from jobs.tickets import close_quiet
from knowledge.library import Library
from tests.conftest import Clock, config_for

NAME, TOWN = "flat", "one"


class Flat(Platform):
    """Keeps what was said, each card with where it was meant to stand."""

    shows_forms, keeps_forms, has_threads = False, True, False
    home: Home = (NAME, TOWN)

    def __init__(self) -> None:
        self.said: list[tuple[Place, Card]] = []

    def send(self, place: Place, card: Card, key: str, tried: datetime | None = None) -> Place:  # noqa: ARG002
        posted = place.of_post(key, opens=bool(card.opens))
        self.said.append((posted if card.opens else place, card))
        return posted

    def update(self, posted: Place, card: Card, key: str, tried: datetime | None = None) -> Place:  # noqa: ARG002
        self.said.append((posted.said_in, card))
        return posted


@dataclass
class FlatWorld:
    """The whole desk on it. `where`: None is the own talk, else the name of a room."""

    db: Database
    desk: HelpDesk
    clock: Clock
    chat: Flat
    events: Any

    def say(self, who: str, words: str, where: str | None = None, **more: Any) -> Card:
        """The newest card that this led to in that channel (or the newest there)."""
        return self._hear(who, where, text=words, **more)

    def press(self, who: str, label: str, where: str | None = None) -> Card:
        """Press the newest button there that says so."""
        shown = [(p, b) for p, c in self.at(who, where) for b in c.buttons]
        place, button = next(
            ((p, b) for p, b in reversed(shown) if label in b.label), (None, Button("", ""))
        )
        assert place is not None, f"no 「{label}」 among {[b.label for _, b in shown]}"
        return self._hear(who, where, thread=place.said_in.thread, press=button)

    def press_value(self, who: str, action: str, value: str, where: str | None = None) -> Card:
        return self._hear(who, where, press=Button(action, "", value))

    def at(self, who: str, where: str | None = None) -> list[tuple[Place, Card]]:
        channel = self.place(who, where)
        return [(place, card) for place, card in self.chat.said if place.root == channel]

    def labels(self, who: str, where: str | None = None) -> list[str]:
        return [b.label for b in self.at(who, where)[-1][1].buttons]

    def place(self, who: str, where: str | None = None) -> Place:
        if where is None:
            return Place(NAME, TOWN, who)
        if where.startswith("group"):
            return Place(NAME, TOWN, where)
        with self.db.read() as session:
            return session.scalars(select(Room).where(Room.name.contains(where))).one().place

    def tick(self) -> None:
        now = self.clock()
        publish_due(self.db, now)
        close_quiet(self.db, now)
        self.desk.answer_left_over(now)
        self.desk.sender.send_due(now)

    def _hear(
        self,
        who: str,
        where: str | None,
        *,
        text: str = "",
        thread: str | None = None,
        press: Button | None = None,
        addressed: bool = False,
    ) -> Card:
        root = self.place(who, where)
        message = Message(
            f"f{next(self.events)}",
            Account(NAME, TOWN, who),
            Place(NAME, TOWN, root.channel, thread),
            self.clock(),
            text=text,
            action=press.action if press else None,
            value=press.value if press else "",
            addressed=addressed,
        )
        self.desk.hear(message)
        self.tick()
        return self.at(who, where)[-1][1] if self.at(who, where) else Card("")


def in_flat(db: Database, folder: Path, library: Library) -> FlatWorld:
    """Everybody of the directory has one account there, and the rooms are its channels."""
    with db.write() as session:
        session.execute(text("DELETE FROM accounts WHERE platform <> 'web'"))
        session.execute(text(f"UPDATE accounts SET platform = '{NAME}', workspace = '{TOWN}'"))
        session.execute(
            text(f"UPDATE rooms SET place = replace(place, 'web/page/', '{NAME}/{TOWN}/')")
        )
    clock, chat = Clock(), Flat()
    platforms: dict[Home, Platform] = {chat.home: chat}
    desk = build_desk(db, config_for(folder), platforms, clock=clock, library=library)
    return FlatWorld(db, desk, clock, chat, count())
