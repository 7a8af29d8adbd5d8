"""A whole desk in LoGoチャット: its fake, its driver and its chat, and what tests look at in its talks."""

from bot.chat import Place
from bot.platforms.logo.known import TEXT
from tests.conftest import Whole
from tests.logo_driver import HOME, Counted, LogoDriver
from tests.logo_fake import FakeLogo

FEE = "e-ひょうごの利用料は月いくら。人口5万人未満です"


def fake_of(logo: Whole) -> FakeLogo:
    found: FakeLogo = logo.extras["fake"]
    return found


def driver_of(logo: Whole) -> LogoDriver:
    assert isinstance(logo.driver, LogoDriver)
    return logo.driver


def chat_of(logo: Whole) -> Counted:
    found: Counted = logo.extras["chat"]
    return found


def own(logo: Whole, who: str) -> Place:
    return Place(*HOME, str(driver_of(logo).users[who]))


def newest(logo: Whole, talk: int, kind: int) -> int:
    """The newest stamp of that kind in a talk."""
    return int(next(m["message_id"] for m in reversed(fake_of(logo).said(talk)) if m["type"] == kind))  # fmt: skip


def act(logo: Whole, message_id: int) -> None:
    """Wait until the desk has dealt with it, and ring the bells."""
    done = chat_of(logo).done
    fake_of(logo).wait_until(lambda: message_id in done, 20, "the desk has dealt with it")
    logo.tick()


def answers(logo: Whole, talk: int) -> int:
    """How often the fee was told there."""
    said = [m["content"] for m in fake_of(logo).said(talk) if m["type"] == TEXT]
    return sum("12,500円" in words for words in said)
