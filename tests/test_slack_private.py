"""Where things are said in Slack: what is private stays so, and the log holds nothing of it."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.db import Database
from bot.deliveries import Delivery
from bot.directory import Person
from bot.questions import Question
from bot.tickets import Ticket, TicketLine
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of
from tests.slack_driver import elements, label_of, text_of
from tests.slack_fake import BOT
from tests.store import Store
from tests.test_consulting import FORM, consult
from tests.test_guard import VALID
from tests.test_slack_identity import driver, fake_of, load_people, told

ASK = "e-ひょうごの利用料は月いくら。人口5万人未満です"
ROOM = "電子申請/R8-0001"


@pytest.fixture
def slack(
    store: Store, own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms
) -> Iterator[Whole]:
    """Nobody's account is known yet; only addresses are."""
    made = in_slack(own_db, tmp_path, library_of(own_db, words, synonyms))
    load_people(own_db, tmp_path)
    yield made
    made.extras["close"]()


def test_what_others_write_in_a_room_s_thread_is_refused_to_them_alone(slack: Whole) -> None:
    consult(slack)
    fake = fake_of(slack)
    fake.add_person("UNEW", "新人")
    for who in ("nakamura", "new", "yamada"):
        fake.channels["CROOMDENSHISHINSEI"].members.add(f"U{who.upper()}")
        before = len(
            fake.said_in("CROOMDENSHISHINSEI", fake.said_in("CROOMDENSHISHINSEI")[0]["ts"])
        )
        slack.say(who, "横から失礼します", ROOM)
        shown = fake.ephemerals_for(f"U{who.upper()}")[-1]
        assert "県の部屋です" in text_of(shown) or "見つかりません" in text_of(shown)
        assert shown["thread_ts"]
        after = len(fake.said_in("CROOMDENSHISHINSEI", shown["thread_ts"]))
        assert after == before + 1  # his own words, which Slack shows
    with slack.db.read() as session:
        assert session.scalars(select(TicketLine)).all() == []
    assert "横から" not in told(slack, "UYAMADA")


def test_after_a_mention_in_public_everything_of_the_consultation_is_in_private(
    slack: Whole,
) -> None:
    fake = fake_of(slack)
    fake.add_channel("CHALL", "広場", members={"UYAMADA", "UMORI", BOT})
    fake.send("message_channel", user="UYAMADA", channel="CHALL", text=f"<@{BOT}> {ASK}")
    root = fake.said_in("CHALL")[0]["ts"]
    answer = fake.said_in("CHALL", root)[-1]
    button = next(e for e in elements(answer) if label_of(e) == "相談する")
    fake.press("UMORI", answer, button["action_id"])
    assert "役割では使えません" in text_of(fake.ephemerals_for("UMORI")[-1])
    stood = len(fake.said_in("CHALL", root)), len(fake.ephemerals_for("UYAMADA"))
    fake.press("UYAMADA", answer, button["action_id"])
    slack.fill("yamada", {**FORM, "内容": f"番号は {VALID}"})
    slack.fill("yamada", {"内容": "秘密の内容です", "件名": "秘密の件名"})
    slack.press("mori", "担当になる", ROOM)
    slack.say("mori", "秘密の下書き", ROOM)
    slack.press("mori", "多可町へ返信", ROOM)
    slack.fill("mori", {"返信": "秘密の返事"})
    slack.confirm("mori")
    slack.say("yamada", "秘密の続き", "R8-0001")
    slack.press("mori", "分野を変える", ROOM)
    slack.fill("mori", {"新しい分野": "標準化"})
    slack.press("yamada", "解決した", "R8-0001")
    assert (len(fake.said_in("CHALL", root)), len(fake.ephemerals_for("UYAMADA"))) == stood

    private = {"DYAMADA", "CROOMDENSHISHINSEI", "CROOMHYOJUNKA", "CROOMREGIONAL"}
    heard = set()
    for call in fake.calls():
        arguments = call["arguments"]
        if call["method"].startswith("chat.") and "秘密" in str(arguments):
            heard.add(arguments["channel"])
            assert "下書き" not in str(arguments) or arguments["channel"] == "CROOMHYOJUNKA"
        if call["method"].startswith("views.") and "秘密" in str(arguments):
            user = arguments.get("user_id") or fake.triggers[arguments["trigger_id"]].user
            assert user in ("UYAMADA", "UMORI")
    assert heard == private
    assert "秘密の返事" in told(slack, "UYAMADA") and "秘密の下書き" not in told(slack, "UYAMADA")


