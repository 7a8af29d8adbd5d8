"""Where the story is told: a fake Slack, and the real process that hears of it over Socket Mode.

Nothing sleeps. An act is over when Slack has its acknowledgement, what follows from it is waited for by what
is to be read (`Teller.sees`, `Teller.opens`).
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.config import Config
from bot.db import Database, connect
from bot.deliveries import Delivery, State
from bot.dialogues import Dialogue
from bot.directory import Person
from jobs import now
from jobs.opening import open_desk
from tests.server import Server
from tests.slack_driver import SlackDriver, block_of, elements, label_of, text_of, user_of
from tests.slack_fake import BOT, FakeSlack, Json, dm_of
from tests.slack_fake import Delivery as Sent
from tests.slack_story import before
from tests.slack_world import move_to_slack, people

PATIENCE = 90.0  # seconds, on a machine that does much else meanwhile
LOOK_EVERY = 0.03
HELP = "C1"
"""A channel of everybody, which is no room of the desk's."""
STRANGER = "tanaka"
BY_ADDRESS = "nakamura"
"""Whom the directory lists by his address, not by his id in Slack."""
NUMBER: re.Pattern[str] = re.compile(r"相談 (R\d+-\d{4}) を受け付けました")
SETTINGS = {"SLACK_BOT_TOKEN": "xoxb-story", "SLACK_APP_TOKEN": "xapp-story"}
NO_PROXY = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), "")


class PatientSlack(FakeSlack):
    """For people who do one thing after another: nothing else before the last was acknowledged."""

    def send(self, kind: Any, user: str = "U2", **o: Any) -> Sent:
        delivery = super().send(kind, user, **o)
        delivery.wait(PATIENCE)
        return delivery


class Teller(SlackDriver):
    """Does what people do, and waits for what comes of it. `pressed`: every action that was pressed."""

    def __init__(self, fake: FakeSlack, rooms: Mapping[str, str], db: Database) -> None:
        super().__init__(fake, rooms)
        self.db = db
        self.pressed: set[str] = set()

    # ---- what only the desk knows

    def all_is_sent(self) -> bool:
        with self.db.read() as session:
            waits = Delivery.state.in_((State.WAITING, State.SENDING))
            ours = ~Delivery.home.startswith("relay/")  # what waits there waits for people
            return session.scalars(select(Delivery.id).where(waits, ours)).first() is None

    def waits(self, home: str, title: str) -> int:
        """How many rows of the ledger with a card of this title wait for these homes."""
        query = select(Delivery).where(
            Delivery.state == State.WAITING, Delivery.home.startswith(home)
        )
        with self.db.read() as session:
            return sum(row.card.title == title for row in session.scalars(query))

    def opened(self) -> set[str]:
        """Every form that was opened."""
        with self.db.read() as session:
            return set(session.scalars(select(Dialogue.action)))

    # ---- what people wait for

    def until(self, true: Callable[[], object], what: str) -> None:
        looked = 0.0

        def now_and_then() -> object:
            nonlocal looked
            if time.monotonic() < looked + LOOK_EVERY:
                return False
            found = true()
            looked = time.monotonic()
            return found

        self.fake.wait_until(now_and_then, PATIENCE, what)

    def sees(self, who: str, words: str, where: str | None = None) -> str:
        """Wait till that stands there; give back everything to read."""
        self.until(lambda: words in self._readable(who, where), f"{who} reads {words!r} at {where}")
        return self.read(who, where)

    def opens(self, who: str, words: str) -> Json:
        """Wait for the modal that says so, on top."""

        def shown() -> bool:
            view = self.fake.modal_of(user_of(who))
            return view is not None and words in self._modal(view)

        self.until(shown, f"{who} sees a modal with {words!r}")
        return self.fake.modal_of(user_of(who)) or {}

    def _readable(self, who: str, where: str | None) -> str:
        try:
            return self.read(who, where)
        except AssertionError:  # no such thread yet
            return ""

    # ---- what people do

    def press(self, who: str, label: str, where: str | None = None) -> str:
        """The newest button that says so, on the open modal or in that place, as soon as it stands there."""
        self._wait_for_button(who, label, where)
        return super().press(who, label, where)

    def _wait_for_button(self, who: str, label: str, where: str | None) -> None:
        def stands() -> bool:
            modal = self.fake.modal_of(user_of(who)) if where is None else None
            try:
                holders = [*([modal] if modal else []), *self._said(who, where)]
            except AssertionError:
                return False
            return any(label in label_of(e) for holder in holders for e in elements(holder))

        self.until(stands, f"{who} finds the button 「{label}」 at {where}")

    def _press(self, who: str, holder: Json, element: Json) -> None:
        self.pressed.add(action_of(element))
        super()._press(who, holder, element)

    def home(self, who: str) -> Json:
        """Open the home tab, and wait till it is there."""
        before = self._homes(who)
        self._sent("app_home_opened", user=user_of(who))
        self.until(lambda: self._homes(who) > before, f"the home tab of {who}")
        return self.fake.home_of(user_of(who)) or {}

    def _homes(self, who: str) -> int:
        found = self.fake.calls("views.publish")
        return sum("response" in c and c["arguments"]["user_id"] == user_of(who) for c in found)

    def press_at_home(self, who: str, label: str) -> None:
        self.close(who)
        view = self.home(who)
        found = [e for e in elements(view) if label == label_of(e)]
        assert found, f"no 「{label}」 at home; there are {[label_of(e) for e in elements(view)]}"
        with self.fake.lock:  # it may have been shown anew meanwhile
            view = self.fake.home_of(user_of(who)) or view
            [again] = [e for e in elements(view) if e["action_id"] == found[0]["action_id"]][:1]
            pressed = self.fake.pressing(
                user_of(who), view, again["action_id"], block_of(view, again)
            )
        self.pressed.add(action_of(again))
        self.fake.send(pressed)
        self._check()

    def command(self, who: str, command: str, text: str = "") -> None:
        self._sent("slash", user=user_of(who), channel=HELP, command=command, text=text)

    def shortcut(self, who: str) -> None:
        self._sent("shortcut", user=user_of(who), callback_id="consult")

    def make_it_one(self, who: str, ts: str) -> None:
        """相談にする, in the menu of a message."""
        self._sent("message_action", user=user_of(who), callback_id="consult_words", ts=ts)

    def writes(self, who: str, text: str, channel: str = HELP, thread: str = "") -> str:
        """Words in a channel of everybody, with Slack's own mark-up as it is; their ts."""
        more = {"thread_ts": thread} if thread else {}
        sent = self.fake.send(
            "message_channel", user=user_of(who), channel=channel, text=text, **more
        )
        return str(sent.payload["event"]["ts"])

    def close(self, who: str) -> None:
        self.fake.modals.setdefault(user_of(who), []).clear()

    def sends(self, who: str, values: Mapping[str, Any]) -> str:
        """Fill in the form of a consultation and send it; its number."""
        before = NUMBER.findall(self._own(who))
        self.fill(who, values)

        def new() -> list[str]:
            return [n for n in NUMBER.findall(self._own(who)) if n not in before]

        self.until(new, f"the consultation of {who} is taken in")
        return new()[0]

    def _own(self, who: str) -> str:
        return "\n".join(text_of(message) for message in self.fake.said_in(dm_of(user_of(who))))

    def alone(self, who: str) -> str:
        """All that this person alone was shown."""
        return "\n".join(text_of(shown) for shown in self.fake.ephemerals_for(user_of(who)))

    def answers(self, channel: str, thread: str | None = None) -> list[Json]:
        """What the desk said there, or in a thread."""
        return [m for m in self.fake.said_in(channel, thread) if m.get("user") == BOT]


