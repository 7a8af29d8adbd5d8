"""The fake's own doors, for tests that run the bot in another process."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.slack_fake.people import Json

if TYPE_CHECKING:
    from tests.slack_fake.fake import FakeSlack

SETTINGS = frozenset({"down", "latency", "clock_skew_seconds", "scopes", "trigger_life"})


class Control:
    def __init__(self, fake: "FakeSlack") -> None:
        self.fake = fake

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/_calls", self.calls),
            web.get("/_state", self.state),
            web.post("/_fault", self._plain(self.fault)),
            web.post("/_people", self._plain(self.people)),
            web.post("/_channels", self._plain(self.channels)),
            web.post("/_set", self._plain(self.set)),
            web.post("/_reset", self._plain(lambda _: self.fake.reset())),
            web.post("/_send", self.send),
            web.post("/_resend", self.resend),
            web.post("/_disconnect", self.disconnect),
        ]

    def _plain(self, do: Callable[[Any], None]) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            do(await request.json() if await request.read() else {})
            return web.json_response({})

        return answer

    async def calls(self, request: web.Request) -> web.Response:
        return web.json_response(self.fake.calls(request.query.get("method")))

    async def state(self, _request: web.Request) -> web.Response:
        held = {**self.fake.state(), "connections": len(self.fake.sockets)}
        return web.json_response(held)

    def fault(self, wanted: Json) -> None:
        self.fake.fault(wanted.pop("method"), wanted.pop("times", 1), **wanted)

    def people(self, wanted: list[Json]) -> None:
        with self.fake.lock:
            for one in wanted:
                self.fake.add_person(one.pop("id"), **one)

    def channels(self, wanted: list[Json]) -> None:
        with self.fake.lock:
            for one in wanted:
                self.fake.add_channel(one.pop("id"), **one)

    def set(self, wanted: Json) -> None:
        """down, latency, clock_skew_seconds, scopes, trigger_life."""
        for name in SETTINGS & wanted.keys():
            setattr(self.fake, name, set(wanted[name]) if name == "scopes" else wanted[name])

    async def send(self, request: web.Request) -> web.Response:
        """As FakeSlack.send; the kinds press and submit look at what stands there. `wait`: seconds."""
        wanted: Json = await request.json()
        wait = wanted.pop("wait", 5)
        return await self._told(self.fake.send(wanted.pop("kind"), **wanted), wait)

    async def resend(self, request: web.Request) -> web.Response:
        wanted: Json = await request.json() if await request.read() else {}
        before = self.fake.history[wanted.get("delivery", -1)]
        again = self.fake.resend(before, wanted.get("reason", "timeout"))
        return await self._told(again, wanted.get("wait", 5))

    async def _told(self, delivery: Any, wait: float) -> web.Response:
        loop = asyncio.get_running_loop()
        acked = await loop.run_in_executor(None, delivery.done.wait, wait)
        return web.json_response(
            {
                "delivery": self.fake.history.index(delivery),
                "acked": acked,
                "ack_payload": delivery.ack_payload,
                "attempts": delivery.attempts,
                "payload": delivery.payload,
            }
        )

    async def disconnect(self, request: web.Request) -> web.Response:
        wanted: Json = await request.json() if await request.read() else {}
        if wanted.get("hard"):
            self.fake.sockets[wanted.get("index", 0)].cut()
        else:
            reason = wanted.get("reason", "refresh_requested")
            await self.fake.door.disconnect(reason, wanted.get("index", 0))
        return web.json_response({})
