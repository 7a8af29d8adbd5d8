"""Socket Mode: connections of the app, and deliveries over them until acknowledged."""

import asyncio
import contextlib
import itertools
import json
from dataclasses import dataclass
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.slack_fake import acks
from tests.slack_fake.inbound import Delivery
from tests.slack_fake.people import APP
from tests.slack_fake.workspace import Workspace

PATIENCE = 3.0  # seconds a person waits for a press to be acknowledged


@dataclass(eq=False)
class Link:
    ws: web.WebSocketResponse
    request: web.Request

    def cut(self) -> None:
        """The network is lost: no word of farewell."""
        if self.request.transport is not None:
            self.request.transport.abort()


class Sockets:
    def __init__(
        self,
        slack: Workspace,
        redeliver_after: float,
        retry_delays: tuple[float, ...],
        time_scale: float,
        max_connections: int,
    ) -> None:
        self.slack, self.redeliver_after = slack, redeliver_after
        self.retry_delays, self.time_scale = retry_delays, time_scale
        self.max_connections = max_connections
        self.links: list[Link] = []
        self._tickets: set[str] = set()
        self._open: dict[str, Delivery] = {}
        self._turn = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()

    def new_ticket(self) -> str:
        ticket = uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def connect(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.discard(ticket)  # it lets in once
        ws = web.WebSocketResponse(timeout=0.2)
        await ws.prepare(request)
        if len(self.links) >= self.max_connections:
            await ws.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await ws.close()
            return ws
        link = Link(ws, request)
        self.links.append(link)
        try:
            await self._talk(link)
        finally:
            self._forget(link)
        return ws

    async def _talk(self, link: Link) -> None:
        with contextlib.suppress(ConnectionError):
            await link.ws.send_json(
                {
                    "type": "hello",
                    "num_connections": len(self.links),
                    "connection_info": {"app_id": APP},
                    "debug_info": {"host": "fake", "approximate_connection_time": 18060},
                }
            )
            async for message in link.ws:
                if message.type == WSMsgType.TEXT:
                    self._acknowledged(json.loads(message.data))

    def _acknowledged(self, answer: dict[str, object]) -> None:
        delivery = self._open.pop(str(answer.get("envelope_id")), None)
        if delivery is None:
            return
        if delivery.acked_at is None:  # a second acknowledgement changes nothing
            acks.apply(self.slack, delivery.inbound, 200, answer.get("payload"))
        delivery.settle(answer.get("payload"))

    def _forget(self, link: Link) -> None:
        if link in self.links:
            self.links.remove(link)

    async def _connected(self) -> None:
        while not self.links:  # noqa: ASYNC110 an event would have to be unset by whoever hangs up
            await asyncio.sleep(0.02)

    async def push(self, delivery: Delivery, retry: int = 0, reason: str = "") -> None:
        """Over any one of the connections, as Slack does; with none open it waits for one."""
        await self._connected()
        link = self.links[next(self._turn) % len(self.links)]
        inbound, envelope_id = delivery.inbound, str(uuid4())
        envelope = {
            "envelope_id": envelope_id,
            "payload": inbound.payload,
            "type": inbound.etype,
            "accepts_response_payload": inbound.accepts,
        }
        if inbound.is_event:
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        self._open[envelope_id] = delivery
        delivery.try_once()
        with contextlib.suppress(ConnectionError):
            await link.ws.send_str(json.dumps(envelope))
        loop = asyncio.get_running_loop()
        if not inbound.is_event:  # nobody presses for the person a second time
            loop.call_later(PATIENCE, self._give_up, delivery)
        elif self.redeliver_after:
            loop.call_later(self.redeliver_after, self._again, delivery, retry)

    def _give_up(self, delivery: Delivery) -> None:
        if delivery.acked_at is None:
            self.slack.troubles.append(f"{delivery.kind}: not acknowledged in {PATIENCE:.0f}s")

    def _again(self, delivery: Delivery, retry: int) -> None:
        if delivery.acked_at is None and retry < len(self.retry_delays):
            task = asyncio.ensure_future(self._later(delivery, retry))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _later(self, delivery: Delivery, retry: int) -> None:
        await asyncio.sleep(self.retry_delays[retry] * self.time_scale)
        if delivery.acked_at is None:
            await self.push(delivery, retry + 1, "timeout")

    async def disconnect(self, reason: str, index: int) -> None:
        """Slack asks the app to come back; a warning alone keeps the line open."""
        link = self.links[index]
        with contextlib.suppress(ConnectionError):
            await link.ws.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}}
            )
            if reason != "warning":
                self._forget(link)
                await asyncio.sleep(0.5)
                await link.ws.close()

    def cut_all(self) -> None:
        for link in list(self.links):
            link.cut()
            self._forget(link)
