"""One connection: requests go out and are answered by number, pushes are acknowledged first, then told on."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect

from bot.platforms.logo import wire
from bot.platforms.logo.wire import LogoError, Push, Response, WireError

log = logging.getLogger(__name__)

PING = b"PING"
AGENT = "liaison-desk"
LARGEST_MESSAGE = (
    8 * wire.LARGEST_FRAME
)  # up to here a frame is refused alone; beyond, the line ends
OPEN_TIMEOUT, CLOSE_TIMEOUT = 15.0, 2.0
LOUD, SELDOM = 10, 1000  # refused frames that are logged: the first ones, then one of so many
CONCURRENT, FORCED = "concurrent access", "forcibly closed"
UNREADABLE = "unreadable answer"
"""What a call is told whose answer came and was refused: it would be the same again."""


class LineDown(Exception):  # noqa: N818
    """The line broke before there was an answer. `unclear`: the request may have been done all the same."""

    def __init__(self, reason: str, *, unclear: bool = False) -> None:
        super().__init__(reason)
        self.unclear = unclear


class _Waiting:
    """A request whose answer is not there yet."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.answer: Response | None = None


class Line:
    """A WebSocket (its library's connection) to the server. `hear(push)` is called on the reader's thread and must return at once.

    Made by `Line.open`, which raises LineDown where there is nobody. Over when `gone` is set; `code` and
    `reason` are then what the server closed with. `numbers`: of requests; as in the vendor's own client they go
    on over all lines of a process.
    """

    def __init__(
        self, connected: ClientConnection, hear: Callable[[Push], None], numbers: Iterator[int]
    ) -> None:
        self._socket, self._hear, self._numbers = connected, hear, numbers
        self._waiting: dict[int, _Waiting] = {}
        self._lock = threading.Lock()
        self.gone = threading.Event()
        self.code, self.reason = 1006, ""
        self.refused = 0
        """Frames that could not be read."""
        self._reader = threading.Thread(target=self._read, name="logo-reader", daemon=True)
        self._reader.start()

    @classmethod
    def open(cls, endpoint: str, hear: Callable[[Push], None], numbers: Iterator[int]) -> "Line":
        """Connect. Without proxy, sub-protocol, compression or the library's own pings, as the vendor's client."""
        try:
            made = connect(
                endpoint,
                open_timeout=OPEN_TIMEOUT,
                close_timeout=CLOSE_TIMEOUT,
                ping_interval=None,
                compression=None,
                proxy=None,
                max_size=LARGEST_MESSAGE,
                user_agent_header=AGENT,
            )
        except (OSError, InvalidHandshake, InvalidURI, WebSocketException) as error:
            raise LineDown(type(error).__name__) from error
        return cls(made, hear, numbers)

    def call(self, method: str, params: list[Any], timeout: float) -> Any:
        """Ask and wait for the answer. Raise LogoError (it said no), LineDown, WireError (our own params)."""
        with self._lock:
            number, waiting = next(self._numbers), _Waiting()
        frame = wire.request(number, method, params)
        with self._lock:
            if self.gone.is_set():
                raise LineDown("closed")
            self._waiting[number] = waiting
        try:
            try:
                self._socket.send(frame)
            except (ConnectionClosed, OSError) as error:  # some of it may have gone out
                raise LineDown("closed", unclear=True) from error
            if not waiting.there.wait(timeout):
                raise LineDown("no answer", unclear=True)
        finally:
            with self._lock:
                self._waiting.pop(number, None)
        if waiting.answer is None:
            raise LineDown("closed", unclear=True)
        if waiting.answer.error is not None:
            raise waiting.answer.error
        return waiting.answer.result

    def ping(self) -> threading.Event | None:
        """Ask for a sign of life; the event is set when it comes. None where the line is gone."""
        try:
            return self._socket.ping(PING)
        except (ConnectionClosed, OSError, WebSocketException):
            return None

    def drop(self) -> None:
        """End it without a word: nobody is listening."""
        with contextlib.suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it and wait for the reader."""
        self._socket.close()
        if threading.current_thread() is not self._reader:
            self._reader.join(CLOSE_TIMEOUT)

    def _read(self) -> None:
        try:
            for frame in self._socket:
                self._take(frame)
        except (ConnectionClosed, OSError) as error:
            log.info("logo: line ended: %s", type(error).__name__)
        finally:
            closed = self._socket.protocol.close_rcvd
            if closed is not None:
                self.code, self.reason = int(closed.code), closed.reason
            with self._lock:
                self.gone.set()
                for waiting in self._waiting.values():
                    waiting.there.set()

    def _take(self, frame: str | bytes) -> None:
        """One frame. Nothing that is in it ends the reader; only the line itself does."""
        if isinstance(frame, str):
            self._refuse("a text frame")
            return
        try:
            told = wire.decode(frame)
        except WireError as error:
            self._refuse(str(error))
            if error.kind == wire.REQUEST:
                self._socket.send(wire.acknowledge(error.msgid))
            elif error.kind == wire.RESPONSE:
                self._answer(Response(error.msgid, LogoError(500, UNREADABLE)))
            return
        if isinstance(told, Response):
            self._answer(told)
            return
        self._socket.send(wire.acknowledge(told.msgid))
        try:
            self._hear(told)
        except Exception:  # the reader lives; the error is ours, so it is loud
            log.exception("logo: push %s", told.method[:40])

    def _answer(self, response: Response) -> None:
        with self._lock:
            waiting = self._waiting.get(response.msgid)
        if waiting is not None:
            waiting.answer = response
            waiting.there.set()

    def _refuse(self, why: str) -> None:
        self.refused += 1
        if self.refused <= LOUD or self.refused % SELDOM == 0:
            log.warning("logo: frame refused (%s so far): %s", self.refused, why)
