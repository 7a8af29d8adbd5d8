"""python -m tests.logo_fake --port 8898 --token T: the fake alone, for a client in another process."""

import argparse
import signal
import threading

from tests.logo_fake.fake import FakeLogo
from tests.logo_fake.world import TOKEN


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8898, help="0: any free one")
    parser.add_argument("--token", default=TOKEN)
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    fake = FakeLogo(port=given.port, token=given.token)
    yamada, ueda = fake.add_person("山田 太郎", "yamada@example.jp"), fake.add_person("上田 次郎")
    with fake:
        fake.add_pair(yamada)
        fake.add_group("情報政策課", [yamada, ueda])
        print(f"fake LoGoチャット on {fake.url} token {fake.token}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
