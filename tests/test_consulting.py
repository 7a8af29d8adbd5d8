"""A person consults the desk; it is routed, taken, answered, closed, and opened again."""

from datetime import timedelta

from sqlalchemy import select

from bot import history
from bot.deliveries import Delivery
from bot.tickets import Status, Ticket
from tests.conftest import Whole

FORM = {
    "件名": "年度途中の参加",
    "内容": "令和9年1月からe-ひょうごに参加できますか。",
    "分野": "電子申請",
    "急ぎ度": "急ぎ",
}


def ticket(whole: Whole) -> Ticket:
    with whole.db.read() as session:
        found = session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        assert found
        return found


def consult(whole: Whole, who: str = "yamada", **more: str) -> None:
    whole.press(who, "相談する")
    whole.fill(who, {**FORM, **more})


def test_a_consultation_is_taken_answered_and_closed_with_both_liaisons_in_the_loop(
    whole: Whole,
) -> None:
    whole.say("yamada", "e-ひょうごに年度の途中から入れますか")
    consult(whole)

    confirmation = whole.read("yamada", "R8-0001")
    assert "相談 R8-0001 を受け付けました" in confirmation
    assert "電子申請の分野リエゾン" in confirmation
    assert "11月25日（水）までに" in confirmation  # 23日は勤労感謝の日

    thread = "電子申請/R8-0001"
    assert "令和9年1月から" in whole.read("mori", thread)
    assert "年度途中の参加" in whole.read("kishimoto", "地域リエゾン")
    assert "多可町へ返信" in whole.buttons("mori", thread)

    whole.press("mori", "担当になる", thread)
    assert "森 佳奈" in whole.read("yamada", "R8-0001")
    whole.say("mori", "運営会社に確認中。たぶん大丈夫", thread)
    assert "たぶん大丈夫" not in whole.read("yamada", "R8-0001")

    whole.press("mori", "多可町へ返信", thread)
    whole.fill("mori", {"返信": "できます。申込みから2か月ほどです。"})
    assert "2か月ほど" not in whole.read("yamada", "R8-0001")  # only previewed so far
    whole.confirm("mori")

    answer = whole.read("yamada", "R8-0001")
    assert "申込みから2か月ほどです" in answer
    assert "森 佳奈（デジタル改革課）" in answer
    assert "送信済" in whole.read("mori", thread)
    assert ticket(whole).status == Status.ANSWERED

    whole.say("yamada", "来月中に申し込みます", "R8-0001")
    assert "来月中に申し込みます" in whole.read("mori", thread)
    assert ticket(whole).status == Status.TAKEN

    whole.press("yamada", "解決した", "R8-0001")
    assert ticket(whole).status == Status.CLOSED
    with whole.db.read() as session:
        what = [event.what for event in history.of(session, "ticket", ticket(whole).id)]
    assert what == ["opened", "taken", "reply", "came", "closed"]


def test_an_answer_in_its_place_within_30_days_reopens_and_later_does_not(whole: Whole) -> None:
    consult(whole)
    whole.press("yamada", "解決した", "R8-0001")

    whole.clock.forward(days=29)
    whole.say("yamada", "もう一つ聞かせてください", "R8-0001")
    assert ticket(whole).status == Status.OPEN
    assert "完了した相談の続き" in whole.read("mori", "電子申請/R8-0001")

    whole.press("yamada", "解決した", "R8-0001")
    whole.clock.forward(days=31)
    assert "30日を過ぎました" in whole.say("yamada", "さらに一つ", "R8-0001")
    assert ticket(whole).status == Status.CLOSED


def test_five_working_days_after_the_last_reply_it_closes_by_itself(whole: Whole) -> None:
    consult(whole)
    whole.press("mori", "電話・対面・メールで答えた", "電子申請/R8-0001")
    whole.fill(
        "mori", {"どうやって": "電話", "いつ": "2026-11-20", "答えた内容（1行）": "参加できます"}
    )
    assert "電話でお答えしたことの控え" in whole.read("yamada", "R8-0001")

    whole.clock.forward(days=7)  # Friday 27th is the fourth working day, as the 23rd is a holiday
    whole.tick()
    assert ticket(whole).status == Status.ANSWERED
    whole.clock.forward(days=4)
    whole.tick()
    assert ticket(whole).status == Status.CLOSED
    assert "5営業日たった" in whole.read("yamada", "R8-0001")


def test_without_a_clear_field_the_regional_liaison_owns_it_in_the_regional_room(
    whole: Whole,
) -> None:
    consult(whole, 分野="わからない")

    assert "令和9年1月から" in whole.read("kishimoto", "地域リエゾン/R8-0001")
    assert ticket(whole).owner_id == "kishimoto"


def test_kobe_has_no_regional_liaison_and_goes_to_the_office_without_a_field(whole: Whole) -> None:
    consult(whole, "kobe1", 分野="わからない")

    assert "令和9年1月から" in whole.read("hayashi", "事務局/R8-0001")
    assert ticket(whole).regional_id is None


def test_confidential_shows_number_and_field_alone_in_shared_rooms(whole: Whole) -> None:
    consult(whole, 扱い="担当だけで扱う")

    for who, where in (
        ("mori", "電子申請"),
        ("mori", "電子申請/R8-0001"),
        ("kishimoto", "地域リエゾン"),
    ):
        seen = whole.read(who, where)
        assert "R8-0001" in seen
        assert "令和9年1月" not in seen and "多可町" not in seen and "山田" not in seen, where


