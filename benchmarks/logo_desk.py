"""The desk in LoGoチャット alone, with a spacing of its own: python -m benchmarks.logo_desk URL TOKEN FOLDER SPACING.

What `python -m bot run` makes, without the page. Says "ready" when it is connected and ends with its input.
"""

import sys

import jobs
from bot.__main__ import build_desk, timetable
from bot.chat import Home, Platform
from bot.config import Config
from bot.platforms.logo.chat import LogoChat
from bot.platforms.logo.talking import Spacer
from jobs.opening import open_desk


def main(url: str, token: str, folder: str, spacing: float) -> None:
    config = Config.from_values(
        {"DATA_DIR": folder, "DEMO": "1", "LOGO_ENDPOINT": url, "LOGO_TOKEN": token}
    )
    assert config.logo is not None
    db = open_desk(config, jobs.now())
    platforms: dict[Home, Platform] = {}
    desk = build_desk(db, config, platforms)
    desk.sender.take_over(jobs.now())
    desk.library.index()
    chat = LogoChat(
        config.logo,
        desk.sender.owner,
        db,
        config.public_url,
        jobs.now,
        spacer=Spacer(spacing),
    )

    def joined() -> None:
        desk.answer_left_over(jobs.now())
        print("ready", flush=True)

    chat.start(desk, platforms, joined)
    bells = jobs.start(timetable(desk, config, ("logo",)))
    sys.stdin.read()
    chat.stop()
    bells.shutdown(wait=True)
    db.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
