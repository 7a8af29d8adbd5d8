"""Doctor tells how LoGoチャット stands, without touching its line."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat import Place
from bot.db import Database
from bot.directory import Room
from bot.platforms.logo.ends import STANDBY, STOPPED
from bot.platforms.logo.store import Lease, Seen
from bot.processes import beat
from jobs import now
from jobs.doctor import Finding, examine
from tests.logo_fake import DOMAIN, FakeLogo

TALK = 2**60 + 77
OTHER_MACHINE = "elsewhere:1:a"


@pytest.fixture
def fake() -> Iterator[FakeLogo]:
    with FakeLogo() as made:
        yield made


@pytest.fixture
def desk(empty_db: Database, tmp_path: Path, fake: FakeLogo) -> dict[str, str]:
    with empty_db.write() as session:
        for position, (name, talk) in enumerate((("標準化", TALK), ("生成AI", TALK + 1))):
            place = Place("logo", str(DOMAIN), f"talk-{talk}")
            session.add(Room(id=f"r{position}", name=name, kind="field", place=place, position=position))  # fmt: skip
    return {
        "DATABASE_URL": empty_db.engine.url.render_as_string(hide_password=False),
        "DATA_DIR": str(tmp_path),
        "DEMO": "1",
        "LOGO_ENDPOINT": fake.url,
        "LOGO_TOKEN": fake.token,
    }


def told(desk: Mapping[str, str], fake: FakeLogo) -> list[Finding]:
    found = examine(desk, Path(desk["DATA_DIR"]) / ".env")
    assert fake.token not in "".join(map(str, found))
    assert fake.transcript == []  # a look must not cost the desk its line
    return [one for one in found if one.what.startswith("LoGo")]


def alive(db: Database, said: str, owner: str = OTHER_MACHINE) -> None:
    with db.write() as session:
        moment = now()
        beat(session, owner, moment, moment, {"logo": said}, [("logo", str(DOMAIN))])


def test_a_desk_that_is_connected_and_in_its_rooms_is_well(
    desk: dict[str, str], empty_db: Database, fake: FakeLogo
) -> None:
    alive(empty_db, "")
    Seen(empty_db).move(TALK, 1)
    Seen(empty_db).move(TALK + 1, 0)
    consent = "提供元が書面で承諾していることを確かめてください"
    host = fake.url.removeprefix("ws://").partition("/")[0]
    assert [str(one) for one in told(desk, fake)] == [
        f"✓ LoGoチャットの設定：{fake.url}（版 1.128、ファイルは {host}）。{consent}",
        "✓ LoGoチャットへの接続：elsewhere がつながっています",
        "✓ LoGoチャットの部屋：2部屋すべてにデスクが入っています",
    ]


def test_a_process_that_stands_by_is_well_too(
    desk: dict[str, str], empty_db: Database, fake: FakeLogo
) -> None:
    alive(empty_db, "")
    alive(empty_db, STANDBY, "second:1:b")
    found = examine(desk, Path(desk["DATA_DIR"]) / ".env")
    lines = [str(one) for one in found if one.what == "動いているプロセス"]
    lines = [line for line in lines if "SQLite" not in line]  # two machines are its own trouble
    assert len(lines) == 2 and all(line.startswith("✓") for line in lines)
    assert any("logo は待機中です" in line for line in lines)
    assert told(desk, fake)[1].fine


@pytest.mark.parametrize("said", ["つなぐ途中です", STANDBY])
def test_a_desk_that_is_not_connected_says_why(
    desk: dict[str, str], empty_db: Database, fake: FakeLogo, said: str
) -> None:
    alive(empty_db, said)
    assert told(desk, fake)[1].fine is False


def test_a_line_stopped_for_good_is_told_with_its_cure(
    desk: dict[str, str], empty_db: Database, fake: FakeLogo
) -> None:
    moment = now()
    lease = Lease(empty_db, fake.token, OTHER_MACHINE, moment, timedelta(seconds=30))
    assert lease.take(moment)
    alive(empty_db, STOPPED["concurrent access"])
    lease.stop(STOPPED["concurrent access"], now())
    line = told(desk, fake)[1]
    assert (line.fine, line.words) == (False, STOPPED["concurrent access"])


def test_without_a_running_desk_nothing_is_guessed(desk: dict[str, str], fake: FakeLogo) -> None:
    line, rooms = told(desk, fake)[1:]
    assert line.fine and "動いていない" in line.words
    assert rooms.fine and "まだ一度も" in rooms.words


def test_a_room_the_desk_is_not_in_is_named(
    desk: dict[str, str], empty_db: Database, fake: FakeLogo
) -> None:
    Seen(empty_db).move(TALK, 1)
    rooms = told(desk, fake)[2]
    assert rooms.fine is False and rooms.words.startswith("生成AIにデスクが入っていません")


def test_a_setting_that_is_half_is_named(desk: dict[str, str]) -> None:
    [one] = examine({**desk, "LOGO_TOKEN": ""}, Path(desk["DATA_DIR"]) / ".env")
    assert one.fine is False and one.words.startswith("LOGO_TOKEN")
