"""The account's presence on the service: logs in, stays in, comes back, and knows when not to.

One thread tends the line. What is heard goes to `on_push` on other threads (hearing.py); whoever calls waits for
the answer on his own.
"""

import itertools
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot.config import LogoSettings
from bot.db import Database
from bot.platforms.logo.catch_up import fetch_missed
from bot.platforms.logo.ends import (
    INVALID_TOKEN,
    NO_DATABASE,
    NOT_YET,
    REFUSED,
    STANDBY,
    TROUBLE,
    Later,
    Stop,
    closed,
    refused,
)
from bot.platforms.logo.hearing import Hearing, OnPush
from bot.platforms.logo.known import (
    GROUP,
    PAIR,
    Domain,
    Known,
    People,
    Strange,
    Talk,
    number,
    whole,
)
from bot.platforms.logo.line import Line, LineDown
from bot.platforms.logo.store import Lease, Seen
from bot.platforms.logo.wire import LogoError, Push

log = logging.getLogger(__name__)

OS = "bot"  # what the vendor's client for bots calls its operating system


@dataclass(frozen=True)
class Pace:
    """How long things take, in seconds; what the vendor's client does where that is known."""

    call_timeout: float = 20.0
    ping_every: float = 45.0
    used_every: float = 600.0
    read_every: float = 1.0
    back_off: tuple[float, ...] = (0.5, 3, 6, 12, 24, 45)
    steady: float = 60.0
    """A line that lived this long was a good one: the next back-off begins anew."""
    token_again: float = 1.0
    token_tries: int = 4
    lease: float = 30.0
    lease_every: float = 8.0
    drain: float = 10.0
    moment: float = 3.0
    """How long a call waits for a line that has just been lost."""
    workers: int = 8


