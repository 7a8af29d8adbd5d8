"""Runs `python -m bot …` as an operator does: another process, and settings of its own alone."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from tests.store import ON_POSTGRES, POSTGRES_URL

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = (
    "HOST",
    "PORT",
    "DATABASE_URL",
    "KNOWLEDGE_PACK",
    "DIRECTORY",
    "DEMO",
    "PUBLIC_URL",
    "DATA_DIR",
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_API_BASE_URL",
    "LOGO_ENDPOINT",
    "LOGO_HOST",
    "LOGO_API_VERSION",
    "LOGO_TOKEN",
)
PATIENCE = 90  # seconds, on a machine that does much else meanwhile


def environment(**settings: str) -> dict[str, str]:
    """Ours without the developer's settings: what is not named here has its default, whatever .env says."""
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    defaults = {
        "HOST": "127.0.0.1",
        "PORT": "8080",
        "KNOWLEDGE_PACK": "knowledge/hyogo",
        "DIRECTORY": "knowledge/hyogo/directory",
        "DEMO": "1",
        "PUBLIC_URL": "",
        "DATABASE_URL": "",
        "SLACK_BOT_TOKEN": "",
        "SLACK_APP_TOKEN": "",
        "SLACK_SIGNING_SECRET": "",
        "SLACK_API_BASE_URL": "",
        "LOGO_ENDPOINT": "",
        "LOGO_TOKEN": "",
    }
    return inherited | {"PYTHONUNBUFFERED": "1"} | defaults | settings


def start(*words: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        cwd=ROOT,
        env=environment(**settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def command(*words: str, told: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=ROOT,
        env=environment(**settings),
        input=told,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def nothing_yet(folder: Path) -> Iterator[str]:
    """The address of a database in which nothing has been made."""
    if not ON_POSTGRES:
        yield f"sqlite:///{folder / 'new.db'}"
        return
    schema = f"new_{os.getpid()}_{uuid4().hex[:8]}"
    plain = make_url(POSTGRES_URL).set(drivername="postgresql")
    with psycopg.connect(
        plain.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        try:
            yield f"{POSTGRES_URL}?options=-csearch_path%3D{schema}"
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())
