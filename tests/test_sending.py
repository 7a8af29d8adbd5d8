"""What the ledger sends on bad days: each row once, each lane in order, and a chat is told what may stand there already."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.chat import Card, Home, Message, Place, Platform, SendError
from bot.db import Database
from bot.deliveries import LEASE, Delivery, State, post
from bot.processes import new_owner
from bot.sender import Sender
from tests.conftest import Whole
from tests.store import NOON
from tests.test_bad_days import TALK, YAMADA, hear


class Counting:
    """A chat that remembers what it was given."""

    shows_forms = keeps_forms = False
    has_threads = True

    def __init__(self, name: str = "fake") -> None:
        self.home = (name, "one")
        self.sent: list[str] = []
        self.broken: dict[str, BaseException] = {}
        self.told: list[datetime | None] = []
        """Since when each row it was given may stand there already."""

    def send(self, place: Place, card: Card, key: str, tried: datetime | None = None) -> Place:
        self.told.append(tried)
        if place.channel in self.broken:
            raise self.broken[place.channel]
        self.sent.append(card.title)
        return Place(place.platform, place.workspace, place.channel, key)

    def update(self, posted: Place, card: Card, key: str, tried: datetime | None = None) -> Place:  # noqa: ARG002
        self.sent.append(f"again {card.title}")
        return posted


def _post(db: Database, channel: str, title: str) -> None:
    with db.write() as session:
        post(session, Place("fake", "one", channel), Card(title), NOON, reason=title)


def test_two_senders_send_each_row_once_and_each_lane_in_order(db: Database) -> None:
    for n in range(60):
        _post(db, f"lane{n % 6}", f"{n % 6}-{n:02}")
    chat = Counting()
    senders = [Sender(db, {chat.home: chat}, new_owner()) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda sender: [sender.send_due(NOON) for _ in range(6)], senders))
    assert len(chat.sent) == len(set(chat.sent)) == 60
    for lane in range(6):
        mine = [title for title in chat.sent if title.startswith(f"{lane}-")]
        assert mine == sorted(mine)


def test_a_broken_place_backs_off_alone_and_is_given_up_after_a_day(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    chat = Counting()
    chat.broken["bad"] = SendError("5xx")
    sender = Sender(db, {chat.home: chat}, new_owner())
    _post(db, "bad", "lost")
    _post(db, "good", "kept")
    now = NOON
    tries = []
    while True:
        sender.send_due(now)
        with db.read() as session:
            row = session.scalars(select(Delivery).where(Delivery.reason == "lost")).one()
        if row.state == State.FAILED:
            break
        tries.append((row.due_at - now).total_seconds() / 60)
        now = row.due_at
    assert chat.sent == ["kept"]
    assert tries[:5] == [2, 4, 8, 16, 30]
    assert timedelta(hours=23) < now - NOON <= timedelta(hours=24)
    assert "given up" in caplog.text


def test_a_platform_that_answers_nothing_pauses_and_costs_no_row_a_try(db: Database) -> None:
    chat = Counting()
    chat.broken["a"] = SendError("no route", away=True)
    sender = Sender(db, {chat.home: chat}, new_owner())
    _post(db, "a", "first")
    for seconds in range(0, 600, 5):
        sender.send_due(NOON + timedelta(seconds=seconds))
    with db.read() as session:
        row = session.scalars(select(Delivery).where(Delivery.reason == "first")).one()
    assert (row.tries, row.state) == (0, State.WAITING)
    chat.broken.clear()
    sender.send_due(NOON + timedelta(seconds=700))
    assert chat.sent == ["first"]


def test_rows_of_a_platform_this_process_does_not_host_are_left_alone(db: Database) -> None:
    chat = Counting()
    with db.write() as session:
        post(session, Place("other", "one", "a"), Card("theirs"), NOON, reason="theirs")
    Sender(db, {chat.home: chat}, new_owner()).send_due(NOON)
    assert chat.sent == []


def test_what_a_dead_process_had_claimed_is_sent_by_the_next(db: Database) -> None:
    chat = Counting()
    dead = Sender(db, {chat.home: chat}, "elsewhere:1:gone")
    _post(db, "a", "claimed")
    dead._claim(NOON, None, None, 10)
    alive = Sender(db, {chat.home: chat}, new_owner())
    alive.send_due(NOON)
    assert chat.sent == []  # the lease still runs
    alive.send_due(NOON + timedelta(seconds=61))
    assert chat.sent == ["claimed"]


class Passing(Counting):
    """A chat where something happens when its first row is sent."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self.happens = [happens]

    def send(self, place: Place, card: Card, key: str, tried: datetime | None = None) -> Place:
        if self.happens:
            self.happens.pop()()
        return super().send(place, card, key, tried)


