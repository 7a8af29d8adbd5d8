"""Questions that end well become ways to ask; the office decides once a week, in one tap."""

import json
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from bot import wordings
from bot.chat import Account
from bot.wordings import AGAINST, Proposal, ProposalQuestion
from jobs.books import export_to, import_files
from knowledge.files import read_files
from knowledge.store import bump
from knowledge.text import Words
from knowledge.wording import Names, wording_of
from tests.conftest import Whole

MONDAY = {"days": 2, "hours": 22}  # from Friday noon to Monday after nine in Japan
ASKED = "役場の機械を国の雲に移した後の毎月の払いを誰か見てくれへん"
WORDED = "e-ひょうごの利用料は月いくら。人口5万人未満です"


NAMES = Names.of(
    [("多可町", "たかちょう", "Taka-cho"), ("豊岡市", "とよおかし", "Toyooka-shi"), ("三木市", "みきし", "Miki-shi")],
    ["山田 葵"],
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("多可町では標準化の期限はいつですか", "標準化の期限はいつですか"),
        ("豊岡さんのドローンの配送どうなった", "ドローンの配送どうなった"),
        ("たかちょうで使えるガバクラの補助", "使えるガバクラの補助"),
        ("Toyooka-shi no 窓口DX 体制", "no 窓口DX 体制"),
        ("業者さんが決まるのはいつ", "業者さんが決まるのはいつ"),
        ("システムの仕様はどこにある", "システムの仕様はどこにある"),
        ("三木木材の補助", None),
        ("山田葵に聞いた補助の件", None),
        ("企画課の山田です。標準化の期限は", None),
        ("標準化は田中さんに聞けばいい？", None),
        ("電話は0790-32-2380です", None),
        ("番号は＊です。標準化の期限は", None),
        ("a.b@town.example.jp に届く標準化の知らせ", None),
        ("@大野 標準化の期限はいつ", None),
        ("標準化の期限は ＠kikaku に届く", None),
        ("じゃあ5万人以上ならいくら", None),
        ("標準化の期限はいつですか？ガバクラの費用はいくらですか？", None),
        ("多可町", None),
        ("標準化" * 30, None),
    ],
)
def test_what_of_a_question_may_be_kept(asked: str, kept: str | None, words: Words) -> None:
    assert wording_of(asked, NAMES, words) == kept


def test_a_learnt_wording_moves_its_own_entry_alone(page: Whole) -> None:
    index = page.desk.library.index()
    day = page.clock().date()
    taught = index.taught({"ehyogo-join": ("よその団体があとから仲間に入る手順を知りたい",)})
    near = "よその団体があとから仲間に入る手順は"
    before = {index.entry(n).id: fit for n, fit in index.look(near, at=day).order}
    after = {taught.entry(n).id: fit for n, fit in taught.look(near, at=day).order}
    assert next(iter(after)) == "ehyogo-join"
    assert not taught.look(near, at=day).evidence.exact
    others = (before.keys() & after.keys()) - {"ehyogo-join"}
    assert others and all(before[name] == after[name] for name in others)
    assert taught.search("よその団体があとから仲間に入る手順を知りたい", at=day).outcome == "answer"


def proposals(whole: Whole) -> list[tuple[str, str, str]]:
    with whole.db.read() as session:
        found = session.scalars(select(Proposal).order_by(Proposal.id))
        return [(one.entry_id, one.wording, one.state) for one in found]


def solve(whole: Whole, who: str, words: str) -> None:
    whole.say(who, words)
    if "どれでもない" in whole.buttons(who)[-3:]:
        whole.say(who, "1")
    whole.press(who, "解決した")


def monday(whole: Whole) -> str:
    whole.clock.forward(**MONDAY)
    return whole.read("hayashi", "事務局")


def wordings_of(whole: Whole, entry_id: str) -> tuple[str, ...]:
    return whole.desk.library.index().memory.learnt.get(entry_id, ())


