"""Tells open pages that something was posted or changed, also by another process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError

from bot.db import Database
from bot.platforms.web.posts import newest_change

EVERY = 0.5
"""Seconds between two looks at the database, while somebody listens."""


class Watch:
    """One thread looks at the newest change while somebody listens; with nobody there is no thread."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._lock = threading.Lock()
        self._nudge = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event of the running loop that is set whenever something changed."""
        told = asyncio.Event()
        with self._lock:
            self._listeners[told] = asyncio.get_running_loop()
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="web-watch", daemon=True)
                self._thread.start()
        try:
            yield told
        finally:
            with self._lock:
                self._listeners.pop(told, None)
                if not self._listeners:
                    self._nudge.set()

    def wake(self) -> None:
        """Something was posted in this process: tell everybody now."""
        with self._lock:
            for told, loop in self._listeners.items():
                with suppress(RuntimeError):  # the loop is closing, and so is its page
                    loop.call_soon_threadsafe(told.set)

    def _look(self) -> None:
        seen = None
        while True:
            with self._lock:
                if not self._listeners:
                    self._thread = None
                    return
            with suppress(SQLAlchemyError):  # the database is away for a moment; look again
                with self._db.read() as session:
                    newest = newest_change(session)
                if seen is not None and newest != seen:
                    self.wake()
                seen = newest
            self._nudge.wait(EVERY)
            self._nudge.clear()
