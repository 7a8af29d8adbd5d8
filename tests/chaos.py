"""Kill the running desk many times while people work with it, then look whether anything was lost.

`python -m tests.chaos --kills 50`: a real process on this machine, a client that works through the page
as browsers do, and a killer that sends SIGKILL at seeded moments. See `EFFECTS` for what is to be seen
of each kind of event at the end.
"""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import click
import httpx2
import psycopg
from bs4 import BeautifulSoup, Tag
from sqlalchemy import Text, cast, func, literal, select, text
from sqlalchemy.engine import make_url

from bot.announcements import Acknowledgement, Announcement, Recipient
from bot.announcements import State as Notice
from bot.chat import Card
from bot.db import Database, connect
from bot.deliveries import Delivery
from bot.deliveries import State as Sending
from bot.dialogues import Dialogue
from bot.directory import Person
from bot.inbox import Arrival
from bot.inbox import State as Inbox
from bot.platforms.web.posts import WebPost
from bot.questions import Feedback, Question
from bot.tickets import Line, Serial, Ticket, TicketLine
from tests.page_driver import Filled, _field, _fill, _values

ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")

UP_WITHIN = 60.0
SENDS_WITHIN = 3.0
SETTLED_WITHIN = 180.0  # longer than a lease and the first back-off
STOPPED_WITHIN = 15.0
NOT_RESENT = 1 / 3
LONGEST_PAUSE = 0.5  # between two steps, so that the timetable's bells ring as well
LATE = 8  # so often a form that did not open is asked for again, half a second apart

ASKERS = ("yamada", "nakamura", "ueda", "okuda", "kobe1")
CONTACTS = ("yamada", "nakamura", "kobe1")
LIAISON, WRITER, APPROVER = "mori", "hayashi", "fujii"
QUESTIONS = (
    "e-ひょうごの利用料は月いくら。人口5万人未満です",
    "標準化の期限はいつまで",
    "kintoneの勉強会はありますか",
    "生成AIの研修はありますか",
    "今日の昼ごはんのおすすめを教えて",
    "書かない窓口の費用に使えるお金はありますか",
)
WEIGHTS = {
    "ask": 26, "judge": 12, "consult": 12, "add": 12, "take": 7, "reply": 9, "note": 7,
    "close": 3, "solve": 2, "announce": 3, "approve": 4, "confirm": 5,
}  # fmt: skip


# What is planned.


@dataclass(frozen=True)
class Moment:
    """Kill `delay` seconds after the POST of this number began, `sending`: when the ledger next has rows
    on their way; and `again` so long after the restart began."""

    post: int
    delay: float
    sending: bool
    again: float | None


@dataclass(frozen=True)
class Plan:
    kills: int = 50
    steps: int = 200
    seed: int = 1
    database_url: str = ""

    def moments(self) -> list[Moment]:
        """Spread over the script: most within a request, some between two, while the ledger sends, within a
        start."""
        rng = random.Random(f"kill {self.seed}")
        found: list[tuple[float, bool, float | None]] = []
        left = self.kills
        while left:
            inside = rng.random() < 0.6
            delay = rng.uniform(0.001, 0.2) ** 2 if inside else rng.uniform(0.05, 1.5)
            again = rng.uniform(0.05, 1.0) if left > 1 and rng.random() < 0.1 else None
            left -= 1 if again is None else 2
            found.append((max(delay, 0.001), not inside and rng.random() < 0.6, again))
        posts = range(2, max(len(found) + 2, round(self.steps * 1.2)))
        numbers = sorted(rng.sample(posts, len(found)))
        return [Moment(n, *how) for n, how in zip(numbers, found, strict=True)]


@dataclass
class Sent:
    """One event a person sent. `mark` is in its words and nowhere else; `about` what its button names."""

    event_id: str
    kind: str
    who: str
    about: str = ""
    mark: str = ""
    answered: bool = False
    times: int = 0


@dataclass
class Tally:
    """What happened while it ran."""

    figures: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    lost_records: set[int] = field(default_factory=set)
    cut_off: set[int] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)

    def blame(self, problem: str) -> None:
        self.problems.append(problem)


# The process and who kills it.