def test_a_solved_question_is_proposed_asked_about_on_monday_and_findable_at_once(
    whole: Whole,
) -> None:
    solve(whole, "yamada", WORDED)
    assert proposals(whole) == [("ehyogo-fee-under-50k", WORDED, "proposed")]
    assert WORDED not in wordings_of(whole, "ehyogo-fee-under-50k")
    assert "使われた言い方" not in whole.read("hayashi", "事務局")

    assert "1件あります" in monday(whole)
    whole.press("hayashi", "すべて採用", "事務局")

    assert WORDED in wordings_of(whole, "ehyogo-fee-under-50k")
    assert "採用" in whole.read("hayashi", "事務局")
    assert whole.desk.library.index().look(WORDED, at=whole.clock().date()).evidence.exact

    whole.press("hayashi", "取り消す", "事務局")
    assert WORDED not in wordings_of(whole, "ehyogo-fee-under-50k")
    assert proposals(whole)[0][2] == "proposed"


def test_a_picked_choice_is_proposed_and_one_said_to_be_different_is_withdrawn(
    whole: Whole,
) -> None:
    whole.say("yamada", "生成AI")
    whole.say("yamada", "1")
    [(entry, wording, state)] = proposals(whole)
    assert (wording, state) == ("生成AI", "proposed")

    whole.press("yamada", "聞きたいことと違う")
    assert proposals(whole) == [(entry, "生成AI", "withdrawn")]
    assert "使われた言い方" not in monday(whole)


def test_one_by_one_each_is_accepted_or_not_and_the_last_can_be_undone(whole: Whole) -> None:
    solve(whole, "yamada", WORDED)
    whole.say("nakamura", "生成AI")
    whole.say("nakamura", "1")
    monday(whole)
    whole.press("hayashi", "1つずつ見る", "事務局")
    assert "残り" in whole.read("hayashi", "事務局")
    whole.press("hayashi", "採用しない", "事務局")
    whole.press("hayashi", "取り消す", "事務局")
    assert {state for *_, state in proposals(whole)} == {"proposed"}
    whole.press("hayashi", "採用しない", "事務局")
    whole.press("hayashi", "採用", "事務局")
    seen = whole.read("hayashi", "事務局")
    assert "すべて決まりました" in seen
    assert sorted(state for *_, state in proposals(whole)) == ["accepted", "declined"]


def test_a_week_is_asked_once_and_what_was_put_off_comes_back(whole: Whole) -> None:
    solve(whole, "yamada", WORDED)
    monday(whole)
    whole.tick()
    assert whole.read("hayashi", "事務局").count("使われた言い方（11月23日の週）") == 1
    whole.press("hayashi", "今週は見送る", "事務局")
    seen = whole.read("hayashi", "事務局")
    assert "次の月曜日にまたまとめます" in seen
    assert "すべて採用" not in whole.buttons("hayashi", "事務局")

    whole.clock.forward(days=7)
    seen = whole.read("hayashi", "事務局")
    assert "次の週のカードへ移りました" in seen
    assert "すべて採用" in whole.buttons("hayashi", "事務局")


def test_at_most_ten_a_week_the_most_frequent_first(page: Whole) -> None:
    page.tick()  # this week's card is over
    with page.db.write() as session:
        for n in range(12):
            wordings_ = f"言い方{n}の質問"
            session.add(
                Proposal(
                    entry_id="ehyogo-join", wording=wordings_, normal=wordings_,
                    state="proposed", last_at=page.clock(), decided_by="",
                )
            )  # fmt: skip
    solve(page, "yamada", WORDED)
    seen = monday(page)
    assert "10件あります" in seen
    assert seen.index(WORDED) < seen.index("言い方0の質問")
    assert "言い方9の質問" not in seen


def test_two_who_were_led_astray_put_a_learnt_wording_up_again(page: Whole) -> None:
    solve(page, "yamada", WORDED)
    monday(page)
    page.press("hayashi", "すべて採用", "事務局")
    for count, who in enumerate(("nakamura", "ueda"), start=1):
        page.say(who, WORDED)
        page.press(who, "聞きたいことと違う")
        assert (WORDED in wordings_of(page, "ehyogo-fee-under-50k")) is (count < AGAINST)
    assert proposals(page)[0][2] == "proposed"
    page.clock.forward(days=7)
    assert "「聞きたいことと違う」が2回" in page.read("hayashi", "事務局")


