"""Rubbish, repetition, two at once: one event one end, one ticket one owner."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from sqlalchemy import func, select

from bot import tickets
from bot.chat import Account, Message, Place, Refused
from bot.db import Database, core
from bot.deliveries import Delivery, State
from bot.directory import Field, Person
from bot.inbox import Arrival
from bot.questions import Feedback, Question
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
