"""Where the desk's CPU goes for a question in Slack: samples of its own stack, by CPU time.

    python -m benchmarks.slack_parts [--events 1000]

The desk runs in this process, one question after another, with listeners that run at once; the fake Slack runs in
a process of its own, so that none of its work is counted. A timer of CPU time (ITIMER_PROF) looks every
millisecond which part of the program the innermost known frame belongs to.
"""

import json
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

import jobs
from bot.__main__ import build_desk
from bot.chat import Home, Platform
from bot.config import Config
from bot.platforms.slack.api import Slack
from bot.platforms.slack.app import Ears
from bot.platforms.slack.asides import Asides
from bot.platforms.slack.ears import Us
from bot.platforms.slack.posting import Poster
from bot.platforms.slack.screens import Screens
from jobs.opening import open_desk
from tests.server import free_port
from tests.slack_driver import AtOnce, dispatcher
from tests.slack_fake import APP, BOT, TEAM, FakeSlack

EVERY = 0.001
PARTS = (
    ("posting (slack_sdk, urllib, json)", ("/slack_sdk/", "/urllib/", "/http/", "/json/", "/ssl.py", "/socket.py", "/email/")),
    ("database (SQLAlchemy, SQLite)", ("/sqlalchemy/", "/bot/db.py")),
    ("search (tokens, index)", ("/knowledge/", "/sudachipy/")),
    ("rendering (cards, blocks)", ("/bot/cards/", "/slack/blocks.py", "/slack/texts.py")),
    ("Bolt", ("/slack_bolt/",)),
    ("the desk's own", ("/bot/", "/handlers/")),
)  # fmt: skip
"""The first that matches, from the innermost frame outwards."""


def part_of(frame: FrameType | None) -> str:
    while frame is not None:
        path = frame.f_code.co_filename
        for name, marks in PARTS:
            if any(mark in path for mark in marks):
                return name
        frame = frame.f_back
    return "other"


@contextmanager
def sampling(into: Counter[str]) -> Iterator[None]:
    """Counts samples while the block runs."""

    def look(_signal: int, frame: FrameType | None) -> None:
        into[part_of(frame)] += 1

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def fake_elsewhere(people: list[str]) -> Iterator[str]:
    """The fake Slack in a process of its own; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.slack_fake", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            told = json.dumps([{"id": user, "name": user} for user in people]).encode()
            headers = {"content-type": "application/json"}
            url = f"http://127.0.0.1:{port}/_people"
            urllib.request.urlopen(urllib.request.Request(url, told, headers)).close()
            yield f"http://127.0.0.1:{port}/api/"
        finally:
            process.terminate()


def shares(questions: tuple[str, ...], people: list[str], events: int) -> Counter[str]:
    """How many samples fell into each part."""
    found: Counter[str] = Counter()
    maker = FakeSlack()  # only makes payloads
    for user in people:
        maker.add_person(user, user)
    with tempfile.TemporaryDirectory() as folder, fake_elsewhere(people) as base_url:
        config = Config.from_values({"DATA_DIR": folder, "DEMO": "1"})
        db = open_desk(config, jobs.now())
        platforms: dict[Home, Platform] = {}
        desk = build_desk(db, config, platforms)
        slack = Slack("xoxb-parts", base_url)
        poster = Poster(slack, TEAM, config.public_url, jobs.now)
        platforms[poster.home] = poster
        screens = Screens(desk, slack, poster, config.public_url)
        asides = Asides(slack, slack, poster, config.public_url, BOT)
        ears = Ears(desk, slack, slack, Us(TEAM, BOT, APP), screens, asides, jobs.now)
        dispatch = dispatcher(ears.app(AtOnce(), ""))

        def ask(count: int) -> None:
            for n in range(count):
                user, text = people[n % len(people)], questions[n % len(questions)]
                dispatch(maker.make("message_im", user=user, text=text).payload)

        ask(3 * len(people))
        with sampling(found):
            ask(events)
        db.close()
    return found


@click.command(help=__doc__)
@click.option("--events", default=1000)
def main(events: int) -> None:
    from benchmarks.slack import ASKERS, QUESTIONS  # noqa: PLC0415  it imports this

    people = [f"U9{n:03}" for n in range(ASKERS)]
    report(shares(QUESTIONS, people, events))


def report(found: Counter[str]) -> None:
    whole = sum(found.values())
    for name, count in found.most_common():
        click.echo(f"  {count / whole:5.1%}  {name}")


if __name__ == "__main__":
    main()
