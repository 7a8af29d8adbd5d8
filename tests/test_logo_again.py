"""What is heard a second time in LoGoチャット, or at a bad moment: nothing is lost, and nobody is told twice."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.chat import Button, Card, Place, Row
from bot.db import Database
from bot.deliveries import Delivery, State, amend, post
from bot.platforms.logo.known import SELECT, YES_NO
from bot.platforms.logo.store import LogoStamp, Seen
from bot.tickets import Ticket
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_logo, library_of
from tests.logo_desk import connect_logo
from tests.logo_driver import HOME, words_of
from tests.logo_whole import FEE, act, answers, chat_of, driver_of, fake_of, newest
from tests.test_consulting import consult


@pytest.fixture
def logo(own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms) -> Iterator[Whole]:
    made = in_logo(own_db, tmp_path, library_of(own_db, words, synonyms))
    yield made
    made.extras["close"]()


def restart(logo: Whole) -> None:
    """The process ends well, and another one takes its place."""
    fake = fake_of(logo)
    chat_of(logo).stop()
    logo.platforms.clear()
    chat = connect_logo(fake, logo.db, logo.desk, logo.platforms, logo.clock, "machine:2:b")
    logo.extras["chat"] = driver_of(logo).chat = chat
    logo.extras["close"] = lambda: [end() for end in (chat.stop, fake.stop)]


def rename(db: Database, was: str, now: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {was} RENAME TO {now}"))


def away_till_the_first_pause(logo: Whole, table: str) -> None:
    """The database has lost this table; it is there again when the desk has failed at it once."""
    rename(logo.db, table, "elsewhere")
    back = threading.Event()

    def pause(_seconds: float) -> None:
        if not back.is_set():
            back.set()
            rename(logo.db, "elsewhere", table)

    chat_of(logo).session._hearing._wait = pause


def told(logo: Whole, talk: int) -> list[str]:
    return [words_of(message) for message in fake_of(logo).said(talk)]


# ---- heard a second time


def test_after_a_restart_nobody_is_told_again_what_the_desk_had_answered(logo: Whole) -> None:
    consult(logo)
    fake, users, room = fake_of(logo), driver_of(logo).users, driver_of(logo).rooms["電子申請"]
    talk = driver_of(logo).talk("yamada")
    logo.press("mori", "担当になる", "電子申請/R8-0001")
    act(logo, fake.choose(users["mori"], newest(logo, room, SELECT), "完了にする"))
    sure = newest(logo, room, YES_NO)
    act(logo, fake.answer(users["mori"], sure, False))
    act(logo, fake.say(users["mori"], room, "デスク この部屋の番号は？"))
    logo.say("yamada", "メニュー")
    logo.press("yamada", "わたしと課の相談")
    act(logo, fake.say(users["yamada"], talk, "090-1234-5678 に電話をください"))
    mori = fake.pair(users["mori"])
    before = [told(logo, one) for one in (room, talk, mori)]

    restart(logo)
    act(logo, fake.say(users["mori"], room, "お昼にしましょう"))
    act(logo, fake.say(users["yamada"], talk, FEE))

    assert told(logo, room) == before[0] and told(logo, mori) == before[2]
    assert answers(logo, talk) == 1
    since = told(logo, talk)[len(before[1]) :]
    assert not any("もう終わっています" in words or "送っていません" in words for words in since)
    assert not any("わたしと課の相談" in words and "R8-0001" in words for words in since)
    assert sum(words == "メニュー" for words in since) == 0


def test_an_answer_in_the_last_minute_that_the_desk_never_heard_counts_after_a_restart(
    logo: Whole,
) -> None:
    """A later message was pushed before it, so the mark stands beyond it."""
    consult(logo)
    fake, users, room = fake_of(logo), driver_of(logo).users, driver_of(logo).rooms["電子申請"]
    stamp = newest(logo, room, SELECT)
    option = fake.messages[stamp]["content"]["options"].index("担当になる")
    fake.add_message(room, users["mori"], 503, {"in_reply_to": stamp, "response": option})
    act(logo, fake.say(users["mori"], room, "デスク この部屋の番号は？"))
    restart(logo)
    act(logo, fake.say(users["mori"], room, "お昼にしましょう"))
    with logo.db.read() as session:
        assert session.get_one(Ticket, 1).owner_id == "mori"


def test_a_press_whose_mark_could_not_be_moved_is_not_said_to_be_over(logo: Whole) -> None:
    consult(logo)
    fake, users, room = fake_of(logo), driver_of(logo).users, driver_of(logo).rooms["電子申請"]
    away_till_the_first_pause(logo, "logo_seen")
    pressed = fake.choose(users["mori"], newest(logo, room, SELECT), "担当になる")
    act(logo, pressed)
    fake.wait_until(lambda: Seen(logo.db).all()[room] == pressed, 10, "the mark has moved")
    with logo.db.read() as session:
        assert session.get_one(Ticket, 1).owner_id == "mori"
    assert not any("終わっています" in w for w in told(logo, fake.pair(users["mori"])))


# ---- heard at a bad moment


def test_a_yes_counts_that_came_while_the_database_was_away(logo: Whole) -> None:
    consult(logo)
    fake, users, room = fake_of(logo), driver_of(logo).users, driver_of(logo).rooms["電子申請"]
    act(logo, fake.choose(users["mori"], newest(logo, room, SELECT), "完了にする"))
    away_till_the_first_pause(logo, "inbox")
    sure = newest(logo, room, YES_NO)
    act(logo, fake.answer(users["mori"], sure, True))
    with logo.db.read() as session:
        assert session.get_one(Ticket, 1).closed_at is not None
    assert not any("終わっています" in w for w in told(logo, fake.pair(users["mori"])))
    assert fake.actions[sure]["closed"]


def test_a_menu_asked_for_while_the_line_is_away_is_shown_when_it_is_back(logo: Whole) -> None:
    fake, chat = fake_of(logo), chat_of(logo)
    talk, hearing = driver_of(logo).talk("yamada"), chat.session._hearing
    begun, gate, on_push = threading.Event(), threading.Event(), hearing._on_push
    pauses: list[float] = []

    def when_it_is_away(kind: str, body: Any) -> None:
        begun.set()
        gate.wait(10)
        on_push(kind, body)

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        chat.session._over.wait(0.01)

    hearing._on_push, hearing._wait = when_it_is_away, pause
    number = fake.say(driver_of(logo).users["yamada"], talk, "メニュー")
    assert begun.wait(10)
    fake.down = True
    fake.wait_until(lambda: not chat.session._in.is_set(), 10, "the line is away")
    gate.set()
    fake.wait_until(lambda: len(pauses) >= 8, 30, "it has been tried")
    fake.down = False
    fake.wait_until(lambda: number in chat.done, 10, "it has been dealt with")
    assert hearing.given_up == 0
    assert told(logo, talk)[-1] == "メニュー"


# ---- said at a bad moment


def tries_of(logo: Whole, reason: str) -> tuple[str, int]:
    with logo.db.read() as session:
        row = session.scalars(select(Delivery).where(Delivery.reason == reason)).one()
        return row.state, row.tries


def test_mistyped_addresses_do_not_read_the_whole_organisation_at_each_try(logo: Whole) -> None:
    fake = fake_of(logo)
    with logo.db.write() as session:
        for name in ("tanaka", "suzuki"):
            place = Place(*HOME, f"{name}@example.jp")
            post(session, place, Card(f"{name}さんへ"), logo.clock(), reason=name)
    logo.tick()
    logo.clock.forward(minutes=2)
    logo.tick()
    assert tries_of(logo, "tanaka") == tries_of(logo, "suzuki") == (State.WAITING, 2)
    assert len(fake.calls("get_domain_users")) == 1

    tanaka = fake.add_person("田中 実", "tanaka@example.jp")  # he has an account now, and writes
    act(logo, fake.say(tanaka, None, FEE))
    logo.clock.forward(minutes=4)
    logo.tick()
    assert told(logo, fake.pair(tanaka))[-1] == "tanakaさんへ"
    assert len(fake.calls("get_domain_users")) == 1

    suzuki = fake.add_person("鈴木 恵", "suzuki@example.jp")  # she does not
    logo.clock.forward(minutes=8)
    logo.tick()
    assert told(logo, fake.pair(suzuki)) == ["suzukiさんへ"]
    assert len(fake.calls("get_domain_users")) == 2


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_change_whose_answer_was_lost_is_told_once(logo: Whole, lost: int) -> None:
    """`lost`: which of its messages the service took without a word: what is new, the old stamp's end, the new stamp."""
    consult(logo)
    fake, room = fake_of(logo), driver_of(logo).rooms["電子申請"]
    with logo.db.write() as session:
        row = session.get_one(Ticket, 1).desk_post
        assert row is not None
        changed = replace(row.card, rows=(Row("担当", "森"),), buttons=row.card.buttons[1:])
        amend(session, row, changed, logo.clock())
    before = len(fake.said(room))
    fake.delay("create_message", 0.0, lost - 1)
    fake.lose("create_message")
    for _ in range(3):
        logo.tick()
        fake.wait_until(lambda: chat_of(logo).said == "", 10, "connected again")
        logo.clock.forward(minutes=3)
    since = fake.said(room)[before:]
    assert sum("・担当：森" in words_of(message) for message in since) == 1
    assert [message["type"] for message in since].count(SELECT) == 1
    assert not logo.desk.sender.send_due(logo.clock())


