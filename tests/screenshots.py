"""The pictures of the README, taken from the story the browser test lives: `make screenshots`."""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.relay_story import carry, directory_of_talks
from tests.server import Server
from tests.story import CHROMIUM, FLAGS, Cast, live

OUT = Path("docs/screenshots")
KEPT = {"02-answer", "07-working-thread", "10-reply-arrived", "17-board", "19-relay-text"}


def main() -> int:
    chromium = next((path for path in CHROMIUM if shutil.which(path)), None)
    if chromium is None:
        print("Chromium がありません。apt install chromium fonts-noto-cjk で入れてください。")
        return 1
    OUT.mkdir(parents=True, exist_ok=True)

    def shoot(page: Page, name: str) -> None:
        if name in KEPT:
            page.mouse.move(0, 0)
            page.wait_for_timeout(300)  # the browser fades new words in
            page.screenshot(path=OUT / f"{name}.png")
            print(OUT / f"{name}.png")

    with (
        tempfile.TemporaryDirectory() as folder,
        Server(Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        cast = Cast(browser, server.url)
        live(cast, shoot)
        cast.close()
        by_hand = Path(folder) / "by-hand"
        by_hand.mkdir()
        with Server(by_hand, DIRECTORY=str(directory_of_talks(by_hand))) as other:
            cast = Cast(browser, other.url)
            carry(cast, shoot)
            cast.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
