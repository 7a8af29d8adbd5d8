"""A form asked step by step: every kind of field, and every way to go another way than forward."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.chat import CONFIRMED, Account, Card, Field, Form, FormValue, Message, Option, Place, Row
from bot.db import Base, Database, connect
from bot.dialogues import Dialogue, State, open_form, sent_off
from handlers import steps

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # Friday, noon in Japan
SATO = Account("terminal", "sato", "sato")
HERE = Place("terminal", "sato", "sato")
TOWNS = [
    "神戸市",
    "尼崎市",
    "西宮市",
    "芦屋市",
    "伊丹市",
    "宝塚市",
    "川西市",
    "三田市",
    "猪名川町",
    "明石市",
    "加古川市",
    "高砂市",
    "稲美町",
    "播磨町",
    "西脇市",
    "三木市",
    "小野市",
    "加西市",
    "加東市",
    "多可町",
    "姫路市",
    "神河町",
    "市川町",
    "福崎町",
    "相生市",
    "たつの市",
    "赤穂市",
    "宍粟市",
    "太子町",
    "上郡町",
    "佐用町",
    "豊岡市",
    "養父市",
    "朝来市",
    "香美町",
    "新温泉町",
    "丹波篠山市",
    "丹波市",
    "洲本市",
    "南あわじ市",
    "淡路市",
]


def options(*labels: str) -> tuple[Option, ...]:
    return tuple(Option(f"v{n}", label) for n, label in enumerate(labels, 1))


MUNICIPALITY = Field("town", "市町", "single", options=options(*TOWNS))
FRUIT = Field("fruit", "くだもの", "multiple", limit=3, options=options("柿", "梨", "桃", "栗"))
TITLE = Field("title", "件名", limit=10, hint="短く書いてください")
MEMO = Field("memo", "補足", "long", required=False)


def form(*fields: Field, **more: object) -> Form:
    made = Form("consult", "7", "相談する", fields, "送る", intro="あとで直せます")
    return replace(made, **more)  # type: ignore[arg-type]


class Person:
    """Says one thing after another to the engine, each in a transaction of its own."""

    def __init__(self, db: Database) -> None:
        self.db, self.now, self.events = db, NOON, 0
        self.sent: list[Message] = []
        self.card = Card("")

    def opens(self, asked: Form) -> "Person":
        with self.db.write() as session:
            self.card = steps.ask(open_form(session, self._message(), asked))
        return self

    def says(self, *texts: str) -> Card:
        for text in texts:
            self._take(self._message(text=text))
        return self.card

    def presses(self, *labels: str) -> Card:
        for label in labels:
            found = [b.value for b in self.card.buttons if label in b.label]
            assert found, [b.label for b in self.card.buttons]
            self.presses_value(found[0])
        return self.card

    def presses_value(self, value: str) -> Card:
        self._take(self._message(action="step", value=value))
        return self.card

    @property
    def values(self) -> dict[str, FormValue]:
        assert len(self.sent) == 1, self.card
        return dict(self.sent[0].values or {})

    def labels(self) -> list[str]:
        return [button.label for button in self.card.buttons]

    def picks(self) -> list[str]:
        return [button.label for button in self.card.buttons if button.style == "pick"]

    def _message(self, text: str = "", action: str | None = None, value: str = "") -> Message:
        self.events += 1
        return Message(f"e{self.events}", SATO, HERE, self.now, text, action, value)

    def _take(self, message: Message) -> None:
        with self.db.write() as session:
            said = steps.take(session, message, session.query(Dialogue).one())
        if isinstance(said, Message):
            self.sent.append(said)
        else:
            self.card = said


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = connect(f"sqlite:///{tmp_path}/desk.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def sato(db: Database) -> Person:
    return Person(db)


def test_a_form_is_asked_field_by_field_and_comes_as_one_message(sato: Person) -> None:
    card = sato.opens(form(TITLE, MEMO)).card
    assert (card.title, card.topic, card.frame, card.awaits) == (
        "件名",
        "相談する 1／2",
        "step",
        True,
    )
    assert card.paragraphs == ("あとで直せます", "短く書いてください")
    assert card.chips[0].label == "必須"
    assert sato.labels() == ["やめる"]

    card = sato.says(" 届け出 ")
    assert (card.title, card.topic) == ("補足", "相談する 2／2")
    assert card.chips[0].label == "任意"
    assert card.rows == (Row("件名", "届け出"),)
    assert sato.labels() == ["とばす", "戻る", "やめる"]

    sato.says("一行目\n二行目")
    assert sato.values == {"title": "届け出", "memo": "一行目\n二行目"}
    message = sato.sent[0]
    assert (message.action, message.value, message.text) == ("consult", "7", "")
    assert message.account == SATO and message.place == HERE and not message.confirmed


def test_button_values_name_dialogue_and_step(sato: Person) -> None:
    sato.opens(form(FRUIT, MEMO))
    assert sato.card.buttons[0].value == "1:0:pick:v1"
    assert sato.card.buttons[0].style == "pick" and sato.card.buttons[0].action == "step"
    sato.says("1 2")
    assert [b.value for b in sato.card.buttons] == ["1:1:skip", "1:1:back", "1:1:cancel"]


def test_a_wrong_answer_gets_the_same_step_with_the_sentence_of_the_form(sato: Person) -> None:
    card = sato.opens(form(TITLE)).says("あ" * 12)
    assert card.title == "件名"
    assert card.paragraphs[0] == "10字までにしてください（いまは12字、2字多いです）"
    assert [chip.label for chip in card.chips] == ["必須", "確かめてください"]
    sato.says("短い")
    assert sato.values == {"title": "短い"}


@pytest.mark.parametrize("text", ["", "   ", "\u3000", "\n"])
def test_nothing_is_no_answer(sato: Person, text: str) -> None:
    assert sato.opens(form(TITLE, MEMO)).says(text).paragraphs[0] == "件名を書いてください"
    sato.says("届け出")
    assert sato.says(text).paragraphs[0] == "答えを書くか、下から選んでください"
    assert not sato.sent


def test_control_characters_do_not_get_into_a_value(sato: Person) -> None:
    sato.opens(form(TITLE)).says("a\x00b\x1b[31mc\r\nd")
    assert sato.values == {"title": "ab[31mc d"}


@pytest.mark.parametrize("text", ["12", "１２", " 12 ", "１,２"])
def test_a_number_is_taken_in_any_width(sato: Person, text: str) -> None:
    sato.opens(form(Field("count", "人数", "number", limit=40))).says(text)
    assert sato.values == {"count": "12"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("三人", "数字だけ"),
        ("-1", "数字だけ"),
        ("41", "40以下"),
        ("9" * 5000, "けたまで"),
        ("😀", "数字だけ"),
    ],
)
def test_what_is_no_number_is_asked_again(sato: Person, text: str, why: str) -> None:
    card = sato.opens(form(Field("count", "人数", "number", limit=40))).says(text)
    assert why in card.paragraphs[0] and not sato.sent


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-01", "2026-12-01"),
        ("２０２６／１２／１", "2026-12-01"),
        ("2026年12月1日（火）", "2026-12-01"),
        ("令和8年12月1日", "2026-12-01"),
        ("R9.1.5", "2027-01-05"),
        ("20261201", "2026-12-01"),
        ("12/1", "2026-12-01"),
        ("１２月１日", "2026-12-01"),
        ("12月1日(火)です", "2026-12-01"),
        ("11/20", "2026-11-20"),
        ("11/19", "2027-11-19"),
        ("2/29", "2028-02-29"),
        ("きょう", "2026-11-20"),
        ("あした", "2026-11-21"),
        ("明後日", "2026-11-22"),
        ("来週の金曜", "2026-11-27"),
        ("来週月曜日", "2026-11-23"),
        ("再来週の水曜", "2026-12-02"),
        ("金曜", "2026-11-27"),
        ("土曜日", "2026-11-21"),
        ("3日後", "2026-11-23"),
        ("2週間後", "2026-12-04"),
    ],
)
def test_a_date_is_understood_as_people_write_it(sato: Person, text: str, day: str) -> None:
    sato.opens(form(Field("day", "希望日", "date"))).says(text)
    assert sato.values == {"day": day}


@pytest.mark.parametrize("text", ["2/30", "13/1", "0/0", "2026-02-30", "そのうち", "99999", "来年"])
def test_what_is_no_date_is_asked_again(sato: Person, text: str) -> None:
    card = sato.opens(form(Field("day", "希望日", "date"))).says(text)
    assert "例：2026-12-01" in card.paragraphs[0] and not sato.sent


def test_tomorrow_is_counted_in_japan(sato: Person) -> None:
    sato.now = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # 0:30 on the 21st in Japan
    sato.opens(form(Field("day", "希望日", "date"))).says("あした")
    assert sato.values == {"day": "2026-11-22"}


def test_a_date_is_told_back_with_its_weekday(sato: Person) -> None:
    card = sato.opens(form(Field("day", "希望日", "date"), MEMO)).says("12/1")
    assert card.rows == (Row("希望日", "令和8年12月1日（火）"),)


@pytest.mark.parametrize("text", ["2", "２", "梨", "梨です", " 梨。", "「梨」"])
def test_a_choice_is_made_by_number_or_by_name(sato: Person, text: str) -> None:
    sato.opens(form(replace(FRUIT, kind="single"))).says(text)
    assert sato.values == {"fruit": "v2"}


def test_a_choice_is_made_by_button(sato: Person) -> None:
    sato.opens(form(replace(FRUIT, kind="single"))).presses("桃")
    assert sato.values == {"fruit": "v3"}


@pytest.mark.parametrize("text", ["0", "5", "99", "りんご", "😀😀", "あ" * 5000, "pick:v1"])
def test_what_is_not_in_the_list_is_asked_again(sato: Person, text: str) -> None:
    card = sato.opens(form(replace(FRUIT, kind="single"))).says(text)
    assert card.paragraphs[0] == "くだものを一覧から選んでください" and not sato.sent


def test_a_choice_that_is_called_like_a_command_can_be_chosen(sato: Person) -> None:
    field = Field("state", "状態", "single", options=options("実施", "中止", "10"))
    sato.opens(form(field)).says("中止")
    assert sato.values == {"state": "v2"}


def test_a_label_that_is_a_number_goes_before_the_place_in_the_list(sato: Person) -> None:
    field = Field("mark", "満足度", "single", options=options("3", "2", "1"))
    sato.opens(form(field)).says("１")
    assert sato.values == {"mark": "v3"}


def test_every_one_of_41_municipalities_is_answered_by_its_name(db: Database) -> None:
    for n, town in enumerate(TOWNS, 1):
        sato = Person(db)
        with db.write() as session:
            session.query(Dialogue).delete()
        sato.opens(form(MUNICIPALITY)).says(town)
        assert sato.values == {"town": f"v{n}"}, town


def test_no_card_has_more_than_nine_buttons_and_paging_shows_every_option_once(
    sato: Person,
) -> None:
    sato.opens(form(TITLE, MUNICIPALITY)).says("届け出")
    shown = sato.picks()
    while "つづきを見る" in sato.labels():
        assert len(sato.labels()) <= 9
        sato.presses("つづきを見る")
        shown += sato.picks()
    assert shown == TOWNS
    assert sato.presses("最初から見る").buttons[0].label == "神戸市"


def test_a_number_means_what_is_shown_on_this_page(sato: Person) -> None:
    sato.opens(form(MUNICIPALITY)).says("つづきを見る")
    second = sato.picks()[1]
    sato.says("2")
    assert sato.values == {"town": f"v{TOWNS.index(second) + 1}"}


def test_a_part_that_fits_one_is_enough_and_several_are_offered(sato: Person) -> None:
    card = sato.opens(form(MUNICIPALITY)).says("丹波")
    assert card.paragraphs[0] == "当てはまるものが2つあります。選んでください"
    assert sato.picks() == ["丹波篠山市", "丹波市"]
    assert "一覧を見る" in sato.labels()
    sato.presses("一覧を見る")
    assert sato.picks()[0] == "神戸市"
    sato.says("丹波", "2")
    assert sato.values == {"town": f"v{TOWNS.index('丹波市') + 1}"}


def test_after_several_were_offered_another_name_is_looked_for_in_the_whole_list(
    sato: Person,
) -> None:
    sato.opens(form(MUNICIPALITY)).says("丹波", "多可")
    assert sato.values == {"town": "v20"}


def test_many_matches_are_paged_as_well(sato: Person) -> None:
    sato.opens(form(MUNICIPALITY)).says("町")
    shown = sato.picks()
    while "つづきを見る" in sato.labels():
        sato.presses("つづきを見る")
        shown += sato.picks()
    assert shown == [town for town in TOWNS if "町" in town]


def test_a_reading_in_the_hint_finds_an_option(sato: Person) -> None:
    towns = (Option("a", "宍粟市", "しそうし"), Option("b", "養父市", "やぶし"))
    sato.opens(form(Field("town", "市町", "single", options=towns))).says("しそう")
    assert sato.values == {"town": "a"}


def test_labels_longer_than_a_button_stand_in_full_above(sato: Person) -> None:
    long = "と".join(["長い選択肢"] * 20)
    sato.opens(form(Field("x", "設問", "single", options=options(long, "短い"))))
    assert max(map(len, sato.labels())) <= 64
    assert long in sato.card.paragraphs[-1]
    sato.says(long)
    assert sato.values == {"x": "v1"}


@pytest.mark.parametrize(
    "text", ["1 3 4", "1、3、4", "１　３　４", "柿、桃、栗", "1,3,4", "柿 3 栗", "1と3と4"]
)
def test_several_are_chosen_in_one_go(sato: Person, text: str) -> None:
    sato.opens(form(FRUIT)).says(text)
    assert sato.values == {"fruit": ("v1", "v3", "v4")}


def test_several_are_chosen_one_by_one_and_taken_back(sato: Person) -> None:
    sato.opens(form(FRUIT)).presses("柿", "桃")
    assert sato.picks() == ["✓ 柿", "梨", "✓ 桃", "栗"]
    assert Row("いまの内容", "柿、桃") in sato.card.rows
    sato.presses("柿")
    assert sato.says("栗").rows[-1].text == "桃、栗"
    sato.says("これで次へ")
    assert sato.values == {"fruit": ("v3", "v4")}


def test_what_was_chosen_can_be_wiped(sato: Person) -> None:
    sato.opens(form(FRUIT)).presses("柿", "消す")
    assert sato.picks() == ["柿", "梨", "桃", "栗"] and "これで次へ" not in sato.labels()


def test_no_more_are_chosen_than_the_limit_allows(sato: Person) -> None:
    card = sato.opens(form(FRUIT)).says("1 2 3 4")
    assert card.paragraphs[0] == "3つまで選べます"
    assert sato.presses("柿", "梨", "桃", "栗").paragraphs[0] == "3つまで選べます"
    sato.presses("これで次へ")
    assert sato.values == {"fruit": ("v1", "v2", "v3")}


def test_one_name_out_of_several_that_is_unknown_is_named(sato: Person) -> None:
    card = sato.opens(form(FRUIT)).says("柿、りんご")
    assert card.paragraphs[0] == "「りんご」は一覧にありません。番号か名前で選んでください"


def test_optional_choices_may_be_none(sato: Person) -> None:
    sato.opens(form(replace(FRUIT, required=False))).says("とばす")
    assert sato.values == {"fruit": ()}


def test_a_table_takes_a_row_a_line_until_it_is_done(sato: Person) -> None:
    table = Field("rows", "担当者", "table", head=("氏名", "所属", "備考"))
    card = sato.opens(form(table)).says("氏名、所属、備考\n佐藤、企画課、月、水だけ")
    assert card.table and card.table.head == ("氏名", "所属", "備考")
    sato.says("鈴木\t総務課")
    assert "これで次へ" in sato.labels()
    sato.says("これで次へ")
    assert sato.values == {"rows": (("佐藤", "企画課", "月、水だけ"), ("鈴木", "総務課", ""))}


def test_an_empty_table_is_asked_again(sato: Person) -> None:
    card = sato.opens(form(Field("rows", "担当者", "table", head=("氏名", "所属")))).says("、")
    assert card.paragraphs[0] == "担当者を1行に1件ずつ書いてください"
    assert sato.says("とばす").paragraphs[0] == "担当者を書いてください"


def test_a_file_is_passed_over_with_a_sentence_even_where_it_is_required(sato: Person) -> None:
    card = sato.opens(form(Field("file", "資料", "file"), MEMO)).card
    assert "ファイルを受け取れません" in card.note
    assert sato.says("これです").title == "資料"
    sato.says("とばす", "なし")
    assert sato.values == {"file": "", "memo": "なし"}


@pytest.mark.parametrize("word", ["とばす", "スキップ", "飛ばす", "ｽｷｯﾌﾟ", "とばす。"])
def test_an_optional_field_is_skipped_by_word(sato: Person, word: str) -> None:
    sato.opens(form(MEMO)).says(word)
    assert sato.values == {"memo": ""}


def test_a_required_field_is_not_skipped(sato: Person) -> None:
    assert sato.opens(form(TITLE)).says("とばす").paragraphs[0] == "件名を書いてください"


@pytest.mark.parametrize("word", ["戻る", "もどる", "「戻る」"])
def test_one_goes_back_and_finds_what_was_written(sato: Person, word: str) -> None:
    sato.opens(form(TITLE, MEMO)).says("届け出")
    card = sato.says(word)
    assert card.title == "件名" and Row("いまの内容", "届け出") in card.rows
    sato.presses("これで次へ", "とばす")
    assert sato.values == {"title": "届け出", "memo": ""}


def test_before_the_first_there_is_nothing_to_go_back_to(sato: Person) -> None:
    card = sato.opens(form(TITLE)).says("戻る")
    assert card.title == "件名" and card.paragraphs[0].startswith("ここが最初")


@pytest.mark.parametrize("word", ["やめる", "キャンセル", "中止"])
def test_stopping_closes_the_form_and_says_what_was_not_sent(
    sato: Person, db: Database, word: str
) -> None:
    card = sato.opens(form(TITLE, MEMO)).says("届け出", word)
    assert card.title == "「相談する」は送りませんでした" and not card.awaits
    with db.read() as session:
        dialogue = session.query(Dialogue).one()
        assert (dialogue.state, dialogue.values) == (State.CANCELLED, {})


def test_a_button_of_a_closed_form_is_harmless(sato: Person) -> None:
    button = sato.opens(form(FRUIT)).card.buttons[0].value
    sato.says("やめる")
    assert sato.presses_value(button).title == "この用紙はもう閉じています"
    assert not sato.sent


@pytest.mark.parametrize(
    "value",
    [
        "1:0:pick:v1",
        "1:0:skip",
        "1:0:back",
        "2:1:skip",
        "",
        "x",
        "1",
        "1:1",
        "1:1:fly",
        "1:1:more:x",
        "1:1:pick:v1",
        "1:1:send",
        "1:1:confirm:0",
        "1:1:mend",
        ":::::",
        "1:1:more:" + "9" * 5000,
    ],
)
def test_a_button_of_another_step_shows_where_the_form_stands(sato: Person, value: str) -> None:
    sato.opens(form(TITLE, MEMO)).says("届け出")
    card = sato.presses_value(value)
    assert card.title == "補足" and not sato.sent


def test_what_is_filled_in_already_can_stay_or_be_wiped(sato: Person) -> None:
    filled = form(replace(TITLE, value="届け出"), replace(MEMO, value="むかし"))
    sato.opens(filled)
    assert sato.labels() == ["これで次へ", "やめる"]
    sato.says("これで次へ")
    assert sato.labels() == ["これで次へ", "消す", "戻る", "やめる"]
    sato.says("消す", "とばす")
    assert sato.values == {"title": "届け出", "memo": ""}


def test_skipping_a_field_that_is_filled_in_leaves_it_as_it_is(sato: Person) -> None:
    sato.opens(form(replace(MEMO, value="むかし"))).says("とばす")
    assert sato.values == {"memo": "むかし"}


PREVIEW = Card("多可町へ送ります", paragraphs=("届け出の件",), rows=(Row("件名", "届け出"),))


def previewed(sato: Person) -> Person:
    """Everything is filled in and the desk answers with a preview."""
    sato.opens(form(TITLE, MEMO, previews=True)).says("届け出", "とばす")
    sent = sato.sent.pop()
    assert not sent.confirmed
    assert sent.values is not None
    asked = form(TITLE, MEMO, previews=True, preview=PREVIEW, submit="多可町へ送る")
    return sato.opens(asked.with_values(sent.values))


def test_the_preview_is_shown_and_its_last_press_confirms(sato: Person) -> None:
    card = previewed(sato).card
    assert (card.title, card.paragraphs, card.rows) == (
        PREVIEW.title,
        PREVIEW.paragraphs,
        PREVIEW.rows,
    )
    assert sato.labels() == ["多可町へ送る", "直す", "やめる"]
    sato.presses("多可町へ送る")
    assert sato.values == {"title": "届け出", "memo": "", CONFIRMED: "yes"}
    assert sato.sent[0].confirmed


@pytest.mark.parametrize("text", ["多可町へ送る", "送る", "1", "１"])
def test_the_preview_is_confirmed_by_words_too(sato: Person, text: str) -> None:
    previewed(sato).says(text)
    assert sato.sent[0].confirmed


@pytest.mark.parametrize("text", ["ありがとう", "4", "😀", "はい", "とばす"])
def test_other_words_do_not_send_a_preview(sato: Person, text: str) -> None:
    card = previewed(sato).says(text)
    assert not sato.sent and card.title == PREVIEW.title


def test_one_field_is_mended_and_the_preview_is_asked_for_again(sato: Person) -> None:
    card = previewed(sato).presses("直す")
    assert card.title == "どこを直しますか" and sato.picks() == ["件名", "補足"]
    assert sato.presses("件名").title == "件名"
    sato.says("転入の件")
    assert sato.values == {"title": "転入の件", "memo": ""}


def test_mending_can_be_given_up(sato: Person) -> None:
    assert previewed(sato).says("直す", "戻る").title == PREVIEW.title
    assert sato.says("直す", "件名", "戻る").title == PREVIEW.title
    sato.presses("多可町へ送る")
    assert sato.sent[0].confirmed


def test_an_older_preview_does_not_send_what_it_did_not_show(sato: Person) -> None:
    old = previewed(sato).card.buttons[0].value
    sato.says("直す", "件名", "転入の件")
    sent = sato.sent.pop()
    asked = form(TITLE, MEMO, previews=True, preview=replace(PREVIEW, title="新しい案"))
    sato.opens(asked.with_values(sent.values or {}))
    assert sato.presses_value(old).title == "新しい案"
    assert not sato.sent


def test_a_form_that_was_sent_off_in_vain_can_be_sent_again(sato: Person) -> None:
    """The desk took the message but the form stayed open: nobody is left without a way on."""
    sato.opens(form(TITLE)).says("届け出")
    sato.sent.clear()
    card = sato.says("あれ")
    assert card.title == "相談する" and card.rows == (Row("件名", "届け出"),)
    assert sato.says("直す", "件名", "転入").rows == (Row("件名", "転入"),)
    sato.presses("送る")
    assert sato.values == {"title": "転入"}


def test_mistakes_are_mended_first_one_after_the_other(sato: Person) -> None:
    fields = (TITLE, replace(MEMO, required=True), Field("count", "人数", "number"))
    sato.opens(form(*fields)).says("届け出", "文", "3")
    sent = sato.sent.pop()
    wrong = {"memo": "もう少しくわしく書いてください", "count": "定員を超えています"}
    sato.opens(form(*fields).with_values(sent.values or {}, wrong))
    assert (sato.card.title, sato.card.paragraphs[0]) == ("補足", wrong["memo"])
    assert "これで次へ" not in sato.labels()
    assert (
        sato.says("これで次へ").title == "人数"
    )  # words of no button are an answer like any other
    assert sato.card.paragraphs[0] == wrong["count"]
    sato.says("2")
    assert sato.values == {"title": "届け出", "memo": "これで次へ", "count": "2"}


def test_a_mistake_can_be_mended_in_another_field(sato: Person) -> None:
    days = (Field("from", "始まり", "date"), Field("to", "終わり", "date"))
    sato.opens(form(*days)).says("12/5", "12/1")
    sent = sato.sent.pop()
    sato.opens(form(*days).with_values(sent.values or {}, {"to": "始まりより後の日にしてください"}))
    assert sato.card.title == "終わり"
    assert sato.says("戻る").title == "どこを直しますか"
    assert sato.says("始まり", "11/30").title == "終わり"
    sato.presses("これで次へ")
    assert sato.values == {"from": "2026-11-30", "to": "2026-12-01"}


def test_a_form_goes_on_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    db = connect(url)
    Base.metadata.create_all(db.engine)
    Person(db).opens(form(MUNICIPALITY, FRUIT, MEMO)).says("多可町", "柿")
    db.close()

    db = connect(url)
    sato = Person(db)
    with db.read() as session:
        sato.card = steps.ask(session.query(Dialogue).one())
    assert sato.card.title == "くだもの" and sato.picks()[0] == "✓ 柿"
    sato.says("これで次へ", "とばす")
    assert sato.values == {"town": "v20", "fruit": ("v1",), "memo": ""}
    db.close()


def test_asking_changes_nothing(sato: Person, db: Database) -> None:
    sato.opens(form(MUNICIPALITY)).says("丹波")
    with db.write() as session:
        dialogue = session.query(Dialogue).one()
        assert steps.ask(dialogue) == steps.ask(dialogue)
        assert not session.dirty


def test_a_form_left_lying_pauses_and_is_resumed(sato: Person, db: Database) -> None:
    sato.opens(form(TITLE, MEMO)).says("届け出")
    with db.read() as session:
        dialogue = session.query(Dialogue).one()
        assert not steps.paused(dialogue, NOON + timedelta(minutes=59))
        assert steps.paused(dialogue, NOON + steps.STALE_AFTER)
        card = steps.resume_card(dialogue)
    assert card.title == "書きかけの用紙があります" and card.rows == (Row("件名", "届け出"),)
    assert [b.label for b in card.buttons] == ["つづける", "やめる"] and not card.awaits

    sato.now += timedelta(hours=3)
    pressed = Message("e", SATO, HERE, NOON, action="step", value=card.buttons[0].value)
    assert steps.is_resume(pressed) and not steps.is_resume(replace(pressed, value="1:1:skip"))
    assert sato.presses_value(card.buttons[0].value).title == "補足"
    with db.read() as session:
        assert not steps.paused(session.query(Dialogue).one(), sato.now)


def test_resuming_by_word_works_only_after_a_pause(sato: Person) -> None:
    sato.opens(form(TITLE, MEMO)).says("届け出")
    sato.now += timedelta(hours=3)
    assert steps.is_resume(Message("e", SATO, HERE, NOON, "つづける。"))
    assert not steps.is_resume(Message("e", SATO, HERE, NOON, "つづけるには？"))
    assert sato.says("つづける").title == "補足"
    sato.says("つづける")
    assert sato.values == {"title": "届け出", "memo": "つづける"}


def test_the_same_form_opened_again_goes_on_where_it_was(sato: Person) -> None:
    sato.opens(form(TITLE, MEMO)).says("届け出")
    assert sato.opens(form(TITLE, MEMO)).card.title == "補足"


def test_a_form_that_was_sent_off_is_closed(sato: Person, db: Database) -> None:
    sato.opens(form(TITLE)).says("届け出")
    with db.write() as session:
        sent_off(session, sato.sent[0])
        assert steps.take(session, sato.sent[0], session.query(Dialogue).one()) == steps.ended()


def test_a_form_without_fields_only_asks_to_be_sent(sato: Person) -> None:
    sato.opens(form())
    assert sato.labels() == ["送る", "やめる"]
    assert sato.says("直す", "戻る").title == "相談する"
    sato.presses("送る")
    assert sato.values == {}


EVERY = form(
    TITLE,
    MUNICIPALITY,
    FRUIT,
    Field("day", "希望日", "date", required=False),
    Field("count", "人数", "number", limit=99),
    Field("rows", "担当者", "table", head=("氏名", "所属")),
    Field("file", "資料", "file", required=False),
    MEMO,
)
WORDS = [
    "とばす",
    "戻る",
    "これで次へ",
    "つづきを見る",
    "消す",
    "直す",
    "送る",
    "1",
    "２",
    "1 3",
    "町",
    "あした",
]


@given(
    typed=st.lists(st.sampled_from(WORDS) | st.text(max_size=12) | st.integers(0, 8), max_size=25)
)
def test_whatever_is_typed_or_pressed_the_form_stands_somewhere(typed: list[str | int]) -> None:
    message = Message("e0", SATO, HERE, NOON)
    dialogue = Dialogue(
        id=1, account=SATO, place=HERE, event_id="e0", form=EVERY, values={}, step=0, state="open"
    )
    dialogue.touched_at = NOON
    for one in typed:
        card = steps.ask(dialogue)
        assert card.title and card.frame == "step" and 1 <= len(card.buttons) <= 9
        said: Card | Message
        if isinstance(one, int):
            button = card.buttons[one % len(card.buttons)]
            said = take(replace(message, action="step", value=button.value), dialogue)
        else:
            said = take(replace(message, text=one), dialogue)
        if isinstance(said, Message):
            wrong = EVERY.wrong(said.values or {})
            assert not wrong, wrong


class NoSession:
    """The row is as new as it gets."""

    def refresh(self, dialogue: Dialogue, *, with_for_update: bool) -> None: ...


def take(message: Message, dialogue: Dialogue) -> Card | Message:
    """Without a database: whoever stops is not stopped here."""
    if message.value.endswith(":cancel") or message.text in ("やめる", "中止"):
        return steps.ask(dialogue)
    return steps.take(cast("Session", NoSession()), message, dialogue)


def test_two_presses_of_the_last_button_send_once(sato: Person, db: Database) -> None:
    button = previewed(sato).card.buttons[0].value
    press = Message("e98", SATO, HERE, NOON, action="step", value=button)
    with db.write() as session:
        sent = steps.take(session, press, session.query(Dialogue).one())
        assert isinstance(sent, Message) and sent.confirmed
        sent_off(session, sent)
    with db.write() as session:
        again = replace(press, event_id="e99")
        assert steps.take(session, again, session.query(Dialogue).one()) == steps.ended()