def amended(logo: Whole, *labels: str) -> None:
    """The card in the room has these buttons now."""
    with logo.db.write() as session:
        row = session.get_one(Ticket, 1).desk_post
        assert row is not None
        buttons = tuple(Button("take", label, f"1:{label}") for label in labels)
        amend(session, row, replace(row.card, buttons=buttons), logo.clock())


def open_stamps(logo: Whole) -> list[list[str]]:
    fake, room = fake_of(logo), driver_of(logo).rooms["電子申請"]
    stamps = [m for m in fake.said(room) if m["type"] == SELECT]
    return [m["content"]["options"] for m in stamps if not fake.actions[m["message_id"]]["closed"]]


def test_of_several_stamps_of_a_change_only_the_missing_one_is_posted(logo: Whole) -> None:
    consult(logo)
    labels = [f"{n}番" for n in range(12)]
    amended(logo, *labels)
    fake_of(logo).delay("create_message", 0.0, 2)  # the end of the old stamp, the first new one
    fake_of(logo).lose("create_message")
    for _ in range(3):
        logo.tick()
        fake_of(logo).wait_until(lambda: chat_of(logo).said == "", 10, "connected again")
        logo.clock.forward(minutes=3)
    assert [label for stamp in open_stamps(logo) for label in stamp] == labels
    assert kept_open(logo) == labels


def test_a_change_that_was_changed_before_its_second_try_leaves_no_stamp_behind(
    logo: Whole,
) -> None:
    consult(logo)
    amended(logo, *(f"{n}番" for n in range(12)))
    fake_of(logo).delay("create_message", 0.0, 2)
    fake_of(logo).lose("create_message")
    logo.tick()
    fake_of(logo).wait_until(lambda: chat_of(logo).said == "", 10, "connected again")
    amended(logo, "これだけ")
    logo.clock.forward(minutes=3)
    logo.tick()
    assert kept_open(logo) == ["これだけ"]


def kept_open(logo: Whole) -> list[str]:
    """What the desk believes can still be pressed in the field's room."""
    query = (
        select(LogoStamp)
        .where(LogoStamp.talk_id == str(driver_of(logo).rooms["電子申請"]), ~LogoStamp.closed)
        .order_by(LogoStamp.sent_at, LogoStamp.message_id)
    )
    with logo.db.read() as session:
        return [option["label"] for row in session.scalars(query) for option in row.options]
