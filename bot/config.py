"""Settings, read once: the environment, then .env. A wrong one stops the start and says its name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
HOST_NAME = re.compile(r"[\w-]+(\.[\w-]+)*|[0-9a-f.]*:[0-9a-f:.]*", re.ASCII | re.IGNORECASE)
USUAL_PORTS = {"http": 80, "https": 443}  # a browser leaves these out of the Host header
MAX_PORT = 65535
SLACK_API = "https://slack.com/api/"
LOGO_API_VERSION = "1.128"  # what the vendor's newest public client says


class ConfigError(Exception):
    """Shown to the operator as it is."""


@dataclass(frozen=True)
class SlackSettings:
    """How the desk reaches Slack: over Socket Mode with an app token, else as signed HTTP with the
    signing secret. Secrets are not in `repr`."""

    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    api_base_url: str

    @property
    def over_socket(self) -> bool:
        return bool(self.app_token)


@dataclass(frozen=True)
class LogoSettings:
    """How the desk reaches LoGoチャット. `host`: whose files may be fetched with the token, which is not in
    `repr`."""

    endpoint: str
    host: str
    api_version: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Config:
    """`knowledge_pack` and `directory` are None where the setting is empty; `slack` and `logo` where they
    are not set."""

    host: str
    port: int
    database_url: str = field(repr=False)  # it may hold a password
    knowledge_pack: Path | None
    directory: Path | None
    demo: bool
    public_url: str
    data_dir: Path
    slack: SlackSettings | None = None
    logo: LogoSettings | None = None

    @classmethod
    def read(cls, env: Mapping[str, str], dotenv: Path) -> "Config":
        """Raise ConfigError naming the setting (or the line of .env) and what would be right."""
        return cls.from_values({**_read_dotenv(dotenv), **env})

    @classmethod
    def from_values(cls, values: Mapping[str, str]) -> "Config":
        def get(name: str, default: str) -> str:
            return values.get(name, default).strip()

        host = _host(get("HOST", "") or "127.0.0.1")
        port = _port(get("PORT", "8080"))
        data_dir = Path(get("DATA_DIR", "data") or "data")
        public_url = _public_url(get("PUBLIC_URL", ""))
        slack, logo = _slack(get), _logo(get)
        practice = host in LOOPBACK and slack is None and logo is None
        return cls(
            host=host,
            port=port,
            database_url=_database_url(get("DATABASE_URL", ""), data_dir),
            knowledge_pack=_folder("KNOWLEDGE_PACK", get("KNOWLEDGE_PACK", "knowledge/hyogo")),
            directory=_folder("DIRECTORY", get("DIRECTORY", "knowledge/hyogo/directory")),
            demo=_switch("DEMO", get("DEMO", ""), default=practice),
            public_url=public_url or f"http://{_in_url(host)}:{port}",
            data_dir=data_dir,
            slack=slack,
            logo=logo,
        )

    @property
    def chats(self) -> tuple[str, ...]:
        """The names of the chats that are set up, beside the page."""
        return tuple(name for name, there in (("slack", self.slack), ("logo", self.logo)) if there)

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Host headers the page answers to: where it listens and what PUBLIC_URL says."""
        own = {f"{_in_url(name)}:{self.port}" for name in (LOOPBACK | {self.host})}
        if self.port in USUAL_PORTS.values():
            own |= {_in_url(name) for name in (LOOPBACK | {self.host})}
        return frozenset(own | {urlsplit(self.public_url).netloc})


def _slack(get: Callable[[str, str], str]) -> SlackSettings | None:
    bot, app = get("SLACK_BOT_TOKEN", ""), get("SLACK_APP_TOKEN", "")
    secret = get("SLACK_SIGNING_SECRET", "")
    if not (bot or app or secret):
        return None
    if not bot.startswith("xoxb-"):
        raise ConfigError(
            "SLACK_BOT_TOKEN を書いてください。Slackのアプリの画面「OAuth & Permissions」にある、"
            "xoxb- で始まるものです。"
        )
    if app and not app.startswith("xapp-"):
        raise ConfigError(
            "SLACK_APP_TOKEN は使えません。「Basic Information」の「App-Level Tokens」で作る、"
            "xapp- で始まるものを書いてください。"
        )
    if not (app or secret):
        raise ConfigError(
            "SLACK_APP_TOKEN（庁内から外へつなぐとき）か SLACK_SIGNING_SECRET"
            "（Slackからここへ届くとき）のどちらかを書いてください。"
        )
    return SlackSettings(bot, app, secret, _api_base_url(get("SLACK_API_BASE_URL", "")))


