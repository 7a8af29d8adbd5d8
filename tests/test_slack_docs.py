"""docs/slack.md, the manifest and the READMEs say what is so."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.platforms.slack import ears
from bot.platforms.slack.ears import CONSULT, CONSULT_WORDS, OSHIRASE, SOUDAN, Us, heard
from bot.platforms.slack.http import PATH
from bot.platforms.slack.scopes import NEEDED_SCOPES
from jobs import now
from tests.slack_fake import BOT, TEAM, FakeSlack
from tests.slack_fake.scopes import DEFAULT, NEEDS
from tests.slack_fake.web_api import METHODS

ROOT = Path(__file__).resolve().parent.parent
ADAPTER = sorted((ROOT / "bot/platforms/slack").glob("*.py"))
DOCUMENT = (ROOT / "docs/slack.md").read_text("utf-8")
TRAPS = [line for line in DOCUMENT.splitlines() if re.match(r"\| \d+ \|", line)]
NAMED = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")
METHOD = re.compile(r"(?:apps|auth|chat|conversations|files|reactions|users|views)(?:\.[a-zA-Z]+)+")
NO_SCOPE = {
    "auth.test",
    "apps.connections.open",
    "views.open",
    "views.push",
    "views.publish",
    "views.update",
}
EVENTS = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "message.groups": "groups:history",
    "message.im": "im:history",
}
"""What must be allowed to hear of each."""
PAGES = ("README.md", "README.ja.md", "CONTRIBUTING.md", "docs/design.md", "docs/slack.md")


# ---- reading


def tree(rows: list[tuple[int, str]]) -> Any:
    """Mappings, lists and plain values by their indentation: as much YAML as the manifest is written in."""
    depth, first = rows[0]
    starts = [n for n, row in enumerate(rows) if row[0] == depth]
    groups = [rows[at:to] for at, to in zip(starts, [*starts[1:], len(rows)], strict=True)]
    if first.startswith("- "):
        return [
            tree([(depth + 2, group[0][1][2:]), *group[1:]])
            if ": " in group[0][1]
            else plain(group[0][1][2:])
            for group in groups
        ]
    found = {}
    for (_, line), *inside in groups:
        name, colon, value = line.partition(":")
        assert colon and bool(value) is not bool(inside), line
        found[name] = tree(inside) if inside else plain(value)
    return found


def plain(text: str) -> str | bool:
    text = text.strip().strip('"')
    return {"true": True, "false": False}.get(text, text)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    lines = (ROOT / "slack-manifest.yaml").read_text("utf-8").splitlines()
    rows = [(len(line) - len(line.lstrip()), line.strip()) for line in lines]
    found = tree([row for row in rows if row[1] and not row[1].startswith("#")])
    assert isinstance(found, dict)
    return found


def scopes_of(manifest: dict[str, Any]) -> set[str]:
    found = manifest["oauth_config"]["scopes"]["bot"]
    assert len(found) == len(set(found))
    return set(found)


def constants(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def methods_called() -> set[str]:
    """Every method of the Web API that the adapter names, and those it calls through the client's own names."""
    named = {text for path in ADAPTER for text in constants(path) if METHOD.fullmatch(text)}
    own = {
        name
        for path in ADAPTER
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and (name := node.attr.replace("_", ".")) in {*METHODS, *NO_SCOPE}
    }
    return named | own


# ---- the document


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(DOCUMENT)
    there = {
        (file, node.name)
        for file, _ in named
        for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    }

    assert len(named) > 40
    assert [one for one in named if one not in there] == []


def test_every_trap_has_its_number_and_a_test() -> None:
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TRAPS]

    assert [int(row[0]) for row in cells] == list(range(1, len(cells) + 1))
    assert {len(row) for row in cells} == {5}
    assert [row[1] for row in cells if not NAMED.search(row[4]) or not all(row)] == []


@pytest.mark.parametrize(
    "trap",
    [
        "Duplicates", "Inbox before acknowledgement", "Five threads", "nobody handles",
        "Authorisation that fails", "An answer that gets lost", "Too many requests", "Shutdown",
        "Reconnecting", "Middleware", "Subtypes, own and other bots", "A mention comes twice",
        "Three seconds", "Several connections", "APScheduler", "HTTP", "SQLAlchemy store",
        "Many workspaces", "Rooms", "Tokens",
    ],
)  # fmt: skip
def test_no_trap_is_left_out(trap: str) -> None:
    assert any(trap in line.split("|")[2] for line in TRAPS)


def test_what_the_document_names_in_the_code_is_there() -> None:
    """Files and names of the table of limits."""
    for line in re.findall(r"^\| .+ \| (`\w+\.py`.*) \|$", DOCUMENT, re.MULTILINE):
        names = re.findall(r"`([^`]+)`", line)
        texts = [path.read_text("utf-8") for path in ADAPTER if path.name in names]
        wanted = [name for name in names if not name.endswith(".py")]
        assert texts and wanted, line
        for name in wanted:
            assert any(re.search(rf"\b{name}\b", text) for text in texts), (line, name)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_to_is_there(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text("utf-8"))

    here = [link for link in links if "://" not in link]

    assert [link for link in here if not (path.parent / link).exists()] == []