@dataclass
class Process:
    """`python -m bot run` with a database of its own."""

    folder: Path
    database_url: str
    port: int = 0
    running: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "desk.log"

    def begin(self) -> None:
        env = {
            **os.environ,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PUBLIC_URL": "",
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "DEMO": "1",
            "KNOWLEDGE_PACK": "knowledge/hyogo",
            "DIRECTORY": "knowledge/hyogo/directory",
        }
        command = [sys.executable, "-m", "bot", "run"]
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)

    def wait_until_up(self) -> None:
        assert self.running
        until = time.monotonic() + UP_WITHIN
        while time.monotonic() < until:
            if self.running.poll() is not None:
                break
            with suppress(httpx2.TransportError):
                httpx2.get(f"{self.url}/", trust_env=False, timeout=5)
                return
            time.sleep(0.02)
        raise RuntimeError(f"the desk did not start:\n{self.log.read_text('utf-8')[-2000:]}")

    def kill(self) -> None:
        assert self.running
        self.running.kill()
        self.running.wait()  # a process that nobody has waited for still counts as alive

    def stop(self) -> tuple[int | None, float]:
        """SIGTERM: the exit code (None where it had to be killed) and how long it took."""
        assert self.running
        began = time.monotonic()
        self.running.send_signal(signal.SIGTERM)
        try:
            code = self.running.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            return None, STOPPED_WITHIN
        return code, time.monotonic() - began


class Killer:
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
            self._thread.join(UP_WITHIN)

    def begun(self, number: int) -> None:
        """The client begins the POST of this number."""
        self.in_flight = True
        if self._moments and self._moments[0].post <= number:
            self._armed.set()

    def wait_until_up(self) -> None:
        if not self.up.wait(2 * UP_WITHIN):
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
            self._kill("kills inside a request" if self.in_flight else "kills between requests")
            if moment.again is not None:
                self._process.begin()
                time.sleep(moment.again)
                self._kill("kills inside a start")
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

    def _kill(self, when: str) -> None:
        self._process.kill()
        self._tally.figures["kills"] += 1
        self._tally.figures[when] += 1
        self._look()

    def _look(self) -> None:
        """What the dead process left: rows it had sent and not recorded, events it had not ended."""
        with left_behind(self._process) as db, db.read() as session:
            rows = session.execute(
                select(Delivery.id, Delivery.replaces_id, WebPost.id)
                .outerjoin(WebPost, WebPost.key == literal("d") + cast(Delivery.id, Text))
                .where(Delivery.state == Sending.SENDING)
            ).all()
            cut = session.scalars(select(Arrival.id).where(Arrival.state == Inbox.RECEIVED)).all()
        lost = {row_id for row_id, replaces, post in rows if replaces is None and post}
        self._tally.lost_records |= lost
        self._tally.figures["records lost"] += len(lost)
        self._tally.figures["claims cut off"] += len(rows) - len(lost)
        self._tally.cut_off |= set(cut)


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


# The people at their browsers.


