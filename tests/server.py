"""The real process on a free port of this machine, for tests that look at it from outside."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

START_WITHIN = 60.0
END_WITHIN = 15.0
OWN_SETTINGS = (
    "HOST", "PORT", "DATABASE_URL", "KNOWLEDGE_PACK", "DIRECTORY", "DEMO", "PUBLIC_URL", "DATA_DIR",
)  # fmt: skip
OF_SLACK = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_BASE_URL")
OF_LOGO = ("LOGO_ENDPOINT", "LOGO_HOST", "LOGO_API_VERSION", "LOGO_TOKEN")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`python -m bot run` with its data in `folder`. Use as a context."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        kept = {k: v for k, v in os.environ.items() if k not in OWN_SETTINGS}
        self.env = {
            **kept,
            **dict.fromkeys(
                (*OF_SLACK, *OF_LOGO), ""
            ),  # a developer's .env must not connect a test
            "DATA_DIR": str(folder),
            "PORT": str(self.port),
            "DEMO": "1",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.begin()
        self.wait_until_up()

    def begin(self) -> None:
        """Start it and wait for nothing."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"], env=self.env, stdout=log, stderr=log
            )

    def wait_until_up(self) -> None:
        """Until the page answers. The process is another program; there is no clock of ours to turn."""
        assert self.process is not None
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{self.log.read_text(encoding='utf-8')}")
            try:
                DIRECT.open(self.url, timeout=2).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"no answer after {START_WITHIN} s")

    def kill(self) -> None:
        """SIGKILL; it is dead on return."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()  # a process that nobody has waited for still counts as alive

    def stop(self) -> int:
        """SIGTERM, and how the process ended."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(END_WITHIN)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()
