"""Knowledge as time goes by: asked about before its last day, versions, announcements that answer, files that differ."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import select

from bot.chat import Account, Message, Place
from bot.days import end_of_fiscal_year
from bot.db import Database
from bot.deliveries import Delivery
from handlers.small_talk import small_talk
from jobs.knowledge import MOST_A_DAY, ask_before_expiry
from jobs.pack import load_pack
from knowledge import announced, pieces, store
from knowledge.drafts import Draft
from knowledge.store import ARCHIVED, StoredEntry
from tests.conftest import Whole
from tests.store import HYOGO, NOON
from tests.test_announcing import write as announce
from tests.test_consulting import consult
from tests.test_writing import edit, look, press, stored


def asked(db: Database) -> list[str]:
    with db.read() as session:
        query = select(Delivery.reason).where(Delivery.reason.startswith("expiry:"))
        return list(session.scalars(query.order_by(Delivery.id)))


def change(whole: Whole, key: str, **values: object) -> None:
    """As if a file had said so."""
    with whole.db.write() as session:
        known = session.get_one(StoredEntry, key)
        entry = replace(known.entry, **values)  # type: ignore[arg-type]
        store.write(session, entry, known.version, store.IMPORT, whole.clock())


# --- 30 days before the last day ---


def test_thirty_days_before_its_last_day_the_owner_is_asked_once(whole: Whole) -> None:
    change(whole, "ehyogo-join", valid_until=date(2026, 12, 21))
    whole.tick()
    assert asked(whole.db) == []
    whole.clock.forward(days=1)
    whole.tick()
    whole.tick()
    assert asked(whole.db) == ["expiry:ehyogo-join"]
    told = whole.read("mori", "電子申請").replace("\n", "")
    assert "令和8年12月21日までの情報です" in told and "このあとも正しいですか" in told

    whole.press("mori", "期限をのばす", "電子申請")
    whole.fill("mori", {"新しい有効期限": "2027-03-31"})
    known = stored(whole, "ehyogo-join")
    assert known.entry.valid_until == known.expires_on == date(2027, 3, 31)
    told = whole.read("mori", "電子申請").replace("\n", "")
    assert "森 佳奈さんが" in told and "令和9年3月31日までのばしました" in told
    assert "期限をのばす" not in whole.buttons("mori", "電子申請")
    whole.clock.forward(days=2)
    whole.tick()
    assert asked(whole.db) == ["expiry:ehyogo-join"]


def test_it_may_end_as_it_was_meant_to(whole: Whole) -> None:
    change(whole, "ehyogo-join", valid_until=date(2026, 12, 1))
    whole.tick()
    whole.press("mori", "期限どおり終える", "電子申請")
    assert "期限どおり12月1日（火）で終える" in whole.read("mori", "電子申請")
    assert stored(whole, "ehyogo-join").version == 2


def test_it_may_be_written_again(whole: Whole) -> None:
    change(whole, "ehyogo-join", valid_until=date(2026, 12, 1))
    whole.tick()
    whole.press("mori", "書き直す", "電子申請")
    whole.fill("mori", {"有効期限": "2027-03-31", "答え": "参加団体は県と6市です。"})
    with whole.db.read() as session:
        [draft] = session.scalars(select(Draft))
    assert (draft.author_id, draft.entry.valid_until) == ("mori", date(2027, 3, 31))


def test_an_earlier_day_is_refused(page: Whole) -> None:
    change(page, "ehyogo-join", valid_until=date(2026, 12, 1))
    page.tick()
    page.press("mori", "期限をのばす", "電子申請")
    page.fill("mori", {"新しい有効期限": "2026-11-30"})
    assert any("いまの期限よりあと" in error for error in page.driver.errors("mori"))


def test_a_room_is_not_flooded_at_the_end_of_a_fiscal_year(own_db: Database) -> None:
    march = datetime(2027, 3, 1, 3, tzinfo=UTC)
    ask_before_expiry(own_db, march)
    with own_db.read() as session:
        places = list(
            session.scalars(select(Delivery.place).where(Delivery.reason.startswith("expiry:")))
        )
    most = max(places.count(place) for place in places)
    assert 0 < most <= MOST_A_DAY
    before = len(asked(own_db))
    ask_before_expiry(own_db, march.replace(hour=4))
    assert len(asked(own_db)) == before
    for day in range(2, 30):
        ask_before_expiry(own_db, march.replace(day=day))
    assert len(asked(own_db)) == len(set(asked(own_db))) > 80


# --- versions ---


def test_who_changed_what_when_is_seen_and_an_old_version_comes_back(whole: Whole) -> None:
    first = stored(whole, "ehyogo-join").entry
    edit(whole, "ehyogo-join", 題名="e-ひょうごへの参加", 答え=f"{first.answer}\n1行ふえました。")
    whole.press("hayashi", "確認を頼む", "事務局")
    whole.press("fujii", "公開する", "事務局")

    card = look(whole, "mori", "versions", "ehyogo-join")
    assert [row.text for row in card.rows] == [
        "林 直子　題名・答え", "知識パックのファイル　はじめの版",
    ]  # fmt: skip
    assert card.rows[0].label.startswith("第2版　11月20日")
    diff = look(whole, "mori", "versions", "ehyogo-join:1:2")
    assert diff.paragraphs == (
        f"題名：{first.title} → e-ひょうごへの参加",
        "答え：\n＋1行ふえました。",
    )
    with whole.db.write() as session:
        store.restore(session, "ehyogo-join", 1, store.COMMAND, whole.clock())
    assert stored(whole, "ehyogo-join").entry == first
    assert look(whole, "mori", "versions", "ehyogo-join").rows[0].text == "コマンド　題名・答え"


# --- announcements ---

ASKS_OF_NOTICE = "防災DXの意見交換の結果はいつ共有されますか"


def send(whole: Whole, **more: object) -> None:
    announce(whole, **more)
    whole.confirm("hayashi")
    whole.press("fujii", "承認する", "事務局")
    whole.tick()


def test_what_was_sent_to_all_answers_from_that_moment(whole: Whole) -> None:
    announce(whole)
    whole.confirm("hayashi")
    assert "送ったときから年度の終わりまで使います" in whole.read("fujii", "事務局")
    assert "日程は追って" not in whole.say("nakamura", ASKS_OF_NOTICE)
    whole.press("fujii", "承認する", "事務局")
    whole.tick()
    known = stored(whole, "announcement-1")
    assert (known.origin, known.expires_on) == ("announcement:1", date(2027, 3, 31))
    told = whole.say("ueda", "防災DXの意見交換の結果を12月に共有")
    assert "日程は追ってお知らせします" in told and "お知らせ（2026-11-20）" in told


def test_what_some_municipalities_got_answers_nobody(whole: Whole) -> None:
    announce(whole, あて先="圏域を選ぶ", 圏域=["北播磨"])
    whole.confirm("hayashi")
    assert "全市町あてのときだけ" in whole.read("fujii", "事務局")
    whole.press("fujii", "承認する", "事務局")
    whole.tick()
    with whole.db.read() as session:
        assert session.get(StoredEntry, "announcement-1") is None


def test_an_announcement_answers_until_the_day_it_names_and_is_not_asked_about(page: Whole) -> None:
    send(page, 質問の答えに使う期限="2026-12-05")
    assert stored(page, "announcement-1").expires_on == date(2026, 12, 5)
    page.tick()
    assert asked(page.db) == []


def test_what_is_withdrawn_answers_no_more(page: Whole) -> None:
    from bot.announcements import Announcement

    send(page)
    with page.db.write() as session:
        one = session.get_one(Announcement, 1)
        announced.forget(session, one, "hayashi", page.clock())
        announced.forget(session, one, "hayashi", page.clock())
    assert stored(page, "announcement-1").state == ARCHIVED


def test_the_fiscal_year_ends_in_march() -> None:
    assert end_of_fiscal_year(date(2026, 11, 20)) == date(2027, 3, 31)
    assert end_of_fiscal_year(date(2027, 3, 31)) == date(2027, 3, 31)
    assert end_of_fiscal_year(date(2027, 4, 1)) == date(2028, 3, 31)


# --- files and database ---


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(copytree(HYOGO, tmp_path / "pack"))


def edit_file(pack: Path, was: str, now: str) -> None:
    path = pack / "entries" / "ehyogo-join.md"
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, now), encoding="utf-8")


OURS = {"title": "ここで直した題名"}


def test_what_was_edited_here_and_in_its_file_waits_for_somebody(whole: Whole, pack: Path) -> None:
    change(whole, "ehyogo-join", **OURS)
    assert load_pack(whole.db, pack, NOON).conflicts == ()
    edit_file(pack, "県と5市", "県と9市")
    changes = load_pack(whole.db, pack, NOON)
    assert (changes.conflicts, changes.any) == (("ehyogo-join",), False)
    assert stored(whole, "ehyogo-join").entry.title == OURS["title"]
    card = look(whole, "hayashi", "conflicts")
    assert card.rows[0].label == f"{OURS['title']}（ehyogo-join.md）"  # not where it lies
    assert "県と9市" in card.rows[0].text

    press(whole, "hayashi", "use_file", "1")
    known = stored(whole, "ehyogo-join")
    assert "県と9市" in known.entry.answer and not known.edited
    assert look(whole, "hayashi", "conflicts").paragraphs == ("いま食い違いはありません。",)
    assert load_pack(whole.db, pack, NOON).any is False
    press(whole, "fujii", "keep_ours", "1")
    assert "もう決まっています" in whole.read("fujii")


def test_ours_stays_until_the_file_changes_again(page: Whole, pack: Path) -> None:
    change(page, "ehyogo-join", **OURS)
    edit_file(pack, "県と5市", "県と9市")
    load_pack(page.db, pack, NOON)
    press(page, "hayashi", "keep_ours", "1")
    assert load_pack(page.db, pack, NOON).conflicts == ()
    assert stored(page, "ehyogo-join").entry.title == OURS["title"]
    edit_file(pack, "県と9市", "県と8市")
    assert load_pack(page.db, pack, NOON).conflicts == ("ehyogo-join",)
    edit_file(pack, "県と8市", "県と9市")  # back to what was decided about
    load_pack(page.db, pack, NOON)
    assert look(page, "hayashi", "conflicts").rows == ()


def test_a_file_that_says_the_same_or_as_before_is_no_conflict(
    own_db: Database, pack: Path
) -> None:
    with own_db.write() as session:
        known = session.get_one(StoredEntry, "ehyogo-join")
        ours = replace(known.entry, answer=known.entry.answer.replace("県と5市", "県と9市"))
        store.write(session, ours, 1, "hayashi", NOON)
    edit_file(pack, "県と5市", "県と7市")
    assert load_pack(own_db, pack, NOON).conflicts == ("ehyogo-join",)
    edit_file(pack, "県と7市", "県と9市")
    assert load_pack(own_db, pack, NOON).conflicts == ()
    with own_db.read() as session:
        assert store.conflicts(session) == []
        assert not session.get_one(StoredEntry, "ehyogo-join").edited
    edit_file(pack, "県と9市", "県と4市")
    assert load_pack(own_db, pack, NOON).changed == 1  # the file wins again


def test_a_file_that_is_gone_does_not_take_our_edit_with_it(page: Whole, pack: Path) -> None:
    change(page, "ehyogo-join", **OURS)
    (pack / "entries" / "ehyogo-join.md").unlink()
    assert load_pack(page.db, pack, NOON).conflicts == ("ehyogo-join",)
    card = look(page, "hayashi", "conflicts")
    assert card.rows[0].text == "ファイルがなくなりました"
    assert [b.label for b in card.buttons] == ["公開をやめる", "データベースの方を残す"]
    press(page, "hayashi", "use_file", "1")
    assert stored(page, "ehyogo-join").state == ARCHIVED


def test_the_log_and_the_check_name_what_waits(
    own_db: Database, pack: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from jobs.books import conflict_lines
    from jobs.doctor import _pack_words
    from tests.conftest import config_for

    url = own_db.engine.url.render_as_string(hide_password=False)
    config = config_for(tmp_path, DATABASE_URL=url)
    assert conflict_lines(config) == []
    with own_db.write() as session:
        known = session.get_one(StoredEntry, "ehyogo-join")
        store.write(session, replace(known.entry, title="直した"), 1, "hayashi", NOON)
    edit_file(pack, "県と5市", "県と9市")
    load_pack(own_db, pack, NOON)
    assert "ehyogo-join was edited here and in its file" in caplog.text
    [line] = conflict_lines(config)
    assert "ehyogo-join.md：ehyogo-join はデータベースでも直されています" in line
    fine, words = _pack_words(own_db, config_for(tmp_path, KNOWLEDGE_PACK=str(pack)))
    assert not fine and "食い違いが1件" in words
    nothing = config_for(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}")
    assert conflict_lines(nothing) == []


def test_what_was_archived_here_stays_archived(own_db: Database) -> None:
    with own_db.write() as session:
        store.turn(session, "ehyogo-join", ARCHIVED, "hayashi", NOON)
    load_pack(own_db, HYOGO, NOON)
    with own_db.read() as session:
        assert session.get_one(StoredEntry, "ehyogo-join").state == ARCHIVED


# --- pasted text ---

MAIL = """各市町 担当課長様

