"""Every form of the desk through its modal in Slack, on lucky and unlucky days, and the screens around them."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.announcements import Acknowledgement, Announcement
from bot.db import Database
from bot.deliveries import Delivery
from bot.platforms.slack.screens import CLOSED, DONE, LOADING
from bot.tickets import Ticket, TicketLine
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of
from tests.slack_driver import SlackDriver, elements, label_of, text_of, user_of
from tests.slack_fake import BOT, FakeSlack
from tests.store import Store
from tests.test_announcing import write
from tests.test_consulting import FORM, consult, ticket
from tests.test_guard import VALID

Json = dict[str, Any]
ROOM = "電子申請/R8-0001"
SENTENCES = "".join(f"{n:04}番目の文です。" for n in range(1, 455))


@pytest.fixture
def slack(
    store: Store, own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms
) -> Iterator[Whole]:
    made = in_slack(own_db, tmp_path, library_of(own_db, words, synonyms))
    yield made
    made.extras["close"]()


@pytest.fixture(autouse=True)
def _calm(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever is done here: nothing breaks on our side."""
    yield
    broken = [r for r in caplog.records if r.levelno >= logging.ERROR or r.exc_info]
    assert [r for r in broken if not r.name.startswith("slack_sdk")] == []


def fake_of(slack: Whole) -> FakeSlack:
    found: FakeSlack = slack.extras["fake"]
    return found


def driver(slack: Whole) -> SlackDriver:
    assert isinstance(slack.driver, SlackDriver)
    return slack.driver


def modal(slack: Whole, who: str) -> Json:
    view = fake_of(slack).modal_of(user_of(who))
    assert view, f"{who} has no modal open"
    return view


def count(slack: Whole, kind: type[Any]) -> int:
    with slack.db.read() as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


def typed(view: Json) -> dict[str, str]:
    """What stands in the inputs of a view, as it is shown."""
    blocks = [b for b in view["blocks"] if b["type"] == "input"]
    return {b["label"]["text"]: b["element"].get("initial_value", "") for b in blocks}


def submit(slack: Whole, who: str, view_id: str, values: Json | None = None) -> None:
    """Send off a modal that need not be the one on top."""
    fake_of(slack).submit(user_of(who), view_id, values)
    assert fake_of(slack).troubles == []


def posted(slack: Whole, channel: str) -> str:
    """What the desk said in a channel, threads too."""
    fake = fake_of(slack)
    with fake.lock:
        found = [m for (where, _), m in sorted(fake.messages.items()) if where == channel]
    return "\n".join(text_of(m) for m in found if m["user"] == BOT)


# ---- what is wrong, and what was typed


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(slack: Whole) -> None:
    slack.press("yamada", "相談する")
    slack.fill("yamada", {**FORM, "希望期限": "2026-11-19"})
    assert driver(slack).errors("yamada") == ["今日からあとの日付を選んでください"]
    assert count(slack, Ticket) == 0
    slack.fill("yamada", {"希望期限": "2026-11-30"})  # the rest stands there still
    assert ticket(slack).body == FORM["内容"]

    slack.press("mori", "電話・対面・メールで答えた", ROOM)
    slack.fill(
        "mori", {"どうやって": "対面", "いつ": "2026-11-21", "答えた内容（1行）": "承りました"}
    )
    assert driver(slack).errors("mori") == ["今日までの日付を選んでください"]
    slack.fill("mori", {"いつ": "2026-11-20"})
    assert "対面で：承りました" in slack.read("yamada", "R8-0001")

    write(slack, あて先="圏域を選ぶ")
    assert driver(slack).errors("hayashi") == ["圏域を1つ以上選んでください"]
    slack.fill("hayashi", {"圏域": ["北播磨"], "送る時刻（時）": "9"})
    assert driver(slack).errors("hayashi") == ["時刻を書いたときは、送る日も選んでください"]
    slack.fill("hayashi", {"送る日": "2026-11-24"})
    slack.confirm("hayashi")
    with slack.db.read() as session:
        assert session.scalars(select(Announcement)).one().audience == "北播磨"