def test_what_names_a_town_a_person_or_a_number_never_becomes_a_wording(page: Whole) -> None:
    solve(page, "yamada", "多可町ですが、e-ひょうごの利用料は月いくら。人口5万人未満です")
    assert all("多可" not in wording for _, wording, _ in proposals(page))
    for words in (
        "山田さんに聞いたe-ひょうごの利用料は月いくら。人口5万人未満です",
        "e-ひょうごの利用料は月いくら。人口5万人未満です yamada@example.jp",
        "e-ひょうごの利用料は月いくら。人口5万人未満です" + "。よろしくお願いします" * 8,
    ):
        before = proposals(page)
        solve(page, "ueda", words)
        assert proposals(page) == before, words


def test_nobody_looks_and_after_ninety_days_it_is_forgotten(page: Whole) -> None:
    solve(page, "yamada", WORDED)
    page.clock.forward(days=100)
    page.tick()
    assert proposals(page) == []
    assert WORDED not in wordings_of(page, "ehyogo-fee-under-50k")


def test_the_office_sees_what_was_learnt_and_takes_it_back(page: Whole) -> None:
    solve(page, "yamada", WORDED)
    monday(page)
    page.press("hayashi", "すべて採用", "事務局")
    account = Account("web", "page", "hayashi")
    seen = page.desk.look(account, "wordings", "")
    assert seen is not None and WORDED in str(seen)
    page.driver.view("hayashi", "学んだ言い方")
    page.press("hayashi", f"「{WORDED}」を取り消す")
    assert proposals(page)[0][2] == "proposed"
    with page.db.read() as session:
        assert wordings.accepted_of(session, "ehyogo-fee-under-50k") == ()


@pytest.mark.parametrize("form", ["md", "jsonl", "csv", "xlsx"])
def test_what_was_learnt_goes_out_with_the_entries_and_comes_back(
    page: Whole, tmp_path: Path, form: str
) -> None:
    solve(page, "yamada", WORDED)
    monday(page)
    page.press("hayashi", "すべて採用", "事務局")
    target = tmp_path / ("out" if form == "md" else f"out.{form}")
    export_to(page.db, target, form)
    files = sorted(target.iterdir()) if form == "md" else [target]
    held = [one for one in read_files(files) if one.learnt]
    assert [(one.entry.id, one.learnt) for one in held] == [("ehyogo-fee-under-50k", (WORDED,))]
    assert WORDED not in held[0].entry.questions

    with page.db.write() as session:
        session.execute(delete(ProposalQuestion))
        session.execute(delete(Proposal))
        bump(session)
    assert WORDED not in wordings_of(page, "ehyogo-fee-under-50k")
    told = import_files(page.db, files, page.clock(), over_pack=False)
    assert "変わった項目0件" in told and told.endswith("、学んだ言い方1件")
    assert WORDED in wordings_of(page, "ehyogo-fee-under-50k")
    assert import_files(page.db, files, page.clock(), over_pack=False).endswith("学んだ言い方0件")


def test_an_import_takes_nothing_that_names_somebody_and_overrules_no_decision(
    page: Whole, tmp_path: Path
) -> None:
    solve(page, "yamada", WORDED)
    with page.db.write() as session:
        [one] = session.scalars(select(Proposal))
        wordings.decide(session, one.id, wordings.State.DECLINED, "hayashi", page.clock())
    file = tmp_path / "more.jsonl"
    row = {
        "id": "ehyogo-fee-under-50k", "title": "題", "questions": ["問い"], "answer": "答え",
        "learnt": [WORDED, "山田さんに聞いた利用料はいくら", "毎月の使用料の目安"],
    }  # fmt: skip
    file.write_text(json.dumps(row, ensure_ascii=False), "utf-8")
    told = import_files(page.db, [file], page.clock(), over_pack=True)
    assert "学んだ言い方1件（人の名前や番号がありそうな1件は入れていません）" in told
    assert wordings_of(page, "ehyogo-fee-under-50k") == ("毎月の使用料の目安",)
