"""What an acknowledgement does: forms change or close, commands are answered."""

import json
from typing import Any

from tests.slack_fake import limits
from tests.slack_fake.chat import said
from tests.slack_fake.inbound import Inbound
from tests.slack_fake.people import Json
from tests.slack_fake.refusal import RefusedError
from tests.slack_fake.workspace import Workspace


def body_of(raw: Any) -> Json | None:
    """The answer in it, if any: JSON, or plain text as some frameworks send it."""
    if not raw:
        return None
    if isinstance(raw, dict):
        return raw
    try:
        read = json.loads(raw)
    except ValueError:
        return {"text": str(raw)}
    return read if isinstance(read, dict) and read else None


def apply(slack: Workspace, inbound: Inbound, status: int, raw: Any) -> Json | None:
    """Do what Slack does with it. What Slack cannot do becomes one of the workspace's troubles."""
    body = body_of(raw)
    if inbound.is_event:
        return body
    with slack.lock:
        try:
            _apply(slack, inbound, status, body or {})
        except (RefusedError, limits.LimitError) as wrong:
            slack.troubles.append(f"{inbound.kind}: {wrong}")
    return body


def _apply(slack: Workspace, inbound: Inbound, status: int, body: Json) -> None:
    if status != 200:
        raise RefusedError(f"answered {status}")
    kind = inbound.payload.get("type", "slash")
    if kind == "view_submission":
        _on_form(slack, inbound.payload, body)
    elif kind == "slash" and body:
        _on_command(slack, inbound.payload, body)
    elif kind == "block_suggestion":
        _offered(body)


def _on_form(slack: Workspace, payload: Json, body: Json) -> None:
    view_id, screens = payload["view"]["id"], slack.screens
    user = screens.owner(view_id)
    if user is None:  # closed meanwhile: nobody is there to see it
        return
    action = body.get("response_action")
    if action == "errors":
        inputs = [b["block_id"] for b in slack.views[view_id]["blocks"] if b["type"] == "input"]
        errors = body.get("errors") or {}
        if not errors or not set(errors) <= set(inputs):
            raise RefusedError("errors", f"{sorted(errors)} are not inputs of the form: {inputs}")
        screens.view_errors[view_id] = errors
        return
    screens.view_errors.pop(view_id, None)
    if action in ("update", "push"):
        limits.check_view(body.get("view"), "modal")
        if action == "push":
            screens.push(user, body["view"], over=True)
        else:
            screens.write(view_id, body["view"])
    elif action in (None, "clear"):
        screens.close(view_id, everything=action == "clear")
    else:
        raise RefusedError("response_action", f"no such: {action}")


def _on_command(slack: Workspace, payload: Json, body: Json) -> None:
    kept = said(slack, body)
    if body.get("response_type") == "in_channel":
        slack.post(payload["channel_id"], kept)
    else:
        slack.whisper(payload["channel_id"], payload["user_id"], kept)


def _offered(body: Json) -> None:
    groups = body.get("option_groups") or []
    options = [*(body.get("options") or []), *(o for g in groups for o in g["options"])]
    if len(options) > 100 or not ("options" in body or "option_groups" in body):
        raise RefusedError("options", f"{len(options)} of them")
    for option in options:
        limits.check_option(option, "options")
