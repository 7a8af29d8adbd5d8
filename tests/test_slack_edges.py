"""More traps of docs/slack.md: at the edges of the process, of HTTP, of the workspace and of one message."""

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, JobExecutionEvent
from slack_bolt import BoltRequest
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.testclient import TestClient

import jobs
from bot.chat import Account, Card, Place, SendError
from bot.db import Database
from bot.deliveries import Delivery
from bot.directory import KnownAccount, Person
from bot.inbox import Arrival
from bot.platforms.slack import http
from bot.questions import Question
from bot.tickets import Ticket
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of
from tests.server import Server
from tests.slack_driver import AtOnce, text_of
from tests.slack_fake import BOT, SECRET, TEAM, FakeSlack, signed
from tests.store import Store
from tests.test_consulting import consult

ASK = "e-ひょうごの利用料は月いくら。人口5万人未満です"
DM = "DYAMADA"
WITHIN = 20.0


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


def answers(fake: FakeSlack, channel: str = DM) -> list[str]:
    said = [text_of(m) for m in fake.said_in(channel) if m["user"] == BOT]
    return [text for text in said if "月額" in text]


# ---- 1 duplicates: what is pressed and sent off


def test_a_press_told_twice_is_one_press(slack: Whole) -> None:
    consult(slack)
    slack.driver.press("mori", "担当になる", "電子申請/R8-0001")
    fake, before = fake_of(slack), count(slack, Arrival)
    thread = slack.driver.cards("mori", "電子申請/R8-0001")

    fake.resend(fake.history[-1])

    assert fake.history[-1].inbound.payload["actions"][0]["action_id"].endswith(":take")
    assert count(slack, Arrival) == before
    assert slack.driver.cards("mori", "電子申請/R8-0001") == thread


def test_a_form_sent_off_twice_is_one_consultation(slack: Whole) -> None:
    consult(slack)
    fake = fake_of(slack)
    [sent] = [d for d in fake.history if d.payload.get("type") == "view_submission"]
    before = [text_of(m) for m in fake.said_in(DM)]

    fake.resend(sent)

    assert count(slack, Ticket) == 1
    assert [text_of(m) for m in fake.said_in(DM)] == before


# ---- 6 an answer that gets lost: time-outs, and cards of several messages


def test_a_post_that_takes_too_long_is_not_posted_again(slack: Whole) -> None:
    """A read that times out is not retried by the library, and yet Slack has posted."""
    fake, client = fake_of(slack), slack.extras["connected"].slack.client
    fake.send("message_im", user="UYAMADA", text="こんにちは")
    client.timeout = 1
    fake.fault("chat.postMessage", delay=1.5)

    fake.send("message_im", user="UYAMADA", text=ASK)
    fake.wait_until(lambda: answers(fake), WITHIN)  # Slack was slow, not away
    client.timeout = 10
    slack.clock.forward(seconds=40)
    slack.tick()

    assert len(answers(fake)) == 1
    with slack.db.read() as session:
        assert {row.state for row in session.scalars(select(Delivery))} == {"sent"}


LONG = Card("長い答え", tuple(f"{n}段落。" + "ゐ" * 900 for n in range(12)))


def numbers(fake: FakeSlack, channel: str) -> list[str]:
    said = "".join(text_of(m) for m in fake.said_in(channel) if m["user"] == BOT)
    return [n for n in map(str, range(12)) if f"{n}段落。" in said]


def test_a_long_card_goes_on_in_the_next_message_and_nothing_is_cut(slack: Whole) -> None:
    fake, poster = fake_of(slack), slack.extras["connected"].poster

    poster.send(Place("slack", TEAM, "UYAMADA"), LONG, "d1")

    said = [m for m in fake.said_in(DM) if m["user"] == BOT]
    assert len(said) > 1
    assert "".join(map(text_of, said)).count("ゐ") == 12 * 900
    assert all(len(text_of(m).encode()) < 13_200 and len(m["blocks"]) <= 50 for m in said)


