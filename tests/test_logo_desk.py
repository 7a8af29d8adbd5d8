"""The whole desk in LoGoチャット: who is heard there, what is given back, and what goes along from talk to talk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.chat import Account, Home, Message, Place, Platform
from bot.db import Database
from bot.deliveries import Delivery, State
from bot.directory import KnownAccount, Room
from bot.inbox import Arrival
from bot.platforms.logo.known import FILE, FILES, SELECT, TASK
from bot.platforms.logo.store import LogoStamp
from bot.platforms.web import Page
from bot.tickets import Ticket, TicketLine
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_logo, library_of
from tests.logo_driver import HOME, words_of
from tests.logo_fake import ME
from tests.logo_whole import FEE, act, answers, chat_of, driver_of, fake_of, newest
from tests.slack_driver import SlackDriver, user_of
from tests.slack_fake import BOT, TEAM, FakeSlack
from tests.slack_world import connect_slack
from tests.test_announcing import standing
from tests.test_consulting import consult
from tests.test_logo_stamps import notice

NUMBER = "1234 5678 9018"


@pytest.fixture
def logo(own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms) -> Iterator[Whole]:
    made = in_logo(own_db, tmp_path, library_of(own_db, words, synonyms))
    yield made
    made.extras["close"]()


# ---- who is heard


def test_in_a_group_only_what_calls_the_desk_is_heard(logo: Whole) -> None:
    fake, users = fake_of(logo), driver_of(logo).users
    group = fake.add_group("町の雑談", [users["yamada"], users["ueda"]])
    act(logo, fake.say(users["yamada"], group, FEE))
    assert fake.said(group) == []

    act(logo, fake.say(users["yamada"], group, f"{{@:{ME},4}}@デスク {FEE}", mention=True))
    assert answers(logo, group) == 1
    act(logo, fake.say(users["yamada"], group, f"デスクさん、{FEE}"))
    assert answers(logo, group) == 2


def test_names_of_others_in_a_question_stay_words(logo: Whole) -> None:
    fake, users = fake_of(logo), driver_of(logo).users
    act(logo, fake.say(users["yamada"], None, f"{{@:{users['ueda']},5}}@上田 蓮 {FEE}"))
    with logo.db.read() as session:
        asked = session.execute(text("SELECT text FROM questions")).scalar_one()
    assert asked == f"@上田 蓮 {FEE}"


def test_what_people_wrote_calls_nobody(logo: Whole) -> None:
    consult(logo, 内容="{@:ALL,4}@ALL みなさん")
    shown = [words_of(m) for m in fake_of(logo).said(driver_of(logo).rooms["電子申請"])]
    assert any("みなさん" in words for words in shown)
    assert not any("{@:" in words for words in shown)


def test_a_talk_that_nobody_told_of_is_found_when_somebody_speaks_in_it(logo: Whole) -> None:
    fake, users = fake_of(logo), driver_of(logo).users
    talk = fake.pair(users["okuda"])  # no push of it
    act(logo, fake.say(users["okuda"], talk, FEE))
    assert "12,500円" in "".join(words_of(m) for m in fake.said(talk))


def test_who_is_listed_by_address_is_recognised_and_gets_his_notices(logo: Whole) -> None:
    fake, users = fake_of(logo), driver_of(logo).users
    with logo.db.write() as session:
        known = session.scalars(
            select(KnownAccount).where(KnownAccount.person_id == "yamada")
        ).one()
        known.user = "Yamada@example.jp"
    notice(logo)
    assert "防災DX" in logo.read("yamada")

    act(logo, fake.done(users["yamada"], newest(logo, fake.pair(users["yamada"]), TASK)))
    assert standing(logo, "多可町")[2:4] == ["確認済", "山田 葵"]
    visitor = logo.desk.visitor(Account(*HOME, str(users["yamada"])))
    assert visitor is not None and visitor.name == "山田 葵"


def test_a_stranger_is_answered(logo: Whole) -> None:
    fake = fake_of(logo)
    stranger = fake.add_person("だれか", "")
    talk = fake.pair(stranger)
    act(logo, fake.say(stranger, talk, FEE))
    assert "12,500円" in "".join(words_of(m) for m in fake.said(talk))


def test_polls_of_people_among_themselves_are_none_of_ours(logo: Whole) -> None:
    fake, users = fake_of(logo), driver_of(logo).users
    room = driver_of(logo).rooms["電子申請"]
    poll = fake.add_message(
        room, users["mori"], SELECT, {"question": "昼は", "options": ["a", "b"]}
    )
    before = len(fake.said(room))
    act(logo, fake.choose(users["kishimoto"], poll["message_id"], 0))
    assert len(fake.said(room)) == before
    assert fake.said(fake.pair(users["kishimoto"])) == []


# ---- words that are given back


def test_a_personal_number_is_given_back_in_the_own_talk_and_stands_in_no_row(logo: Whole) -> None:
    fake, users, room = fake_of(logo), driver_of(logo).users, driver_of(logo).rooms["電子申請"]
    act(logo, fake.say(users["mori"], room, f"デスク マイナンバーは {NUMBER} です"))
    assert fake.said(room) == []
    assert "送っていません" in logo.read("mori")
    with logo.db.read() as session:
        assert session.scalars(select(Arrival)).all() == []
        assert session.scalars(select(Delivery)).all() == []
        kept = session.execute(text("SELECT options FROM logo_stamps")).all()
    assert NUMBER not in str(kept)


def test_a_phone_number_asks_and_its_words_are_kept_by_their_message_alone(logo: Whole) -> None:
    fake, users = fake_of(logo), driver_of(logo).users
    talk = fake.pair(users["yamada"])
    act(logo, fake.say(users["yamada"], talk, f"090-1234-5678 ですが、{FEE}"))
    with logo.db.read() as session:
        options = [row.options for row in session.scalars(select(LogoStamp))]
    assert "090" not in str(options)
    logo.press("yamada", "このまま送る")
    assert "12,500円" in logo.read("yamada")


# ---- files


def attached(logo: Whole, name: str, data: bytes = b"%PDF") -> dict[str, Any]:
    """A file as somebody's client has laid it down."""
    fake = fake_of(logo)
    number = fake.new_id()
    fake.files.kept[f"/files/{number}"] = data
    url = f"{fake.files.url}/files/{number}"
    kind, size = "application/pdf", 12_345
    return {"file_id": number, "name": name, "content_type": kind, "content_size": size, "url": url}


