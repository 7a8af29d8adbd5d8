"""The whole run, from an empty database to the checks."""

import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from bot.announcements import Announcement
from bot.announcements import State as Notice
from bot.deliveries import Delivery
from bot.deliveries import State as Sending
from bot.inbox import Arrival
from bot.inbox import State as Inbox
from tests.chaos.book import Book
from tests.chaos.checks import CHECKS
from tests.chaos.people import People
from tests.chaos.plan import Plan, Tally
from tests.chaos.process import Killer, Process, opened, own_database
from tests.chaos.script import Script
from tests.server import END_WITHIN

SETTLED_WITHIN = 180.0  # longer than a lease and the first back-off
LONGEST_PAUSE = 0.5  # between two steps, so that the timetable's bells ring as well


def run(plan: Plan, tell: Callable[[str], None]) -> Tally:
    """Do it all on a database of its own, and leave nothing behind."""
    tally, began = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory() as name, own_database(plan, Path(name)) as url:
        process = Process(Path(name), url)
        process.begin()
        try:
            process.wait_until_up()
            work(plan, process, tally, tell)
            settle(process, tally)
            end(process, tally)
        finally:
            process.kill()
        log = process.log.read_text("utf-8")
        if "Traceback" in log or " ERROR " in log:
            tally.blame(f"the log tells of an error:\n{log[-3000:]}")
        with opened(url) as db:
            book = Book(db, tally.sent)
            for check in CHECKS:
                check(book, tally)
    tally.figures["seconds"] = round(time.monotonic() - began)
    return tally


def work(plan: Plan, process: Process, tally: Tally, tell: Callable[[str], None]) -> None:
    """The script with the killer beside it; a few more questions where kills are left over."""
    killer = Killer(process, plan.moments(), tally)
    people = People(process, killer, tally, plan)
    script, pause = Script(people, tally, plan.seed), random.Random(f"pause {plan.seed}")
    try:
        with killer.at_work():
            for number in range(1, plan.steps + 1):
                script.step()
                time.sleep(pause.uniform(0, LONGEST_PAUSE))
                tell(f"step {number}/{plan.steps}, kills {tally.figures['kills']}/{plan.kills}")
            while killer.left:
                script.ask()
                tally.figures["step ask"] += 1
    finally:
        people.close()


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
    waits = (
        select(func.count()).where(Delivery.state.in_((Sending.WAITING, Sending.SENDING))),
        select(func.count()).where(Arrival.state == Inbox.RECEIVED),
        select(func.count()).where(Announcement.state == Notice.APPROVED),
    )
    with opened(process.database_url) as db:
        while time.monotonic() < began + SETTLED_WITHIN:
            with db.read() as session:
                if not any(session.scalar(query) for query in waits):
                    tally.figures["seconds to settle"] = round(time.monotonic() - began)
                    return
            time.sleep(0.2)
    tally.blame(f"something still waits after {SETTLED_WITHIN:.0f} s")
