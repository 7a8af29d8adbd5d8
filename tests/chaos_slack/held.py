"""The fake Slack with calls that can be held: before their work, or before their answer."""

import asyncio
import threading
from typing import Any

from aiohttp import web

from tests.slack_fake import FakeSlack, Json
from tests.slack_fake.web_api import WebApi, dropped

WAY = 0.02  # seconds a call is on its way to Slack, and its answer on the way back
REDELIVERED_AFTER = 1.0
SLOWNESS = 0.005  # of Slack's own waits: the third time comes after 0.3 s, the last after 1.5 s


class Hold:
    """The next call of a method, stopped until it is let go: `after` its work, else before it. Then its
    line is cut: whoever called is dead."""

    def __init__(self, method: str, loop: asyncio.AbstractEventLoop, *, after: bool) -> None:
        self.method, self.after = method, after
        self.reached = threading.Event()
        self._loop, self._over = loop, asyncio.Event()

    def let_go(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)

    async def keep(self) -> None:
        self.reached.set()
        await self._over.wait()


class HeldApi(WebApi):
    """Counts the calls that are in work, as what was sent before a kill still arrives."""

    def __init__(self, *around: Any) -> None:
        super().__init__(*around)
        self.hold: Hold | None = None
        self.in_work = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.in_work += 1
        try:
            return await self._held(request)
        finally:
            self.in_work -= 1

    async def _held(self, request: web.Request) -> web.Response:
        hold = self.hold
        if hold is None or hold.method != request.match_info["method"]:
            answer = await super().answer(request)
            await asyncio.sleep(WAY)
            return answer
        self.hold = None
        if hold.after:
            await super().answer(request)
        await hold.keep()
        return dropped(request)


class HeldSlack(FakeSlack):
    def __init__(self) -> None:
        super().__init__(redeliver_after=REDELIVERED_AFTER, time_scale=SLOWNESS)
        self.held = HeldApi(self, self.door)
        self.api = self.held
        self.latency = WAY
        self._holding: Hold | None = None

    def hold(self, method: str, *, after: bool) -> Hold:
        self._holding = self.held.hold = Hold(method, self._loop, after=after)
        return self._holding

    def let_go(self) -> None:
        self.held.hold = None
        if self._holding is not None:
            self._holding.let_go()

    def is_quiet(self) -> bool:
        """No line of the desk's is open, and nothing it called for is in work."""
        return not self.sockets and not self.held.in_work

    def posted(self) -> dict[str, dict[int, list[Json]]]:
        """The desk's messages by the key of their row and the part of its card."""
        found: dict[str, dict[int, list[Json]]] = {}
        with self.lock:
            for message in self.messages.values():
                payload = message.get("metadata", {}).get("event_payload", {})
                if "key" in payload:
                    parts = found.setdefault(str(payload["key"]), {})
                    parts.setdefault(int(payload["part"]), []).append(message)
        return found
