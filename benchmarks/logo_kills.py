"""Kill the desk in LoGoチャット while 41 talks speak to it, and start it anew: python -m benchmarks.logo_kills [--kills 10].

`kill -9` at random moments; what is acknowledged on the wire and not stored, claimed and not sent, posted and not
recorded has to be found by the next process. Ends with 1 where a message has no answer or two, by the ledger or by
what stands in the talks.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
import psutil

from benchmarks.logo import TALKS, WITHIN, Desk, drain, judge
from benchmarks.slack import QUESTIONS
from bot.platforms.logo.known import SELECT
from tests.logo_fake import ME, FakeLogo


def start(command: list[str], *, wait: bool) -> subprocess.Popen[bytes]:
    """A desk; where it is waited for, it is connected."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    if wait and process.stdout is not None:
        process.stdout.readline()
    return process


def texts(fake: FakeLogo) -> Counter[int]:
    """How many texts the desk said in each talk."""
    said = list(fake.messages.values())
    return Counter(m["talk_id"] for m in said if m["user_id"] == ME and m["type"] == 1)


@click.command(help=__doc__)
@click.option("--kills", default=10)
@click.option("--seconds", default=6.0, help="of speaking between two kills")
@click.option("--rate", default=15.0, help="messages a second")
@click.option("--seed", default=1)
@click.option("--patience", default=300.0)
def main(kills: int, seconds: float, rate: float, seed: int, patience: float) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, FakeLogo() as fake:
        people = [fake.add_person(f"市町{n:02}の職員") for n in range(TALKS)]
        talks = [fake.add_pair(person) for person in people]
        module = [sys.executable, "-m", "benchmarks.logo_desk"]
        command = [*module, fake.url, fake.token, folder, "0"]
        process = start(command, wait=True)
        desk = Desk(psutil.Process(process.pid), Path(folder) / "desk.db")
        for person in people:  # the first word is greeted
            fake.say(person, None, "こんにちは")
        drain(desk, 0, TALKS, WITHIN)
        before, sent = texts(fake), list[int]()
        for number in range(kills + 1):
            end = time.monotonic() + seconds * dice.uniform(0.5, 1.5)
            while time.monotonic() < end:
                sent.append(fake.say(people[len(sent) % TALKS], None, dice.choice(QUESTIONS)))
                time.sleep(dice.expovariate(rate))
            if number < kills:
                process.kill()
                process.wait()
                process = start(command, wait=False)
        desk.process = psutil.Process(process.pid)
        lag = drain(desk, TALKS, len(sent), patience)
        lines = judge(desk, fake, sent)
        wanted = Counter(talks[number % TALKS] for number in range(len(sent)))
        wire = {talk: texts(fake)[talk] - before[talk] - wanted[talk] for talk in talks}
        process.kill()
        process.wait()
    click.echo(f"{len(sent)} messages, {kills} kills; the last answer {lag:.0f} s after the end")
    for line in lines:
        click.echo(line)
    lost = sum(-n for n in wire.values() if n < 0)
    twice = sum(n for n in wire.values() if n > 0)
    stamps = sum(m["user_id"] == ME and m["type"] == SELECT for m in fake.messages.values())
    click.echo(
        f"in the talks: {lost} answers missing, {twice} too many; {stamps} stamps for {len(sent)} answers"
    )
    sys.exit(1 if lost or twice else 0)


if __name__ == "__main__":
    main()
