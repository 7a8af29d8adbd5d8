"""A session with the fake LoGoチャット, and what it told."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any

from bot.config import LogoSettings
from bot.db import Database
from bot.platforms.logo.session import Pace, Session
from bot.platforms.logo.talking import Spacer, Talking
from tests.logo_fake import FakeLogo

QUICK = Pace(
    call_timeout=3.0,
    back_off=(0.01, 0.02, 0.05),
    token_again=0.01,
    lease_every=0.02,
    drain=3.0,
    workers=2,
)
"""As the desk is in earnest, only without the waiting."""


def settings_for(fake: FakeLogo, token: str | None = None) -> LogoSettings:
    return LogoSettings(fake.url, f"127.0.0.1:{fake.port}", "1.128", token or fake.token)


@dataclass
class Heard:
    """Keeps what a session told."""

    events: list[tuple[str, Any]] = field(default_factory=list)
    fails: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, kind: str, body: Any) -> None:
        with self.lock:
            if self.fails:
                self.fails -= 1
                raise OSError("the test wants it to fail")
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

    def wait(self, count: int, kind: str = "message") -> list[Any]:
        self.fake.wait_until(lambda: len(self.heard.of(kind)) >= count, 5, f"{count} × {kind}")
        return self.heard.of(kind)

    def wait_in(self) -> None:
        self.fake.wait_until(lambda: self.session.said == "", 5, "connected")


def join(
    fake: FakeLogo,
    db: Database,
    clock: Any,
    *,
    owner: str = "machine:1:a",
    pace: Pace = QUICK,
    wait: bool = True,
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
    )
    session.start()
    made = Joined(fake, session, Talking(session, Spacer(0)), heard)
    if wait:
        fake.wait_told()
        made.wait_in()
    return made
