"""A person asks; the desk answers with year and source, asks back, or says that it does not know."""

from sqlalchemy import select

from bot.directory import person_of
from bot.questions import Feedback, Question
from tests.conftest import Whole


def questions(whole: Whole) -> list[Question]:
    with whole.db.read() as session:
        return list(session.scalars(select(Question).order_by(Question.id)))


def test_the_first_time_three_lines_say_what_the_bot_does_and_then_it_answers(whole: Whole) -> None:
    seen = whole.say("yamada", "e-ひょうごの利用料は月いくらですか。人口5万人未満の町です")

    assert "県のリエゾンが読んで答えます" in seen
    assert "個人の情報は書かないでください" in seen
    assert "12,500円" in seen
    assert "令和8年度の情報" in seen
    assert "地域DXの推進に向けた市町DX支援パッケージ" in seen

    again = whole.say("yamada", "標準化の期限はいつまで")
    assert again.count("リエゾンデスクへようこそ") == 1


def test_a_question_is_kept_with_outcome_entry_version_and_asker(whole: Whole) -> None:
    whole.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")

    [kept] = questions(whole)
    assert (kept.outcome, kept.entry_id, kept.entry_version) == (
        "answer",
        "ehyogo-fee-under-50k",
        1,
    )
    with whole.db.read() as session:
        asker = person_of(session, kept.account)
    assert asker is not None and asker.id == "yamada"
    assert kept.municipality_code == "283657"
    assert 0 < kept.score <= 1


def test_solved_is_kept_once_and_shown_on_the_card(whole: Whole) -> None:
    whole.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    whole.press("yamada", "解決した")

    assert "「解決した」を受け取りました" in whole.read("yamada")
    assert "解決した" not in whole.buttons("yamada")
    with whole.db.read() as session:
        [said] = session.scalars(select(Feedback))
    assert said.opinion == "solved"


def test_what_is_said_of_two_answers_leaves_both_on_the_card(whole: Whole) -> None:
    both = "標準化の期限はいつまでですか。e-ひょうごの利用料は月いくらですか。"
    for opinion in ("解決した", "内容が古い・誤り"):
        before = whole.say("yamada", both)
        assert "もう一つの質問：" in before
        whole.press("yamada", opinion)

        after = whole.read("yamada")
        assert f"「{opinion}」を受け取" in after
        assert after.count("もう一つの質問：") == before.count("もう一つの質問：")
        assert after.count("12,500円") == before.count("12,500円") > 0

    for who, room in (("mori", "電子申請"), ("hayashi", "標準化")):  # the owners of both
        assert "古い・誤りではないか" in whole.read(who, room), room


def test_outdated_goes_to_the_owner_of_the_entry(whole: Whole) -> None:
    whole.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    whole.press("yamada", "内容が古い・誤り")

    seen = whole.read("mori", "電子申請")
    assert "古い・誤りではないか" in seen
    assert "多可町 企画課" in seen


def test_off_topic_is_said_to_be_unknown_and_a_consultation_is_offered(whole: Whole) -> None:
    seen = whole.say("yamada", "今日の昼ごはんのおすすめを教えて")

    assert "手元の資料に書かれていません" in seen
    assert "相談する" in whole.buttons("yamada")
    assert questions(whole)[0].outcome == "no_answer"


def test_a_closed_window_says_so_with_year_and_noun(whole: Whole) -> None:
    seen = whole.say("yamada", "令和7年度の地域社会DX推進パッケージ事業の公募期間はいつ")

    assert "令和7年度の公募は終わりました" in seen
    assert "いまの情報" in " ".join(whole.buttons("yamada"))


def test_related_entries_are_buttons_that_answer(whole: Whole) -> None:
    whole.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    before = len(questions(whole))
    related = next(b for b in whole.buttons("yamada") if b.startswith("e-ひょうご"))
    whole.press("yamada", related)

    assert len(questions(whole)) == before + 1
    assert questions(whole)[-1].score == 1.0


def test_copy_for_a_draft_holds_answer_year_document_version_and_date(whole: Whole) -> None:
    whole.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    whole.press("yamada", "起案用にコピー")

    seen = whole.read("yamada")
    assert "出典：地域DXの推進に向けた市町DX支援パッケージ（2026-04）" in seen
    assert "第1版、令和8年11月20日に確認" in seen


def test_greetings_thanks_and_help_get_a_human_reply_and_are_no_questions(whole: Whole) -> None:
    assert "こんにちは" in whole.say("yamada", "こんにちは")
    assert "お役に立ててよかったです" in whole.say("yamada", "ありがとうございます！")
    assert "できること" in whole.say("yamada", "ヘルプ")
    assert "言葉で書いてください" in whole.say("yamada", "😀😀")
    assert questions(whole) == []


def test_a_phone_number_only_asks_and_can_be_sent_anyway(whole: Whole) -> None:
    seen = whole.say("yamada", "078-341-7711 に電話すれば標準化の期限がわかりますか")
    assert "電話番号のような数字があります" in seen or whole.name == "page"
    assert questions(whole) == []


def test_my_number_is_stopped_before_anything_is_stored(whole: Whole) -> None:
    whole.driver.say("yamada", "マイナンバー 1234 5678 9018 の人の標準化の期限は")

    assert questions(whole) == []
    with whole.db.read() as session:
        for table in ("inbox", "deliveries"):
            rows = session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}")
            assert rows.scalar() == 0, table


def test_a_short_question_leans_on_what_was_talked_of(whole: Whole) -> None:
    whole.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    whole.say("yamada", "じゃあ5万人以上なら？")
    assert [q.entry_id for q in questions(whole)][-1] == "ehyogo-fee-50k-100k"


def test_the_fee_for_ones_own_size_comes_first(whole: Whole) -> None:
    """多可町 has under 20,000 people, 姫路市 over 500,000."""
    whole.say("yamada", "e-ひょうごの利用料はいくら")
    small = questions(whole)[-1]
    whole.say("nakamura", "e-ひょうごの利用料はいくら")
    large = questions(whole)[-1]
    assert small.candidates[0]["id"] != large.candidates[0]["id"]
    assert "under" in small.candidates[0]["id"]
