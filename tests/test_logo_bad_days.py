"""The line to LoGoチャット on bad days. docs/logo.md has a table of them with these names."""

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.db import Database
from bot.platforms.logo import wire
from bot.platforms.logo.ends import NO_DATABASE, REFUSED_OTHERWISE, STANDBY, STOPPED
from bot.platforms.logo.known import GROUP
from bot.platforms.logo.line import LineDown
from bot.platforms.logo.store import LogoLease, Seen
from bot.platforms.logo.wire import LogoError
from tests.conftest import Clock
from tests.logo_fake import DOMAIN, ME, FakeLogo, codec
from tests.logo_fuzz import fuzz
from tests.logo_world import Joined, join


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeLogo]:
    with FakeLogo(now=lambda: clock().timestamp()) as made:
        yield made


@pytest.fixture
def yamada(fake: FakeLogo) -> int:
    person = fake.add_person("山田 太郎", "yamada@example.jp")
    fake.add_pair(person)
    return person


@pytest.fixture
def joined(fake: FakeLogo, yamada: int, lite_db: Database, clock: Clock) -> Iterator[Joined]:
    made = join(fake, lite_db, clock)
    yield made
    made.session.stop()


@pytest.fixture
def kept(fake: FakeLogo, yamada: int, empty_db: Database, clock: Clock) -> Iterator[Joined]:
    """With the database that all of this is about."""
    made = join(fake, empty_db, clock)
    yield made
    made.session.stop()


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


# ---- what comes over the wire


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xc1",
        b"garbage",
        "a text frame",
        codec.pack([0, 5, "notify_create_message", [{"message_id": "x"}]])[:-3],
        codec.pack([9, 9, 9, 9]),
        codec.pack([1, 2**40, None, "an answer to nobody"]),
        codec.pack([0, 5, "notify_create_message", [None]]),
        codec.pack([0, 5, "notify_create_message", []]),
        codec.pack([0, 5, "notify_create_message", [{"message_id": True, "talk_id": []}]]),
        codec.pack([0, 5, "notify_delete_message", [[]]]),
        codec.pack([0, 5, "notify_nobody_knows", [[[[]]]]]),
        b"\x94\x00\x05\xa1x" + b"\x91" * 2000,
        b"\x94\x00\x05\xa1x\xdd\xff\xff\xff\xff",
    ],
)  # fmt: skip
def test_rubbish_on_the_wire_does_not_end_the_reader(
    joined: Joined, yamada: int, frame: bytes | str
) -> None:
    joined.fake.raw(frame)
    joined.fake.say(yamada, None, "聞こえますか")
    joined.wait(1)
    assert len(joined.fake.noted("open")) == 1


def test_a_frame_of_ten_megabytes_is_refused_and_acknowledged(joined: Joined, yamada: int) -> None:
    joined.fake.raw(codec.pack([0, 77, "notify_create_message", ["x" * (10 << 20)]]))
    joined.fake.say(yamada, None, "聞こえますか")
    joined.wait(1)
    assert len(joined.fake.noted("open")) == 1
    joined.fake.wait_until(lambda: len(joined.fake.noted("ack")) == 2)


def test_a_frame_beyond_all_bounds_ends_only_the_line(joined: Joined, yamada: int) -> None:
    joined.fake.raw(b"\xff" * (8 * wire.LARGEST_FRAME + 1))
    joined.wait_again()
    joined.fake.say(yamada, None, "聞こえますか")
    joined.wait(1)


def test_a_thousand_strange_frames_and_the_reader_lives() -> None:
    outcome = fuzz(1000, seed=20261120)
    assert outcome.lives and outcome.acknowledged >= outcome.owed > 50
    assert outcome.refused > 100 and outcome.acknowledged > 100 and outcome.heard["message"] > 5


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 2**64 - 1])
def test_ids_at_the_edge_of_64_bits(joined: Joined, yamada: int, number: int) -> None:
    talk = joined.fake.pair(yamada)
    joined.fake._last = number - 2
    first = joined.fake.say(yamada, talk, "端の前")
    last = joined.fake.say(yamada, talk, "端")
    assert (first, last) == (number - 1, number)
    assert [said.id for said in joined.wait(2)] == [number - 1, number]
    joined.fake.wait_until(lambda: Seen(joined.session._db).all()[talk] == number)
    for beyond in (-1, -(2**63)):
        body = {**joined.fake.messages[last], "message_id": beyond}
        joined.fake.push("notify_create_message", body)
    joined.fake._last = 0
    joined.fake.say(yamada, talk, "まだ聞こえます")
    assert len(joined.wait(3)) == 3


