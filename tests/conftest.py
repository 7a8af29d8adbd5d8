"""What tests stand on: a database like the real one, a clock to turn, and the whole desk."""

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from sqlalchemy import text

from bot.__main__ import build_desk
from bot.chat import Account, Home, Platform
from bot.config import Config
from bot.db import Base, Database, connect
from bot.platforms.logo import store as _logo_tables  # noqa: F401  its tables are among the others
from bot.platforms.terminal import Terminal
from bot.platforms.web import Page, make_app
from handlers.desk import HelpDesk
from jobs.announcements import publish_due
from jobs.knowledge import ask_before_expiry
from jobs.relay import tell_of_relays
from jobs.tickets import close_quiet
from jobs.wordings import ask_weekly
from knowledge.library import SYNONYMS, Library
from knowledge.search import Index
from knowledge.store import digests, index_version
from knowledge.text import Synonyms, Words
from tests.logo_desk import connect_logo, move_to_logo
from tests.logo_driver import LogoDriver
from tests.logo_fake import FakeLogo
from tests.page_driver import PageDriver
from tests.slack_driver import SlackDriver
from tests.slack_fake import FakeSlack
from tests.slack_world import connect_slack, move_to_slack, people
from tests.store import NOON, ON_POSTGRES, Store
from tests.terminal_driver import TerminalDriver

NAMES_A_DATABASE = ("POSTGRES", "nothing_yet")
"""Signs that a test file makes a database of its own, without the `store` below."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches a database runs: the rest has just run, and would do the very same. A
    conversation that just ran on all four chats runs on one of them, each in its turn (TEST_DRIVERS=all: on all)."""
    if not ON_POSTGRES:
        return
    files = {item.path for item in items}
    own = {f for f in files if any(sign in f.read_text("utf-8") for sign in NAMES_A_DATABASE)}
    left_out = {
        item
        for item in items
        if (item.path not in own and "store" not in getattr(item, "fixturenames", ()))
        or not _is_its_turn(item)
    }
    config.hook.pytest_deselected(items=sorted(left_out, key=lambda item: item.nodeid))
    items[:] = [item for item in items if item not in left_out]


def _is_its_turn(item: pytest.Item) -> bool:
    driver = getattr(getattr(item, "callspec", None), "params", {}).get("whole")
    if os.environ.get("TEST_DRIVERS") == "all":
        return True
    if driver is None:
        return True
    name = f"{item.path.name}::{getattr(item, 'originalname', item.name)}"
    return bool(driver == sorted(BUILDERS)[crc32(name.encode()) % len(BUILDERS)])


