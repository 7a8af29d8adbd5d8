"""Municipalities in talks that no process reaches: the office carries, and the ledger stays true."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from bot import history
from bot.announcements import Acknowledgement, Announcement
from bot.chat import Card, Form, Message, Place
from bot.db import Database
from bot.deliveries import Delivery
from bot.dialogues import Dialogue, State
from bot.directory import Person
from bot.platforms.web import Page
from bot.questions import Question
from bot.tickets import Ticket
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of, on_page
from tests.relay_world import account, count, move_to_talks, paste, rows, see
from tests.test_announcing import NOTICE, board, standing, write

TAKA = "多可町連絡"
YAMADA = "多可町　山田 葵（企画課）"
QUESTION = "e-ひょうごの利用料は月いくらですか。人口5万人未満の町です"


@pytest.fixture
def relayed(whole: Whole) -> Whole:
    move_to_talks(whole.db)
    return whole


@pytest.fixture
def on_the_page(page: Whole) -> Whole:
    move_to_talks(page.db)
    return page


def send(whole: Whole) -> None:
    """An announcement to all 41, approved."""
    write(whole)
    whole.confirm("hayashi")
    whole.press("fujii", "承認する", "事務局")
    whole.tick()


def first(whole: Whole, talk: str) -> str:
    return str(rows(whole, talk)[0].id)


def press(whole: Whole, who: str, action: str, value: str, event: str = "") -> str:
    """Press a button by its name in the own talk; what was said to it."""
    known = account(whole, who)
    place = Place(known.platform, known.workspace, known.user)
    event = event or f"{action}-{whole.clock():%H%M%S%f}"
    whole.desk.hear(Message(event, known, place, whole.clock(), action=action, value=value))
    with whole.db.read() as session:
        reason = f"event:{'/'.join(place.home)}/{event}"
        said = session.scalars(select(Delivery).where(Delivery.reason == reason)).first()
    return said.card.title if said else ""


def send_form(
    whole: Whole,
    who: str,
    action: str,
    value: str,
    values: dict[str, Any],
    again: Form | None = None,
) -> Form | None:
    """Open a form (or take the one that came back) and send it off filled in; the form, where it came back."""
    known = account(whole, who)
    place = Place(known.platform, known.workspace, known.user)
    event = f"form-{whole.clock():%H%M%S%f}"
    opens = Message(event, known, place, whole.clock(), action=action, value=value)
    if again is None:
        whole.desk.hear(opens)
    with whole.db.read() as session:
        form = again or session.scalars(select(Dialogue.form).order_by(Dialogue.id.desc())).first()
    assert form is not None and form.action == action
    whole.desk.hear(
        Message(
            f"{event}-sent", known, place, whole.clock(), action=action, value=form.value,
            values=values,
        )
    )  # fmt: skip
    with whole.db.read() as session:
        query = select(Dialogue).where(Dialogue.state == State.OPEN).order_by(Dialogue.id.desc())
        left = session.scalars(query).first()
    return left.form if left is not None and left.action == action else None


def test_a_pasted_question_is_answered_with_text_to_paste_back(relayed: Whole) -> None:
    paste(relayed, "hayashi", YAMADA, QUESTION)

    seen = relayed.read("hayashi")
    assert "「多可町連絡」に貼る文" in seen
    assert "12,500円" in seen and "番号で返信してください" in seen and "1　" in seen
    [row] = rows(relayed, TAKA)
    assert row.sent_at is None
    relayed.press("hayashi", "投稿しました")
    assert rows(relayed, TAKA) == []
    [row] = rows(relayed, TAKA, "sent")
    assert row.sent_at is not None
    with relayed.db.read() as session:
        question = session.scalars(select(Question)).one()
        [line] = history.of(session, "relay", row.id)
    assert question.account == account(relayed, "yamada")
    assert question.municipality_code == "283657"
    assert (line.what, line.who) == ("posted", "hayashi")


def test_the_same_words_pasted_twice_are_one(relayed: Whole) -> None:
    paste(relayed, "hayashi", YAMADA, QUESTION)
    paste(relayed, "fujii", YAMADA, f"  {QUESTION} ")
    assert "もう受け取っています" in relayed.read("fujii")
    assert len(rows(relayed, TAKA)) == count(relayed, "SELECT count(*) FROM questions") == 1
    relayed.clock.forward(minutes=1)
    paste(relayed, "fujii", YAMADA, QUESTION)
    assert count(relayed, "SELECT count(*) FROM questions") == 2


def test_a_number_that_comes_back_presses_the_choice_it_stood_at(relayed: Whole) -> None:
    paste(relayed, "hayashi", YAMADA, QUESTION)
    relayed.press("hayashi", "投稿しました")
    text = see(relayed, "hayashi", "relay_text", str(rows(relayed, TAKA, "sent")[0].id)).paragraphs[
        0
    ]
    number = next(line[0] for line in text.splitlines() if line.endswith("　解決した"))
    paste(relayed, "hayashi", YAMADA, f"{number}番です")
    with relayed.db.read() as session:
        assert session.execute(select(Question.id)).all() == [(1,)]
    assert count(relayed, "SELECT count(*) FROM feedback WHERE opinion = 'solved'") == 1
    assert rows(relayed, TAKA) == []  # nothing that anybody would have to carry


def consultation(whole: Whole, who: str = "hayashi") -> None:
    words = "令和9年1月から5件ほど受け付けたいです。年度の途中から参加できますか。"
    about = {"件名": "年度途中の参加", "分野": "電子申請"}
    kind = {"どう受け取りますか": "相談として受ける"}
    if whole.name in ("terminal", "logo"):  # one form's steps go on into the next one's
        paste(whole, who, YAMADA, words, **kind, **about)
    else:
        paste(whole, who, YAMADA, words, **kind)
        whole.fill(who, about)


def test_a_consultation_goes_its_usual_way_and_the_reply_comes_back_into_the_inbox(
    relayed: Whole,
) -> None:
    consultation(relayed)
    assert "R8-0001 を受け付けました" in relayed.read("hayashi")
    kept = "SELECT count(*) FROM {} WHERE {} LIKE '%年度の途中から参加%'"
    assert (
        count(relayed, kept.format("dialogues", "form")) == 0
    )  # nothing that is sent stays in a form
    assert count(relayed, kept.format("inbox", "message")) == 0
    relayed.press("hayashi", "投稿しました")
    with relayed.db.read() as session:
        ticket = session.get_one(Ticket, 1)
        assert (ticket.asker_id, ticket.regional_id) == ("yamada", "kishimoto")
        opened = history.of(session, "ticket", 1)[0]
    assert (opened.who, opened.detail["carried_by"]) == ("yamada", "hayashi")

    relayed.press("mori", "多可町へ返信", "電子申請/R8-0001")
    relayed.fill("mori", {"返信": "年度の途中からでも参加できます。"})
    relayed.confirm("mori")
    assert "中継待ち" in relayed.read("mori", "電子申請/R8-0001")
    assert [row.card.paragraphs for row in rows(relayed, TAKA)] == [
        ("年度の途中からでも参加できます。",)
    ]
    press(relayed, "kishimoto", "relay_posted", first(relayed, TAKA))
    assert "送信済" in relayed.read("mori", "電子申請/R8-0001")

    paste(relayed, "kishimoto", YAMADA, "いつ申し込めばよいですか")
    assert "どの話の続きですか" in relayed.read("kishimoto")


def test_what_goes_on_with_a_consultation_reaches_its_thread(on_the_page: Whole) -> None:
    whole = on_the_page
    consultation(whole)
    paste(whole, "hayashi", YAMADA, "＃1　申込みの書類はどれですか")
    assert "申込みの書類はどれですか" in whole.read("mori", "電子申請/R8-0001")

    paste(whole, "hayashi", YAMADA, "急いでいます")
    whole.fill("hayashi", {"どの話の続きですか": "R8-0001 年度途中の参加"})
    assert "急いでいます" in whole.read("mori", "電子申請/R8-0001")
    paste(whole, "hayashi", YAMADA, QUESTION)
    whole.fill("hayashi", {"どの話の続きですか": "新しい話です"})
    assert count(whole, "SELECT count(*) FROM questions") == 1
    with whole.db.read() as session:
        came = [one for one in history.of(session, "ticket", 1) if one.what == "came"]
    assert [one.detail["carried_by"] for one in came] == ["hayashi", "hayashi"]


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


def test_a_personal_number_in_what_is_pasted_is_kept_nowhere(relayed: Whole) -> None:
    paste(relayed, "hayashi", YAMADA, "マイナンバー 123456789018 の方の件です")
    assert count(relayed, "SELECT count(*) FROM relayed") == 0
    assert count(relayed, "SELECT count(*) FROM deliveries WHERE card LIKE '%123456789018%'") == 0
    assert count(relayed, "SELECT count(*) FROM dialogues WHERE form LIKE '%123456789018%'") == 0


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


def test_somebody_the_directory_does_not_know_is_named_and_sees_his_own_alone(
    on_the_page: Whole,
) -> None:
    whole = on_the_page
    consultation(whole)
    paste(whole, "hayashi", "多可町　その他の方", QUESTION, お名前="住民課 高橋")
    with whole.db.read() as session:
        person = session.scalars(select(Person).where(Person.name == "住民課 高橋")).one()
        question = session.scalars(select(Question)).one()
        assert not person.confirmed and person.municipality_code == "283657"
        assert question.account == person.accounts[0].account
    assert whole.desk.look(person.accounts[0].account, "ticket", "1") is None
    paste(whole, "hayashi", "多可町　その他の方", "標準化の期限は", お名前="住民課　高橋")
    assert count(whole, "SELECT count(*) FROM people WHERE name = '住民課 高橋'") == 1


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


def test_a_restart_between_pasting_and_answering_loses_nothing(on_the_page: Whole) -> None:
    whole = on_the_page
    press(whole, "hayashi", "relay_paste", "")
    known = account(whole, "hayashi")
    values = {"who": "yamada", "name": "", "words": QUESTION, "how": "said"}
    pasted = Message("paste", known, known.talk, whole.clock(), action="relay_paste", values=values)
    taken = whole.desk.take_in(pasted)
    assert taken.number is not None
    done = whole.desk._act(taken.number, taken.message)  # and here the process dies
    assert done.next and rows(whole, TAKA) == []

    with whole.db.write() as session:
        from sqlalchemy import text

        session.execute(
            text("UPDATE inbox SET owner = 'gone', lease_until = '2026-11-20 00:00:00'")
        )
    whole.tick()
    assert len(rows(whole, TAKA)) == 1
    whole.clock.forward(minutes=5)
    whole.tick()
    assert count(whole, "SELECT count(*) FROM questions") == 1


def test_the_page_is_never_entered_through_a_talk(on_the_page: Whole) -> None:
    whole = on_the_page
    whole.desk = replace(whole.desk, page_by_link=True)
    paste(whole, "hayashi", YAMADA, "ページを開く")
    assert count(whole, "SELECT count(*) FROM entrances") == 0


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


def test_words_with_the_number_of_a_closed_consultation_reopen_it(on_the_page: Whole) -> None:
    whole = on_the_page
    consultation(whole)
    whole.press("mori", "完了にする", "電子申請/R8-0001")
    assert any("30日以内" in text for row in rows(whole, TAKA) for text in row.card.paragraphs)
    paste(whole, "hayashi", YAMADA, QUESTION)  # what is closed asks nobody where new words belong
    assert count(whole, "SELECT count(*) FROM questions") == 1
    paste(whole, "hayashi", YAMADA, "R8-0001 もう一つ教えてください")
    assert "完了した相談の続きです" in whole.read("mori", "電子申請/R8-0001")
    with whole.db.read() as session:
        assert session.get_one(Ticket, 1).status != "完了"


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


def form_of(whole: Whole, who: str, action: str, value: str) -> Form:
    """What opens on this person's screen."""
    press(whole, who, action, value)
    with whole.db.read() as session:
        form = session.scalars(select(Dialogue.form).order_by(Dialogue.id.desc())).first()
    assert form is not None and form.action == action
    return form


