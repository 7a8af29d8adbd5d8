"""The driver with which other tests speak at a terminal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.db import Database
from bot.platforms.terminal import Terminal
from tests.terminal_driver import Filled, TerminalDriver
from tests.terminal_world import NOON, SmallDesk, made


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    yield from made(tmp_path)


def driver_of(db: Database, *people: str) -> TerminalDriver:
    hosts = [Terminal(name) for name in (*people, "desk")]
    terminals = {host.home: host for host in hosts}
    return TerminalDriver(SmallDesk(db, terminals), terminals, lambda: NOON)


@pytest.fixture
def driver(db: Database) -> TerminalDriver:
    return driver_of(db, "sato", "mori")


FILLED: dict[str, Filled] = {
    "件名": "届け出の件",
    "分野": "電子申請",
    "連絡の方法": ["チャット", "Web会議"],
    "担当者": [("佐藤", "企画課"), ("鈴木", "総務課")],
    "内容": "くわしい内容",
}


def test_the_driver_fills_and_confirms_a_form(driver: TerminalDriver) -> None:
    driver.press("sato", "相談をはじめる")
    assert "この内容で相談します" in driver.fill("sato", FILLED)
    assert driver.buttons("sato")[-3:] == ["送る", "直す", "やめる"]
    assert driver.confirm("sato") == driver.read("sato", "R8-0001")
    assert "相談 R8-0001 を受け付けました" in driver.read("sato")
    assert "相談 R8-0001" in driver.cards("sato", "R8-0001")[0]
    assert "取り下げる" in driver.buttons("sato", "R8-0001")
    driver.press("sato", "取り下げる", "R8-0001")
    assert "close を受けました" in driver.read("sato", "R8-0001")
    assert "close を受けました" not in driver.read("sato")


def test_the_driver_mends_what_a_preview_shows(driver: TerminalDriver) -> None:
    driver.press("sato", "相談をはじめる")
    driver.fill("sato", FILLED)
    driver.fill("sato", {"件名": "転入の件", "連絡の方法": ["電話"]})
    assert "件名：転入の件" in driver.cards("sato")[-1]
    driver.confirm("sato")
    assert "転入の件" in driver.read("mori", "電子申請")


def test_the_driver_stops_at_a_refused_answer_and_goes_on_from_there(
    driver: TerminalDriver,
) -> None:
    driver.press("sato", "相談をはじめる")
    driver.fill("sato", {**FILLED, "分野": "天文"})
    assert "分野を一覧から選んでください" in driver.read("sato")
    driver.fill("sato", {name: value for name, value in FILLED.items() if name != "件名"})
    driver.confirm("sato")
    assert "R8-0001" in driver.read("sato")


def test_the_driver_stops_where_the_desk_found_a_mistake(driver: TerminalDriver) -> None:
    driver.press("sato", "相談をはじめる")
    driver.fill("sato", {**FILLED, "件名": "ダメ"})
    assert driver.errors("sato") == ["件名をもう少しくわしく書いてください"]
    driver.fill("sato", {"件名": "届け出の件"})
    driver.confirm("sato")
    assert "R8-0001" in driver.read("sato")


def test_the_driver_can_leave_a_form_open(driver: TerminalDriver) -> None:
    driver.press("sato", "相談をはじめる")
    driver.fill("sato", FILLED, send=False)
    assert "相談する 7／7" in driver.cards("sato")[-1]


def test_the_driver_fails_where_the_form_does_not_ask(driver: TerminalDriver) -> None:
    driver.press("sato", "相談をはじめる")
    with pytest.raises(AssertionError, match="ふりがな"):
        driver.fill("sato", {**FILLED, "ふりがな": "さとう"})


def test_the_driver_fails_where_a_required_field_is_not_named(driver: TerminalDriver) -> None:
    driver.press("sato", "相談をはじめる")
    with pytest.raises(AssertionError, match="分野"):
        driver.fill("sato", {"件名": "届け出"})


def test_the_driver_speaks_in_rooms_of_the_desk_and_their_threads(driver: TerminalDriver) -> None:
    driver.press("sato", "相談をはじめる")
    driver.fill("sato", FILLED)
    driver.confirm("sato")
    driver.say("mori", "確認します", "電子申請/R8-0001")
    assert "メモを残しました（mori）" in driver.read("mori", "電子申請/R8-0001")
    assert "メモを残しました" not in driver.read("mori", "電子申請")
    driver.say("mori", "みなさん", "電子申請")
    assert "メモを残しました" in driver.read("mori", "電子申請")
    with pytest.raises(AssertionError):
        driver.say("sato", "のぞき見", "電子申請")


def test_the_driver_shows_what_was_said_to_one_alone_until_the_next_word(
    driver: TerminalDriver,
) -> None:
    driver.say("sato", "番号は 1234")
    assert "番号を消してください" in driver.read("sato")
    driver.say("sato", "質問")
    assert "番号を消してください" not in driver.read("sato")
    assert "お知らせはありません" in driver.view("sato", "お知らせ")
    driver.press("sato", "見直す")
    assert "reload を受けました" in driver.read("sato")


def test_the_driver_names_the_buttons_there_are(driver: TerminalDriver) -> None:
    driver.say("sato", "質問")
    with pytest.raises(AssertionError, match="解決した"):
        driver.press("sato", "飛んでいく")
