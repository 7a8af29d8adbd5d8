"""Asks Slack whether everything the desk needs there is well, and names the cure where it is not.

Nothing is posted or changed, no connection is opened, and no token is told.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from http.client import HTTPException
from socket import gaierror
from ssl import SSLError
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from bot.chat import Place
from bot.config import SlackSettings
from bot.platforms.slack.ears import CONSULT, OSHIRASE, SOUDAN
from bot.platforms.slack.http import PATH
from bot.platforms.slack.posting import PLATFORM
from bot.platforms.slack.scopes import NEEDED_SCOPES

PATIENCE = 8  # seconds
CLOCKS_APART = 60  # seconds
NAMED = 3
SECRET = re.compile("[0-9a-f]{32}")
CODE = re.compile("[a-z][a-z0-9_]{0,59}")

BOT, SCOPES, COMMANDS = "Slackのボット", "Slackの権限", "Slackのコマンド"
SOCKET, ARRIVAL = "Slackへの接続", "Slackからの受け口"
CLOCK, ROOMS = "Slackとの時計", "Slackの部屋"

WRONG = frozenset({"invalid_auth", "not_authed", "not_allowed_token_type"})
ENDED = frozenset({"account_inactive", "token_revoked", "token_expired", "user_removed_from_team"})
BEGUN_BY_COMMAND = (f"{CONSULT}:", "announce:")
"""How the event ids of commands and shortcuts begin; the desk keeps no more of them."""
REINSTALL = "アプリの「OAuth & Permissions」で足して、もう一度ワークスペースに入れ直してください"
IN_TABLE = "名簿の rooms.csv の place を"


@dataclass(frozen=True)
class Checked:
    """One line of doctor's."""

    what: str
    fine: bool
    words: str


@dataclass(frozen=True)
class _Answer:
    """What Slack said. `error`: its code, "" where all is well; None where Slack was not reached."""

    error: str | None = ""
    reason: str = ""
    """Why Slack was not reached."""
    data: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def checkup(
    settings: SlackSettings,
    public_url: str,
    rooms: Sequence[tuple[str, Place]] | None,
    now: datetime,
    last_command: str = "",
) -> list[Checked]:
    """`rooms`: name and place of every room of the directory; None where the directory cannot be read.
    `last_command`: when one reached the desk last, in words; empty where that is not known.

    What stands on something that is not well is not looked at.
    """
    # what it logs of a failure is in the finding
    silent = logging.getLogger(f"{__name__}.client")
    silent.setLevel(logging.CRITICAL + 1)
    client = WebClient(
        settings.bot_token,
        base_url=settings.api_base_url,
        timeout=PATIENCE,
        retry_handlers=[],
        logger=silent,
    )
    me = _ask(client.auth_test)
    found = [_bot(me, settings)]
    if me.error == "":
        scopes = _scopes(me)
        found.extend((_allowed(scopes), _commands(scopes, last_command)))
    if not settings.over_socket:
        found.append(_arrival(settings, public_url))
    elif me.error is not None:
        opened = _ask(partial(client.apps_connections_open, app_token=settings.app_token))
        found.append(_socket(opened, settings))
    if me.error is not None:
        found.extend(_clock(me, now))
    if me.error == "" and rooms is not None:
        found.extend(_Rooms(client, settings, me).look(rooms))
    return found


def _ask(call: Callable[[], SlackResponse]) -> _Answer:
    try:
        response: Any = call()
    except SlackApiError as refused:
        response = refused.response
    except (OSError, HTTPException, SlackClientError, ValueError) as error:
        return _Answer(error=None, reason=_why(error))
    data: Any = response.data if isinstance(response.data, dict) else {}
    well = response.status_code == HTTPStatus.OK and data.get("ok")
    code = "" if well else str(data.get("error"))
    if code and not CODE.fullmatch(code):  # a page of some proxy
        return _Answer(error=None, reason="Slackではないものが答えています")
    return _Answer(code, "", data, {k.lower(): str(v) for k, v in response.headers.items()})


def _why(error: Exception) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"{PATIENCE}秒待っても答えがありません"
    if isinstance(cause, gaierror):
        return "名前からアドレスを引けません"
    if isinstance(cause, SSLError):
        return "証明書を確かめられません"
    return f"つながりません、{type(cause if isinstance(cause, Exception) else error).__name__}"