@pytest.fixture(autouse=True)
def _only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests speak with 127.0.0.1 alone; any other name is an error, not a time-out."""
    real = socket.getaddrinfo

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in (None, "", "127.0.0.1", "localhost", "::1", b"127.0.0.1", b"localhost"):
            raise AssertionError(f"a test looked up {host!r}")
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(tmp_path_factory.mktemp("databases"))
    yield made
    made.drop()


@pytest.fixture
def db(store: Store) -> Iterator[Database]:
    """Directory, demo people and the pack are in it. A test that changes those takes `own_db`."""
    made = connect(store.make(seeded=True))
    yield made
    made.close()


@pytest.fixture
def own_db(store: Store) -> Iterator[Database]:
    """Like `db`, for tests that change directory or entries."""
    made = connect(store.make(seeded=True))
    yield made
    made.close()


@pytest.fixture
def empty_db(store: Store) -> Iterator[Database]:
    """Only the tables."""
    made = connect(store.make(seeded=False))
    yield made
    made.close()


@pytest.fixture
def lite_db(tmp_path: Path) -> Iterator[Database]:
    """Only the tables, in SQLite whatever the suite runs on: for tests that are about something else."""
    made = connect(f"sqlite:///{tmp_path / 'lite.db'}")
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture(scope="session")
def words() -> Words:
    return Words()


@pytest.fixture(scope="session")
def synonyms(words: Words) -> Synonyms:
    return Synonyms.read(SYNONYMS, words)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)  # two things never happen in the same moment
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


Driver = PageDriver | TerminalDriver | SlackDriver


@dataclass
class Whole:
    """The whole desk with one driver to talk to it by."""

    db: Database
    desk: HelpDesk
    clock: Clock
    driver: Driver
    platforms: dict[Home, Platform]
    name: str
    app: Any = None
    extras: dict[str, Any] = field(default_factory=dict)

    def tick(self) -> None:
        """Ring every bell of the timetable once."""
        now = self.clock()
        publish_due(self.db, now)
        close_quiet(self.db, now)
        ask_before_expiry(self.db, now)
        ask_weekly(self.db, now)
        tell_of_relays(self.db, now)
        self.desk.answer_left_over(now)
        self.desk.sender.send_due(now)

    def say(self, who: str, words: str, where: str | None = None) -> str:
        """Say it, let the bells ring, and give back everything to read in that place."""
        self.driver.say(who, words, where)
        self.tick()
        return self.driver.read(who, where)

    def press(self, who: str, label: str, where: str | None = None) -> None:
        self.driver.press(who, label, where)
        self.tick()

    def fill(self, who: str, values: dict[str, Any]) -> None:
        self.driver.fill(who, values)
        self.tick()

    def confirm(self, who: str) -> None:
        self.driver.confirm(who)
        self.tick()

    def read(self, who: str, where: str | None = None) -> str:
        self.tick()
        return self.driver.read(who, where)

    def buttons(self, who: str, where: str | None = None) -> list[str]:
        self.tick()
        return self.driver.buttons(who, where)


INDEXES: dict[tuple[tuple[str, str], ...], tuple[Index, Any]] = {}


def library_of(db: Database, words: Words, synonyms: Synonyms) -> Library:
    """A library whose index, which never changes, is shared by the tests that have the same entries."""
    library = Library(db, words, synonyms)
    with db.read() as session:
        held = tuple(sorted(digests(session, from_pack=True).items()))
        version = index_version(session)
    known = INDEXES.get(held)
    if known is not None and known[0].version == version:
        library._index, library._base = (
            known  # so a change is put beside it, as in a desk that runs
        )
    else:
        INDEXES[held] = (library.index(), library._base)
    return library


def config_for(folder: Path, **settings: str) -> Config:
    """The settings of a desk for practice, unless others are given."""
    return Config.from_values({"DATA_DIR": str(folder), "DEMO": "1", **settings})


def on_page(db: Database, folder: Path, library: Library, **settings: str) -> Whole:
    config = config_for(folder, **settings)
    clock = Clock()
    page = Page(db, clock)
    platforms: dict[Home, Platform] = {page.home: page}
    desk = build_desk(db, config, platforms, clock=clock, library=library)
    people = (
        "yamada",
        "ueda",
        "okuda",
        "nakamura",
        "mori",
        "kishimoto",
        "hayashi",
        "fujii",
        "kobe1",
    )
    app = make_app(
        db,
        desk,
        page,
        clock=clock,
        demo=tuple(Account("web", "page", person) for person in people) if config.demo else None,
        files=folder / "sources",
        hosts=frozenset({"127.0.0.1:8080"}),
        by_link=desk.page_by_link,
    )
    return Whole(db, desk, clock, PageDriver(app), platforms, "page", app)


def in_terminal(db: Database, folder: Path, library: Library) -> Whole:
    """Everybody at a terminal of their own; the rooms of the prefecture stand at terminal/desk."""
    clock = Clock()
    with db.write() as session:
        session.execute(
            text("UPDATE rooms SET place = replace(place, 'web/page/', 'terminal/desk/')")
        )
        # one account a person, so that notices go to the terminal
        session.execute(text("DELETE FROM accounts WHERE platform = 'web'"))
        names = session.execute(text("SELECT DISTINCT workspace FROM accounts")).scalars().all()
    terminals = {("terminal", name): Terminal(name) for name in (*names, "desk")}
    platforms: dict[Home, Platform] = dict(terminals)
    desk = build_desk(db, config_for(folder), platforms, clock=clock, library=library)
    return Whole(db, desk, clock, TerminalDriver(desk, terminals, clock), platforms, "terminal")


def in_slack(db: Database, folder: Path, library: Library) -> Whole:
    """Everybody in one workspace of Slack, and the rooms its channels."""
    clock = Clock()
    move_to_slack(db)
    fake = FakeSlack().start()
    rooms = people(fake, db)
    platforms: dict[Home, Platform] = {}
    desk = build_desk(db, config_for(folder), platforms, clock=clock, library=library)
    connected = connect_slack(fake, desk, platforms, clock)
    extras = {"fake": fake, "connected": connected, "close": fake.stop}
    return Whole(db, desk, clock, SlackDriver(fake, rooms), platforms, "slack", extras=extras)


def in_logo(db: Database, folder: Path, library: Library, **settings: str) -> Whole:
    """Everybody in one organisation of LoGoチャット, and the rooms its group talks."""
    clock = Clock()
    fake = FakeLogo(lambda: clock.now.timestamp()).start()  # noqa: PLW0108  the clock is turned
    users, rooms = move_to_logo(db, fake)
    platforms: dict[Home, Platform] = {}
    config = config_for(folder, **settings)
    desk = build_desk(db, config, platforms, clock=clock, library=library)
    chat = connect_logo(fake, db, desk, platforms, clock)

    def close() -> None:
        chat.stop()
        fake.stop()

    driver = LogoDriver(fake, chat, desk, users, rooms, clock)
    extras = {"fake": fake, "chat": chat, "close": close}
    return Whole(db, desk, clock, driver, platforms, "logo", extras=extras)


BUILDERS: dict[str, Callable[[Database, Path, Library], Whole]] = {
    "logo": in_logo,
    "page": on_page,
    "slack": in_slack,
    "terminal": in_terminal,
}


@pytest.fixture(params=sorted(BUILDERS))
def whole(
    request: pytest.FixtureRequest,
    store: Store,
    own_db: Database,
    tmp_path: Path,
    words: Words,
    synonyms: Synonyms,
) -> Iterator[Whole]:
    """The whole desk on each door in turn: every conversation test runs on all of them."""
    made = BUILDERS[request.param](own_db, tmp_path, library_of(own_db, words, synonyms))
    yield made
    made.extras.get("close", lambda: None)()


@pytest.fixture
def page(own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms) -> Whole:
    return on_page(own_db, tmp_path, library_of(own_db, words, synonyms))
