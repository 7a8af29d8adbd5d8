"""conversations.*: channels, who is in them, and what was said there."""

import copy

from tests.slack_fake.call import Call
from tests.slack_fake.people import BOT, Json, dm_of
from tests.slack_fake.refusal import RefusedError
from tests.slack_fake.workspace import Workspace


def opened(slack: Workspace, call: Call) -> Json:
    slack.need_scope("im:write")
    users = str(call.get("users") or "").split(",")
    if not users[0]:
        if not call.get("channel"):
            raise RefusedError("users_list_not_supplied")
        users = [slack.dm_with(call.get("channel")) or ""]
    if len(users) > 1:
        raise RefusedError(
            "missing_scope", needed="mpim:write", provided=",".join(sorted(slack.scopes))
        )
    person = slack.people.get(users[0])
    if person is None:
        raise RefusedError("user_not_found")
    if person.is_bot:
        raise RefusedError("cannot_dm_bot")
    channel = {"id": dm_of(person.id)}
    if call.flag("return_im"):
        channel |= _seen(slack, channel["id"])
    return {"channel": channel, "no_op": False, "already_open": False}


def _seen(slack: Workspace, channel: str) -> Json:
    if channel in slack.channels:
        return slack.channels[channel].seen_from(slack.team_id)
    return {
        "id": channel,
        "user": slack.dm_with(channel),
        "is_im": True,
        "is_channel": False,
        "is_group": False,
        "is_mpim": False,
        "is_private": True,
        "is_archived": False,
        "is_ext_shared": False,
        "is_member": True,
        "context_team_id": slack.team_id,
    }


def info(slack: Workspace, call: Call) -> Json:
    channel = slack.known_channel(call.get("channel"))
    slack.need_channel_scope("read", channel)
    return {"channel": _seen(slack, channel)}


def members(slack: Workspace, call: Call) -> Json:
    channel = slack.known_channel(call.get("channel"))
    slack.need_channel_scope("read", channel)
    known = slack.channels.get(channel)
    inside = sorted(known.members) if known else sorted({BOT, str(slack.dm_with(channel))})
    page, cursor = call.page(inside)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def history(slack: Workspace, call: Call) -> Json:
    """Newest first; replies stand in their threads."""
    channel = _readable(slack, call)
    found = [m for m in reversed(slack.talk.roots(channel)) if _within(call, m["ts"])]
    page, cursor = call.page(found)
    return _answer(call, page, cursor)


def replies(slack: Workspace, call: Call) -> Json:
    """Oldest first, and the root comes with every page."""
    channel = _readable(slack, call)
    root = slack.talk.thread_of(channel, str(call.get("ts")))
    thread = slack.talk.thread(channel, str(root))
    if not thread:
        raise RefusedError("thread_not_found")
    first = [m for m in thread if m["ts"] == root]
    found = [m for m in thread if m["ts"] != root and _within(call, m["ts"])]
    page, cursor = call.page(found, otherwise=1000)
    return _answer(call, [*first, *page], cursor)


def _readable(slack: Workspace, call: Call) -> str:
    channel = slack.known_channel(call.get("channel"))
    slack.need_channel_scope("history", channel)
    if not slack.is_in(BOT, channel):
        raise RefusedError("not_in_channel")
    return channel


def _within(call: Call, ts: str) -> bool:
    moment = _moment(ts)
    oldest, latest = call.get("oldest"), call.get("latest")
    if call.flag("inclusive") and moment in [_moment(str(m)) for m in (oldest, latest) if m]:
        return True
    after = not oldest or moment > _moment(str(oldest))
    return after and (not latest or moment < _moment(str(latest)))


def _moment(ts: str) -> tuple[int, int]:
    """Seconds and microseconds: a float would round the last ones away."""
    seconds, _, rest = ts.partition(".")
    try:
        return int(seconds), int(f"{rest:0<6}"[:6])
    except ValueError as error:
        raise RefusedError("invalid_ts_oldest", ts) from error


def _answer(call: Call, page: list[Json], cursor: str) -> Json:
    hidden = set() if call.flag("include_all_metadata") else {"metadata"}
    shown = [{k: copy.deepcopy(v) for k, v in m.items() if k not in hidden} for m in page]
    answer: Json = {"messages": shown, "has_more": bool(cursor)}
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer
