"""What one may answer to each kind of field of a form asked step by step."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.chat import Field, Option, Row
from bot.db import Database
from bot.dialogues import Dialogue
from tests.steps_world import FRUIT, MEMO, MUNICIPALITY, TITLE, TOWNS, Person, form, made, options


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    yield from made(tmp_path)


@pytest.fixture
def sato(db: Database) -> Person:
    return Person(db)


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
