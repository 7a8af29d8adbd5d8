"""The whole desk in a fake LoGoチャット: its people, its rooms, and the real session between them."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, text

from bot.chat import ChatDesk, Home, Place, Platform
from bot.db import Database
from bot.directory import KnownAccount, Person, Room
from bot.platforms.logo.talking import Spacer
from tests.logo_driver import HOME, Counted
from tests.logo_fake import FakeLogo
from tests.logo_fake.world import GROUP
from tests.logo_world import QUICK, settings_for

PAGE = "http://127.0.0.1:8080"


def move_to_logo(db: Database, fake: FakeLogo) -> tuple[dict[str, int], dict[str, int]]:
    """Everybody has one account, there, and the rooms are its group talks. Their ids by person and by name."""
    users: dict[str, int] = {}
    rooms: dict[str, int] = {}
    with db.write() as session:
        session.execute(text("DELETE FROM accounts WHERE platform <> 'web'"))
        people = list(session.scalars(select(Person)))
        for person in people:
            users[person.id] = fake.add_person(person.name, f"{person.id}@example.jp")
        for known in session.scalars(select(KnownAccount)):
            known.platform, known.workspace = HOME
            known.user = str(users[known.person_id])
        inside = [users[person.id] for person in people if person.inside]
        for room in session.scalars(select(Room).order_by(Room.position)):
            rooms[room.name] = int(fake.add_talk(GROUP, room.name, inside)["talk_id"])
            room.place = Place(*HOME, f"talk-{rooms[room.name]}")
    return users, rooms


def connect_logo(
    fake: FakeLogo,
    db: Database,
    desk: ChatDesk,
    platforms: dict[Home, Platform],
    clock: Callable[[], datetime],
    owner: str = "machine:1:a",
) -> Counted:
    """The chat as `serve` makes it, without any waiting."""
    chat = Counted(settings_for(fake), owner, db, PAGE, clock, pace=QUICK, spacer=Spacer(0))
    chat.start(desk, platforms, lambda: None)
    fake.wait_until(lambda: chat.said == "" and chat.session.domains, 10, "the chat is connected")
    chat.host()
    return chat