def _otherwise(answer: _Answer, settings: SlackSettings) -> str:
    """What can go wrong with any call."""
    if answer.error is None:
        return (
            f"{urlsplit(settings.api_base_url).netloc} に届きません（{answer.reason}）。"
            "庁内から外へ出られるか、プロキシ（HTTPS_PROXY）と SLACK_API_BASE_URL を見てください"
        )
    if answer.error == "ratelimited":
        return "Slackが「少し待って」と答えました。1分ほどおいて、もう一度確かめてください"
    return f"Slackが {answer.error} と答えました。しばらくしてもう一度確かめ、続くなら slack.com の管理画面を見てください"


def _bot(me: _Answer, settings: SlackSettings) -> Checked:
    where = "アプリの「OAuth & Permissions」にある、xoxb- で始まるもの"
    if me.error == "":
        said = f"{me.data.get('team')} に {me.data.get('user')} として入れます"
        return Checked(BOT, fine=True, words=said)
    if me.error in WRONG:
        words = f"SLACK_BOT_TOKEN がちがうようです。{where}を写し直してください"
    elif me.error in ENDED:
        words = (
            "SLACK_BOT_TOKEN はもう使えません。アプリをワークスペースに入れ直し、"
            f"{where}を書き直してください"
        )
    else:
        words = _otherwise(me, settings)
    return Checked(BOT, fine=False, words=words)


def _scopes(me: _Answer) -> frozenset[str]:
    told = me.headers.get("x-oauth-scopes", "")
    return frozenset(filter(None, (scope.strip() for scope in told.split(","))))


def _allowed(scopes: frozenset[str]) -> Checked:
    missing = sorted(NEEDED_SCOPES - scopes)
    if missing:
        words = f"{'、'.join(missing)} が足りません。{REINSTALL}"
        return Checked(SCOPES, fine=False, words=words)
    return Checked(SCOPES, fine=True, words=f"いるもの{len(NEEDED_SCOPES)}個がそろっています")


def _commands(scopes: frozenset[str], last: str) -> Checked:
    """Slack tells no app which commands it has: the scope comes with the first one."""
    where = f"アプリの「Slash Commands」に {SOUDAN} と {OSHIRASE}"
    if "commands" not in scopes:
        words = f"使えません。{where} を登録し、もう一度ワークスペースに入れ直してください"
        return Checked(COMMANDS, fine=False, words=words)
    if last:
        words = f"使えます。最後に届いたのは{last}です"
    else:
        words = f"使えます。Slackで / と打っても出てこないときは、{where} があるか見てください"
    return Checked(COMMANDS, fine=True, words=words)


def _socket(opened: _Answer, settings: SlackSettings) -> Checked:
    where = "「Basic Information」の「App-Level Tokens」"
    if opened.error == "":
        return Checked(SOCKET, fine=True, words="つながります（Socket Mode）")
    if opened.error in WRONG:
        words = f"SLACK_APP_TOKEN がちがうようです。{where}にある、xapp- で始まるものを写し直してください"
    elif opened.error in ENDED:
        words = f"SLACK_APP_TOKEN はもう使えません。{where}で作り直して書いてください"
    elif opened.error == "missing_scope":
        words = f"SLACK_APP_TOKEN に connections:write がありません。{where}で、それを付けて作り直してください"
    else:
        words = _otherwise(opened, settings)
        if opened.error not in (None, "ratelimited"):
            words += "。アプリの「Socket Mode」がオンかも見てください"
    return Checked(SOCKET, fine=False, words=words)


def _arrival(settings: SlackSettings, public_url: str) -> Checked:
    if not SECRET.fullmatch(settings.signing_secret):
        words = (
            "SLACK_SIGNING_SECRET の形がちがうようです。「Basic Information」の「App Credentials」にある"
            "「Signing Secret」（0-9とa-fの32文字）を写し直してください"
        )
        return Checked(ARRIVAL, fine=False, words=words)
    if urlsplit(public_url).scheme != "https":
        words = (
            f"PUBLIC_URL が {public_url} です。Slackは https のアドレスにだけ送ってきます。"
            "https で始まる、外から届くアドレスにしてください"
        )
        return Checked(ARRIVAL, fine=False, words=words)
    words = f"Slackの画面の「Request URL」は、どれも {public_url}{PATH} です"
    return Checked(ARRIVAL, fine=True, words=words)


