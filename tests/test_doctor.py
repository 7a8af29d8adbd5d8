"""The doctor says in one line each whether it is well, and else the cure; it changes nothing itself."""

import os
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

import jobs
from bot.chat import Card, Home, Place
from bot.config import Config
from bot.days import clock
from bot.db import Database
from bot.deliveries import State, post
from bot.migrate import head
from bot.processes import FORGOTTEN_AFTER, Process, beat
from jobs.doctor import Finding, examine
from jobs.opening import open_desk
from jobs.processes import Heart
from tests.commands import command, nothing_yet
from tests.store import HYOGO, NOON, ON_POSTGRES

PARTS = [
    "設定", "時刻", "データベース", "スキーマ", "知識", "名簿", "練習のデータ", "動いているプロセス", "送れていないもの",
    "慎重さ",
]  # fmt: skip
PAGE: Home = ("web", "page")
SLACK: Home = ("slack", "T1")


def settings(db: Database, folder: Path, **more: str) -> dict[str, str]:
    url = db.engine.url.render_as_string(hide_password=False)
    return {"DATABASE_URL": url, "DATA_DIR": str(folder), "DEMO": "1", **more}


def examined(env: dict[str, str], folder: Path) -> list[Finding]:
    return examine(env, folder / ".env")


def only_ill(findings: list[Finding]) -> Finding:
    [ill] = [one for one in findings if not one.fine]
    return ill


def lines(findings: list[Finding], what: str) -> list[str]:
    """What is said of this, as it is printed."""
    return [str(one) for one in findings if one.what == what]


def alive(
    db: Database,
    owner: str,
    *,
    began: datetime | None = None,
    last: datetime | None = None,
    chats: dict[str, str] | None = None,
    homes: tuple[Home, ...] = (PAGE,),
) -> None:
    """A process that beats: its row, as its heart writes it."""
    last = last or jobs.now()
    with db.write() as session:
        beat(session, owner, began or last, last, chats or {}, homes)


def waits(db: Database, place: str, *, since: datetime, **values: object) -> int:
    """Something said at that moment that has not arrived."""
    with db.write() as session:
        row = post(
            session, Place.parse(place), Card("ひみつの話"), since, reason=f"test:{place}:{since}"
        )
        for name, value in values.items():
            setattr(row, name, value)
        return row.id


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HYOGO, tmp_path / "pack"))


def test_a_well_desk_has_a_line_a_part_and_all_say_so(db: Database, tmp_path: Path) -> None:
    now = datetime(2026, 11, 25, 23, 5, tzinfo=UTC)
    findings = examine(
        settings(db, tmp_path, TZ="Asia/Tokyo"),
        tmp_path / ".env",
        jobs.now if ON_POSTGRES else lambda: now,
    )

    assert [(one.what, one.fine) for one in findings] == [(part, True) for part in PARTS]
    if not ON_POSTGRES:
        assert str(findings[1]) == "✓ 時刻：日本時間で11月26日（木）8:05です"
    assert [str(one) for one in findings][2:] == [
        "✓ データベース：" + ("PostgreSQL" if ON_POSTGRES else "SQLite"),
        f"✓ スキーマ：{head()}",
        f"✓ 知識：公開中の項目{len(list((HYOGO / 'entries').iterdir()))}件",
        "✓ 名簿：市町41、分野12、部屋14、人57",
        "✓ 練習のデータ：練習用の人が入っています。本番は、新しいデータベースではじめてください",
        "✓ 動いているプロセス：いま動いているプロセスはありません",
        "✓ 送れていないもの：ありません",
        "✓ 慎重さ：「ふつう」です",
    ]


def test_the_command_prints_the_lines_and_ends_well_or_not(db: Database, tmp_path: Path) -> None:
    well = command("doctor", **settings(db, tmp_path))
    ill = command("doctor", **settings(db, tmp_path, PORT="x"))

    assert (well.returncode, well.stderr) == (0, "")
    assert [line.partition("：")[0] for line in well.stdout.splitlines()] == [
        f"✓ {p}" for p in PARTS
    ]
    assert (ill.returncode, ill.stderr) == (1, "")
    assert ill.stdout == "✗ 設定：PORT='x' は使えません。1から65535までの数を書いてください。\n"