@pytest.mark.parametrize(
    ("nth", "how"),
    [(0, {"drop": "after"}), (1, {"drop": "after"}), (2, {"drop": "after"}), (1, {"status": 429})],
)
def test_of_a_long_card_only_what_is_missing_is_posted_again(
    slack: Whole, nth: int, how: dict[str, Any]
) -> None:
    """Its first message stands there, however clear the refusal of its second is."""
    fake, poster = fake_of(slack), slack.extras["connected"].poster
    place, began = Place("slack", TEAM, "UYAMADA"), jobs.now()
    fake.fault("chat.postMessage", times=nth, delay=0)
    fake.fault("chat.postMessage", **how)

    with pytest.raises(SendError) as refused:
        poster.send(place, LONG, "d1")
    assert refused.value.unclear
    poster.send(place, LONG, "d1", began)

    parts = [m["metadata"]["event_payload"]["part"] for m in fake.said_in(DM) if m["user"] == BOT]
    assert parts == sorted(set(parts)) and len(parts) > 2
    assert numbers(fake, DM) == [str(n) for n in range(12)]


def test_changes_that_wait_become_one_update(slack: Whole) -> None:
    """Slack limits chat.update as well: a card that changed three times meanwhile is drawn once."""
    consult(slack)
    fake = fake_of(slack)
    room = "CROOMDENSHISHINSEI"
    thread = fake.said_in(room)[0]["ts"]
    fake.reset()
    fake.fault("chat.update", times=3, status=429, retry_after=60)
    slack.driver.press("mori", "担当になる", "電子申請/R8-0001")
    slack.driver.press("yamada", "解決した", "R8-0001")
    slack.clock.forward(seconds=70)
    fake.reset()
    slack.tick()

    drawn = [c for c in fake.calls("chat.update") if c["arguments"]["ts"] == thread]
    assert len(drawn) == 1 and "完了" in text_of(fake.said_in(room)[0])


# ---- 9 shutdown, of the real process


def test_a_process_that_is_told_to_end_answers_first_and_ends_well(tmp_path: Path) -> None:
    with FakeSlack() as fake:
        fake.add_person("UYAMADA", "山田")
        settings = {
            "SLACK_BOT_TOKEN": "xoxb-test",
            "SLACK_APP_TOKEN": "xapp-test",
            "SLACK_API_BASE_URL": fake.base_url,
        }
        with Server(tmp_path, **settings) as server:
            fake.wait_connected(1, WITHIN)
            fake.fault("chat.postMessage", times=2, delay=1)
            fake.send("message_im", user="UYAMADA", text=ASK).wait(WITHIN)
            fake.wait_calls("chat.postMessage", 1, WITHIN)

            status = server.stop()

            assert status in (0, -15)
            assert len(answers(fake)) == 1 and fake.troubles == []
            assert "Traceback" not in server.log.read_text(encoding="utf-8")


# ---- 15 APScheduler beside Bolt


def test_a_bell_that_waits_for_a_free_thread_is_not_lost() -> None:
    """By its default APScheduler drops a job, silently, that waited for more than a second."""
    free, missed, rung = threading.Event(), list[JobExecutionEvent](), threading.Event()
    holders: list[jobs.Job] = [lambda _: free.wait(WITHIN)] * 10  # all the threads it has
    scheduler = jobs.start({0.2: holders})
    try:
        scheduler.add_listener(missed.append, EVENT_JOB_MISSED)
        time.sleep(0.4)  # they hold every thread by now
        scheduler.add_job(rung.set)  # due now
        time.sleep(1.3)  # longer than the library's own patience
        assert not rung.is_set()
        free.set()
        assert rung.wait(WITHIN) and missed == []
    finally:
        free.set()
        scheduler.shutdown(wait=True)


def test_a_job_that_breaks_does_not_stop_the_bells() -> None:
    rung: list[int] = []

    def broken(_: object) -> None:
        rung.append(1)
        raise RuntimeError("broken")

    done = threading.Event()
    scheduler = jobs.start({0.05: [broken]})
    try:
        scheduler.add_listener(lambda _: done.set() if len(rung) > 2 else None, EVENT_JOB_EXECUTED)
        assert done.wait(WITHIN)
    finally:
        scheduler.shutdown(wait=True)


