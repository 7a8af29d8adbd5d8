"""What people press, fill in and command."""

import copy
from collections.abc import Callable, Sequence
from uuid import uuid4

from tests.slack_fake import elements
from tests.slack_fake.inbound import Inbound
from tests.slack_fake.people import APP, BOT, Json
from tests.slack_fake.workspace import ResponseUrl, Workspace


def _user(slack: Workspace, user: str) -> Json:
    person = slack.people.get(user)
    team = person.team if person else slack.team_id
    return {"id": user, "username": user.lower(), "name": user.lower(), "team_id": team}


def _base(slack: Workspace, kind: str, o: Json) -> Json:
    return {
        "type": kind,
        "token": "x",
        "api_app_id": APP,
        "is_enterprise_install": False,
        "enterprise": None,
        "team": {"id": o.get("team", slack.team_id), "domain": "fake"},
        "user": _user(slack, o["user"]),
    }


def _channel_name(slack: Workspace, channel: str) -> str:
    if channel.startswith("D"):
        return "directmessage"
    known = slack.channels.get(channel)
    return "privategroup" if known is None or known.is_private else known.name


def _channel(slack: Workspace, channel: str) -> Json:
    return {"id": channel, "name": _channel_name(slack, channel)}


def _response_url(slack: Workspace, url: ResponseUrl) -> str:
    name = uuid4().hex
    slack.response_urls[name] = url
    return f"{slack.url}/respond/{name}"


def slash(slack: Workspace, o: Json) -> Inbound:
    channel, user = o["channel"] or "C1", o["user"]
    payload = {
        "token": "x",
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "trigger_id": slack.new_trigger(user),
        "command": o.get("command", "/ticket"),
        "text": o["text"],
        "response_url": _response_url(slack, ResponseUrl(user, channel)),
        "user_id": user,
        "user_name": user.lower(),
        "team_id": o.get("team", slack.team_id),
        "team_domain": "fake",
        "channel_id": channel,
        "channel_name": _channel_name(slack, channel),
    }
    return Inbound("slash", payload, "slash_commands", accepts=True)


def _where(slack: Workspace, o: Json) -> tuple[Json, Sequence[Json]]:
    """The part of the payload that says where something was pressed, and the blocks that stand there."""
    if o.get("view_id"):
        view = copy.deepcopy(slack.views[o["view_id"]])
        view["state"] = {"values": elements.entered(view["blocks"], o.get("values", {}))}
        return {"container": {"type": "view", "view_id": view["id"]}, "view": view}, view["blocks"]
    shown = slack.talk.find_ephemeral(o.get("ts", ""))
    if shown is not None:
        return _on_ephemeral(slack, o, shown), shown["blocks"]
    channel, message = slack.talk.find(o.get("ts", "")) or (
        o["channel"] or "C1",
        {"type": "message", "ts": o.get("ts") or slack.next_ts(), "text": "x", "user": BOT},
    )
    blocks = message.get("blocks", [])
    container = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel,
        "is_ephemeral": False,
    }
    if message.get("thread_ts"):
        container["thread_ts"] = message["thread_ts"]
    return {
        "container": container,
        "channel": _channel(slack, channel),
        "message": {k: copy.deepcopy(v) for k, v in message.items() if k != "metadata"},
        "state": {"values": elements.entered(blocks, o.get("values", {}))},
        "response_url": _url_of(slack, o, channel, message),
    }, blocks


def _sees(slack: Workspace, o: Json) -> None:
    """Nobody presses what does not stand before them."""
    user, view_id, ts = o["user"], o.get("view_id"), o.get("ts", "")
    shown, found = slack.talk.find_ephemeral(ts), slack.talk.find(ts)
    if view_id:
        sees = user == slack.screens.owner(view_id) or slack.homes.get(user) == view_id
    elif shown is not None:
        sees = user == shown["user"]
    else:
        public = found is not None and found[0] in slack.channels
        public = public and not slack.is_private(found[0] if found else "")
        sees = found is not None and (public or slack.is_in(user, found[0]))
    if not sees:
        raise LookupError(f"{user} does not see {view_id or ts}")


def _url_of(slack: Workspace, o: Json, channel: str, message: Json) -> str:
    thread = message.get("thread_ts")
    return _response_url(slack, ResponseUrl(o["user"], channel, message["ts"], thread))


def _on_ephemeral(slack: Workspace, o: Json, shown: Json) -> Json:
    channel = shown["channel"]
    message = {"type": "message", "user": BOT, "ts": shown["ts"], "text": shown["text"]}
    container = {
        "type": "message",
        "message_ts": shown["ts"],
        "channel_id": channel,
        "is_ephemeral": True,
    }
    if shown["thread_ts"]:
        message["thread_ts"] = container["thread_ts"] = shown["thread_ts"]
    return {
        "container": container,
        "channel": _channel(slack, channel),
        "message": message,
        "state": {"values": elements.entered(shown["blocks"], o.get("values", {}))},
        "response_url": _url_of(slack, o, channel, shown),
    }


