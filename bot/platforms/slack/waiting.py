"""A press while it is answered: acknowledged in time, and a modal that says it is loading where it takes long."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.chat import Message, Reply, SendError
from bot.platforms.slack.ears import Heard
from bot.platforms.slack.screens import Screens

PATIENCE = 1.5  # seconds of the three that a trigger lives, before a modal says that it is loading


@contextmanager
def waiting(screens: Screens, found: Heard, ack: Callable[[], object]) -> Iterator["Waiting"]:
    """While a press is answered: a modal says that it is loading before its trigger dies."""
    screen = Waiting(screens, found, ack)
    screen.begin()
    try:
        yield screen
    finally:
        screen.end()


class Waiting:
    """One press that is being answered. It is acknowledged when its form stands or its effect is written down,
    so that Slack shows what dies before that as not got through; at the latest when a modal says loading."""

    def __init__(self, screens: Screens, found: Heard, ack: Callable[[], object]) -> None:
        self._screens, self._found, self._ack = screens, found, ack
        self._lock = threading.Lock()
        self._over = False
        self._loading = ""
        self._timer = threading.Timer(PATIENCE, self._too_long)
        self._timer.daemon = True

    def begin(self) -> None:
        if self._found.trigger:
            self._timer.start()

    def end(self) -> None:
        self._timer.cancel()
        self._ack()

    def show(self, message: Message, reply: Reply) -> None:
        """The effect is there: show what it led to."""
        with self._lock:
            self._over = True
            loading = self._loading
        self._screens.shown(self._found, message.place, reply, loading)
        self._ack()

    def _too_long(self) -> None:
        self._ack()
        with self._lock:
            if self._over:
                return
            try:
                self._loading = self._screens.open_loading(self._found)
            except SendError:
                self._loading = ""  # then the form is offered by a card
