"""What waits to be posted into talks that no process reaches: posted once, in order, by who may, and marked so."""

import threading
from typing import Any

from sqlalchemy import event, select

from bot import history
from bot.announcements import Announcement
from bot.chat import Card, Message
from bot.deliveries import Delivery
from bot.directory import Person
from tests.conftest import Whole
from tests.relay_world import (
    QUESTION,
    TAKA,
    YAMADA,
    account,
    consultation,
    count,
    first,
    form_of,
    move_to_talks,
    paste,
    press,
    rows,
    see,
    send_form,
    told,
)
from tests.test_announcing import standing, write


def send(whole: Whole) -> None:
    """An announcement to all 41, approved."""
    write(whole)
    whole.confirm("hayashi")
    whole.press("fujii", "承認する", "事務局")
    whole.tick()


def test_one_text_for_41_talks_is_copied_once_and_marked_by_whoever_posted_it(
    on_the_page: Whole,
) -> None:
    whole = on_the_page
    send(whole)
    assert standing(whole, "多可町")[2:] == ["中継待ち", "11月20日（金）から"]
    inbox = see(whole, "hayashi", "relay")
    [link] = inbox.links
    assert "ほか40トーク" in link.label and "きょうから" in link.label
    value = link.path.rpartition("/")[2]
    card = see(whole, "hayashi", "relay_text", value)
    assert card.paragraphs[0].count("読まれましたら「確認」と返信してください。") == 1
    assert card.table is not None and len(card.table.rows) == 41

    assert "投稿したトークを選ぶ" in [button.label for button in card.buttons]
    with whole.db.read() as session:
        both = session.scalars(
            select(Delivery).where(Delivery.lane == f"relay/hyogo/{'姫路市連絡'}")
        ).all()
    assert len(both) == 2  # 中村 and the shared account of one section: one talk, two rows
    himeji = str(both[0].id)
    assert press(whole, "hayashi", "relay_posted", himeji) == "「姫路市連絡」を投稿済みにしました"
    with whole.db.read() as session:
        sent = session.scalars(
            select(Delivery).where(Delivery.state == "sent", Delivery.lane.startswith("relay/"))
        ).all()
    assert {row.recipient for row in sent} == {"nakamura", "sec-himeji"}
    assert standing(whole, "姫路市")[2] == "未確認"
    assert standing(whole, "多可町")[2] == "中継待ち"