def block_actions(slack: Workspace, o: Json) -> Inbound:
    """As `o` says it was pressed; `press` looks at what stands there instead."""
    where, _ = _where(slack, o)
    action = {
        "type": "button",
        "action_id": o.get("action_id"),
        "block_id": o.get("block_id") or "b",
        "text": {"type": "plain_text", "text": "x"},
        "value": o.get("value", ""),
        "action_ts": slack.next_ts(),
        **o.get("action", {}),
    }
    return _pressed(slack, o, where, action)


def press(slack: Workspace, o: Json) -> Inbound:
    _sees(slack, o)
    where, blocks = _where(slack, o)
    block, element = elements.find(blocks, o["action_id"], o.get("block_id"))
    action = elements.pressed(block, element, slack.next_ts()) | o.get("action", {})
    if action["type"] in elements.STATE:  # what was chosen stands in the state too
        answer, _, _ = elements.STATE[action["type"]]
        state = where.get("state") or where["view"]["state"]
        state["values"][block["block_id"]][element["action_id"]][answer] = action[answer]
    return _pressed(slack, o, where, action)


def _pressed(slack: Workspace, o: Json, where: Json, action: Json) -> Inbound:
    trigger = {"trigger_id": slack.new_trigger(o["user"])}
    payload = {**_base(slack, "block_actions", o), **trigger, **where, "actions": [action]}
    return Inbound("block_actions", payload, "interactive")


def block_suggestion(slack: Workspace, o: Json) -> Inbound:
    """A person types `text` into an external select and waits for options."""
    where, blocks = _where(slack, o)
    block, _ = elements.find(blocks, o["action_id"], o.get("block_id"))
    asked = {"action_id": o["action_id"], "block_id": block["block_id"], "value": o["text"]}
    kept = {k: v for k, v in where.items() if k not in ("response_url", "state")}
    payload = {**_base(slack, "block_suggestion", o), **asked, **kept}
    return Inbound("block_suggestion", payload, "interactive", accepts=True)


def view_submission(slack: Workspace, o: Json) -> Inbound:
    """With `values` as the test gives them; `submit` is held to what the form lets people do."""
    return _submitted(slack, o, o.get("values", {}))


def submit(slack: Workspace, o: Json) -> Inbound:
    view = slack.views[o["view_id"]]
    if slack.screens.owner(view["id"]) != o["user"]:
        raise LookupError(f"{o['user']} has no form {view['id']} open")
    state = elements.entered(view["blocks"], o.get("values", {}))
    refused = elements.refuses(view["blocks"], state)
    if refused:
        raise ValueError(f"Slack's form does not let that be sent: {refused}")
    return _submitted(slack, o, state)


def _submitted(slack: Workspace, o: Json, values: Json) -> Inbound:
    payload = {
        **_base(slack, "view_submission", o),
        "trigger_id": slack.new_trigger(o["user"]),
        "view": {**copy.deepcopy(slack.views[o["view_id"]]), "state": {"values": values}},
        "response_urls": [],
    }
    return Inbound("view_submission", payload, "interactive", accepts=True)


def view_closed(slack: Workspace, o: Json) -> Inbound:
    """The form goes from the screen. Slack tells the app only with `notify_on_close`."""
    view = slack.views[o["view_id"]]
    if not view["notify_on_close"]:
        raise ValueError(f"Slack tells nobody that {view['id']} was closed")
    cleared = bool(o.get("is_cleared"))
    slack.screens.close(view["id"], everything=cleared)
    payload = {
        **_base(slack, "view_closed", o),
        "view": copy.deepcopy(view),
        "is_cleared": cleared,
    }
    return Inbound("view_closed", payload, "interactive")


def shortcut(slack: Workspace, o: Json) -> Inbound:
    payload = {
        **_base(slack, "shortcut", o),
        "callback_id": o["callback_id"],
        "trigger_id": slack.new_trigger(o["user"]),
        "action_ts": slack.next_ts(),
    }
    return Inbound("shortcut", payload, "interactive")


def message_action(slack: Workspace, o: Json) -> Inbound:
    """A shortcut in the menu of the message `ts`."""
    found = slack.talk.find(o["ts"])
    if found is None:
        raise LookupError(f"no message {o['ts']} stands anywhere")
    channel, message = found
    payload = {
        **_base(slack, "message_action", o),
        "callback_id": o["callback_id"],
        "trigger_id": slack.new_trigger(o["user"]),
        "action_ts": slack.next_ts(),
        "channel": _channel(slack, channel),
        "message_ts": message["ts"],
        "message": {k: copy.deepcopy(v) for k, v in message.items() if k != "metadata"},
        "response_url": _url_of(slack, o, channel, message),
    }
    return Inbound("message_action", payload, "interactive")


KINDS: dict[str, Callable[[Workspace, Json], Inbound]] = {
    "block_actions": block_actions,
    "block_suggestion": block_suggestion,
    "message_action": message_action,
    "press": press,
    "shortcut": shortcut,
    "slash": slash,
    "submit": submit,
    "view_closed": view_closed,
    "view_submission": view_submission,
}
