"""What Slack tells, in the desk's words. Pure, but for the names it asks for: a payload in, what was heard out; None for what is not for us.

A message is one event by its channel and time, under whatever `event_id` it is told: a mention comes twice
(as `message` and as `app_mention`), a retry keeps them, and an edit is not a new word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.chat import Account, File, Message, Place
from bot.platforms.slack.posting import PLATFORM
from bot.platforms.slack.texts import names, spoken

Payload = Mapping[str, Any]
NameOf = Callable[[str], str]
Kind = Literal["message", "press", "look", "fix", "form", "home", "oshirase"]

SPOKEN = (None, "file_share", "thread_broadcast")
"""Subtypes that are somebody's words. Edits, joins, bots' posts and all others are not."""
SOUDAN, OSHIRASE = "/soudan", "/oshirase"
CONSULT, CONSULT_WORDS, MENU = "consult", "consult_words", "menu"
ASK_AGAIN = "send_anyway"
"""A button that says what its card gave back: the words themselves stay in Slack, its value says where."""


@dataclass(frozen=True)
class Us:
    """Who we are in Slack: the workspace, our user and our app there."""

    workspace: str
    bot: str
    app: str = ""


@dataclass(frozen=True)
class Heard:
    """`message` is for the desk. `trigger` opens a modal within three seconds; `view` is the screen it came
    from, with its `callback`, `meta` and `hash`; `look` is what to show."""

    kind: Kind
    account: Account
    message: Message | None = None
    trigger: str = ""
    view: str = ""
    callback: str = ""
    meta: str = ""
    look: tuple[str, str] = ("", "")
    body: Payload | None = None


def heard(
    body: Payload,
    us: Us,
    now: datetime,
    is_room: Callable[[Place], bool],
    name_of: NameOf = lambda _: "",
) -> Heard | None:
    """`is_room`: is it one of the desk's own rooms? There it listens without being called. `name_of`: what people
    whose ids stand in the words are called; asked only of what is for the desk."""
    kind = body.get("type")
    if kind == "event_callback":
        return _event(body, us, now, is_room, name_of)
    if "command" in body:
        return _command(body, us, now, name_of)
    if kind == "block_actions":
        return _pressed(body, us, now)
    if kind == "view_submission":
        view = body["view"]
        return Heard(
            "form", _who(body, us), view=view["id"], callback=view["callback_id"],
            meta=view.get("private_metadata", ""), trigger=_trigger(body), body=body,
        )  # fmt: skip
    if (kind, body.get("callback_id")) in (
        ("shortcut", CONSULT),
        ("message_action", CONSULT_WORDS),
    ):
        return _shortcut(body, us, now, name_of)
    return None


def _event(
    body: Payload, us: Us, now: datetime, is_room: Callable[[Place], bool], name_of: NameOf
) -> Heard | None:
    event = body["event"]
    if event.get("type") == "app_home_opened" and event.get("tab", "home") == "home":
        return Heard("home", Account(PLATFORM, us.workspace, event["user"]))
    if event.get("type") not in ("message", "app_mention") or _is_nobodys(event, us):
        return None
    team = event.get("user_team") or event.get("source_team") or event.get("team") or us.workspace
    account = Account(PLATFORM, team, event["user"])
    channel, ts, text = event["channel"], event["ts"], event.get("text") or ""
    thread = event.get("thread_ts")
    addressed = names(text, us.bot)
    if event.get("channel_type") == "im" or channel.startswith("D"):
        place, addressed = Place(PLATFORM, us.workspace, account.user, thread), True
    else:
        place = Place(PLATFORM, us.workspace, channel, thread or (ts if addressed else None))
        if not addressed and (thread is None or not is_room(place)):
            return None  # talk among people
    message = Message(
        f"{channel}:{ts}",
        account,
        place,
        now,
        text=spoken(text, us.bot, name_of),
        files=tuple(_file(file) for file in event.get("files", ())),
        addressed=addressed,
    )
    return Heard("message", account, message, body={"channel": channel, "ts": ts, "thread": thread})


def _is_nobodys(event: Payload, us: Us) -> bool:
    """Our own words, another bot's, or something that is no new word of anybody."""
    return bool(
        event.get("bot_id")
        or event.get("bot_profile")
        or not event.get("user")
        or event["user"] in (us.bot, "USLACKBOT")
        or event.get("subtype") not in SPOKEN
        or event.get("hidden")
    )


