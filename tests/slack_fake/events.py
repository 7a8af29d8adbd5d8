"""Events: what happened in the workspace, as the app is told of it."""

import copy
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.slack_fake.inbound import Inbound
from tests.slack_fake.people import APP, BOT, BOT_ID, Json, dm_of
from tests.slack_fake.workspace import Workspace

OUTSIDE = ("channel", "channel_type", "event_ts")  # stands in the event, not in the message itself


def wrapped(slack: Workspace, kind: str, event: Json, o: Json) -> Inbound:
    """The outer event, which is ours even when a stranger of Slack Connect spoke."""
    number, team = slack.next_id(), o.get("team", slack.team_id)
    item = event.get("channel") if isinstance(event.get("channel"), str) else None
    channel = slack.channels.get(item or "")
    authorization = {
        "enterprise_id": None,
        "team_id": team,
        "user_id": BOT,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    payload = {
        "token": "x",
        "team_id": team,
        "context_team_id": team,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{number:08d}",
        "event_time": int(slack.now()),
        "is_ext_shared_channel": channel is not None and channel.is_ext_shared,
        "event_context": f"4-{number}",
        "authorizations": [authorization],
    }
    return Inbound(kind, payload, "events_api")


def _place(slack: Workspace, channel: str) -> Json:
    if channel.startswith("D"):
        return {"channel": channel, "channel_type": "im"}
    kind = "group" if slack.is_private(channel) else "channel"
    return {"channel": channel, "channel_type": kind}


def _team(slack: Workspace, user: str) -> Json:
    person = slack.people.get(user)
    if person is None or person.team == slack.team_id:
        return {"team": slack.team_id}
    return {"team": person.team, "user_team": person.team, "source_team": person.team}


def _spoken(slack: Workspace, o: Json, channel: str, text: str) -> Json:
    """What a person says, kept among the messages. `ts` of a message that stands tells of it again."""
    known = slack.messages.get((channel, o.get("ts", "")))
    ts = known["ts"] if known else slack.next_ts()
    event: Json = {
        "type": "message",
        **_place(slack, channel),
        "user": o["user"],
        "text": text,
        "ts": ts,
        "event_ts": ts,
        **_team(slack, o["user"]),
        "client_msg_id": str(uuid4()),
    }
    if o.get("thread_ts"):
        event["thread_ts"] = slack.talk.thread_of(channel, o["thread_ts"])
    event |= o.get("extra", {})
    if not known:
        kept = {k: copy.deepcopy(v) for k, v in event.items() if k not in OUTSIDE}
        slack.talk.add(channel, kept)
    return event


def message_im(slack: Workspace, o: Json) -> Json:
    return _spoken(slack, o, o["channel"] or dm_of(o["user"]), o["text"])


def message_channel(slack: Workspace, o: Json) -> Json:
    return _spoken(slack, o, o["channel"] or "C1", o["text"])


def app_mention(slack: Workspace, o: Json) -> Json:
    """Comes beside a message_channel; give its `ts` here when both are sent."""
    event = _spoken(slack, o, o["channel"] or "C1", f"<@{BOT}> {o['text']}")
    return {k: v for k, v in event.items() if k != "channel_type"} | {"type": "app_mention"}


def app_home_opened(slack: Workspace, o: Json) -> Json:
    user, home = o["user"], slack.home_of(o["user"])
    return {
        "type": "app_home_opened",
        "user": user,
        "channel": dm_of(user),
        "tab": o.get("tab", "home"),
        "event_ts": slack.next_ts(),
        **({"view": home} if home else {}),
    }


def reaction_added(slack: Workspace, o: Json) -> Json:
    channel, _ = slack.talk.find(o["ts"]) or (o["channel"] or "C1", None)
    return {
        "type": "reaction_added",
        "user": o["user"],
        "reaction": o["text"],
        "item_user": BOT,
        "item": {"type": "message", "channel": channel, "ts": o["ts"]},
        "event_ts": slack.next_ts(),
    }


def _standing(slack: Workspace, o: Json) -> tuple[str, Json]:
    found = slack.talk.find(o["ts"])
    if found is None:
        raise LookupError(f"no message {o['ts']} stands anywhere")
    return found


def message_changed(slack: Workspace, o: Json) -> Json:
    """A person edits the message `ts` into `text`."""
    channel, message = _standing(slack, o)
    before, ts = copy.deepcopy(message), slack.next_ts()
    message.update(text=o["text"], edited={"user": message.get("user"), "ts": ts})
    message.update(o.get("extra", {}))
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        **_place(slack, channel),
        "ts": ts,
        "event_ts": ts,
        "message": copy.deepcopy(message),
        "previous_message": before,
    }