class People:
    """One browser a person. Each POST carries the event of the page it stands on."""

    def __init__(self, process: Process, killer: Killer, tally: Tally, seed: int) -> None:
        self._process = process
        self._killer = killer
        self._tally = tally
        self._again = random.Random(f"again {seed}")
        self._posts = 0
        self._clients: dict[str, httpx2.Client] = {}

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def look(self, who: str, path: str = "/") -> BeautifulSoup:
        """Open a page, if need be after the desk is back."""
        client = self._client(who)
        until = time.monotonic() + UP_WITHIN
        while True:
            self._killer.wait_until_up()
            try:
                answer = client.get(path)
            except httpx2.TransportError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
                continue
            closed = answer.status_code == 404 and path.startswith("/form/")
            if answer.status_code != 200 and not closed:
                self._tally.blame(f"GET {path} as {who}: {answer.status_code}")
            return BeautifulSoup(answer.text, "html.parser")

    def send(self, form: Tag, more: Mapping[str, str], sent: Sent) -> httpx2.Response | None:
        """Send a form; the very same once more where the connection broke, unless the person gives up."""
        data = {**_values(form), **more}
        what = more["press"].replace(" ", ":") if "press" in more else sent.event_id
        sent.event_id = f"web:{data['event']}:{what}"
        self._tally.sent.append(sent)
        while True:
            answer = self._post(sent.who, str(form["action"]), data)
            sent.times += 1
            if answer is not None:
                self._judge(answer, sent)
                return answer
            self._tally.figures["connections broken"] += 1
            if self._again.random() < NOT_RESENT:
                self._tally.figures["not resent"] += 1
                return None
            self._tally.figures["resent"] += 1

    def press(self, button: Tag, sent: Sent) -> httpx2.Response | None:
        form = button.find_parent("form")
        assert form
        return self.send(form, {"press": str(button["value"])}, sent)

    def open_form(self, button: Tag, sent: Sent) -> BeautifulSoup | None:
        """Press what opens a form. Where the event was cut off, ask again until the desk has ended it."""
        answer = self.press(button, sent)
        return self.led_to_form(button, sent, answer)

    def led_to_form(
        self, button: Tag, sent: Sent, answer: httpx2.Response | None
    ) -> BeautifulSoup | None:
        form = button if button.name == "form" else button.find_parent("form")
        assert form
        data: dict[str, Any] = _values(form)
        if button.name == "button":
            data["press"] = str(button["value"])
        for _ in range(LATE):
            goal = answer.headers.get("location", "") if answer is not None else ""
            if goal.startswith("/form/"):
                return self.look(sent.who, goal)
            if answer is None or sent.times == 1:
                return None
            self._tally.figures["forms led to late"] += 1
            time.sleep(0.5)
            answer = self._post(sent.who, str(form["action"]), data)
        return None

    def _post(
        self, who: str, path: str, data: Mapping[str, str | list[str]]
    ) -> httpx2.Response | None:
        client = self._client(who)
        self._killer.wait_until_up()
        self._posts += 1
        self._tally.figures["posts"] += 1
        self._killer.begun(self._posts)
        try:
            return client.post(path, data=dict(data))
        except httpx2.TransportError:
            return None
        finally:
            self._killer.in_flight = False

    def _judge(self, answer: httpx2.Response, sent: Sent) -> None:
        sent.answered = answer.status_code in (200, 303)
        if sent.answered:
            goal = answer.headers.get("location", "")
            if goal and not goal.startswith("/form/"):
                self.look(sent.who, goal.partition("#")[0])
        elif answer.status_code == 404 and sent.event_id.startswith("web:") and sent.kind in FORMS:
            self._tally.figures["forms found closed"] += 1  # sent off before, by the desk itself
        else:
            self._tally.blame(f"{sent.kind} {sent.event_id} by {sent.who}: {answer.status_code}")

    def _client(self, who: str) -> httpx2.Client:
        if who not in self._clients:
            client = httpx2.Client(
                base_url=self._process.url,
                timeout=30,
                trust_env=False,
                limits=httpx2.Limits(max_keepalive_connections=0),
            )
            self._clients[who] = client
            self._enter(who)
        return self._clients[who]

    def _enter(self, who: str) -> None:
        for _ in range(20):
            start = self.look(who).select_one("form.choose[action='/enter']")
            if start is None:
                return
            self._post(who, "/enter", {**_values(start), "user": who})
        raise RuntimeError(f"{who} cannot sign in")


FORMS = {"form", "ticket", "reply", "announcement"}


