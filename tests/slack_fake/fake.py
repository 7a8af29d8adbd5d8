"""A fake Slack on 127.0.0.1 that real slack-bolt and slack_sdk talk to."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.slack_fake import acks, events, interactions, signed
from tests.slack_fake.control import Control
from tests.slack_fake.inbound import Delivery, Inbound
from tests.slack_fake.people import TEAM, Json
from tests.slack_fake.sockets import Link, Sockets
from tests.slack_fake.web_api import WebApi, dropped
from tests.slack_fake.workspace import Workspace

Dispatch = Callable[[Json], tuple[int, Any]]
"""Takes a payload; gives back the HTTP status and the body of the acknowledgement."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeSlack(Workspace):
    """fake = FakeSlack().start(); WebClient(token, base_url=fake.base_url); …; fake.stop()"""

    def __init__(
        self,
        port: int = 0,
        *,
        team_id: str = TEAM,
        redeliver_after: float = 3.0,
        retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0),
        time_scale: float = 1.0,
        max_connections: int = 10,
    ) -> None:
        super().__init__(team_id)
        self.port, self.retry_delays, self.time_scale = port, retry_delays, time_scale
        self.door = Sockets(self, redeliver_after, retry_delays, time_scale, max_connections)
        self.api = WebApi(self, self.door)
        self.control = Control(self)
        self.history: list[Delivery] = []
        self.dispatch: Dispatch | None = None
        """Where `send` goes when no socket is wanted: into the app, in the caller's thread."""
        self.base_url = ""
        self._down = False
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    # ---- running

    def start(self) -> Self:
        ready = threading.Event()

        def run() -> None:
            try:
                asyncio.run(self._serve(ready))
            except BaseException as error:  # noqa: BLE001 raised again in the thread that started us
                self._error = error
            finally:
                ready.set()

        self._thread = threading.Thread(target=run, daemon=True, name="fake-slack")
        self._thread.start()
        ready.wait(10)
        if self._error is not None:
            raise self._error
        return self

    def stop(self) -> None:
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)
            self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()

        @web.middleware
        async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._around(request, handler)

        app = web.Application(client_max_size=64 << 20, middlewares=[around])
        app.add_routes(
            [
                web.route("*", "/api/{method:.*}", self.api.answer),
                web.get("/link", self.door.connect),
                web.post("/upload/{id}", self.api.upload),
                web.post("/respond/{id}", self.api.respond),
                *self.control.routes(),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            self.port = runner.addresses[0][1]
            self.url = f"http://127.0.0.1:{self.port}"
            self.base_url = f"{self.url}/api/"
            ready.set()
            await self._stopping.wait()
        finally:
            self.door.cut_all()
            await runner.cleanup()

    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._down and not request.path.startswith("/_"):
            return dropped(request)
        try:
            response: web.StreamResponse = await handler(request)
        except (LookupError, TypeError, ValueError) as error:
            if not request.path.startswith("/_"):
                raise
            response = web.json_response({"error": str(error)}, status=400)  # of the test's own
        if not response.prepared:
            response.headers["Date"] = formatdate(self.now(), usegmt=True)
        return response

    # ---- faults

    @property
    def down(self) -> bool:
        """Nothing answers: every call is cut off, and so are the sockets."""
        return self._down

    @down.setter
    def down(self, wanted: bool) -> None:
        self._down = wanted
        if wanted and self._thread is not None:
            self._loop.call_soon_threadsafe(self.door.cut_all)

    @property
    def latency(self) -> float:
        """Seconds every call takes."""
        return self.api.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.api.latency = seconds

    def fault(self, method: str, times: int = 1, **how: Any) -> None:
        """The next calls of that method ("*": of any) fail: status=429, retry_after=1 | error="…" |
        delay=5 | drop="before" or "after" the work is done. "response_url" is a method here too."""
        self.api.fault(method, times, how)

    def disconnect(
        self, reason: str = "refresh_requested", index: int = 0, *, hard: bool = False
    ) -> None:
        """Slack asks the app to connect anew, or, `hard`, the line of that connection is cut."""
        if hard:
            self._loop.call_soon_threadsafe(self.door.links[index].cut)
        else:
            asyncio.run_coroutine_threadsafe(self.door.disconnect(reason, index), self._loop)

    # ---- what the app did

    def calls(self, method: str | None = None) -> list[Json]:
        return self.api.calls(method)

    def wait_calls(self, method: str, n: int = 1, timeout: float = 5) -> list[Json]:
        self.wait_until(lambda: len(self.calls(method)) >= n, timeout, f"{n} calls of {method}")
        return self.calls(method)

    def wait_until(
        self, true: Callable[[], object], timeout: float = 5, what: str = "it came true"
    ) -> None:
        end = time.monotonic() + timeout
        while not true():
            if time.monotonic() > end:
                seen = [call["method"] for call in self.calls()]
                raise TimeoutError(f"not in {timeout}s: {what}; called were {seen}")
            time.sleep(0.005)

    def dump(self, path: str | Path) -> None:
        """Every call as a line of JSON, for the contract checker."""
        lines = [json.dumps(call) + "\n" for call in self.calls()]
        Path(path).write_text("".join(lines), encoding="utf-8")

    def reset(self) -> None:
        """Forget calls and faults; what was said stands."""
        self.api.clear()

    @property
    def sockets(self) -> list[Link]:
        """The connections of the app."""
        return self.door.links

    def wait_connected(self, n: int = 1, timeout: float = 5) -> None:
        self.wait_until(lambda: len(self.sockets) >= n, timeout, f"{n} connections")

    # ---- what people do

    def make(
        self,
        kind: str,
        user: str = "U2",
        channel: str | None = None,
        text: str = "hello",
        **o: Any,
    ) -> Inbound:
        """What Slack would send. Kinds: see KINDS in events.py and interactions.py."""
        wanted = {"user": user, "channel": channel, "text": text, **o}
        with self.lock:
            if kind in interactions.KINDS:
                return interactions.KINDS[kind](self, wanted)
            if kind not in events.KINDS:
                raise KeyError(kind)
            return events.wrapped(self, kind, events.KINDS[kind](self, wanted), wanted)

    def _made(self, kind: str | Inbound, o: Json) -> Delivery:
        delivery = Delivery(kind if isinstance(kind, Inbound) else self.make(kind, **o))
        with self.lock:
            self.history.append(delivery)
        return delivery

    def send(self, kind: str | Inbound, user: str = "U2", **o: Any) -> Delivery:
        """Over Socket Mode, or into `dispatch` if that is set. `.wait()` gives the acknowledgement."""
        delivery = self._made(kind, {"user": user, **o})
        if self.dispatch is not None:
            self._dispatched(self.dispatch, delivery)
        else:
            asyncio.run_coroutine_threadsafe(self.door.push(delivery), self._loop)
        return delivery

    def deliver(self, dispatch: Dispatch, kind: str | Inbound, **o: Any) -> Json | None:
        """Straight into the app, without a socket. Gives back what the acknowledgement carried."""
        return self._dispatched(dispatch, self._made(kind, o))

    def _dispatched(self, dispatch: Dispatch, delivery: Delivery) -> Json | None:
        delivery.try_once()
        status, raw = dispatch(delivery.payload)
        body = acks.apply(self, delivery.inbound, status, raw)
        delivery.settle(body, status)
        return body

    def resend(self, delivery: Delivery, reason: str = "timeout") -> Delivery:
        """The same once more, whatever was acknowledged."""
        again = self._made(delivery.inbound, {})
        if self.dispatch is not None:
            self._dispatched(self.dispatch, again)
        else:
            asyncio.run_coroutine_threadsafe(self.door.push(again, 1, reason), self._loop)
        return again

    def pressing(
        self,
        user: str,
        where: Json | str,
        action_id: str,
        block_id: str | None = None,
        kind: str = "press",
        **o: Any,
    ) -> Inbound:
        """Made from the element that stands in a message, an ephemeral or a view (or its ts or id)."""
        key = where if isinstance(where, str) else where.get("ts") or where["id"]
        name = "ts" if "." in key else "view_id"
        o |= {"action_id": action_id, "block_id": block_id, name: key}
        return self.make(kind, user, **o)

    def press(
        self,
        user: str,
        where: Json | str,
        action_id: str,
        block_id: str | None = None,
        **o: Any,
    ) -> Delivery:
        """`action=` says what was chosen in a select; `values=` what else stands in the form."""
        return self.send(self.pressing(user, where, action_id, block_id, **o))

    def submitting(self, user: str, view_id: str, values: Json | None = None) -> Inbound:
        return self.make("submit", user, view_id=view_id, values=values or {})

    def submit(self, user: str, view_id: str, values: Json | None = None) -> Delivery:
        """values: {block_id: {action_id: state of the element}}, over what stands in the form."""
        return self.send(self.submitting(user, view_id, values))

    def post_http(
        self,
        url: str,
        kind: str | Inbound,
        *,
        secret: str = signed.SECRET,
        retries: bool = True,
        timeout: float = 3.0,
        age: float = 0,
        bad_signature: bool = False,
        **o: Any,
    ) -> list[Json]:
        """Signed, with up to three retries for events. Gives back the attempts."""
        delivery = self._made(kind, o)
        body, content_type = signed.encoded(delivery.inbound)
        waits = [0.0, *(self.retry_delays if retries and delivery.inbound.is_event else ())]
        attempts: list[Json] = []
        reason = ""
        for number, wait in enumerate(waits):
            time.sleep(wait * self.time_scale)
            stamp = str(int(self.now() - age))
            signature = "v0=bad" if bad_signature else signed.sign(secret, body, stamp)
            headers = {
                "Content-Type": content_type,
                "X-Slack-Request-Timestamp": stamp,
                "X-Slack-Signature": signature,
                "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            }
            if number:
                headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            delivery.try_once()
            answer = signed.post(url, body, headers, timeout)
            seconds = round(time.time() - delivery.sent[-1], 3)
            attempts.append(
                {
                    "retry_num": number,
                    "status": answer.status,
                    "body": answer.body,
                    "seconds": seconds,
                }
            )
            reason = answer.reason
            if answer.status == 200 or answer.no_retry:
                break
        status = answer.status or 0
        delivery.settle(acks.apply(self, delivery.inbound, status, answer.body), status)
        return attempts
