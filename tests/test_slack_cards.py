"""Cards in Slack: whatever a person writes arrives readable and harmless, and nothing of it is cut."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import tickets
from bot.cards import answers
from bot.db import Database
from bot.directory import Field, Person
from bot.platforms.slack.blocks import messages_of
from bot.tickets import Request, Urgency, Visibility
from handlers import ask
from knowledge.store import published
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of
from tests.slack_driver import SlackDriver, elements, label_of, text_of
from tests.slack_fake import FakeSlack
from tests.slack_world import PAGE
from tests.store import NOON, Store
from tests.test_announcing import NOTICE, account, write
from tests.test_consulting import FORM, consult
from tests.test_slack_limits import NASTY, SENTENCES, complete, harmless, in_order, obeys, read

Json = dict[str, Any]
LINK = "<!here> &lt;b&gt; <@U1|x> https://example.jp/?a=1&b=2"
ROOM = "電子申請/R8-0001"


@pytest.fixture
def slack(
    store: Store, own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms
) -> Iterator[Whole]:
    made = in_slack(own_db, tmp_path, library_of(own_db, words, synonyms))
    yield made
    made.extras["close"]()


def fake_of(slack: Whole) -> FakeSlack:
    found: FakeSlack = slack.extras["fake"]
    return found


def driver(slack: Whole) -> SlackDriver:
    assert isinstance(slack.driver, SlackDriver)
    return slack.driver


def all_said(fake: FakeSlack) -> list[Json]:
    """What every call of the desk wanted to show."""
    shown = ("chat.postMessage", "chat.postEphemeral", "chat.update", "views.")
    return [c["arguments"] for c in fake.calls() if c["method"].startswith(shown)]


def test_whatever_is_written_anywhere_arrives_readable_and_harmless(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.add_person("USTRANGER", "だれか")
    slack.say("stranger", f"相談の質問 {NASTY} {LINK}")
    slack.press("stranger", "相談する")
    slack.fill(
        "stranger",
        {**FORM, "件名": NASTY, "内容": f"{NASTY}\n{LINK}", "市町": "多可町", "課の名前": NASTY[:35], "お名前": LINK[:35]},
    )  # fmt: skip
    slack.press("mori", "担当になる", ROOM)
    slack.say("mori", f"内輪 {LINK}", ROOM)
    slack.press("mori", "多可町へ返信", ROOM)
    slack.fill("mori", {"返信": f"返信 {NASTY} {LINK}"})
    slack.confirm("mori")
    slack.say("stranger", f"続き {LINK}", "R8-0001")
    slack.press("mori", "分野を変える", ROOM)
    slack.fill("mori", {"新しい分野": "標準化"})
    fake.send("slash", user="UMORI", command="/soudan", text="")
    slack.press("mori", "わたしの担当")
    write(slack, 題名=NASTY, 本文=f"{LINK}\n{NASTY}")
    slack.confirm("hayashi")
    slack.press("fujii", "承認する", "事務局")
    slack.press("sec-taka", "確認しました")
    slack.fill("sec-taka", {"お名前": LINK[:35]})
    for who in ("yamada", "stranger", "sakamoto", "fujii", "sec-taka"):
        driver(slack).home(who)

    room = slack.read("sakamoto", "標準化/R8-0001")
    for words in (NASTY, f"{NASTY}\n{LINK}", NASTY[:35], LINK[:35], f"内輪 {LINK}", f"続き {LINK}"):
        assert words in room, words
    assert f"返信 {NASTY} {LINK}" in slack.read("stranger", "R8-0001")
    assert f"{NASTY}\n{LINK}\n{NASTY}" in slack.read("sec-taka")
    assert f"{LINK[:35]}（企画課（共用））さんが" in slack.read("sec-taka")
    assert len(all_said(fake)) > 60
    for arguments in all_said(fake):
        harmless(arguments)
        assert "<" not in str(arguments.get("text", ""))
    assert fake.troubles == []


def test_a_consultation_of_5000_characters_arrives_whole_and_is_kept_up_to_date(
    slack: Whole,
) -> None:
    fake = fake_of(slack)
    words = fake.send("message_channel", user="UUEDA", channel="C1", text=SENTENCES)
    ts = words.payload["event"]["ts"]
    fake.send("message_action", user="UYAMADA", callback_id="consult_words", ts=ts)
    slack.fill("yamada", {"件名": FORM["件名"], "分野": FORM["分野"]})
    own, room = (driver(slack).cards(w, p) for w, p in (("yamada", "R8-0001"), ("mori", ROOM)))
    for said in (own, room):
        assert len(said) == 2
        text = "".join(said).replace("\n", "")
        assert all(f"{n:04}番目の文です。" in text for n in range(1, 455))
        assert SENTENCES[-500:] in text
    assert "まだいません" in room[0]

    slack.press("mori", "担当になる", ROOM)
    slack.press("mori", "完了にする", ROOM)
    after = driver(slack).cards("mori", ROOM)
    assert "担当：森 佳奈（デジタル改革課）" in after[0]
    assert "まだいません" not in "".join(after)
    assert after[1] == room[1]
    assert "".join(after[:2]).replace("\n", "").count("0227番目の文です。") == 1
    mine = driver(slack).cards("yamada", "R8-0001")
    assert mine[1] == own[1] and "完了" in mine[0]
    assert SENTENCES[:2000] in mine[0].replace("\n", "")


def test_a_long_thread_is_carried_over_whole(slack: Whole) -> None:
    """Lines just short enough to stand together used to be one block of any size."""
    consult(slack)
    for n in range(40):
        slack.driver.say("mori", f"{n:02}行目。" + "検討の経過です。" * 25, ROOM)
    slack.press("mori", "分野を変える", ROOM)
    slack.fill("mori", {"新しい分野": "標準化"})
    moved = driver(slack).cards("sakamoto", "標準化/R8-0001")
    assert in_order([f"{n:02}行目。" + "検討の経過です。" * 25 for n in range(40)], "".join(moved))
    assert fake_of(slack).troubles == []


def everything_in(slack: Whole, channel: str) -> str:
    """All that stands in a channel, threads too."""
    fake = fake_of(slack)
    with fake.lock:
        found = [m for (where, _), m in sorted(fake.messages.items()) if where == channel]
    return "\n".join(text_of(m) for m in found).replace("\n", "")


def test_of_a_long_consultation_that_moves_nothing_is_left_in_the_old_room(slack: Whole) -> None:
    fake = fake_of(slack)
    words = fake.send("message_channel", user="UUEDA", channel="C1", text=SENTENCES)
    ts = words.payload["event"]["ts"]
    fake.send("message_action", user="UYAMADA", callback_id="consult_words", ts=ts)
    slack.fill("yamada", {"件名": FORM["件名"], "分野": FORM["分野"]})
    slack.say("mori", "メモは残ります", ROOM)
    slack.press("mori", "分野を変える", ROOM)
    slack.fill("mori", {"新しい分野": "標準化"})
    left, moved = (everything_in(slack, c) for c in ("CROOMDENSHISHINSEI", "CROOMHYOJUNKA"))
    assert "番目の文です" not in left and "標準化の部屋へ移りました" in left
    assert "メモは残ります" in left
    assert all(moved.count(f"{n:04}番目の文です。") == 1 for n in range(1, 455))
    assert "メモは残ります" in moved
    assert fake.troubles == []


def test_a_long_draft_that_is_written_again_changes_in_all_its_messages(slack: Whole) -> None:
    slack.press("hayashi", "知識を直す")
    slack.fill("hayashi", {"どの項目": "ehyogo-join"})
    slack.press("hayashi", "を直す")
    slack.fill("hayashi", {"答え": "\n".join(f"{n:03}行目は前の文です。" for n in range(105))})
    slack.press("hayashi", "書き直す", "事務局")
    slack.fill("hayashi", {"答え": "\n".join(f"{n:03}行目は次の文です。" for n in range(105))})
    office = everything_in(slack, "CROOMOFFICE")
    assert (
        "前の文です" not in office and office.count("104行目は次の文です。") == 2
    )  # the answer, what changes
    slack.press("hayashi", "書き直す", "事務局")
    slack.fill("hayashi", {"答え": "短くしました。"})
    office = everything_in(slack, "CROOMOFFICE")
    assert "の文です" not in office and "短くしました。" in office
    slack.press("hayashi", "書き直す", "事務局")
    slack.fill("hayashi", {"答え": "\n".join(f"{n:03}行目はまた長い文です。" for n in range(95))})
    assert everything_in(slack, "CROOMOFFICE").count("094行目はまた長い文です。") == 2
    assert fake_of(slack).troubles == []


def test_a_queue_of_50_is_read_to_its_end(slack: Whole) -> None:
    with slack.db.write() as session:
        asker, field = session.get_one(Person, "yamada"), session.get_one(Field, "電子申請")
        for n in range(50):
            request = Request(
                f"{n:02}件目 {NASTY}"[:60],
                "内容",
                field,
                Urgency.NORMAL,
                None,
                Visibility.SECTION,
                False,
            )
            tickets.open_ticket(session, asker, account(slack, "yamada"), request, NOON)
    fake_of(slack).send("slash", user="UMORI", command="/soudan", text="")
    slack.press("mori", "わたしの担当")
    said = slack.driver.read("mori")
    while "つづきを見る" in [label_of(e) for e in elements(fake_of(slack).modal_of("UMORI") or {})]:
        slack.press("mori", "つづきを見る")
        said += slack.driver.read("mori")
    assert all(f"{n:02}件目 <!channel> <@UMORI>" in said for n in range(50))
    assert fake_of(slack).troubles == []


def test_the_board_of_41_and_many_notices_are_whole(slack: Whole) -> None:
    for n in range(12):
        write(slack, 題名=f"{NOTICE['題名']}{NASTY[:30]}{n:02}")
        slack.confirm("hayashi")
        slack.press("fujii", "承認する", "事務局")
    slack.tick()
    slack.press("hayashi", "進み具合を見る", "事務局")
    board = slack.driver.read("hayashi")
    with slack.db.read() as session:
        towns = [p.municipality.name for p in session.query(Person) if p.municipality]
    assert len(set(towns)) == 41 and all(f"⏳{town}" in board for town in towns)
    fake_of(slack).send("slash", user="UYAMADA", command="/oshirase", text="")
    view = fake_of(slack).modal_of("UYAMADA")
    assert view and [f"{n:02}」を確認しました" in text_of(view) for n in range(12)] == [True] * 12
    assert len(elements(view)) == 12
    for block in view["blocks"]:  # each name stands right above its button
        if block["type"] == "actions":
            assert len(block["elements"]) == 1


def test_every_answer_of_the_pack_fits_into_its_messages(slack: Whole) -> None:
    index = slack.desk.library.index()
    with slack.db.read() as session:
        entries = [row.entry for row in published(session)]
        shown = [ask.shown(session, entry, index, NOON.date()) for entry in entries]
    many = replace(
        shown[0], sources=tuple((f"出典{n} {NASTY}", f"/view/source/{n}") for n in range(80))
    )
    assert len(shown) > 200
    for one in (*shown, many):
        card = answers.answer(one, 7)
        parts = messages_of(card, PAGE)
        for part in parts:
            obeys(part.blocks)
        complete(card, "".join(read(part.blocks) for part in parts))
        assert len(parts) == 1 or one is many


def test_a_consultation_with_a_long_history_is_read_screen_by_screen(slack: Whole) -> None:
    consult(slack)
    lines = [f"{n:02}件目。" + "経過を書きます。" * 40 for n in range(70)]
    for line in lines:
        slack.driver.say("mori", line, ROOM)
    slack.press("mori", "内容とやりとりを見る", ROOM)
    said = [read((fake_of(slack).modal_of("UMORI") or {})["blocks"])]
    while "つづきを見る" in said[-1]:
        slack.press("mori", "つづきを見る")
        said.append(read((fake_of(slack).modal_of("UMORI") or {})["blocks"]))
    assert len(said) > 1 and len(fake_of(slack).modals["UMORI"]) == 1
    assert in_order([FORM["内容"], *lines], "".join(said))
    slack.press("mori", "担当になる")  # on the last screen: the first one stands there anew
    assert "担当：森 佳奈" in driver(slack).read("mori")


def test_a_card_that_changed_while_nobody_knew_whether_it_stands_is_shown_as_it_is(
    slack: Whole,
) -> None:
    fake = fake_of(slack)
    slack.press("yamada", "相談する")
    driver(slack).fill("yamada", {**FORM, "内容": SENTENCES[:2900]})
    fake.fault("chat.postMessage", drop="after")
    slack.tick()  # the room's card stands, and the answer is lost
    assert "まだいません" in text_of(fake.said_in("CROOMDENSHISHINSEI")[-1])
    driver(slack).press("mori", "担当になる", "電子申請")
    slack.clock.forward(minutes=2)
    slack.tick()
    slack.tick()
    cards = driver(slack).cards("mori", ROOM)
    assert "担当：森 佳奈" in cards[0] and "まだいません" not in "".join(cards)
    assert len(fake.said_in("CROOMDENSHISHINSEI")) == 1
    assert "".join(cards).replace("\n", "").count("0100番目の文です。") == 1
