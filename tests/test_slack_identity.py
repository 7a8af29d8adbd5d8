"""Who somebody in Slack is: known by his address, a stranger, a namesake of elsewhere; and what he hears."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import roster
from bot.chat import Account
from bot.db import Database
from bot.directory import KnownAccount
from bot.tickets import Status, TicketLine
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of
from tests.slack_driver import SlackDriver, elements, label_of, text_of
from tests.slack_fake import BOT, TEAM, FakeSlack
from tests.store import HYOGO, Store
from tests.test_announcing import NOTICE, write
from tests.test_consulting import FORM, consult, ticket

Json = dict[str, Any]
ASK = "e-ひょうごの利用料は月いくら。人口5万人未満です"
ROOM = "電子申請/R8-0001"
OTHER = "T0OTHER"


def load_people(db: Database, folder: Path, without: tuple[str, ...] = ()) -> None:
    """The directory lists everybody by address, as a municipality writes it."""
    with (HYOGO / "directory" / "demo" / "people.csv").open(encoding="utf-8-sig") as file:
        lines = list(csv.DictReader(file))
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        for line in lines:
            if line["person"] not in without:
                mail = f"slack/{TEAM}/{line['person'].title()}@Example.jp"
                writer.writerow({**line, "accounts": mail})
    with db.write() as session:
        roster.load(session, folder, "demo")


@pytest.fixture
def slack(
    store: Store, own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms
) -> Iterator[Whole]:
    """Nobody's account is known yet; only addresses are."""
    made = in_slack(own_db, tmp_path, library_of(own_db, words, synonyms))
    load_people(own_db, tmp_path)
    yield made
    made.extras["close"]()


def fake_of(slack: Whole) -> FakeSlack:
    found: FakeSlack = slack.extras["fake"]
    return found


def driver(slack: Whole) -> SlackDriver:
    assert isinstance(slack.driver, SlackDriver)
    return slack.driver


def known_as(slack: Whole, user: str, team: str = TEAM) -> str:
    """The name the desk has for somebody; empty for a stranger."""
    visitor = slack.desk.visitor(Account("slack", team, user))
    return visitor.name if visitor else ""


def told(slack: Whole, user: str) -> str:
    """What the desk said to somebody alone, threads too."""
    fake, channel = fake_of(slack), f"D{user[1:]}"
    with fake.lock:
        said = [m for (where, _), m in sorted(fake.messages.items()) if where == channel]
    return "\n".join(text_of(m) for m in said if m["user"] == BOT)


def send_notice(slack: Whole) -> None:
    write(slack)
    slack.confirm("hayashi")
    slack.press("fujii", "承認する", "事務局")
    slack.tick()


# ---- somebody the directory lists by address


def test_somebody_listed_by_address_is_known_at_the_first_word(slack: Whole) -> None:
    assert known_as(slack, "UYAMADA") == ""
    slack.say("yamada", "こんにちは")
    assert "山田 葵さん、こんにちは" in told(slack, "UYAMADA")
    fake_of(slack).reset()
    slack.say("yamada", ASK)
    slack.press("yamada", "相談する")
    assert driver(slack).fields("yamada")[0] == "件名"  # nobody asks him who he is
    assert fake_of(slack).calls("users.info") == []
    with slack.db.read() as session:
        learnt = session.scalars(select(KnownAccount).where(KnownAccount.user == "UYAMADA")).one()
        assert (learnt.person_id, learnt.learnt_from) == ("yamada", "Yamada@Example.jp")


def test_the_first_thing_is_a_button_on_an_announcement_sent_to_the_address(slack: Whole) -> None:
    send_notice(slack)
    assert known_as(slack, "UYAMADA") == ""
    assert "Yamada@Example.jp" in [
        c["arguments"]["email"] for c in fake_of(slack).calls("users.lookupByEmail")
    ]
    slack.press("yamada", "確認しました")
    assert known_as(slack, "UYAMADA") == "山田 葵"
    assert "山田 葵さんが" in told(slack, "UYAMADA")
    slack.driver.press("hayashi", "進み具合を見る", "事務局")
    assert "多可町 確認済 山田 葵" in driver(slack).read("hayashi")
    assert fake_of(slack).troubles == []


def test_an_address_that_nobody_has_is_seen_on_the_board(slack: Whole) -> None:
    del fake_of(slack).people["UKOBE1"], fake_of(slack).people["USEC-KOBE"]
    send_notice(slack)
    slack.driver.press("hayashi", "進み具合を見る", "事務局")
    assert "⛔神戸市 送れませんでした" in driver(slack).read("hayashi")
    assert NOTICE["題名"] in told(slack, "UYAMADA")  # one bad row stops nobody else


