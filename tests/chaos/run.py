"""The whole run, from an empty database to the checks."""

import random
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, select

from bot.announcements import Announcement
from bot.announcements import State as Notice
from bot.db import Database
from bot.deliveries import Delivery
from bot.deliveries import State as Sending
from bot.inbox import Arrival
from bot.inbox import State as Inbox
from tests.chaos.book import Book, PageBook
from tests.chaos.checks import CHECKS, check_posts
from tests.chaos.people import People
from tests.chaos.plan import Plan, Tally
from tests.chaos.process import Killer, PageKiller, Process, opened, own_database
from tests.chaos.script import B, F, Script
from tests.server import END_WITHIN

SETTLED_WITHIN = 180.0  # longer than a lease and the first back-off
ERROR = re.compile(r"^.* ERROR |^Traceback", re.MULTILINE)
LONGEST_PAUSE = 0.5  # between two steps, so that the timetable's bells ring as well

Tell = Callable[[str], None]


class Stage(Protocol):
    """A platform with people at its door."""

    @property
    def process(self) -> Process: ...

    def work(self, plan: Plan, tally: Tally, tell: Tell) -> None:
        """What people do, and the kills."""

    def look(self, db: Database, tally: Tally) -> Book:
        """What is there at the end, after the checks that only this platform needs."""
        ...


Build = Callable[[Path, str], AbstractContextManager[Stage]]
"""Sets a stage up on a folder and a database of its own."""


class OnPage:
    """The page in the process itself, and a browser a person."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.process = Process(folder, database_url)

    def work(self, plan: Plan, tally: Tally, tell: Tell) -> None:
        killer = PageKiller(self.process, plan.moments(), tally)
        people = People(self.process, killer, tally, plan)
        try:
            play(Script(people, tally, plan.seed), killer, plan, tally, tell)
        finally:
            people.close()

    def look(self, db: Database, tally: Tally) -> Book:
        book = PageBook(db, tally.sent)
        check_posts(book, tally)
        return book


def run(plan: Plan, tell: Tell, build: Build | None = None) -> Tally:
    """Do it all on a database of its own, and leave nothing behind. Without `build`, on the page."""
    tally, began = Tally(), time.monotonic()
    build = build or (lambda folder, url: nullcontext(OnPage(folder, url)))
    with (
        tempfile.TemporaryDirectory() as name,
        own_database(plan, Path(name)) as url,
        build(Path(name), url) as stage,
    ):
        with running(stage.process):
            stage.work(plan, tally, tell)
            settle(stage.process, tally)
            end(stage.process, tally)
        log = stage.process.log.read_text("utf-8")
        if error := ERROR.search(log):
            tally.blame(f"the log tells of an error:\n{log[error.start() :][:3000]}")
        with opened(url) as db:
            book = stage.look(db, tally)
        for check in CHECKS:
            check(book, tally)
    tally.figures["seconds"] = round(time.monotonic() - began)
    return tally


@contextmanager
def running(process: Process) -> Iterator[None]:
    """From its start; dead at the end, whatever happened."""
    process.begin()
    try:
        process.wait_until_up()
        yield
    finally:
        process.kill()


def play(script: Script[B, F], killer: Killer, plan: Plan, tally: Tally, tell: Tell) -> None:
    """The steps of the plan, and its kills; a few more questions where kills are left over."""
    pause = random.Random(f"pause {plan.seed}")
    with killer.at_work():
        for number in range(1, plan.steps + 1):
            script.step()
            time.sleep(pause.uniform(0, LONGEST_PAUSE))
            tell(f"step {number}/{plan.steps}, kills {tally.figures['kills']}/{plan.kills}")
        while killer.left:
            script.ask()
            tally.figures["step ask"] += 1


def end(process: Process, tally: Tally) -> None:
    """By SIGTERM, as systemd does it."""
    try:
        code = process.stop()
    except subprocess.TimeoutExpired:
        tally.blame(f"SIGTERM: still there after {END_WITHIN:.0f} s")
    else:
        if code != 0:
            tally.blame(f"SIGTERM: exit code {code}")


def settle(process: Process, tally: Tally) -> None:
    """Until nothing waits."""
    began = time.monotonic()
    if settled(process, SETTLED_WITHIN):
        tally.figures["seconds to settle"] = round(time.monotonic() - began)
    else:
        tally.blame(f"something still waits after {SETTLED_WITHIN:.0f} s")


def settled(process: Process, within: float) -> bool:
    """Does everything that waits come to its end in so many seconds?"""
    until = time.monotonic() + within
    waits = (
        select(func.count()).where(Delivery.state.in_((Sending.WAITING, Sending.SENDING))),
        select(func.count()).where(Arrival.state == Inbox.RECEIVED),
        select(func.count()).where(Announcement.state == Notice.APPROVED),
    )
    with opened(process.database_url) as db:
        while time.monotonic() < until:
            with db.read() as session:
                if not any(session.scalar(query) for query in waits):
                    return True
            time.sleep(0.05)
    return False