def action_of(button: Json) -> str:
    """look:3:ticket is the action ticket."""
    return str(button["action_id"]).split(":", 2)[2]


@contextmanager
def on_stage(folder: Path) -> Iterator[tuple[Teller, Server]]:
    """The desk with the directory's people in Slack, running, connected."""
    with PatientSlack() as fake:
        fake.trigger_life = PATIENCE
        pack = before.pack_of_ones_own(folder)
        rooms = _move_in(fake, folder, pack)
        db = connect(f"sqlite:///{folder / 'desk.db'}")
        own = {"SLACK_API_BASE_URL": fake.base_url, "KNOWLEDGE_PACK": str(pack)}
        server = Server(folder, **own, **SETTINGS, **NO_PROXY)
        with server:
            fake.wait_connected(timeout=PATIENCE)
            yield Teller(fake, rooms, db), server
        db.close()
        assert not fake.troubles, fake.troubles


def _move_in(fake: FakeSlack, folder: Path, pack: Path) -> dict[str, str]:
    """Before the start: the database, with everybody's account and every room in the fake."""
    settings = {
        "DATA_DIR": str(folder), "DEMO": "1", "SLACK_API_BASE_URL": fake.base_url,
        "KNOWLEDGE_PACK": str(pack),
    }  # fmt: skip
    db = open_desk(Config.from_values(settings | SETTINGS), now())
    try:
        move_to_slack(db)
        rooms = people(fake, db)
        with db.write() as session:
            [listed] = session.scalars(select(Person).where(Person.id == BY_ADDRESS)).one().accounts
            listed.user = f"{BY_ADDRESS}@example.jp"
        before.move_into_talks(db)
        before.live_through(db, pack, now())
    finally:
        db.close()
    fake.add_person(user_of(STRANGER), "田中 一郎", "tanaka@elsewhere.example.jp")
    fake.add_channel(HELP, "help")
    return rooms


def answers_to_forms(fake: FakeSlack) -> list[Json]:
    """What acknowledgements showed, as calls: a view that stands in one must be as good as in a call."""
    found = []
    for delivery in fake.history:
        body = delivery.ack_payload
        if isinstance(body, dict) and "view" in body:
            told = {"view_id": delivery.payload["view"]["id"], "view": body["view"]}
            found.append({"method": "views.update", "arguments": told, "encoding": "json"})
    return found


def frame(delivery: Sent) -> int:
    """How many bytes the acknowledgement took on the socket, as slack_sdk writes it."""
    body = {"envelope_id": "0" * 36, "payload": delivery.ack_payload or {}}
    return len(json.dumps(body).encode())
