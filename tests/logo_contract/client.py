"""The vendor's client as a child process."""

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TOOL = Path(__file__).resolve().parent
Told = dict[str, Any]


def make_ready() -> None:
    """Install the client if it is missing or older than its lock file."""
    lock, installed = TOOL / "package-lock.json", TOOL / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--silent"], cwd=TOOL, check=True)


def library_id(number: int) -> str:
    """A 64-bit id as the library shows it: two signed halves."""
    high, low = ((half ^ 2**31) - 2**31 for half in (number >> 32, number & 0xFFFFFFFF))
    return f"_{high}_{low}"


class Client:
    """with Client(fake.url, fake.token) as client: client.wait("event", name="data_recovered")"""

    def __init__(self, endpoint: str, token: str) -> None:
        self._endpoint, self._token = endpoint, token
        self.told: list[Told] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        self._process = subprocess.Popen(
            ["node", "client.cjs", self._endpoint, self._token, self._folder.name],
            cwd=TOOL,
            env={k: v for k, v in os.environ.items() if k.upper() not in proxies},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._folder.cleanup()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            try:
                told = json.loads(line)
            except ValueError:
                told = {"is": "raw", "text": line}
            with self._lock:
                self.told.append(told)

    def do(self, what: str, **more: Any) -> None:
        pipe = self._process.stdin
        if pipe is None:
            raise RuntimeError("the client has no input")
        pipe.write(json.dumps({"do": what, **more}) + "\n")
        pipe.flush()

    def of(self, what: str, **matching: Any) -> list[Told]:
        with self._lock:
            return [
                told
                for told in self.told
                if told["is"] == what and all(told.get(k) == v for k, v in matching.items())
            ]

    def wait(self, what: str, timeout: float = 20, **matching: Any) -> Told:
        """The first line of that kind, as soon as it is there."""
        self.wait_until(lambda: self.of(what, **matching), timeout, f"{what} {matching}")
        return self.of(what, **matching)[0]

    def wait_until(self, true: Callable[[], object], timeout: float, what: str) -> None:
        end = time.monotonic() + timeout
        while not true():
            if time.monotonic() > end:
                raise TimeoutError(f"the client never told of {what}; last: {self.told[-4:]}")
            time.sleep(0.02)

    @property
    def complaints(self) -> list[Told]:
        """Everything that says that something is wrong."""
        pages = self.of("event", name="current_page_changed")
        wrong = self.of("event", name="error_occurred")
        return [*self.of("fault"), *self.of("log", level="error"), *wrong, *pages]
