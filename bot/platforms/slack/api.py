"""Calls to Slack, with its refusals in the ledger's words.

No retry handler of the library is used: the default one posts twice where an answer gets lost, and one that
waits out a 429 holds a thread. The ledger waits instead, with a row to show for it.
"""

from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.chat import SendError

TIMEOUT = 10  # seconds a post may take; well within the ledger's lease
HURRY = 2  # seconds where a person waits for the acknowledgement
TOO_MANY = 429
WRITES = ("chat.", "views.")
SERVER_ERRORS = 500

GONE = frozenset(
    {
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_authed",
        "team_access_not_granted",
        "accesslimited",
        "access_denied",
    }
)
"""Nothing can be sent until an operator does something."""

MAYBE_DONE = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})
"""Slack's own words: some aspect of the operation may have succeeded."""

FINAL = frozenset(
    {
        "user_not_found",
        "users_not_found",
        "user_disabled",
        "cannot_dm_bot",
        "messages_tab_disabled",
        "is_archived",
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "invalid_arguments",
        "restricted_action",
        "team_not_found",
    }
)
"""Trying again would end the same."""


class Slack:
    """One bot token's Web API."""

    def __init__(self, token: str, base_url: str, timeout: int = TIMEOUT) -> None:
        self.client = WebClient(token, base_url=base_url, timeout=timeout, retry_handlers=[])

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Raise SendError. Arguments that are None are left out."""
        told = {name: value for name, value in arguments.items() if value is not None}
        try:
            if method.startswith(WRITES):
                answer = self.client.api_call(method, json=told)
            else:  # what only reads takes no JSON
                answer = self.client.api_call(method, http_verb="GET", params=told)
        except SlackApiError as error:
            raise refusal(error) from error
        except ConnectionRefusedError as error:
            raise SendError("no connection", away=True) from error
        except (OSError, HTTPException, SlackClientError) as error:
            raise SendError(type(error).__name__, away=True, unclear=not _refused(error)) from error
        return dict(answer.data) if isinstance(answer.data, dict) else {}


def refusal(error: SlackApiError) -> SendError:
    """What a refusal of Slack's means for the ledger."""
    response = error.response
    status = getattr(response, "status_code", 200)
    data = getattr(response, "data", None)
    name = str(data.get("error", status)) if isinstance(data, dict) else f"HTTP {status}"
    if status == TOO_MANY or name in ("ratelimited", "rate_limited"):
        return SendError("ratelimited", retry_after=_asked_to_wait(response))
    if name in GONE:
        return SendError(name, away=True)
    if status >= SERVER_ERRORS or name in MAYBE_DONE:
        return SendError(name, unclear=True)
    return SendError(name, permanent=name in FINAL)


def _asked_to_wait(response: Any) -> int:
    """Seconds, a little more than asked for."""
    headers = getattr(response, "headers", None) or {}
    told = headers.get("Retry-After") or headers.get("retry-after") or "1"
    first = told[0] if isinstance(told, list) else told
    return int(first) + 1 if str(first).isdecimal() else 2


def _refused(error: BaseException) -> bool:
    """Did the connection never come about? Then nothing can stand there."""
    reason = getattr(error, "reason", None)
    return isinstance(reason, ConnectionRefusedError)
