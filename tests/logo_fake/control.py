"""What a shell may ask of the fake, as plain GETs beside the socket. Not part of the protocol."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Response

if TYPE_CHECKING:
    from tests.logo_fake.fake import FakeLogo

PREFIX = "/_control/"


def answer(fake: "FakeLogo", path: str) -> Response:
    """say: text= [user=] [talk=]; close: [code=] [reason=]; fault: method= code= message= [times=]; state."""
    parts = urlsplit(path)
    asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
    try:
        told: Any = act(fake, parts.path.removeprefix(PREFIX), asked)
        status = HTTPStatus.OK
    except (LookupError, ValueError) as error:
        told, status = {"error": repr(error)}, HTTPStatus.BAD_REQUEST
    body = json.dumps(told, ensure_ascii=False, default=str).encode()
    headers = Headers(
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
    )
    return Response(status.value, status.phrase, headers, body)


def act(fake: "FakeLogo", what: str, asked: dict[str, str]) -> Any:
    if what == "say":
        others = [user for user in fake.users if user != fake.me()["user_id"]]
        talk = int(asked["talk"]) if "talk" in asked else None
        return {"message_id": str(fake.say(int(asked.get("user", others[0])), talk, asked["text"]))}
    if what == "close":
        fake.close(int(asked.get("code", 1000)), asked.get("reason", ""))
    elif what == "fault":
        times = int(asked.get("times", 1))
        fake.fault(asked["method"], int(asked["code"]), asked["message"], times=times)
    elif what != "state":
        raise LookupError(what)
    return {"lines": len(fake.links), "transcript": fake.transcript[-200:]}