def test_pressed_twice_and_by_two_at_once_it_is_posted_once(on_the_page: Whole) -> None:
    whole = on_the_page
    paste(whole, "hayashi", YAMADA, QUESTION)
    value = first(whole, TAKA)
    said: list[str] = []

    def one(who: str) -> None:
        said.append(press(whole, who, "relay_posted", value, f"at-once-{who}"))

    both = [threading.Thread(target=one, args=(who,)) for who in ("hayashi", "fujii")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(text.startswith("「多可町連絡」を投稿済みに") for text in said) == [False, True]
    assert any("もう投稿済み" in text for text in said)
    assert "もう投稿済み" in press(whole, "hayashi", "relay_posted", value)
    with whole.db.read() as session:
        assert [line.what for line in history.of(session, "relay", int(value))] == ["posted"]


def test_it_was_not_posted_after_all_as_long_as_nothing_came_back(on_the_page: Whole) -> None:
    whole = on_the_page
    paste(whole, "hayashi", YAMADA, QUESTION)
    value = first(whole, TAKA)
    press(whole, "hayashi", "relay_posted", value)
    assert press(whole, "hayashi", "relay_undo", value) == "「多可町連絡」を中継待ちに戻しました"
    assert [str(row.id) for row in rows(whole, TAKA)] == [value]
    press(whole, "hayashi", "relay_posted", value)
    whole.clock.forward(minutes=2)
    paste(whole, "hayashi", YAMADA, "ありがとうございました")
    assert "もう返事が来ている" in press(whole, "hayashi", "relay_undo", value)
    whole.clock.forward(days=2)


def test_posts_of_one_talk_go_in_their_order(on_the_page: Whole) -> None:
    whole = on_the_page
    paste(whole, "hayashi", YAMADA, QUESTION)
    paste(whole, "hayashi", YAMADA, "標準化の期限はいつまでですか")
    older, newer = (str(row.id) for row in rows(whole, TAKA))
    assert "先に" in press(whole, "hayashi", "relay_posted", newer)
    card = see(whole, "hayashi", "relay_text", older)
    assert any("別の答えがあります" in row.text for row in card.rows)
    dropped = {"talks": (older,), "why": "相手がもう読む必要がない"}
    send_form(whole, "hayashi", "relay_drop", older, dropped)
    assert [row.state for row in rows(whole, TAKA, "cancelled")] == ["cancelled"]
    assert "投稿済みに" in press(whole, "hayashi", "relay_posted", newer)
    assert "中継待ちに戻しました" in press(whole, "hayashi", "relay_undo", older)


def test_what_the_office_leaves_out_says_so_on_the_board(on_the_page: Whole) -> None:
    whole = on_the_page
    send(whole)
    value = first(whole, TAKA)
    ids = tuple(first(whole, talk) for talk in (TAKA, "姫路市連絡"))
    dropped = {"talks": ids, "why": "内容が変わったので、送らない"}
    send_form(whole, "hayashi", "relay_drop", value, dropped)
    assert standing(whole, "多可町")[2:] == ["中継しません", "内容が変わったので、送らない"]
    assert "もう中継しません" in press(whole, "hayashi", "relay_posted", value)
    assert standing(whole, "多可町")[2] == "中継しません"


def test_a_liaison_carries_for_his_own_municipalities_alone(on_the_page: Whole) -> None:
    whole = on_the_page
    send(whole)
    mine = see(whole, "kishimoto", "relay")
    assert "「西脇市連絡」ほか5トーク" in mine.links[0].label
    himeji, taka = first(whole, "姫路市連絡"), first(whole, TAKA)
    assert "あなたの役割では" in press(whole, "kishimoto", "relay_posted", himeji)
    assert "投稿済みに" in press(whole, "kishimoto", "relay_posted", taka)
    for stranger in ("mori", "kubo"):
        assert "あなたの役割では" in press(whole, stranger, "relay_posted", taka)
    forged = {"who": "nakamura", "name": "", "words": QUESTION, "how": "said"}
    press(whole, "kishimoto", "relay_paste", "")
    known = account(whole, "kishimoto")
    whole.desk.hear(
        Message("forged", known, known.talk, whole.clock(), action="relay_paste", values=forged)
    )
    whole.tick()
    assert count(whole, "SELECT count(*) FROM questions") == 0


def test_the_office_is_told_once_and_each_morning_while_it_lies(on_the_page: Whole) -> None:
    whole = on_the_page
    send(whole)
    whole.clock.forward(minutes=5)
    whole.tick()
    assert whole.read("fujii", "事務局").count("中継するものが届いています") == 1
    whole.clock.forward(days=4)  # Tuesday; Monday is a holiday
    whole.tick()
    whole.tick()
    seen = whole.read("fujii", "事務局")
    assert seen.count("まだ中継していないものがあります（4日前から）") == 1


def test_nobody_by_hand_means_no_word_of_it(page: Whole) -> None:
    assert "中継箱" not in page.driver.rail("hayashi")  # type: ignore[union-attr]
    move_to_talks(page.db)
    assert "中継箱" in page.driver.rail("hayashi")  # type: ignore[union-attr]


def test_an_announcement_is_withdrawn_as_long_as_nobody_has_posted_it(relayed: Whole) -> None:
    send(relayed)
    value = first(relayed, TAKA)
    relayed.press("hayashi", "取り消す", "事務局")
    assert see(relayed, "hayashi", "relay").links == ()
    assert standing(relayed, "多可町")[2] == "取り消しました"
    assert "もう取り消し済み" in press(relayed, "fujii", "relay_posted", value)
    assert rows(relayed, TAKA, "sent") == []

    write(relayed)
    relayed.confirm("hayashi")
    relayed.press("fujii", "承認する", "事務局")
    relayed.tick()
    press(relayed, "fujii", "relay_posted", first(relayed, TAKA))
    assert "もう届いています" in press(relayed, "hayashi", "withdraw", "2")
    assert len(rows(relayed, "姫路市連絡")) == 2


def test_of_withdrawing_and_posting_at_once_one_counts(on_the_page: Whole) -> None:
    whole = on_the_page
    send(whole)
    value = first(whole, TAKA)
    both = [
        threading.Thread(target=press, args=(whole, "hayashi", "withdraw", "1", "w")),
        threading.Thread(target=press, args=(whole, "fujii", "relay_posted", value, "p")),
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    with whole.db.read() as session:
        state = session.get_one(Announcement, 1).state
    posted = len(rows(whole, TAKA, "sent")) > 0
    assert (state == "取り消し") is not posted


def test_a_card_that_changes_while_it_is_posted_stays_as_it_was_posted(on_the_page: Whole) -> None:
    whole = on_the_page
    consultation(whole)
    value = first(whole, TAKA)
    as_posted = rows(whole, TAKA)[0].card
    posting = threading.Thread(target=press, args=(whole, "hayashi", "relay_posted", value, "post"))

    def posts(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("UPDATE deliveries SET card") and posting.ident is None:
            posting.start()  # mori's press has read the row, and has not written it yet
            if not whole.db.is_sqlite:  # there it waits until the write lock is free
                posting.join()

    event.listen(whole.db.engine, "before_cursor_execute", posts)
    press(whole, "mori", "take", "1")
    posting.join()
    event.remove(whole.db.engine, "before_cursor_execute", posts)

    [row] = rows(whole, TAKA, "sent")
    assert (row.card == as_posted) is not whole.db.is_sqlite  # there mori's press came first
    assert count(whole, "SELECT count(*) FROM deliveries WHERE replaces_id = " + value) == 0
    press(whole, "mori", "close", "1")
    whole.tick()
    assert "投稿済みに" in press(whole, "hayashi", "relay_posted", first(whole, TAKA))
    assert rows(whole, TAKA) == []


def test_what_an_older_version_left_to_be_replaced_by_hand_blocks_no_talk(
    on_the_page: Whole,
) -> None:
    whole = on_the_page
    consultation(whole)
    value = first(whole, TAKA)
    press(whole, "hayashi", "relay_posted", value)
    with whole.db.write() as session:
        row = session.get_one(Delivery, int(value))
        same = {"place": row.place, "lane": row.lane, "home": row.home, "card": row.card}
        session.add(
            Delivery(
                **same, reason=f"amend:{value}", recipient=row.recipient, occurrence="left",
                replaces_id=row.id, created_at=row.created_at, due_at=row.due_at,
            )
        )  # fmt: skip
    assert see(whole, "hayashi", "relay").links[0].label.startswith("投稿済み")
    press(whole, "mori", "close", "1")
    whole.tick()
    newest = str(rows(whole, TAKA)[-1].id)
    assert "投稿済みに" in press(whole, "hayashi", "relay_posted", newest)


def test_one_talk_where_something_comes_first_keeps_nothing_back_from_the_others(
    on_the_page: Whole,
) -> None:
    whole = on_the_page
    paste(whole, "hayashi", YAMADA, QUESTION)
    older = first(whole, TAKA)
    send(whole)
    value = first(whole, "神戸市連絡")
    left = send_form(whole, "hayashi", "relay_all", value, {"talks": ("*",)})
    assert left is None
    said = told(whole, "hayashi")
    assert "ほか37トークを投稿済みにしました" in said[0] and len(said) == 3
    assert "「多可町連絡」には、先に" in said[2]
    assert rows(whole, TAKA, "sent") == [] and standing(whole, "多可町")[2] == "中継待ち"
    assert standing(whole, "神戸市")[2] == standing(whole, "姫路市")[2] == "未確認"

    notice = str(rows(whole, TAKA)[-1].id)
    assert "先に" in press(whole, "hayashi", "relay_posted", notice)  # alone it is refused
    press(whole, "hayashi", "relay_posted", older)
    assert "投稿済みに" in press(whole, "hayashi", "relay_posted", notice)


def test_what_a_colleague_posted_while_the_list_was_open_is_harmless(on_the_page: Whole) -> None:
    whole = on_the_page
    send(whole)
    kobe, himeji = first(whole, "神戸市連絡"), first(whole, "姫路市連絡")
    shown = form_of(whole, "hayashi", "relay_all", kobe)
    assert "投稿済みに" in press(whole, "fujii", "relay_posted", himeji)
    values = {"talks": (kobe, himeji)}
    assert send_form(whole, "hayashi", "relay_all", kobe, values, again=shown) is None
    said = told(whole, "hayashi")
    assert said[0] == "「神戸市連絡」を投稿済みにしました"
    assert "「姫路市連絡」は、もう投稿済み" in said[2] and "藤井" in said[2]
    with whole.db.read() as session:
        [line] = history.of(session, "relay", int(himeji))
        assert (line.what, line.who) == ("posted", "fujii")

    again = form_of(whole, "hayashi", "relay_all", kobe)
    send_form(whole, "fujii", "relay_all", kobe, {"talks": ("*",)})
    assert rows(whole, "豊岡市連絡") == []
    send_form(whole, "hayashi", "relay_all", kobe, {"talks": ("*",)}, again=again)
    assert "もうすべて投稿済み" in told(whole, "hayashi")[0]


def test_two_who_mark_all_talks_at_once_mark_each_of_them_once(on_the_page: Whole) -> None:
    whole = on_the_page
    send(whole)
    value = first(whole, "神戸市連絡")
    shown = {who: form_of(whole, who, "relay_all", value) for who in ("hayashi", "fujii")}

    def one(who: str) -> None:
        known, value = account(whole, who), shown[who].value
        whole.desk.hear(
            Message(
                f"all-{who}", known, known.talk, whole.clock(), action="relay_all", value=value,
                values={"talks": ("*",)},
            )
        )  # fmt: skip

    both = [threading.Thread(target=one, args=(who,)) for who in shown]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert standing(whole, "神戸市")[2] == standing(whole, "多可町")[2] == "未確認"
    marked = "SELECT count(*) FROM history WHERE noun = 'relay' AND what = 'posted'"
    sent = "SELECT count(*) FROM deliveries WHERE state = 'sent' AND lane LIKE 'relay/%'"
    assert count(whole, marked) == count(whole, sent) >= 41


def share_a_talk(whole: Whole) -> None:
    """中村 of 姫路市 is in the talk of 多可町 too."""
    with whole.db.write() as session:
        session.get_one(Person, "nakamura").accounts[0].user = f"{TAKA}:nakamura"


def cautions(card: Card) -> list[str]:
    return [row.text for row in card.rows if row.label == "注意"]


def test_a_talk_of_several_municipalities_is_named_as_such_before_anything_is_posted(
    on_the_page: Whole,
) -> None:
    whole = on_the_page
    paste(whole, "hayashi", YAMADA, QUESTION)
    value = first(whole, TAKA)
    assert cautions(see(whole, "hayashi", "relay_text", value)) == []
    press(whole, "hayashi", "relay_posted", value)

    share_a_talk(whole)
    whole.clock.forward(minutes=5)
    paste(whole, "hayashi", YAMADA, "標準化の期限はいつまでですか")
    assert "このトークは2市町の方が読みます" in whole.read("hayashi")
    [said] = cautions(see(whole, "hayashi", "relay_text", first(whole, TAKA)))
    assert "このトークは2市町の方が読みます" in said

    send(whole)
    table = see(whole, "hayashi", "relay_text", first(whole, "神戸市連絡")).table
    assert table is not None
    details = {row[0].text: row[2].text for row in table.rows}
    assert "2市町の方が読みます" in details[TAKA]
    assert "市町の方が読みます" not in details["神戸市連絡"]


def test_a_consultation_for_its_asker_alone_says_so_to_who_carries_it(on_the_page: Whole) -> None:
    whole = on_the_page
    kind = {"どう受け取りますか": "相談として受ける"}
    paste(whole, "hayashi", YAMADA, "令和9年1月から5件ほど受け付けたいです。", **kind)
    whole.fill("hayashi", {"件名": "年度途中", "分野": "電子申請", "見える範囲": "自分だけ"})
    [said] = cautions(see(whole, "hayashi", "relay_text", first(whole, TAKA)))
    assert "相談した方だけに見せる相談です" in said
    assert "相談した方だけに見せる相談です" in whole.read("hayashi")