def test_pushes_out_of_order_are_all_told_once(joined: Joined, yamada: int) -> None:
    fake, talk = joined.fake, joined.fake.pair(yamada)
    made = [fake.add_message(talk, yamada, 1, f"{n}") for n in range(4)]
    for n in (2, 0, 3, 0, 1, 2):
        fake.push("notify_create_message", made[n])
    joined.wait(4)
    assert sorted(joined.heard.texts) == ["0", "1", "2", "3"]
    fake.cut()
    joined.wait_again()
    fake.say(yamada, talk, "4")
    joined.wait(5)
    assert sorted(joined.heard.texts) == ["0", "1", "2", "3", "4"]


def test_our_own_and_other_bots_words_are_not_told(joined: Joined, yamada: int) -> None:
    fake, talk = joined.fake, joined.fake.pair(yamada)
    fake.say(ME, talk, "自分の言葉")
    fake.say(yamada, talk, "ボットの言葉", bot_message=True)
    fake.say(0, talk, {"type": "add_talkers"}, 0)
    fake.say(yamada, talk, "人の言葉")
    joined.wait(1)
    assert joined.heard.texts == ["人の言葉"]


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


# ---- rooms and people


def test_in_and_out_of_rooms(joined: Joined, yamada: int) -> None:
    fake = joined.fake
    room = fake.add_group("情報政策課", [yamada])
    (talk,) = joined.wait(1, "talk_added")
    assert (talk.id, talk.type, talk.name) == (room, GROUP, "情報政策課")
    fake.expel(room)
    joined.wait(1, "talk_gone")
    assert room not in joined.session.talks
    fake.say(yamada, room, "もういません")
    fake.invite(room)
    joined.wait(2, "talk_added")
    fake.say(yamada, room, "おかえり")
    joined.wait(1)
    assert joined.heard.texts == ["おかえり"]


def test_rooms_that_changed_while_we_were_away_are_told(joined: Joined, yamada: int) -> None:
    fake = joined.fake
    room = fake.add_group("情報政策課", [yamada])
    joined.wait(1, "talk_added")
    fake.down = True
    fake.wait_until(lambda: not fake.links)
    fake.expel(room)
    other = fake.add_group("防災課", [yamada])
    fake.down = False
    joined.wait_again()
    assert [talk.id for talk in joined.wait(1, "talk_gone")] == [room]
    assert [talk.id for talk in joined.wait(2, "talk_added")] == [room, other]


def test_a_message_in_a_room_nobody_told_of_is_heard(joined: Joined, yamada: int) -> None:
    fake = joined.fake
    talk = fake.add_talk(GROUP, "知らせのなかった部屋", [yamada])["talk_id"]
    fake.say(yamada, talk, "聞こえますか")
    (said,) = joined.wait(1)
    assert said.domain_id == DOMAIN


def test_a_person_who_leaves_is_told(joined: Joined, yamada: int) -> None:
    fake = joined.fake
    room = fake.add_group("情報政策課", [yamada])
    joined.wait(1, "talk_added")
    fake.leave(yamada)
    (left,) = joined.wait(1, "left")
    assert (left.domain_id, left.user_id) == (DOMAIN, yamada)
    joined.wait(1, "talk_changed")
    assert yamada not in joined.session.talks[room].user_ids
    assert joined.session.people.name(DOMAIN, yamada) == ""


def test_the_account_itself_leaves_an_organisation(joined: Joined, yamada: int) -> None:
    joined.fake.push("notify_leave_domain", DOMAIN)
    joined.wait(1, "talk_gone")
    (left,) = joined.wait(1, "left")
    assert left.user_id == ME and not joined.session.domains and not joined.session.talks


def test_a_changed_name_and_address_are_known(joined: Joined, yamada: int) -> None:
    fake, people = joined.fake, joined.session.people
    assert people.mail(DOMAIN, yamada) == "yamada@example.jp"
    fake.users[yamada]["display_name"] = "山田 花子"
    fake.mails[yamada] = "hanako@example.jp"
    fake.push("notify_update_user", [DOMAIN, fake.domain_user(yamada)])
    fake.wait_until(lambda: people.name(DOMAIN, yamada) == "山田 花子")
    assert people.mail(DOMAIN, yamada) == "hanako@example.jp"


def test_read_and_taken_back_are_told(joined: Joined, yamada: int) -> None:
    fake, talk = joined.fake, joined.fake.pair(yamada)
    (message,) = joined.talking.text(talk, "お知らせ")
    fake.read(yamada, message)
    (read,) = joined.wait(1, "read")
    assert (read.talk_id, read.message_ids, read.user_ids) == (talk, (message,), (yamada,))
    assert joined.talking.read_by(talk, message) == (yamada,)
    words = fake.say(yamada, talk, "まちがえました")
    fake.take_back(words)
    (deleted,) = joined.wait(1, "deleted")
    assert (deleted.talk_id, deleted.message_id) == (talk, words)


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
