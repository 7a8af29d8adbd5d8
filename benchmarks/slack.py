"""A bare Bolt echo bot and the desk on the same events, in one run: CPU an event, events a second, the ratio.

    python -m benchmarks.slack [--events 400] [--rounds 3]

Both run in a process of their own over Socket Mode against the fake Slack, which runs in this one. The echo
answers each message with one post by the same client. CPU is the process's own (user and system), from the first
event to the last answer, without its start. Rounds alternate, so that what else the machine does meets both.

At the end the share of each part of the desk (database, search, rendering, Bolt, posting), from `slack_parts`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import click
import psutil

from benchmarks.slack_parts import report, shares
from tests.server import free_port
from tests.slack_fake import FakeSlack

QUESTIONS = (
    "e-ひょうごの利用料はいくら",
    "ガバメントクラウドの補助はいつまで",
    "生成AIの研修はありますか",
    "地域通貨の共同利用に参加したい",
    "DXリーダー研修の対象者は誰ですか",
)
ASKERS, WARM_UP, WITHIN = 20, 40, 120.0
ECHO = """
import sys
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
app = App(client=WebClient("xoxb-echo", base_url=sys.argv[1], retry_handlers=[]))
@app.event("message")
def echo(event, client):
    client.chat_postMessage(channel=event["channel"], text=event["text"])
SocketModeHandler(app, "xapp-1").start()
"""


@dataclass(frozen=True)
class Round:
    """`cpu`: milliseconds an event; `rate`: events a second."""

    cpu: float
    rate: float


def commands(base_url: str, folder: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """How to start each, and with what settings."""
    desk = {
        "DATA_DIR": str(folder), "PORT": str(free_port()), "HOST": "127.0.0.1", "DEMO": "1",
        "DATABASE_URL": "", "SLACK_BOT_TOKEN": "xoxb-desk", "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_API_BASE_URL": base_url,
    }  # fmt: skip
    return {
        "echo": ([sys.executable, "-c", ECHO, base_url], {}),
        "desk": ([sys.executable, "-m", "bot", "run"], desk),
    }


def measure(name: str, events: int) -> Round:
    """One process, from its start to its end."""
    with tempfile.TemporaryDirectory() as folder, FakeSlack() as fake:
        for n in range(ASKERS):
            fake.add_person(f"U9{n:03}", f"asker {n}")
        command, settings = commands(fake.base_url, Path(folder))[name]
        env = {**os.environ, **settings}
        with subprocess.Popen(
            command, env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        ) as process:
            try:
                fake.wait_connected(1, WITHIN)
                ask(fake, WARM_UP)
                before = psutil.Process(process.pid).cpu_times()
                began = time.monotonic()
                ask(fake, events)
                seconds = time.monotonic() - began
                after = psutil.Process(process.pid).cpu_times()
            finally:
                process.terminate()
    spent = after.user + after.system - before.user - before.system
    return Round(1000 * spent / events, events / seconds)


def ask(fake: FakeSlack, events: int) -> None:
    """Questions from all askers, each answered before the next wave, as people do."""
    fake.reset()
    answered = 0
    for start in range(0, events, ASKERS):
        wave = range(start, min(start + ASKERS, events))
        for n in wave:
            fake.send("message_im", user=f"U9{n % ASKERS:03}", text=QUESTIONS[n % len(QUESTIONS)])
        answered += len(wave)
        fake.wait_until(partial(all_answered, fake, answered), WITHIN)


def all_answered(fake: FakeSlack, wanted: int) -> bool:
    return answers(fake) >= wanted


def answers(fake: FakeSlack) -> int:
    """Posts that answer a question: a welcome, said once to each, is no answer."""
    posts = fake.calls("chat.postMessage")
    return sum(
        "ようこそ" not in json.dumps(call["arguments"], ensure_ascii=False) for call in posts
    )


@click.command(help=__doc__)
@click.option("--events", default=400)
@click.option("--rounds", default=3)
def main(events: int, rounds: int) -> None:
    found: dict[str, list[Round]] = {"echo": [], "desk": []}
    for number in range(rounds):
        for name, results in found.items():
            results.append(measure(name, events))
            told = results[-1]
            click.echo(
                f"round {number + 1} {name}: {told.cpu:.2f} ms CPU an event, {told.rate:.0f} events/s"
            )
    cpu = {name: median(r.cpu for r in results) for name, results in found.items()}
    rate = {name: median(r.rate for r in results) for name, results in found.items()}
    click.echo(
        f"median: echo {cpu['echo']:.2f} ms, desk {cpu['desk']:.2f} ms an event; "
        f"ratio {cpu['desk'] / cpu['echo']:.2f}; {rate['echo']:.0f} and {rate['desk']:.0f} events/s"
    )
    click.echo("where the desk's CPU goes:")
    report(shares(QUESTIONS, [f"U9{n:03}" for n in range(ASKERS)], events))


if __name__ == "__main__":
    main()
