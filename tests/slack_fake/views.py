"""views.*: forms and the home tab."""

import copy
from typing import Any

from tests.slack_fake import limits
from tests.slack_fake.call import Call
from tests.slack_fake.people import Json
from tests.slack_fake.refusal import RefusedError
from tests.slack_fake.workspace import Workspace


def opened(slack: Workspace, call: Call) -> Json:
    return _shown(slack, call, over=False)


def pushed(slack: Workspace, call: Call) -> Json:
    return _shown(slack, call, over=True)


def _shown(slack: Workspace, call: Call, *, over: bool) -> Json:
    limits.check_view(call.get("view"), "modal")
    user = slack.use_trigger(call.get("trigger_id"))
    return _answer(slack.screens.push(user, call.get("view"), over=over))


def update(slack: Workspace, call: Call) -> Json:
    view = slack.screens.find(call.get("view_id"), call.get("external_id"))
    if view is None:
        raise RefusedError("not_found")
    limits.check_view(call.get("view"), view["type"])
    _same(call.get("hash"), view)
    return _answer(slack.screens.write(view["id"], call.get("view")))


def publish(slack: Workspace, call: Call) -> Json:
    user = call.get("user_id")
    if user not in slack.people:
        raise RefusedError("invalid_arguments", "no such user_id")
    limits.check_view(call.get("view"), "home")
    if user in slack.homes:
        _same(call.get("hash"), slack.views[slack.homes[user]])
    return _answer(slack.screens.publish(user, call.get("view")))


def _same(seen: Any, view: Json) -> None:
    if seen and seen != view["hash"]:
        raise RefusedError("hash_conflict")


def _answer(view: Json) -> Json:
    return {"view": copy.deepcopy(view)}