@pytest.mark.parametrize(
    ("page", "title"),
    [("README.md", "## Slack in ten steps"), ("README.ja.md", "## Slackにつなぐ（10の手順）")],
)
def test_there_are_ten_steps(page: str, title: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    part = text.partition(f"\n{title}\n")[2].partition("\n## ")[0]

    assert re.findall(r"^(\d+)\. ", part, re.MULTILINE) == [str(n) for n in range(1, 11)]
    for told in (
        "slack-manifest.yaml",
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "rooms.csv",
        "people.csv",
        "doctor",
    ):
        assert told in part, told


# ---- the manifest


def test_the_manifest_asks_for_the_scopes_that_doctor_looks_for(manifest: dict[str, Any]) -> None:
    assert scopes_of(manifest) == NEEDED_SCOPES


def test_the_fake_allows_no_more_than_the_manifest(manifest: dict[str, Any]) -> None:
    """So every test in the fake Slack is one with the least scopes."""
    assert scopes_of(manifest) == DEFAULT == FakeSlack().scopes


def test_every_method_that_is_called_is_allowed(manifest: dict[str, Any]) -> None:
    called = methods_called()

    assert called >= {"auth.test", "chat.postMessage", "conversations.info", "views.publish"}
    assert {m for m in called if m not in NEEDS} <= NO_SCOPE
    assert [m for m in called & NEEDS.keys() if not scopes_of(manifest) & set(NEEDS[m])] == []


def test_no_call_is_made_by_a_name_that_is_not_seen() -> None:
    """Whatever `.call(…)` is given is a method's name, a choice of two, or one chosen a line before."""
    given = [
        node.args[0]
        for path in ADAPTER
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr == "call"
    ]  # fmt: skip

    assert given
    assert {type(one) for one in given} <= {ast.Constant, ast.IfExp, ast.Name}


def test_no_scope_is_asked_for_that_nothing_needs(manifest: dict[str, Any]) -> None:
    of_methods = {scope for method in methods_called() for scope in NEEDS.get(method, ())}
    of_events = set(filter(None, EVENTS.values()))

    assert scopes_of(manifest) <= of_methods | of_events | {"commands"}


def test_each_scope_says_why_it_is_asked_for() -> None:
    lines = (ROOT / "slack-manifest.yaml").read_text("utf-8").splitlines()
    asked = [n for n, line in enumerate(lines) if line.strip()[2:] in NEEDED_SCOPES]

    assert len(asked) == len(NEEDED_SCOPES)
    assert [lines[n] for n in asked if not lines[n - 1].lstrip().startswith("#")] == []


def test_the_commands_and_shortcuts_are_those_the_desk_hears(manifest: dict[str, Any]) -> None:
    features = manifest["features"]

    assert {one["command"] for one in features["slash_commands"]} == {SOUDAN, OSHIRASE}
    assert {one["type"]: one["callback_id"] for one in features["shortcuts"]} == {
        "global": CONSULT,
        "message": CONSULT_WORDS,
    }


def test_the_events_are_those_the_desk_hears(manifest: dict[str, Any]) -> None:
    asked = manifest["settings"]["event_subscriptions"]["bot_events"]
    [told] = [
        node
        for node in ast.walk(ast.parse(Path(ears.__file__).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "_event"
    ]
    looked_for = {
        constant.value
        for node in ast.walk(told)
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == "event.get('type')"
        for constant in ast.walk(node.comparators[0])
        if isinstance(constant, ast.Constant)
    }

    assert set(asked) == EVENTS.keys()
    assert {name.partition(".")[0] for name in asked} == looked_for


def test_each_event_of_the_manifest_is_heard_where_it_should_be() -> None:
    slack, us = FakeSlack(), Us(TEAM, BOT)
    slack.add_channel("CROOM", "room", is_private=True, members={"U2", BOT})
    slack.add_channel("CALL", "all", members={"U2", BOT})

    def kind(what: str, **more: Any) -> str | None:
        payload = slack.make(what, **more).payload
        found = heard(payload, us, now(), lambda place: place.channel == "CROOM")
        return found.kind if found else None

    opens = slack.make("message_channel", channel="CROOM").payload["event"]["ts"]
    assert kind("app_home_opened") == "home"
    assert kind("message_im") == "message"
    assert kind("app_mention", channel="CALL") == "message"
    assert kind("message_channel", channel="CROOM", thread_ts=opens) == "message"  # message.groups
    assert kind("message_channel", channel="CROOM") is None
    assert kind("message_channel", channel="CALL") is None


def test_the_manifest_is_as_slack_wants_it(manifest: dict[str, Any]) -> None:
    """Limits: the comments of `Manifest` in @slack/web-api."""
    shown, features = manifest["display_information"], manifest["features"]
    settings = manifest["settings"]

    assert shown["name"] == "リエゾンデスク"
    assert len(shown["description"]) <= 140
    assert re.fullmatch("[a-z0-9._-]{1,80}", features["bot_user"]["display_name"])
    assert features["bot_user"]["always_online"] is True
    assert features["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    for one in features["slash_commands"]:
        assert len(one["command"]) <= 32 and one["description"] and len(one["usage_hint"]) <= 1000
    for one in features["shortcuts"]:
        assert len(one["name"]) <= 24 and 0 < len(one["description"]) <= 150
    assert settings["interactivity"]["is_enabled"] is settings["socket_mode_enabled"] is True
    assert settings["org_deploy_enabled"] is settings["token_rotation_enabled"] is False


def test_the_manifest_says_what_to_change_for_http() -> None:
    text = (ROOT / "slack-manifest.yaml").read_text("utf-8")
    head = text.partition("display_information:")[0]

    assert head.count(f"https://desk.example.jp{PATH}") == 3
    assert all(word in head for word in ("slash_commands", "event_subscriptions", "interactivity"))
    assert "request_url" not in text.removeprefix(head)  # over a socket Slack calls nobody


def test_decisions_are_numbered_one_after_another() -> None:
    """Others point to them by number."""
    text = (ROOT / "docs/design.md").read_text("utf-8")
    decisions = text.partition("## Decisions")[2].partition("\n## ")[0]
    numbers = [int(n) for n in re.findall(r"^(\d+)\. \*\*", decisions, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
