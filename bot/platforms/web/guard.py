"""What holds for every request: known hosts, bounded bodies, and headers that keep a browser narrow."""

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 1_000_000
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TOO_LARGE = 413


class Guard:
    """`refuse(status, title, sentence)` makes the page that says why nothing happened."""

    def __init__(
        self, app: ASGIApp, hosts: frozenset[str], refuse: Callable[[int, str, str], Response]
    ) -> None:
        self.app, self.hosts, self.refuse = app, hosts, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        shut = False

        async def guarded(message: Message) -> None:
            """Add the headers; a bare 413 from below is replaced by a page of our own."""
            nonlocal shut
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                bare = headers.get("content-type", "").startswith("text/plain")
                if message["status"] == TOO_LARGE and bare:
                    shut = True
                    await self._too_large()(scope, receive, guarded_page)
                    return
                _keep(scope, headers)
                _harden(headers)
            if not shut:
                await send(message)

        async def guarded_page(message: Message) -> None:
            if message["type"] == "http.response.start":
                _harden(MutableHeaders(scope=message))
            await send(message)

        headers = Headers(scope=scope)
        if not self._knows(headers.get("host", "")):
            page = self.refuse(
                400,
                "開けません",
                "このアドレスでは開けません。案内されたアドレスを開いてください。",
            )
            await page(scope, receive, guarded_page)
        elif _length(headers) > LARGEST:
            await self._too_large()(scope, receive, guarded_page)
        else:
            await self.app(scope, receive, guarded)

    def _knows(self, host: str) -> bool:
        name, _, port = host.rpartition(":")
        return host in self.hosts or (port.isdecimal() and name in self.hosts)

    def _too_large(self) -> Response:
        sentence = (
            "送るものが大きすぎます。文を短くして、もう一度送ってください。保存はしていません。"
        )
        return self.refuse(TOO_LARGE, "大きすぎて送れません", sentence)


def _length(headers: Headers) -> int:
    told = headers.get("content-length", "0")
    return int(told) if told.isdecimal() else 0


def _keep(scope: Scope, headers: MutableHeaders) -> None:
    """A file of ours whose address names its content may be kept for good."""
    if scope["path"].startswith("/static/") and b"v=" in scope["query_string"]:
        headers["cache-control"] = "max-age=31536000, immutable"


def _harden(headers: MutableHeaders) -> None:
    headers.setdefault("content-security-policy", POLICY)
    headers.setdefault("x-content-type-options", "nosniff")
    headers.setdefault("referrer-policy", "same-origin")
    headers.setdefault("cross-origin-opener-policy", "same-origin")
    headers.setdefault("cache-control", "no-store")