def test_words_with_a_phone_number_said_anyway_are_answered_where_they_were_said(
    slack: Whole,
) -> None:
    """As they were typed, in the thread of the mention, not beside it."""
    fake = fake_of(slack)
    fake.add_channel("CHALL", "広場", members={"UYAMADA", BOT})
    words = f"{ASK} & <b> 090-1234-5678"
    sent = f"<@{BOT}> " + words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    fake.send("message_channel", user="UYAMADA", channel="CHALL", text=sent)
    shown = fake.ephemerals_for("UYAMADA")[-1]
    assert "電話番号のような数字" in text_of(shown)
    fake.press("UYAMADA", shown, elements(shown)[0]["action_id"])
    slack.tick()
    root = fake.said_in("CHALL")
    assert len(root) == 1
    assert "月額" in text_of(fake.said_in("CHALL", root[0]["ts"])[-1])
    with slack.db.read() as session:
        kept = session.scalars(select(Question)).one().text
        assert kept.startswith(f"{ASK} & <b>") and BOT not in kept
        assert {row.state for row in session.scalars(select(Delivery))} == {"sent"}


def test_a_memo_or_a_mention_in_a_room_with_a_phone_number_is_taken_when_said_anyway(
    slack: Whole,
) -> None:
    consult(slack)
    fake = fake_of(slack)
    slack.say("mori", "担当者は 090-1234-5678", ROOM)
    shown = fake.ephemerals_for("UMORI")[-1]
    fake.press("UMORI", shown, elements(shown)[0]["action_id"])
    with slack.db.read() as session:
        assert session.scalars(select(TicketLine)).one().text == "担当者は 090-1234-5678"
    words = f"<@{BOT}> {ASK} 090-1234-5678"
    fake.send("message_channel", user="UMORI", channel="CROOMDENSHISHINSEI", text=words)
    shown = fake.ephemerals_for("UMORI")[-1]
    fake.press("UMORI", shown, elements(shown)[0]["action_id"])
    asked = fake.said_in("CROOMDENSHISHINSEI")[-1]
    assert "月額" in text_of(fake.said_in("CROOMDENSHISHINSEI", asked["ts"])[-1])


