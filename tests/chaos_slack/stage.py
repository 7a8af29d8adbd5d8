"""The fake Slack, the desk in it, and the people."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.db import Database
from tests.chaos.book import Book
from tests.chaos.plan import Plan, Tally
from tests.chaos.run import Stage, Tell, play, run
from tests.chaos_slack.book import SlackBook
from tests.chaos_slack.checks import CHECKS
from tests.chaos_slack.held import HeldSlack
from tests.chaos_slack.line import Line
from tests.chaos_slack.people import People
from tests.chaos_slack.plan import SlackPlan
from tests.chaos_slack.process import SlackKiller, SlackProcess
from tests.chaos_slack.script import SlackScript
from tests.chaos_slack.strikes import Strikes


class InSlack:
    def __init__(self, folder: Path, database_url: str, fake: HeldSlack, plan: SlackPlan) -> None:
        self.process = SlackProcess(folder, database_url, fake, plan.every)
        self._fake, self._strikes = fake, plan.strikes
        self._line: Line | None = None

    def work(self, plan: Plan, tally: Tally, tell: Tell) -> None:
        """The seeded kills, then those at the named steps."""
        killer = SlackKiller(self.process, plan.moments(), tally, self._fake)
        line = self._line = Line(self._fake, killer, tally, plan)
        script = SlackScript(People(self._fake, line, killer, tally), tally, plan.seed)
        play(script, killer, plan, tally, tell)
        Strikes(self.process, self._fake, killer, line, script, tally).strike(self._strikes, tell)

    def look(self, db: Database, tally: Tally) -> Book:
        assert self._line is not None
        book = SlackBook(db, tally, self._fake, self._line.deliveries, self.process.url)
        self._line.close(set(book.arrivals))
        for check in CHECKS:
            check(book, tally)
        return book


def run_in_slack(plan: SlackPlan, tell: Tell) -> Tally:
    @contextmanager
    def build(folder: Path, database_url: str) -> Iterator[Stage]:
        with HeldSlack() as fake:
            stage = InSlack(folder, database_url, fake, plan)
            stage.process.move_in()
            yield stage

    return run(plan, tell, build)
