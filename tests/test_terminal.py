"""The terminal, driven with a small desk of the test's own, and the driver other tests use."""

# ruff: noqa: ARG002  the small desk has the signatures of the protocol

import io
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from bot.chat import (
    Account,
    Button,
    Card,
    Cell,
    Chip,
    Door,
    Field,
    Form,
    Home,
    Link,
    Message,
    Option,
    Picture,
    Place,
    Reply,
    Row,
    Table,
    Visitor,
)
from bot.db import Base, Database, connect
from bot.dialogues import open_at, open_form, sent_off
from bot.platforms.terminal import Terminal, render, talk, typed_lines, wrap
from handlers import steps
from tests.terminal_driver import Filled, TerminalDriver

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SATO = Account("terminal", "sato", "sato")
OWN = Place("terminal", "sato", "sato")
ROOM = Place("terminal", "desk", "room-denshi-shinsei")

CONSULT = Form(
    "consult",
    "",
    "相談する",
    (
        Field("title", "件名", limit=40),
        Field(
            "field",
            "分野",
            "single",
            options=(Option("shinsei", "電子申請"), Option("ai", "生成AI")),
        ),
        Field("when", "希望日", "date", required=False),
        Field(
            "ways",
            "連絡の方法",
            "multiple",
            required=False,
            options=(Option("chat", "チャット"), Option("tel", "電話"), Option("web", "Web会議")),
        ),
        Field("people", "担当者", "table", required=False, head=("氏名", "所属")),
        Field("file", "資料", "file", required=False),
        Field("body", "内容", "long", limit=5000),
    ),
    "送る",
    previews=True,
)

ANSWER = Card(
    "月額 12,500円程度です",
    topic="費用",
    chips=(Chip("令和8年度の情報", "year"),),
    buttons=(
        Button("solved", "解決した"),
        Button("wrong", "聞きたいことと違う"),
        Button("start", "相談する"),
        Button("wipe", "消す", sure="この質問を消します。よいですか"),
    ),
    frame="answer",
)


class SmallDesk:
    """Answers every question with one card, opens one form, and posts to the terminals at once."""

    def __init__(self, db: Database, terminals: Mapping[Home, Terminal]) -> None:
        self.db, self.terminals = db, terminals
        self.heard: list[Message] = []
        self.consultations = 0
        self.open_to = {"mori"}
        self.shut = False
        self._keys = (f"d{n}" for n in itertools.count(1))

    def post(self, place: Place, card: Card) -> Place:
        return self.terminals[place.home].send(place, card, next(self._keys))

    def hear(self, message: Message, beside: Callable[[Any], None] | None = None) -> Reply:
        self.heard.append(message)
        if "番号" in message.text:
            return Reply(alone=Card("送っていません。番号を消してください"))
        with self.db.write() as session:
            dialogue = open_at(session, message.account, message.place)
            if dialogue is not None:
                said = steps.take(session, message, dialogue)
                if isinstance(said, Card):
                    self.post(message.place, said)
                    return Reply()
                message = said
            if message.action == "start":
                self.post(message.place, steps.ask(open_form(session, message, CONSULT)))
                return Reply()
            if message.action == "consult":
                return self._consult(session, message)
        return self._chat(message)

    def _consult(self, session: Any, message: Message) -> Reply:
        filled = CONSULT.with_values(message.values or {})
        if message.filled("title") == "ダメ":
            errors = {"title": "件名をもう少しくわしく書いてください"}
            asked = CONSULT.with_values(message.values or {}, errors)
            self.post(message.place, steps.ask(open_form(session, message, asked)))
            return Reply()
        if not message.confirmed:
            shown = Card("この内容で相談します", rows=(Row("件名", message.filled("title")),))
            asked = replace(filled, preview=shown)
            self.post(message.place, steps.ask(open_form(session, message, asked)))
            return Reply()
        sent_off(session, message)
        self.consultations += 1
        number = f"R8-{self.consultations:04}"
        opened = self.post(
            message.place,
            Card(
                f"相談 {number} を受け付けました",
                opens=number,
                buttons=(Button("close", "取り下げる"),),
            ),
        )
        self.post(ROOM, Card(f"{number} {message.filled('title')}", opens=number, frame="ticket"))
        return Reply(goes_to=opened)

    def _chat(self, message: Message) -> Reply:
        if message.action == "solved":
            done = replace(ANSWER, buttons=(Button("undo", "取り消す"),), note="解決しました")
            self.terminals[message.place.home].update(message.place, done, next(self._keys))
        elif message.action is not None:
            self.post(message.place, Card(f"{message.action} を受けました"))
        elif message.place == ROOM or message.place.thread:
            self.post(message.place, Card(f"メモを残しました（{message.account.user}）"))
        else:
            self.post(message.place, replace(ANSWER, paragraphs=(message.text[:20],)))
        return Reply()

    def look(self, account: Account, action: str, value: str) -> Card | None:
        if action != "notices":
            return None
        return Card("お知らせはありません", buttons=(Button("reload", "見直す"),))

    def form(self, account: Account, form_id: int) -> Form | None:
        return None

    def visitor(self, account: Account) -> Visitor | None:
        if account != SATO:
            return None
        return Visitor(account, "佐藤 花子", "多可町", "多")

    def doors(self, account: Account) -> tuple[Door, ...]:
        own = Door("質問する", Place("terminal", account.workspace, account.user), "自分")
        if account.user not in self.open_to:
            return (own,)
        web = Door("電子申請（ページ）", Place("web", "desk", "room"), "リエゾン", inside=True)
        return own, web, Door("電子申請", ROOM, "リエゾン", inside=True)

    def menu(self, account: Account) -> tuple[Button, ...]:
        return (
            Button("start", "相談をはじめる"),
            Button("notices", "お知らせを見る", style="link"),
            Button("board", "一覧を見る", style="link"),
        )

    def may_enter(self, account: Account, place: Place) -> bool:
        own = place.workspace == account.workspace
        return not self.shut and (own or account.user in self.open_to)


