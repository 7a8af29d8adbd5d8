"""Slack over real sockets and signed HTTP: connecting, keeping on, ending."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.__main__ import build_desk
from bot.chat import Home, Platform
from bot.config import Config, SlackSettings
from bot.db import Database
from bot.deliveries import Delivery
from bot.platforms.slack import chat as slack_chat
from bot.platforms.slack.chat import SlackChat
from bot.questions import Question
from handlers.desk import HelpDesk
from jobs import now
from knowledge.text import Synonyms, Words
from tests.conftest import config_for, library_of
from tests.server import Server
from tests.slack_driver import elements, label_of, text_of
from tests.slack_fake import SECRET, FakeSlack
from tests.slack_world import PAGE, move_to_slack, people

ASK = "e-ひょうごの利用料は月いくら。人口5万人未満です"
DM = "DYAMADA"
WITHIN = 20.0


class Running:
    """A desk of this process, connected to the fake as `run` connects it."""

    def __init__(self, fake: FakeSlack, desk: HelpDesk, platforms: dict[Home, Platform]) -> None:
        self.fake, self.desk = fake, desk
        settings = SlackSettings("xoxb-test", "xapp-1", "", fake.base_url)
        self.chat = SlackChat(settings, PAGE, now)
        self.joined = threading.Event()
        self.chat.start(desk, platforms, self.joined.set)

    def wait(self) -> None:
        self.fake.wait_until(lambda: self.chat.said == "", WITHIN, "it is connected")


@pytest.fixture
def fake(own_db: Database) -> Iterator[FakeSlack]:
    move_to_slack(own_db)
    made = FakeSlack().start()
    people(made, own_db)
    yield made
    made.stop()


@pytest.fixture
def start(
    fake: FakeSlack, own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms
) -> Iterator[Any]:
    begun: list[Running] = []

    def begin() -> Running:
        platforms: dict[Home, Platform] = {}
        library = library_of(own_db, words, synonyms)
        desk = build_desk(own_db, config_for(tmp_path), platforms, library=library)
        begun.append(Running(fake, desk, platforms))
        return begun[-1]

    yield begin
    fake.down = True  # so that each client's close need not wait for its next word
    for one in begun:
        one.chat.stop()


def answered(fake: FakeSlack, channel: str = DM) -> list[str]:
    return [
        t for m in fake.said_in(channel) if "月額" in (t := text_of(m)) and m["user"] == "U0BOT"
    ]


def test_a_question_over_the_socket_is_answered(fake: FakeSlack, start: Any) -> None:
    start().wait()
    fake.send("message_im", user="UYAMADA", text=ASK).wait()
    fake.wait_until(lambda: answered(fake), WITHIN)
    assert fake.troubles == []


def test_slow_events_do_not_keep_a_button_from_its_acknowledgement(
    fake: FakeSlack, start: Any
) -> None:
    """Bolt's own pool has five threads: five slow listeners and no button is acknowledged."""
    start().wait()
    fake.send("message_im", user="UYAMADA", text=ASK).wait()
    fake.wait_until(lambda: answered(fake), WITHIN)
    button = next(e for e in elements(fake.said_in(DM)[-1]) if "解決した" in label_of(e))
    fake.fault("chat.postMessage", times=8, delay=6)
    for n in range(8):
        fake.add_person(f"U9{n}", "slow")
        fake.send("message_im", user=f"U9{n}", text=ASK).wait()
    fake.press("UYAMADA", fake.said_in(DM)[-1], button["action_id"]).wait(3)
    assert not any(answered(fake, f"D9{n}") for n in range(8))  # they are still being sent
    assert fake.troubles == []


def test_a_connection_that_slack_renews_is_taken_up_again(fake: FakeSlack, start: Any) -> None:
    start().wait()
    fake.disconnect("refresh_requested")
    fake.wait_calls("apps.connections.open", 2, WITHIN)
    fake.wait_connected(1, WITHIN)
    fake.send("message_im", user="UYAMADA", text=ASK).wait(WITHIN)
    fake.wait_until(lambda: answered(fake), WITHIN)


