"""How LoGoチャット stands, by what the running desk has said: a look of doctor's own would end the desk's line.

Nothing is connected, posted or changed, and no token is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chat import Place
from bot.config import LogoSettings
from bot.db import Database
from bot.platforms.logo.posting import PLATFORM, ROOM
from bot.platforms.logo.store import Lease, Seen
from bot.processes import STANDS_BY, known, new_owner

SETTINGS, LINE, ROOMS = "LoGoチャットの設定", "LoGoチャットへの接続", "LoGoチャットの部屋"
NAMED = 3


@dataclass(frozen=True)
class Checked:
    """One line of doctor's."""

    what: str
    fine: bool
    words: str


def settings_of(settings: LogoSettings) -> Checked:
    """What is set, and the condition under which it may be."""
    words = (
        f"{settings.endpoint}（版 {settings.api_version}、ファイルは {settings.host}）。"
        "提供元が書面で承諾していることを確かめてください"
    )
    return Checked(SETTINGS, fine=True, words=words)


def checkup(
    settings: LogoSettings, db: Database, now: datetime, rooms: Sequence[tuple[str, Place]]
) -> Iterator[Checked]:
    """The line and the rooms. Raise SQLAlchemyError where the rows cannot be read."""
    yield _line(settings, db, now)
    yield _rooms_of(db, rooms)


def _line(settings: LogoSettings, db: Database, now: datetime) -> Checked:
    with db.read() as session:
        seen = known(session, new_owner(), now)
    said = [
        (one.machine, one.chats[PLATFORM])
        for one in seen
        if not one.ended and PLATFORM in one.chats
    ]
    if joined := [machine for machine, words in said if not words]:
        return Checked(LINE, fine=True, words=f"{'、'.join(joined)} がつながっています")
    began = min((one.began_at for one in seen if not one.ended), default=now)
    if why := Lease(db, settings.token, new_owner(), began, timedelta()).why_stopped():
        return Checked(LINE, fine=False, words=why)
    if wrong := [words for _, words in said if not words.startswith(STANDS_BY)]:
        return Checked(LINE, fine=False, words=wrong[0])
    if said:
        words = "待っているプロセスだけです。つないでいたものが止まりしだい、1分ほどで代わります"
        return Checked(LINE, fine=False, words=words)
    words = "デスクが動いていないので、見ていません（ここからつなぐと、動いているデスクが切れます）"
    return Checked(LINE, fine=True, words=words)


def _rooms_of(db: Database, rooms: Sequence[tuple[str, Place]]) -> Checked:
    """Are the rooms that the directory has there talks that the desk is in?"""
    ours = [(name, place) for name, place in rooms if place.platform == PLATFORM]
    if not ours:
        return Checked(ROOMS, fine=True, words="名簿の部屋は、LoGoチャットにはありません")
    inside = Seen(db).all()
    if not inside:
        words = f"{len(ours)}部屋。まだ一度もつながっていないので、見ていません"
        return Checked(ROOMS, fine=True, words=words)
    missing = [name for name, place in ours if _number(place) not in inside]
    if missing:
        more = f" ほか{len(missing) - NAMED}部屋" if len(missing) > NAMED else ""
        words = (
            f"{'、'.join(missing[:NAMED])}{more}にデスクが入っていません。"
            f"トークに招待するか、名簿の rooms.csv の place を logo/組織/{ROOM}番号 に直してください"
        )
        return Checked(ROOMS, fine=False, words=words)
    return Checked(ROOMS, fine=True, words=f"{len(ours)}部屋すべてにデスクが入っています")


def _number(place: Place) -> int:
    name = place.channel.removeprefix(ROOM)
    return (
        int(name) if place.channel.startswith(ROOM) and name.isascii() and name.isdecimal() else 0
    )
