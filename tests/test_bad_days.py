"""Rubbish, repetition, two at once: one event one end, one ticket one owner."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from bot import tickets
from bot.chat import Account, Card, Home, Message, Place, Platform, Refused, SendError
from bot.db import Database, core
from bot.deliveries import LEASE, Delivery, State, post
from bot.directory import Field, Person
from bot.inbox import Arrival
from bot.processes import new_owner
from bot.questions import Feedback, Question
from bot.sender import Sender
from bot.tickets import Request, Ticket, Urgency, Visibility
from tests.conftest import Whole
from tests.store import NOON
from tests.test_consulting import consult

EVENTS = count()
YAMADA = Account("web", "page", "yamada")
TALK = Place("web", "page", "yamada")


def hear(whole: Whole, text: str, event: str = "") -> str:
    """Say it at the door and give back what the desk said right back."""
    event = event or f"bad-{next(EVENTS)}"
    reply = whole.desk.hear(Message(event, YAMADA, TALK, whole.clock(), text=text))
    if reply.alone is not None:
        return reply.alone.title
    with whole.db.read() as session:
        said = session.scalars(
            select(Delivery).where(Delivery.reason == f"event:web/page/{event}")
        ).one()
    assert said.state == State.SENT
    return said.card.title


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "。。。", "😀👨‍👩‍👧", "\x00\x01\x02", "\u202eabc\u202c標準化", "あ" * 5000, "?" * 5000,
        "'; DROP TABLE tickets; --", "<script>alert(1)</script>", "\ud800", "%s%n{0}", "ﾊﾝｶｸ", "\n\n\n",
        "/view/board/1", "\u202e" * 50, "１", "null", "🏳️‍🌈" * 300,
    ],
)  # fmt: skip
def test_any_text_gets_a_visible_end(page: Whole, text: str) -> None:
    assert hear(page, text)


def test_what_is_too_long_is_not_stored_and_says_how_long_it_may_be(page: Whole) -> None:
    assert hear(page, "標" * 5001) == "5,000字までにしてください"
    with page.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Arrival)) == 0


def test_the_same_event_three_times_is_one_event(page: Whole) -> None:
    for _ in range(3):
        hear(page, "標準化の期限はいつまで", "same")
    with page.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Question)) == 1
        direct = select(Delivery).where(Delivery.reason == "event:web/page/same")
        assert len(session.scalars(direct).all()) == 1


def test_the_same_event_from_eight_threads_is_one_event(page: Whole) -> None:
    message = Message("storm", YAMADA, TALK, page.clock(), text="標準化の期限はいつまで")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: page.desk.hear(message), range(8)))
    with page.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Question)) == 1


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("solved", "999999"), ("solved", "x"), ("pick", "1:nothing"), ("pick", ""), ("take", "9999"),
        ("take", "-1"), ("take", "1; DROP"), ("nonsense", "1"), ("entry", "gone"), ("step", "1:2:3"),
        ("acknowledge", "77"), ("consult", "99999"), ("send_anyway", "標準化"), ("solve", "１"),
    ],
)  # fmt: skip
def test_a_stale_or_invented_button_is_harmless(page: Whole, action: str, value: str) -> None:
    event = f"button-{next(EVENTS)}"
    message = Message(event, YAMADA, TALK, page.clock(), action=action, value=value)
    reply = page.desk.hear(message)
    with page.db.read() as session:
        row = session.scalars(select(Arrival).where(Arrival.event_id == event)).one()
        assert row.state == "done"
        said = session.scalars(
            select(Delivery).where(Delivery.reason == f"event:web/page/{event}")
        ).first()
    assert said is not None or reply.form is not None


def rename(whole: Whole, table: str, to: str) -> None:
    with whole.db.write() as session:
        session.connection().exec_driver_sql(f"ALTER TABLE {table} RENAME TO {to}")


def test_something_broken_on_our_side_ends_in_a_number_to_quote(
    page: Whole, caplog: pytest.LogCaptureFixture
) -> None:
    hear(page, "e-ひょうごの利用料は月いくら。人口5万人未満です")
    with page.db.read() as session:
        question = session.scalars(select(Question)).one()
    message = Message("broken", YAMADA, TALK, page.clock(), action="solved", value=str(question.id))
    rename(page, "feedback", "feedback_gone")
    try:
        page.desk.hear(message)
    finally:
        rename(page, "feedback_gone", "feedback")
    with page.db.read() as session:
        row = session.scalars(select(Arrival).where(Arrival.event_id == "broken")).one()
        said = session.scalars(
            select(Delivery).where(Delivery.reason == "event:web/page/broken")
        ).one()
    assert row.state == "failed"
    assert f"受付番号 E-{row.id}" in said.card.paragraphs
    assert "could not be handled" in caplog.text
    assert "利用料" not in caplog.text


def _open(db: Database) -> int:
    with db.write() as session:
        request = Request(
            "件名",
            "内容",
            session.get(Field, "電子申請"),
            Urgency.NORMAL,
            None,
            Visibility.SECTION,
            False,
        )
        asker = session.get_one(Person, "yamada")
        return tickets.open_ticket(session, asker, YAMADA, request, NOON).id


def test_two_people_taking_one_ticket_at_once_fifty_times_is_one_owner_each(db: Database) -> None:
    opened = [_open(db) for _ in range(50)]
    wins: list[tuple[int, str]] = []
    together = threading.Barrier(2)

    def take_all(person_id: str) -> None:
        for ticket_id in opened:
            together.wait()
            try:
                with db.write() as session:
                    ticket = tickets.locked(session, ticket_id)
                    person = session.get_one(Person, person_id)
                    tickets.take(session, ticket, person, NOON)
            except Refused:
                continue
            wins.append((ticket_id, person_id))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(take_all, who) for who in ("mori", "kishimoto")]:
            done.result()
    assert sorted(ticket_id for ticket_id, _ in wins) == opened
    with db.read() as session:
        owners = {t.id: t.owner_id for t in session.scalars(select(Ticket))}
    assert owners == dict(wins)


def test_numbers_given_by_eight_threads_at_once_are_unique_and_without_gaps(db: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _open(db), range(40)))
    with db.read() as session:
        serials = sorted(session.scalars(select(Ticket.serial)))
    assert serials == list(range(1, 41))


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


def test_a_message_left_over_by_a_dead_process_is_answered_by_the_next(page: Whole) -> None:
    from bot import inbox

    message = Message("left", YAMADA, TALK, page.clock(), text="標準化の期限はいつまで")
    with page.db.write() as session:
        inbox.receive(core(session), message, "elsewhere:1:gone", page.clock())
    page.clock.forward(seconds=31)
    page.tick()
    assert "標準化の期限" in page.read("yamada") or "令和7年度末" in page.read("yamada")
    with page.db.read() as session:
        assert session.scalars(select(Arrival)).one().state == "done"


def test_another_municipality_never_reads_a_ticket_by_its_address(page: Whole) -> None:
    consult(page)
    with page.db.read() as session:
        place = session.scalars(select(Ticket)).one().asker_post
        assert place is not None and place.sent_as is not None
        stolen = place.sent_as
    intruder = Account("web", "page", "nakamura")
    assert not page.desk.may_enter(intruder, stolen)
    page.desk.hear(Message("peek", intruder, stolen, page.clock(), text="見せて"))
    with page.db.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert tickets.lines(session, ticket, inside=True) == []


def test_a_person_whose_first_two_messages_come_at_once_is_welcomed_once(page: Whole) -> None:
    messages = [
        Message(f"first{n}", YAMADA, TALK, page.clock(), text="標準化の期限は") for n in range(8)
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(page.desk.hear, messages))
    with page.db.read() as session:
        assert set(session.scalars(select(Arrival.state))) == {"done"}
        assert len(session.scalars(select(Delivery).where(Delivery.reason == "welcome")).all()) == 1


def test_the_same_word_on_an_answer_from_eight_threads_is_one_word(page: Whole) -> None:
    hear(page, "e-ひょうごの利用料は月いくら。人口5万人未満です")
    presses = [
        Message(f"solved{n}", YAMADA, TALK, page.clock(), action="solved", value="1")
        for n in range(8)
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(page.desk.hear, presses))
    with page.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Feedback)) == 1
        assert set(session.scalars(select(Arrival.state))) == {"done"}


@pytest.mark.parametrize("who", ["yamada", "nobody"])
def test_one_open_form_sent_from_two_tabs_at_once_is_one_consultation(
    page: Whole, who: str
) -> None:
    account, talk = Account("web", "page", who), Place("web", "page", who)
    page.desk.hear(Message("open", account, talk, page.clock(), action="consult"))
    values = {
        "town": "283657", "section": "企画課", "name": "名", "subject": "件名", "body": "内容",
        "field": "電子申請", "urgency": "普通", "visibility": "自分の課",
    }  # fmt: skip
    tabs = [
        Message(f"tab{n}", account, talk, page.clock(), action="consult_send", values=values)
        for n in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(page.desk.hear, tabs))
    with page.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1
        assert set(session.scalars(select(Arrival.state))) == {"done"}


def test_what_a_person_wrote_is_not_in_the_log_when_the_database_refuses(
    page: Whole, caplog: pytest.LogCaptureFixture
) -> None:
    rename(page, "questions", "questions_gone")
    try:
        page.desk.hear(Message("gone", YAMADA, TALK, page.clock(), text="ひみつの標準化の期限"))
    finally:
        rename(page, "questions_gone", "questions")
    assert "could not be handled" in caplog.text
    assert "ひみつ" not in caplog.text


def test_an_event_this_process_itself_could_not_end_is_taken_up_after_its_lease(
    page: Whole,
) -> None:
    from bot import inbox

    message = Message("stuck", YAMADA, TALK, page.clock(), text="標準化の期限はいつまで")
    with page.db.write() as session:
        inbox.receive(core(session), message, page.desk.sender.owner, page.clock())
    page.tick()
    with page.db.read() as session:
        assert session.scalars(select(Arrival)).one().state == "received"
    page.clock.forward(seconds=31)
    page.tick()
    with page.db.read() as session:
        assert session.scalars(select(Arrival)).one().state == "done"


def test_a_phone_number_in_a_form_asks_once_before_it_is_sent(page: Whole) -> None:
    page.press("yamada", "相談する")
    page.fill(
        "yamada", {"件名": "件名", "内容": "090-1234-5678 に電話ください", "分野": "電子申請"}
    )
    with page.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0
    page.fill("yamada", {"電話番号のような数字": "個人の番号ではないので、このまま送る"})
    with page.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_who_takes_the_phone_number_out_need_not_say_anything_of_it(page: Whole) -> None:
    page.press("yamada", "相談する")
    page.fill(
        "yamada", {"件名": "件名", "内容": "090-1234-5678 に電話ください", "分野": "電子申請"}
    )
    page.fill("yamada", {"内容": "まだ 090-1234-5678 があります"})
    with page.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0  # asked again
    page.fill("yamada", {"内容": "番号は消しました"})
    with page.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1


@pytest.mark.parametrize("value", ["9" * 20, "9" * 5000, "-1", "１２", "1e3", " 1"])
def test_a_number_no_row_can_have_is_refused_calmly(page: Whole, value: str) -> None:
    for action in ("take", "solved", "approve", "pick"):
        event = f"{action}{next(EVENTS)}"
        page.desk.hear(Message(event, YAMADA, TALK, page.clock(), action=action, value=value))
        with page.db.read() as session:
            state = select(Arrival.state).where(Arrival.event_id == event)
            assert session.scalars(state).one() == "done"
    assert page.desk.look(YAMADA, "ticket", value) is None


def test_words_in_a_thread_that_is_just_being_opened_wait_until_it_is_known(page: Whole) -> None:
    """The chat shows a consultation's place a moment before the ledger has recorded it."""
    consult(page)
    with page.db.write() as session:
        opener = session.scalars(select(Ticket)).one().asker_post
        assert opener is not None and opener.sent_as is not None
        place, opener.sent_as = opener.sent_as, None
        opener.state, opener.owner = State.SENDING, "elsewhere:1:slow"
        opener.lease_until = page.clock.now
    page.desk.hear(Message("early", YAMADA, place, page.clock(), text="続きの言葉です"))
    with page.db.read() as session:
        early = select(Arrival).where(Arrival.event_id == "early")
        assert session.scalars(early).one().state == "received"
    page.clock.forward(seconds=1)
    page.desk.sender.send_due(page.clock())  # the lease has run out; the page knows the row's key
    page.tick()
    page.tick()
    with page.db.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert [line.text for line in tickets.lines(session, ticket, inside=True)] == [
            "続きの言葉です"
        ]
        assert session.scalar(select(func.count()).select_from(Question)) == 0
