"""Settings: a wrong one stops the start in one sentence that names it."""

import dataclasses
import os
import re
import socket
from pathlib import Path

import pytest

from bot.config import Config, ConfigError, LogoSettings, SlackSettings
from jobs import now
from jobs.opening import check_folders, open_desk
from tests.commands import ROOT, SETTINGS, command


def read(text: str, folder: Path, **env: str) -> Config:
    (folder / ".env").write_text(text, encoding="utf-8")
    return Config.read(env, folder / ".env")


def refusal(**values: str) -> str:
    with pytest.raises(ConfigError) as refused:
        Config.from_values(values)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_without_any_setting_the_desk_runs_for_practice_on_this_machine(tmp_path: Path) -> None:
    assert Config.read({}, tmp_path / ".env") == Config(
        host="127.0.0.1",
        port=8080,
        database_url="sqlite:///data/desk.db",
        knowledge_pack=Path("knowledge/hyogo"),
        directory=Path("knowledge/hyogo/directory"),
        demo=True,
        public_url="http://127.0.0.1:8080",
        data_dir=Path("data"),
    )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = read("PORT=9000\nDEMO=0\n", tmp_path, PORT="9001")

    assert (config.port, config.demo) == (9001, False)


def test_the_file_may_hold_comments_quotes_and_a_byte_order_mark(tmp_path: Path) -> None:
    config = read(
        '\ufeff# ポート\nexport PORT = 9000 # ここ\n\nDATA_DIR="置き場 1"\nEMPTY=\n', tmp_path
    )

    assert (config.port, config.data_dir) == (9000, Path("置き場 1"))


def test_nothing_in_the_file_is_put_in_place_of_anything(tmp_path: Path) -> None:
    config = read("A=1\nDATA_DIR=/x/${A}/$A/${HOME:-y}\n", tmp_path, A="2")

    assert config.data_dir == Path("/x/${A}/$A/${HOME:-y}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("PORT", 1),
        ("PORT=1\nDEMO\n", 2),
        ("PORT=1\n\n\nDEMO\nHOST=x\n", 4),
        ("# 説明\n\n=x\n", 3),
        ("PORT=1\nHO ST=x\n", 2),
        ("\n\nDATA_DIR='開いたまま\nPORT=1\n", 3),
    ],
)
def test_a_line_that_is_none_is_told_with_its_number(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(ConfigError, match=rf"\.envの{line}行目を読めません"):
        read(text, tmp_path)


def test_a_file_of_another_encoding_is_told_so(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("DATA_DIR=置き場".encode("cp932"))

    with pytest.raises(ConfigError, match=r"\.env：UTF-8"):
        Config.read({}, tmp_path / ".env")


@pytest.mark.parametrize(
    "port", ["x", "0", "-1", "65536", "80.0", "８０８０", "9" * 5000, "1e3", ""]
)
def test_a_wrong_port_is_named(port: str) -> None:
    assert refusal(PORT=port).startswith("PORT=")


@pytest.mark.parametrize("demo", ["yes", "true", "2", "-"])
def test_a_wrong_switch_is_named(demo: str) -> None:
    assert refusal(DEMO=demo).startswith("DEMO=")


@pytest.mark.parametrize("host", ["a b", "a..b", "http://x", "x/y", "x:y", "あ"])
def test_a_wrong_host_is_named(host: str) -> None:
    assert refusal(HOST=host).startswith("HOST=")


@pytest.mark.parametrize(
    "url",
    [
        "desk.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://desk:geheim@h/desk",
        "mysql://desk:ge:he@im/geheim@h/desk", "postgresql+psycopg2://desk:geheim@h/desk",
        "postgresql+psycopg://desk:geheim@h:port/desk", "nothing://h/desk?password=geheim",
    ],
)  # fmt: skip
def test_a_wrong_database_is_named_and_no_password_is_shown(url: str) -> None:
    said = refusal(DATABASE_URL=url)

    assert said.startswith("DATABASE_URL")
    assert "geheim" not in said and "he@im" not in said


@pytest.mark.parametrize(
    "url",
    [
        "desk.example.jp", "ftp://desk.example.jp", "https://", "https://desk.example.jp/desk",
        "https://desk.example.jp/?a=1", "https://desk.example.jp#a", "http://[::1", "http://x:port",
        "https://desk:geheim@desk.example.jp", "https://desk example.jp", "http://x:99999",
    ],
)  # fmt: skip
def test_a_wrong_address_is_named(url: str) -> None:
    said = refusal(PUBLIC_URL=url)

    assert said.startswith("PUBLIC_URL=")
    assert "geheim" not in said


@pytest.mark.parametrize("name", ["KNOWLEDGE_PACK", "DIRECTORY"])
def test_a_folder_that_is_not_there_is_named_and_an_empty_one_is_none(name: str) -> None:
    assert refusal(**{name: "no/such"}).startswith(f"{name}=")
    assert getattr(Config.from_values({name: ""}), name.lower()) is None


@pytest.mark.parametrize(
    ("values", "demo"),
    [
        ({}, True),
        ({"HOST": "localhost"}, True),
        ({"HOST": "::1"}, True),
        ({"HOST": "0.0.0.0"}, False),
        ({"HOST": "desk.example.jp"}, False),
        ({"HOST": "0.0.0.0", "DEMO": "1"}, True),
        ({"DEMO": "0"}, False),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}, False),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "DEMO": "1"}, True),
    ],
)
def test_practice_is_on_where_only_this_machine_can_reach_it_and_no_chat_is_connected(
    values: dict[str, str], demo: bool
) -> None:
    assert Config.from_values(values).demo is demo


