"""Consultations in a chat without threads: to which of them words belong, and how they are taken back."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.chat import Account
from bot.db import Database
from bot.focus import Awaited, Held
from bot.tickets import Line, Status, Ticket, TicketLine
from handlers.threadless import number_in
from jobs.threadless import forget_held
from knowledge.text import Synonyms, Words
from tests.conftest import library_of
from tests.flat_chat import NAME, TOWN, FlatWorld, in_flat

ROOM = "電子申請"


@pytest.fixture
def flat(own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms) -> FlatWorld:
    return in_flat(own_db, tmp_path, library_of(own_db, words, synonyms))


def consult(flat: FlatWorld, who: str = "yamada", subject: str = "年度途中の参加") -> Ticket:
    flat.say(who, "相談したいです")
    flat.press(who, "相談する")
    for answer in (subject, "令和9年1月からe-ひょうごに参加できますか。", ROOM, "普通", "とばす"):
        flat.say(who, answer)
    flat.say(who, "自分の課")
    flat.say(who, "とばす")
    return newest(flat)


def newest(flat: FlatWorld) -> Ticket:
    with flat.db.read() as session:
        found = session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        assert found
        return found


def answer(flat: FlatWorld, number: str, words: str, who: str = "mori") -> None:
    flat.say(who, f"#{number}", ROOM)
    flat.press(who, "へ返信", ROOM)
    flat.say(who, words)
    flat.press(who, "へ送る")


def lines(flat: FlatWorld, ticket: Ticket) -> list[tuple[str, str]]:
    with flat.db.read() as session:
        query = select(TicketLine).where(TicketLine.ticket_id == ticket.id)
        return [(line.kind, line.text) for line in session.scalars(query.order_by(TicketLine.id))]


def state(flat: FlatWorld, ticket: Ticket) -> str:
    with flat.db.read() as session:
        return session.get_one(Ticket, ticket.id).status


@pytest.mark.parametrize(
    ("text", "serial", "year", "words"),
    [
        ("#12 できました", 12, None, "できました"),
        ("＃１２　できました", 12, None, "できました"),
        ("#12", 12, None, ""),
        ("  #0012：できました", 12, None, "できました"),
        ("R8-0012 できました", 12, 8, "できました"),
        ("Ｒ８－００１２\nできました", 12, 8, "できました"),
        ("#R8-12、できました", 12, 8, "できました"),
        ("R8-0012の件ですが", 12, 8, "R8-0012の件ですが"),
    ],
)
def test_a_number_at_the_start_is_read(
    text: str, serial: int, year: int | None, words: str
) -> None:
    found = number_in(text)
    assert found is not None
    assert (found.serial, found.year, found.words) == (serial, year, words)


@pytest.mark.parametrize(
    "text", ["12 できました", "その#12", "#", "R8", "R8-", "#1234567", "令和8-12"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_in(text) is None


def test_words_are_a_question_until_the_desk_has_asked_something(flat: FlatWorld) -> None:
    ticket = consult(flat)
    assert "12,500円" in str(flat.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です"))
    assert lines(flat, ticket) == []

    answer(flat, "1", "いつから始めたいですか。")
    said = flat.say("yamada", "1月からです")
    assert "へ届けました" in said.title
    assert lines(flat, ticket)[-1] == (Line.CAME, "1月からです")
    # only the next message: what follows is a question again
    flat.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    assert lines(flat, ticket)[-1] == (Line.CAME, "1月からです")


def test_a_new_question_that_went_into_a_consultation_is_taken_out_and_answered(
    flat: FlatWorld,
) -> None:
    ticket = consult(flat)
    answer(flat, "1", "いつから始めたいですか。")
    flat.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    assert state(flat, ticket) == Status.TAKEN

    said = flat.press("yamada", "新しい質問でした")
    assert "12,500円" in str(said)
    assert lines(flat, ticket)[-1] == (Line.TAKEN_BACK, "")
    assert state(flat, ticket) == Status.ANSWERED  # as it stood before
    room = [card.title for _, card in flat.at("mori", ROOM)]
    assert any("取り下げられました" in title for title in room)

    again = flat.press("yamada", "新しい質問でした")  # twice is harmless
    assert "もう届けたか取り下げた" in again.title
    assert [kind for kind, _ in lines(flat, ticket)].count(Line.TAKEN_BACK) == 1


def test_words_taken_back_after_an_answer_leave_the_consultation_as_it_is(flat: FlatWorld) -> None:
    ticket = consult(flat)
    answer(flat, "1", "いつから始めたいですか。")
    flat.say("yamada", "1月からです")
    flat.say("mori", "#1 確認中", ROOM)
    flat.press("yamada", "新しい質問でした")
    assert state(flat, ticket) == Status.TAKEN


def test_a_consultation_with_words_taken_back_is_still_read_and_moved(flat: FlatWorld) -> None:
    ticket = consult(flat)
    answer(flat, "1", "いつから始めたいですか。")
    flat.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    flat.press("yamada", "新しい質問でした")

    for who in ("yamada", "mori"):
        page = flat.desk.look(Account(NAME, TOWN, who), "ticket", str(ticket.id))
        assert page is not None
        assert any("取り下げ" in row.label and "取り下げ" in row.text for row in page.rows)
    assert "取り下げ" in str(flat.say("yamada", "#1"))
    flat.say("mori", "#1", ROOM)
    move(flat, "窓口DX")
    assert any("取り下げ" in str(card) for _, card in flat.at("mori", "窓口DX"))
    assert all("利用料" not in str(card) for _, card in flat.at("mori", "窓口DX"))


def move(flat: FlatWorld, field: str) -> None:
    flat.press("mori", "分野を変える", ROOM)
    flat.say("mori", field)


def test_words_taken_back_after_it_was_closed_leave_it_closed(flat: FlatWorld) -> None:
    ticket = consult(flat)
    answer(flat, "1", "いつから始めたいですか。")
    flat.say("yamada", "1月からです")
    flat.say("mori", "#1", ROOM)
    flat.press("mori", "完了にする", ROOM)
    flat.press("yamada", "新しい質問でした")
    assert state(flat, ticket) == Status.CLOSED


def test_words_taken_back_after_it_moved_leave_it_waiting_in_its_new_room(flat: FlatWorld) -> None:
    ticket = consult(flat)
    answer(flat, "1", "いつから始めたいですか。")
    flat.say("yamada", "1月からです")
    flat.say("mori", "#1", ROOM)
    move(flat, "窓口DX")
    assert state(flat, ticket) == Status.OPEN
    flat.press("yamada", "新しい質問でした")
    assert state(flat, ticket) == Status.OPEN


def test_words_taken_back_after_somebody_took_it_leave_it_taken(flat: FlatWorld) -> None:
    ticket = consult(flat)
    flat.press("yamada", "返信する")
    flat.say("yamada", "補足です。5件ほどです")
    flat.say("mori", "#1", ROOM)
    flat.press("mori", "担当になる", ROOM)
    flat.press("yamada", "新しい質問でした")
    assert state(flat, ticket) == Status.TAKEN


def test_who_presses_reply_writes_into_it_for_an_hour(flat: FlatWorld) -> None:
    ticket = consult(flat)
    assert "返信を書いてください" in flat.press("yamada", "返信する").title
    flat.say("yamada", "補足です。5件ほどです")
    assert lines(flat, ticket) == [(Line.CAME, "補足です。5件ほどです")]

    flat.press("yamada", "続けて書く")
    flat.clock.forward(minutes=61)
    flat.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    assert len(lines(flat, ticket)) == 1


def test_reply_after_it_was_closed_reopens_it(flat: FlatWorld) -> None:
    ticket = consult(flat)
    flat.press("yamada", "解決した")
    assert state(flat, ticket) == Status.CLOSED
    flat.press("yamada", "返信する")
    flat.say("yamada", "もう一つあります")
    assert state(flat, ticket) == Status.OPEN
    flat.press("yamada", "新しい質問でした")
    assert state(flat, ticket) == Status.CLOSED


def test_a_closed_consultation_waits_for_nobody(flat: FlatWorld) -> None:
    ticket = consult(flat)
    answer(flat, "1", "できます。")
    flat.press("yamada", "解決した")
    with flat.db.read() as session:
        assert session.scalars(select(Awaited)).all() == []
    flat.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    assert len(lines(flat, ticket)) == 1  # the reply alone


def test_two_that_wait_are_asked_about_and_the_words_are_kept_meanwhile(flat: FlatWorld) -> None:
    first = consult(flat)
    second = consult(flat, subject="二つ目")
    answer(flat, "1", "いつからですか。")
    answer(flat, "2", "何件ですか。")

    asked = flat.say("yamada", "5件です")
    assert asked.title == "どの相談への返信ですか"
    assert flat.labels("yamada") == ["R8-0002 二つ目", "R8-0001 年度途中の参加", "新しい質問です"]
    said = flat.press("yamada", "R8-0002")
    assert "R8-0002" in said.title
    assert lines(flat, second)[-1] == (Line.CAME, "5件です")
    assert len(lines(flat, first)) == 1
    with flat.db.read() as session:
        assert [held.text for held in session.scalars(select(Held))] == [""]

    assert "もう届けたか" in flat.press("yamada", "R8-0001").title
    assert len(lines(flat, first)) == 1
    flat.say("yamada", "1月です")  # the first one still waits
    assert lines(flat, first)[-1] == (Line.CAME, "1月です")


def test_words_that_were_kept_can_be_a_new_question(flat: FlatWorld) -> None:
    consult(flat)
    consult(flat, subject="二つ目")
    answer(flat, "1", "いつからですか。")
    answer(flat, "2", "何件ですか。")
    flat.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    assert "12,500円" in str(flat.press("yamada", "新しい質問です"))


def test_words_that_nobody_said_where_they_belong_are_forgotten_after_a_week(
    flat: FlatWorld,
) -> None:
    consult(flat)
    consult(flat, subject="二つ目")
    answer(flat, "1", "いつからですか。")
    answer(flat, "2", "何件ですか。")
    flat.say("yamada", "5件です")
    forget_held(flat.db, flat.clock() + timedelta(days=6))
    with flat.db.read() as session:
        assert session.scalars(select(Held)).one().text == "5件です"
    forget_held(flat.db, flat.clock() + timedelta(days=8))
    with flat.db.read() as session:
        assert session.scalars(select(Held)).one().text == ""
    assert "もう届けたか" in flat.press("yamada", "R8-0002").title


def test_a_number_with_words_goes_there_and_without_words_shows_it(flat: FlatWorld) -> None:
    ticket = consult(flat)
    flat.say("yamada", "＃１　5件ほどです")
    assert lines(flat, ticket) == [(Line.CAME, "5件ほどです")]

    shown = flat.say("yamada", "R8-0001")
    assert "令和9年1月から" in str(shown)
    assert "返信する" in flat.labels("yamada") and "解決した" in flat.labels("yamada")
    flat.say("yamada", "もう1件あります")
    assert lines(flat, ticket)[-1] == (Line.CAME, "もう1件あります")


def test_of_two_years_the_open_one_is_meant_else_it_is_asked(flat: FlatWorld) -> None:
    old = consult(flat)
    flat.press("yamada", "解決した")
    flat.clock.forward(days=150)
    new = consult(flat)
    assert (old.number, new.number) == ("R8-0001", "R9-0001")
    flat.say("yamada", "#1 今年のです")
    assert lines(flat, new) == [(Line.CAME, "今年のです")]

    flat.press("yamada", "解決した")
    asked = flat.say("yamada", "#1 どちらでしょう")
    assert asked.title == "どの相談への返信ですか"
    flat.press("yamada", "R9-0001")
    assert lines(flat, new)[-1] == (Line.CAME, "どちらでしょう")


def test_the_number_of_another_municipality_reads_as_unknown(flat: FlatWorld) -> None:
    ticket = consult(flat)
    assert flat.say("nakamura", "#1 見せて").title == flat.say("nakamura", "#1").title
    assert flat.say("nakamura", "#1").title == "#1 は見つかりません"
    assert flat.say("nakamura", "#77").title == "#77 は見つかりません"
    assert lines(flat, ticket) == []


def test_a_colleague_may_look_and_not_write(flat: FlatWorld) -> None:
    ticket = consult(flat)
    shown = flat.say("ueda", "#1")  # same section
    assert "令和9年1月から" in str(shown) and shown.buttons == ()
    assert "相談した方" in flat.say("ueda", "#1 わたしも").title
    assert flat.say("okuda", "#1").title == "#1 は見つかりません"  # other section
    assert lines(flat, ticket) == []


def test_in_the_room_a_number_makes_a_memo_and_words_without_one_are_the_peoples_own(
    flat: FlatWorld,
) -> None:
    ticket = consult(flat)
    before = len(flat.at("mori", ROOM))
    flat.say("mori", "お昼にしましょう", ROOM)
    assert len(flat.at("mori", ROOM)) == before
    flat.say("mori", "#1", ROOM)
    assert "多可町へ返信" in flat.labels("mori", ROOM)
    flat.say("mori", "これも雑談です", ROOM)  # a number alone takes nothing that follows it
    assert lines(flat, ticket) == []

    assert flat.say("mori", "#1 運営会社に確認中", ROOM).title == "R8-0001 のメモに残しました"
    assert lines(flat, ticket) == [(Line.MEMO, "運営会社に確認中")]
    assert "運営会社" not in str(flat.say("yamada", "#1"))


def test_a_form_from_the_room_goes_on_in_the_own_talk_and_swallows_no_talk_of_the_room(
    flat: FlatWorld,
) -> None:
    ticket = consult(flat)
    flat.press("mori", "へ返信", ROOM)
    place, card = flat.at("mori")[-1]
    assert card.title == "返信" and (place.thread or "") and "R8-0001" in str(card.paragraphs)
    flat.say("mori", "お昼にしましょう", ROOM)
    flat.say("mori", "できます。")
    flat.press("mori", "へ送る")
    assert lines(flat, ticket) == [(Line.REPLY, "できます。")]


def test_in_another_fields_room_the_number_means_nothing(flat: FlatWorld) -> None:
    ticket = consult(flat)
    assert flat.say("mori", "#1 メモ", "窓口DX").title == "#1 は見つかりません"
    assert "「" in flat.say("kishimoto", "#1 メモ", "地域リエゾン").title
    assert lines(flat, ticket) == []


def test_in_a_group_of_others_consultations_are_not_spoken_of(flat: FlatWorld) -> None:
    ticket = consult(flat)
    said = flat.say("yamada", "#1 5件です", "group7", addressed=True)
    assert "1対1のトーク" in said.title
    assert lines(flat, ticket) == []


def test_a_form_opened_in_a_group_of_others_goes_on_in_the_own_talk(flat: FlatWorld) -> None:
    flat.say("yamada", "相談したいです", "group7", addressed=True)
    flat.press("yamada", "相談する", "group7")
    assert "件名" in flat.at("yamada")[-1][1].title
    assert all("件名" not in card.title for _, card in flat.at("yamada", "group7"))


def test_somebody_elses_words_cannot_be_given_on_or_taken_back(flat: FlatWorld) -> None:
    ticket = consult(flat)
    answer(flat, "1", "いつからですか。")
    flat.say("yamada", "1月からです")
    assert "使えません" in flat.press_value("ueda", "new_question", "1").title
    for value in ("77", "x", "1; DROP"):
        assert flat.press_value("yamada", "new_question", value).title
        assert flat.press_value("yamada", "words_for", value).title
    assert lines(flat, ticket)[-1] == (Line.CAME, "1月からです")


def test_a_chat_with_threads_shows_no_such_button_and_keeps_its_note(flat: FlatWorld) -> None:
    consult(flat)
    opened = flat.at("yamada")[-1][1]
    assert opened.note.startswith("続きは「返信する」")
    from bot.chat import for_chat

    with flat.db.read() as session:
        row = session.get_one(Ticket, 1).asker_post
        assert row is not None
        shown = for_chat(row.card, threads=True)
    assert [b.label for b in shown.buttons] == ["解決した"]
    assert shown.note == "続きは、ここに書いてください。"


def test_two_messages_at_once_are_one_reply_and_one_question(flat: FlatWorld) -> None:
    ticket = consult(flat)
    answer(flat, "1", "いつからですか。")
    with flat.db.write() as session:  # the other one was faster
        session.execute(text("UPDATE awaited_words SET until = NULL"))
    flat.say("yamada", "1月からです")
    flat.say("yamada", "お昼ごはんのおすすめは")
    assert [words for kind, words in lines(flat, ticket) if kind == Line.CAME] == ["1月からです"]
