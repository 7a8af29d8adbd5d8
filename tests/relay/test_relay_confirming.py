"""Confirmations from talks that no process reaches: each counts, says who carried it, and stands on one board."""

from pathlib import Path

from sqlalchemy import select

from bot.announcements import Acknowledgement
from bot.db import Database
from bot.directory import Person
from bot.platforms.web import Page
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of, on_page
from tests.relay.test_relay_posting import send
from tests.relay_world import (
    TAKA,
    YAMADA,
    count,
    first,
    move_to_talks,
    paste,
    press,
    see,
    send_form,
)
from tests.test_announcing import NOTICE, board, standing


def test_one_confirmation_that_is_pasted_counts_and_says_who_carried_it(relayed: Whole) -> None:
    send(relayed)
    press(relayed, "hayashi", "relay_posted", first(relayed, TAKA))
    paste(relayed, "hayashi", YAMADA, "確認しました。")
    assert standing(relayed, "多可町")[2:] == ["確認済", "山田 葵（中継：林 直子）"]
    with relayed.db.read() as session:
        said = session.scalars(select(Acknowledgement)).one()
    assert (said.person_id, said.relayed_by_id) == ("yamada", "hayashi")


def test_the_board_is_one_over_relay_and_the_page(
    own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms
) -> None:
    move_to_talks(own_db, but=("nakamura", "sec-himeji"))
    whole = on_page(own_db, tmp_path, library_of(own_db, words, synonyms))
    send(whole)
    assert NOTICE["題名"] in whole.read("nakamura")
    whole.press("nakamura", "確認しました")
    press(whole, "hayashi", "relay_posted", first(whole, TAKA))
    paste(whole, "hayashi", YAMADA, "確認")
    assert standing(whole, "姫路市")[2:] == ["確認済", "中村 拓"]
    assert standing(whole, "多可町")[2:] == ["確認済", "山田 葵（中継：林 直子）"]
    assert standing(whole, "神戸市")[2] == "中継待ち"
    assert "2市町が確認しました" in board(whole).paragraphs[0]


def names_of(whole: Whole) -> list[str]:
    table = board(whole).table
    assert table is not None
    return [row[1].text for row in table.rows]


def test_all_confirmations_are_filed_on_one_screen(relayed: Whole) -> None:
    send(relayed)
    first_one = see(relayed, "hayashi", "relay").links[0].path.rpartition("/")[2]
    everywhere = {"talks": ("*",)}
    send_form(relayed, "hayashi", "relay_all", first_one, everywhere)
    towns = names_of(relayed)
    pasted = [
        f"{name}　確認しました" for name in towns if name not in ("多可町", "神戸市", "姫路市")
    ]
    lines = "\n".join(
        [*pasted, "山田 葵", "確認しました", "どこかの課　確認", "神戸市　確認中です"]
    )
    board_buttons = [button.action for button in board(relayed).buttons]
    assert board_buttons == ["relay_confirm"]

    shown = send_form(
        relayed, "hayashi", "relay_confirm", "1", {"pasted": lines, "towns": ("281000",)}
    )
    assert shown is not None and shown.preview is not None
    told = {row.label: row.text for row in shown.preview.rows}
    assert told["確認済みにする"].startswith("40市町：神戸市")
    assert told["読み取れない行"] == "どこかの課　確認\n神戸市　確認中です"
    assert told["まだの市町"] == "1市町：姫路市"
    values = {f.name: f.value for f in shown.fields}
    sent = send_form(
        relayed, "hayashi", "relay_confirm", "1", {**values, "confirmed": "yes"}, again=shown
    )
    assert sent is None
    assert "40市町が確認しました" in board(relayed).paragraphs[0]
    assert standing(relayed, "多可町")[2:] == ["確認済", "山田 葵（中継：林 直子）"]
    assert standing(relayed, "姫路市")[2] == "未確認"
    assert count(relayed, "SELECT count(*) FROM acknowledgements") == 40
    assert (
        count(relayed, "SELECT count(*) FROM acknowledgements WHERE relayed_by_id = 'hayashi'")
        == 40
    )


def test_a_liaison_confirms_for_his_own_municipalities_alone(on_the_page: Whole) -> None:
    whole = on_the_page
    send(whole)
    shown = send_form(
        whole, "kishimoto", "relay_confirm", "1",
        {"pasted": "多可町　確認\n姫路市　確認", "towns": ()},
    )  # fmt: skip
    assert shown is not None and shown.preview is not None
    assert shown.preview.rows[0].text == "1市町：多可町"
    assert "6市町" not in shown.preview.rows[0].text
    wrong = send_form(
        whole, "kishimoto", "relay_confirm", "1", {"pasted": "", "towns": ("282014",)}
    )  # fmt: skip
    assert wrong is not None and any(f.error for f in wrong.fields)
    assert count(whole, "SELECT count(*) FROM acknowledgements") == 0


def test_a_post_that_everybody_has_confirmed_otherwise_says_so(on_the_page: Whole) -> None:
    whole = on_the_page
    send(whole)
    value = first(whole, "神戸市連絡")
    sent = send_form(whole, "hayashi", "relay_confirm", "1", {"pasted": "", "towns": ("281000",)})
    assert sent is not None
    values = {f.name: f.value for f in sent.fields}
    send_form(whole, "hayashi", "relay_confirm", "1", {**values, "confirmed": "yes"}, again=sent)
    table = see(whole, "hayashi", "relay_text", value).table
    assert table is not None
    details = {row[0].text: row[2].text for row in table.rows}
    assert details["神戸市連絡"] == "もう確認済みです" and details["姫路市連絡"] == "2人あて"


def test_one_board_over_a_talk_slack_and_the_page(
    own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms
) -> None:
    whole = in_slack(own_db, tmp_path, library_of(own_db, words, synonyms))
    try:
        move_to_talks(whole.db, but=("nakamura", "sec-himeji", "kobe1", "sec-kobe"))
        with whole.db.write() as session:
            [known] = session.get_one(Person, "kobe1").accounts
            known.platform, known.workspace, known.user = "web", "page", "kobe1"
        page = Page(whole.db, whole.clock)
        whole.platforms[page.home] = page
        send(whole)
        whole.press("nakamura", "確認しました")
        press(whole, "kobe1", "acknowledge", "1")
        press(whole, "hayashi", "relay_posted", first(whole, TAKA))
        paste(whole, "hayashi", YAMADA, "確認です")
        assert standing(whole, "姫路市")[2:] == ["確認済", "中村 拓"]
        assert standing(whole, "神戸市")[2:] == ["確認済", "港 一馬"]
        assert standing(whole, "多可町")[2:] == ["確認済", "山田 葵（中継：林 直子）"]
        assert standing(whole, "豊岡市")[2] == "中継待ち"
        assert "3市町が確認しました" in board(whole).paragraphs[0]
    finally:
        whole.extras["close"]()