class Session:
    """One account by its token. `on_push(kind, body)` is told, once each and in order within a talk:

    message (Said), read (Read), deleted (Deleted), talk_added, talk_changed, talk_gone (Talk), left (Left). A
    message counts as taken in when `on_push` returns; if it raises, it is told again, also by a later process.
    `wait(seconds)`: how pauses are made; True ends them early.
    """

    def __init__(
        self,
        settings: LogoSettings,
        owner: str,
        db: Database,
        clock: Callable[[], datetime],
        on_push: OnPush,
        *,
        pace: Pace | None = None,
        jitter: Callable[[], float] = random.random,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self.settings, self._owner, self._db, self._clock = settings, owner, db, clock
        self._pace, self._jitter = pace or Pace(), jitter
        self._over = threading.Event()
        self._wait = wait or self._over.wait
        self._numbers = itertools.count()
        self._known = Known(self.call)
        self._seen = Seen(db)
        self._hearing = Hearing(self._known, self._seen, on_push, self._wait, self._pace.workers)
        self._lease: Lease | None = None
        self._line: Line | None = None
        self._in = threading.Event()
        self._comes_back = False
        self._falls = 0
        self._alive: threading.Event | None = None
        self._thread = threading.Thread(target=self._run, name="logo-session", daemon=True)
        self.said = NOT_YET
        """How it stands: empty when connected, else what is wrong."""
        self.configuration: dict[str, Any] = {}

    @property
    def me(self) -> int:
        """The account's own user id; 0 before the first login."""
        return self._known.me

    @property
    def domains(self) -> dict[int, Domain]:
        return self._known.domains

    @property
    def talks(self) -> dict[int, Talk]:
        return self._known.talks

    @property
    def people(self) -> People:
        return self._known.people

    @property
    def longest(self) -> int:
        """UTF-16 units a message may have."""
        return self._known.longest

    def start(self) -> None:
        """Connect in a thread of its own, however long it takes."""
        began = self._clock()
        self._lease = Lease(
            self._db,
            self.settings.token,
            self._owner,
            began,
            timedelta(seconds=self._pace.lease),
        )
        self._hearing.start()
        self._thread.start()

    def stop(self) -> None:
        """Hear nothing more, let what was heard be answered, and leave the place to the next process."""
        self._hearing.hold()
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def call(self, method: str, *params: Any) -> Any:
        """Ask the server. Raise LogoError (it said no), LineDown (there is no line, or it broke meanwhile)."""
        if self._comes_back:  # a line that is away for a moment is nobody's business
            self._in.wait(self._pace.moment)
        line = self._line
        if line is None or not self._in.is_set():
            raise LineDown("not connected")
        try:
            return line.call(method, list(params), self._pace.call_timeout)
        except LogoError as error:
            if error.code == REFUSED:  # the login that follows finds out what that means
                log.warning("logo: %s: %s", method, error)
                self._in.clear()
                line.close()
                raise LineDown("session ended") from error
            raise

    def pair_talk(self, domain_id: int, user_id: int) -> int:
        """The talk with one person, made where there is none. Raise LogoError, LineDown."""
        for talk in self.talks.values():
            if talk.type == PAIR and talk.domain_id == domain_id and user_id in talk.user_ids:
                return talk.id
        try:
            talk = Talk.read(self.call("create_pair_talk", domain_id, user_id))
        except Strange as error:
            raise LogoError(500, f"a talk without {error}") from error
        self._known.put_talk(talk)
        return talk.id

    # ---- the thread that tends the line

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                try:
                    self._once()
                except SQLAlchemyError:
                    log.exception("logo: the database")
                    self._tell(NO_DATABASE)
                    self._over.wait(self._pace.lease_every)
                except Exception:  # ours, so it is loud; people must not lose the desk by it
                    log.exception("logo: the session")
                    self._tell(TROUBLE)
                    self._over.wait(self._pace.back_off[-1])
        finally:
            self._end()

    def _once(self) -> None:
        """One life of the line, and what follows from its end."""
        if not self._may_connect():
            self._comes_back = False
            self._over.wait(self._pace.lease_every)
            return
        began = time.monotonic()
        try:
            self._live()
        except Later as later:
            self._comes_back = not self._falls or time.monotonic() - began > self._pace.steady
            if time.monotonic() - began > self._pace.steady:
                self._falls = 0
            self._tell(f"切れています。つなぎ直しています（{later}）")
            self._pause(max(later.seconds, self._back_off(self._falls)))
            self._falls += 1
        except Stop as stop:
            self._comes_back = False
            self._tell(str(stop))
            log.error("logo: %s", stop)  # noqa: TRY400  a decision, not a fault of ours
            self._leased().stop(str(stop), self._clock())

    def _leased(self) -> Lease:
        if self._lease is None:
            raise RuntimeError("not started")
        return self._lease

    def _may_connect(self) -> bool:
        why = self._leased().why_stopped()
        if why:
            self._tell(why)
            return False
        if not self._leased().take(self._clock()):
            self._tell(STANDBY)
            return False
        return True

    def _back_off(self, falls: int) -> float:
        """Longer each time, and never in step with others."""
        longest = self._pace.back_off[min(falls, len(self._pace.back_off) - 1)]
        return longest * (0.75 + 0.5 * self._jitter())

    def _pause(self, seconds: float) -> None:
        """Wait, and keep the lease meanwhile."""
        while seconds > 0:
            if self._wait(min(seconds, self._pace.lease_every)) or self._over.is_set():
                return
            if not self._leased().take(self._clock()):
                return
            seconds -= self._pace.lease_every

    def _live(self) -> None:
        """From connecting to the end of the line. Returns where it was ended on purpose."""
        self._hearing.hold()
        try:
            self._line = Line.open(self.settings.endpoint, self._heard, self._numbers)
        except LineDown as down:
            raise Later(str(down)) from down
        try:
            self._log_in(self._line)
            self._tell("")
            self._tend(self._line)
        except LineDown as down:
            if not self._line.gone.is_set():
                raise Later(str(down)) from down
        except LogoError as error:
            raise refused(error) from error
        finally:
            if not self._over.is_set():
                self._in.clear()
                self._line.close()
        if self._over.is_set():
            return
        raise closed(self._line.code, self._line.reason)

    def _heard(self, push: Push) -> None:
        self._hearing.take(push.method, push.body, push.params)

    def _log_in(self, line: Line) -> None:
        """The few calls that are enough for a bot, then what was missed."""

        def ask(method: str, *params: Any) -> Any:
            return line.call(method, list(params), self._pace.call_timeout)

        told = self._create_session(ask)
        try:
            me = number(whole(whole(told, "user")["user"], "user_id")["user_id"])
        except Strange as error:
            raise Later(f"create_session without {error}") from error
        self._known.me = me
        configuration = told.get("configuration")
        self.configuration = configuration if isinstance(configuration, dict) else {}
        limit = self.configuration.get("max_message_content_length")
        if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0:
            self._known.longest = min(limit, 1024)
        if not told.get("notification"):
            ask("reset_notification")
        self._known.set_domains(ask("get_domains"))
        was = self.talks
        self._known.set_talks(ask("get_talks"))
        statuses = ask("get_talk_statuses")
        for method in ("get_friends", "get_acquaintances"):
            self._known.people.learn_pairs(self._if_it_can(line, method))
        if ask("start_notification") is False:
            raise Later("start_notification refused")
        self._in.set()
        marks = self._seen.all()
        missed = fetch_missed(self.talks, self._seen, statuses, ask, self._wait)
        if marks:  # else the account is new to the desk, and so is every talk
            self._tell_of_talks(marks.keys(), was)
        self._hearing.release(missed)
        self._say_used(line)

    def _tell_of_talks(self, marked: AbstractSet[int], was: Mapping[int, Talk]) -> None:
        """The talks that came and went while nobody listened."""
        for talk in self.talks.values():
            if talk.id not in marked:
                self._hearing.put(("talk_added", talk))
        for talk_id in marked - self.talks.keys():
            gone = was.get(talk_id) or Talk(talk_id, 0, GROUP, "", ())
            self._hearing.put(("talk_gone", gone))

    def _create_session(self, ask: Callable[..., Any]) -> Any:
        for left in reversed(range(self._pace.token_tries)):
            try:
                return ask("create_session", self.settings.token, self.settings.api_version, OS)
            except LogoError as error:
                if error.message != INVALID_TOKEN or not left:
                    raise
                self._wait(self._pace.token_again)
        raise AssertionError("unreachable")

    def _tend(self, line: Line) -> None:
        """Signs of life, what was read, and the lease, until the line ends."""
        pace, now = self._pace, time.monotonic
        chores: tuple[tuple[float, Callable[[Line], None]], ...] = (
            (pace.lease_every, self._renew),
            (pace.read_every, self._say_read),
            (pace.ping_every, self._ping),
            (pace.used_every, self._say_used),
        )
        at = [now() + every for every, _ in chores]
        self._alive = None
        while not self._over.is_set():
            if line.gone.wait(max(0.0, min(min(at) - now(), 0.2))):
                return
            for turn, (every, chore) in enumerate(chores):
                if at[turn] <= now():
                    at[turn] = now() + every
                    chore(line)

    def _renew(self, _line: Line) -> None:
        if not self._leased().take(self._clock()):
            raise Later("another process has the lease")

    def _ping(self, line: Line) -> None:
        if self._alive is not None and not self._alive.is_set():
            line.drop()
            raise Later("no pong")
        self._alive = line.ping()

    def _say_used(self, line: Line) -> None:
        self._if_it_can(line, "update_last_used_at")

    def _if_it_can(self, line: Line, method: str, *params: Any) -> Any:
        """Ask for what the desk can do without: names it is not told now, it asks for when it needs them."""
        try:
            return line.call(method, list(params), self._pace.call_timeout)
        except LogoError as error:
            if error.code == REFUSED:
                raise
            log.warning("logo: %s: %s", method, error)
            return None

    def _say_read(self, line: Line) -> None:
        """What is safely taken in is shown as read, as the vendor's client does about a second later."""
        for talk_id, message_id in self._hearing.take_read().items():
            self._if_it_can(line, "update_read_statuses", talk_id, message_id)

    def _end(self) -> None:
        self._hearing.stop(self._pace.drain)
        self._in.clear()
        if self._line is not None:
            self._line.close()
        try:
            if self._lease is not None:
                self._lease.give_back(self._clock())
        except SQLAlchemyError:
            log.exception("logo: the lease could not be given back; it runs out by itself")

    def _tell(self, said: str) -> None:
        if said != self.said:
            (log.warning if said else log.info)("logo: %s", said or "connected")
        self.said = said
