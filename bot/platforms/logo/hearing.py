"""Pushes on their way to the desk: once each, in order within a talk, on threads of their own.

The reader hands a push over and goes on; a handler may therefore call the server. While what was missed is being
fetched, pushes are held back, so that older messages come first.
"""

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from bot.chat import SendError
from bot.platforms.logo.known import SYSTEM, Deleted, Event, Known, Left, Read, Said, Strange, Talk
from bot.platforms.logo.line import LineDown

log = logging.getLogger(__name__)

REMEMBERED = 20_000  # ids of messages; more than any catch-up brings twice
TRIES = 5
PAUSE, LONGEST_PAUSE = 2.0, 10.0  # seconds between tries
TOLD_ONCE = ("read", "deleted", "left")
OnPush = Callable[[str, Any], object]
Step = Callable[[str, Any], None]


class Marks(Protocol):
    """What outlives the process of what was heard."""

    def move(self, talk_id: int, message_id: int) -> None:
        """This message is taken in."""

    def join(self, talk_id: int) -> None:
        """The desk was told of this talk."""

    def forget(self, talk_id: int) -> None:
        """The desk was told that it is no longer in it."""


class Hearing:
    """From the reader's thread to `on_push`. `wait(seconds)` pauses between tries and is cut short at the end."""

    def __init__(
        self,
        known: Known,
        marks: Marks,
        on_push: OnPush,
        wait: Callable[[float], object],
        workers: int,
    ) -> None:
        self._known, self._marks, self._on_push, self._wait = known, marks, on_push, wait
        self._lock = threading.Lock()
        self._held: list[Event] | None = []
        self._read: dict[int, int] = {}
        self._ends_at: float | None = None
        self._ids: OrderedDict[int, None] = OrderedDict()
        self._queues: list[queue.Queue[Event | None]] = [queue.Queue() for _ in range(workers)]
        self._threads = [
            threading.Thread(target=self._work, args=(q,), name=f"logo-{i}", daemon=True)
            for i, q in enumerate(self._queues)
        ]
        self.strange = 0
        """Pushes whose body was not what it should be."""
        self.given_up = 0
        """Events the desk failed at, time and again."""

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float) -> None:
        """Take nothing more, and let what was heard be answered, for at most so many seconds: what is left in a
        long queue is found again by its marks."""
        self.hold()
        until = time.monotonic() + timeout
        self._ends_at = until
        for waiting in self._queues:
            waiting.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    def take(self, method: str, body: Any, params: list[Any]) -> None:
        """One push, on the reader's thread."""
        try:
            events = list(self._known.learn(method, body, params))
        except Strange as error:
            self.strange += 1
            log.warning("logo: %s without %s", method[:40], error)
            return
        for event in events:
            self.put(event)

    def put(self, event: Event) -> None:
        """An event that is no push: after a look at all talks."""
        with self._lock:
            if self._held is not None:
                self._held.append(event)
            else:
                self._queue(event)

    def hold(self) -> None:
        """Keep what comes, until `release`. Messages and talks that were held and never released are fetched
        again; nobody tells again who has read, taken back or left."""
        with self._lock:
            self._held = [event for event in self._held or [] if event[0] in TOLD_ONCE]

    def release(self, missed: Iterable[Said]) -> None:
        """Tell what was missed, the oldest first, then what came meanwhile."""
        with self._lock:
            for said in sorted(missed, key=lambda said: said.id):
                self._queue(("message", said))
            held, self._held = self._held or [], None
            for event in held:
                self._queue(event)

    def take_read(self) -> dict[int, int]:
        """The newest message of each talk that was taken in since this was last asked."""
        with self._lock:
            read, self._read = self._read, {}
        return read

    def _queue(self, event: Event) -> None:
        kind, body = event
        if isinstance(body, Said) and not self._is_new(body):
            return
        key = body.domain_id if isinstance(body, Left) else _talk_of(body)
        self._queues[(key ^ key >> 22) % len(self._queues)].put((kind, body))  # ids: time << 22 | n

    def _is_new(self, said: Said) -> bool:
        """Somebody else's, no bot's, and not told before."""
        if said.user_id == self._known.me or said.by_bot or said.id in self._ids:
            return False
        self._ids[said.id] = None
        if len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)
        return True

    def _work(self, waiting: "queue.Queue[Event | None]") -> None:
        while (event := waiting.get()) is not None:
            if self._ends_at is not None and time.monotonic() > self._ends_at:
                return
            done = self._got_through(self._tell, *event) and self._got_through(self._mark, *event)
            if not done and self._ends_at is not None:
                return  # what follows in this talk must not move the mark past it

    def _got_through(self, step: Step, kind: str, body: Any) -> bool:
        """False where it was given up, or the process ends. What the desk has done is not done again because the
        mark could not be moved."""
        failures = 0
        while (failed := self._try(step, kind, body)) is not None:
            if self._ends_at is not None:
                return False
            failures += failed
            if failures >= TRIES:
                self._give_up(kind, body)
                return False
            self._wait(min(PAUSE * (failures + 1), LONGEST_PAUSE))
        return True

    def _try(self, step: Step, kind: str, body: Any) -> int | None:
        """None where it went well; else what that counts: nothing where database or line are away, as nothing can
        be done till they are back."""
        try:
            step(kind, body)
        except (DBAPIError, LineDown, SendError) as error:
            log.warning("logo: a %s waits: %s", kind, type(error).__name__)
            return 0 if _is_away(error) else 1
        except Exception:
            log.exception("logo: %s", kind)
            return 1
        return None

    def _give_up(self, kind: str, body: Any) -> None:
        """Loudly; the next catch-up may find it again."""
        self.given_up += 1
        log.error("logo: a %s was given up after %s tries", kind, TRIES)
        if isinstance(body, Said):
            with self._lock:
                self._ids.pop(body.id, None)

    def _tell(self, kind: str, body: Any) -> None:
        """Let the desk take it in; a message with the domain of its talk."""
        if not isinstance(body, Said):
            self._on_push(kind, body)
            return
        domain_id = self._known.find_domain(body.talk_id)
        if domain_id is None:
            log.warning("logo: a message in a talk that nobody knows")
        elif body.type != SYSTEM:
            self._on_push(kind, replace(body, domain_id=domain_id))

    def _mark(self, kind: str, body: Any) -> None:
        """It was taken in; a process that dies before finds it again."""
        if isinstance(body, Said):
            if body.talk_id not in self._known.talks:
                return
            self._marks.move(body.talk_id, body.id)
            with self._lock:
                self._read[body.talk_id] = max(body.id, self._read.get(body.talk_id, 0))
        elif kind == "talk_added":
            self._marks.join(body.id)
        elif kind == "talk_gone":
            self._marks.forget(body.id)


def _is_away(error: DBAPIError | LineDown | SendError) -> bool:
    """A statement that is wrong stays wrong; a database, a line or a chat that is away comes back."""
    if isinstance(error, SendError):
        return error.away
    return isinstance(error, LineDown | OperationalError | InterfaceError)


def _talk_of(body: Said | Read | Deleted | Talk) -> int:
    return body.id if isinstance(body, Talk) else body.talk_id
