"""chat.*: what the bot says, changes and takes back."""

import copy
from typing import Any

from tests.slack_fake import limits
from tests.slack_fake.call import Call
from tests.slack_fake.elements import with_ids
from tests.slack_fake.people import BOT, BOT_ID, Json
from tests.slack_fake.refusal import RefusedError
from tests.slack_fake.workspace import Workspace

LETTERS, LETTERS_CHANGED = 40_000, 4_000


def said(slack: Workspace, args: Json) -> Json:
    """Text, blocks and attachments as they are kept, after Slack looked at them."""
    blocks: list[Any] = args.get("blocks") or []
    if not (args.get("text") or blocks or args.get("attachments") or args.get("markdown_text")):
        raise RefusedError("no_text")
    limits.check_message(blocks)
    kept: Json = {"text": str(args.get("text") or args.get("markdown_text") or "")[:LETTERS]}
    if blocks:
        kept["blocks"] = with_ids(blocks, slack.next_id)
    if args.get("attachments"):
        kept["attachments"] = args["attachments"]
    return kept


def post_message(slack: Workspace, call: Call) -> Json:
    channel = slack.own_channel(call.get("channel"))
    kept = said(slack, call.args)
    if call.get("metadata"):
        limits.check_metadata(call.get("metadata"))
        kept["metadata"] = call.get("metadata")
    thread = slack.talk.thread_of(channel, call.get("thread_ts"))
    if thread:
        kept["thread_ts"] = thread
        if call.flag("reply_broadcast"):
            kept["subtype"] = "thread_broadcast"
    message = slack.post(channel, kept)
    return {"channel": channel, "ts": message["ts"], "message": without_metadata(message)}


def post_ephemeral(slack: Workspace, call: Call) -> Json:
    channel = slack.own_channel(call.get("channel"))
    user = call.get("user")
    if not user or not slack.is_in(user, channel):
        raise RefusedError("user_not_in_channel")
    kept = said(slack, call.args)
    shown = slack.whisper(channel, user, {**kept, "thread_ts": call.get("thread_ts")})
    return {"message_ts": shown["ts"]}


def update(slack: Workspace, call: Call) -> Json:
    channel, message = _own(slack, call, "cant_update_message")
    args = call.args
    if len(str(args.get("text") or "")) > LETTERS_CHANGED:
        raise RefusedError("msg_too_long")
    kept = said(slack, args)
    if args.get("metadata") is not None:
        if args["metadata"]:
            limits.check_metadata(args["metadata"])
        message["metadata"] = args["metadata"]
    if "blocks" in args or args.get("text"):  # text alone takes the old blocks away
        message.pop("blocks", None)
    if not args.get("text") and "markdown_text" not in args:
        kept.pop("text")
    message.update(kept, edited={"user": BOT, "ts": slack.next_ts()})
    shown = without_metadata(message)
    return {"channel": channel, "ts": message["ts"], "text": message["text"], "message": shown}


def delete(slack: Workspace, call: Call) -> Json:
    channel, message = _own(slack, call, "cant_delete_message")
    slack.talk.remove(channel, message["ts"])
    return {"channel": channel, "ts": message["ts"]}


def _own(slack: Workspace, call: Call, otherwise: str) -> tuple[str, Json]:
    if str(call.get("channel"))[:1] in ("U", "W"):
        raise RefusedError("channel_not_found")  # unlike posting, this wants the id of the channel
    channel = slack.known_channel(call.get("channel"))
    message = slack.messages.get((channel, str(call.get("ts"))))
    if message is None:
        raise RefusedError("message_not_found")
    if message.get("bot_id") != BOT_ID:
        raise RefusedError(otherwise)
    return channel, message


def get_permalink(slack: Workspace, call: Call) -> Json:
    channel = slack.known_channel(call.get("channel"))
    message = slack.messages.get((channel, str(call.get("message_ts"))))
    if message is None:
        raise RefusedError("message_not_found")
    link = f"https://fake.slack.com/archives/{channel}/p{message['ts'].replace('.', '')}"
    if message.get("thread_ts", message["ts"]) != message["ts"]:
        link += f"?thread_ts={message['thread_ts']}&cid={channel}"
    return {"channel": channel, "permalink": link}


def add_reaction(slack: Workspace, call: Call) -> Json:
    channel = slack.own_channel(call.get("channel"))
    message = slack.messages.get((channel, str(call.get("timestamp"))))
    if message is None:
        raise RefusedError("message_not_found")
    names = message.setdefault("reactions", [])
    if any(r["name"] == call.get("name") for r in names):
        raise RefusedError("already_reacted")
    names.append({"name": call.get("name"), "users": [BOT], "count": 1})
    return {}


def without_metadata(message: Json) -> Json:
    return {k: copy.deepcopy(v) for k, v in message.items() if k != "metadata"}


def answer_url(slack: Workspace, name: str, args: Json) -> Json:
    """What an app posts to a response_url: five times, to the person, the channel or the message."""
    url = slack.response_urls.get(name)
    if url is None:
        raise RefusedError("expired_url")
    if url.uses >= 5:
        raise RefusedError("used_url")
    url.uses += 1
    shown = slack.talk.find_ephemeral(url.ts or "")
    message = slack.messages.get((url.channel, url.ts or ""))
    if args.get("delete_original") in (True, "true"):
        if shown is not None:
            slack.ephemerals.remove(shown)
        elif message is not None:
            slack.talk.remove(url.channel, message["ts"])
        return {}
    kept = said(slack, args)
    thread = args.get("thread_ts") or url.thread
    if args.get("replace_original") in (True, "true") and (shown or message) is not None:
        (shown or message or {}).update({"blocks": [], **kept})
    elif args.get("response_type") == "in_channel":
        slack.post(url.channel, {**kept, **({"thread_ts": thread} if thread else {})})
    else:
        slack.whisper(url.channel, url.user, {**kept, "thread_ts": thread})
    return {}