@pytest.mark.parametrize(
    ("values", "host"),
    [
        ({}, "127.0.0.1:8080"),
        ({}, "localhost:8080"),
        ({"HOST": "::1", "PORT": "9000"}, "[::1]:9000"),
        ({"HOST": "desk1"}, "desk1:8080"),
        ({"PORT": "80"}, "localhost"),
        ({"PUBLIC_URL": "https://desk.example.jp"}, "desk.example.jp"),
        ({"PUBLIC_URL": "https://Desk.Example.JP:443/"}, "desk.example.jp"),
        ({"PUBLIC_URL": "http://desk.example.jp:8443"}, "desk.example.jp:8443"),
        ({"PUBLIC_URL": "http://[::2]:8080"}, "[::2]:8080"),
    ],
)
def test_the_page_answers_to_the_names_by_which_a_browser_calls_it(
    values: dict[str, str], host: str
) -> None:
    assert host in Config.from_values(values).allowed_hosts


def test_the_page_answers_to_no_other_name() -> None:
    config = Config.from_values({"PUBLIC_URL": "https://desk.example.jp"})

    assert config.allowed_hosts == {
        "127.0.0.1:8080", "localhost:8080", "[::1]:8080", "desk.example.jp",
    }  # fmt: skip


def test_the_example_names_and_explains_every_setting_and_loads_as_the_defaults(
    tmp_path: Path,
) -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    lines = example.splitlines()
    offered = [at for at, line in enumerate(lines) if re.match(r"# [A-Z_]+=", line)]

    names = {lines[at][2:].partition("=")[0] for at in offered}
    own = {f.name.upper() for f in dataclasses.fields(Config)} - {"SLACK", "LOGO"}
    assert names == set(SETTINGS)
    own |= {f"SLACK_{f.name.upper()}" for f in dataclasses.fields(SlackSettings)}
    assert names == own | {f"LOGO_{f.name.upper()}" for f in dataclasses.fields(LogoSettings)}
    assert all(re.match("# .*[ぁ-ん]", lines[at - 1]) for at in offered)
    assert all(line.startswith("# ") or not line for line in lines)  # as it is it changes nothing
    as_it_is = read(example, tmp_path)
    all_of_it = read(re.sub(r"(?m)^# (?=[A-Z_]+=)", "", example), tmp_path)
    assert as_it_is == all_of_it == Config.from_values({})


SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-geheim-1",
    "SLACK_APP_TOKEN": "xapp-geheim-2",
    "SLACK_SIGNING_SECRET": "geheim-3",
}


@pytest.mark.parametrize(
    ("given", "over_socket"),
    [
        (("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"), True),
        (("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"), False),
        (("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"), True),
    ],
)
def test_slack_is_reached_from_inside_or_reaches_us(
    given: tuple[str, ...], over_socket: bool
) -> None:
    config = Config.from_values({name: f" {SLACK[name]} " for name in given})

    assert config.chats == ("slack",)
    assert config.slack is not None and config.slack.over_socket is over_socket
    assert config.slack.bot_token == "xoxb-geheim-1"
    assert config.slack.api_base_url == "https://slack.com/api/"