def test_a_row_whose_chat_left_after_it_was_claimed_waits_for_it(db: Database) -> None:
    hosted: dict[Home, Platform] = {}
    chat = Passing(hosted.clear)
    hosted[chat.home] = chat
    sender = Sender(db, hosted, new_owner())
    _post(db, "a", "first")
    _post(db, "b", "second")
    sender.send_due(NOON)
    assert chat.sent == ["first"]
    with db.read() as session:
        row = session.scalars(select(Delivery).where(Delivery.reason == "second")).one()
    assert (row.state, row.tries, row.tried_at) == (State.WAITING, 0, None)

    hosted[chat.home] = chat
    sender.send_due(NOON + timedelta(seconds=31))
    assert chat.sent == ["first", "second"]


@pytest.mark.parametrize(("slow", "late"), [(40, 70), (40, 95), (70, 75)])
def test_a_slow_batch_keeps_what_it_still_has_and_leaves_what_another_took(
    db: Database, slow: int, late: int
) -> None:
    """The first row takes `slow` seconds; another process looks after `late`, before or after the second is sent."""
    passed = [0.0]
    second = Counting()
    other = Sender(db, {second.home: second}, new_owner())

    def takes_long() -> None:
        passed[0] = slow
        if slow > LEASE.total_seconds():
            other.send_due(NOON + timedelta(seconds=late))

    def is_looked_at() -> None:
        other.send_due(NOON + timedelta(seconds=late))

    first = Passing(takes_long)
    first.happens.insert(0, is_looked_at)  # while the second row is sent
    sender = Sender(db, {first.home: first}, new_owner(), lambda: passed[0])
    for lane in ("a", "b"):
        _post(db, lane, lane)
    sender.send_due(NOON)
    assert (first.sent + second.sent).count("b") == 1
    assert "b" in (first.sent if slow < LEASE.total_seconds() else second.sent)


def test_a_row_that_the_same_process_claimed_anew_is_sent_by_who_has_it_now(db: Database) -> None:
    """Two threads of one process have one name; the lease tells them apart."""
    passed, owner = [0.0], new_owner()
    second = Counting()
    other = Sender(db, {second.home: second}, owner)
    claimed: list[int] = []

    def takes_long() -> None:
        passed[0] = 70
        claimed.extend(p.id for p in other._claim(NOON + timedelta(seconds=70), None, None, 10))

    first = Passing(takes_long)
    for lane in ("a", "b"):
        _post(db, lane, lane)
    Sender(db, {first.home: first}, owner, lambda: passed[0]).send_due(NOON)
    assert len(claimed) == 2 and first.sent == ["a"]


def test_what_is_claimed_late_in_a_long_run_is_held_for_a_whole_lease(db: Database) -> None:
    """The moment of a run is that of its beginning; its second batch may be minutes later."""
    passed = [0.0]
    second = Counting()
    other = Sender(db, {second.home: second}, new_owner())
    first = Passing(lambda: passed.__setitem__(0, 300.0))
    first.happens.insert(0, lambda: other.send_due(NOON + timedelta(seconds=330)))
    for lane in ("a", "b"):
        _post(db, lane, lane)
    Sender(db, {first.home: first}, new_owner(), lambda: passed[0]).send_due(NOON, limit=1)
    assert (first.sent, second.sent) == (["a", "b"], [])


LOST = SendError("no answer", unclear=True)
REFUSED = SendError("ratelimited")
NO_WORD_FOR_IT = OSError("something of its own")


