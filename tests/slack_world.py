"""The whole desk in a fake Slack: its people, its rooms, and Bolt between them."""

from dataclasses import dataclass
from typing import Any

from slack_bolt import App
from sqlalchemy import select, text

from bot.chat import ChatDesk, Home, Platform
from bot.db import Database
from bot.directory import KnownAccount, Person, Room
from bot.platforms.slack.api import Slack
from bot.platforms.slack.app import Ears
from bot.platforms.slack.asides import Asides
from bot.platforms.slack.ears import Us
from bot.platforms.slack.posting import Poster
from bot.platforms.slack.screens import Screens
from tests.slack_driver import AtOnce, dispatcher, user_of
from tests.slack_fake import APP, BOT, TEAM, FakeSlack

PAGE = "http://127.0.0.1:8080"


def move_to_slack(db: Database) -> None:
    """Everybody has one account, in Slack, and the rooms are channels there."""
    with db.write() as session:
        session.execute(text("DELETE FROM accounts WHERE platform <> 'web'"))
        for known in session.scalars(select(KnownAccount)):
            known.platform, known.workspace = "slack", TEAM
            known.user = user_of(known.user)
        for room in session.scalars(select(Room)):
            name = room.id.replace("-", "").upper()
            room.place = type(room.place)("slack", TEAM, f"C{name}")


def people(fake: FakeSlack, db: Database) -> dict[str, str]:
    """Puts the directory's people and rooms into the fake; gives the rooms' channels by name."""
    with db.read() as session:
        inside = {user_of(p.id) for p in session.scalars(select(Person)) if p.inside}
        for person in session.scalars(select(Person)):
            fake.add_person(user_of(person.id), person.name, f"{person.id}@example.jp")
        rooms = {room.name: room.place.channel for room in session.scalars(select(Room))}
    for name, channel in rooms.items():
        fake.add_channel(channel, name, is_private=True, members={*inside, BOT})
    return rooms


@dataclass
class Connected:
    """What a test may want to hold of the adapter."""

    app: App
    poster: Poster
    ears: Ears
    slack: Slack


def connect_slack(
    fake: FakeSlack, desk: ChatDesk, platforms: dict[Home, Platform], clock: Any
) -> Connected:
    """The adapter as `SlackChat` makes it, with listeners that run at once."""
    us = Us(TEAM, BOT, APP)
    slack = Slack("xoxb-test", fake.base_url)
    poster = Poster(slack, us.workspace, PAGE, clock)
    screens = Screens(desk, slack, poster, PAGE)
    asides = Asides(slack, slack, poster, PAGE, us.bot)
    ears = Ears(desk, slack, slack, us, screens, asides, clock)
    app = ears.app(AtOnce(), "")
    platforms[poster.home] = poster
    fake.dispatch = dispatcher(app)
    return Connected(app, poster, ears, slack)
