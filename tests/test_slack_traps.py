"""The traps of docs/slack.md, one by one: what Slack and its libraries do, and what the desk makes of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.chat import SendError
from bot.db import Database
from bot.deliveries import Delivery
from bot.inbox import Arrival
from bot.questions import Question
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of
from tests.slack_driver import SlackDriver, dispatcher, elements, label_of, text_of
from tests.slack_fake import BOT, BOT_ID, FakeSlack
from tests.store import Store
from tests.test_consulting import consult

ASK = "e-ひょうごの利用料は月いくら。人口5万人未満です"
DM = "DYAMADA"


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


def count(slack: Whole, kind: type[Any]) -> int:
    with slack.db.read() as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


def posts(slack: Whole) -> list[str]:
    """What the desk has posted to 山田 alone."""
    return [text_of(m) for m in fake_of(slack).said_in(DM) if m["user"] == BOT]


# ---- 1 duplicates


def test_the_same_event_told_twice_is_one_event(slack: Whole) -> None:
    sent = fake_of(slack).send("message_im", user="UYAMADA", text=ASK)
    before = posts(slack)
    fake_of(slack).resend(sent)
    fake_of(slack).resend(sent, "http_timeout")
    assert count(slack, Question) == count(slack, Arrival) == 1
    assert posts(slack) == before


def test_a_retry_whose_first_delivery_never_came_is_heard(slack: Whole) -> None:
    """A header that says "retry" is no reason to drop anything: in Socket Mode the first one has it too."""
    fake = fake_of(slack)
    lost = fake.make("message_im", user="UYAMADA", text=ASK)
    fake.resend(fake.send(lost))
    assert count(slack, Question) == 1


def test_a_mention_that_comes_as_message_and_as_app_mention_is_answered_once(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.add_channel("CHALL", "広場", members={"UYAMADA", BOT})
    words = f"<@{BOT}> {ASK}"
    first = fake.make("message_channel", user="UYAMADA", channel="CHALL", text=words)
    fake.send(first)
    ts = first.payload["event"]["ts"]
    fake.send("app_mention", user="UYAMADA", channel="CHALL", text=ASK, ts=ts)
    thread = [text_of(m) for m in fake.said_in("CHALL", ts)]
    assert len(thread) == 2 and "月額" in thread[1]
    assert len(fake.said_in("CHALL")) == 1  # nothing beside the thread
    assert count(slack, Question) == 1


def test_a_button_pressed_twice_counts_once(slack: Whole) -> None:
    """A double click is two events; the second finds that it is done, and only its presser hears so."""
    consult(slack)
    fake, room = fake_of(slack), "CROOMDENSHISHINSEI"
    card = fake.said_in(room)[0]
    take = next(e for e in elements(card) if label_of(e) == "担当になる")
    twice = [fake.pressing("UMORI", card, take["action_id"]) for _ in range(2)]
    for press in twice:
        fake.send(press)
    slack.tick()
    thread = [text_of(m) for m in fake.said_in(room, card["ts"])]
    assert sum("担当になりました" in text for text in thread) == 1
    [told] = fake.ephemerals_for("UMORI")
    assert "もうあなたが担当です" in text_of(told)


# ---- 2 the inbox before the acknowledgement


def test_an_event_is_written_down_before_it_is_acknowledged(slack: Whole) -> None:
    """Bolt acknowledges an event before its listener: when the answer to Slack is there, so is the row."""
    fake, rows = fake_of(slack), []
    through = fake.dispatch
    assert through is not None
    app = slack.extras["connected"].app
    app.listener_runner.listener_executor.submit = lambda *_a, **_k: rows.append(
        count(slack, Arrival)
    )
    status, _ = through(fake.make("message_im", user="UYAMADA", text=ASK).payload)
    assert (status, rows) == (200, [1])


def test_what_cannot_be_written_down_is_not_acknowledged(slack: Whole) -> None:
    fake = fake_of(slack)
    payload = fake.make("message_im", user="UYAMADA", text=ASK).payload
    with slack.db.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE inbox RENAME TO away")
    try:
        assert fake.dispatch is not None
        status, _ = fake.dispatch(payload)
        assert status == 500  # Slack comes again
    finally:
        with slack.db.write() as session:
            session.connection().exec_driver_sql("ALTER TABLE away RENAME TO inbox")
    assert fake.dispatch(payload)[0] == 200
    assert count(slack, Question) == 1


def test_a_process_that_dies_after_the_acknowledgement_loses_nothing(slack: Whole) -> None:
    fake = fake_of(slack)
    app = slack.extras["connected"].app
    app.listener_runner.listener_executor.submit = lambda *_a, **_k: None  # it dies here
    assert fake.dispatch is not None
    fake.dispatch(fake.make("message_im", user="UYAMADA", text=ASK).payload)
    assert posts(slack) == []
    slack.clock.forward(seconds=31)  # the lease is over
    slack.tick()
    assert "月額" in posts(slack)[-1]


# ---- 4 what nobody handles is acknowledged


@pytest.mark.parametrize(
    "kind",
    ["reaction_added", "channel_join", "event"],
)
def test_events_nobody_listens_to_are_acknowledged(slack: Whole, kind: str) -> None:
    fake = fake_of(slack)
    more: dict[str, Any] = {"event": {"type": "workflow_published"}} if kind == "event" else {}
    if kind == "reaction_added":
        more = {
            "ts": fake.send("message_im", user="UYAMADA", text="こんにちは").payload["event"]["ts"]
        }
    fake.send(kind, user="UYAMADA", channel=DM if kind != "channel_join" else "C1", **more)
    assert fake.troubles == []


def test_interactions_nobody_knows_are_acknowledged(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.send("shortcut", user="UYAMADA", callback_id="of_another_time")
    fake.send("slash", user="UYAMADA", command="/other")
    slack.say("yamada", ASK)
    message = fake.said_in(DM)[-1]
    for action_id in ("unknown", "press:0:no_such_action", "look:0:no_such_look"):
        fake.send(
            "block_actions", user="UYAMADA", ts=message["ts"], channel=DM, action_id=action_id
        )
    assert fake.troubles == []
    assert "このボタンは、いまは使えません" in posts(slack)[-1]


# ---- 5 authorisation asks nobody


def test_no_call_stands_between_an_event_and_its_row(slack: Whole) -> None:
    """Bolt's own authorisation asks auth.test, and where that fails it acknowledges and drops the event."""
    fake = fake_of(slack)
    fake.reset()
    fake.fault("auth.test", times=9, status=500)
    fake.send("message_im", user="UYAMADA", text=ASK)
    assert fake.calls("auth.test") == []
    assert count(slack, Question) == 1