@pytest.mark.parametrize("where", ["home", "shortcut", "slash"])
def test_the_first_thing_is_the_home_tab_a_shortcut_or_a_command(slack: Whole, where: str) -> None:
    fake = fake_of(slack)
    if where == "home":
        assert "デジタル改革課 森 佳奈さん" in text_of(driver(slack).home("mori"))
    elif where == "shortcut":
        fake.send("shortcut", user="UMORI", callback_id="consult")
    else:
        fake.send("slash", user="UMORI", command="/soudan", text="")
    assert known_as(slack, "UMORI") == "森 佳奈"
    if where != "home":
        assert "わたしの担当" in driver(slack).read("mori")


# ---- who only looks like somebody


@pytest.mark.parametrize(
    "how",
    [
        {"is_restricted": True}, {"email_confirmed": False}, {"deleted": True},
        {"is_bot": True}, {"team": OTHER}, {"email": ""},
    ],
)  # fmt: skip
def test_who_has_the_address_but_is_no_member_is_a_stranger(slack: Whole, how: Json) -> None:
    fake = fake_of(slack)
    fake.add_person("UMORI", **{"name": "森 佳奈", "email": "mori@example.jp", **how})
    consult(slack)
    if not how.get("is_bot"):
        fake.send("message_im", user="UMORI", text="こんにちは")
    for action in ("take", "reply", "close"):
        fake.send(
            "block_actions", user="UMORI", channel="CROOMDENSHISHINSEI",
            action_id=f"press:0:{action}", value="1",
        )  # fmt: skip
    for look in ("look:0:ticket", "look:0:queue"):
        fake.send("block_actions", user="UMORI", channel="DMORI", action_id=look, value="1")
        assert FORM["内容"] not in str(fake.modal_of("UMORI"))
    team = how.get("team", TEAM)
    assert known_as(slack, "UMORI", team) == known_as(slack, "UMORI") == ""
    assert (ticket(slack).status, ticket(slack).owner_id) == (Status.OPEN, None)
    with slack.db.read() as session:
        assert not session.scalars(select(KnownAccount).where(KnownAccount.user == "UMORI")).all()


def test_somebody_of_another_organisation_has_his_own_account_and_no_namesake_s_rights(
    slack: Whole,
) -> None:
    """He may consult as a stranger; his account carries his own workspace, and his talk is where we speak."""
    slack.say("yamada", "こんにちは")
    consult(slack)
    fake = fake_of(slack)
    fake.add_person("UYAMADA2", "山田 葵", "yamada@example.jp", team=OTHER)
    fake.add_channel("CSHARED", "共同", members={"UYAMADA2", "UYAMADA", BOT}, is_ext_shared=True)
    fake.send("message_channel", user="UYAMADA2", channel="CSHARED", text=f"<@{BOT}> {ASK}")
    answer = fake.said_in("CSHARED", fake.said_in("CSHARED")[0]["ts"])[-1]
    assert "月額" in text_of(answer)
    button = next(e for e in elements(answer) if label_of(e) == "相談する")
    fake.press("UYAMADA2", answer, button["action_id"])
    assert driver(slack).fields("yamada2")[:3] == ["市町", "課の名前", "お名前"]
    slack.fill(
        "yamada2",
        {**FORM, "件名": "別の件", "市町": "多可町", "課の名前": "企画課", "お名前": "山田 葵"},
    )
    assert str(ticket(slack).asker_account) == f"slack/{OTHER}/UYAMADA2"
    assert "R8-0002 を受け付けました" in told(slack, "UYAMADA2")
    assert known_as(slack, "UYAMADA2", OTHER) == "山田 葵" and known_as(slack, "UYAMADA2") == ""
    fake.send("message_im", user="UYAMADA2", channel="DYAMADA2", text="相談")
    for value in ("1", ""):
        action = "look:0:ticket" if value else "look:0:tickets"
        fake.send(
            "block_actions", user="UYAMADA2", channel="DYAMADA2", action_id=action, value=value
        )
        assert FORM["件名"] not in str(fake.modal_of("UYAMADA2"))
    slack.press("mori", "多可町へ返信", "電子申請/R8-0002")
    slack.fill("mori", {"返信": "別の件への返事"})
    slack.confirm("mori")
    assert "別の件への返事" in told(slack, "UYAMADA2")
    assert "別の件" not in told(slack, "UYAMADA")
    assert [c for c in fake.calls("views.publish") if c["arguments"]["user_id"] == "UYAMADA2"] == []
    assert fake.troubles == []


