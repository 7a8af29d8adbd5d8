"""A card as a text and stamps: pure."""

import pytest

from bot.chat import Button, Card, Cell, Chip, Link, Picture, Row, Table
from bot.platforms.logo.cards import change_of, harmless, is_one_stamp, stamps_of, text_of
from bot.platforms.logo.talking import LONGEST_OPTION, MOST_OPTIONS
from bot.platforms.logo.texts import units
from bot.platforms.logo.words import asks_menu, asks_number

PAGE = "https://desk.example.jp"
CARD = Card(
    "題名",
    ("一つ目。", "二つ目。"),
    topic="分野",
    chips=(Chip("令和8年度", "year"),),
    rows=(Row("担当", "森 佳奈"),),
    table=Table(
        "進み具合", ("圏域", "市町", "状態"),
        (
            (Cell("神戸"), Cell("神戸市"), Cell("確認済")),
            (Cell("但馬"), Cell("豊岡市"), Cell("未確認")),
            (Cell("但馬"), Cell("養父市"), Cell("確認済")),
        ),
        group=0,
    ),
    picture=Picture("地図", "<svg/>"),
    links=(Link("資料", "/view/source/a:0"), Link("外", "https://example.jp/x")),
    note="添え書き",
    by="森 佳奈（デジタル改革課）",
    state="受付",
)  # fmt: skip


def buttons(count: int) -> tuple[Button, ...]:
    return tuple(Button("entry", f"項目{n}", str(n)) for n in range(count))


def test_a_card_is_a_text_in_the_order_one_reads_it() -> None:
    assert text_of(CARD, "R8-0001", PAGE).split("\n") == [
        "R8-0001　分野",
        "【令和8年度】題名",
        "森 佳奈（デジタル改革課）",
        "",
        "一つ目。",
        "二つ目。",
        "",
        "・担当：森 佳奈",
        "",
        "進み具合",
        "・神戸：神戸市 確認済",
        "・但馬：豊岡市 未確認、養父市 確認済",
        "〔図〕地図",
        "",
        "・資料",
        f"{PAGE}/view/source/a:0",
        "・外",
        "https://example.jp/x",
        "",
        "添え書き",
        "［受付］",
    ]


def test_a_card_with_little_has_no_empty_lines() -> None:
    assert text_of(Card("題名")) == "題名"
    assert text_of(Card("題名", ("文",))) == "題名\n\n文"
    assert text_of(Card("題名"), "R8-0001") == "R8-0001\n題名"


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (9, [9]), (10, [9, 1]), (20, [9, 9, 2])]
)
def test_more_buttons_than_a_stamp_holds_stand_in_several(count: int, sizes: list[int]) -> None:
    found = stamps_of(Card("題名", buttons=buttons(count)))
    assert [len(stamp.buttons) for stamp in found] == sizes
    assert all(len(stamp.labels) <= MOST_OPTIONS for stamp in found)


def test_names_that_are_too_long_or_the_same_still_differ() -> None:
    long = "長" * 70
    [stamp] = stamps_of(
        Card("題名", buttons=(Button("a", long), Button("b", long), Button("c", "c")))
    )
    assert len(set(stamp.labels)) == 3
    assert all(units(label) <= LONGEST_OPTION for label in stamp.labels)


def test_a_notice_to_acknowledge_is_a_task_and_a_list_of_them_is_not() -> None:
    done = Button("acknowledge", "確認しました", "1")
    [task] = stamps_of(Card("題名", buttons=(done,), frame="notice"))
    assert task.is_task and task.question == "題名　確認しました"
    listed = stamps_of(Card("確認が必要なお知らせ", buttons=(done, done)))
    assert [stamp.is_task for stamp in listed] == [False]


def test_a_question_of_a_form_is_one_stamp_where_it_fits() -> None:
    step = Card("件名", buttons=buttons(2), frame="step")
    assert is_one_stamp(step, "短い", 1024)
    assert not is_one_stamp(step, "長" * 1025, 1024)
    assert not is_one_stamp(Card("題名", buttons=buttons(2)), "短い", 1024)


def test_what_is_new_is_told_and_nothing_else() -> None:
    before = Card("題名", ("文",), chips=(Chip("受付"),), rows=(Row("担当", "まだいません"),))
    assert change_of(before, before) == ""
    moved = Card("題名", ("文",), chips=(Chip("対応中"),), rows=(Row("担当", "まだいません"),))
    assert change_of(before, moved) == ""  # a mark without a colour
    taken = Card("題名", ("文",), chips=(Chip("対応中"),), rows=(Row("担当", "森"),))
    assert change_of(before, taken, "R8-0001") == "R8-0001\n題名\n・担当：森"
    closed = Card("題名", ("文",), chips=(Chip("完了", "done"),))
    assert change_of(before, closed) == "題名\n【完了】"
    letter = Card("返信", ("文",), frame="letter", state="送信待ち")
    sent = Card("返信", ("文",), frame="letter", state="送信済 9:05")
    assert change_of(letter, sent) == "返信\n送信済 9:05"


def test_nothing_in_a_card_calls_anybody() -> None:
    assert harmless("{@:ALL,4}@ALL と {@:12,3}@ab") == "｛@:ALL,4}@ALL と ｛@:12,3}@ab"
    said = Card("{@:ALL,4}@ALL", buttons=(Button("a", "{@:ALL,4}@ALL"),))
    assert "{@:" not in text_of(said)
    [stamp] = stamps_of(said)
    assert "{@:" not in stamp.question + "".join(stamp.labels)


@pytest.mark.parametrize("text", ["メニュー", "メニューを見せて", "menu", "ﾒﾆｭｰ", "メニュー。"])
def test_who_asks_for_the_menu(text: str) -> None:
    assert asks_menu(text)


@pytest.mark.parametrize("text", ["メニューの作り方", "給食のメニュー", ""])
def test_who_does_not(text: str) -> None:
    assert not asks_menu(text)


def test_who_asks_for_the_number_of_a_room() -> None:
    assert asks_number("この部屋の番号は？") and asks_number("部屋のID")
    assert not asks_number("部屋の番号札")