# ---- 6 an answer that gets lost


def test_a_post_whose_answer_is_lost_is_not_posted_again(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.fault("chat.postMessage", drop="after")
    fake.send("message_im", user="UYAMADA", text=ASK)
    slack.clock.forward(seconds=40)  # the queue's pause is over
    slack.tick()
    slack.tick()
    assert [text for text in posts(slack) if "月額" in text] == [posts(slack)[-1]]
    assert len(posts(slack)) == 2  # the welcome and the answer
    with slack.db.read() as session:
        assert {row.state for row in session.scalars(select(Delivery))} == {"sent"}
    assert len(fake.calls("conversations.history")) == 1  # it looked


def test_a_post_in_a_thread_whose_answer_is_lost_is_looked_for_in_the_thread(slack: Whole) -> None:
    consult(slack)
    fake = fake_of(slack)
    fake.fault("chat.postMessage", drop="after")
    slack.driver.press("mori", "担当になる", "電子申請/R8-0001")
    slack.clock.forward(seconds=40)
    slack.tick()
    thread = slack.driver.cards("mori", "電子申請/R8-0001")
    assert sum("担当になりました" in text for text in thread) == 1
    assert fake.calls("conversations.replies")


def test_a_post_that_never_arrived_is_posted_again(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.fault("chat.postMessage", drop="before")
    fake.send("message_im", user="UYAMADA", text=ASK)
    assert posts(slack) == []
    slack.clock.forward(seconds=40)
    slack.tick()
    assert "月額" in posts(slack)[-1]


def test_the_library_s_own_retries_are_off(slack: Whole) -> None:
    client = slack.extras["connected"].slack.client
    assert client.retry_handlers == []


# ---- 7 too many requests


def test_too_many_requests_wait_as_long_as_slack_asks_and_keep_their_order(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.send("message_im", user="UYAMADA", text="こんにちは")
    fake.fault("chat.postMessage", status=429, retry_after=7)
    fake.send("message_im", user="UYAMADA", text=ASK)
    fake.send("message_im", user="UYAMADA", text="ありがとう")
    assert len(posts(slack)) == 2  # welcome, hello
    slack.clock.forward(seconds=5)
    slack.tick()
    assert len(posts(slack)) == 2
    slack.clock.forward(seconds=4)
    slack.tick()
    assert "月額" in posts(slack)[2] and "お役に立ててよかった" in posts(slack)[3]


# ---- 8 three seconds for a modal


def test_a_form_whose_trigger_died_is_offered_by_a_card(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.trigger_life = -1.0
    fake.send("slash", user="UYAMADA", command="/soudan", text="年度の途中から入れますか")
    assert fake.modal_of("UYAMADA") is None
    assert "用紙を開けませんでした" in posts(slack)[-1]
    fake.trigger_life = 3.0
    slack.driver.press("yamada", "用紙を開く")
    assert "年度の途中から入れますか" in str(fake.modal_of("UYAMADA"))


def test_slow_work_shows_that_it_is_loading_before_the_trigger_dies(
    slack: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that is held for seconds must not cost the person the form."""
    monkeypatch.setattr("bot.platforms.slack.waiting.PATIENCE", 0.0)
    fake = fake_of(slack)
    desk = slack.extras["connected"].ears._desk
    real = desk.answer

    def slowly(taken: Any, at_once: Any) -> Any:
        fake.wait_until(lambda: fake.modal_of("UYAMADA"))  # as long as it takes
        assert "読み込んでいます" in str(fake.modal_of("UYAMADA"))
        return real(taken, at_once)

    object.__setattr__(desk, "answer", slowly)
    fake.send("shortcut", user="UYAMADA", callback_id="consult")
    driver = slack.driver
    assert isinstance(driver, SlackDriver)
    assert driver.fields("yamada")[:2] == ["件名", "内容"]
    assert len(fake.modals["UYAMADA"]) == 1


# ---- 10 the middleware is over before the listener


def test_the_transaction_of_the_middleware_is_closed_before_the_listener(slack: Whole) -> None:
    """Bolt's `next()` only sets a flag; a session left open there would be closed under the listener."""
    fake, free = fake_of(slack), []
    app = slack.extras["connected"].app

    def look(*_a: object, **_k: object) -> None:
        with slack.db.write() as session:  # nobody holds the lock
            free.append(session.scalar(select(func.count()).select_from(Arrival)))

    app.listener_runner.listener_executor.submit = look
    assert fake.dispatch is not None
    fake.dispatch(fake.make("message_im", user="UYAMADA", text=ASK).payload)
    assert free == [1]


# ---- 13 edits, subtypes, other bots


def test_edits_deletions_and_other_subtypes_are_no_new_words(slack: Whole) -> None:
    fake = fake_of(slack)
    ts = fake.send("message_im", user="UYAMADA", text=ASK).payload["event"]["ts"]
    before = count(slack, Arrival)
    fake.send("message_changed", user="UYAMADA", channel=DM, ts=ts, text=ASK + "！")
    fake.send("message_deleted", user="UYAMADA", channel=DM, ts=ts)
    fake.send("channel_join", user="UYAMADA", channel="C1")
    assert count(slack, Arrival) == before


def test_a_file_with_words_is_heard(slack: Whole) -> None:
    fake_of(slack).send("file_share", user="UYAMADA", channel=DM, text=ASK)
    assert "月額" in posts(slack)[-1]


def test_own_and_other_bots_words_are_not_heard(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.send("bot_message", user="UYAMADA", channel=DM, text=ASK, bot_id="B0OTHER")
    fake.send("bot_message", channel=DM, text=ASK, bot_id=BOT_ID)
    fake.send("message_im", user=BOT, channel=DM, text=ASK)
    assert count(slack, Arrival) == 0
    assert fake.troubles == []


def test_talk_among_people_is_neither_answered_nor_stored(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.add_channel("CHALL", "広場", members={"UYAMADA", BOT})
    fake.send("message_channel", user="UYAMADA", channel="CHALL", text=ASK)
    fake.send(
        "message_channel", user="UMORI", channel="CROOMDENSHISHINSEI", text="お昼にしましょう"
    )
    assert count(slack, Arrival) == 0


# ---- 16 rooms are looked at before they are used


def test_a_room_the_desk_is_not_in_is_not_posted_to_and_says_why(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.channels["CROOMDENSHISHINSEI"].members.discard(BOT)
    consult(slack)
    with slack.db.read() as session:
        row = session.scalars(select(Delivery).where(Delivery.recipient == "desk")).one()
        assert (row.state, row.error) == ("waiting", "not_in_channel")
    fake.channels["CROOMDENSHISHINSEI"].members.add(BOT)
    slack.clock.forward(minutes=5)
    slack.tick()
    assert "令和9年1月から" in slack.read("mori", "電子申請/R8-0001")


def test_a_public_room_is_not_used(slack: Whole) -> None:
    """What is said in the prefecture's rooms is not for everybody of the workspace."""
    fake_of(slack).channels["CROOMDENSHISHINSEI"].is_private = False
    consult(slack)
    with slack.db.read() as session:
        row = session.scalars(select(Delivery).where(Delivery.recipient == "desk")).one()
        assert row.error == "public_room"


def test_a_room_shared_with_another_organisation_is_not_used(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.channels["CROOMDENSHISHINSEI"].is_ext_shared = True
    consult(slack)
    with slack.db.read() as session:
        row = session.scalars(select(Delivery).where(Delivery.recipient == "desk")).one()
        assert row.error == "shared_with_others"
    assert fake.said_in("CROOMDENSHISHINSEI") == []


# ---- 17 a token that is withdrawn


def test_a_withdrawn_token_pauses_the_queue_and_costs_no_row_a_try(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.fault("chat.postMessage", error="token_revoked")
    fake.send("message_im", user="UYAMADA", text=ASK)
    with slack.db.read() as session:
        rows = list(session.scalars(select(Delivery)))
        assert {row.state for row in rows} == {"waiting"} and {row.tries for row in rows} == {0}
    slack.clock.forward(seconds=40)
    slack.tick()
    assert "月額" in posts(slack)[-1]


def test_an_unclear_refusal_is_told_apart_from_a_clear_one(slack: Whole) -> None:
    api, fake = slack.extras["connected"].slack, fake_of(slack)
    for how, clear in (
        ({"error": "channel_not_found"}, True),
        ({"status": 429, "retry_after": 1}, True),
        ({"error": "internal_error"}, False),
        ({"status": 500}, False),
        ({"drop": "after"}, False),
    ):
        fake.fault("chat.postMessage", **how)
        with pytest.raises(SendError) as refused:
            api.call("chat.postMessage", channel=DM, text="x", blocks=[])
        assert refused.value.unclear is not clear, how


def test_a_second_process_with_the_same_event_does_nothing(slack: Whole) -> None:
    """Slack gives each payload to any one of an app's connections; a repeat may come to the other."""
    other = slack.extras["connected"].ears.app(
        slack.extras["connected"].app.listener_runner.listener_executor, ""
    )
    fake = fake_of(slack)
    sent = fake.send("message_im", user="UYAMADA", text=ASK)
    before = posts(slack)
    fake.dispatch = dispatcher(other)
    fake.resend(sent)
    assert posts(slack) == before
    assert [label_of(e) for e in elements(fake.said_in(DM)[-1])]