def test_commands_and_shortcuts_lead_each_to_what_he_may(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.add_person("UNEW", "新人")

    def told_by(kind: str, who: str, **more: Any) -> str:
        driver(slack).close(who) if f"U{who.upper()}" in fake.modals else None
        fake.send(kind, user=f"U{who.upper()}", **more)
        assert fake.troubles == []
        return str(text_of(fake.modal_of(f"U{who.upper()}") or {"blocks": []}))

    assert "件名" in told_by("slash", "yamada", command="/soudan", text="")
    assert "入れますか" in str(
        told_by("slash", "yamada", command="/soudan", text="入れますか")
        and fake.modal_of("UYAMADA")
    )
    assert "わたしの担当" in told_by("slash", "mori", command="/soudan", text="")
    assert "わたしの担当" in told_by("shortcut", "mori", callback_id="consult")
    refused = told_by("slash", "mori", command="/soudan", text="入れますか")
    assert "相談は市町の方からお受けしています" in refused and "わたしの担当" in refused
    said = fake.send("message_channel", user="UYAMADA", channel="C1", text="入れますか")
    ts = said.payload["event"]["ts"]
    refused = told_by("message_action", "mori", callback_id="consult_words", ts=ts)
    assert "相談は市町の方からお受けしています" in refused
    assert "題名" in told_by("slash", "hayashi", command="/oshirase", text="")
    assert "いま確認が必要な" in told_by("slash", "yamada", command="/oshirase", text="")
    assert "いま確認が必要な" in told_by("slash", "new", command="/oshirase", text="")
    assert "いま見られるものは" in told_by("slash", "mori", command="/oshirase", text="")


def test_the_log_of_a_whole_story_holds_no_words_no_names_no_tokens(
    slack: Whole, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fake = fake_of(slack)
    fake.add_person("UNEW", "新人 一子", "secret@new.example")
    fake.fault("users.info", error="internal_error")
    fake.fault("chat.postMessage", error="internal_error")
    slack.say("new", f"{ASK}（秘密の質問）")
    slack.say("new", f"番号は {VALID}")
    slack.clock.forward(minutes=5)
    slack.tick()
    slack.press("new", "相談する")
    fake.fault("views.update", error="not_found")
    slack.fill(
        "new", {**FORM, "件名": "秘密の件名", "内容": "秘密の内容", "市町": "多可町", "課の名前": "秘密の課", "お名前": "新人 一子"}
    )  # fmt: skip
    driver(slack).home("mori")
    fake.fault("views.publish", error="not_enabled")
    fake.send("app_home_opened", user="UMORI")
    slack.press("mori", "担当になる", ROOM)
    slack.say("mori", "秘密のメモ", ROOM)
    slack.press("mori", "多可町へ返信", ROOM)
    slack.fill("mori", {"返信": "秘密の返事"})
    slack.confirm("mori")
    fake.channels["CROOMDENSHISHINSEI"].members.discard(BOT)
    slack.say("new", "秘密の続き", "R8-0001")
    with slack.db.write() as session:
        session.execute(text("ALTER TABLE ticket_lines RENAME TO away"))
    slack.say("new", "秘密の続き、二度目", "R8-0001")
    with slack.db.write() as session:
        session.execute(text("ALTER TABLE away RENAME TO ticket_lines"))
    logged = caplog.text
    assert (
        "could not be handled" in logged and "users.info" in logged
    )  # something went wrong indeed
    with slack.db.read() as session:
        names = [person.name for person in session.scalars(select(Person))]
        assert session.scalars(select(Ticket)).one()
    for word in (
        *names,
        "秘密",
        "利用料",
        "多可町",
        VALID,
        "xoxb",
        "xapp",
        "secret@",
        "@Example.jp",
    ):
        assert word not in logged, word


@pytest.mark.parametrize("how", ["command", "shortcut", "mention", "message"])
def test_who_wrote_a_my_number_is_told_alone_and_nothing_is_kept(slack: Whole, how: str) -> None:
    fake = fake_of(slack)
    fake.add_channel("CHALL", "広場", members={"UYAMADA", "UUEDA", BOT})
    words = f"番号は {VALID} です"
    stood = fake.send("message_channel", user="UUEDA", channel="CHALL", text=words)
    ts = stood.payload["event"]["ts"]
    if how == "mention":  # the desk was sent out of the channel a moment ago
        fake.fault("chat.postEphemeral", error="not_in_channel")
    {
        "command": lambda: fake.send(
            "slash", user="UYAMADA", command="/soudan", text=words, channel="CHALL"
        ),
        "shortcut": lambda: fake.send(
            "message_action", user="UYAMADA", callback_id="consult_words", ts=ts
        ),
        "mention": lambda: fake.send(
            "message_channel", user="UYAMADA", channel="CHALL", text=f"<@{BOT}> {words}"
        ),
        "message": lambda: fake.send("message_im", user="UYAMADA", text=words),
    }[how]()
    [shown] = fake.ephemerals_for("UYAMADA")
    assert f"【{VALID}】" in text_of(shown) and shown["channel"] == "DYAMADA"
    assert fake.modal_of("UYAMADA") is None and fake.troubles == []
    assert VALID not in told(slack, "UYAMADA")
    with slack.db.read() as session:
        for table in ("inbox", "dialogues", "deliveries", "questions"):
            kept = session.connection().exec_driver_sql(f"SELECT * FROM {table}")
            assert not any(VALID in str(row) for row in kept)