class Script:
    """What people do, one step after another, as their pages offer it."""

    def __init__(self, people: People, tally: Tally, seed: int) -> None:
        self._people = people
        self._tally = tally
        self._rng = random.Random(f"script {seed}")
        self._marks = 0

    def step(self) -> None:
        name = self._rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        acts: dict[str, Callable[[], bool]] = {
            "ask": self.ask, "judge": self._judge, "consult": self._consult, "add": self._add,
            "take": self._take, "reply": self._reply, "note": self._note, "close": self._close,
            "solve": self._solve, "announce": self._announce, "approve": self._approve,
            "confirm": self._confirm,
        }  # fmt: skip
        if acts[name]():
            self._tally.figures[f"step {name}"] += 1
        else:  # nothing there to do that to yet
            self.ask()
            self._tally.figures["step ask"] += 1

    def ask(self) -> bool:
        who, mark = self._rng.choice(ASKERS), self._mark()
        words = f"{self._rng.choice(QUESTIONS)}\n{mark}"
        return self._say(Sent("say", "question", who, mark=mark), "/", words)

    def _judge(self) -> bool:
        who = self._rng.choice(ASKERS)
        opinion = self._rng.choice(("solved", "different", "outdated", "copy", "none", "pick"))
        found = _buttons(self._people.look(who), opinion)
        if not found:
            return False
        kind = "opinion" if opinion in ("solved", "different", "outdated") else "question"
        self._people.press(found[-1], Sent("", kind, who, _about(found[-1])))
        return True

    def _consult(self) -> bool:
        who, mark = self._rng.choice(ASKERS), self._mark()
        button = _buttons(self._people.look(who), "consult")[0]
        sent = Sent("", "form", who, f"consult_send:{_about(button)}")
        page = self._people.open_form(button, sent)
        values: dict[str, Filled] = {
            "件名": f"{mark}について",
            "内容": f"令和9年1月から参加できますか。{mark}",
            "分野": self._rng.choice(("電子申請", "電子申請", "窓口DX", "生成AI", "わからない")),
            "急ぎ度": self._rng.choice(("普通", "急ぎ", "至急")),
        }
        filled = Sent(f"consult_send:{_about(button)}", "ticket", who, mark=mark)
        self._send_off(page, values, filled)
        return True

    def _add(self) -> bool:
        who, mark = self._rng.choice(ASKERS), self._mark()
        path = self._own_thread(who)
        if path is None:
            return False
        return self._say(Sent("say", "words", who, mark=mark), path, f"補足です。{mark}")

    def _note(self) -> bool:
        mark, path = self._mark(), self._desk_thread()
        if path is None:
            return False
        return self._say(Sent("say", "memo", LIAISON, mark=mark), path, f"確認中。{mark}")

    def _take(self) -> bool:
        return self._press_in_thread("take")

    def _close(self) -> bool:
        return self._press_in_thread("close")

    def _press_in_thread(self, action: str) -> bool:
        path = self._desk_thread()
        found = _buttons(self._people.look(LIAISON, path), action) if path else []
        if not found:
            return False
        self._people.press(found[0], Sent("", action, LIAISON, _about(found[0])))
        return True

    def _reply(self) -> bool:
        mark, path = self._mark(), self._desk_thread()
        found = _buttons(self._people.look(LIAISON, path), "reply") if path else []
        if not found:
            return False
        about = f"reply:{_about(found[0])}"
        page = self._people.open_form(found[0], Sent("", "form", LIAISON, about))
        shown = self._send_off(
            page, {"返信": f"できます。{mark}"}, Sent(about, "form", LIAISON, about)
        )
        self._confirm_preview(shown, Sent(about, "reply", LIAISON, _about(found[0]), mark))
        return True

    def _solve(self) -> bool:
        who = self._rng.choice(ASKERS)
        path = self._own_thread(who)
        found = _buttons(self._people.look(who, path), "solve") if path else []
        if not found:
            return False
        self._people.press(found[0], Sent("", "solve", who, _about(found[0])))
        return True

    def _announce(self) -> bool:
        mark = self._mark()
        button = _buttons(self._people.look(WRITER), "announce")[0]
        page = self._people.open_form(button, Sent("", "form", WRITER, "announce:"))
        values: dict[str, Filled] = {
            "題名": f"意見交換の結果 {mark}",
            "本文": "日程は追ってお知らせします。",
            "あて先": "全市町",
            "確認": "「確認しました」を求める",
        }
        filled = Sent("announce:", "form", WRITER, "announce:")
        shown = self._send_off(page, values, filled)
        self._confirm_preview(shown, Sent("announce:", "announcement", WRITER, mark=mark))
        return True

    def _approve(self) -> bool:
        found = _buttons(self._people.look(APPROVER, "/room/room-office"), "approve")
        if not found:
            return False
        self._people.press(found[0], Sent("", "approve", APPROVER, _about(found[0])))
        return True

    def _confirm(self) -> bool:
        who = self._rng.choice(CONTACTS)
        found = _buttons(self._people.look(who), "acknowledge")
        if not found:
            return False
        button = self._rng.choice(found)
        self._people.press(button, Sent("", "acknowledge", who, _about(button)))
        return True

    def _say(self, sent: Sent, path: str, words: str) -> bool:
        form = self._people.look(sent.who, path).select_one("form.say")
        assert form, f"{sent.who} cannot write at {path}"
        self._people.send(form, {"text": words}, sent)
        return True

    def _send_off(
        self, page: BeautifulSoup | None, values: Mapping[str, Filled], sent: Sent
    ) -> BeautifulSoup | None:
        """Fill in the form; what comes back is its preview, if it has one."""
        form = page.select_one("form.form") if page else None
        if form is None:
            return None
        for label, value in values.items():
            _fill(_field(form, label), value)
        answer = self._people.send(form, {}, sent)
        return self._people.led_to_form(form, sent, answer) if sent.kind == "form" else None

    def _confirm_preview(self, page: BeautifulSoup | None, sent: Sent) -> None:
        form = page.select_one("#preview form[action='/send-form']") if page else None
        if form is not None:
            self._people.send(form, {}, sent)

    def _own_thread(self, who: str) -> str | None:
        return self._one_of(self._people.look(who), rf"/room/{who}/\d+")

    def _desk_thread(self) -> str | None:
        rooms = {str(a["href"]).partition("#")[0] for a in self._people.look(LIAISON).select("a")}
        rooms &= {"/room/room-denshi-shinsei", "/room/room-madoguchi", "/room/room-seisei-ai"}
        room = self._rng.choice(sorted(rooms))
        return self._one_of(self._people.look(LIAISON, room), rf"{room}/\d+")

    def _one_of(self, page: BeautifulSoup, pattern: str) -> str | None:
        paths = {str(a["href"]).partition("#")[0] for a in page.select("a[href]")}
        found = sorted(path for path in paths if re.fullmatch(pattern, path))
        return self._rng.choice(found) if found else None

    def _mark(self) -> str:
        """Letters that stand nowhere else, and look like no number."""
        self._marks += 1
        return "zq" + f"{self._marks:04}".translate(str.maketrans("0123456789", "bcdfghjkmp"))


