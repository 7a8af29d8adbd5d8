"""Who calls: bot tokens, app tokens, and those that are none any more."""

from uuid import uuid4

from tests.slack_fake.call import Call
from tests.slack_fake.people import APP, BOT, BOT_ID, Json
from tests.slack_fake.refusal import RefusedError
from tests.slack_fake.workspace import Workspace

FOR_APPS = "apps.connections.open"
WITHOUT = frozenset({"api.test", "oauth.v2.access"})


def check(method: str, token: str) -> None:
    """Bot tokens everywhere, app tokens on one method only."""
    if method in WITHOUT:
        return
    if not token:
        raise RefusedError("not_authed")
    kind, _, rest = token.removeprefix("xoxe.").partition("-")
    if rest.startswith("revoked"):
        raise RefusedError("account_inactive" if kind == "xoxb" else "token_revoked")
    if kind not in ("xoxb", "xapp") or rest.startswith("invalid"):
        raise RefusedError("invalid_auth")
    if (kind == "xapp") != (method == FOR_APPS):
        raise RefusedError("not_allowed_token_type")


def api_test(_slack: Workspace, call: Call) -> Json:
    return {"args": call.args}


def auth_test(slack: Workspace, call: Call) -> Json:
    _, named, *rest = [*call.token.split("-"), ""]  # xoxb-T1-x belongs to team T1
    return {
        "url": "https://fake.slack.com/",
        "team": "Fake",
        "user": slack.people[BOT].handle,
        "team_id": named if named.startswith("T") and any(rest) else slack.team_id,
        "user_id": BOT,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def oauth_access(slack: Workspace, call: Call) -> Json:
    """An installation, or a new token for a refresh token, which works once."""
    granted: Json = {
        "token_type": "bot",
        "scope": ",".join(sorted(slack.scopes)),
        "bot_user_id": BOT,
        "app_id": APP,
        "enterprise": None,
        "authed_user": {"id": "U1"},
    }
    if call.get("grant_type") != "refresh_token":
        team = {"id": call.get("code"), "name": "Fake"}
        return {**granted, "access_token": f"xoxb-{call.get('code')}-1", "team": team}
    team_id = slack.refresh_tokens.pop(str(call.get("refresh_token")), None)
    if team_id is None:
        raise RefusedError("invalid_refresh_token")
    fresh = f"xoxe-{uuid4().hex}"
    slack.refresh_tokens[fresh] = team_id
    return {
        **granted,
        "access_token": f"xoxe.xoxb-{team_id}-{uuid4().hex[:6]}",
        "expires_in": 43_200,
        "refresh_token": fresh,
        "team": {"id": team_id, "name": team_id},
    }
