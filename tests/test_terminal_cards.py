"""Cards as a terminal tells them: plain text, as wide as the characters are."""

import io
from dataclasses import replace

from rich.cells import cell_len

from bot.chat import Button, Card, Cell, Chip, Link, Picture, Row, Table
from bot.platforms.terminal import Terminal, render, wrap
from tests.terminal_world import ANSWER, OWN


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
