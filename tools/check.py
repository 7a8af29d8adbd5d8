"""Everything that must hold before a change goes in: `make check`. Runs in .venv, ends with one line of what ran.

A part that cannot run here says why; with CI_ALL=1 (set by .ci/run) that is a failure too.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = "postgresql+psycopg://postgres@127.0.0.1/test"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NODE = (20, 11)  # what the package.json of both contracts wants
TYPED = ("bot", "handlers", "knowledge", "jobs", "tests", "tools")
PYTEST_CLOSING = re.compile(
    r"^(?:=+ )?(\d+ (?:passed|failed|error|skipped).*|no tests ran|\d+ deselected) in [\d.]+s"
)


@dataclass(frozen=True)
class Part:
    """One thing to check: its commands, or why it cannot run here."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    environment: dict[str, str]
    missing: str = ""


Say = Callable[[str], None]


def pytest(*options: str) -> tuple[tuple[str, ...], ...]:
    return (("pytest", "-q", *options),)


def postgres_missing(url: str) -> str:
    """Why the suite cannot run on PostgreSQL; the URL itself may hold a password and is not shown."""
    where = urlsplit(url)
    try:
        psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=2).close()
    except psycopg.Error as error:
        reason = str(error).splitlines()[0].rpartition("failed: ")[2]
        return f"no PostgreSQL at {where.hostname}{where.path} ({reason})"
    return ""


def browser_missing() -> str:
    if any(shutil.which(name) for name in BROWSERS):
        return ""
    return "no Chromium found (apt install chromium fonts-noto-cjk)"


def node_missing() -> str:
    node = shutil.which("node")
    if not (node and shutil.which("npm")):
        return "no node and npm found (https://nodejs.org)"
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(number) for number in re.findall(r"\d+", said)[:2])
    if version < NODE:
        return f"node {said.strip()} is too old, {'.'.join(map(str, NODE))} is needed"
    return ""


def parts() -> list[tuple[Part, ...]]:
    """In their order; those that keep one core busy each run side by side."""
    plain = {k: v for k, v in os.environ.items() if k != "TEST_DATABASE"}
    plain["PYTHONUNBUFFERED"] = "1"
    url = plain.get("TEST_POSTGRES_URL") or POSTGRES
    on_postgres = {**plain, "TEST_DATABASE": "postgres", "TEST_POSTGRES_URL": url}
    suite = pytest("-n", "2", "--dist", "worksteal", "-m", "not browser and not contract")
    browser = Part("browser", pytest("-m", "browser"), plain, browser_missing())
    contracts = Part("contracts", pytest("-m", "contract", "-s"), plain, node_missing())
    return [
        (Part("ruff", (("ruff", "check", "."), ("ruff", "format", "--check", ".")), plain),),
        (Part("mypy", (("mypy", "--strict", *TYPED),), plain),),
        (Part("SQLite", suite, plain),),
        (Part("PostgreSQL", suite, on_postgres, postgres_missing(url)),),
        (browser, contracts),
    ]


def stream(command: tuple[str, ...], environment: dict[str, str], say: Say) -> tuple[int, str]:
    """Say the output as it comes; return the exit code and what pytest's closing line counted."""
    say(f"$ {' '.join(command)}\n")
    counted = ""
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            say(line)
            if closing := PYTEST_CLOSING.search(line):
                counted = re.sub(r"(, )?\d+ (deselected|warnings?)", "", closing[1]) or "no tests"
    return process.returncode, counted


def run(part: Part, say: Say, *, all_must_run: bool) -> tuple[bool, str]:
    """Whether the part is well, and its piece of the closing line."""
    say(f"\n=== {part.name}\n")
    if part.missing:
        say(f"not run: {part.missing}\n")
        return (
            not all_must_run,
            f"{part.name} {'✗' if all_must_run else '–'} not run: {part.missing}",
        )
    started = time.monotonic()
    outcomes = [stream(command, part.environment, say) for command in part.commands]
    well = all(code == 0 for code, _ in outcomes)  # pytest's 5, no tests, is no success either
    words = [part.name, "✓" if well else "✗", *(counted for _, counted in outcomes if counted)]
    return well, " ".join([*words, f"{time.monotonic() - started:.0f}s"])


def run_beside(part: Part, *, all_must_run: bool) -> tuple[bool, str]:
    """Like `run` while another part speaks too: each line says whose it is."""
    return run(part, lambda line: show(f"{part.name}| {line.lstrip()}"), all_must_run=all_must_run)


def show(text: str) -> None:
    print(text, end="", flush=True)


def main() -> int:
    all_must_run = os.environ.get("CI_ALL") == "1"
    outcomes = []
    for beside in parts():
        if len(beside) == 1:
            outcomes.append(run(beside[0], show, all_must_run=all_must_run))
            continue
        show(f"\n=== {' and '.join(part.name for part in beside)}, side by side\n")
        with ThreadPoolExecutor(len(beside)) as hands:
            outcomes += hands.map(partial(run_beside, all_must_run=all_must_run), beside)
    show("\ncheck: " + " · ".join(piece for _, piece in outcomes) + "\n")
    return 0 if all(well for well, _ in outcomes) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
