"""python -m tests.slack_fake --port 8899: the fake alone, for a bot in another process."""

import argparse
import signal
import threading

from tests.slack_fake.fake import FakeSlack


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8899, help="0: any free one")
    parser.add_argument("--team", default="T0FAKE")
    parser.add_argument("--redeliver-after", type=float, default=3.0)
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with FakeSlack(given.port, team_id=given.team, redeliver_after=given.redeliver_after) as fake:
        print(f"fake Slack on {fake.base_url}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