def test_a_phone_number_is_asked_about_in_every_modal_of_the_form(slack: Whole) -> None:
    """Also in one that was opened before the question was there: silence is no answer to it."""
    with_phone = {**FORM, "内容": "返事は 090-1234-5678 までください"}
    for _ in range(2):
        fake_of(slack).send("shortcut", user="UYAMADA", callback_id="consult")
    first, _second = fake_of(slack).modals["UYAMADA"]
    slack.fill("yamada", with_phone)
    assert "電話番号のような数字があります" in driver(slack).read("yamada")
    assert typed(modal(slack, "yamada"))["内容"] == with_phone["内容"]

    keys = {b["label"]["text"]: b for b in fake_of(slack).views[first]["blocks"] if "label" in b}
    values = {
        keys["件名"]["block_id"]: {"v": {"value": "件名"}},
        keys["内容"]["block_id"]: {"v": {"value": with_phone["内容"]}},
        keys["分野"]["block_id"]: {"v": {"selected_option": keys["分野"]["element"]["options"][0]}},
    }
    submit(slack, "yamada", first, values)
    assert count(slack, Ticket) == 0
    assert "電話番号のような数字があります" in text_of(fake_of(slack).views[first])

    slack.fill("yamada", {"電話番号のような数字": "個人の番号ではないので、このまま送る"})
    assert ticket(slack).body == with_phone["内容"]


def test_a_my_number_in_a_form_comes_back_marked_and_is_stored_nowhere(slack: Whole) -> None:
    slack.press("yamada", "相談する")
    slack.fill("yamada", {**FORM, "内容": f"わたしの番号は {VALID} です \ud83d"})
    shown = driver(slack).read("yamada")
    assert "送っていません。保存もしていません" in shown and f"【{VALID}】" in shown
    assert VALID in typed(modal(slack, "yamada"))["内容"]
    assert typed(modal(slack, "yamada"))["件名"] == FORM["件名"]
    with slack.db.read() as session:
        for table in ("inbox", "dialogues", "deliveries"):
            kept = session.connection().exec_driver_sql(f"SELECT * FROM {table}")
            assert not any(VALID in str(row) for row in kept)
    assert VALID not in posted(slack, "DYAMADA")
    slack.fill("yamada", {"内容": FORM["内容"]})
    assert ticket(slack).body == FORM["内容"]


def test_5000_characters_of_a_message_are_edited_in_two_inputs_and_arrive_whole(
    slack: Whole,
) -> None:
    fake, words = fake_of(slack), SENTENCES[:4990]
    said = fake.send("message_channel", user="UUEDA", channel="C1", text=words)
    ts = said.payload["event"]["ts"]
    fake.send("message_action", user="UYAMADA", callback_id="consult_words", ts=ts)
    assert driver(slack).fields("yamada")[1:3] == ["内容", "内容（つづき）"]
    second = typed(modal(slack, "yamada"))["内容（つづき）"]
    slack.fill(
        "yamada", {"件名": "長い", "内容（つづき）": f"{second}以上！😀", "分野": "電子申請"}
    )
    assert ticket(slack).body == f"{words}以上！😀"
    slack.press("yamada", "相談する")
    over = "あ" * 3000
    fake.send("message_action", user="UYAMADA", callback_id="consult_words", ts=ts)
    slack.fill("yamada", {"件名": "長すぎ", "内容（つづき）": over, "分野": "電子申請"})
    assert "5,000字までにしてください" in driver(slack).errors("yamada")[0]
    assert count(slack, Ticket) == 1


# ---- previews


def test_a_preview_goes_back_to_its_fields_and_then_out(slack: Whole) -> None:
    consult(slack)
    slack.press("mori", "多可町へ返信", ROOM)
    slack.fill("mori", {"返信": "はじめの版"})
    assert "はじめの版" in driver(slack).read("mori")
    driver(slack).fix("mori")
    assert typed(modal(slack, "mori")) == {"返信": "はじめの版"}
    slack.fill("mori", {"返信": "次の版"})
    slack.confirm("mori")
    assert fake_of(slack).modal_of("UMORI") is None
    read = slack.read("yamada", "R8-0001")
    assert "次の版" in read and "はじめの版" not in read


