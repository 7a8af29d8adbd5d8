"""The process, in the fake Slack's workspace from its first start on, and who kills it."""

import os
import shutil
import signal
from pathlib import Path

from sqlalchemy.orm import Session

import jobs
from bot.config import Config
from jobs.opening import open_desk
from tests.chaos.plan import Moment, Tally
from tests.chaos.process import PACK, Killer, Process
from tests.chaos_slack.held import HeldSlack
from tests.server import START_WITHIN
from tests.slack_fake import BOT
from tests.slack_world import move_to_slack, people

TOWNS = "CTOWNS"
"""A channel of the municipalities, where the desk is a guest and only listens when it is called."""
QUIET_WITHIN = 10.0


class SlackProcess(Process):
    """The desk in Slack, with its directory's people and rooms there."""

    def __init__(self, folder: Path, database_url: str, fake: HeldSlack, every: int) -> None:
        super().__init__(
            folder,
            database_url,
            KNOWLEDGE_PACK=str(_pack(folder / "pack", every)),
            SLACK_BOT_TOKEN="xoxb-test",
            SLACK_APP_TOKEN="xapp-1",
            SLACK_SIGNING_SECRET="",
            SLACK_API_BASE_URL=fake.base_url,
        )
        self._fake = fake

    def move_in(self) -> None:
        """Make the database, and give everybody in it an account in Slack."""
        db = open_desk(Config.from_values(self.env), jobs.now())
        try:
            move_to_slack(db)
            people(self._fake, db)
        finally:
            db.close()
        self._fake.add_channel(TOWNS, "towns", members={*self._fake.people, BOT})

    def wait_until_up(self) -> None:
        """Until it hears."""
        super().wait_until_up()
        self._fake.wait_connected(timeout=START_WITHIN)

    def kill(self) -> None:
        """It is dead on return, and what it had sent has arrived."""
        super().kill()
        self._fake.let_go()
        self._fake.wait_until(self._fake.is_quiet, QUIET_WITHIN, "the dead are quiet")

    def freeze(self) -> None:
        """SIGSTOP; nothing moves in it on return."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


def _pack(folder: Path, every: int) -> Path:
    """The pack as it is now, or each so manieth entry of it: whoever edits it meanwhile is not heard."""
    (folder / "entries").mkdir(parents=True)
    for path in (path for path in Path(PACK).iterdir() if path.is_file()):
        shutil.copy(path, folder)
    for path in sorted(Path(PACK, "entries").iterdir())[::every]:
        shutil.copy(path, folder / "entries")
    return folder


class SlackKiller(Killer):
    def __init__(
        self, process: SlackProcess, moments: list[Moment], tally: Tally, fake: HeldSlack
    ) -> None:
        super().__init__(process, moments, tally)
        self._fake = fake

    def standing(self, session: Session) -> set[str]:  # noqa: ARG002  Slack keeps its own
        return set(self._fake.posted())