def _api_base_url(text: str) -> str:
    """With a slash at its end, as the library joins method names to it. The tokens go there, so it is
    https, or this machine."""
    url = text or SLACK_API
    try:
        parts = urlsplit(url)
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, name = urlsplit(""), ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and name in LOOPBACK)
    beyond = parts.query or parts.fragment or "@" in parts.netloc
    if not safe or beyond or not HOST_NAME.fullmatch(name):
        raise ConfigError(
            f"SLACK_API_BASE_URL={_without_secrets(url)!r} は使えません。"
            f"{SLACK_API} のような https:// のアドレスを書いてください。"
        )
    return url if url.endswith("/") else f"{url}/"


def _logo(get: Callable[[str, str], str]) -> LogoSettings | None:
    endpoint, token = get("LOGO_ENDPOINT", ""), get("LOGO_TOKEN", "")
    host, version = get("LOGO_HOST", ""), get("LOGO_API_VERSION", "")
    if not (endpoint or token):
        return None
    try:
        parts = urlsplit(endpoint)
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, name = urlsplit(""), ""
    safe = parts.scheme == "wss" or (parts.scheme == "ws" and name in LOOPBACK)
    if not safe or parts.query or parts.fragment or "@" in parts.netloc or not _is_name(name):
        raise ConfigError(
            f"LOGO_ENDPOINT={_without_secrets(endpoint)!r} は使えません。"
            "提供元から聞いた、wss:// で始まる接続先のアドレスを書いてください。"
        )
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            "LOGO_TOKEN を書いてください。デスク用のアカウントの合言葉（アクセストークン）で、提供元から受け取ります。"
        )
    if host and not re.fullmatch(r"[\w.-]+(:[0-9]{1,5})?", host, re.ASCII):
        raise ConfigError(
            f"LOGO_HOST={host!r} は使えません。ファイルを受けとる先の名前だけを、"
            "chat.example.jp のように書いてください。"
        )
    if version and not re.fullmatch(r"[0-9]+(\.[0-9]+)*", version, re.ASCII):
        raise ConfigError(
            f"LOGO_API_VERSION={version!r} は使えません。{LOGO_API_VERSION} のように書いてください。"
        )
    return LogoSettings(endpoint, host or parts.netloc, version or LOGO_API_VERSION, token)


def _is_name(host: str) -> bool:
    return bool(HOST_NAME.fullmatch(host))


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _read_dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}：UTF-8で保存し直してください。") from None
    found: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            text_of = binding.original.string
            blank = text_of[: len(text_of) - len(text_of.lstrip())].count("\n")
            raise ConfigError(
                f"{path}の{binding.original.line + blank}行目を読めません。"
                "「名前=値」の形で書いてください。"
            )
        if binding.key is not None and binding.value is not None:
            found[binding.key] = binding.value
    return found


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) <= MAX_PORT:
        raise ConfigError(f"PORT={text!r} は使えません。1から{MAX_PORT}までの数を書いてください。")
    return int(text)


def _host(text: str) -> str:
    if not HOST_NAME.fullmatch(text):
        raise ConfigError(
            f"HOST={text!r} は使えません。127.0.0.1（この機械だけ）か、待ち受けるアドレスを書いてください。"
        )
    return text


def _switch(name: str, text: str, *, default: bool) -> bool:
    if text not in ("", "0", "1"):
        raise ConfigError(
            f"{name}={text!r} は使えません。1（使う）か0（使わない）を書いてください。"
        )
    return text == "1" if text else default


def _folder(name: str, text: str) -> Path | None:
    if not text:
        return None
    if not Path(text).is_dir():
        raise ConfigError(
            f"{name}={text!r} というフォルダーがありません。場所を直すか、使わないなら空にしてください。"
        )
    return Path(text)


def _database_url(text: str, data_dir: Path) -> str:
    if not text:
        return f"sqlite:///{data_dir / 'desk.db'}"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        url = None
    if url is None or url.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise ConfigError(
            f"DATABASE_URL={_without_secrets(text)!r} は使えません。"
            "sqlite:///data/desk.db か postgresql+psycopg://利用者@場所/名前 の形で書いてください。"
        )
    if url.drivername == "sqlite" and url.database in (None, "", ":memory:"):
        raise ConfigError(
            "DATABASE_URL: ファイルの名前を書いてください（例：sqlite:///data/desk.db）。"
        )
    return text


def _without_secrets(url: str) -> str:
    """The address without password and options, whatever else is wrong with it."""
    return re.sub(r"(//[^:/@]*):.*@", r"\1:…@", url).partition("?")[0]


def _public_url(text: str) -> str:
    """Scheme, name and, where it is not the usual one, port: as a browser's Host header has them."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        parts, name, port = urlsplit(""), "", None
    beyond = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in USUAL_PORTS or beyond or not HOST_NAME.fullmatch(name):
        raise ConfigError(
            f"PUBLIC_URL={_without_secrets(text)!r} は使えません。"
            "https://desk.example.jp の形で書いてください。"
        )
    shown = _in_url(name)
    usual = port is None or port == USUAL_PORTS[parts.scheme]
    return f"{parts.scheme}://{shown}" if usual else f"{parts.scheme}://{shown}:{port}"
