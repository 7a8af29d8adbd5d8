"""The line to LoGoチャット on bad days: how it ends, who is let in, who of several has it. docs/logo.md has a table of them with these names."""

import logging
from typing import Any

import pytest
from sqlalchemy import text

from bot.db import Database
from bot.platforms.logo.ends import NO_DATABASE, REFUSED_OTHERWISE, STANDBY, STOPPED
from bot.platforms.logo.line import LineDown
from bot.platforms.logo.store import LogoLease
from bot.platforms.logo.wire import LogoError
from tests.conftest import Clock
from tests.logo_fake import DOMAIN, ME, FakeLogo
from tests.logo_world import Joined, join


def has_stopped(joined: Joined, why: str) -> bool:
    joined.fake.wait_until(lambda: joined.session.said == why, what=why)
    return True


# ---- how a line ends


@pytest.mark.parametrize(
    ("code", "reason"),
    [(1000, "concurrent access"), (1000, "forcibly closed"), (4000, "forcibly closed")],
)
def test_a_close_that_ends_it_for_good(
    joined: Joined, yamada: int, code: int, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    joined.fake.close(code, reason)

    assert has_stopped(joined, STOPPED[reason])
    joined.fake.wait_until(
        lambda: any(r.levelno == logging.ERROR for r in caplog.records), what="the alarm"
    )
    opened = len(joined.fake.noted("open"))
    joined.fake.say(yamada, None, "聞こえますか")
    with pytest.raises(LineDown):
        joined.session.call("get_me")
    assert opened == len(joined.fake.noted("open")) == 1  # nobody fights for the line


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1000, ""),
        (1000, "server restart"),
        (1001, "going away"),
        (1003, ""),
        (1008, "policy"),
        (1011, "internal error"),
        (1012, "service restart"),
        (4001, "concurrent access"),
        (4999, "あ" * 41),
    ],
)
def test_any_other_close_is_come_back_from(
    joined: Joined, yamada: int, code: int, reason: str
) -> None:
    joined.fake.close(code, reason)
    joined.wait_again()
    joined.fake.say(yamada, None, "聞こえますか")
    joined.wait(1)


def test_a_cut_line_is_come_back_from(joined: Joined, yamada: int) -> None:
    joined.fake.cut()
    joined.wait_again()
    joined.fake.say(yamada, None, "聞こえますか")
    joined.wait(1)


def test_a_call_waits_for_a_line_that_was_just_lost(
    fake: FakeLogo, lite_db: Database, clock: Clock
) -> None:
    made = join(fake, lite_db, clock, back_off=(0.1,))
    fake.cut()
    fake.wait_until(lambda: made.session.said != "")
    assert made.session.call("get_me")["user_id"] == ME
    made.session.stop()


def test_a_line_that_only_looks_alive_is_left(
    fake: FakeLogo, lite_db: Database, clock: Clock
) -> None:
    made = join(fake, lite_db, clock, ping_every=0.05)
    fake.freeze()
    made.wait_again()
    made.session.stop()


