"""The terminal, driven with a small desk of the tests' own."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat import Card
from bot.db import Database
from bot.platforms.terminal import typed_lines
from tests.terminal_world import NOON, OWN, ROOM, SATO, Person, made


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    yield from made(tmp_path)


@pytest.fixture
def sato(db: Database) -> Person:
    return Person(db)


def test_text_goes_to_the_desk_with_an_id_of_its_own(sato: Person) -> None:
    printed = sato.types("電子契約の費用は？", "もう一つ")
    assert "多可町 佐藤 花子さん" in printed and "月額 12,500円程度です" in printed
    first, second = sato.desk.heard
    assert (first.text, first.place, first.said_at, first.account) == (
        "電子契約の費用は？",
        OWN,
        NOON,
        SATO,
    )
    assert (first.event_id, second.event_id) == ("terminal:u1", "terminal:u2")


@pytest.mark.parametrize("digit", ["2", "２", " 2 ", ":2", "：２"])
def test_a_number_presses_that_button_of_the_newest_card(sato: Person, digit: str) -> None:
    sato.types("質問", digit)
    assert (sato.last.action, sato.last.text) == ("wrong", "")


@pytest.mark.parametrize("text", ["5", "0", "12", "123", "2つ目", "1 2"])
def test_a_number_of_no_button_is_text(sato: Person, text: str) -> None:
    sato.types("質問", text)
    assert (sato.last.action, sato.last.text) == (None, text)


def test_a_number_before_any_card_is_text(sato: Person) -> None:
    sato.types("1")
    assert sato.last.text == "1"


def test_a_colon_number_of_no_button_is_said_and_not_sent(sato: Person) -> None:
    assert "9番のボタンはありません" in sato.types("質問", ":9")
    assert len(sato.desk.heard) == 1


def test_where_words_are_awaited_a_number_is_text_and_a_colon_presses(sato: Person) -> None:
    sato.types("質問", "3", "10")
    assert (sato.last.action, sato.last.text) == (None, "10")
    sato.types(":2")  # the card for 分野: the second choice
    assert sato.last.action == "step" and sato.last.value.endswith(":pick:ai")


def test_where_a_choice_is_awaited_a_number_presses_it(sato: Person) -> None:
    sato.types("質問", "3", "届け出", "1")
    assert sato.last.value.endswith(":pick:shinsei")


def test_after_a_change_numbers_mean_the_changed_card(sato: Person) -> None:
    assert "（更新）" in sato.types("質問", "1", "1")
    assert sato.last.action == "undo"


def test_what_cannot_be_taken_back_is_asked_first(sato: Person) -> None:
    printed = sato.types("質問", "4", "たぶん", "いいえ")
    assert (
        "この質問を消します。よいですか（はい／いいえ）" in printed and "取りやめました" in printed
    )
    assert len(sato.desk.heard) == 1
    sato.types("4", "はい")
    assert sato.last.action == "wipe"


def test_a_command_ends_the_question_that_is_asked_first(sato: Person) -> None:
    sato.types("質問", "4", "/ヘルプ", "はい")
    assert (sato.last.action, sato.last.text) == (None, "はい")


def test_the_menu_is_numbered_and_a_look_is_no_event(sato: Person) -> None:
    printed = sato.types("/メニュー", "2")
    assert " 1) 相談をはじめる" in printed and "お知らせはありません" in printed
    assert not sato.desk.heard
    sato.types("/メニュー", "2", "1")
    assert sato.last.action == "reload"
    assert "いま見られるものはありません" in sato.types("/メニュー", "3")
    sato.types("/メニュー", "1")
    assert sato.last.action == "start"


def test_what_is_for_the_sender_alone_is_printed_and_kept_nowhere(sato: Person) -> None:
    assert "番号を消してください" in sato.types("番号は 1234")
    assert not sato.own.posts


def consult(sato: Person) -> str:
    return sato.types(
        "/メニュー", "1", "届け出の件", "1", "12/1", "1 3", "佐藤、企画課", "これで次へ", "とばす",
        "くわしい内容", "1",
    )  # fmt: skip


def test_a_form_is_filled_in_line_by_line_and_the_talk_goes_on_in_its_thread(sato: Person) -> None:
    printed = consult(sato)
    assert "相談する 2／7" in printed and "この内容で相談します" in printed
    assert "つづきは R8-0001 です" in printed
    message = sato.desk.heard[-1]
    assert message.text == "1" and sato.desk.consultations == 1


def test_one_enters_and_leaves_a_thread(sato: Person) -> None:
    consult(sato)
    printed = sato.types("/部屋", "/入る r8-0001", "追加です", "/出る", "/出る", "質問")
    assert "・R8-0001：相談 R8-0001 を受け付けました" in printed and "・質問する（自分）" in printed
    assert "R8-0001 に入りました" in printed and "ここが最初の画面です" in printed
    thread = next(post.stands_at for post in sato.own.posts if post.card.opens)
    assert thread.root == OWN and thread.thread
    assert sato.desk.heard[-2].place == thread
    assert sato.last.place == OWN
    sato.types("/入る R8-0001", "1")
    assert (sato.last.action, sato.last.place) == ("close", thread)


@pytest.mark.parametrize("name", ["R8-9999", "電子申請", "", "/", "😀", "web"])
def test_what_one_may_not_enter_is_not_found(sato: Person, name: str) -> None:
    assert "その部屋は見つかりません" in sato.types(f"/入る {name}")


def test_a_liaison_enters_the_room_and_a_thread_in_it(db: Database) -> None:
    mori = Person(db, "mori")
    mori.desk.post(ROOM, Card("R8-0001 届け出", opens="R8-0001"))
    printed = mori.types("/部屋", "/入る 電子申請", "/入る R8-0001", "確認します", "/出る", "/出る")
    assert "電子申請 に入りました" in printed and "R8-0001 届け出" in printed
    assert "ページ" not in printed
    assert "メモを残しました（mori）" in printed
    assert mori.last.place == replace(ROOM, thread="d1")
    assert "自分の画面 に戻りました" in printed


def test_a_door_that_is_shown_and_shut_again_is_not_entered(db: Database) -> None:
    mori = Person(db, "mori")
    mori.desk.shut = True
    assert "その部屋は見つかりません" in mori.types("/入る 電子申請")


def test_lines_that_end_with_a_backslash_go_on(sato: Person) -> None:
    sato.types("一行目\\", "二行目\\", "", "終わりの行\\")
    assert [message.text for message in sato.desk.heard] == ["一行目\n二行目\n", "終わりの行"]


@pytest.mark.parametrize("line", ["", "   ", "\u3000", "\x00", "\x1b\x07"])
def test_an_empty_line_is_nothing(sato: Person, line: str) -> None:
    sato.types(line)
    assert not sato.desk.heard


@pytest.mark.parametrize(
    "line", ["😀👨‍👩‍👧", "あ" * 5000, "\ud800壊れた字", "[/red]", "a\x00b", "％ｓ"]
)
def test_rubbish_is_text_like_any_other(sato: Person, line: str) -> None:
    sato.types(line)
    assert sato.last.text
    sato.last.text.encode()


def test_unknown_commands_are_not_sent(sato: Person) -> None:
    assert "その命令はありません" in sato.types("/なに")
    assert "/部屋" in sato.types("／ヘルプ")
    assert not sato.desk.heard


def test_one_ends_with_a_word(sato: Person) -> None:
    sato.types("/終わる", "これは読まれない")
    assert not sato.desk.heard


def test_a_stranger_is_greeted_too(db: Database) -> None:
    assert "リエゾンデスクです。使い方は /ヘルプ" in Person(db, "dareka").types()


def test_a_person_is_prompted_and_a_pipe_is_not() -> None:
    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = io.StringIO()
    assert list(typed_lines(Keyboard("a\nb"), out)) == ["a", "b"]
    assert out.getvalue() == "› › › "
    out = io.StringIO()
    assert list(typed_lines(io.StringIO("a\r\n\nb\n"), out)) == ["a", "", "b"]
    assert not out.getvalue()


def test_ctrl_c_ends_the_lines() -> None:
    class Interrupted(io.StringIO):
        def readline(self, _size: int | None = -1, /) -> str:  # type: ignore[override]
            raise KeyboardInterrupt

    assert not list(typed_lines(Interrupted(), io.StringIO()))


def test_it_works_in_a_pipe(tmp_path: Path) -> None:
    """A program of its own with a pipe on both sides, as `chat --as` is used in scripts."""
    program = f"""
import sys
from bot.platforms.terminal import talk_at_terminal
from tests.terminal_world import SATO, NOON, SmallDesk, Terminal, Base, connect
db = connect("sqlite:///{tmp_path}/desk.db")
Base.metadata.create_all(db.engine)
terminal = Terminal("sato", sys.stdout)
desk = SmallDesk(db, {{terminal.home: terminal, ("terminal", "desk"): Terminal("desk")}})
talk_at_terminal(desk, terminal, SATO, clock=lambda: NOON)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        input="質問です\n2\n".encode() + b"\xff\xfe\n",
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUTF8": "1"},
    )
    printed = done.stdout.decode()
    assert "月額 12,500円程度です" in printed and "wrong を受けました" in printed
    assert "\x1b" not in printed and "›" not in printed and not done.stderr