def files_in(logo: Whole, talk: int) -> list[dict[str, Any]]:
    return [m["content"] for m in fake_of(logo).said(talk) if m["type"] == FILE]


@pytest.mark.parametrize("own_only", [False, True])
def test_a_file_goes_into_the_consultation_and_along_to_the_room(
    logo: Whole, own_only: bool
) -> None:
    consult(logo)
    fake, driver = fake_of(logo), driver_of(logo)
    fake.own_files_only = own_only
    logo.press("yamada", "返信する")
    talk, room = driver.talk("yamada"), driver.rooms["電子申請"]
    act(logo, fake.say(driver.users["yamada"], talk, attached(logo, "様式.pdf", b"data"), FILE))
    with logo.db.read() as session:
        [line] = session.scalars(select(TicketLine))
    assert line.text == "ファイル：様式.pdf（12KB）"
    assert "様式.pdf" in logo.read("mori", "電子申請")
    [there] = files_in(logo, room)
    assert there["name"] == "様式.pdf"
    assert fake.files.kept["/files/" + str(there["file_id"])] == b"data"


def test_a_file_that_nobody_asked_for_says_how_to_send_it(logo: Whole) -> None:
    fake, driver = fake_of(logo), driver_of(logo)
    talk = driver.talk("yamada")
    act(logo, fake.say(driver.users["yamada"], talk, attached(logo, "様式.pdf"), FILE))
    assert "相談への返信としてお預かりします" in logo.read("yamada")


def test_a_liaisons_file_stays_inside_until_it_is_given_on(logo: Whole) -> None:
    consult(logo)
    fake, driver = fake_of(logo), driver_of(logo)
    talk, room = driver.talk("yamada"), driver.rooms["電子申請"]
    both = {"files": [attached(logo, "手引き.pdf")], "text": "#1 これを送ります"}
    act(logo, fake.say(driver.users["mori"], room, both, FILES))
    assert files_in(logo, talk) == []
    logo.press("mori", "ファイルを多可町へ渡す", "電子申請")
    assert [file["name"] for file in files_in(logo, talk)] == ["手引き.pdf"]
    assert "返信がありました" in logo.read("yamada")
    with logo.db.read() as session:
        assert [line.kind for line in session.scalars(select(TicketLine))] == ["memo", "reply"]


def test_a_file_that_is_gone_is_said_to_be_missing(logo: Whole) -> None:
    consult(logo)
    fake, driver = fake_of(logo), driver_of(logo)
    fake.own_files_only = True
    gone = attached(logo, "様式.pdf")
    fake.files.kept.clear()
    logo.press("yamada", "返信する")
    act(logo, fake.say(driver.users["yamada"], driver.talk("yamada"), gone, FILE))
    assert "渡せませんでした" in logo.read("mori", "電子申請")


# ---- what is said, and talks with other chats


def test_a_lost_answer_to_what_was_said_is_one_message(logo: Whole) -> None:
    fake = fake_of(logo)
    talk = driver_of(logo).talk("yamada")
    fake.lose("create_message", 1, how="after")
    driver_of(logo)._talk["yamada"] = talk
    number = fake.say(driver_of(logo).users["yamada"], talk, FEE)
    chat = chat_of(logo)
    fake.wait_until(lambda: number in chat.done, 20, "heard")
    fake.wait_until(lambda: chat.said == "", 10, "connected again")
    for _ in range(3):
        logo.clock.forward(minutes=3)
        logo.tick()
    told = [words_of(m) for m in fake.said(talk)]
    assert sum("ようこそ" in words for words in told) == 1
    assert sum("月額" in words or "12,500円" in words for words in told if "\n" in words) == 1


