"""Slack as a chat of the desk: connects when it can, keeps trying, tells how it stands, and ends cleanly."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackClientError
from starlette.routing import Route

from bot.chat import ChatDesk, Home, Platform, SendError
from bot.config import SlackSettings
from bot.platforms.slack import http
from bot.platforms.slack.api import HURRY, Slack
from bot.platforms.slack.app import Ears
from bot.platforms.slack.asides import Asides
from bot.platforms.slack.ears import Us
from bot.platforms.slack.posting import Poster
from bot.platforms.slack.screens import Screens

log = logging.getLogger(__name__)

LISTENERS = 20  # Bolt's own five are stopped by five slow events
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
LOOK_EVERY = 2.0
PING_EVERY = 5.0  # a cut line is noticed after two
NOT_YET = "つなぐ途中です"
LOST = "切れています。つなぎ直しています"


class SlackChat:
    """One workspace, by one bot token."""

    def __init__(self, settings: SlackSettings, page: str, clock: Callable[[], datetime]) -> None:
        self._settings, self._page, self._clock = settings, page, clock
        self._slack = Slack(settings.bot_token, settings.api_base_url)
        self._hurried = Slack(settings.bot_token, settings.api_base_url, HURRY)
        self._listeners = ThreadPoolExecutor(LISTENERS, "slack")
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._handler: SocketModeHandler | None = None
        self.app: App | None = None
        self.said = NOT_YET
        """How it stands: empty when connected, else what is wrong."""

    def routes(self) -> tuple[Route, ...]:
        """Addresses of the desk's page at which Slack is heard; none over a socket."""
        if self._settings.over_socket:
            return ()
        return (http.route(lambda: self.app),)

    def start(
        self, desk: ChatDesk, platforms: dict[Home, Platform], joined: Callable[[], object]
    ) -> None:
        """Connect in a thread of its own, however long it takes. `joined`: called once it can post."""
        self._thread = threading.Thread(
            target=self._keep_on, args=(desk, platforms, joined), name="slack-connect", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Hear nothing more, and let what was heard be answered."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        if self._handler is not None:
            self._handler.close()  # type: ignore[no-untyped-call]
        self._listeners.shutdown(wait=True)

    def _keep_on(
        self, desk: ChatDesk, platforms: dict[Home, Platform], joined: Callable[[], object]
    ) -> None:
        wait = FIRST_WAIT
        while not self._over.is_set():
            try:
                if self.app is None:
                    self.app = self._join(desk, platforms)
                    joined()
                if self._settings.over_socket and self._handler is None:
                    self._handler = self._connected(self.app)
            except (SendError, SlackClientError, OSError) as error:
                self._tell(f"つながりません（{_reason(error)}）")
                self._over.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT)
                continue
            wait = FIRST_WAIT
            handler = self._handler
            lost = handler is not None and not handler.client.is_connected()
            self._tell(LOST if lost else "")
            self._over.wait(LOOK_EVERY)

    def _join(self, desk: ChatDesk, platforms: dict[Home, Platform]) -> App:
        """Who we are there; from now on the ledger can send."""
        told = self._slack.call("auth.test")
        us = Us(told["team_id"], told["user_id"])
        poster = Poster(self._slack, us.workspace, self._page, self._clock)
        screens = Screens(desk, self._slack, poster, self._page)
        asides = Asides(self._slack, self._hurried, poster, self._page, us.bot)
        ears = Ears(desk, self._slack, self._hurried, us, screens, asides, self._clock)
        platforms[poster.home] = poster
        return ears.app(self._listeners, self._settings.signing_secret)

    def _connected(self, app: App) -> SocketModeHandler:
        handler = SocketModeHandler(
            app, self._settings.app_token, concurrency=LISTENERS, ping_interval=PING_EVERY
        )
        handler.connect()  # type: ignore[no-untyped-call]
        return handler

    def _tell(self, said: str) -> None:
        if said != self.said:
            (log.warning if said else log.info)("slack: %s", said or "connected")
        self.said = said


def _reason(error: Exception) -> str:
    """An error's name, never what it was about."""
    if isinstance(error, SendError):
        return str(error)
    response = getattr(error, "response", None)
    data = getattr(response, "data", None)
    return str(data.get("error")) if isinstance(data, dict) else type(error).__name__