def test_a_stale_preview_sends_nothing_that_it_does_not_show(slack: Whole) -> None:
    consult(slack)
    slack.press("mori", "多可町へ返信", ROOM)
    slack.fill("mori", {"返信": "版A"})
    stale = modal(slack, "mori")["id"]
    slack.press("mori", "多可町へ返信", ROOM)  # on another device
    slack.fill("mori", {"返信": "版B"})
    newer = modal(slack, "mori")["id"]
    assert stale != newer
    submit(slack, "mori", stale)
    assert "版" not in slack.read("yamada", "R8-0001")
    assert "版B" in text_of(fake_of(slack).views[stale])  # what would go out now
    submit(slack, "mori", stale)
    fake_of(slack).modals["UMORI"] = [newer]
    submit(slack, "mori", newer)
    assert CLOSED in driver(slack).read("mori")
    with slack.db.read() as session:
        lines = session.scalars(select(TicketLine).where(TicketLine.kind == "reply")).all()
    assert [line.text for line in lines] == ["版B"]
    assert slack.read("yamada", "R8-0001").count("版B") == 1


def test_of_two_modals_of_one_form_one_sends(slack: Whole) -> None:
    for _ in range(2):
        fake_of(slack).send("shortcut", user="UYAMADA", callback_id="consult")
    first, second = fake_of(slack).modals["UYAMADA"]
    driver(slack).fill("yamada", FORM, send=False)
    submit(slack, "yamada", second, driver(slack)._typed[second])
    assert count(slack, Ticket) == 1
    fake_of(slack).modals["UYAMADA"] = [first]  # the other device has it open still
    fake_of(slack).send("view_submission", user="UYAMADA", view_id=first, values={})
    assert CLOSED in driver(slack).read("yamada")
    assert count(slack, Ticket) == 1 and fake_of(slack).troubles == []


def test_a_reply_to_what_was_closed_meanwhile_ends_in_a_sentence(slack: Whole) -> None:
    consult(slack)
    slack.press("mori", "多可町へ返信", ROOM)
    slack.fill("mori", {"返信": "承りました"})
    slack.driver.press("yamada", "解決した", "R8-0001")
    slack.confirm("mori")
    assert fake_of(slack).modal_of("UMORI") is None
    assert "R8-0001は完了しています" in text_of(fake_of(slack).ephemerals_for("UMORI")[-1])
    assert "R8-0001は完了しています" not in posted(slack, "CROOMDENSHISHINSEI")
    assert "承りました" not in slack.read("yamada", "R8-0001")


def test_a_stranger_picks_his_municipality_from_all_41(slack: Whole) -> None:
    fake_of(slack).add_person("UNEW", "新人")
    fake_of(slack).send("slash", user="UNEW", command="/soudan", text="はじめてです")
    assert driver(slack).fields("new")[:3] == ["市町", "課の名前", "お名前"]
    towns = modal(slack, "new")["blocks"][1]["element"]
    assert (towns["type"], len(towns["options"])) == ("static_select", 41)
    who = {"市町": "神戸市", "課の名前": "企画課", "お名前": "新人 一"}
    slack.fill("new", {**FORM, **who, "希望期限": "2020-01-01"})
    assert driver(slack).errors("new")
    slack.fill("new", {"希望期限": ""})
    assert (ticket(slack).section, ticket(slack).municipality_code) == ("企画課", "281000")


# ---- screens over screens


def test_a_form_over_a_list_over_a_list_clears_them_all(slack: Whole) -> None:
    consult(slack)
    fake = fake_of(slack)
    fake.send("slash", user="UMORI", command="/soudan", text="")
    slack.press("mori", "わたしの担当")
    assert len(fake.modals["UMORI"]) == 2
    slack.press("mori", "R8-0001 多可町")
    assert len(fake.modals["UMORI"]) == 3
    slack.press("mori", "担当になる")
    assert "担当：森 佳奈" in driver(slack).read("mori")  # the same screen, anew
    assert "担当になる" not in [label_of(e) for e in elements(modal(slack, "mori"))]
    slack.press("mori", "多可町へ返信")  # three is all that Slack lets lie over one another
    slack.fill("mori", {"返信": "承りました"})
    slack.confirm("mori")
    assert fake.modals["UMORI"] == []
    assert "承りました" in slack.read("yamada", "R8-0001")