def test_another_field_moves_the_working_thread(whole: Whole) -> None:
    consult(whole)
    whole.say("yamada", "補足です。5件ほどです", "R8-0001")
    whole.press("mori", "分野を変える", "電子申請/R8-0001")
    whole.fill("mori", {"新しい分野": "窓口DX"})

    left = whole.read("mori", "電子申請")
    assert "窓口DX" in left and "移りました" in left
    seen = whole.read("mori", "窓口DX/R8-0001")
    assert "令和9年1月から" in seen and "5件ほどです" in seen
    assert "担当になる" in whole.buttons("mori", "窓口DX/R8-0001")


def test_a_colleague_sees_what_the_visibility_allows(whole: Whole) -> None:
    consult(whole)
    same, other = whole.desk, whole.desk
    account = whole.desk.platforms  # noqa: F841  the door differs, the directory does not
    with whole.db.read() as session:
        from bot.directory import Person

        ueda, okuda, nakamura = (
            session.get_one(Person, name).accounts[0].account
            for name in ("ueda", "okuda", "nakamura")
        )
    key = str(ticket(whole).id)
    assert same.look(ueda, "ticket", key) is not None  # same section
    assert other.look(okuda, "ticket", key) is None  # other section
    assert other.look(nakamura, "ticket", key) is None  # other municipality


def test_wrong_fields_come_back_with_a_sentence_each(whole: Whole) -> None:
    whole.press("yamada", "相談する")
    if (
        whole.name == "page"
    ):  # Slack lets nobody send what is empty; a step-by-step chat asks the one field again at once
        whole.driver.fill("yamada", {"件名": "", "内容": "", "分野": "電子申請"})
        seen = whole.driver.read("yamada")
        assert "件名を書いてください" in seen and "内容を書いてください" in seen
    with whole.db.read() as session:
        assert session.scalars(select(Ticket)).first() is None


def test_a_wish_for_a_day_that_is_over_comes_back_with_a_sentence_at_its_field(
    whole: Whole,
) -> None:
    whole.press("yamada", "相談する")
    whole.driver.fill("yamada", {**FORM, "希望期限": "2026-01-05"})
    assert "今日からあとの日付を選んでください" in whole.driver.read("yamada")
    with whole.db.read() as session:
        assert session.scalars(select(Ticket)).first() is None
    whole.fill("yamada", {"希望期限": "2026-12-04"})
    assert "12月4日（金）" in whole.read("yamada", "R8-0001")


def test_numbers_run_by_fiscal_year(whole: Whole) -> None:
    consult(whole)
    consult(whole, "nakamura")
    assert ticket(whole).number == "R8-0002"
    whole.clock.forward(days=150)  # after 1 April 2027
    consult(whole, "kobe1")
    assert ticket(whole).number == "R9-0001"


def test_a_reply_that_cannot_be_delivered_says_so_on_the_letter(page: Whole) -> None:
    consult(page)
    thread = "電子申請/R8-0001"
    page.press("mori", "多可町へ返信", thread)
    page.driver.fill("mori", {"返信": "できます。"})
    real = page.platforms[("web", "page")].send

    def broken(place: object, card: object, key: str, tried: object) -> object:
        from bot.chat import Place, SendError

        assert isinstance(place, Place)
        if place.channel == "yamada":
            raise SendError("channel_not_found", permanent=True)
        return real(place, card, key, tried)  # type: ignore[arg-type]

    page.platforms[("web", "page")].send = broken  # type: ignore[method-assign,assignment]
    page.confirm("mori")
    page.tick()
    assert "送れませんでした" in page.read("mori", thread)
    with page.db.read() as session:
        failed = session.scalars(select(Delivery).where(Delivery.state == "failed")).all()
    assert len(failed) == 1
    assert timedelta(0) <= page.clock.now - failed[0].created_at


def test_a_consultation_that_moved_after_a_first_reply_does_not_close_by_itself(
    whole: Whole,
) -> None:
    consult(whole)
    thread = "電子申請/R8-0001"
    whole.press("mori", "多可町へ返信", thread)
    whole.fill("mori", {"返信": "担当の分野へ回します。"})
    whole.confirm("mori")
    whole.press("mori", "分野を変える", thread)
    whole.fill("mori", {"新しい分野": "財源制度"})
    assert ticket(whole).status == Status.OPEN
    whole.clock.forward(days=20)
    whole.tick()
    assert ticket(whole).status == Status.OPEN


def test_one_without_field_that_moves_leaves_a_living_card_in_the_regional_room(
    whole: Whole,
) -> None:
    consult(whole, 分野="わからない")
    whole.press("kishimoto", "分野を変える", "地域リエゾン/R8-0001")
    whole.fill("kishimoto", {"新しい分野": "窓口DX"})

    assert "担当になる" in whole.buttons("kishimoto", "地域リエゾン")
    whole.press("mori", "担当になる", "窓口DX/R8-0001")
    assert "森 佳奈（デジタル改革課）" in whole.read("kishimoto", "地域リエゾン")


def test_who_types_that_he_wants_to_consult_is_offered_the_form(whole: Whole) -> None:
    assert "用紙が開きます" in whole.say("yamada", "相談したいです")
    assert "相談する" in whole.buttons("yamada")


def test_who_greets_with_his_name_is_greeted(whole: Whole) -> None:
    assert "こんにちは" in whole.say("yamada", "お世話になっております。多可町の山田です")