class Person:
    """One person at a terminal: types lines and reads what is printed."""

    def __init__(self, db: Database, user: str = "sato") -> None:
        self.printed: list[str] = []
        self.own = Terminal(user, self.printed.append)
        terminals = {self.own.home: self.own, ROOM.home: self.own}
        self.desk = SmallDesk(db, terminals)
        self.account = Account("terminal", user, user)
        self.numbers = itertools.count(1)

    def types(self, *lines: str) -> str:
        """What was printed for these lines, in a talk of their own."""
        before = len(self.printed)
        talk(
            self.desk,
            self.own,
            self.account,
            iter(lines),
            clock=lambda: NOON,
            new_id=lambda: f"u{next(self.numbers)}",
        )
        return "\n".join(self.printed[before:])

    @property
    def last(self) -> Message:
        return self.desk.heard[-1]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = connect(f"sqlite:///{tmp_path}/desk.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def sato(db: Database) -> Person:
    return Person(db)


def driver_of(db: Database, *people: str) -> TerminalDriver:
    hosts = [Terminal(name) for name in (*people, "desk")]
    terminals = {host.home: host for host in hosts}
    return TerminalDriver(SmallDesk(db, terminals), terminals, lambda: NOON)


@pytest.fixture
def driver(db: Database) -> TerminalDriver:
    return driver_of(db, "sato", "mori")


def test_a_card_is_told_as_plain_text() -> None:
    card = Card(
        "月額 12,500円程度です",
        paragraphs=("人口で変わります。",),
        rows=(Row("出典", "共同調達の手引き"),),
        links=(Link("手引き", "/source/3"),),
        picture=Picture("未確認は11市町", "<svg/>"),
        buttons=(Button("a", "解決した"), Button("b", "違う", hint="別の答えを探します")),
        topic="費用",
        chips=(Chip("令和8年度の情報", "year"),),
        note="自動で答えます",
        by="森 佳奈",
        opens="R8-0001",
        state="送信済 9:05",
    )
    assert render(card).split("\n") == [
        "費用",
        "【令和8年度の情報】月額 12,500円程度です",
        "森 佳奈",
        "人口で変わります。",
        "出典：共同調達の手引き",
        "〔図〕未確認は11市町",
        "・手引き：/source/3",
        "自動で答えます",
        "［送信済 9:05］",
        "部屋：R8-0001（/入る R8-0001）",
        " 1) 解決した",
        " 2) 違う（別の答えを探します）",
    ]


def test_lines_are_as_wide_as_the_characters_are() -> None:
    lines = wrap("市町の担当者が、" * 40 + "https://example.jp/" + "a" * 300, 40)
    assert max(map(cell_len, lines)) <= 42
    assert "".join(lines) == "市町の担当者が、" * 40 + "https://example.jp/" + "a" * 300


def test_no_line_begins_with_a_closing_mark_and_latin_words_stay_whole() -> None:
    lines = wrap("あ" * 10 + "。" + "いう e-Hyogo です", 20)
    assert lines == ["あ" * 10 + "。", "いう e-Hyogo です"]
    assert wrap("あいうえおか e-Hyogo", 16) == ["あいうえおか", "e-Hyogo"]
    assert max(map(cell_len, wrap("。" * 100, 20))) <= 22


def test_what_people_wrote_is_neither_markup_nor_a_control_sequence() -> None:
    card = Card("[bold]太字[/bold] \x1b[31m赤\x07\u202e逆", paragraphs=("[/] :smile: \x9b2J",))
    assert render(card) == "[bold]太字[/bold] [31m赤逆\n[/] :smile: 2J"


def test_a_table_stands_in_columns_or_a_row_a_line() -> None:
    narrow = Table(
        "期日", ("市町", "状態"), ((Cell("多可町"), Cell("確認済")), (Cell("香美町"), Cell("未")))
    )
    assert render(Card("x", table=narrow)).split("\n")[1:] == [
        "期日",
        "  市町    状態",
        "  多可町  確認済",
        "  香美町  未",
    ]
    wide = replace(narrow, rows=((Cell("多可町"), Cell("あ" * 50)),))
    assert "・市町：多可町／状態：ああ" in render(Card("x", table=wide))


def test_a_table_with_a_group_has_a_line_a_region() -> None:
    rows = tuple(
        (Cell(town), Cell(region), Cell(state))
        for town, region, state in [
            ("多可町", "北播磨", "確認済"),
            ("香美町", "但馬", "未確認"),
            ("西脇市", "北播磨", "未確認"),
        ]
    )
    text = render(Card("確認", table=Table("", ("市町", "圏域", "状態"), rows, group=1)))
    assert text.split("\n")[1:] == ["北播磨：多可町 確認済、西脇市 未確認", "但馬：香美町 未確認"]


def test_the_same_key_is_posted_once() -> None:
    printed: list[str] = []
    terminal = Terminal("sato", printed.append)
    there = terminal.send(OWN, Card("受け付けました", opens="R8-0001"), "d1")
    assert there == replace(OWN, thread="d1")
    assert terminal.send(OWN, Card("別の文", opens="R8-0001"), "d1") == there
    assert terminal.send(there, Card("返事"), "d2") == there
    assert terminal.send(OWN, Card("答え"), "d3") == OWN
    assert len(printed) == 3 and len(terminal.posts) == 3


def test_a_changed_card_is_printed_again_and_stands_in_place_of_the_old_one() -> None:
    screen = io.StringIO()
    terminal = Terminal("sato", screen)
    there = terminal.send(OWN, Card("相談 R8-0001", opens="R8-0001"), "d1")
    terminal.send(OWN, ANSWER, "d2")
    terminal.update(there, Card("相談 R8-0001", opens="R8-0001", state="対応中"), "d3")
    terminal.update(OWN, replace(ANSWER, buttons=()), "d4")
    terminal.update(OWN, Card("前にはなかった"), "d5")
    assert [post.card.state for post in terminal.at(OWN)] == ["対応中", "", ""]
    assert not terminal.at(OWN)[1].card.buttons
    assert screen.getvalue().count("（更新）") == 3


def test_a_screen_that_cannot_show_a_character_gets_another_one() -> None:
    raw = io.BytesIO()
    screen = io.TextIOWrapper(raw, encoding="shift_jis")
    Terminal("sato", screen).send(OWN, Card("多可町 \U0001f600"), "d1")
    assert "多可町 ?" in raw.getvalue().decode("shift_jis")


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
from tests.test_terminal import SATO, NOON, SmallDesk, Terminal, Base, connect
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
