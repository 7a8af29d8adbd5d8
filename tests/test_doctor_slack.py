"""The doctor asks Slack itself: each thing broken once shows its ✗ with the cure, and no token is told."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

import jobs
from bot.chat import Place
from bot.db import Database
from bot.directory import Room
from bot.inbox import receive
from bot.platforms.slack.ears import OSHIRASE, SOUDAN, Us, heard
from bot.platforms.slack.scopes import NEEDED_SCOPES
from bot.processes import beat
from jobs.doctor import Finding, examine
from tests.commands import command, free_port
from tests.slack_fake import BOT, TEAM, FakeChannel, FakeSlack

BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-geheim-1", "xapp-geheim-2", "0123456789abcdef" * 2
PARTS = [
    "Slackのボット",
    "Slackの権限",
    "Slackのコマンド",
    "Slackへの接続",
    "Slackとの時計",
    "Slackの部屋",
]
ARRIVAL = "Slackからの受け口"


ROOMS = ["標準化", "生成AI", "共同利用", "電子申請"]
NOT_FILLED = ("知識", "名簿")
"""Lines of a desk that has nothing but its rooms, as most tests here need no more."""


@dataclass
class Desk:
    """A desk whose rooms are private channels C000, C001 … with the bot in them."""

    db: Database
    folder: Path
    slack: FakeSlack

    def furnish(self) -> "Desk":
        with self.db.write() as session:
            if session.scalar(select(Room.id).limit(1)) is None:
                session.add_all(
                    Room(
                        id=f"room-{n}",
                        name=name,
                        kind="field",
                        place=Place("web", "page", f"{n}"),
                        position=n,
                    )
                    for n, name in enumerate(ROOMS)
                )
            for number, room in enumerate(session.scalars(select(Room).order_by(Room.position))):
                room.place = Place("slack", TEAM, f"C{number:03}")
                self.slack.add_channel(room.place.channel, room.id, is_private=True)
        return self

    def settings(self, **more: str) -> dict[str, str]:
        return {
            "DATABASE_URL": self.db.engine.url.render_as_string(hide_password=False),
            "DATA_DIR": str(self.folder),
            "DEMO": "1",
            "PUBLIC_URL": "https://desk.example.jp",
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_BASE_URL": self.slack.base_url,
            **more,
        }

    def examined(self, **more: str) -> list[Finding]:
        env = self.settings(**more)
        findings = examine(env, self.folder / ".env")
        secrets = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")
        told = "\n".join(str(one) for one in findings)
        assert not [name for name in secrets if env.get(name) and env[name] in told]
        return findings

    def ill(self, **more: str) -> list[Finding]:
        found = self.examined(**more)
        return [one for one in found if not one.fine and one.what not in NOT_FILLED]

    def only_ill(self, **more: str) -> Finding:
        [one] = self.ill(**more)
        return one

    def room(self, channel: str = "C000") -> FakeChannel:
        return self.slack.channels[channel]

    def move(self, place: str) -> None:
        """The directory has another place for the first room."""
        with self.db.write() as session:
            session.execute(
                update(Room).where(Room.name == ROOMS[0]).values(place=Place.parse(place))
            )


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        yield fake


@pytest.fixture
def desk(empty_db: Database, tmp_path: Path, slack: FakeSlack) -> Desk:
    return Desk(empty_db, tmp_path, slack).furnish()


@pytest.fixture
def whole(own_db: Database, tmp_path: Path, slack: FakeSlack) -> Desk:
    """With its fourteen rooms, and everything else."""
    return Desk(own_db, tmp_path, slack).furnish()


def of_slack(findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if one.what.startswith("Slack")]


def test_a_desk_that_is_whole_in_slack_says_so(whole: Desk) -> None:
    findings = whole.examined()

    assert all(one.fine for one in findings)
    commands = (
        "✓ Slackのコマンド：使えます。Slackで / と打っても出てこないときは、"
        "アプリの「Slash Commands」に /soudan と /oshirase があるか見てください"
    )
    assert [str(one) for one in of_slack(findings)] == [
        "✓ Slackのボット：Fake に u0bot として入れます",
        "✓ Slackの権限：いるもの10個がそろっています",
        commands,
        "✓ Slackへの接続：つながります（Socket Mode）",
        "✓ Slackとの時計：合っています",
        "✓ Slackの部屋：14部屋すべて、非公開で、u0bot が入っています",
    ]


def test_nothing_is_posted_or_opened(desk: Desk) -> None:
    desk.examined()

    asked = {"auth.test", "apps.connections.open", "conversations.info"}
    assert {call["method"] for call in desk.slack.calls()} == asked
    assert not desk.slack.sockets


def test_the_command_prints_it(whole: Desk) -> None:
    well = command("doctor", **whole.settings())
    whole.slack.down = True
    ill = command("doctor", **whole.settings())

    assert (well.returncode, well.stderr) == (0, "")
    assert [line.partition("：")[0] for line in well.stdout.splitlines()][-6:] == [
        f"✓ {part}" for part in PARTS
    ]
    assert (ill.returncode, ill.stderr) == (1, "")
    assert "✗ Slackのボット：127.0.0.1" in ill.stdout


def test_a_desk_without_slack_has_no_line_of_it(desk: Desk) -> None:
    assert not of_slack(desk.examined(SLACK_BOT_TOKEN="", SLACK_APP_TOKEN=""))


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("xoxb-invalid-1", "SLACK_BOT_TOKEN がちがうようです"),
        ("xoxb-revoked-1", "SLACK_BOT_TOKEN はもう使えません"),
    ],
)
def test_a_bot_token_that_is_refused_is_told_with_the_cure(
    desk: Desk, token: str, words: str
) -> None:
    findings = desk.examined(SLACK_BOT_TOKEN=token)

    [ill] = [one for one in of_slack(findings) if not one.fine]
    assert (ill.what, ill.words.startswith(words)) == ("Slackのボット", True)
    assert "「OAuth & Permissions」" in ill.words
    assert [one.what for one in of_slack(findings)] == [
        "Slackのボット",
        "Slackへの接続",
        "Slackとの時計",
    ]  # fmt: skip  neither scopes nor rooms, which stand on the token


def test_a_slack_that_does_not_answer_is_told_with_the_cure(desk: Desk) -> None:
    desk.slack.down = True
    cut = desk.examined()
    desk.slack.down = False
    nobody = desk.examined(SLACK_API_BASE_URL=f"http://127.0.0.1:{free_port()}/api/")

    for findings in (cut, nobody):
        [ill] = of_slack(findings)
        assert (ill.what, ill.fine) == ("Slackのボット", False)
        assert "に届きません" in ill.words and "HTTPS_PROXY" in ill.words
    assert "ConnectionRefusedError" in of_slack(nobody)[0].words


def test_somebody_else_who_answers_in_its_place_is_told(desk: Desk) -> None:
    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write("<h1>庁内プロキシ：ログインしてください</h1>".encode())

        def log_message(self, *_: object) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = desk.examined(SLACK_API_BASE_URL=f"http://127.0.0.1:{server.server_port}/api/")
        server.shutdown()

    [ill] = of_slack(found)
    assert "Slackではないものが答えています" in ill.words and "<h1>" not in ill.words


def test_a_slack_that_is_busy_or_broken_says_so(desk: Desk) -> None:
    desk.slack.fault("auth.test", status=429, retry_after=30)
    busy = desk.only_ill()
    desk.slack.fault("auth.test", status=500)
    broken = desk.only_ill()

    assert "少し待って" in busy.words and "internal_error" in broken.words


@pytest.mark.parametrize("scope", sorted(NEEDED_SCOPES - {"commands", "groups:read"}))
def test_each_scope_that_is_missing_is_named_with_the_cure(desk: Desk, scope: str) -> None:
    desk.slack.scopes.remove(scope)

    ill = desk.only_ill()

    assert ill.what == "Slackの権限" and ill.words.startswith(f"{scope} が足りません")
    assert "「OAuth & Permissions」" in ill.words and "入れ直し" in ill.words


def test_without_the_scope_of_commands_they_are_not_registered(desk: Desk) -> None:
    desk.slack.scopes.remove("commands")

    scopes, commands = desk.ill()

    assert scopes.words.startswith("commands が足りません")
    assert commands.what == "Slackのコマンド"
    assert "/soudan と /oshirase" in commands.words and "「Slash Commands」" in commands.words


@pytest.mark.parametrize("word", [SOUDAN, OSHIRASE])
def test_a_command_that_was_heard_is_told(desk: Desk, word: str) -> None:
    payload = {
        "command": word, "user_id": "U1", "team_id": TEAM, "text": "", "trigger_id": "12.34.ab",
    }  # fmt: skip
    found = heard(payload, Us(TEAM, BOT), jobs.now(), lambda _: False)
    assert found is not None and found.message is not None
    with desk.db.quick() as connection:
        receive(connection, found.message, "desk1:7:abc", jobs.now())

    [line] = [one for one in desk.examined() if one.what == "Slackのコマンド"]

    assert line.fine and "最後に届いたのは" in line.words


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("xapp-invalid-1", "SLACK_APP_TOKEN がちがうようです"),
        ("xapp-revoked-1", "SLACK_APP_TOKEN はもう使えません"),
    ],
)
def test_an_app_token_that_is_refused_is_told_with_the_cure(
    desk: Desk, token: str, words: str
) -> None:
    ill = desk.only_ill(SLACK_APP_TOKEN=token)

    assert (ill.what, ill.words.startswith(words)) == ("Slackへの接続", True)
    assert "「App-Level Tokens」" in ill.words


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"error": "missing_scope"}, "connections:write"),
        ({"error": "forbidden_team"}, "「Socket Mode」がオン"),
        ({"status": 429}, "少し待って"),
        ({"drop": "before"}, "に届きません"),
    ],
)
def test_a_connection_that_is_refused_is_told_with_the_cure(
    desk: Desk, how: dict[str, Any], words: str
) -> None:
    desk.slack.fault("apps.connections.open", **how)

    ill = desk.only_ill()

    assert ill.what == "Slackへの接続" and words in ill.words


def test_over_http_the_secret_and_the_address_are_looked_at(desk: Desk) -> None:
    over_http = {"SLACK_APP_TOKEN": "", "PUBLIC_URL": "https://desk.example.jp"}
    well = desk.examined(**over_http, SLACK_SIGNING_SECRET=SECRET)
    short = desk.only_ill(**over_http, SLACK_SIGNING_SECRET=SECRET[:-1])
    plain = desk.only_ill(
        SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET=SECRET, PUBLIC_URL="http://desk.example.jp"
    )

    assert all(one.fine for one in of_slack(well))
    assert not desk.slack.calls("apps.connections.open")
    [line] = [one for one in well if one.what == ARRIVAL]
    assert "https://desk.example.jp/slack/events" in line.words
    assert short.what == plain.what == ARRIVAL
    assert "SLACK_SIGNING_SECRET" in short.words and "「Signing Secret」" in short.words
    assert "PUBLIC_URL" in plain.words and "https" in plain.words


@pytest.mark.parametrize(("seconds", "how"), [(300, "5分遅れて"), (-90, "2分進んで")])
def test_a_clock_that_is_not_slacks_is_told(desk: Desk, seconds: int, how: str) -> None:
    desk.slack.clock_skew_seconds = seconds

    ill = desk.only_ill()

    assert ill.what == "Slackとの時計" and how in ill.words and "NTP" in ill.words


def test_a_room_without_the_bot_is_told_with_the_words_to_write_there(desk: Desk) -> None:
    """Slack hides a private channel from who is not in it."""
    desk.room().members.remove(BOT)

    ill = desk.only_ill()

    assert ill.what == "Slackの部屋"
    assert ill.words.startswith("「標準化」が見つかりません") and "/invite @u0bot" in ill.words


@pytest.mark.parametrize("more", [set(), {"channels:read"}])
def test_a_public_room_is_told(desk: Desk, more: set[str]) -> None:
    """With our scopes Slack tells nothing of a public channel, which tells that it is one."""
    desk.slack.scopes |= more
    desk.room().is_private = False

    ill = desk.only_ill()

    assert ill.what == "Slackの部屋"
    assert ill.words.startswith("「標準化」は公開のチャンネルです") and "非公開" in ill.words


def test_a_public_room_without_the_bot_is_told_both(desk: Desk) -> None:
    desk.slack.scopes.add("channels:read")
    desk.room().is_private = False
    desk.room().members.remove(BOT)

    public, alone = desk.ill()

    assert "公開" in public.words and "/invite @u0bot" in alone.words


def test_a_room_shared_with_others_is_told(desk: Desk) -> None:
    desk.room().is_ext_shared = True

    assert desk.only_ill().words.startswith("「標準化」はほかの組織と共有されています")


def test_an_archived_room_is_told(desk: Desk) -> None:
    desk.room().is_archived = True

    assert desk.only_ill().words.startswith("「標準化」はアーカイブされています")


def test_many_rooms_with_one_trouble_are_one_line(desk: Desk) -> None:
    for number in range(len(ROOMS)):
        desk.room(f"C{number:03}").is_ext_shared = True

    assert desk.only_ill().words.startswith("「標準化」「生成AI」「共同利用」ほか1部屋はほかの")


@pytest.mark.parametrize("place", ["web/page/room-hyojunka", "slack/T9OTHER/C000"])
def test_a_room_of_another_workspace_or_of_the_page_is_told(desk: Desk, place: str) -> None:
    desk.move(place)

    ill = desk.only_ill()

    assert ill.what == "Slackの部屋" and ill.words.startswith(
        "「標準化」がこのワークスペースにありません"
    )
    assert "rooms.csv の place を slack/T0FAKE/C…" in ill.words


def test_a_channel_that_does_not_exist_is_told(desk: Desk) -> None:
    desk.move(f"slack/{TEAM}/C9NONE")

    assert desk.only_ill().words.startswith("「標準化」が見つかりません")


def test_rooms_that_may_not_be_read_are_told_with_the_scope(desk: Desk) -> None:
    desk.slack.scopes.remove("groups:read")

    scopes, rooms = desk.ill()

    assert scopes.what == "Slackの権限" and rooms.what == "Slackの部屋"
    assert "ほか1部屋を確かめられません。権限 groups:read が足りません" in rooms.words


def test_no_rooms_at_all_is_told(empty_db: Database, tmp_path: Path, slack: FakeSlack) -> None:
    ill = Desk(empty_db, tmp_path, slack).ill()

    [line] = [one for one in ill if one.what == "Slackの部屋"]
    assert line.words.startswith("1つもありません") and "rooms.csv" in line.words


def test_when_slack_stops_answering_the_other_rooms_are_not_waited_for(desk: Desk) -> None:
    desk.slack.fault("conversations.info", status=429)

    ill = desk.only_ill()

    assert len(desk.slack.calls("conversations.info")) == 1
    assert ill.what == "Slackの部屋" and "「標準化」で止まりました" in ill.words


def test_without_a_database_slack_is_looked_at_all_the_same(desk: Desk, tmp_path: Path) -> None:
    findings = desk.examined(DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}")

    assert [one.what for one in findings if not one.fine] == ["データベース"]
    assert [one.what for one in of_slack(findings)] == PARTS[:-1]


def test_a_process_that_was_started_before_slack_was_set_up_is_told(desk: Desk) -> None:
    def living(chats: dict[str, str]) -> None:
        with desk.db.write() as session:
            beat(session, "desk1:7:abc", jobs.now(), jobs.now(), chats, [("web", "page")])

    living({})
    ill = desk.only_ill()
    living({"slack": ""})

    assert (
        ill.what == "動いているプロセス" and "slack の設定を読んだプロセスがありません" in ill.words
    )
    assert not desk.ill()


@pytest.mark.parametrize(
    "url", ["", "http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"]
)
def test_links_that_lead_to_the_readers_own_machine_are_told_with_the_cure(
    desk: Desk, url: str
) -> None:
    ill = desk.only_ill(PUBLIC_URL=url)
    assert ill.what == "メッセージのリンク"
    assert "PUBLIC_URL" in ill.words and "読む人の機械" in ill.words
