"""The real process in LoGoチャット: it answers, a kill loses nothing, and it ends cleanly."""

from pathlib import Path

from bot.config import Config
from jobs import now
from jobs.opening import open_desk
from tests.logo_desk import move_to_logo
from tests.logo_driver import words_of
from tests.logo_fake import FakeLogo
from tests.server import Server

FEE = "e-ひょうごの利用料は月いくら。人口5万人未満です"
PATIENCE = 60.0


def answers(fake: FakeLogo, user: int) -> list[str]:
    said = [words_of(m) for m in fake.said(fake.pair(user)) if m["type"] == 1]
    return [words for words in said if "12,500円" in words]


def test_the_process_answers_is_killed_comes_back_and_ends(tmp_path: Path) -> None:
    with FakeLogo() as fake:
        settings = {
            "LOGO_ENDPOINT": fake.url,
            "LOGO_HOST": fake.files.url.removeprefix("http://"),
            "LOGO_TOKEN": fake.token,
            "DEMO": "1",
        }
        db = open_desk(Config.from_values({"DATA_DIR": str(tmp_path), **settings}), now())
        users, _ = move_to_logo(db, fake)
        db.close()
        yamada = users["yamada"]
        with Server(tmp_path, **settings) as server:
            fake.wait_told(PATIENCE)
            fake.say(yamada, None, FEE)
            fake.wait_until(lambda: len(answers(fake, yamada)) == 1, PATIENCE, "the answer")
            server.kill()
            fake.say(yamada, None, f"{FEE}。もう一度")
            server.start()
            fake.wait_until(lambda: len(answers(fake, yamada)) == 2, PATIENCE, "the second answer")
            assert server.stop() == 0
        assert len(answers(fake, yamada)) == 2
        assert fake.token not in server.log.read_text(encoding="utf-8")
        assert FEE not in server.log.read_text(encoding="utf-8")