@pytest.mark.parametrize("trouble", [{"error": "not_found"}, {"status": 429}, {"drop": "before"}])
def test_a_screen_that_is_gone_keeps_nobody_waiting(slack: Whole, trouble: Json) -> None:
    """What was said right back used to wait for a lease to run out."""
    fake_of(slack).send("slash", user="UMORI", command="/soudan", text="")
    fake_of(slack).fault("views.update", **trouble)
    driver(slack).press("mori", "使い方")  # no bell rings
    assert "できること" in posted(slack, "DMORI")
    shown = driver(slack).home("mori")
    driver(slack).close("mori")
    fake_of(slack).fault("views.publish", **trouble)
    told = next(e["action_id"] for e in elements(shown) if label_of(e) == "使い方")
    fake_of(slack).press("UMORI", "VHOMEUMORI", told)
    assert posted(slack, "DMORI").count("できること") == 2
    with slack.db.read() as session:
        assert {row.state for row in session.scalars(select(Delivery))} == {"sent"}


def test_a_list_whose_trigger_died_is_no_trouble(slack: Whole) -> None:
    fake_of(slack).trigger_life = -1.0
    fake_of(slack).send("slash", user="UMORI", command="/soudan", text="")
    assert fake_of(slack).modal_of("UMORI") is None
    assert fake_of(slack).troubles == []


@pytest.mark.parametrize("closed", [False, True])
def test_slow_work_that_opens_no_form_says_when_it_is_done(
    slack: Whole, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    consult(slack)
    monkeypatch.setattr("bot.platforms.slack.waiting.PATIENCE", 0.0)
    fake, desk = fake_of(slack), slack.extras["connected"].ears._desk
    real = desk.answer

    def slowly(taken: Any, at_once: Any) -> Any:
        fake.wait_until(lambda: LOADING in text_of(fake.modal_of("UMORI") or {"blocks": []}))
        if closed:
            fake.modals["UMORI"] = []  # nobody waits for it
        return real(taken, at_once)

    object.__setattr__(desk, "answer", slowly)
    slack.press("mori", "担当になる", ROOM)
    assert ticket(slack).owner_id == "mori"
    assert closed or DONE in driver(slack).read("mori")


def test_notices_are_confirmed_in_their_list_and_at_home_and_both_show_it(slack: Whole) -> None:
    for n in range(2):
        write(slack, 題名=f"お知らせ{n}")
        slack.confirm("hayashi")
        slack.press("fujii", "承認する", "事務局")
    slack.tick()
    driver(slack).home("yamada")
    fake_of(slack).send("slash", user="UYAMADA", command="/oshirase", text="")
    slack.press("yamada", "「お知らせ0」を確認しました")
    assert "お知らせ0" not in driver(slack).read("yamada")
    driver(slack).close("yamada")
    home = fake_of(slack).home_of("UYAMADA") or {}
    element = next(e for e in elements(home) if "「お知らせ1」を確認しました" in label_of(e))
    fake_of(slack).press("UYAMADA", home, element["action_id"])
    assert "いま確認が必要なお知らせはありません" in text_of(fake_of(slack).home_of("UYAMADA"))
    assert count(slack, Acknowledgement) == 2
    slack.tick()
    assert posted(slack, "DYAMADA").count("山田 葵さんが") == 2


def test_a_shared_account_names_who_confirms_and_its_home_tab_shows_it(slack: Whole) -> None:
    write(slack)
    slack.confirm("hayashi")
    slack.press("fujii", "承認する", "事務局")
    slack.tick()
    home = driver(slack).home("sec-taka")
    element = next(e for e in elements(home) if "を確認しました" in label_of(e))
    fake_of(slack).press("USEC-TAKA", home, element["action_id"])
    assert driver(slack).fields("sec-taka") == ["お名前"]
    fake_of(slack).reset()
    slack.fill("sec-taka", {"お名前": "上田"})
    shown = [c["arguments"]["user_id"] for c in fake_of(slack).calls("views.publish")]
    assert shown == ["USEC-TAKA"]
    assert "いま確認が必要なお知らせはありません" in text_of(fake_of(slack).home_of("USEC-TAKA"))
    assert "上田（企画課（共用））さんが" in slack.read("sec-taka")
    assert "上田（企画課（共用））さんが" in slack.read(
        "yamada"
    )  # one confirms for the municipality


def test_a_modal_that_is_closed_is_acknowledged(slack: Whole) -> None:
    slack.press("yamada", "相談する")
    view = modal(slack, "yamada")["id"]
    fake_of(slack).views[view]["notify_on_close"] = True
    fake_of(slack).send("view_closed", user="UYAMADA", view_id=view)
    assert fake_of(slack).troubles == []