def _buttons(page: BeautifulSoup, action: str) -> list[Tag]:
    found = page.select("button[name='press']")
    return [button for button in found if str(button["value"]).partition(" ")[0] == action]


def _about(button: Tag) -> str:
    return str(button["value"]).partition(" ")[2]


# What the database says at the end.


class Book:
    """Everything of the database that the checks read."""

    def __init__(self, db: Database, sent: list[Sent]) -> None:
        with db.read() as session:

            def every(table: type[T]) -> list[T]:
                return list(session.scalars(select(table)))

            self.arrivals = {row.event_id: row for row in every(Arrival)}
            self.rows = every(Delivery)
            self.posts = every(WebPost)
            self.lines = every(TicketLine)
            self.tickets = every(Ticket)
            self.serials = every(Serial)
            self.announcements = every(Announcement)
            self.recipients = every(Recipient)
            self.said = every(Acknowledgement)
            self.forms = every(Dialogue)
            self.opinions = every(Feedback)
            self.questions = {row.id: row for row in every(Question)}
            self.people = {row.id: row for row in every(Person)}
        self.sent = sent

    @cached_property
    def by_reason(self) -> dict[str, list[Delivery]]:
        found: dict[str, list[Delivery]] = defaultdict(list)
        for row in self.rows:
            found[row.reason].append(row)
        return found

    @cached_property
    def by_key(self) -> dict[str, list[WebPost]]:
        found: dict[str, list[WebPost]] = defaultdict(list)
        for post in self.posts:
            found[post.key].append(post)
        return found

    def direct(self, sent: Sent) -> list[Delivery]:
        return self.by_reason[f"event:web/page/{sent.event_id}"]

    def stands(self, row: Delivery) -> bool:
        """Sent, and to be read on the page with the card the ledger has."""
        posts = self.by_key[f"d{row.id}"]
        return row.state == Sending.SENT and len(posts) == 1 and posts[0].card == row.card

    def all_stand(self, reason: str, *recipients: str) -> bool:
        rows = [row for row in self.by_reason[reason] if row.recipient in recipients]
        return len(rows) == len(recipients) and all(map(self.stands, rows))

    def read_with(self, mark: str) -> int:
        """On how many posts of the page these words are to be read."""
        return sum(mark in post.text or mark in _words(post.card) for post in self.posts)

    def kept(self, mark: str) -> bool:
        """Is there a noun with these words?"""
        texts = [line.text for line in self.lines]
        texts += [ticket.subject for ticket in self.tickets]
        texts += [one.title for one in self.announcements]
        return bool(mark) and any(mark in words for words in texts)

    def said_in(self, about: str, title: str) -> int:
        rows = self.by_reason[f"ticket:{about}:said"]
        return sum(row.card.title == title and self.stands(row) for row in rows)

    def alike(self, sent: Sent) -> int:
        """How many stored events pressed the same button and were not answered with a sentence."""
        same = (sent.kind, sent.who, sent.about)
        return sum(
            (s.kind, s.who, s.about) == same and s.event_id in self.arrivals and not self.direct(s)
            for s in self.sent
        )


