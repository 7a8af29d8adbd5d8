"""All chapters, in their order."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.server import Server
from tests.slack_fake import Json
from tests.slack_story import announcing, asking, carrying, consulting, knowing, looking
from tests.slack_story.stage import Teller, answers_to_forms, frame, on_stage


@dataclass(frozen=True)
class Told:
    """What was recorded. `answers`: the views that stood in acknowledgements, as calls. `frames`: the bytes
    of each acknowledgement. `pressed`, `opened`: actions of buttons and of forms. `seconds`: how long it took."""

    calls: list[Json]
    answers: list[Json]
    frames: list[int]
    pressed: frozenset[str]
    opened: frozenset[str]
    log: str
    seconds: float


def tell(folder: Path) -> Told:
    """The whole story; `folder` is for the desk's data."""
    started = time.monotonic()
    with on_stage(folder) as (t, server):
        try:
            _tell(t)
            _examine(server)
        except BaseException:
            print(server.log.read_text(encoding="utf-8")[-4000:], file=sys.stderr)
            raise
        return Told(
            t.fake.calls(),
            answers_to_forms(t.fake),
            [frame(delivery) for delivery in t.fake.history],
            frozenset(t.pressed),
            frozenset(t.opened()),
            server.log.read_text(encoding="utf-8"),
            time.monotonic() - started,
        )


def _tell(t: Teller) -> None:
    asking.ask(t)
    asking.choose(t)
    asking.ask_among_others(t)
    asking.be_stopped(t)
    asking.enter_the_page(t)
    knowing.learn(t)
    knowing.be_careful(t)
    knowing.mean_the_same(t)

    number = consulting.consult_by_command(t)
    consulting.be_answered(t, number)
    consulting.consult_with_numbers(t)
    consulting.consult_from_an_answer(t)
    consulting.consult_as_a_stranger(t)
    consulting.consult_at_length(t)
    consulting.come_too_late(t)

    announcing.write(t)
    announcing.confirm(t)
    announcing.look(t)
    announcing.take_back(t)

    carrying.carry_an_answer(t)
    carrying.carry_a_consultation(t)
    carrying.carry_an_announcement(t)

    knowing.keep(t)
    knowing.write(t)
    knowing.write_from_a_consultation(t, number)
    knowing.write_from_a_document(t)
    knowing.change(t)
    knowing.settle(t)
    knowing.look(t)

    looking.have_many(t)
    talk, thread = consulting.lose_answers(t)
    looking.at_home(t)  # while the ledger waits half a minute for Slack
    looking.through_lists(t)
    looking.look_in_vain(t)
    consulting.find_them_again(t, talk, thread)


def _examine(server: Server) -> None:
    """`python -m bot doctor` asks Slack too."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"],
        env=server.env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Slackの部屋" in done.stdout, done.stdout + done.stderr