def told(whole: Whole, who: str) -> list[str]:
    """What was said last to this person, from its title on."""
    lane = str(account(whole, who).talk)
    with whole.db.read() as session:
        query = select(Delivery).where(Delivery.lane == lane).order_by(Delivery.id.desc())
        card = session.scalars(query).first()
    return [card.card.title, *card.card.paragraphs] if card else []


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


SECRET = "年度途中の参加"


def confidential(whole: Whole) -> None:
    """山田 filed a consultation for its owner alone, before her municipality was reached by hand."""
    consultation(whole)
    with whole.db.write() as session:
        session.get_one(Ticket, 1).confidential = True


def told_with_forms(whole: Whole, who: str) -> str:
    """Everything in this person's own talk since, and the forms on his screen."""
    with whole.db.read() as session:
        forms = session.scalars(select(Dialogue.form).where(Dialogue.state == State.OPEN)).all()
        lane = str(account(whole, who).talk)
        query = select(Delivery.card).where(
            Delivery.lane == lane, Delivery.created_at > whole.clock.now - timedelta(minutes=1)
        )
        return str([*forms, *session.scalars(query)])


def test_the_subject_of_what_its_owner_alone_handles_never_reaches_who_carries(
    on_the_page: Whole,
) -> None:
    whole = on_the_page
    confidential(whole)
    whole.clock.forward(minutes=5)
    paste(whole, "hayashi", YAMADA, "急いでいます")
    seen = told_with_forms(whole, "hayashi")
    assert "どの話の続きですか" in seen and "R8-0001" in seen and SECRET not in seen
    whole.fill("hayashi", {"どの話の続きですか": "R8-0001"})
    seen = told_with_forms(whole, "hayashi")
    assert "地域リエゾンか担当に渡してください" in seen and SECRET not in seen

    paste(whole, "hayashi", YAMADA, "私の相談は？")
    whole.fill("hayashi", {"どの話の続きですか": "新しい話です"})
    seen = told_with_forms(whole, "hayashi")
    assert "わたしと課の相談" in seen and "ここには出していません" in seen
    assert SECRET not in seen and SECRET not in str([row.card for row in rows(whole, TAKA)][1:])