def _words(card: Card | None) -> str:
    return "\n".join((card.title, card.topic, *card.paragraphs)) if card else ""


def _form(book: Book, sent: Sent) -> bool:
    """A form that is open or was sent off, opened by this event or taken up by a later one of its kind."""
    known = {s.event_id for s in book.sent if (s.who, s.about) == (sent.who, sent.about)}
    return any(
        form.account.user == sent.who
        and f"{form.form.action}:{form.form.value}" == sent.about
        and form.event_id in known
        for form in book.forms
    )


def _ticket(book: Book, sent: Sent) -> bool:
    """A consultation with its card at the asker's and in the room."""
    found = [ticket for ticket in book.tickets if sent.mark in ticket.subject]
    return len(found) == 1 and book.all_stand(f"ticket:{found[0].id}", "asker", "desk")


def _memo(book: Book, sent: Sent) -> bool:
    """The words themselves, in the thread and in the consultation."""
    return len(book.by_key[sent.event_id]) == 1 and _line(book, sent, Line.MEMO, posts=1)


def _reply(book: Book, sent: Sent) -> bool:
    """The letter in the thread and the same at the asker's."""
    return _line(book, sent, Line.REPLY, posts=2)


def _line(book: Book, sent: Sent, kind: Line, *, posts: int) -> bool:
    lines = [line.kind for line in book.lines if sent.mark in line.text]
    return lines == [kind] and book.read_with(sent.mark) == posts


def _opinion(book: Book, sent: Sent) -> bool:
    """The word kept once, and the answer's card says so."""
    opinion = sent.event_id.split(":")[2]
    kept = [
        one
        for one in book.opinions
        if (str(one.question_id), one.account.user, one.opinion) == (sent.about, sent.who, opinion)
    ]
    rows = book.by_reason[book.questions[int(sent.about)].event_id]
    return len(kept) == 1 and any(row.card.note and book.stands(row) for row in rows)


def _take(book: Book, sent: Sent) -> bool:
    """A line in the thread for each press that counted."""
    name = book.people[sent.who].name
    return book.said_in(sent.about, f"{name}さんが担当になりました") == book.alike(sent)


def _close(book: Book, sent: Sent) -> bool:
    """A line in the thread for each press that counted."""
    name = book.people[sent.who].name
    return book.said_in(sent.about, f"{name}さんが完了にしました") == book.alike(sent)


def _solve(book: Book, sent: Sent) -> bool:
    """A line in the thread for each press that counted."""
    title = "相談した人が「解決した」を押しました"
    return book.said_in(sent.about, title) == book.alike(sent)


def _announcement(book: Book, sent: Sent) -> bool:
    """The announcement, and its card in the office's room."""
    found = [one for one in book.announcements if sent.mark in one.title]
    return len(found) == 1 and _in_office(book, found[0])


def _in_office(book: Book, one: Announcement) -> bool:
    return [book.stands(row) for row in book.by_reason[f"{one.reason}:office"]] == [True]


def _approve(book: Book, sent: Sent) -> bool:
    """The announcement is out by this approver, and its card in the office's room says so."""
    [one] = [one for one in book.announcements if str(one.id) == sent.about]
    out = (one.state, one.approver_id) == (Notice.SENT, sent.who)
    return out and book.alike(sent) == 1 and _in_office(book, one)


def _acknowledge(book: Book, sent: Sent) -> bool:
    """One acknowledgement of the municipality, and the notice says so."""
    town = book.people[sent.who].municipality_code
    said = [(str(one.announcement_id), one.municipality_code) for one in book.said]
    rows = [
        row for row in book.by_reason[f"announcement:{sent.about}"] if row.recipient == sent.who
    ]
    shown = [row.card.note != "" and book.stands(row) for row in rows]
    return said.count((sent.about, str(town))) == 1 and shown == [True]


