"""What comes back from talks that no process reaches: it counts once, goes its usual way, and is read by who may."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from bot import history
from bot.chat import Message
from bot.deliveries import Delivery
from bot.dialogues import Dialogue, State
from bot.directory import Person
from bot.questions import Question
from bot.tickets import Ticket
from tests.conftest import Whole
from tests.relay_world import (
    QUESTION,
    TAKA,
    YAMADA,
    account,
    consultation,
    count,
    first,
    paste,
    press,
    rows,
    see,
    send_form,
)


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


def test_a_personal_number_in_what_is_pasted_is_kept_nowhere(relayed: Whole) -> None:
    paste(relayed, "hayashi", YAMADA, "マイナンバー 123456789018 の方の件です")
    assert count(relayed, "SELECT count(*) FROM relayed") == 0
    assert count(relayed, "SELECT count(*) FROM deliveries WHERE card LIKE '%123456789018%'") == 0
    assert count(relayed, "SELECT count(*) FROM dialogues WHERE form LIKE '%123456789018%'") == 0


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