def test_a_stranger_is_answered_introduces_himself_and_sees_only_his_own(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.add_person("UNEW", "新人", "new@elsewhere.example")
    consult(slack)
    assert "月額" in slack.say("new", ASK)
    slack.press("new", "相談する")
    who = {"市町": "多可町", "課の名前": "企画課", "お名前": "山田 葵"}
    slack.fill("new", {**FORM, **who, "件名": "新人の相談"})
    assert "本人の申告・名簿で未確認" in slack.read("mori", "電子申請/R8-0002")
    home = text_of(driver(slack).home("new"))
    assert "新人の相談" in home and FORM["件名"] not in home
    fake.send("block_actions", user="UNEW", channel="DNEW", action_id="look:0:ticket", value="1")
    assert "いま見られるものはありません" in str(fake.modal_of("UNEW"))
    driver(slack).close("new")
    slack.say("new", "続きです", "R8-0002")
    assert "続きです" in slack.read("mori", "電子申請/R8-0002")
    assert "続きです" not in slack.read("yamada", "R8-0001")
    assert "新人の相談" in text_of(
        driver(slack).home("yamada")
    )  # of his section, as the asker wished


@pytest.mark.parametrize(
    "trouble", [{"error": "internal_error"}, {"status": 429}, {"status": 500}, {"drop": "before"}]
)
def test_where_slack_does_not_say_who_it_is_it_is_asked_again(slack: Whole, trouble: Json) -> None:
    fake = fake_of(slack)
    fake.fault("users.info", **trouble)
    assert "月額" in slack.say("yamada", ASK)  # answered as a stranger
    assert known_as(slack, "UYAMADA") == ""
    slack.say("yamada", "こんにちは")
    assert "山田 葵さん、こんにちは" in told(slack, "UYAMADA")
    assert fake.troubles == []


def test_a_liaison_who_leaves_the_directory_loses_his_rights_at_once(
    slack: Whole, tmp_path: Path
) -> None:
    consult(slack)
    slack.press("mori", "担当になる", ROOM)
    slack.press("mori", "多可町へ返信", ROOM)
    slack.fill("mori", {"返信": "内緒の返事"})
    load_people(slack.db, tmp_path, without=("mori",))
    slack.confirm("mori")  # his modal stood open
    assert "内緒の返事" not in slack.read("yamada", "R8-0001")
    slack.press("mori", "完了にする", ROOM)
    slack.say("mori", "まだ書けますか", ROOM)
    assert "使えません" in told(slack, "UMORI")  # to the modal, as he has no room any more
    refusals = [text_of(e) for e in fake_of(slack).ephemerals_for("UMORI")]
    assert len(refusals) == 2 and all("使えません" in r or "見つかりません" in r for r in refusals)
    home = text_of(driver(slack).home("mori"))
    assert "名簿にない方" in home and FORM["件名"] not in home
    fake_of(slack).send("slash", user="UMORI", command="/oshirase", text="")
    assert "お知らせを書く" not in driver(slack).read("mori")
    with slack.db.read() as session:
        assert session.scalars(select(TicketLine)).all() == []
    load_people(slack.db, tmp_path)
    slack.clock.forward(minutes=6)
    slack.say("mori", "また書けます", ROOM)
    with slack.db.read() as session:
        assert session.scalars(select(TicketLine)).one().text == "また書けます"


def test_who_told_us_who_he_is_and_is_listed_later_keeps_his_consultations(
    slack: Whole, tmp_path: Path
) -> None:
    load_people(slack.db, tmp_path, without=("yamada",))
    me = {"市町": "多可町", "課の名前": "企画課", "お名前": "山田 葵"}
    slack.press("yamada", "相談する")
    slack.fill("yamada", {**FORM, **me})
    assert ticket(slack).asker_id != "yamada"

    load_people(slack.db, tmp_path)
    slack.clock.forward(minutes=6)  # his address is asked for again
    slack.say("yamada", "続きです", "R8-0001")
    assert ticket(slack).asker_id == "yamada"
    assert "続きです" in slack.read("mori", ROOM)
    assert FORM["件名"] in text_of(driver(slack).home("yamada"))
    slack.press("yamada", "解決した", "R8-0001")
    assert ticket(slack).status == Status.CLOSED
