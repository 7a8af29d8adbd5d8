"""What the idle process costs: CPU and memory of `python -m bot run` with nobody there.

.venv/bin/python -m benchmarks.idle [seconds]
"""

import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.server import Server

SETTLE = 10.0


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        assert server.process is not None
        process = psutil.Process(server.process.pid)
        time.sleep(SETTLE)
        before = process.cpu_times()
        time.sleep(seconds)
        after = process.cpu_times()
        used = after.user + after.system - before.user - before.system
        memory = process.memory_full_info()
        print(
            f"idle for {seconds:.0f} s: {used / seconds:.2%} of one core, "
            f"{memory.rss / 2**20:.0f} MB resident, {memory.uss / 2**20:.0f} MB of its own, "
            f"{process.num_threads()} threads"
        )


if __name__ == "__main__":
    main()
