"""LoGoチャット as a chat of the desk: connects when it can, tells how it stands, and ends cleanly."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bot.chat import ChatDesk, Home, Platform
from bot.config import LogoSettings
from bot.db import Database
from bot.platforms.logo.ears import Ears
from bot.platforms.logo.ends import STANDBY, is_for_good
from bot.platforms.logo.posting import Poster
from bot.platforms.logo.session import Pace, Session
from bot.platforms.logo.stamps import Stamps
from bot.platforms.logo.talking import Spacer, Talking

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5
TIDY_EVERY = timedelta(hours=6)
KEPT_FOR = timedelta(days=400)
"""Stamps and cards of two fiscal years' consultations; older ones say that they are over."""


class LogoChat:
    """One account by its token, in each organisation it belongs to."""

    def __init__(
        self,
        settings: LogoSettings,
        owner: str,
        db: Database,
        page: str,
        clock: Callable[[], datetime],
        *,
        pace: Pace | None = None,
        spacer: Spacer | None = None,
    ) -> None:
        self._page, self._clock = page, clock
        self.session = Session(settings, owner, db, clock, self._heard, pace=pace)
        self.stamps = Stamps(db)
        self.talking = Talking(self.session, spacer, self.stamps.kept_before)
        self.posters: dict[int, Poster] = {}
        self.ears: Ears | None = None
        self._platforms: dict[Home, Platform] = {}
        self._joined: Callable[[], object] = lambda: None
        self._tidied: datetime | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_on, name="logo-chat", daemon=True)

    @property
    def said(self) -> str:
        """How it stands: empty when connected, else what is wrong."""
        return self.session.said

    def routes(self) -> tuple[()]:
        """It is heard over a line of its own."""
        return ()

    def start(
        self, desk: ChatDesk, platforms: dict[Home, Platform], joined: Callable[[], object]
    ) -> None:
        """Connect in threads of their own, however long it takes. `joined`: called once it can post."""
        self._platforms, self._joined = platforms, joined
        self.ears = Ears(desk, self.session, self.stamps, self.posters, self._clock)
        self.session.start()
        self._thread.start()

    def stop(self) -> None:
        """Hear nothing more, and let what was heard be answered."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self.session.stop()

    def _heard(self, kind: str, body: Any) -> None:
        """On a thread of the session. What comes with the login finds the posters there."""
        self.host()
        if self.ears is not None:
            self.ears.heard(kind, body)

    def host(self) -> None:
        """Post for the organisations the account is in; for none while another process has the line."""
        with self._lock:
            said = self.session.said
            if said == STANDBY or is_for_good(said):
                for poster in self.posters.values():
                    self._platforms.pop(poster.home, None)
                return
            for domain in list(self.session.domains):
                if domain not in self.posters:
                    self.posters[domain] = Poster(
                        self.session, self.talking, self.stamps, domain, self._page, self._clock
                    )
                poster = self.posters[domain]
                self._platforms.setdefault(poster.home, poster)

    def _keep_on(self) -> None:
        was = self.said
        while not self._over.is_set():
            try:
                self.host()
                if was and not self.said:
                    self._joined()
                self._tidy()
            except Exception:
                log.exception("logo: the next look tries again")
            was = self.said
            self._over.wait(LOOK_EVERY)

    def _tidy(self) -> None:
        now = self._clock()
        if self._tidied is None or now - self._tidied > TIDY_EVERY:
            self._tidied = now
            self.stamps.tidy(now - KEPT_FOR)
