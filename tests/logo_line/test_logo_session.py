"""The line to LoGoチャット on good days: login, what is heard, what is said."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.db import Database
from bot.platforms.logo.known import GROUP, PAIR
from tests.conftest import Clock
from tests.logo_fake import DOMAIN, ME, FakeLogo
from tests.logo_world import Joined, join


@pytest.fixture
def joined(fake: FakeLogo, lite_db: Database, clock: Clock) -> Iterator[Joined]:
    made = join(fake, lite_db, clock)
    yield made
    made.session.stop()


def test_it_logs_in_and_knows_where_it_is(fake: FakeLogo, lite_db: Database, clock: Any) -> None:
    yamada = fake.add_person("山田 太郎", "yamada@example.jp")
    pair = fake.add_pair(yamada)
    group = fake.add_group("情報政策課", [yamada])

    joined = join(fake, lite_db, clock)

    session = joined.session
    assert session.me == ME
    assert session.domains[DOMAIN].name == "兵庫県と市町"
    assert session.talks[pair].type == PAIR and session.talks[group].type == GROUP
    assert session.talks[group].name == "情報政策課"
    assert session.people.name(DOMAIN, yamada) == "山田 太郎"
    assert session.people.mail(DOMAIN, yamada) == "yamada@example.jp"
    assert session.pair_talk(DOMAIN, yamada) == pair
    session.stop()
    assert not fake.noted("bad") and not fake.noted("trouble")


def test_what_somebody_says_is_acknowledged_and_told(joined: Joined) -> None:
    fake = joined.fake
    yamada = fake.add_person("山田 太郎")
    message = fake.say(yamada, None, "こんにちは")
    (said,) = joined.wait(1)
    assert (said.id, said.user_id, said.content) == (message, yamada, "こんにちは")
    assert said.domain_id == DOMAIN
    fake.wait_until(lambda: len(fake.noted("ack")) == len(fake.noted("push")))


def test_a_message_told_twice_is_told_on_once(joined: Joined) -> None:
    fake = joined.fake
    yamada = fake.add_person("山田 太郎")
    message = fake.say(yamada, None, "1つ目")
    fake.push("notify_create_message", fake.messages[message])
    fake.say(yamada, None, "2つ目")
    joined.wait(2)
    assert joined.heard.texts == ["1つ目", "2つ目"]


def test_what_was_said_while_the_line_was_broken_comes_first(joined: Joined) -> None:
    fake = joined.fake
    yamada = fake.add_person("山田 太郎")
    fake.say(yamada, None, "前")
    joined.wait(1)
    fake.down = True
    fake.wait_until(lambda: not fake.links)
    fake.say(yamada, None, "あいだ1")
    fake.say(yamada, None, "あいだ2")
    fake.down = False
    joined.wait_again()
    fake.say(yamada, None, "あと")
    joined.wait(4)
    assert joined.heard.texts == ["前", "あいだ1", "あいだ2", "あと"]


def test_it_says_texts_and_stamps(joined: Joined) -> None:
    fake = joined.fake
    yamada = fake.add_person("山田 太郎")
    talk = fake.add_pair(yamada)
    joined.wait(1, "talk_added")

    joined.talking.text(talk, "はじめまして")
    stamp = joined.talking.select(talk, "どれですか", ["一", "二"])
    fake.choose(yamada, stamp, "二")

    (reply,) = joined.wait(1)
    assert reply.content["in_reply_to"] == stamp and reply.content["response"] == 1
    assert [m["type"] for m in fake.said(talk)] == [1, 502]


def test_what_is_taken_in_is_shown_as_read_and_nothing_before(joined: Joined) -> None:
    fake = joined.fake
    yamada = fake.add_person("山田 太郎")
    talk = fake.add_pair(yamada)
    joined.session._hearing._wait = lambda _seconds: None
    joined.heard.fails = 1
    message = fake.say(yamada, talk, "読みましたか")
    fake.wait_until(lambda: fake.read_to.get((talk, ME)) == message, what="read")
    assert joined.heard.texts == ["読みましたか"]


def test_what_cannot_be_shown_as_read_is_heard_all_the_same(joined: Joined) -> None:
    fake = joined.fake
    yamada = fake.add_person("山田 太郎")
    fake.fault("update_read_statuses", 400, "invalid talk_id", times=1)
    fake.say(yamada, None, "1つ目")
    fake.wait_until(lambda: len(fake.calls("update_read_statuses")) == 1)
    last = fake.say(yamada, None, "2つ目")
    fake.wait_until(lambda: last in fake.read_to.values())
    assert len(fake.noted("open")) == 1
