"""What was missed in LoGoチャット on bad days is caught up. docs/logo.md has a table of them with these names."""

import threading
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.db import Database
from tests.conftest import Clock
from tests.logo_fake import FakeLogo
from tests.logo_world import Joined, join

# ---- what was missed


def test_what_was_said_before_the_account_was_new_is_not_for_the_desk(
    fake: FakeLogo, yamada: int, empty_db: Database, clock: Clock
) -> None:
    fake.say(yamada, None, "去年の話")
    made = join(fake, empty_db, clock)
    fake.say(yamada, None, "今日の話")
    made.wait(1)
    assert made.heard.texts == ["今日の話"]
    made.session.stop()


def test_what_was_said_while_no_process_ran_is_found_after_a_restart(
    kept: Joined, yamada: int, empty_db: Database, clock: Clock
) -> None:
    fake = kept.fake
    fake.say(yamada, None, "前")
    kept.wait(1)
    kept.session.stop()
    clock.forward(hours=10)
    for n in range(250):
        fake.say(yamada, None, f"夜 {n}")
    newcomer = fake.add_person("上田")
    fake.say(newcomer, None, "はじめまして")

    again = join(fake, empty_db, clock, owner="machine:2:b")

    again.wait(251)
    night = [t for t in again.heard.texts if t.startswith("夜")]
    assert night == [f"夜 {n}" for n in range(250)]
    assert "はじめまして" in again.heard.texts and "前" not in again.heard.texts
    again.session.stop()


def test_a_message_that_was_not_taken_in_is_told_again(joined: Joined, yamada: int) -> None:
    joined.session._hearing._wait = lambda _seconds: None
    joined.heard.fails = 2
    joined.fake.say(yamada, None, "三度目に")
    joined.wait(1)
    assert joined.heard.texts == ["三度目に"]


def test_a_process_that_dies_before_it_took_a_message_in_finds_it_again(
    kept: Joined, yamada: int, empty_db: Database, clock: Clock
) -> None:
    kept.heard.fails = 99  # acknowledged on the wire, and never written down
    fake = kept.fake
    fake.say(yamada, None, "なくさないで")
    fake.wait_until(lambda: kept.heard.fails < 99)
    kept.session.stop()

    again = join(fake, empty_db, clock, owner="machine:2:b")

    again.wait(1)
    assert again.heard.texts == ["なくさないで"]
    again.session.stop()


def test_a_message_waits_for_a_database_that_is_away_however_long(
    joined: Joined, yamada: int
) -> None:
    joined.session._hearing._wait = lambda _seconds: None
    joined.heard.error = OperationalError("INSERT", {}, Exception("away"))
    joined.heard.fails = 50
    joined.fake.say(yamada, None, "なくさないで")
    joined.wait(1)
    assert joined.session._hearing.given_up == 0


def test_a_message_the_desk_fails_at_does_not_hold_up_the_others(
    joined: Joined, yamada: int, caplog: pytest.LogCaptureFixture
) -> None:
    joined.session._hearing._wait = lambda _seconds: None
    joined.heard.fails = 5
    bad = joined.fake.say(yamada, None, "むずかしい言葉")
    joined.fake.say(yamada, None, "やさしい言葉")
    joined.wait(1)
    assert joined.heard.texts == ["やさしい言葉"] and joined.session._hearing.given_up == 1
    assert [r for r in caplog.records if "given up" in r.getMessage()]
    assert "むずかしい言葉" not in caplog.text
    joined.fake.down = True
    joined.fake.wait_until(lambda: not joined.fake.links)
    joined.fake.say(yamada, None, "あいだの言葉")
    joined.fake.down = False
    assert bad in [said.id for said in joined.wait(3)]  # found again within the overlap


def test_a_process_told_to_end_in_a_flood_ends_and_the_next_goes_on(
    fake: FakeLogo, yamada: int, empty_db: Database, clock: Clock
) -> None:
    made = join(fake, empty_db, clock, workers=1, drain=0.05)
    gate, begun = threading.Event(), threading.Event()
    heard = made.heard

    def slowly(kind: str, body: Any) -> None:
        begun.set()
        gate.wait(10)
        heard(kind, body)

    made.session._hearing._on_push = slowly
    for n in range(20):
        fake.say(yamada, None, f"{n}")
    assert begun.wait(5)
    made.session.stop()  # comes back though the first is still being answered
    gate.set()
    for thread in made.session._hearing._threads:
        thread.join(5)
    assert heard.texts == ["0"]

    again = join(fake, empty_db, clock, owner="machine:2:b")
    again.wait(19)
    assert again.heard.texts == [f"{n}" for n in range(1, 20)]
    again.session.stop()