# ---- 18 HTTP


def signed_request(body: str) -> BoltRequest:
    stamp = str(int(time.time()))
    headers: dict[str, str | Sequence[str]] = {
        "content-type": "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signed.sign(SECRET, body, stamp),
    }
    return BoltRequest(mode="http", body=body, headers=headers)


def test_slack_s_own_look_at_the_address_is_answered(slack: Whole) -> None:
    """Before it sends anything Slack asks the address for the word it was given."""
    app = slack.extras["connected"].ears.app(AtOnce(), SECRET)
    body = json.dumps({"token": "x", "challenge": "3eZbrw1a", "type": "url_verification"})

    answer = app.dispatch(signed_request(body))

    assert (answer.status, json.loads(answer.body)) == (200, {"challenge": "3eZbrw1a"})


def test_what_is_not_signed_is_turned_away_and_not_in_the_log(
    slack: Whole, caplog: pytest.LogCaptureFixture
) -> None:
    """Bolt would log the whole body of a request with a wrong signature."""
    app = slack.extras["connected"].ears.app(AtOnce(), SECRET)
    event = fake_of(slack).make("message_im", user="UYAMADA", text=ASK)

    with caplog.at_level(logging.INFO):
        answer = app.dispatch(BoltRequest(body=json.dumps(event.payload), headers={}))

    assert answer.status == 401 and count(slack, Arrival) == 0
    assert "UYAMADA" not in caplog.text


def test_till_it_is_known_who_we_are_slack_is_asked_to_come_again() -> None:
    client = TestClient(Starlette(routes=[http.route(lambda: None)]))

    assert client.post(http.PATH, json={"type": "event_callback"}).status_code == 503


# ---- 19 the library's own stores are not used


def test_neither_greenlet_nor_the_stores_of_the_library_are_loaded() -> None:
    """slack_sdk's SQLAlchemy store wants greenlet, which SQLAlchemy 2.1 no longer brings."""
    program = (
        "import sys, bot.platforms.slack.chat, bot.__main__;"
        "print([m for m in sys.modules if m == 'greenlet' or m.startswith('sqlalchemy.ext.asyncio')"
        " or m.endswith(('installation_store.sqlalchemy', 'state_store.sqlalchemy'))])"
    )

    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (told.stdout.strip(), told.stderr) == ("[]", "")


# ---- 20 one workspace, and who belongs to it


def test_no_installation_is_looked_up_and_no_token_is_kept_in_the_database(slack: Whole) -> None:
    app = slack.extras["connected"].app
    fake_of(slack).send("message_im", user="UYAMADA", text=ASK)

    assert app.installation_store is None and app.oauth_flow is None
    with slack.db.read() as session:
        held = " ".join(
            str(value)
            for table in (Arrival, Delivery, KnownAccount)
            for row in session.scalars(select(table))
            for value in vars(row).values()
        )
    assert "xoxb" not in held


@pytest.mark.parametrize(
    ("who", "known"),
    [
        ({}, True),
        ({"team": "T0OTHER"}, False),
        ({"is_restricted": True}, False),
        ({"email_confirmed": False}, False),
        ({"deleted": True}, False),
    ],
    ids=["own", "another organisation's", "a guest", "an address not confirmed", "who has left"],
)
def test_whom_an_address_makes_a_person_of_the_directory(
    slack: Whole, who: dict[str, Any], known: bool
) -> None:
    fake = fake_of(slack)
    with slack.db.write() as session:
        person = session.get_one(Person, "ueda")
        person.accounts[0].user = "ueda@town.example.jp"
    fake.add_person("U7NEW", "上田 蓮", "Ueda@town.example.jp", **who)

    fake.send("message_im", user="U7NEW", text=ASK)

    assert len(answers(fake, "D7NEW")) == 1  # who it is or not: a question is answered
    account = Account("slack", who.get("team", TEAM), "U7NEW")
    seen = slack.desk.visitor(account)
    assert (seen is not None) is known
    with slack.db.read() as session:
        asked = session.scalars(select(Question)).one()
    assert asked.account == account