def test_only_who_may_carry_it_puts_words_into_what_its_owner_alone_handles(
    on_the_page: Whole,
) -> None:
    whole = on_the_page
    confidential(whole)
    paste(whole, "hayashi", YAMADA, "R8-0001 急いでいます")
    assert "渡してください" in whole.read("hayashi")
    came = "SELECT count(*) FROM ticket_lines WHERE text LIKE '%急いで%'"
    assert count(whole, came) == 0
    paste(whole, "kishimoto", YAMADA, "R8-0001 急いでいます")
    assert count(whole, came) == 1


def test_a_choice_that_closes_it_brings_nothing_of_it_to_who_may_not_carry(
    on_the_page: Whole,
) -> None:
    whole = on_the_page
    confidential(whole)
    whole.clock.forward(minutes=5)
    paste(whole, "hayashi", YAMADA, "解決した")
    with whole.db.read() as session:
        assert session.get_one(Ticket, 1).status == "完了"
    assert "は完了しました" in rows(whole, TAKA)[-1].card.title
    seen = told_with_forms(whole, "hayashi")
    assert "は完了しました" not in seen and SECRET not in seen


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


def test_what_somebody_else_pasted_is_never_for_its_owner_alone(on_the_page: Whole) -> None:
    whole = on_the_page
    kind = {"どう受け取りますか": "相談として受ける"}
    paste(whole, "hayashi", YAMADA, "令和9年1月から5件ほど受け付けたいです。", **kind)
    with whole.db.read() as session:
        form = session.scalars(select(Dialogue.form).order_by(Dialogue.id.desc())).first()
    assert form is not None and form.action == "relay_consult"
    values = {field.name: field.value for field in form.fields}
    forged = {**values, "subject": "年度途中", "confidential": ("yes",)}
    left = send_form(whole, "hayashi", "relay_consult", form.value, forged, again=form)
    assert left is None
    with whole.db.read() as session:
        assert session.get_one(Ticket, 1).confidential is False
