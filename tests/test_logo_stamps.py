"""The whole desk in LoGoチャット: what its stamps do, and the notices and forms that are made of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.announcements import Acknowledgement
from bot.chat import Card, Row, SendError
from bot.db import Database
from bot.deliveries import Delivery, State, post
from bot.directory import Duty, KnownAccount, Person
from bot.platforms.logo.known import SELECT, TASK, YES_NO
from bot.tickets import Ticket
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_logo, library_of
from tests.logo_desk import connect_logo
from tests.logo_driver import HOME, words_of
from tests.logo_whole import FEE, act, chat_of, driver_of, fake_of, newest, own
from tests.test_announcing import standing
from tests.test_announcing import write as announce
from tests.test_consulting import consult


@pytest.fixture
def logo(own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms) -> Iterator[Whole]:
    made = in_logo(own_db, tmp_path, library_of(own_db, words, synonyms))
    yield made
    made.extras["close"]()


def is_closed(logo: Whole, stamp: int) -> bool:
    return bool(fake_of(logo).actions[stamp]["closed"])


def notice(logo: Whole) -> None:
    announce(logo)
    logo.confirm("hayashi")
    logo.press("fujii", "承認する", "事務局")
    logo.tick()


# ---- stamps


def test_a_stamp_pressed_twice_is_pressed_once(logo: Whole) -> None:
    consult(logo)
    fake, users, room = fake_of(logo), driver_of(logo).users, driver_of(logo).rooms["電子申請"]
    stamp = newest(logo, room, SELECT)
    fake.lose("create_message", 0)
    first = fake.choose(users["mori"], stamp, "担当になる")
    fake.actions[stamp]["closed"] = False  # he was faster than the close
    second = fake.choose(users["mori"], stamp, "担当になる")
    act(logo, first)
    act(logo, second)
    with logo.db.read() as session:
        assert session.get_one(Ticket, 1).owner_id == "mori"
        taken = session.execute(
            text("SELECT count(*) FROM history WHERE noun = 'ticket' AND what = 'taken'")
        ).scalar_one()
    assert taken == 1


def test_of_two_who_press_one_stamp_the_first_takes_it_and_the_other_learns_who(
    logo: Whole,
) -> None:
    consult(logo)
    fake, users, room = fake_of(logo), driver_of(logo).users, driver_of(logo).rooms["電子申請"]
    stamp = newest(logo, room, SELECT)
    one, two = (fake.choose(users[who], stamp, "担当になる") for who in ("mori", "hayashi"))
    act(logo, one)
    act(logo, two)
    with logo.db.read() as session:
        assert session.get_one(Ticket, 1).owner_id == "mori"
    told = "".join(words_of(m) for t in (room, fake.pair(users["hayashi"])) for m in fake.said(t))
    assert "森 佳奈さんが担当です" in told or "もう終わっています" in told


def test_a_stamp_closes_when_its_card_changes_and_the_new_one_offers_the_rest(logo: Whole) -> None:
    consult(logo)
    room = driver_of(logo).rooms["電子申請"]
    old = newest(logo, room, SELECT)
    logo.press("mori", "担当になる", "電子申請/R8-0001")
    new = newest(logo, room, SELECT)
    assert new != old and is_closed(logo, old) and not is_closed(logo, new)
    assert "担当になる" not in fake_of(logo).messages[new]["content"]["options"]


def test_an_answer_to_a_closed_stamp_is_told_calmly_that_it_is_over(logo: Whole) -> None:
    consult(logo)
    fake, users, room = fake_of(logo), driver_of(logo).users, driver_of(logo).rooms["電子申請"]
    old = newest(logo, room, SELECT)
    logo.press("mori", "担当になる", "電子申請/R8-0001")
    fake.actions[old]["closed"] = False  # a phone that had not heard of it yet
    act(logo, fake.choose(users["hayashi"], old, "担当になる"))
    assert "もう終わっています" in logo.read("hayashi")


def test_questions_of_a_form_close_one_after_the_other_and_at_its_end(logo: Whole) -> None:
    logo.press("yamada", "相談する")
    talk = driver_of(logo).talk("yamada")
    first = newest(logo, talk, SELECT)
    logo.say("yamada", "年度途中の参加")
    second = newest(logo, talk, SELECT)
    assert is_closed(logo, first) and not is_closed(logo, second)
    logo.say("yamada", "やめる")
    assert is_closed(logo, second)
    assert "送りませんでした" in logo.read("yamada")


def test_what_cannot_be_taken_back_is_asked_by_yes_and_no_of_who_pressed(logo: Whole) -> None:
    consult(logo)
    fake, users, room = fake_of(logo), driver_of(logo).users, driver_of(logo).rooms["電子申請"]
    act(logo, fake.choose(users["mori"], newest(logo, room, SELECT), "完了にする"))
    sure = newest(logo, room, YES_NO)
    assert "R8-0001を完了にしますか" in words_of(fake.messages[sure])
    act(logo, fake.answer(users["hayashi"], sure, True))
    assert "押した方が答えます" in logo.read("hayashi")
    act(logo, fake.answer(users["mori"], sure, False))
    assert "取りやめました" in logo.read("mori", "電子申請")
    with logo.db.read() as session:
        assert session.get_one(Ticket, 1).closed_at is None


def test_a_stamp_pressed_after_the_desk_was_taken_out_of_the_room_changes_nothing(
    logo: Whole,
) -> None:
    consult(logo)
    fake, users, room = fake_of(logo), driver_of(logo).users, driver_of(logo).rooms["電子申請"]
    stamp = newest(logo, room, SELECT)
    fake.expel(room)
    fake.wait_until(lambda: room not in chat_of(logo).session.talks, 5, "it knows")
    pressed = fake.choose(users["mori"], stamp, "担当になる")
    fake.push("notify_create_message", fake.messages[pressed])  # it was on its way
    logo.say("mori", "こんにちは")  # told after it
    with logo.db.read() as session:
        assert session.get_one(Ticket, 1).owner_id is None
    fake.invite(room)
    fake.wait_until(lambda: room in chat_of(logo).session.talks, 5, "it knows")
    logo.press("mori", "担当になる", "電子申請/R8-0001")
    with logo.db.read() as session:
        assert session.get_one(Ticket, 1).owner_id == "mori"


def test_what_was_to_be_said_in_a_room_waits_till_the_desk_is_let_in_again(logo: Whole) -> None:
    fake, room = fake_of(logo), driver_of(logo).rooms["電子申請"]
    fake.expel(room)
    fake.wait_until(lambda: room not in chat_of(logo).session.talks, 5, "it knows")
    consult(logo)
    assert fake.said(room) == []
    fake.invite(room)
    fake.wait_until(lambda: room in chat_of(logo).session.talks, 5, "it knows")
    logo.clock.forward(minutes=31)
    logo.tick()
    assert "R8-0001" in "".join(words_of(m) for m in fake.said(room))


# ---- notices


def test_a_notice_is_a_task_and_done_is_the_acknowledgement(logo: Whole) -> None:
    notice(logo)
    fake, users = fake_of(logo), driver_of(logo).users
    stamp = newest(logo, fake.pair(users["yamada"]), TASK)
    assert fake.messages[stamp]["content"]["closing_type"] == 1
    act(logo, fake.done(users["yamada"], stamp, False))
    assert standing(logo, "多可町")[2] == "未確認"
    fake.actions[stamp]["closed"] = False
    act(logo, fake.done(users["yamada"], stamp))
    assert standing(logo, "多可町")[2:4] == ["確認済", "山田 葵"]
    assert is_closed(logo, stamp)


def test_who_read_a_notice_is_on_the_board_beside_the_acknowledgement(logo: Whole) -> None:
    notice(logo)
    fake, users = fake_of(logo), driver_of(logo).users
    talk = fake.pair(users["yamada"])
    shown = next(m["message_id"] for m in fake.said(talk) if "日程は追って" in words_of(m))
    fake.read(users["yamada"], shown)
    fake.read(users["yamada"], shown)  # twice is harmless

    def seen() -> list[Any]:
        with logo.db.read() as session:
            return list(session.scalars(select(Delivery).where(Delivery.seen_at.is_not(None))))

    fake.wait_until(seen, 5, "it is known as read")
    assert [row.recipient for row in seen()] == ["yamada"]
    line = standing(logo, "多可町")
    assert line[2] == "未確認" and line[4].endswith("12:00")
    assert standing(logo, "姫路市")[4] == ""
    with logo.db.read() as session:
        assert session.scalars(select(Acknowledgement)).all() == []


def test_a_sections_own_talk_gets_the_notice_and_any_of_its_people_confirms_by_name(
    logo: Whole,
) -> None:
    fake = fake_of(logo)
    members = [fake.add_person(name) for name in ("川口 実", "谷 恵")]
    talk = fake.add_group("多可町 企画課", members)
    with logo.db.write() as session:
        session.execute(text("DELETE FROM duties WHERE person_id = 'yamada'"))
        section = Person(
            id="sec-logo", name="企画課", municipality_code="283657", section="企画課",
            shared=True, source="directory",
        )  # fmt: skip
        section.duties = [Duty(role="contact", municipality_code="283657")]
        section.accounts = [KnownAccount(platform="logo", workspace=HOME[1], user=f"talk-{talk}")]
        session.add(section)
    notice(logo)
    assert "日程は追って" in words_of(fake.said(talk)[0])
    act(logo, fake.say(members[0], talk, "今日のお昼は"))  # their own talk
    act(logo, fake.done(members[1], newest(logo, talk, TASK)))
    assert standing(logo, "多可町")[2:4] == ["確認済", "谷 恵（企画課）"]
    assert "谷 恵（企画課）さんが" in words_of(fake.said(talk)[-1]) or any(
        "谷 恵（企画課）さんが" in words_of(m) for m in fake.said(talk)
    )
    assert not any("お昼" in words_of(m) for m in fake.said(talk))


def test_who_left_the_organisation_gets_nothing_more_and_loses_nothing(logo: Whole) -> None:
    consult(logo)
    fake, users = fake_of(logo), driver_of(logo).users
    fake.leave(users["yamada"])
    poster = chat_of(logo).posters[int(HOME[1])]
    fake.wait_until(lambda: users["yamada"] in poster._gone, 5, "it knows")
    before = len(fake.said(fake.pair(users["yamada"])))
    logo.press("mori", "多可町へ返信", "電子申請/R8-0001")
    logo.fill("mori", {"返信": "できます。"})
    logo.confirm("mori")
    assert "送れませんでした" in logo.read("mori", "電子申請/R8-0001")
    assert len(fake.said(fake.pair(users["yamada"]))) == before
    with logo.db.read() as session:
        failed = session.scalars(select(Delivery).where(Delivery.state == State.FAILED)).all()
        assert {row.error for row in failed} == {"left_domain"}
        assert session.get_one(Ticket, 1).asker.name == "山田 葵"


# ---- bad days


def test_a_form_goes_on_after_a_restart_in_the_middle_of_it(logo: Whole) -> None:
    driver, fake = driver_of(logo), fake_of(logo)
    logo.press("yamada", "相談する")
    logo.say("yamada", "年度途中の参加")
    chat_of(logo).stop()
    missed = fake.say(driver.users["yamada"], None, "令和9年1月から参加できますか。")

    logo.platforms.clear()
    chat = connect_logo(fake, logo.db, logo.desk, logo.platforms, logo.clock, "machine:2:b")
    logo.extras["chat"] = driver.chat = chat
    logo.extras["close"] = lambda: [end() for end in (chat.stop, fake.stop)]
    fake.wait_until(lambda: missed in chat.done, 10, "what was said while nobody listened")
    logo.tick()
    logo.press("yamada", "電子申請")
    logo.press("yamada", "普通")
    logo.press("yamada", "とばす")
    logo.press("yamada", "自分の課")
    logo.press("yamada", "とばす")
    with logo.db.read() as session:
        ticket = session.get_one(Ticket, 1)
    assert (ticket.subject, ticket.body) == ("年度途中の参加", "令和9年1月から参加できますか。")


def test_a_form_left_lying_takes_no_words_and_is_offered_again(logo: Whole) -> None:
    logo.press("yamada", "相談する")
    logo.say("yamada", "年度途中の参加")
    logo.clock.forward(minutes=61)
    logo.say("yamada", FEE)
    assert "12,500円" in logo.read("yamada")
    assert "書きかけの用紙があります" in logo.read("yamada")
    logo.press("yamada", "つづける")
    assert "相談する 2／7" in logo.driver.cards("yamada")[-1]
    logo.press("yamada", "戻る")
    assert "相談する 1／7" in logo.driver.cards("yamada")[-1]


def test_an_update_tells_what_is_new_and_nothing_where_nothing_is(logo: Whole) -> None:
    fake = fake_of(logo)
    with logo.db.write() as session:
        card = Card("題", ("本文",), frame="notice")
        post(session, own(logo, "yamada"), card, logo.clock(), reason="t")
    logo.tick()
    poster = next(iter(logo.platforms.values()))
    with logo.db.read() as session:
        there = session.scalars(select(Delivery)).one().sent_as
    assert there is not None
    before = len(fake.said(driver_of(logo).talk("yamada")))
    poster.update(there, card, "k")
    assert len(fake.said(driver_of(logo).talk("yamada"))) == before


def test_a_change_whose_stamp_was_refused_for_a_moment_is_told_once(logo: Whole) -> None:
    consult(logo)
    fake, room = fake_of(logo), driver_of(logo).rooms["電子申請"]
    with logo.db.read() as session:
        row = session.get_one(Ticket, 1).desk_post
        assert row is not None and row.sent_as is not None
    changed = replace(row.card, rows=(Row("担当", "森"),), buttons=row.card.buttons[1:])
    poster = next(iter(logo.platforms.values()))
    fake.delay("create_message", 0.0, 2)  # the words and the close go well
    fake.fault("create_message", 503, "service temporarily unavailable", {"retry_after": 1})
    with pytest.raises(SendError):
        poster.update(row.sent_as, changed, "k")
    poster.update(row.sent_as, changed, "k")
    told = [words_of(m) for m in fake.said(room)]
    assert sum("・担当：森" in words for words in told) == 1
    assert "担当になる" not in fake.messages[newest(logo, room, SELECT)]["content"]["options"]