def test_a_cut_line_is_noticed_and_taken_up_again(
    fake: FakeSlack, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_chat, "PING_EVERY", 0.5)
    start().wait()
    fake.disconnect(hard=True)
    fake.wait_calls("apps.connections.open", 2, WITHIN)
    fake.wait_connected(1, WITHIN)
    fake.send("message_im", user="UYAMADA", text=ASK).wait(WITHIN)
    fake.wait_until(lambda: answered(fake), WITHIN)


def test_slack_that_cannot_be_reached_stops_nobody_and_is_tried_again(
    fake: FakeSlack, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_chat, "FIRST_WAIT", 0.05)
    fake.down = True
    running = start()
    fake.wait_until(lambda: "つながりません" in running.chat.said, WITHIN)
    fake.down = False
    running.wait()
    fake.send("message_im", user="UYAMADA", text=ASK).wait()
    fake.wait_until(lambda: answered(fake), WITHIN)


def test_a_wrong_token_is_said_without_the_token(
    fake: FakeSlack, own_db: Database, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_chat, "FIRST_WAIT", 0.05)
    fake.fault("auth.test", times=3, error="invalid_auth")
    running = start()
    fake.wait_until(lambda: "invalid_auth" in running.chat.said, WITHIN)
    assert "xoxb" not in running.chat.said
    running.wait()


def test_what_was_heard_is_answered_before_the_end(
    fake: FakeSlack, start: Any, own_db: Database
) -> None:
    running = start()
    running.wait()
    fake.fault("chat.postMessage", delay=1)
    fake.send("message_im", user="UYAMADA", text=ASK).wait()
    running.chat.stop()
    assert answered(fake)
    with own_db.read() as session:
        assert {row.state for row in session.scalars(select(Delivery))} == {"sent"}


def test_two_processes_with_a_connection_each_answer_each_event_once(
    fake: FakeSlack, start: Any, own_db: Database
) -> None:
    both = (start(), start())
    for running in both:
        running.wait()
    fake.wait_connected(2, WITHIN)
    sent = [fake.send("message_im", user="UYAMADA", text=ASK) for _ in range(10)]
    for delivery in sent:
        delivery.wait(WITHIN)
        fake.resend(delivery).wait(WITHIN)  # to whichever comes next

    def rung() -> bool:
        """What waited for the other's post in the same talk goes out with the next bell."""
        for running in both:
            running.desk.sender.send_due(now())
        return len(answered(fake)) >= 10

    fake.wait_until(rung, WITHIN)
    with own_db.read() as session:
        assert session.scalar(select(func.count()).select_from(Question)) == 10
    assert len(answered(fake)) == 10


def test_signed_requests_are_heard_and_unsigned_ones_are_not(tmp_path: Path) -> None:
    with FakeSlack() as fake:
        settings = {
            "SLACK_BOT_TOKEN": "xoxb-test",
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_BASE_URL": fake.base_url,
            "SLACK_APP_TOKEN": "",
        }
        assert not Config.from_values({**settings, "DEMO": "1"}).slack.over_socket  # type: ignore[union-attr]
        with Server(tmp_path, **settings) as server:
            fake.wait_calls("auth.test", 1, WITHIN)
            url = f"{server.url}/slack/events"
            fake.add_person("UYAMADA", "山田")
            told: dict[str, Any] = {"kind": "message_im", "user": "UYAMADA", "text": ASK}
            wrongs: list[dict[str, Any]] = [{"bad_signature": True}, {"age": 600}]
            fake.wait_until(  # till it knows who it is, it asks Slack to come again
                lambda: (
                    fake.post_http(url, retries=False, **wrongs[0], **told)[-1]["status"] != 503
                ),
                WITHIN,
            )
            for wrong in wrongs:
                attempts = fake.post_http(url, retries=False, **wrong, **told)
                assert attempts[-1]["status"] == 401
            assert fake.post_http(url, retries=False, **told)[-1]["status"] == 200
            fake.wait_until(lambda: answered(fake), WITHIN)
            form: dict[str, Any] = {
                "kind": "slash",
                "user": "UYAMADA",
                "command": "/soudan",
                "text": "相談",
            }
            assert fake.post_http(url, **form)[-1]["status"] == 200
            fake.wait_until(lambda: fake.modal_of("UYAMADA"), WITHIN)
