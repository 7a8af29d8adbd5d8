"""What the end of a line means: come back, and when, or stop until somebody has looked; and the words for it."""

from bot.platforms.logo.line import CONCURRENT, FORCED
from bot.platforms.logo.wire import LogoError
from bot.processes import STANDS_BY

CLOSED_WELL = (1000, 1005)
REFUSED = 401
INVALID_TOKEN, INVALID_SESSION = "invalid token", "invalid session"
LONGEST_ASKED = 600.0  # seconds a server may make us wait

NOT_YET = "つなぐ途中です"
STANDBY = f"{STANDS_BY}：別のプロセスがつないでいます。それが終わりしだい、代わります"
TROUBLE = "思わぬ誤りで切れました。つなぎ直しています（ログを見てください）"
NO_DATABASE = "データベースに書けないので、つないでいません"
STOPPED = {
    CONCURRENT: "止めました。同じ合言葉（LOGO_TOKEN）で、別のところからもつながれています。"
    "もう一方を止めてから、デスクを始め直してください",
    FORCED: "止めました。LoGoチャットの側から接続を終わらせられました。"
    "管理者に理由を聞いてから、デスクを始め直してください",
    INVALID_TOKEN: "止めました。合言葉（LOGO_TOKEN）が使えません。新しい合言葉を書いて、デスクを始め直してください",
    "expired password": "止めました。デスクのアカウントのパスワードが期限切れです。"
    "変えて新しい合言葉（LOGO_TOKEN）を書き、デスクを始め直してください",
    "deleted account": "止めました。デスクのアカウントが消されています。管理者に聞いてください",
    "unauthorized device": "止めました。この機械からの接続が許されていません。管理者に聞いてください",
}
REFUSED_OTHERWISE = "止めました。LoGoチャットに断られました（401）。管理者に聞いてください"


class Stop(Exception):  # noqa: N818
    """Do not connect again until somebody has looked."""


class Later(Exception):  # noqa: N818
    """Come back, not before so many seconds."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


def closed(code: int, reason: str) -> Stop | Later:
    """Two reasons end it for good; after any other close we come back."""
    if (code in CLOSED_WELL and reason == CONCURRENT) or reason == FORCED:
        return Stop(STOPPED[reason])
    return Later(f"{code} {reason[:40]}".strip())


def refused(error: LogoError) -> Stop | Later:
    """A login that was refused: who we are is not believed, or it is not the moment."""
    if error.code == REFUSED and error.message != INVALID_SESSION:
        return Stop(STOPPED.get(error.message, REFUSED_OTHERWISE))
    return Later(str(error), min(error.retry_after, LONGEST_ASKED))


def is_for_good(said: str) -> bool:
    """Does a session that says this wait for somebody?"""
    return said in (*STOPPED.values(), REFUSED_OTHERWISE)
