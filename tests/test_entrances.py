"""The way from a chat to the page: a link for one person, once, for ten minutes; and out again."""

import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from bot.chat import Account, Place
from bot.db import Base, Database
from bot.directory import Person, introduce
from bot.entrances import Entrance
from bot.history import Event
from bot.platforms.web.sessions import WebSession
from knowledge.text import Synonyms, Words
from tests.conftest import Whole
from tests.entrances_world import (
    HOME,
    KATO,
    PEOPLE,
    SATO,
    TANAKA,
    browser,
    connected,
    entered,
    form_values,
    hear,
    link_for,
    listed,
    name_on,
    press_enter,
    soup,
    talk_of,
)
from tests.page_driver import BASE


@pytest.fixture
def desk(own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms) -> Whole:
    return connected(own_db, tmp_path, words, synonyms, DEMO="")


@pytest.fixture
def practising(own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms) -> Whole:
    return connected(own_db, tmp_path, words, synonyms, DEMO="1")


def test_a_link_lets_its_person_in_and_only_once(desk: Whole) -> None:
    path = link_for(desk, SATO)
    first, second = browser(desk), browser(desk)

    invitation = soup(first, path).get_text()
    assert "佐藤 花" in invitation and "多可町 企画課" in invitation
    assert "10分のあいだ、1回だけ使えます" in invitation
    assert press_enter(first, path) == 303
    assert name_on(first) == "佐藤 花"

    again = second.get(path)
    assert again.status_code == 410
    assert "「ページ」と書くか、「ページを開く」を押して" in again.text
    assert name_on(second) == ""
    assert "すでに入っています" in first.get(path).text
    assert name_on(first) == "佐藤 花"


def test_what_a_page_said_stays_the_persons_own_and_the_desk_answers_there(desk: Whole) -> None:
    client = entered(desk, SATO)
    action, values = form_values(soup(client, "/"), "form.say")
    client.post(action, data={**values, "text": "標準化の期限はいつまで"})

    assert "令和7年度末" in soup(client, "/").get_text()
    assert "令和7年度末" in soup(entered(desk, SATO), "/").get_text()
    assert "令和7年度末" not in soup(entered(desk, TANAKA), "/").get_text()


def test_to_look_at_a_link_uses_nothing_up(desk: Whole) -> None:
    """Chats fetch a link to show what is behind it."""
    path = link_for(desk, SATO)
    for _ in range(3):
        preview = browser(desk)
        assert preview.get(path).status_code == preview.head(path).status_code == 200
        assert name_on(preview) == ""

    assert press_enter(browser(desk), path) == 303


@pytest.mark.parametrize(("seconds", "status"), [(598, 303), (601, 410)])
def test_a_link_is_good_for_ten_minutes(desk: Whole, seconds: int, status: int) -> None:
    path, client = link_for(desk, SATO), browser(desk)
    action, values = form_values(soup(client, path), "form[action^='/enter/']")
    desk.clock.forward(seconds=seconds)

    assert client.post(action, data=values, follow_redirects=False).status_code == status
    assert name_on(client) == ("佐藤 花" if status == 303 else "")


def test_an_unknown_link_is_told_as_calmly_as_a_used_one(desk: Whole) -> None:
    answer = browser(desk).get("/enter/no-such-token")

    assert answer.status_code == 410 and "もう使えません" in answer.text
    assert browser(desk).post("/enter/no-such-token", data={}).status_code == 410


def test_of_many_who_press_at_once_one_enters(desk: Whole) -> None:
    path = link_for(desk, SATO)
    clients = [browser(desk) for _ in range(8)]
    forms = [form_values(soup(client, path), "form[action^='/enter/']") for client in clients]
    together = threading.Barrier(len(clients))

    def press(at: int) -> int:
        action, values = forms[at]
        together.wait()
        return clients[at].post(action, data=values, follow_redirects=False).status_code

    with ThreadPoolExecutor(len(clients)) as pool:
        statuses = sorted(pool.map(press, range(len(clients))))
    assert statuses == [303] + [410] * 7
    with desk.db.read() as session:
        assert session.scalar(select(func.count()).select_from(WebSession)) == 1


def test_who_opens_anothers_link_becomes_him_only_by_pressing(desk: Whole) -> None:
    """The link is bound to the person it was made for, not to who opens it."""
    tanaka = entered(desk, TANAKA)
    path = link_for(desk, SATO)

    assert "佐藤 花" in tanaka.get(path).text
    assert name_on(tanaka) == "田中 実"
    assert press_enter(tanaka, path) == 303
    assert name_on(tanaka) == "佐藤 花"


def test_only_our_own_page_can_use_a_link_up(desk: Whole) -> None:
    path, client = link_for(desk, SATO), browser(desk)
    action, values = form_values(soup(client, path), "form[action^='/enter/']")
    other = browser(desk)
    _, foreign = form_values(soup(other, path), "form[action^='/enter/']")

    for data, headers in (
        ({}, {}),
        (foreign, {}),
        ({"token": ""}, {}),
        (values, {"origin": "https://evil.example"}),
        (values, {"origin": "null"}),
    ):
        answer = client.post(action, data=data, headers=headers)
        assert answer.status_code == 403 and "もう一度「入る」を押して" in answer.text
    assert name_on(client) == ""
    assert client.post(action, data=values, headers={"origin": BASE}).status_code == 200
    assert name_on(client) == "佐藤 花"


