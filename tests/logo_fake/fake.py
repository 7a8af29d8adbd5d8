"""A fake LoGoチャット on 127.0.0.1 that the desk, and the vendor's own client, talk to."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.logo_fake import codec, control
from tests.logo_fake.files import FileStore
from tests.logo_fake.methods import OPEN, Methods
from tests.logo_fake.world import GROUP, ME, TOKEN, Json, Refusal, World

PATH = "/albero-app-server/api"
TEXT = 1


class Link:
    """One connection of the account."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.is_in = False
        self.is_told = False
        """start_notification was called: pushes go out."""
        self.pushes = 0
        self.unread: dict[int, str] = {}
        """Pushes that were not acknowledged yet."""


class FakeLogo(World):
    """fake = FakeLogo().start(); Session(LogoSettings(fake.url, …, fake.token), …); …; fake.stop()"""

    def __init__(
        self, now: Callable[[], float] = time.time, port: int = 0, token: str = TOKEN
    ) -> None:
        super().__init__(now)
        self.tokens = {token}
        self.methods = Methods(self)
        self.files = FileStore(self.tokens)
        self.port, self.url, self.token = port, "", token
        self.links: list[Link] = []
        self.transcript: list[Json] = []
        """What went over the wire, in order: kind, method, params …"""
        self._faults: dict[str, list[Json]] = {}
        self._down = False
        self._kept: list[tuple[str, Any]] = []
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    # ---- running

    def start(self) -> Self:
        self.files.start()
        self.methods.files_at = self.files.url
        ready = threading.Event()

        def run() -> None:
            try:
                asyncio.run(self._serve(ready))
            except BaseException as error:  # noqa: BLE001 raised again in the thread that started us
                self._error = error
            finally:
                ready.set()

        self._thread = threading.Thread(target=run, daemon=True, name="fake-logo")
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
            self.files.stop()

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
        async with serve(
            self._connected,
            "127.0.0.1",
            self.port,
            ping_interval=None,
            compression=None,
            close_timeout=1,
            max_size=None,
            process_request=self.http,
        ) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            self.url = f"ws://127.0.0.1:{self.port}{PATH}"
            ready.set()
            await self._stopping.wait()

    async def http(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a plain request; None lets the socket through."""
        if request.path.startswith(control.PREFIX):
            return await asyncio.to_thread(control.answer, self, request.path)
        if self._down:
            connection.transport.abort()
            return connection.respond(503, "down")
        return None

    # ---- the wire

    async def _connected(self, socket: ServerConnection) -> None:
        link = Link(socket)
        self.links.append(link)
        self._note("open", path=socket.request.path if socket.request else "")
        tasks: set[asyncio.Task[None]] = set()
        try:
            async for frame in socket:
                if isinstance(frame, str):
                    self._note("bad", why="a text frame")
                    await socket.close(1003, "binary frames only")
                    return
                if strange := codec.new_formats(frame):
                    self._note("bad", why=f"formats of the new spec: {sorted(strange)}")
                told = codec.unpack(frame)
                if told[0] == 0:
                    task = asyncio.create_task(self._answer(link, *told[1:]))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                else:
                    self._note("ack", method=link.unread.pop(told[1], "?"), result=told[3])
        except ConnectionClosed:
            pass
        finally:
            self.links.remove(link)
            self._note("closed")

    async def _answer(self, link: Link, msgid: int, method: str, params: list[Any]) -> None:
        self._note("request", method=method, params=params)
        fault = self._take_fault(method)
        error: Json | None = None
        result: Any = None
        if fault.get("drop") != "before":
            error, result = self._result(link, method, params, fault)
        if fault.get("drop"):
            link.socket.transport.abort()
            return
        if fault.get("silent"):
            return
        await asyncio.sleep(fault.get("delay", 0))
        if method == "create_session" and error is None:
            await self._only(link)
        with contextlib.suppress(ConnectionClosed):
            await link.socket.send(codec.pack([1, msgid, error, result]))
        if method == "start_notification" and error is None:
            link.is_told = True
            for kept in self._kept:
                await self._push(link, *kept)
            self._kept = []

    def _result(
        self, link: Link, method: str, params: list[Any], fault: Json
    ) -> tuple[Json | None, Any]:
        """The error or the result of a call."""
        if "code" in fault:
            return Refusal(fault["code"], fault["message"], fault.get("detail")).body, None
        if not link.is_in and method not in OPEN:
            return Refusal(401, "invalid session").body, None
        try:
            with self.lock:
                return None, self.methods.find(method)(*params)
        except Refusal as refusal:
            return refusal.body, None
        except (LookupError, TypeError, ValueError) as problem:  # a double says why
            self._note("trouble", method=method, why=repr(problem))
            return {"code": 500, "message": "Internal Error", "detail": None}, None

    async def _only(self, link: Link) -> None:
        """One connection a token: the newer one wins."""
        for other in [other for other in self.links if other.is_in and other is not link]:
            await other.socket.close(1000, "concurrent access")
        link.is_in = True

    async def _push(self, link: Link, method: str, *params: Any) -> None:
        link.pushes += 1
        link.unread[link.pushes] = method
        self._note("push", method=method, params=params)
        with contextlib.suppress(ConnectionClosed):
            await link.socket.send(codec.pack([0, link.pushes, method, list(params)]))

    def _note(self, kind: str, **what: Any) -> None:
        with self.lock:
            self.transcript.append({"kind": kind, **what})

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    # ---- what the service does

    def push(self, method: str, *params: Any) -> None:
        """To every connection that is told of things. Where `kept` is set they wait for the next one."""
        told = [link for link in self.links if link.is_told]
        if not told and self.kept:
            self._kept.append((method, *params))
        for link in told:
            self._do(self._push(link, method, *params))

    def raw(self, frame: bytes | str) -> None:
        """These very bytes to every connection."""
        for link in list(self.links):
            self._do(link.socket.send(frame))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """The service ends every connection with these words."""
        for link in list(self.links):
            self._do(link.socket.close(code, reason))

    def cut(self) -> None:
        """The lines break, without a word."""
        for link in list(self.links):
            self._loop.call_soon_threadsafe(link.socket.transport.abort)

    def freeze(self) -> None:
        """The lines stay open, and nothing is read from them any more: no answer, no pong."""
        for link in list(self.links):
            self._loop.call_soon_threadsafe(link.socket.transport.pause_reading)

    @property
    def down(self) -> bool:
        """Nobody can connect, and nobody is."""
        return self._down

    @down.setter
    def down(self, wanted: bool) -> None:
        self._down = wanted
        if wanted:
            self.cut()

    def fault(
        self, method: str, code: int, message: str, detail: Any = None, times: int = 1
    ) -> None:
        """The next calls of that method ("*": of any) are refused."""
        self._more(method, times, {"code": code, "message": message, "detail": detail})

    def lose(self, method: str, times: int = 1, *, how: str = "after") -> None:
        """The next calls of that method get no answer: the line breaks "before" or "after" the work is done, or
        it is just "silent"."""
        self._more(method, times, {"silent": True} if how == "silent" else {"drop": how})

    def delay(self, method: str, seconds: float, times: int = 1) -> None:
        self._more(method, times, {"delay": seconds})

    def _more(self, method: str, times: int, how: Json) -> None:
        with self.lock:
            self._faults.setdefault(method, []).extend([how] * times)

    def _take_fault(self, method: str) -> Json:
        with self.lock:
            for name in (method, "*"):
                if self._faults.get(name):
                    return self._faults[name].pop(0)
        return {}

    # ---- what people do

    def add_group(self, name: str, users: Iterable[int]) -> int:
        """A group talk with the account in it."""
        talk = self.add_talk(GROUP, name, users)
        self.push("notify_create_group_talk", talk)
        return int(talk["talk_id"])

    def add_pair(self, user: int) -> int:
        known = len(self.talks)
        talk_id = self.pair(user)
        if len(self.talks) > known:
            self.push("notify_create_pair_talk", self.talks[talk_id])
        return talk_id

    def say(self, user: int, talk: int | None, content: Any, kind: int = TEXT, **more: Any) -> int:
        """Somebody says something, in his pair talk where no talk is named. The message's id."""
        talk_id = self.add_pair(user) if talk is None else talk
        message = self.add_message(talk_id, user, kind, content, **more)
        if ME in self.talks[talk_id]["user_ids"]:
            self.push("notify_create_message", message)
        return int(message["message_id"])

    def choose(self, user: int, stamp: int, option: int | str) -> int:
        """Somebody answers a select stamp, by the option's number or its words."""
        action = self.actions[stamp]
        labels = [answer["content"] for answer in action["responses"]]
        index = option if isinstance(option, int) else labels.index(option)
        return self.say(user, action["talk_id"], {"in_reply_to": stamp, "response": index}, 503)

    def answer(self, user: int, stamp: int, yes: bool) -> int:
        talk = self.actions[stamp]["talk_id"]
        return self.say(user, talk, {"in_reply_to": stamp, "response": yes}, 501)

    def done(self, user: int, stamp: int, done: bool = True) -> int:
        talk = self.actions[stamp]["talk_id"]
        return self.say(user, talk, {"in_reply_to": stamp, "done": done}, 505)

    def read(self, user: int, *message_ids: int) -> None:
        """Somebody has read messages of one talk."""
        for message_id in message_ids:
            message = self.messages[message_id]
            if user not in message["read_user_ids"]:
                message["read_user_ids"].append(user)
                message["read_count"] += 1
        talk = self.messages[message_ids[0]]["talk_id"]
        body = {"talk_id": talk, "message_ids": list(message_ids), "read_user_ids": [user]}
        self.push("notify_update_read_statuses", body)

    def take_back(self, message_id: int) -> None:
        message = self.messages.pop(message_id)
        self.push("notify_delete_message", [message["talk_id"], message_id, False])

    def expel(self, talk_id: int) -> None:
        """The account is taken out of a talk."""
        talk = self.talks[talk_id]
        talk["user_ids"] = [u for u in talk["user_ids"] if u != ME]
        self.push("notify_delete_talk", talk_id)

    def invite(self, talk_id: int) -> None:
        """The account is put (back) into a talk."""
        talk = self.talks[talk_id]
        if ME not in talk["user_ids"]:
            talk["user_ids"] = [ME, *talk["user_ids"]]
        self.push("notify_create_group_talk", talk)

    def leave(self, user: int) -> None:
        """A person leaves the organisation, and with it every talk."""
        for talk in self.talks.values():
            if user in talk["user_ids"]:
                talk["user_ids"] = [u for u in talk["user_ids"] if u != user]
                talk["left_users"] = [*talk["left_users"], user]
                if talk["type"] == GROUP:
                    self.push("notify_delete_talker", talk)
        self.users.pop(user, None)
        self.push("notify_delete_acquaintance", [self.methods.get_domains()[0]["domain_id"], user])

    # ---- what the account did

    def calls(self, method: str) -> list[list[Any]]:
        """The params of every call of that method."""
        with self.lock:
            return [
                line["params"]
                for line in self.transcript
                if line["kind"] == "request" and line["method"] == method
            ]

    def noted(self, kind: str) -> list[Json]:
        with self.lock:
            return [line for line in self.transcript if line["kind"] == kind]

    def said(self, talk_id: int, since: int = 0) -> list[Json]:
        """What the account said in a talk, the oldest first."""
        return [m for m in self.said_in(talk_id, since) if m["user_id"] == ME]

    def wait_until(
        self, true: Callable[[], object], timeout: float = 15, what: str = "it came true"
    ) -> None:
        end = time.monotonic() + timeout
        while not true():
            if time.monotonic() > end:
                last = [line.get("method", line["kind"]) for line in self.transcript[-12:]]
                raise TimeoutError(f"not in {timeout}s: {what}; last on the wire: {last}")
            time.sleep(0.005)

    def wait_told(self, timeout: float = 15) -> None:
        """Until an account is logged in and told of things."""
        self.wait_until(lambda: any(link.is_told for link in self.links), timeout, "a login")