def _came(book: Book, sent: Sent) -> bool:
    """The words in the asker's own place, and as a card in the working thread."""
    return _line(book, sent, Line.CAME, posts=2)


ANSWERED = {"question", "words", "announcement"}
"""Kinds of event that are answered with a card of their own right there."""

MAY_BE_ANSWERED = {"acknowledge"}  # when a colleague of the municipality was faster

EFFECTS: dict[str, Callable[[Book, Sent], bool]] = {
    "words": _came,
    "form": _form,
    "ticket": _ticket,
    "memo": _memo,
    "reply": _reply,
    "opinion": _opinion,
    "take": _take,
    "close": _close,
    "solve": _solve,
    "announcement": _announcement,
    "approve": _approve,
    "acknowledge": _acknowledge,
}
"""What is to be seen of each kind of event beside or in place of a card of its own."""


def check_events(book: Book, tally: Tally) -> None:
    """Each stored event has one visible end; of one that was not stored nothing is to be seen."""
    by_id = {sent.event_id: sent for sent in book.sent}
    for event_id, arrival in book.arrivals.items():
        if arrival.state != Inbox.DONE:
            tally.blame(f"inbox {arrival.id} is {arrival.state}: {event_id}")
        elif event_id not in by_id:
            tally.blame(f"inbox {arrival.id} was never sent: {event_id}")
    for sent in book.sent:
        if sent.event_id in book.arrivals:
            tally.figures["events stored"] += 1
            end = end_of(book, sent)
            tally.figures[f"end {end or 'none'}"] += 1
            if not end:
                tally.blame(f"no one visible end: {sent}")
        elif sent.answered:
            tally.blame(f"answered and not stored: {sent}")
        elif sent.mark and (book.read_with(sent.mark) or book.kept(sent.mark)):
            tally.blame(f"not stored and yet to be seen: {sent}")


def end_of(book: Book, sent: Sent) -> str:
    """How it ended: `answer`, `refusal` or by its effect; empty where it has no end, or two."""
    direct = book.direct(sent)
    if len(direct) > 1 or not all(map(book.stands, direct)):
        return ""
    if direct and direct[0].card.frame == "refusal":
        return "" if book.kept(sent.mark) else "refusal"
    if sent.kind in ANSWERED and not direct:
        return ""
    if direct and sent.kind not in ANSWERED | MAY_BE_ANSWERED:
        return ""
    if sent.kind in EFFECTS and not EFFECTS[sent.kind](book, sent):
        return ""
    return "answer" if direct else f"effect of {sent.kind}"


def check_ledger(book: Book, tally: Tally) -> None:
    """Each row in one final state, each post once, and what stands there is what the ledger says."""
    for row in book.rows:
        tally.figures[f"rows {row.state}"] += 1
        if row.state not in (Sending.SENT, Sending.FAILED, Sending.CANCELLED):
            tally.blame(f"delivery {row.id} is {row.state}")
        if row.owner or row.lease_until:
            tally.blame(f"delivery {row.id} is still owned by {row.owner}")
        if row.state == Sending.SENT and row.replaces_id is None and not book.stands(row):
            tally.blame(f"delivery {row.id} ({row.reason}) does not stand on the page as recorded")
    found = Counter((row.reason, row.recipient, row.occurrence) for row in book.rows)
    for what, count in found.items():
        if count > 1:
            tally.blame(f"{count} rows for {what}")


def check_posts(book: Book, tally: Tally) -> None:
    """Each post once, and each of a row or an event; what was sent and not recorded stands once too."""
    posting = {f"d{row.id}" for row in book.rows if row.replaces_id is None}
    for key, posts in book.by_key.items():
        tally.figures["posts repeated"] += len(posts) - 1 if posts else 0
        if len(posts) > 1:
            tally.blame(f"post {key} stands {len(posts)} times")
        if posts and key not in posting and key not in book.arrivals:
            tally.blame(f"post {key} belongs to no row and no event")
    for row_id in tally.lost_records:
        if len(book.by_key[f"d{row_id}"]) != 1:
            tally.blame(f"delivery {row_id}, whose record was lost, was posted again")