LOGO = {"LOGO_ENDPOINT": "wss://chat.example.jp/api", "LOGO_TOKEN": "geheim-4"}


def test_logo_is_reached_by_endpoint_and_token() -> None:
    config = Config.from_values({name: f" {value} " for name, value in LOGO.items()})

    assert config.chats == ("logo",) and config.demo is False
    assert config.logo == LogoSettings(
        "wss://chat.example.jp/api", "chat.example.jp", "1.128", "geheim-4"
    )
    assert "geheim" not in repr(config)
    both = Config.from_values({**LOGO, **SLACK, "LOGO_HOST": "files.example.jp"})
    assert both.chats == ("slack", "logo")
    assert both.logo is not None and both.logo.host == "files.example.jp"


def test_without_endpoint_and_token_there_is_no_logo() -> None:
    given = {
        "LOGO_ENDPOINT": " ",
        "LOGO_TOKEN": "",
        "LOGO_API_VERSION": "1.122",
        "LOGO_HOST": "x.jp",
    }
    assert (Config.from_values(given).logo, Config.from_values(given).chats) == (None, ())


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"LOGO_TOKEN": "geheim-4"}, "LOGO_ENDPOINT"),
        ({"LOGO_ENDPOINT": "wss://chat.example.jp/api"}, "LOGO_TOKEN"),
        ({**LOGO, "LOGO_TOKEN": "geheim 4"}, "LOGO_TOKEN"),
        ({**LOGO, "LOGO_TOKEN": "ひみつ"}, "LOGO_TOKEN"),
        ({**LOGO, "LOGO_ENDPOINT": "ws://chat.example.jp/api"}, "LOGO_ENDPOINT"),
        ({**LOGO, "LOGO_ENDPOINT": "https://chat.example.jp/api"}, "LOGO_ENDPOINT"),
        ({**LOGO, "LOGO_ENDPOINT": "wss://u:geheim@chat.example.jp/"}, "LOGO_ENDPOINT"),
        ({**LOGO, "LOGO_ENDPOINT": "wss://chat.example.jp/?token=geheim"}, "LOGO_ENDPOINT"),
        ({**LOGO, "LOGO_ENDPOINT": "wss://chat.example.jp:port/"}, "LOGO_ENDPOINT"),
        ({**LOGO, "LOGO_ENDPOINT": "chat.example.jp"}, "LOGO_ENDPOINT"),
        ({**LOGO, "LOGO_HOST": "https://chat.example.jp"}, "LOGO_HOST"),
        ({**LOGO, "LOGO_API_VERSION": "newest"}, "LOGO_API_VERSION"),
    ],
)
def test_a_wrong_logo_setting_is_named_and_no_secret_shown(
    values: dict[str, str], named: str
) -> None:
    said = refusal(**values)

    assert said.startswith(named)
    assert "geheim" not in said


def test_without_its_tokens_there_is_no_slack() -> None:
    empty = dict.fromkeys(SLACK, " ")
    config = Config.from_values({**empty, "SLACK_API_BASE_URL": "https://relay.example.jp/api"})

    assert (config.slack, config.chats) == (None, ())


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"SLACK_APP_TOKEN": "xapp-geheim-2"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "geheim-3"}, "SLACK_BOT_TOKEN"),
        ({**SLACK, "SLACK_BOT_TOKEN": "geheim"}, "SLACK_BOT_TOKEN"),
        ({**SLACK, "SLACK_BOT_TOKEN": "xoxp-geheim"}, "SLACK_BOT_TOKEN"),  # a person's own
        ({"SLACK_BOT_TOKEN": "xapp-geheim", "SLACK_APP_TOKEN": "xoxb-geheim"}, "SLACK_BOT_TOKEN"),
        ({**SLACK, "SLACK_APP_TOKEN": "geheim"}, "SLACK_APP_TOKEN"),
        ({**SLACK, "SLACK_APP_TOKEN": "xoxb-geheim"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-geheim-1"}, "SLACK_APP_TOKEN"),
        ({**SLACK, "SLACK_API_BASE_URL": "slack.com/api/"}, "SLACK_API_BASE_URL"),
        ({**SLACK, "SLACK_API_BASE_URL": "http://slack.com/api/"}, "SLACK_API_BASE_URL"),
        ({**SLACK, "SLACK_API_BASE_URL": "ftp://127.0.0.1/"}, "SLACK_API_BASE_URL"),
        ({**SLACK, "SLACK_API_BASE_URL": "https://"}, "SLACK_API_BASE_URL"),
        ({**SLACK, "SLACK_API_BASE_URL": "https://[::1/api/"}, "SLACK_API_BASE_URL"),
        ({**SLACK, "SLACK_API_BASE_URL": "https://relay:port/api/"}, "SLACK_API_BASE_URL"),
        ({**SLACK, "SLACK_API_BASE_URL": "https://u:geheim@relay/api/"}, "SLACK_API_BASE_URL"),
        ({**SLACK, "SLACK_API_BASE_URL": "https://relay/api/?key=geheim"}, "SLACK_API_BASE_URL"),
    ],
)
def test_a_wrong_setting_of_slack_is_named_and_no_secret_is_shown(
    values: dict[str, str], named: str
) -> None:
    said = refusal(**values)

    assert said.startswith(named)
    assert "geheim" not in said