@pytest.mark.parametrize(
    ("failures", "told"),
    [
        ((), [None]),
        ((LOST,), [None, 0]),
        ((LOST, LOST), [None, 0, 0]),  # since the first of them
        ((REFUSED,), [None, None]),
        ((REFUSED, LOST), [None, None, 1]),
        ((LOST, REFUSED), [None, 0, 0]),  # what is refused now does not say how the first try ended
        ((NO_WORD_FOR_IT,), [None, 0]),  # nobody knows what it had done by then
    ],
)
def test_a_chat_is_told_since_when_a_row_may_stand_there_already(
    db: Database, failures: tuple[Exception, ...], told: list[int | None]
) -> None:
    """`told`: for each try, the number of the try from which on nobody knows; None where all is known."""
    chat = Counting()
    sender = Sender(db, {chat.home: chat}, new_owner())
    _post(db, "a", "perhaps")
    tries = []
    for n, failure in enumerate((*failures, None)):
        chat.broken = {"a": failure} if failure else {}
        tries.append(NOON + timedelta(minutes=40 * n))
        sender.send_due(tries[-1])
    assert chat.sent == ["perhaps"]
    assert chat.told == [None if n is None else tries[n] for n in told]
    with db.read() as session:
        row = session.scalars(select(Delivery).where(Delivery.reason == "perhaps")).one()
    assert (row.state, row.tried_at) == (State.SENT, None)


def test_after_a_crash_between_sending_and_recording_the_next_is_told_so(db: Database) -> None:
    chat = Counting()
    host = new_owner().rsplit(":", 2)[0]
    dead = Sender(db, {chat.home: chat}, f"{host}:{2**22 + 1}:gone")  # no process has this number
    _post(db, "a", "posted")
    [parcel] = dead._claim(NOON, None, None, 10)
    assert isinstance(dead._send(parcel), Place)  # and killed before it could record

    alive = Sender(db, {chat.home: chat}, new_owner())
    assert alive.take_over(NOON + timedelta(seconds=2)) == 1
    alive.send_due(NOON + timedelta(seconds=2))

    assert chat.told == [None, NOON]


def test_a_reply_that_was_never_recorded_is_told_so_too(page: Whole) -> None:
    """The direct reply is claimed in the transaction that writes it."""
    hear(page, "こんにちは")  # he has been welcomed
    chat = Counting("web")
    chat.broken["yamada"] = KeyboardInterrupt()  # the process is killed in the middle of it
    page.platforms["web", "page"] = chat
    message = Message("reply", YAMADA, TALK, page.clock(), text="ありがとう")
    with pytest.raises(KeyboardInterrupt):
        page.desk.hear(message)
    chat.broken.clear()
    page.desk.sender.send_due(message.said_at + timedelta(seconds=61))

    assert chat.sent == ["お役に立ててよかったです。また聞いてください。"]
    assert chat.told == [None, message.said_at]


def test_a_row_waits_as_long_as_the_chat_asked(db: Database) -> None:
    chat = Counting()
    chat.broken["a"] = SendError("ratelimited", retry_after=7)
    sender = Sender(db, {chat.home: chat}, new_owner())
    _post(db, "a", "slow down")
    sender.send_due(NOON)
    with db.read() as session:
        row = session.scalars(select(Delivery).where(Delivery.reason == "slow down")).one()
    assert (row.state, row.due_at) == (State.WAITING, NOON + timedelta(seconds=7))
    chat.broken.clear()
    sender.send_due(NOON + timedelta(seconds=6))
    assert chat.sent == []
    sender.send_due(NOON + timedelta(seconds=7))
    assert chat.sent == ["slow down"]


def test_each_chat_can_be_sent_to_by_itself(db: Database) -> None:
    """So that one that is slow never holds up another."""
    one, other = Counting("one"), Counting("other")
    sender = Sender(db, {one.home: one, other.home: other}, new_owner())
    with db.write() as session:
        for name in ("one", "other"):
            post(session, Place(name, "one", "a"), Card(f"to {name}"), NOON, reason=name)
    assert sender.send_due(NOON, platform="other") == 1
    assert (one.sent, other.sent) == ([], ["to other"])
    assert sender.send_due(NOON, platform="nobody") == 0
    assert sender.send_due(NOON, platform="one") == 1
    assert one.sent == ["to one"]