def _file(file: Payload) -> File:
    return File(str(file.get("name") or "file"), int(file.get("size") or 0), str(file.get("id")))


def _command(body: Payload, us: Us, now: datetime, name_of: NameOf) -> Heard | None:
    account, trigger = _who(body, us), _trigger(body)
    if body["command"] == OSHIRASE:
        return Heard("oshirase", account, _act(account, us, now, trigger, "announce"), trigger)
    if body["command"] == SOUDAN:
        words = spoken(body.get("text") or "", us.bot, name_of)
        return Heard("press", account, _act(account, us, now, trigger, CONSULT, words), trigger)
    return None


def _shortcut(body: Payload, us: Us, now: datetime, name_of: NameOf) -> Heard:
    """相談する from anywhere; 相談にする on somebody's message takes its words along."""
    account, trigger = _who(body, us), _trigger(body)
    words = spoken((body.get("message") or {}).get("text") or "", us.bot, name_of)
    return Heard("press", account, _act(account, us, now, trigger, CONSULT, words), trigger)


def _act(
    account: Account, us: Us, now: datetime, event: str, action: str, words: str = ""
) -> Message:
    """Something started in private, wherever it was called for."""
    place = Place(PLATFORM, us.workspace, account.user)
    return Message(f"{action}:{event}", account, place, now, text=words, action=action)


def _pressed(body: Payload, us: Us, now: datetime) -> Heard | None:
    """A button of a card, of a modal or of the home tab. Everything in a modal or at home is in private."""
    pressed = body["actions"][0]
    kind, _, rest = pressed.get("action_id", "").partition(":")
    action = rest.partition(":")[2]
    value = str(pressed.get("value") or "")
    account, view = _who(body, us), body.get("view") or {}
    screen = {
        "trigger": _trigger(body), "view": view.get("id", ""),
        "callback": view.get("callback_id", ""), "meta": view.get("private_metadata", ""),
    }  # fmt: skip
    if kind == "look":
        return Heard("look", account, look=(action, value), body=body, **screen)
    if kind != "press":
        return None
    if action == "fix":
        return Heard("fix", account, body=body, **screen)
    place = _where(body, us, account)
    box = body.get("container") or {}
    stands = box.get("view_id") or f"{box.get('channel_id')}:{box.get('message_ts')}"
    event = f"{stands}:{pressed.get('action_id')}:{pressed.get('action_ts')}:{account.user}"
    message = Message(event, account, place, now, action=action, value=value)
    return Heard("press", account, message, body=body, **screen)


def _where(body: Payload, us: Us, account: Account) -> Place:
    """The place the pressed card stands in."""
    box = body.get("container") or {}
    channel = box.get("channel_id") or (body.get("channel") or {}).get("id") or ""
    if not channel or channel.startswith("D"):
        thread = (body.get("message") or {}).get("thread_ts") or box.get("thread_ts")
        return Place(PLATFORM, us.workspace, account.user, thread)
    thread = (body.get("message") or {}).get("thread_ts") or box.get("thread_ts")
    return Place(PLATFORM, us.workspace, channel, thread)


def _who(body: Payload, us: Us) -> Account:
    """The workspace is the person's own: somebody of another organisation is a stranger."""
    if "user_id" in body:
        return Account(PLATFORM, str(body.get("team_id") or us.workspace), str(body["user_id"]))
    user = body["user"]
    team = user.get("team_id") or (body.get("team") or {}).get("id") or us.workspace
    return Account(PLATFORM, str(team), str(user["id"]))


def _trigger(body: Payload) -> str:
    return str(body.get("trigger_id") or "")