def test_who_gives_no_way_to_hear_slack_is_told_of_both() -> None:
    said = refusal(SLACK_BOT_TOKEN="xoxb-geheim-1")

    assert "SLACK_APP_TOKEN" in said and "SLACK_SIGNING_SECRET" in said


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("http://127.0.0.1:9999/api", "http://127.0.0.1:9999/api/"),
        ("http://[::1]:9999/api/", "http://[::1]:9999/api/"),
        ("https://relay.example.jp/slack/api", "https://relay.example.jp/slack/api/"),
    ],
)
def test_slack_may_be_reached_over_a_relay_or_on_this_machine(url: str, used: str) -> None:
    config = Config.from_values({**SLACK, "SLACK_API_BASE_URL": url})

    assert config.slack is not None and config.slack.api_base_url == used


def test_no_secret_stands_in_the_settings_when_they_are_printed() -> None:
    url = "postgresql+psycopg://desk:geheim@127.0.0.1/desk"
    config = Config.from_values({**SLACK, "DATABASE_URL": url})

    for shown in (repr(config), str(config), repr(config.slack), f"{config.slack}"):
        assert "geheim" not in shown
    assert "https://slack.com/api/" in repr(config)


def config_in(folder: Path, **values: str) -> Config:
    return Config.from_values({"DATA_DIR": str(folder), "KNOWLEDGE_PACK": "", **values})


def test_a_file_where_the_data_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    for folder in ("data", "data/deeper"):
        with pytest.raises(ConfigError, match=r"^DATA_DIR="):
            open_desk(config_in(tmp_path / folder), now())


def test_a_database_file_without_its_folder_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none/desk.db?timeout=3"

    with pytest.raises(ConfigError, match=r"^DATABASE_URL：.*none"):
        open_desk(config_in(tmp_path, DATABASE_URL=url), now())


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_text("これはデータベースではありません。" * 100)

    with pytest.raises(ConfigError, match=r"^DATABASE_URL のデータベースを開けません"):
        open_desk(config_in(tmp_path), now())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "taken"),
        ("DATABASE_URL", "postgresql+psycopg://desk:geheim@127.0.0.1:1/desk"),
        ("DATA_DIR", "/proc/desk"),
    ],
)
def test_the_desk_ends_in_one_sentence_where_it_cannot_start(
    tmp_path: Path, name: str, value: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        settings = {"DATA_DIR": str(tmp_path), "KNOWLEDGE_PACK": "", "DIRECTORY": "", "PORT": port}

        ended = command("run", **settings | ({name: value} if value != "taken" else {}))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert name in ended.stderr and "geheim" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr


def test_a_folder_one_may_not_write_is_named(tmp_path: Path) -> None:
    closed = next((p for p in ("/usr", "/sys", "/proc/sys") if not os.access(p, os.W_OK)), None)
    if closed is None:
        pytest.skip("this user may write everywhere")

    for folder in (closed, f"{closed}/desk"):
        with pytest.raises(ConfigError, match=rf"^DATA_DIR='{folder}' に書けません"):
            check_folders(config_in(Path(folder)))
    with pytest.raises(ConfigError, match=rf"^DATABASE_URL：フォルダー '{closed}' .*書けません"):
        check_folders(config_in(tmp_path, DATABASE_URL=f"sqlite:///{closed}/desk.db"))