def test_pushes_that_were_kept_for_us_are_told_once(
    fake: FakeLogo, yamada: int, lite_db: Database, clock: Clock
) -> None:
    fake.kept = True
    made = join(fake, lite_db, clock)
    fake.down = True
    fake.wait_until(lambda: not fake.links)
    fake.say(yamada, None, "留守のあいだ")
    fake.down = False
    made.wait_again()
    fake.say(yamada, None, "もどったあと")
    made.wait(2)
    assert made.heard.texts == ["留守のあいだ", "もどったあと"]
    made.session.stop()


def test_a_talk_that_cannot_be_read_does_not_stop_the_others(
    joined: Joined, yamada: int, clock: Clock
) -> None:
    fake = joined.fake
    group = fake.add_group("情報政策課", [yamada])
    joined.wait(1, "talk_added")
    fake.say(yamada, group, "前")
    fake.say(yamada, None, "前")
    joined.wait(2)
    fake.down = True
    fake.wait_until(lambda: not fake.links)
    clock.forward(minutes=5)
    fake.say(yamada, None, "あいだ")
    fake.say(yamada, group, "あいだ")
    fake.fault("get_messages", 403, "forbidden")
    fake.down = False
    joined.wait_again()
    joined.wait(3)
    assert joined.heard.texts.count("あいだ") == 1


def test_a_busy_server_is_asked_again_for_what_was_missed(joined: Joined, yamada: int) -> None:
    fake = joined.fake
    fake.say(yamada, None, "前")
    joined.wait(1)
    fake.down = True
    fake.wait_until(lambda: not fake.links)
    fake.say(yamada, None, "あいだ")
    fake.fault("get_messages", 429, "too many requests", {"retry_after": 0.01}, times=2)
    fake.down = False
    joined.wait_again()
    joined.wait(2)
    assert joined.heard.texts == ["前", "あいだ"]


@pytest.mark.parametrize(
    ("code", "message", "times"),
    [
        (500, "Internal Error", 1),
        (429, "too many requests", 5),
        (503, "service temporarily unavailable", 6),
        (401, "invalid session", 1),
    ],
)
def test_what_cannot_be_read_for_now_is_read_at_the_next_login(
    joined: Joined, yamada: int, code: int, message: str, times: int
) -> None:
    fake = joined.fake
    fake.say(yamada, None, "前")
    joined.wait(1)
    fake.down = True
    fake.wait_until(lambda: not fake.links)
    fake.say(yamada, None, "あいだ")
    fake.fault("get_messages", code, message, {"retry_after": 0.01}, times=times)
    fake.down = False
    joined.wait(2)
    joined.wait_in()
    fake.say(yamada, None, "あと")
    joined.wait(3)
    assert joined.heard.texts == ["前", "あいだ", "あと"]


def test_a_talk_whose_messages_no_frame_can_hold_does_not_keep_the_desk_out(
    joined: Joined, yamada: int
) -> None:
    fake = joined.fake
    group = fake.add_group("情報政策課", [yamada])
    joined.wait(1, "talk_added")
    fake.say(yamada, None, "前")
    joined.wait(1)
    fake.down = True
    fake.wait_until(lambda: not fake.links)
    fake.say(yamada, group, "x" * (5 << 20))
    fake.say(yamada, None, "あいだ")
    fake.down = False
    joined.wait(2)
    assert joined.heard.texts == ["前", "あいだ"]
    assert len(fake.calls("create_session")) == 2


def test_a_new_account_that_is_refused_halfway_still_begins_at_what_is_newest(
    fake: FakeLogo, yamada: int, empty_db: Database, clock: Clock
) -> None:
    fake.add_pair(fake.add_person("上田 次郎"))
    fake.add_pair(fake.add_person("森 佳奈"))
    fake.delay("get_messages", 0.0)
    fake.fault("get_messages", 500, "Internal Error")
    fake.say(yamada, None, "去年の話")
    made = join(fake, empty_db, clock, wait=False)
    made.wait_again()
    assert made.heard.of("talk_added") == []
    fake.say(yamada, None, "今日の話")
    made.wait(1)
    assert made.heard.texts == ["今日の話"]
    made.session.stop()


def test_a_line_that_breaks_while_catching_up_loses_nothing(joined: Joined, yamada: int) -> None:
    fake = joined.fake
    fake.say(yamada, None, "前")
    joined.wait(1)
    fake.down = True
    fake.wait_until(lambda: not fake.links)
    fake.say(yamada, None, "あいだ")
    fake.lose("get_messages")
    fake.down = False
    joined.wait(2)
    assert joined.heard.texts == ["前", "あいだ"]