1 募集の概要
令和8年度の共同調達に参加する市町を募集します。
負担金は1市町あたり30万円です。

2 締切
12月18日までに申込書を出してください。

3 問い合わせ
デジタル改革課 森
"""


def test_pasted_text_becomes_drafts_with_what_must_be_checked_marked(whole: Whole) -> None:
    whole.press("hayashi", "文書から下書き")
    whole.fill("hayashi", {"メールや文書の文": MAIL})
    with whole.db.read() as session:
        found = list(session.scalars(select(Draft).order_by(Draft.id)))
    assert [draft.entry.title for draft in found] == ["募集の概要", "締切"]
    assert "30万円【要確認】" in found[0].entry.answer
    assert "12月18日【要確認】" in found[1].entry.answer
    assert "森" not in repr([draft.entry for draft in found])
    assert "確認を頼む" not in whole.buttons("hayashi", "事務局")
    press(whole, "hayashi", "review", str(found[0].id))
    assert "まだ確認を頼めません" in whole.read("hayashi")


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("ひとつだけの文です。", ["ひとつだけの文です"]),
        ("甲の話\n本文\n\n乙の話\n本文", ["甲の話", "乙の話"]),
        ("■甲の話\nあ\n■乙の話\nい", ["甲の話", "乙の話"]),
        ("# 甲の話\nあ\n\nまだ甲\n## 乙の話\nい", ["甲の話", "乙の話"]),
        ("（1）甲の件\nあ\n(2) 乙の件\nい", ["甲の件", "乙の件"]),
        ("\n \n", []),
    ],
)
def test_text_is_parted_at_headings_or_blank_lines(text: str, titles: list[str]) -> None:
    assert [piece.title for piece in pieces.pieces_of(text)[0]] == titles


def test_more_than_ten_parts_are_counted() -> None:
    found, more = pieces.pieces_of("\n\n".join(f"題{n}\n文" for n in range(13)))
    assert (len(found), more) == (10, 3)


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("上限は1,000万円です", "上限は1,000万円【要確認】です"),
        ("補助率は２分の１", "補助率は２分の１【要確認】"),
        ("令和8年12月25日まで", "令和8年12月25日【要確認】まで"),
        ("R8.12.25必着", "R8.12.25【要確認】必着"),
        ("12月下旬に開きます", "12月下旬【要確認】に開きます"),
        ("41市町が対象です", "41市町が対象です"),
    ],
)
def test_amounts_and_days_are_marked(line: str, marked: str) -> None:
    assert pieces.pieces_of(f"題\n{line}")[0][0].body == marked


@pytest.mark.parametrize(
    "line", ["担当 森", "TEL 078-1", "お問い合わせは森まで", "mori@example.jp", "・連絡先：森"]
)
def test_lines_that_say_whom_to_ask_leave_no_name(line: str) -> None:
    body = pieces.pieces_of(f"題\n{line}\n本文")[0][0].body
    assert line not in body and body.startswith("【要確認】連絡先")


@pytest.mark.parametrize(
    "line", ["担当課長会議で説明します", "問い合わせ対応をAIで行う実証です", "メールで提出します"]
)
def test_lines_that_only_speak_of_asking_stay(line: str) -> None:
    assert pieces.pieces_of(f"題\n{line}")[0][0].body == line


# --- one's own consultations in one's own words ---

MINE = (
    "私の相談は？", "わたしの相談どうなった", "相談どうなった？", "相談はどうなりましたか",
    "あの件は？", "あの件どうなりました？", "自分の相談を見たい", "この前の相談の返事はまだですか",
    "うちの相談、どうなってる？", "相談の状況を教えてください", "先日送った相談はどうなりましたでしょうか",
)  # fmt: skip
NOT_MINE = (
    "相談したい", "相談窓口はどこ", "子育て相談のオンライン予約はできる", "あの件数は",
    "補助金の相談はどこにすればいい", "私の町の相談窓口は", "相談員の配置はどうなった",
    "住民からの相談をAIで受けたい", "相談の回答期限は何営業日", "この前の補助金はどうなった",
    "な" * 5000, "相談" + "なって" * 1000,
)  # fmt: skip


def said(text: str) -> str:
    account = Account("web", "page", "yamada")
    return small_talk(Message("e", account, Place("web", "page", "yamada"), NOON, text=text))


@pytest.mark.parametrize("text", MINE)
def test_asked_for_in_own_words(text: str) -> None:
    assert said(text) == "mine"


@pytest.mark.parametrize("text", NOT_MINE)
def test_a_question_about_consulting_is_a_question(text: str) -> None:
    assert said(text) != "mine"


def test_everybody_is_told_of_what_he_may_see_alone(whole: Whole) -> None:
    consult(whole)
    assert "R8-0001 年度途中の参加（受付）" in whole.say("yamada", "私の相談は？")
    assert "R8-0001" in whole.say("ueda", "相談どうなった？")  # same section
    assert "まだ相談はありません" in whole.say("nakamura", "あの件は？")
    assert "わたしの担当" in whole.say("mori", "相談どうなってる")
