"""The process, who kills it, and the database it leaves behind."""

import shutil
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from bot.db import Database, connect
from bot.deliveries import Delivery
from bot.deliveries import State as Sending
from bot.inbox import Arrival
from bot.inbox import State as Inbox
from bot.platforms.web.posts import WebPost
from tests.chaos.plan import Moment, Plan, Tally
from tests.server import START_WITHIN, Server

SENDS_WITHIN = 3.0
PACK = "knowledge/hyogo"


class Process(Server):
    """The desk with a database of its own, whatever is set on this machine."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        usual = {
            "HOST": "127.0.0.1",
            "PUBLIC_URL": "",
            "DATABASE_URL": database_url,
            "KNOWLEDGE_PACK": PACK,
            "DIRECTORY": f"{PACK}/directory",
        }
        super().__init__(folder, **{**usual, **settings})
        self.folder = folder
        self.database_url = database_url


class Killer(ABC):
    """Kills at the planned moments and starts anew, in a thread of its own."""

    def __init__(self, process: Process, moments: list[Moment], tally: Tally) -> None:
        self.up = threading.Event()
        self.up.set()
        self.in_flight = False
        self._process = process
        self._moments = moments
        self._tally = tally
        self._armed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="killer", daemon=True)
        self._over = False
        self._error: Exception | None = None

    @abstractmethod
    def standing(self, session: Session) -> set[str]:
        """The keys of the ledger's rows that stand in the chat."""

    @property
    def left(self) -> int:
        return len(self._moments)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._over = True
            self._armed.set()
            self._thread.join(START_WITHIN)

    def begun(self, number: int) -> None:
        """The client begins the POST of this number."""
        self.in_flight = True
        if self._moments and self._moments[0].post <= number:
            self._armed.set()

    def wait_until_up(self) -> None:
        if not self.up.wait(2 * START_WITHIN):
            raise RuntimeError("the desk did not come back")
        if self._error is not None:
            raise RuntimeError("the killer stopped") from self._error

    def _work(self) -> None:
        try:
            self._kill_all()
        except Exception as error:  # noqa: BLE001  the client's thread raises it
            self._error = error
            self.up.set()

    def _kill_all(self) -> None:
        while True:
            self._armed.wait()
            if self._over:
                return
            moment = self._moments[0]
            time.sleep(moment.delay)
            if moment.sending:
                self._wait_for_sending()
            self.up.clear()
            self.kill("kills inside a request" if self.in_flight else "kills between requests")
            if moment.again is not None:
                self._process.begin()
                time.sleep(moment.again)
                self.kill("kills inside a start")
            self._process.begin()
            self._process.wait_until_up()
            self._moments.pop(0)
            self._armed.clear()
            self.up.set()

    def _wait_for_sending(self) -> None:
        """Until the ledger has rows on their way; the connection is closed again before the kill."""
        on_their_way = select(func.count()).where(Delivery.state == Sending.SENDING)
        until = time.monotonic() + SENDS_WITHIN
        with opened(self._process.database_url) as db:
            while time.monotonic() < until:
                with db.read() as session:
                    if session.scalar(on_their_way):
                        return
                time.sleep(0.001)

    def kill(self, when: str) -> None:
        """SIGKILL, and a look at what it left."""
        self._process.kill()
        self._tally.figures["kills"] += 1
        self._tally.figures[when] += 1
        self._look()

    def _look(self) -> None:
        """What the dead process left: rows it had sent and not recorded, events it had not ended."""
        with left_behind(self._process) as db, db.read() as session:
            rows = session.execute(
                select(Delivery.id, Delivery.replaces_id).where(Delivery.state == Sending.SENDING)
            ).all()
            cut = session.scalars(select(Arrival.id).where(Arrival.state == Inbox.RECEIVED)).all()
            standing = self.standing(session)
        lost = {
            row_id for row_id, replaces in rows if replaces is None and f"d{row_id}" in standing
        }
        self._tally.lost_records |= lost
        self._tally.figures["records lost"] += len(lost)
        self._tally.figures["claims cut off"] += len(rows) - len(lost)
        self._tally.cut_off |= set(cut)


class PageKiller(Killer):
    def standing(self, session: Session) -> set[str]:
        return set(session.scalars(select(WebPost.key)))


@contextmanager
def left_behind(process: Process) -> Iterator[Database]:
    """The database as the dead process left it: of SQLite's files a copy, so that the next start has to
    recover them by itself."""
    if process.database_url.startswith("sqlite"):
        with tempfile.TemporaryDirectory() as folder:
            for path in (process.folder / "desk.db", process.folder / "desk.db-wal"):
                if path.exists():
                    shutil.copy(path, folder)
            with opened(f"sqlite:///{folder}/desk.db") as db:
                yield db
        return
    with opened(process.database_url) as db:
        until = time.monotonic() + 5
        others = text(
            "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND application_name = current_setting('application_name')"
        )
        while time.monotonic() < until:  # what it had sent to the server still comes to its end
            with db.read() as session:
                if not session.scalar(others):
                    break
            time.sleep(0.01)
        yield db


@contextmanager
def opened(url: str) -> Iterator[Database]:
    db = connect(url)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def own_database(plan: Plan, folder: Path) -> Iterator[str]:
    """A new SQLite file, or a schema of its own that is dropped afterwards."""
    if not plan.database_url:
        yield f"sqlite:///{folder / 'desk.db'}"
        return
    url, schema = make_url(plan.database_url), f"chaos_{uuid4().hex[:8]}"
    server = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        try:
            own = {"options": f"-csearch_path={schema}", "application_name": schema}
            yield url.update_query_dict(own).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())
