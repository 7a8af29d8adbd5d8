"""41 talks × 5 messages a second for a minute through the fake LoGoチャット: lost, answered twice, memory, CPU.

    python -m benchmarks.logo [--seconds 60] [--spacing 0] [--patience 900]

The desk runs in a process of its own (benchmarks/logo_desk.py), the fake in this one. `--spacing` is the pause
between two messages of the account: 0.55 s is what the vendor's client keeps, and then the desk can say 1.8 messages
a second however fast it thinks; 0 shows what it can do itself. Everything is acknowledged on the wire at once, so
what comes faster than it is answered waits in the desk's memory; a process that dies then finds it again by its marks.

After `--patience` seconds whatever is not answered yet is counted and said so.
"""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
import psutil

from benchmarks.slack import QUESTIONS
from tests.logo_fake import DOMAIN, ME, FakeLogo

TALKS, A_SECOND = 41, 5
WITHIN = 60.0
ENDED = "SELECT count(*) FROM inbox WHERE platform = 'logo' AND state <> 'received'"
HEARD = "SELECT event_id, state FROM inbox WHERE platform = 'logo'"
SAID = "SELECT reason, state FROM deliveries WHERE reason LIKE ?"
UNSENT = "SELECT count(*) FROM deliveries WHERE state IN ('waiting', 'sending')"


@dataclass
class Desk:
    """The process that is measured, and the file its database is in."""

    process: psutil.Process
    file: Path
    memory: list[float] = field(default_factory=list)

    def look(self) -> None:
        """Note its memory, in MB."""
        self.memory.append(self.process.memory_info().rss / 2**20)

    def eighths(self) -> list[float]:
        """The memory at eight moments of the run, the last one at its end."""
        last = len(self.memory) - 1
        return [self.memory[round(last * part / 8)] for part in range(1, 9)]

    def cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def count(self, question: str) -> int:
        return int(self.rows(question)[0][0])

    def rows(self, question: str, *values: str) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=30)) as db:
            return db.execute(question, values).fetchall()


def flood(fake: FakeLogo, desk: Desk, people: list[int], seconds: int) -> tuple[list[int], float]:
    """Everybody speaks as often as wanted. The messages' ids, and how long it took."""
    began, sent = time.monotonic(), list[int]()
    looked = began
    for number in range(TALKS * A_SECOND * seconds):
        due = began + number / (TALKS * A_SECOND)
        while (left := due - time.monotonic()) > 0:
            time.sleep(left)
        question = QUESTIONS[number // TALKS % len(QUESTIONS)]
        sent.append(fake.say(people[number % TALKS], None, question))
        if time.monotonic() - looked > 1:
            desk.look()
            looked = time.monotonic()
    return sent, time.monotonic() - began


def drain(desk: Desk, already: int, wanted: int, patience: float) -> float:
    """Wait until everything is answered. How long that took."""
    began = time.monotonic()
    while time.monotonic() - began < patience:
        desk.look()
        if desk.count(ENDED) >= already + wanted and desk.count(UNSENT) == 0:
            break
        time.sleep(1)
    return time.monotonic() - began


def judge(desk: Desk, fake: FakeLogo, sent: list[int]) -> list[str]:
    """What the ledger and the wire say of these messages."""
    heard = dict(desk.rows(HEARD))
    states = Counter(heard.get(str(message), "not yet taken in") for message in sent)
    answers: Counter[str] = Counter()
    begins = f"event:logo/{DOMAIN}/"
    for reason, state in desk.rows(SAID, f"{begins}%"):
        if state == "sent":
            answers[reason.removeprefix(begins).partition(":")[0]] += 1
    counted = Counter(answers[str(message)] for message in sent)
    acks, pushes = len(fake.noted("ack")), len(fake.noted("push"))
    said = [message for message in fake.messages.values() if message["user_id"] == ME]
    ledger = sum(answers.values())
    texts = sum(message["type"] == 1 for message in said)
    wire = (
        f"on the wire: {acks} of {pushes} pushes acknowledged, {len(said)} messages said, "
        f"{texts} of them texts; {ledger} rows of the ledger answer an event"
    )
    return [
        f"taken in: {', '.join(f'{state} {number}' for state, number in sorted(states.items()))}",
        "answers a message: " + ", ".join(f"{n} → {m}" for n, m in sorted(counted.items())),
        wire,
    ]


@click.command(help=__doc__)
@click.option("--seconds", default=60)
@click.option("--spacing", default=0.0)
@click.option("--patience", default=900.0)
def main(seconds: int, spacing: float, patience: float) -> None:
    with tempfile.TemporaryDirectory() as folder, FakeLogo() as fake:
        people = [fake.add_person(f"市町{n:02}の職員") for n in range(TALKS)]
        for person in people:
            fake.add_pair(person)
        module = [sys.executable, "-m", "benchmarks.logo_desk"]
        command = [*module, fake.url, fake.token, folder, str(spacing)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None and process.stdin is not None
            process.stdout.readline()
            desk = Desk(psutil.Process(process.pid), Path(folder) / "desk.db")
            for person in people:  # the first word is greeted
                fake.say(person, None, "こんにちは")
            drain(desk, 0, TALKS, WITHIN + 3 * TALKS * spacing)
            first, before = desk.process.memory_info().rss / 2**20, desk.cpu()
            desk.memory.clear()
            sent, took = flood(fake, desk, people, seconds)
            lag = drain(desk, TALKS, len(sent), patience)
            spent = desk.cpu() - before
            desk.look()
            lines = judge(desk, fake, sent)
            process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(WITHIN)
            process.kill()
        click.echo(
            f"{len(sent)} messages from {TALKS} talks in {took:.1f} s ({len(sent) / took:.0f}/s), "
            f"spacing {spacing} s; the last answer {lag:.0f} s after the last message"
        )
        for line in lines:
            click.echo(line)
        click.echo(
            f"CPU {1000 * spent / len(sent):.1f} ms a message; memory {first:.0f} MB before, then at each "
            f"eighth of the run {', '.join(f'{mb:.0f}' for mb in desk.eighths())} MB"
        )


if __name__ == "__main__":
    main()