def _clock(me: _Answer, now: datetime) -> Iterator[Checked]:
    try:
        theirs = parsedate_to_datetime(me.headers.get("date", ""))
    except ValueError:
        return  # something on the way took the date out
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    ahead = (now - theirs).total_seconds()
    if abs(ahead) <= CLOCKS_APART:
        yield Checked(CLOCK, fine=True, words="合っています")
        return
    words = (
        f"この機械の時計が{round(abs(ahead) / 60)}分{'進んで' if ahead > 0 else '遅れて'}います。"
        "時刻合わせ（NTP）をしてください。5分ずれるとSlackからの知らせを受け取れません"
    )
    yield Checked(CLOCK, fine=False, words=words)


class _Rooms:
    """The rooms of the directory as Slack knows them."""

    def __init__(self, client: WebClient, settings: SlackSettings, me: _Answer) -> None:
        self.client, self.settings = client, settings
        self.team, self.bot = str(me.data.get("team_id")), str(me.data.get("user"))
        self.scopes = _scopes(me)
        self.wrong: dict[str, list[str]] = {}
        """What is wrong with its cure, and the rooms of which it is true."""

    def look(self, rooms: Sequence[tuple[str, Place]]) -> Iterator[Checked]:
        form = f"{PLATFORM}/{self.team}/C…（チャンネルのID）"
        if not rooms:
            words = f"1つもありません。{IN_TABLE} {form}にして書いてください"
            yield Checked(ROOMS, fine=False, words=words)
            return
        for name, place in rooms:
            if place.home != (PLATFORM, self.team):
                self._note(
                    f"がこのワークスペースにありません。{IN_TABLE} {form}に書きかえてください",
                    name,
                )
                continue
            answer = _ask(partial(self.client.conversations_info, channel=place.channel))
            if answer.error in (None, "ratelimited"):
                words = f"「{name}」で止まりました。{_otherwise(answer, self.settings)}"
                yield Checked(ROOMS, fine=False, words=words)
                break  # the others would wait as long
            for what in self._wrong_with(answer):
                self._note(what, name)
        else:
            if not self.wrong:
                words = f"{len(rooms)}部屋すべて、非公開で、{self.bot} が入っています"
                yield Checked(ROOMS, fine=True, words=words)
        for what, names in self.wrong.items():
            yield Checked(ROOMS, fine=False, words=f"{_together(names)}{what}")

    def _note(self, what: str, name: str) -> None:
        self.wrong.setdefault(what, []).append(name)

    def _wrong_with(self, answer: _Answer) -> Iterator[str]:
        public = (
            "は公開のチャンネルです。県の中の話が見えてしまいます。"
            f"チャンネルの設定で非公開にするか、{IN_TABLE} 非公開のものに書きかえてください"
        )
        if answer.error:
            yield self._refused(answer, public)
            return
        channel = answer.data.get("channel") or {}
        if channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
            yield (
                "はほかの組織と共有されています。県の中の話が外へ届きます。"
                f"共有をやめるか、{IN_TABLE} 共有していないものに書きかえてください"
            )
        if not channel.get("is_private"):
            yield public
        if channel.get("is_archived"):
            yield f"はアーカイブされています。元に戻すか、{IN_TABLE} 書きかえてください"
        elif not channel.get("is_member"):
            yield f"に {self.bot} が入っていません。その部屋で /invite @{self.bot} と書いてください"

    def _refused(self, answer: _Answer, public: str) -> str:
        if answer.error == "channel_not_found":
            return (
                f"が見つかりません。その部屋で /invite @{self.bot} と書いてください。"
                f"それでも出るときは、{IN_TABLE} 見直してください"
            )
        if answer.error != "missing_scope":
            return f"を確かめられません。{_otherwise(answer, self.settings)}"
        if "groups:read" not in self.scopes:
            needed = (
                "groups:read"  # Slack may name another that would do, and private rooms need this
            )
        else:
            needed = str(answer.data.get("needed"))
        if needed == "channels:read":
            return public  # a private one can be read with what we have
        return f"を確かめられません。権限 {needed} が足りません。{REINSTALL}"


def _together(names: Sequence[str]) -> str:
    shown = "".join(f"「{name}」" for name in names[:NAMED])
    more = len(names) - NAMED
    return f"{shown}ほか{more}部屋" if more > 0 else shown