def message_deleted(slack: Workspace, o: Json) -> Json:
    channel, message = _standing(slack, o)
    slack.talk.remove(channel, message["ts"])
    ts = slack.next_ts()
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        **_place(slack, channel),
        "ts": ts,
        "event_ts": ts,
        "deleted_ts": message["ts"],
        "previous_message": copy.deepcopy(message),
    }


def bot_message(slack: Workspace, o: Json) -> Json:
    """Another app's message, unless `bot_id` says it is ours: then it has our user too."""
    bot = o.get("bot_id", "B0OTHER")
    extra = {"subtype": "bot_message", "bot_id": bot, "username": "other"}
    if bot == BOT_ID:
        extra = {"bot_id": bot, "app_id": APP, "user": BOT}
    event = _spoken(slack, _with(o, extra), o["channel"] or "C1", o["text"])
    return event if bot == BOT_ID else {k: v for k, v in event.items() if k != "user"}


def file_share(slack: Workspace, o: Json) -> Json:
    files = o.get("files")
    if files is None:
        file_id = f"F{slack.next_id():07d}"
        slack.files[file_id] = {"name": "photo.png", "length": 1}
        private = f"{slack.url}/files/{file_id}"
        files = [
            {
                "id": file_id,
                "name": "photo.png",
                "mimetype": "image/png",
                "filetype": "png",
                "size": 1,
                "channels": [],
                "groups": [],
                "url_private": private,
                "url_private_download": private,
            }
        ]
    channel = o["channel"] or dm_of(o["user"])
    return _spoken(slack, _with(o, {"subtype": "file_share", "files": files}), channel, o["text"])


def thread_broadcast(slack: Workspace, o: Json) -> Json:
    """A reply to `thread_ts` that is shown in the channel as well."""
    channel = o["channel"] or "C1"
    event = _spoken(slack, _with(o, {"subtype": "thread_broadcast"}), channel, o["text"])
    return event | {"root": copy.deepcopy(slack.messages.get((channel, event["thread_ts"])))}


def channel_join(slack: Workspace, o: Json) -> Json:
    channel = o["channel"] or "C1"
    slack.channels[channel].members.add(o["user"])
    joined = f"<@{o['user']}> has joined the channel"
    return _spoken(slack, _with(o, {"subtype": "channel_join", "inviter": "U1"}), channel, joined)


def anything(slack: Workspace, o: Json) -> Json:
    """`event` as the test wrote it: kinds we know nothing of."""
    given: dict[str, Any] = o["event"]
    return {"event_ts": slack.next_ts(), **given}


def _with(o: Json, extra: Json) -> Json:
    return {**o, "extra": {**extra, **o.get("extra", {})}}


KINDS: dict[str, Callable[[Workspace, Json], Json]] = {
    "app_home_opened": app_home_opened,
    "app_mention": app_mention,
    "bot_message": bot_message,
    "channel_join": channel_join,
    "event": anything,
    "file_share": file_share,
    "message_channel": message_channel,
    "message_changed": message_changed,
    "message_deleted": message_deleted,
    "message_im": message_im,
    "reaction_added": reaction_added,
    "thread_broadcast": thread_broadcast,
}
