"""Kills at the named steps of an event's way through the desk."""

import enum
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from bot.db import Database
from bot.deliveries import Delivery
from bot.deliveries import State as Sending
from bot.dialogues import Dialogue
from bot.inbox import Arrival
from bot.inbox import State as Inbox
from tests.chaos.plan import Sent, Tally
from tests.chaos.process import Killer, left_behind, opened
from tests.chaos.run import SETTLED_WITHIN, Tell, settled
from tests.chaos_slack.held import HeldSlack
from tests.chaos_slack.line import Line
from tests.chaos_slack.process import SlackProcess
from tests.chaos_slack.script import SlackScript


class Step(enum.Enum):
    """In their order."""

    STORED = "event stored"
    COMMITTED = "answer committed"
    SENT = "answer sent"
    RECORDED = "answer recorded"
    FORM = "form committed"

    def __str__(self) -> str:
        return self.value

    def is_before(self, other: "Step") -> bool:
        order = list(Step)
        return order.index(self) < order.index(other)


HELD = {
    Step.COMMITTED: ("chat.postMessage", False),
    Step.SENT: ("chat.postMessage", True),
    Step.FORM: ("views.open", False),
}
"""What is held in Slack while the desk is killed there: before its work, or after it. The others are caught
in the database."""
MET_WITHIN = 10.0
MOST_TRIES = 20
DRAWS = 12  # of a person or room, until there is something to do that to
Act = tuple[str, Callable[[], bool]]
"""What people do, and the kind of event that is struck of it."""


class Strikes:
    """Each step with each kind of event in turn: what is struck, and at what, is read from what is left."""

    def __init__(
        self,
        process: SlackProcess,
        fake: HeldSlack,
        killer: Killer,
        line: Line,
        script: SlackScript,
        tally: Tally,
    ) -> None:
        self._process, self._fake, self._killer = process, fake, killer
        self._line, self._script, self._tally = line, script, tally
        self._answered: tuple[Act, ...] = (
            ("question", script.ask),
            ("question", script.mention),
            ("ticket", script.from_message),  # whose cards have two parts
            ("words", script.add),
            ("reply", script.reply),
        )
        self._asked: Act = ("form", script.consult)
        self._wanted: tuple[Step, str] | None = None
        self._met: Step | None = None

    def strike(self, times: int, tell: Tell) -> None:
        self._line.around = self._around
        for number in range(times):
            for at, step in enumerate(Step):
                act = self._answered[(number + at) % len(self._answered)]
                self._until_met(step, self._asked if step is Step.FORM else act)
            self._until_met(Step.STORED, self._asked)
            tell(f"named steps {number + 1}/{times}")

    def _until_met(self, step: Step, act: Act) -> None:
        kind, do = act
        for _ in range(MOST_TRIES):
            if not settled(self._process, SETTLED_WITHIN):
                self._tally.blame(f"something still waits before {step} of {kind}")
                return
            self._wanted, self._met = (step, kind), None
            if not any(do() for _ in range(DRAWS)):
                self._wanted = None
                self._script.consult()
            if self._met is step:
                self._tally.figures[f"struck {step} of {kind}"] += 1
                return
        self._tally.blame(f"{step} of {kind} was not met in {MOST_TRIES} tries")

    @contextmanager
    def _around(self, sent: Sent) -> Iterator[None]:
        """An event is sent, and the desk killed on its way."""
        if self._wanted is None or self._wanted[1] != sent.kind:
            yield
            return
        step, self._wanted = self._wanted[0], None
        with opened(self._process.database_url) as db:
            before = _newest(db)
            if step in HELD:
                method, after = HELD[step]
                hold = self._fake.hold(method, after=after)
            yield
            there = (
                hold.reached.wait(MET_WITHIN)
                if step in HELD
                else self._is_caught(step, lambda: _step_of(db, sent, before, set()))
            )
        if there:
            self._kill(step, sent, before)
        self._fake.let_go()

    def _kill(self, step: Step, sent: Sent, before: int) -> None:
        """What was struck is read from what is left."""
        self._killer.kill(f"kills at {step}")
        with left_behind(self._process) as db:
            self._met = _step_of(db, sent, before, set(self._fake.posted()))
        self._process.begin()
        self._process.wait_until_up()

    def _is_caught(self, step: Step, look: Callable[[], Step | None]) -> bool:
        """Frozen at this step, unless it was over too soon."""
        until = time.monotonic() + MET_WITHIN
        found = look()
        while (found is None or found.is_before(step)) and time.monotonic() < until:
            found = look()
        if found is not step:
            return False
        self._process.freeze()
        if look() is step:
            return True
        self._process.thaw()
        return False


def _newest(db: Database) -> int:
    with db.read() as session:
        return session.scalar(select(func.max(Delivery.id))) or 0


def _step_of(db: Database, sent: Sent, before: int, standing: set[str]) -> Step | None:
    """How far this event has come. `before`: the newest row when it was sent; `standing`: what is to be
    read in Slack."""
    with db.read() as session:
        state = session.scalar(select(Arrival.state).where(Arrival.event_id == sent.event_id))
        if state is None:
            return None
        if state == Inbox.RECEIVED:
            return Step.STORED
        rows = session.execute(
            select(Delivery.id, Delivery.state).where(
                Delivery.id > before, Delivery.replaces_id.is_(None)
            )
        ).all()
        forms = select(func.count()).where(Dialogue.event_id == sent.event_id)
        if not rows:
            return Step.FORM if session.scalar(forms) else None
    if any(state != Sending.SENT and f"d{row_id}" in standing for row_id, state in rows):
        return Step.SENT
    if any(state == Sending.SENT for _, state in rows):
        return Step.RECORDED
    return Step.COMMITTED