def test_the_menu_shows_lists_in_the_own_talk(logo: Whole) -> None:
    consult(logo)
    logo.say("yamada", "メニュー")
    logo.press("yamada", "わたしと課の相談")
    assert "R8-0001 年度途中の参加" in logo.read("yamada")


def test_a_room_tells_its_number_for_the_directory(logo: Whole) -> None:
    fake, users = fake_of(logo), driver_of(logo).users
    group = fake.add_group("新しい部屋", [users["mori"]])
    act(logo, fake.say(users["mori"], group, "デスク この部屋の番号は？"))
    assert words_of(fake.said(group)[-1]).endswith(f"logo/{HOME[1]}/talk-{group}")


def test_a_liaison_on_the_page_talks_with_an_asker_in_logo(logo: Whole) -> None:
    """The field's room stands on the page; the letter arrives in LoGoチャット and the words come back."""
    page = Page(logo.db, logo.clock)
    platforms: dict[Home, Platform] = logo.platforms
    platforms[page.home] = page
    with logo.db.write() as session:
        session.execute(
            text("UPDATE rooms SET place = 'web/page/room-denshi' WHERE id = 'denshi-shinsei'")
        )
        session.execute(
            text("UPDATE rooms SET place = 'web/page/room-denshi' WHERE name = '電子申請'")
        )
        session.add(KnownAccount(platform="web", workspace="page", user="mori", person_id="mori"))
    consult(logo)
    mori, room = Account("web", "page", "mori"), Place("web", "page", "room-denshi")
    with logo.db.read() as session:
        thread = session.get_one(Ticket, 1).desk_post
        assert thread is not None and thread.sent_as is not None
        below = thread.sent_as
    assert below.root == room

    def press(**more: Any) -> None:
        number = f"p{logo.clock().timestamp()}"
        logo.desk.hear(Message(number, mori, below, logo.clock(), **more))
        logo.tick()

    press(action="reply", value="1")
    press(action="reply", value="1", values={"text": "いつから始めたいですか。"})
    press(
        action="reply", value="1", values={"text": "いつから始めたいですか。", "confirmed": "yes"}
    )
    assert "いつから始めたいですか。" in logo.read("yamada", "R8-0001")
    logo.say("yamada", "1月からです")
    with logo.db.read() as session:
        said = [line.text for line in session.scalars(select(TicketLine))]
        there = session.scalars(
            select(Delivery).where(Delivery.lane == str(room), Delivery.state == State.SENT)
        ).all()
    assert said == ["いつから始めたいですか。", "1月からです"]
    assert any("1月からです" in row.card.paragraphs for row in there)


def test_a_liaison_in_slack_talks_with_an_asker_in_logo(logo: Whole) -> None:
    """The field's room is a channel of Slack, with its thread; the asker has one talk and no threads."""
    mori = user_of("mori")
    with FakeSlack() as slack:
        slack.add_person(mori, "森 佳奈", "mori@example.jp")
        slack.add_channel("CDENSHI", "電子申請", is_private=True, members={mori, BOT})
        with logo.db.write() as session:
            room = session.scalars(select(Room).where(Room.name.contains("電子申請"))).one()
            room.place = Place("slack", TEAM, "CDENSHI")
            known = session.scalars(
                select(KnownAccount).where(KnownAccount.person_id == "mori")
            ).one()
            known.platform, known.workspace, known.user = "slack", TEAM, mori
        connect_slack(slack, logo.desk, logo.platforms, logo.clock)
        liaison = SlackDriver(slack, {"電子申請": "CDENSHI"})
        consult(logo)
        logo.tick()

        thread = "電子申請/R8-0001"
        liaison.press("mori", "担当になる", thread)
        liaison.press("mori", "多可町へ返信", thread)
        liaison.fill("mori", {"返信": "いつから始めたいですか。"})
        liaison.confirm("mori")
        logo.tick()
        assert "いつから始めたいですか。" in logo.read("yamada", "R8-0001")
        assert "送信済" in liaison.read("mori", thread)

        logo.say("yamada", "1月からです")
        assert "1月からです" in liaison.read("mori", thread)
        logo.press("yamada", "新しい質問でした")
        assert "取り下げられました" in liaison.read("mori", thread)
        assert "1月からです" not in liaison.read("mori", thread)


def test_the_way_to_the_page_is_told_in_the_own_talk_alone(
    own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms
) -> None:
    library = library_of(own_db, words, synonyms)
    settings = {"LOGO_ENDPOINT": "ws://127.0.0.1:9/api", "LOGO_TOKEN": "t"}
    made = in_logo(own_db, tmp_path, library, **settings)
    try:
        fake, users = fake_of(made), driver_of(made).users
        group = fake.add_group("町の雑談", [users["yamada"], users["ueda"]])
        act(made, fake.say(users["yamada"], group, "デスク ページを開く"))
        assert not any("/enter/" in words_of(m) for m in fake.said(group))
        assert "/enter/" in made.read("yamada")
    finally:
        made.extras["close"]()
