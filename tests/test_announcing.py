"""The office writes, a second person approves, each municipality gets it once and confirms."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.announcements import Acknowledgement, Announcement, State, rows_in
from bot.chat import Account, Card
from bot.deliveries import Delivery
from bot.deliveries import State as Sent
from bot.directory import Person
from tests.conftest import Whole

NOTICE = {
    "題名": "防災DXの意見交換の結果を12月に共有します",
    "本文": "日程は追ってお知らせします。",
    "あて先": "全市町",
    "確認": "「確認しました」を求める",
}


def account(whole: Whole, who: str) -> Account:
    with whole.db.read() as session:
        return session.get_one(Person, who).accounts[0].account


def board(whole: Whole) -> Card:
    card = whole.desk.look(account(whole, "hayashi"), "board", "1")
    assert card is not None
    return card


def standing(whole: Whole, town: str) -> list[str]:
    table = board(whole).table
    assert table is not None
    return next([c.text for c in row] for row in table.rows if row[1].text == town)


def write(whole: Whole, **more: object) -> None:
    whole.press("hayashi", "お知らせを書く")
    whole.fill("hayashi", {**NOTICE, **more})


def test_an_announcement_reaches_all_41_once_and_is_acknowledged(whole: Whole) -> None:
    write(whole)
    whole.confirm("hayashi")
    assert "承認待ち" in whole.read("fujii", "事務局")

    whole.press("fujii", "承認する", "事務局")
    whole.tick()
    assert NOTICE["題名"] in whole.read("yamada")
    assert NOTICE["題名"] in whole.read("nakamura")
    assert standing(whole, "多可町")[2] == "未確認"

    whole.press("yamada", "確認しました")
    assert "山田 葵さんが" in whole.read("yamada")
    assert standing(whole, "多可町")[2:] == ["確認済", "山田 葵"]

    with whole.db.read() as session:
        rows = session.scalars(select(Delivery).where(Delivery.reason == "announcement:1")).all()
        assert len({row.recipient for row in rows}) == len(rows) == 44
        assert {row.state for row in rows} == {"sent"}
        assert len(session.scalars(select(Acknowledgement)).all()) == 1
    whole.tick()
    with whole.db.read() as session:
        again = session.scalars(select(Delivery).where(Delivery.reason == "announcement:1")).all()
    assert len(again) == 44


def test_the_preview_shows_the_number_of_recipients(whole: Whole) -> None:
    write(whole)
    if whole.desk.platforms[account(whole, "hayashi").home].shows_forms:
        assert "44件" in whole.driver.read("hayashi")
    with whole.db.read() as session:
        assert session.scalars(select(Announcement)).first() is None


def test_the_author_never_approves_even_with_the_role(whole: Whole) -> None:
    whole.press("fujii", "お知らせを書く")
    whole.fill("fujii", NOTICE)
    whole.confirm("fujii")
    whole.press("fujii", "承認する", "事務局")

    with whole.db.read() as session:
        [one] = session.scalars(select(Announcement))
    assert one.state == State.WAITING
    assert "あなたの役割では使えません" in whole.read("fujii", "事務局")


def test_what_is_sent_at_a_time_waits_for_it_and_can_be_withdrawn(whole: Whole) -> None:
    write(whole, 送る日="2026-11-24", **{"送る時刻（時）": "9"})
    whole.confirm("hayashi")
    whole.press("fujii", "承認する", "事務局")
    whole.tick()
    assert NOTICE["題名"] not in whole.read("yamada")

    whole.press("hayashi", "取り消す", "事務局")
    whole.clock.forward(days=5)
    whole.tick()
    assert NOTICE["題名"] not in whole.read("yamada")
    with whole.db.read() as session:
        assert session.scalars(select(Announcement)).one().state == State.CANCELLED


def test_only_the_chosen_region_gets_it_and_the_board_says_so(whole: Whole) -> None:
    write(whole, あて先="圏域を選ぶ", 圏域=["北播磨"])
    whole.confirm("hayashi")
    whole.press("fujii", "承認する", "事務局")
    whole.tick()

    assert NOTICE["題名"] in whole.read("yamada")
    assert NOTICE["題名"] not in whole.read("nakamura")
    assert standing(whole, "姫路市")[2] == "対象外"


def test_a_shared_account_is_asked_who_confirms(whole: Whole) -> None:
    write(whole)
    whole.confirm("hayashi")
    whole.press("fujii", "承認する", "事務局")
    whole.tick()
    with whole.db.write() as session:
        from sqlalchemy import text

        session.execute(text("UPDATE people SET shared = true WHERE id = 'yamada'"))
    whole.press("yamada", "確認しました")
    whole.fill("yamada", {"お名前": "上田"})
    assert standing(whole, "多可町")[3] == "上田（山田 葵）"


def test_a_returned_one_is_written_again_with_what_stood_in_it(whole: Whole) -> None:
    write(whole)
    whole.confirm("hayashi")
    whole.press("fujii", "差し戻す", "事務局")
    assert "差し戻し" in whole.read("hayashi", "事務局")
    whole.press("hayashi", "書き直す", "事務局")
    whole.fill("hayashi", {"題名": "直した題名", "確認": NOTICE["確認"]})
    whole.confirm("hayashi")
    whole.tick()
    with whole.db.read() as session:
        old, new = session.scalars(select(Announcement).order_by(Announcement.id))
    assert old.state == State.CANCELLED
    assert (new.title, new.body, new.state) == ("直した題名", NOTICE["本文"], State.WAITING)
    assert new.written_at - old.written_at > timedelta(0)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("not_in_channel", "部屋にデスクが入っていません"),
        ("user_not_found", "アカウントが見つかりません"),
        ("invalid talk_id", "トークルームが見つかりません"),
        ("something_new", "チャットが受け取りませんでした"),
        ("", "チャットが受け取りませんでした"),
    ],
)
def test_the_board_says_in_words_why_nothing_arrived(page: Whole, code: str, sentence: str) -> None:
    write(page)
    page.confirm("hayashi")
    page.press("fujii", "承認する", "事務局")
    page.tick()
    with page.db.write() as session:
        for row in rows_in(session, session.scalars(select(Announcement)).one(), "282014"):
            row.state, row.error = Sent.FAILED, code
    table = board(page).table
    assert table is not None
    [told] = [row[3].text for row in table.rows if row[1].text == "姫路市"]
    assert sentence in told and (not code or code not in told)
