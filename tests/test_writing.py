"""Knowledge that people write: a draft, a second person, and then it answers; on every door."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select

from bot.chat import Account, Card
from bot.directory import Person
from knowledge import store
from knowledge.drafts import Draft, State
from knowledge.entries import Source
from knowledge.store import ARCHIVED, PUBLISHED, StoredEntry
from tests.conftest import Whole
from tests.test_consulting import consult

QUESTION = "合同の避難訓練アプリ体験会はいつですか"
ENTRY = {
    "題名": "避難訓練アプリの体験会",
    "答え": "令和8年12月18日に県庁で開きます。\n申込みは12月4日までです。",
    "質問の言い方": "避難訓練アプリの体験会はいつ\n体験会の申込みはいつまで\n訓練アプリを試したい\n"
    "避難訓練アプリ 体験会 場所\n合同の避難訓練アプリ体験会",
    "分野": "防災DX",
    "年度（令和）": "8",
    "有効期限": "2026-12-18",
    "出典": "体験会の開催について|2 日時|2026-11-10",
}


def drafts_of(whole: Whole) -> list[Draft]:
    with whole.db.read() as session:
        return list(session.scalars(select(Draft).order_by(Draft.id)))


def stored(whole: Whole, entry_id: str) -> StoredEntry:
    with whole.db.read() as session:
        return session.get_one(StoredEntry, entry_id)


def account(whole: Whole, who: str) -> Account:
    with whole.db.read() as session:
        found = session.get_one(Person, who).accounts
        return next(a.account for a in found if whole.name in (a.platform, "page"))


def look(whole: Whole, who: str, action: str, value: str = "") -> Card:
    card = whole.desk.look(account(whole, who), action, value)
    assert card is not None, f"{who} may not see {action}"
    return card


def links(card: Card) -> list[str]:
    return [link.label for link in card.links]


def write(whole: Whole, who: str = "hayashi", **more: Any) -> None:
    whole.press(who, "知識を書く")
    whole.fill(who, {**ENTRY, **more})


def publish(whole: Whole) -> None:
    write(whole)
    whole.press("hayashi", "確認を頼む", "事務局")
    whole.press("fujii", "公開する", "事務局")


def edit(whole: Whole, words: str, **values: Any) -> None:
    whole.press("hayashi", "知識を直す")
    whole.fill("hayashi", {"どの項目": words})
    whole.press("hayashi", "を直す")
    whole.fill("hayashi", values)


def test_what_the_office_writes_answers_once_a_second_person_has_published_it(whole: Whole) -> None:
    assert "12月18日" not in whole.say("yamada", QUESTION)
    write(whole)
    assert "下書き" in whole.read("fujii", "事務局")
    assert "公開する" not in whole.buttons("fujii", "事務局")
    whole.press("hayashi", "確認を頼む", "事務局")
    assert "確認待ち" in whole.read("fujii", "事務局")
    assert "12月18日" not in whole.say("yamada", QUESTION)

    whole.press("fujii", "公開する", "事務局")
    assert "12月18日に県庁で開きます" in whole.say("yamada", QUESTION)
    assert "藤井 慎さんが確かめました" in whole.read("hayashi")
    [draft] = drafts_of(whole)
    assert (draft.state, draft.reviewer_id) == (State.PUBLISHED, "fujii")
    known = stored(whole, draft.entry_id)
    assert (known.version, known.state, known.from_pack) == (1, PUBLISHED, False)
    assert known.entry.sources == (Source("体験会の開催について", "2 日時", "2026-11-10"),)
    assert (known.entry.valid_until, known.entry.fiscal_year) == (date(2026, 12, 18), 8)
    with whole.db.read() as session:
        assert [v.author for v in store.versions(session, known.id)] == ["hayashi"]


def test_the_fields_liaison_may_publish_in_the_fields_room(whole: Whole) -> None:
    write(whole, 分野="電子申請")
    whole.press("hayashi", "確認を頼む", "事務局")
    assert ENTRY["題名"] in whole.read("mori", "電子申請")
    whole.press("mori", "公開する", "電子申請")
    assert [d.state for d in drafts_of(whole)] == [State.PUBLISHED]
    assert "公開済み" in whole.read("hayashi", "事務局")


def test_nobody_publishes_what_he_wrote_himself(whole: Whole) -> None:
    write(whole, "fujii")
    whole.press("fujii", "確認を頼む", "事務局")
    whole.press("fujii", "公開する", "事務局")
    assert "あなたの役割では使えません" in whole.read("fujii", "事務局")
    assert [d.state for d in drafts_of(whole)] == [State.REVIEW]


def test_what_was_sent_back_is_written_again_by_its_author(whole: Whole) -> None:
    write(whole)
    whole.press("hayashi", "確認を頼む", "事務局")
    whole.press("fujii", "差し戻す", "事務局")
    office = whole.read("hayashi", "事務局").replace("\n", "")
    assert "差し戻した人" in office and "確かめた人" not in office
    whole.press("hayashi", "書き直す", "事務局")
    whole.fill("hayashi", {"答え": "令和8年12月25日に県庁で開きます。"})
    whole.press("hayashi", "確認を頼む", "事務局")
    rows = look(whole, "fujii", "draft", str(drafts_of(whole)[0].id)).rows
    assert "藤井 慎" not in [row.text for row in rows]  # nobody has read it as it is now
    whole.press("fujii", "公開する", "事務局")
    assert "12月25日に県庁で" in whole.say("yamada", QUESTION)
    assert len(drafts_of(whole)) == 1


def test_nobody_publishes_what_was_written_again_after_he_read_it(page: Whole) -> None:
    write(page)
    page.press("hayashi", "確認を頼む", "事務局")
    [draft] = drafts_of(page)
    page.press("hayashi", "書き直す", "事務局")
    page.fill("hayashi", {"答え": "令和9年1月8日に開きます。"})
    page.press("hayashi", "確認を頼む", "事務局")
    press(page, "fujii", "publish", f"{draft.id}:{draft.text}")
    assert "そのあと書き直されました" in page.read("fujii")
    page.press("fujii", "公開する", "事務局")
    assert stored(page, draft.entry_id).entry.answer == "令和9年1月8日に開きます。"


def test_a_draft_is_taken_back_by_its_author(whole: Whole) -> None:
    write(whole)
    whole.press("hayashi", "取り下げる", "事務局")
    assert [d.state for d in drafts_of(whole)] == [State.WITHDRAWN]
    assert whole.buttons("hayashi", "事務局")[-1:] != ["取り下げる"]


def test_mistakes_are_told_at_their_fields(page: Whole) -> None:
    write(
        page,
        質問の言い方="一つだけ",
        受付の始まり="2026-12-02",
        受付の終わり="2026-12-01",
        出典="|箇所だけ",
        ID="空 白",
    )
    told = "\n".join(page.driver.errors("hayashi"))
    for words in ("5つ以上", "受付の始まりより前", "文書は空に", "空白と / を使わず"):
        assert words in told
    page.fill("hayashi", {**ENTRY, "受付の終わり": "2026-12-03", "ID": "ehyogo-join"})
    assert any("もうあります" in error for error in page.driver.errors("hayashi"))
    assert drafts_of(page) == []


def test_an_entry_is_edited_in_its_form_and_keeps_what_the_form_does_not_ask(whole: Whole) -> None:
    before = stored(whole, "ehyogo-join")
    edit(whole, "e-ひょうごの参加団体と新しい参加", 答え="参加団体は県と6市です。")
    [draft] = drafts_of(whole)
    assert draft.base == before.version
    assert "＋参加団体は県と6市です。" in whole.read("fujii", "事務局")
    whole.press("hayashi", "確認を頼む", "事務局")
    whole.press("mori", "公開する", "電子申請")
    now = stored(whole, "ehyogo-join")
    assert (now.version, now.edited, now.digest) == (before.version + 1, True, before.digest)
    assert now.entry.answer == "参加団体は県と6市です。"
    assert (now.entry.facts, now.entry.aliases) == (before.entry.facts, before.entry.aliases)


def test_of_several_entries_found_one_is_picked(whole: Whole) -> None:
    whole.press("hayashi", "知識を直す")
    whole.fill("hayashi", {"どの項目": "e-ひょうご"})
    seen = whole.read("hayashi")
    assert "どの項目を直しますか" in seen and "のいまと履歴" in seen
    picks = [label for label in whole.buttons("hayashi") if "e-ひょうごの利用料" in label]
    assert len(picks) > 1
    whole.press("hayashi", "e-ひょうごの利用料")
    assert "題名" in whole.driver.read("hayashi")


def test_an_entry_somebody_changed_meanwhile_is_not_overwritten(page: Whole) -> None:
    for answer in ("参加団体は県と6市です。", "参加団体は県と7市です。"):
        edit(page, "ehyogo-join", 答え=answer)
        page.press("hayashi", "確認を頼む", "事務局")
    page.press("fujii", "公開する", "事務局")  # the newest card
    one, two = drafts_of(page)
    assert (one.state, two.state) == (State.REVIEW, State.PUBLISHED)
    press(page, "mori", "publish", str(one.id))
    assert "ほかの人が変えました" in page.read("mori")
    page.press(
        "hayashi", "書き直す", "事務局"
    )  # the newest card that can be written again is the first draft's
    page.fill("hayashi", {"答え": "参加団体は県と8市です。"})
    page.press("hayashi", "確認を頼む", "事務局")
    press(page, "mori", "publish", str(one.id))
    assert stored(page, "ehyogo-join").entry.answer == "参加団体は県と8市です。"


def test_a_form_that_lay_open_while_the_entry_changed_takes_nothing_back(page: Whole) -> None:
    page.press("hayashi", "知識を直す")
    page.fill("hayashi", {"どの項目": "ehyogo-join"})
    page.press("hayashi", "を直す")  # and lies open
    with page.db.write() as session:
        known = session.get_one(StoredEntry, "ehyogo-join")
        store.write(session, replace(known.entry, title="新しい題名"), 1, "mori", page.clock())
    page.fill("hayashi", {"答え": "参加団体は県と6市です。"})
    [draft] = drafts_of(page)
    assert (draft.base, stored(page, "ehyogo-join").version) == (1, 2)
    press(page, "hayashi", "review", str(draft.id))
    assert "そのあいだに変わりました" in page.read("hayashi")
    page.press("hayashi", "書き直す", "事務局")
    page.fill("hayashi", {"題名": "新しい題名"})
    page.press("hayashi", "確認を頼む", "事務局")
    page.press("fujii", "公開する", "事務局")
    now = stored(page, "ehyogo-join")
    assert (now.version, now.entry.title) == (3, "新しい題名")
    assert now.entry.answer == "参加団体は県と6市です。"


def test_archived_and_brought_back(whole: Whole) -> None:
    publish(whole)
    key = drafts_of(whole)[0].entry_id
    card = look(whole, "hayashi", "knowledge", key)
    assert [b.label for b in card.buttons] == ["直す", "公開をやめる"]
    press(whole, "hayashi", "archive", key)
    assert stored(whole, key).state == ARCHIVED
    assert "12月18日" not in whole.say("yamada", QUESTION)
    whole.press("hayashi", "戻す")
    assert "12月18日" in whole.say("ueda", QUESTION)
    assert stored(whole, key).version == 3


def press(whole: Whole, who: str, action: str, value: str) -> None:
    """A button that stands on a card one has looked up."""
    from bot.chat import Message, Place

    at = account(whole, who)
    message = Message(
        f"press-{action}-{whole.clock().timestamp()}",
        at,
        Place(at.platform, at.workspace, at.user),
        whole.clock(),
        action=action,
        value=value,
    )
    whole.desk.hear(message)
    whole.tick()


def test_an_answered_consultation_becomes_a_draft(whole: Whole) -> None:
    consult(whole)
    thread = "電子申請/R8-0001"
    assert "FAQにする" not in whole.buttons("mori", thread)
    whole.press("mori", "多可町へ返信", thread)
    whole.fill("mori", {"返信": "できます。申込みから2か月ほどです。"})
    whole.confirm("mori")
    whole.press("mori", "完了にする", thread)
    whole.press("mori", "FAQにする", thread)
    whole.fill(
        "mori",
        {
            "質問の言い方": "年度の途中から参加できるか\nいつから参加できる\n途中参加\n年度途中の参加\n参加までの期間"
        },
    )
    [draft] = drafts_of(whole)
    assert (draft.author_id, draft.origin) == ("mori", "ticket:1")
    assert draft.entry.title == "年度途中の参加"
    assert draft.entry.answer == "できます。申込みから2か月ほどです。"
    assert draft.entry.field == "電子申請"
    assert "多可" not in repr(draft.entry)
    assert "年度途中の参加" in whole.read("fujii", "事務局")
    whole.press("mori", "確認を頼む", thread)
    whole.press("fujii", "公開する", "事務局")
    assert stored(whole, draft.entry_id).state == PUBLISHED


def test_a_consultation_of_its_owner_alone_becomes_no_draft(page: Whole) -> None:
    consult(page, 扱い="担当だけで扱う")
    page.press("mori", "担当になる", "電子申請/R8-0001")
    page.press("mori", "市町へ返信", "電子申請/R8-0001")
    page.fill("mori", {"返信": "できます。"})
    page.confirm("mori")
    assert "FAQにする" not in page.buttons("mori", "電子申請/R8-0001")
    press(page, "mori", "faq", "1")
    assert "FAQにできません" in page.read("mori")


def test_numbers_of_people_are_masked_in_what_a_consultation_prefills(page: Whole) -> None:
    from bot.tickets import Ticket
    from handlers.drafts import _from_ticket

    consult(page)
    with page.db.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        ticket.body = "担当の携帯は090-1234-5678です"
        assert "090" not in str(_from_ticket(session, ticket)["questions"])


def test_the_lists_show_drafts_and_what_ends_soon(whole: Whole) -> None:
    write(whole)
    assert links(look(whole, "hayashi", "drafts")) == ["避難訓練アプリの体験会（下書き・林 直子）"]
    if whole.name == "slack":  # its home tab shows the lists themselves
        assert "避難訓練アプリの体験会（下書き" in repr(whole.driver.home("hayashi"))  # type: ignore[union-attr]
    else:
        assert ENTRY["題名"] in whole.driver.view("hayashi", "知識の下書き")
    whole.press("hayashi", "確認を頼む", "事務局")
    whole.press("fujii", "公開する", "事務局")
    assert any(ENTRY["題名"] in label for label in links(look(whole, "mori", "expiring")))


def test_two_at_once_publish_one_version(page: Whole) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from bot.chat import Refused
    from knowledge import drafts

    write(page, 分野="電子申請")
    page.press("hayashi", "確認を頼む", "事務局")
    [draft] = drafts_of(page)

    def press_once(who: str) -> bool:
        try:
            with page.db.write() as session:
                person = session.get_one(Person, who)
                drafts.publish(session, drafts.locked(session, draft.id), person, page.clock())
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(press_once, ["fujii", "mori"] * 2))
    assert done.count(True) == 1
    assert stored(page, draft.entry_id).version == 1