def test_who_is_no_longer_in_the_directory_is_out_and_his_links_are_void(
    desk: Whole, tmp_path: Path
) -> None:
    client, path = entered(desk, SATO), link_for(desk, SATO)

    listed(desk.db, tmp_path / "people", *PEOPLE[1:])

    assert name_on(client) == ""
    assert client.get("/rooms").status_code == 403
    assert browser(desk).get(path).status_code == 410
    assert "名簿にのっている方" in hear_refusal(desk, SATO)


def hear_refusal(desk: Whole, account: Account) -> str:
    card = hear(desk, account, "ページを開く")[-1]
    assert card.frame == "refusal" and not card.links, card
    return " ".join((card.title, *card.paragraphs))


def test_whose_accounts_were_taken_from_the_directory_is_out(desk: Whole, tmp_path: Path) -> None:
    client = entered(desk, SATO)

    listed(desk.db, tmp_path / "people", PEOPLE[0].replace("slack/T0123/U1", ""), *PEOPLE[1:])

    assert name_on(client) == ""


def test_a_new_import_keeps_who_is_in_and_his_roles_come_from_it(
    desk: Whole, tmp_path: Path
) -> None:
    client = entered(desk, KATO)
    assert "標準化" in soup(client, "/rooms").get_text()

    listed(desk.db, tmp_path / "people", *PEOPLE)
    assert name_on(client) == "加藤 涼"
    assert "標準化" in soup(client, "/rooms").get_text()

    listed(desk.db, tmp_path / "people", *PEOPLE[:2], PEOPLE[2].replace("field:標準化", ""))
    assert name_on(client) == "加藤 涼"
    assert "標準化" not in soup(client, "/rooms").get_text()
    assert client.get("/room/room-hyojunka").status_code == 404


@pytest.mark.parametrize("from_the_page", [True, False])
def test_who_shuts_his_pages_is_out_everywhere_and_unused_links_are_void(
    desk: Whole, from_the_page: bool
) -> None:
    here, elsewhere, other = entered(desk, SATO), entered(desk, SATO), entered(desk, TANAKA)
    path = link_for(desk, SATO)

    if from_the_page:
        action, values = form_values(soup(here, "/"), ".menu form[action='/press']")
        answer = here.post(action, data={**values, "press": "shut_pages "})
        assert "チャットから入ってください" in answer.text
    else:
        cards = hear(desk, SATO, action="shut_pages")
        assert cards[-1].title == "入っていた画面をすべて閉じました"

    assert [name_on(client) for client in (here, elsewhere)] == ["", ""]
    assert here.get("/live?room=").status_code == 403
    assert browser(desk).get(path).status_code == 410
    assert name_on(other) == "田中 実"
    assert name_on(entered(desk, SATO)) == "佐藤 花"


def test_who_leaves_one_page_stays_in_the_others(desk: Whole) -> None:
    here, elsewhere = entered(desk, SATO), entered(desk, SATO)
    action, values = form_values(soup(here, "/"), ".menu form[action='/leave']")

    here.post(action, data=values)

    assert [name_on(client) for client in (here, elsewhere)] == ["", "佐藤 花"]


def test_a_stranger_gets_no_link(desk: Whole) -> None:
    assert "事務局へ" in hear_refusal(desk, Account(*HOME, "U77"))
    with desk.db.read() as session:
        assert session.scalars(select(Entrance)).all() == []


def test_who_only_told_us_himself_who_he_is_gets_no_link(desk: Whole) -> None:
    account = Account(*HOME, "U78")
    with desk.db.write() as session:
        introduce(session, account, "新田", "283657", "企画課", desk.clock())

    assert "事務局へ" in hear_refusal(desk, account)


def test_a_link_is_said_in_the_own_talk_alone_wherever_one_asks(desk: Whole) -> None:
    room, channel = Place(*HOME, "C5"), Place(*HOME, "C6", "17.5")
    with desk.db.write() as session:
        session.execute(text("UPDATE rooms SET place = :at WHERE id = 'room-hyojunka'"), {"at": str(room)})  # fmt: skip

    for where in (room, replace(room, thread="1.2"), channel):
        for words in ({"words": "ページを開く", "addressed": True}, {"action": "page"}):
            before = len(desk.extras["chat"].heard_at(talk_of(KATO)))
            mine = hear(desk, KATO, where=where, **words)
            assert [bool(card.links) for card in mine[before:]] == [True], (where, words)
    said = desk.extras["chat"].said
    assert {place for place, card in said if card.links} == {talk_of(KATO)}


def test_the_menu_of_a_chat_offers_the_page_and_the_page_does_not(desk: Whole) -> None:
    def menu(account: Account) -> list[str]:
        return [button.label for button in desk.desk.menu(account)]

    assert "ページを開く" in menu(SATO) and "ページを開く" in menu(KATO)
    assert "ページを開く" not in menu(Account(*HOME, "U77"))
    entered(desk, SATO)
    with desk.db.read() as session:
        on_the_page = session.scalars(select(WebSession.account)).one()
    assert "ページを開く" not in menu(on_the_page)


