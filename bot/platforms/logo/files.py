"""Files on their way to and from the service, over HTTPS beside the line.

What a message says of a file was written by whoever sent it, so only the host of the settings is asked, and only it
is shown the token. Where that one sends us on to, it is trusted; the token does not go along.
"""

import http.client
import urllib.request
from collections.abc import Mapping
from email.message import Message as Headers
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit

from bot.chat import SendError
from bot.config import LogoSettings

TIMEOUT = 30.0
LARGEST = 20 << 20
AGENT = "liaison-desk"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
CLIENT_FAULT, SERVER_FAULT = 400, 500


class _OnlySafely(urllib.request.HTTPRedirectHandler):
    """Goes on to HTTPS alone."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Headers,
        newurl: str,
    ) -> urllib.request.Request | None:
        _check(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _OnlySafely())


def put(url: str, data: bytes, headers: Mapping[str, str]) -> None:
    """Lay a file down where the service said. Raise SendError."""
    _check(url)
    named = {"User-Agent": AGENT, **{str(k): str(v) for k, v in headers.items()}}
    request = urllib.request.Request(url, data=data, headers=named, method="PUT")  # noqa: S310  checked
    _open(request, 0)


def get(url: str, settings: LogoSettings, largest: int = LARGEST) -> bytes:
    """Fetch a file that a message named. Raise SendError: `permanent` for a strange host or one too large."""
    _check(url)
    if urlsplit(url).netloc != settings.host:
        raise SendError("a file on another host", permanent=True)
    signed = f"{url}{'&' if '?' in url else '?'}Authorization={quote(f'ALB {settings.token}')}"
    request = urllib.request.Request(signed, headers={"User-Agent": AGENT})  # noqa: S310  checked
    return _open(request, largest)


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise SendError("a file without https", permanent=True)


def _open(request: urllib.request.Request, largest: int) -> bytes:
    try:
        with _OPENER.open(request, timeout=TIMEOUT) as answer:
            data: bytes = answer.read(largest + 1)
    except HTTPError as error:
        with error:
            lasting = CLIENT_FAULT <= error.code < SERVER_FAULT
            raise SendError(
                f"file: {error.code}", permanent=lasting
            ) from None  # its URL has the token
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:  # its address, too
        raise SendError(f"file: {type(error).__name__}") from None
    if len(data) > largest > 0:
        raise SendError("file: too large", permanent=True)
    return data


def content_of(told: Any) -> Mapping[str, Any]:
    """The map of a file in a message; empty where it is none."""
    if isinstance(told, dict) and isinstance(told.get("url"), str):
        return told
    return {}