def check_nouns(book: Book, tally: Tally) -> None:
    """Numbers without gaps, recipients once, at most one acknowledgement a municipality, no line twice."""
    for serial in book.serials:
        given = sorted(t.serial for t in book.tickets if t.fiscal_year == serial.fiscal_year)
        if given != list(range(1, serial.last + 1)):
            tally.blame(f"ticket numbers of {serial.fiscal_year}: {given}, last {serial.last}")
    for one in book.announcements:
        people = [r.person_id for r in book.recipients if r.announcement_id == one.id]
        rows = [row.recipient for row in book.by_reason[one.reason]]
        if sorted(people) != sorted(rows) or len(set(people)) != len(people):
            tally.blame(f"announcement {one.id}: {len(people)} recipients, {len(rows)} rows")
        if (one.state == Notice.SENT) != bool(people):
            tally.blame(f"announcement {one.id} is {one.state} with {len(people)} recipients")
    said = Counter((one.announcement_id, one.municipality_code) for one in book.said)
    for what, count in said.items():
        if count > 1:
            tally.blame(f"{count} acknowledgements of {what}")
    for line, count in Counter(line.text for line in book.lines).items():
        if count > 1:
            tally.blame(f"{count} lines of {line!r}")
    tally.figures["tickets"] = len(book.tickets)
    tally.figures["ticket lines"] = len(book.lines)
    tally.figures["announcements"] = len(book.announcements)
    tally.figures["recipients"] = len(book.recipients)
    tally.figures["acknowledgements"] = len(book.said)


# The whole run.


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
            code, took = process.stop()
            if code != 0:
                tally.blame(f"SIGTERM: exit code {code} after {took:.1f} s")
        finally:
            process.kill()
        log = process.log.read_text("utf-8")
        if "Traceback" in log or " ERROR " in log:
            tally.blame(f"the log tells of an error:\n{log[-3000:]}")
        with opened(url) as db:
            book = Book(db, tally.sent)
            check_events(book, tally)
            check_ledger(book, tally)
            check_posts(book, tally)
            check_nouns(book, tally)
    tally.figures["seconds"] = round(time.monotonic() - began)
    return tally


def work(plan: Plan, process: Process, tally: Tally, tell: Callable[[str], None]) -> None:
    """The script with the killer beside it; a few more questions where kills are left over."""
    killer = Killer(process, plan.moments(), tally)
    people = People(process, killer, tally, plan.seed)
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


def report(plan: Plan, tally: Tally) -> list[str]:
    """The figures, a line a subject."""
    figures = tally.figures

    def some(start: str) -> str:
        found = {
            k.removeprefix(start): n for k, n in sorted(figures.items()) if k.startswith(start)
        }
        return ", ".join(f"{name} {count}" for name, count in found.items()) or "none"

    def named(*names: str) -> str:
        return ", ".join(f"{name} {figures[name]}" for name in names)

    steps = sum(count for name, count in figures.items() if name.startswith("step "))
    return [
        f"seed {plan.seed}, steps {steps}: {some('step ')}",
        named("kills", "kills inside a request", "kills between requests", "kills inside a start"),
        named("posts", "connections broken", "resent", "not resent"),
        named("forms led to late", "forms found closed"),
        f"events stored {figures['events stored']}, cut off {len(tally.cut_off)}; ends: {some('end ')}",
        f"rows: {some('rows ')}",
        named("claims cut off", "records lost") + f", repeats {figures['posts repeated']}",
        named("tickets", "ticket lines", "announcements", "recipients", "acknowledgements"),
        named("seconds", "seconds to settle"),
    ]


@click.command(help="Kill the running desk and look whether anything was lost")
@click.option("--kills", default=50, type=click.IntRange(0))
@click.option("--steps", default=200, type=click.IntRange(1))
@click.option("--seed", default=1)
@click.option("--database-url", default="", help="PostgreSQL; without it a new SQLite file")
def main(kills: int, steps: int, seed: int, database_url: str) -> None:
    plan = Plan(kills, steps, seed, database_url)
    tally = run(plan, lambda line: click.echo(f"\r{line}   ", nl=False, err=True))
    click.echo(err=True)
    for line in report(plan, tally):
        click.echo(line)
    for problem in tally.problems[:10]:
        click.echo(f"✗ {problem}")
    click.echo(
        f"{len(tally.problems)} problems" if tally.problems else "✓ nothing lost, nothing twice"
    )
    sys.exit(1 if tally.problems else 0)


if __name__ == "__main__":
    main()