def test_a_broken_line_of_settings_is_told_with_its_number(db: Database, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# ここ\n\nPORT\n")

    [ill] = examined(settings(db, tmp_path), tmp_path)
    assert str(ill).startswith("✗ 設定：") and ".envの3行目" in ill.words


def test_where_nothing_was_made_yet_the_doctor_makes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    findings = examined({"DATA_DIR": str(folder)}, tmp_path)

    assert [(one.what, one.fine) for one in findings] == [
        ("設定", True), ("時刻", True), ("データベース", False),
    ]  # fmt: skip
    assert "make run" in findings[2].words
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_told_with_the_cure(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        if not ON_POSTGRES:
            (tmp_path / "new.db").touch()
        findings = examined({"DATA_DIR": str(tmp_path), "DATABASE_URL": url}, tmp_path)

    assert only_ill(findings) is findings[-1]
    assert (findings[-1].what, "python -m bot run" in findings[-1].words) == ("スキーマ", True)


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://desk:geheim@127.0.0.1:1/desk", "sqlite:///{folder}/text.db"]
)
def test_a_database_that_cannot_be_opened_is_told_with_the_setting(
    tmp_path: Path, url: str
) -> None:
    (tmp_path / "text.db").write_text("データベースではない" * 200)
    env = {"DATA_DIR": str(tmp_path), "DATABASE_URL": url.format(folder=tmp_path)}

    ill = only_ill(examined(env, tmp_path))

    assert ill.what == "データベース"
    assert "DATABASE_URL" in ill.words and "geheim" not in ill.words
    assert "\n" not in str(ill)


@pytest.mark.parametrize(
    ("now", "cure"), [("0000", "python -m bot run"), ("9999", "プログラムを新しくして")]
)
def test_another_schema_is_told_with_the_cure(
    own_db: Database, tmp_path: Path, now: str, cure: str
) -> None:
    with own_db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :now"), {"now": now})
    try:
        findings = examined(settings(own_db, tmp_path), tmp_path)
    finally:
        with own_db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": head()})

    assert [one.what for one in findings] == PARTS[:4]
    ill = only_ill(findings)
    assert (ill.what, now in ill.words, cure in ill.words) == ("スキーマ", True, True)


def test_an_edited_pack_is_told_with_the_cure(db: Database, tmp_path: Path, pack: Path) -> None:
    with (pack / "entries" / "ehyogo-join.md").open("a") as file:
        file.write("追記です。\n")

    ill = only_ill(examined(settings(db, tmp_path, KNOWLEDGE_PACK=str(pack)), tmp_path))

    assert ill.what == "知識" and "ファイルのほうが新しい" in ill.words


def test_a_broken_pack_is_told_with_file_and_line(db: Database, tmp_path: Path, pack: Path) -> None:
    path = pack / "entries" / "ehyogo-join.md"
    path.write_text(path.read_text().replace("kind: faq", "kind: news"))

    ill = only_ill(examined(settings(db, tmp_path, KNOWLEDGE_PACK=str(pack)), tmp_path))

    assert ill.words == (
        f"{path}の11行目 kind：「news」は使えません。faq、case のどれかにしてください"
    )


def test_a_folder_that_is_no_pack_is_told(db: Database, tmp_path: Path) -> None:
    ill = only_ill(examined(settings(db, tmp_path, KNOWLEDGE_PACK=str(tmp_path)), tmp_path))

    assert ill.what == "知識" and "KNOWLEDGE_PACK" in ill.words


def test_an_edited_directory_is_told_with_the_cure(
    db: Database, tmp_path: Path, pack: Path
) -> None:
    folder = pack / "directory"
    with (folder / "regions.csv").open("a") as file:
        file.write("播磨,\n")

    ill = only_ill(examined(settings(db, tmp_path, DIRECTORY=str(folder)), tmp_path))

    assert ill.what == "名簿"
    assert str(folder) in ill.words and "python -m bot run" in ill.words


def test_a_desk_without_knowledge_and_directory_is_told_how_to_get_them(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        env = {
            "DATA_DIR": str(tmp_path), "DATABASE_URL": url, "KNOWLEDGE_PACK": "", "DIRECTORY": "",
        }  # fmt: skip
        open_desk(Config.from_values(env), NOON).close()

        findings = examined(env, tmp_path)

    assert [one.what for one in findings if not one.fine] == ["知識", "名簿"]
    assert "knowledge import" in findings[4].words and "directory import" in findings[5].words


def test_a_time_zone_the_machine_does_not_know_is_told_with_the_cure(
    db: Database, tmp_path: Path
) -> None:
    ill = only_ill(examined(settings(db, tmp_path, TZ="Asia/Tokio"), tmp_path))

    assert (ill.what, "TZ=Asia/Tokyo" in ill.words, "tzdata" in ill.words) == ("時刻", True, True)
    assert "Asia/Tokio" in ill.words and "UTC" in ill.words


@pytest.mark.parametrize(
    "zone", ["Asia/Tokyo", ":Asia/Tokyo", "JST-9", "/usr/share/zoneinfo/Asia/Tokyo", ""]
)
def test_every_form_of_a_time_zone_that_the_machine_knows_is_well(
    db: Database, tmp_path: Path, zone: str
) -> None:
    [line] = lines(examined(settings(db, tmp_path, TZ=zone), tmp_path), "時刻")

    assert line.startswith("✓ 時刻：日本時間で")


def test_where_the_log_is_not_in_the_time_of_japan_the_doctor_says_so(
    db: Database, tmp_path: Path
) -> None:
    [there] = lines(examined(settings(db, tmp_path, TZ="America/Phoenix"), tmp_path), "時刻")
    [here] = lines(examined(settings(db, tmp_path, TZ="Asia/Tokyo"), tmp_path), "時刻")

    assert there.endswith(
        "。ログの時刻は UTC-07:00 です（環境変数 TZ=Asia/Tokyo で日本時間になります）"
    )
    assert "ログ" not in here


@pytest.mark.parametrize(("minutes", "how"), [(12, "12分進んで"), (-3, "3分遅れて")])
def test_a_clock_that_is_not_the_servers_is_told(
    db: Database, tmp_path: Path, minutes: int, how: str
) -> None:
    """A SQLite file has no clock of its own."""
    findings = examine(
        settings(db, tmp_path),
        tmp_path / ".env",
        lambda: jobs.now() + timedelta(minutes=minutes),
    )

    [line] = lines(findings, "時刻")
    if ON_POSTGRES:
        assert line.startswith("✗") and how in line and "NTP" in line
    else:
        assert line.startswith("✓")


def test_a_process_that_lives_is_told_with_its_machine_and_chats(
    db: Database, tmp_path: Path
) -> None:
    began = jobs.now() - timedelta(hours=3)
    heart = Heart(db, "desk1:7:abc", began, lambda: {"slack": ""}, [PAGE, SLACK])

    heart.start(began)
    heart.beat(jobs.now())
    heart.beat(jobs.now())
    living = lines(examined(settings(db, tmp_path), tmp_path), "動いているプロセス")
    heart.stop()
    ended = lines(examined(settings(db, tmp_path), tmp_path), "動いているプロセス")

    assert living == [
        f"✓ 動いているプロセス：desk1 で{clock(began)}から動いています。slack とつながっています"
    ]
    assert ended == ["✓ 動いているプロセス：いま動いているプロセスはありません"]


def test_the_homes_of_a_process_are_those_it_has_by_now(db: Database) -> None:
    homes = [PAGE]
    heart = Heart(db, "desk1:7:abc", jobs.now(), dict, homes)
    heart.start(jobs.now())
    homes.append(SLACK)
    heart.beat(jobs.now())

    with db.read() as session:
        [row] = session.scalars(select(Process))
        assert row.said == {"chats": {}, "homes": ["slack/T1", "web/page"]}


def test_a_process_that_is_silent_is_told_with_the_cure(db: Database, tmp_path: Path) -> None:
    last = jobs.now() - timedelta(seconds=61)
    alive(db, "desk1:7:abc", last=last)

    ill = only_ill(examined(settings(db, tmp_path), tmp_path))

    assert ill.what == "動いているプロセス"
    assert ill.words == (
        f"desk1 から{clock(last)}を最後に返事がありません。止まったようです。"
        "python -m bot run でもう一度動かしてください"
    )


def test_a_process_of_this_machine_that_was_killed_is_told_at_once(
    db: Database, tmp_path: Path
) -> None:
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    alive(db, f"{socket.gethostname()}:{killed.pid}:abc")

    ill = only_ill(examined(settings(db, tmp_path), tmp_path))

    assert ill.what == "動いているプロセス" and "止まったようです" in ill.words


def test_one_that_was_killed_and_has_a_follower_is_no_trouble(db: Database, tmp_path: Path) -> None:
    """A container comes back under another name: nobody buries what it left."""
    alive(db, "container-a:7:abc", last=jobs.now() - timedelta(hours=2))
    alive(db, "container-b:7:abc", began=jobs.now() - timedelta(hours=1))

    findings = examined(settings(db, tmp_path), tmp_path)

    first, second = lines(findings, "動いているプロセス")
    assert first.startswith("✓") and "次のものに代わりました" in first
    assert second.startswith("✓") and "container-b" in second


def test_one_of_two_that_died_while_the_other_goes_on_is_told(db: Database, tmp_path: Path) -> None:
    alive(db, "desk1:7:abc", began=jobs.now() - timedelta(hours=2))
    alive(db, "desk2:7:abc", last=jobs.now() - timedelta(hours=1))

    assert "desk2" in only_ill(examined(settings(db, tmp_path), tmp_path)).words


def test_a_new_process_buries_those_of_its_machine_and_very_old_ones(db: Database) -> None:
    here, me = socket.gethostname(), f"{socket.gethostname()}:{os.getpid()}:now"
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    now = jobs.now()
    alive(db, f"{here}:{killed.pid}:killed")
    alive(db, f"{here}:{os.getpid()}:earlier")
    alive(db, f"{here}:{os.getppid()}:lives")
    alive(db, "desk2:7:silent", last=now - timedelta(hours=1))
    alive(db, "desk3:7:old", last=now - FORGOTTEN_AFTER - timedelta(minutes=1))

    Heart(db, me, now, dict, ()).start(now)

    with db.read() as session:
        left = set(session.scalars(select(Process.owner)))
    assert left == {me, f"{here}:{os.getppid()}:lives", "desk2:7:silent"}


def test_a_chat_that_does_not_connect_is_told_with_its_reason(db: Database, tmp_path: Path) -> None:
    alive(db, "desk1:7:abc", chats={"slack": "つながりません（invalid_auth）"})

    ill = only_ill(examined(settings(db, tmp_path), tmp_path))

    assert ill.what == "動いているプロセス"
    assert "slack は「つながりません（invalid_auth）」とのことです" in ill.words


def test_two_machines_on_one_sqlite_file_are_told_with_the_cure(
    db: Database, tmp_path: Path
) -> None:
    alive(db, "desk1:7:abc")
    alive(db, "desk2:7:abc")
    alive(db, "desk2:8:abc")

    findings = examined(settings(db, tmp_path), tmp_path)

    if ON_POSTGRES:
        assert all(one.fine for one in findings)
    else:
        ill = only_ill(findings)
        assert ill.what == "動いているプロセス"
        assert "2台の機械（desk1、desk2）" in ill.words and "DATABASE_URL" in ill.words


def test_what_was_given_up_is_told_with_count_time_place_and_code(
    db: Database, tmp_path: Path
) -> None:
    now = jobs.now()
    old = now - timedelta(days=2)
    gone = {"state": State.FAILED, "error": "channel_not_found"}
    first = waits(db, "slack/T1/C1", since=old, **gone)
    second = waits(db, "slack/T1/C2", since=now - timedelta(days=1), **gone)
    waits(db, "slack/T1/C3", since=now - timedelta(days=8), **gone)
    waits(db, "slack/T1/C4", since=now, state=State.CANCELLED)

    ill = only_ill(examined(settings(db, tmp_path), tmp_path))

    assert ill.what == "送れていないもの"
    assert ill.words == (
        f"slack/T1 へ2件を送れませんでした（いちばん古いのは{clock(old)}、最後の理由 channel_not_found、"
        f"ログの番号 delivery {first}、{second}）。相手に届いていません。もう一度送るか、電話で伝えてください"
    )


@pytest.mark.parametrize("error", ["ひみつの話です", "told: <p>secret", "a b c d e"])
def test_no_error_is_told_that_is_not_a_code(db: Database, tmp_path: Path, error: str) -> None:
    waits(db, "web/page/x", since=jobs.now(), state=State.FAILED, error=error)

    ill = only_ill(examined(settings(db, tmp_path), tmp_path))

    assert "理由" not in ill.words and "ひみつ" not in str(ill) and "secret" not in str(ill)


def test_what_waits_for_too_long_is_told(db: Database, tmp_path: Path) -> None:
    now = jobs.now()
    waits(db, "web/page/x", since=now - timedelta(minutes=9))
    assert all(one.fine for one in examined(settings(db, tmp_path), tmp_path))

    waits(db, "web/page/y", since=now - timedelta(minutes=11))
    alone = only_ill(examined(settings(db, tmp_path), tmp_path))
    alive(db, "desk1:7:abc")
    beside = only_ill(examined(settings(db, tmp_path), tmp_path))

    assert "web/page への1件が10分たっても届いていません" in alone.words
    assert "python -m bot run" in alone.words and "送りつづけています" in beside.words


def test_what_is_tried_in_vain_again_and_again_is_told(db: Database, tmp_path: Path) -> None:
    """Each try puts the next one off, so the row itself is never overdue."""
    now = jobs.now()
    waits(
        db, "web/page/x", since=now - timedelta(minutes=11), tries=3, error="HTTP 503",
        due_at=now + timedelta(minutes=8),
    )  # fmt: skip

    assert "最後の理由 HTTP 503" in only_ill(examined(settings(db, tmp_path), tmp_path)).words


def test_what_nobody_who_lives_can_send_is_told_at_once(db: Database, tmp_path: Path) -> None:
    waits(db, "slack/T2/C1", since=jobs.now())
    assert all(one.fine for one in examined(settings(db, tmp_path), tmp_path))

    alive(db, "desk1:7:abc", homes=(PAGE, SLACK))
    ill = only_ill(examined(settings(db, tmp_path), tmp_path))

    assert ill.what == "送れていないもの"
    assert "slack/T2 への1件を送るプロセスが動いていません" in ill.words and "名簿" in ill.words


def test_what_waits_at_a_terminal_waits_for_who_sits_down_at_it(
    db: Database, tmp_path: Path
) -> None:
    alive(db, "desk1:7:abc")
    waits(db, "terminal/yamada/yamada", since=jobs.now() - timedelta(days=1))

    assert all(one.fine for one in examined(settings(db, tmp_path), tmp_path))


def test_practice_data_in_a_database_that_a_chat_is_connected_to_is_told(
    db: Database, tmp_path: Path
) -> None:
    chat = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
    chat |= {"SLACK_API_BASE_URL": "http://127.0.0.1:1/api/", "DEMO": "0"}
    [line] = lines(examined(settings(db, tmp_path, **chat), tmp_path), "練習のデータ")
    assert line.startswith("✗") and "DATABASE_URL" in line and "DEMO=1" in line


def test_a_database_without_practice_data_has_no_line_of_it(
    empty_db: Database, tmp_path: Path
) -> None:
    assert not lines(examined(settings(empty_db, tmp_path), tmp_path), "練習のデータ")
