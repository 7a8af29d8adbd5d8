"""Deliveries over HTTP, signed as Slack signs them."""

import hashlib
import hmac
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from tests.slack_fake.inbound import Inbound

SECRET = "fake-signing-secret"
FORM = "application/x-www-form-urlencoded"


def sign(secret: str, body: str, timestamp: str) -> str:
    base = f"v0:{timestamp}:{body}"
    return "v0=" + hmac.new(secret.encode(), base.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Answer:
    status: int | None
    body: str
    reason: str
    """Why Slack would come again, in its own words."""
    no_retry: bool = False


def encoded(inbound: Inbound) -> tuple[str, str]:
    """The body, and its content type."""
    if inbound.is_event:
        return json.dumps(inbound.payload), "application/json"
    if inbound.etype == "slash_commands":
        return urllib.parse.urlencode(inbound.payload), FORM
    return urllib.parse.urlencode({"payload": json.dumps(inbound.payload)}), FORM


def post(url: str, body: str, headers: dict[str, str], timeout: float) -> Answer:
    request = urllib.request.Request(url, body.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return Answer(response.status, response.read().decode(), "")
    except urllib.error.HTTPError as error:
        with error:
            no_retry = error.headers.get("X-Slack-No-Retry") == "1"
            return Answer(error.code, error.read().decode(), "http_error", no_retry)
    except OSError as error:  # a timeout is one of these, inside a URLError or bare
        late = "timed out" in str(error)
        return Answer(None, str(error), "http_timeout" if late else "connection_failed")
