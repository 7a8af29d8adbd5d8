"""A session with the fake LoGoチャット, and what it told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bot.config import LogoSettings
from bot.db import Database
from bot.platforms.logo.session import Pace, Session
from bot.platforms.logo.talking import Spacer, Talking
from tests.logo_fake import FakeLogo

QUICK = Pace(
    call_timeout=10.0,
    back_off=(0.01, 0.02, 0.05),
    token_again=0.01,
    lease_every=0.02,
    read_every=0.02,
    drain=3.0,
    moment=1.0,
    workers=2,
)
"""As the desk is in earnest, only without the waiting."""


def settings_for(fake: FakeLogo, token: str | None = None) -> LogoSettings:
    host = fake.files.url.removeprefix("http://")
    return LogoSettings(fake.url, host, "1.128", token or fake.token)


@dataclass
class Heard:
    """Keeps what a session told."""

    events: list[tuple[str, Any]] = field(default_factory=list)
    fails: int = 0
    error: Exception = field(default_factory=lambda: OSError("the test wants it to fail"))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, kind: str, body: Any) -> None:
        with self.lock:
            if self.fails:
                self.fails -= 1
                raise self.error
            self.events.append((kind, body))

    def of(self, kind: str) -> list[Any]:
        with self.lock:
            return [body for told, body in self.events if told == kind]

    @property
    def texts(self) -> list[Any]:
        return [said.content for said in self.of("message")]


@dataclass
class Joined:
    """A session that is logged in."""

    fake: FakeLogo
    session: Session
    talking: Talking
    heard: Heard
    logins: int = 0

    def wait_again(self) -> None:
        """Until it has logged in once more than when it was last looked at."""
        count = self.logins + 1
        self.fake.wait_until(
            lambda: len(self.fake.calls("start_notification")) >= count, 15, "another login"
        )
        self.wait_in()
        self.logins = len(self.fake.calls("start_notification"))

    def wait(self, count: int, kind: str = "message") -> list[Any]:
        self.fake.wait_until(lambda: len(self.heard.of(kind)) >= count, 15, f"{count} × {kind}")
        return self.heard.of(kind)

    def wait_in(self) -> None:
        self.fake.wait_until(lambda: self.session.said == "", 15, "connected")


def join(
    fake: FakeLogo,
    db: Database,
    clock: Any,
    *,
    owner: str = "machine:1:a",
    pace: Pace = QUICK,
    wait: bool = True,
    pauses: Callable[[float], bool] | None = None,
    **faster: Any,
) -> Joined:
    """Connect to the fake, with nothing that waits longer than it must."""
    heard = Heard()
    session = Session(
        settings_for(fake),
        owner,
        db,
        clock,
        heard,
        pace=replace(pace, **faster),
        jitter=lambda: 0.5,
        wait=pauses,
    )
    session.start()
    made = Joined(fake, session, Talking(session, Spacer(0)), heard)
    if wait:
        made.wait_in()
    made.logins = len(fake.calls("start_notification"))
    return made