def test_no_token_is_in_a_log_or_in_the_history_or_kept_for_looking_it_up(
    desk: Whole, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        paths = [link_for(desk, SATO) for _ in range(3)]
        press_enter(browser(desk), paths[0])
        browser(desk).get(paths[0])
        client = browser(desk)
        action, values = form_values(soup(client, paths[1]), "form[action^='/enter/']")
        with desk.db.write() as session:
            session.execute(text("ALTER TABLE web_sessions RENAME TO gone"))
        broken = client.post(action, data=values)
        with desk.db.write() as session:
            session.execute(text("ALTER TABLE gone RENAME TO web_sessions"))
    assert broken.status_code == 500 and "受付番号" in broken.text
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("httpx2")]
    assert any("OperationalError" in line or "ProgrammingError" in line for line in ours)
    tokens = [path.rpartition("/")[2] for path in paths]
    for token in tokens:
        assert len(token) >= 43  # 256 bits
        assert not [line for line in ours if token in line]
    with desk.db.read() as session:
        kept = {
            table.name: "".join(str(cell) for row in session.execute(select(table)) for cell in row)
            for table in Base.metadata.sorted_tables
        }
        what = session.scalars(select(Event.what).where(Event.noun == "person")).all()
    assert what == ["page link"] * 3 + ["entered the page"]
    assert [name for name, rows in kept.items() if tokens[0] in rows] == ["deliveries"]


def test_nobody_enters_as_a_practice_person(desk: Whole) -> None:
    """Not even with a token that is good for this browser, while invented people are in the database."""
    client = browser(desk)
    _, values = form_values(soup(client, link_for(desk, SATO)), "form[action^='/enter/']")

    answer = client.post("/enter", data={**values, "user": "yamada", "onward": "/"})

    assert answer.status_code == 403
    assert name_on(client) == ""
    with desk.db.read() as session:
        assert session.get_one(Person, "yamada").active
        assert session.scalars(select(WebSession)).all() == []


def test_without_a_session_the_page_says_how_to_get_in(desk: Whole) -> None:
    answer = browser(desk).get("/")

    assert answer.status_code == 200
    assert "「ページ」と書くか、「ページを開く」を押して" in answer.text
    assert "だれとして" not in answer.text and "準備中" not in answer.text
    lost = browser(desk).post("/say", data={"text": "x"})
    assert lost.status_code == 403 and "送っていません" in lost.text


def test_for_practice_with_a_chat_both_ways_are_open(practising: Whole) -> None:
    practice, client = browser(practising), entered(practising, SATO)
    _, values = form_values(soup(practice, "/"), "form[action='/enter']")
    practice.post("/enter", data={**values, "user": "yamada"})

    assert (name_on(practice), name_on(client)) == ("山田 葵", "佐藤 花")
    assert "練習用" in soup(practice, "/").select_one(".who").get_text()  # type: ignore[union-attr]
    assert "練習用" not in soup(client, "/").select_one(".who").get_text()  # type: ignore[union-attr]


def test_a_desk_without_a_chat_has_no_links(page: Whole) -> None:
    assert page.app is not None
    assert browser(page).get("/enter/x").status_code == 404
    assert browser(page).post("/enter/x").status_code == 404
    assert "入口です" not in page.say("yamada", "ページを開く")
    assert "ページを開く" not in [b.label for b in page.desk.menu(Account("web", "page", "yamada"))]


def test_an_id_of_the_directory_that_is_anothers_account_makes_nobody_him(
    desk: Whole, tmp_path: Path
) -> None:
    listed(
        desk.db,
        tmp_path / "people",
        "first,甲野 一,多可町,企画課,,web/page/second,",
        "second,乙野 二,姫路市,総務課,,slack/T0123/U2,",
        "room-hyojunka,丙野 三,姫路市,総務課,,slack/T0123/U3,",
        "a/b c,丁野 四,姫路市,総務課,,slack/T0123/U4,",
    )

    for user, name in (("U2", "乙野 二"), ("U3", "丙野 三"), ("U4", "丁野 四")):
        client = entered(desk, Account(*HOME, user))
        assert name_on(client) == name
        assert client.get("/room/room-hyojunka").status_code == 404


def test_a_link_opened_from_the_chats_own_page_keeps_who_is_in(desk: Whole) -> None:
    """From another site our strict cookie does not come along: the page loads itself once more."""
    client, path = entered(desk, TANAKA), link_for(desk, SATO)
    bare = browser(desk)

    for address in ("/", "/rooms", path):
        answer = bare.get(address, headers={"sec-fetch-site": "cross-site"})
        refresh = re.search(r'content="0; url=([^"]+)"', answer.text)
        assert refresh and refresh[1] == address and "set-cookie" not in answer.headers
        assert client.get(refresh[1]).status_code == 200  # now with the cookie
    assert name_on(client) == "田中 実"