def test_the_pauses_between_tries_grow_and_end_at_45_seconds(
    fake: FakeLogo, lite_db: Database, clock: Clock
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == 8:
            fake.down = False
        return False

    fake.down = True
    made = join(
        fake,
        lite_db,
        clock,
        back_off=(0.5, 3, 6, 12, 24, 45),
        lease_every=1000.0,
        lease=1_000_000.0,
        pauses=pause,
    )
    assert pauses == [0.5, 3, 6, 12, 24, 45, 45, 45]
    made.session.stop()


def test_a_server_that_is_busy_is_left_alone_as_long_as_it_asks(
    fake: FakeLogo, lite_db: Database, clock: Clock
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        return False

    fake.fault("create_session", 503, "service temporarily unavailable", {"retry_after": 77})
    made = join(
        fake,
        lite_db,
        clock,
        lease_every=1000.0,
        lease=1_000_000.0,
        pauses=pause,
    )
    assert pauses == [77]
    made.session.stop()


# ---- who we are is not believed


@pytest.mark.parametrize(
    ("message", "why", "tries"),
    [
        ("invalid token", STOPPED["invalid token"], 4),
        ("expired password", STOPPED["expired password"], 1),
        ("deleted account", STOPPED["deleted account"], 1),
        ("unauthorized device", STOPPED["unauthorized device"], 1),
        ("something new", REFUSED_OTHERWISE, 1),
    ],
)
def test_a_login_that_is_refused_stops_it(
    fake: FakeLogo, lite_db: Database, clock: Clock, message: str, why: str, tries: int
) -> None:
    fake.fault("create_session", 401, message, times=9)
    made = join(fake, lite_db, clock, wait=False)
    assert has_stopped(made, why)
    assert len(fake.calls("create_session")) == tries
    assert fake.token not in why
    made.session.stop()


def test_a_token_taken_back_stops_it(joined: Joined) -> None:
    joined.fake.tokens.clear()
    joined.fake.fault("get_me", 401, "invalid token")
    with pytest.raises(LineDown):
        joined.session.call("get_me")
    assert has_stopped(joined, STOPPED["invalid token"])


def test_a_session_that_ran_out_is_begun_anew(joined: Joined) -> None:
    joined.fake.fault("get_me", 401, "invalid session")
    with pytest.raises(LineDown) as down:
        joined.session.call("get_me")
    assert down.value.unclear is False  # nothing was done there
    joined.wait_again()
    assert joined.session.call("get_me")["user_id"] == ME


def test_more_people_than_a_frame_holds_do_not_keep_it_out(
    fake: FakeLogo, yamada: int, lite_db: Database, clock: Clock
) -> None:
    crowd = [{"user_id": 2**50 + n, "display_name": "職員" * 40} for n in range(19_000)]
    fake.methods.get_acquaintances = lambda: [[DOMAIN, crowd]]  # type: ignore[method-assign]
    fake.fault("get_friends", 500, "Internal Error")
    fake.fault("update_last_used_at", 500, "Internal Error")
    made = join(fake, lite_db, clock)
    assert made.session.people.known == {}
    assert made.session.people.name(DOMAIN, yamada) == "山田 太郎"
    fake.say(yamada, None, "聞こえますか")
    made.wait(1)
    assert len(fake.noted("open")) == 1
    made.session.stop()


def test_a_server_that_tells_of_nothing_is_tried_again(
    fake: FakeLogo, lite_db: Database, clock: Clock
) -> None:
    answers = [False, True]
    fake.methods.start_notification = lambda: answers.pop(0)  # type: ignore[method-assign]
    made = join(fake, lite_db, clock)
    assert answers == [] and len(fake.noted("open")) == 2
    made.session.stop()


def test_an_answer_that_never_comes_ends_the_wait(
    fake: FakeLogo, lite_db: Database, clock: Clock
) -> None:
    made = join(fake, lite_db, clock, call_timeout=0.1)
    fake.lose("get_me", how="silent")
    with pytest.raises(LineDown) as down:
        made.session.call("get_me")
    assert down.value.unclear is True
    assert made.session.call("get_me")["user_id"] == ME
    made.session.stop()


def test_a_refusal_is_the_callers(joined: Joined) -> None:
    joined.fake.fault("get_me", 403, "forbidden")
    with pytest.raises(LogoError, match="403 forbidden"):
        joined.session.call("get_me")
    assert joined.session.said == ""


# ---- several processes


def test_a_second_process_waits_and_takes_over(
    kept: Joined, yamada: int, empty_db: Database, clock: Clock
) -> None:
    second = join(kept.fake, empty_db, clock, owner="other:2:b", wait=False)
    kept.fake.wait_until(lambda: second.session.said == STANDBY)
    assert len(kept.fake.noted("open")) == 1
    with pytest.raises(LineDown):
        second.session.call("get_me")

    kept.session.stop()

    second.wait_in()
    kept.fake.say(yamada, None, "聞こえますか")
    second.wait(1)
    second.session.stop()
    assert kept.fake.noted("closed") and not kept.heard.texts


def test_a_process_that_died_is_followed_when_its_lease_ran_out(
    fake: FakeLogo, empty_db: Database, clock: Clock
) -> None:
    made = join(fake, empty_db, clock, owner="other:1:a")
    made.session.stop()
    with empty_db.write() as session:  # as if it had been killed
        session.query(LogoLease).one().lease_until = clock.now.replace(hour=23)
    second = join(fake, empty_db, clock, owner="machine:2:b", wait=False)
    fake.wait_until(lambda: second.session.said == STANDBY)
    clock.now = clock.now.replace(hour=23, minute=59)
    second.wait_in()
    second.session.stop()


def test_a_process_whose_lease_went_to_another_lets_go(
    kept: Joined, empty_db: Database, clock: Clock
) -> None:
    with empty_db.write() as session:
        lease = session.query(LogoLease).one()
        lease.owner, lease.lease_until = "other:9:z", clock.now.replace(year=2030)
    kept.fake.wait_until(lambda: kept.session.said == STANDBY)
    assert not kept.fake.links


def test_after_a_concurrent_access_only_a_new_start_connects(
    kept: Joined, empty_db: Database, clock: Clock
) -> None:
    standby = join(kept.fake, empty_db, clock, owner="other:2:b", wait=False)
    kept.fake.wait_until(lambda: standby.session.said == STANDBY)
    kept.fake.close(1000, "concurrent access")
    assert has_stopped(kept, STOPPED["concurrent access"])
    assert has_stopped(standby, STOPPED["concurrent access"])
    kept.session.stop()
    standby.session.stop()
    assert len(kept.fake.noted("open")) == 1

    clock.forward(minutes=1)
    again = join(kept.fake, empty_db, clock, owner="machine:3:c")
    assert again.session.said == ""
    again.session.stop()


def test_a_database_that_is_away_is_waited_for(
    fake: FakeLogo, empty_db: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def rename(was: str, now: str) -> None:
        with empty_db.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {was} RENAME TO {now}"))

    rename("logo_leases", "elsewhere")
    made = join(fake, empty_db, clock, wait=False)
    fake.wait_until(lambda: made.session.said == NO_DATABASE)
    assert not fake.noted("open")
    rename("elsewhere", "logo_leases")
    made.wait_in()
    made.session.stop()


def test_the_token_stands_nowhere(
    kept: Joined, empty_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kept.fake.cut()
    kept.wait_again()
    with empty_db.read() as session:
        rows: list[Any] = [vars(row) for row in session.query(LogoLease)]
    assert kept.fake.token not in repr(rows) + repr(kept.session.settings)
    assert not [r for r in caplog.records if kept.fake.token in r.getMessage()]
