"""What doctor says of a desk at work: its clocks, its processes, and what it has not got delivered."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select

from bot import relay, settings
from bot.cards.caution import at_work
from bot.chat import BY_HAND
from bot.config import Config
from bot.days import JST, clock
from bot.db import Database
from bot.deliveries import Delivery, State
from bot.directory import is_anybody_by_hand
from bot.processes import STANDS_BY, Seen, known, new_owner
from bot.roster import ever_held
from jobs.opening import DEMO

Line = tuple[bool, str]
"""Whether it is well, and a sentence."""

OWN_MACHINE = ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::")  # noqa: S104  nothing is bound here
CLOCKS_APART = timedelta(seconds=60)
OVERDUE_AFTER = timedelta(minutes=10)
LOOKED_BACK = timedelta(days=7)
UNSENT = (State.WAITING, State.SENDING)
OPENED_BY_ITS_READER = "terminal/"  # what waits there waits for somebody to sit down at it
CARRIED = f"{BY_HAND}/"  # what waits there waits for somebody to post it, see `relays`
TOO_LONG = timedelta(days=1)
NAMED = 3
POSIX_ZONE = re.compile(r"(<[^<>]+>|[A-Za-z]{3,})[+-]?\d{1,2}(:\d{2}){0,2}.*")  # JST-9
CODE = re.compile(r"[A-Za-z][\w.]{0,59}( [\w.]{1,30}){0,2}", re.ASCII)


def times(zone: str | None, now: datetime, server: datetime | None) -> Iterator[Line]:
    """`zone`: the setting TZ. `server`: the moment at PostgreSQL."""
    here = _in_zone(zone.removeprefix(":"), now) if zone else now.astimezone()
    if here is None:
        words = (
            f"TZ={zone!r} という時間帯をこの機械は知らず、ログの時刻がUTCになります。"
            "TZ=Asia/Tokyo と書くか、機械に tzdata を入れてください"
        )
        yield False, words
    apart = now - server if server is not None else timedelta()
    if abs(apart) > CLOCKS_APART:
        how = "進んで" if apart > timedelta() else "遅れて"
        words = (
            f"この機械の時計がデータベースの機械より{round(abs(apart).total_seconds() / 60)}分{how}います。"
            "どちらも時刻合わせ（NTP）をしてください"
        )
        yield False, words
    elif here is not None:
        words = f"日本時間で{clock(now)}です"
        if here.utcoffset() != JST.utcoffset(None):
            offset = here.isoformat()[-6:]
            words += (
                f"。ログの時刻は UTC{offset} です（環境変数 TZ=Asia/Tokyo で日本時間になります）"
            )
        yield True, words


def server_time(db: Database) -> datetime | None:
    """PostgreSQL's clock; a SQLite file has none."""
    if db.is_sqlite:
        return None
    with db.read() as session:
        moment: datetime | None = session.scalar(select(func.clock_timestamp()))
        return moment


def caution(db: Database) -> Iterator[Line]:
    """How careful the office has set the desk, and who did."""
    with db.read() as session:
        yield True, at_work(settings.caution(session), settings.last_changed(session))


def _in_zone(zone: str, now: datetime) -> datetime | None:
    """The moment in this zone; None where the machine does not know it."""
    try:
        return now.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        other_form = POSIX_ZONE.fullmatch(zone) or (zone[:1] == "/" and Path(zone).is_file())
        return now.astimezone() if other_form else None  # the C library has applied it


def practice(db: Database, config: Config) -> Iterator[Line]:
    """Nothing where the database never held invented people."""
    with db.read() as session:
        if not ever_held(session, DEMO):
            return
    if config.chats and not config.demo:
        words = (
            f"練習用の人が入ったデータベースなので、{'、'.join(config.chats)} につないで始められません。"
            "DATA_DIR か DATABASE_URL を新しい場所にしてください。練習のままつなぐなら DEMO=1 と書いてください"
        )
        yield False, words
        return
    yield True, "練習用の人が入っています。本番は、新しいデータベースではじめてください"


def links(config: Config) -> Iterator[Line]:
    """Only what is wrong: links in messages that would lead to the reader's own machine."""
    if urlsplit(config.public_url).hostname in OWN_MACHINE:
        words = (
            f"{config.public_url} を指すので、読む人の機械では開けません。"
            "ほかの機械から開けるページのアドレスを PUBLIC_URL に書いてください（HOST もいります）"
        )
        yield False, words


def processes(db: Database, now: datetime, chats: Sequence[str]) -> Iterator[Line]:
    """`chats`: the names of those that are set up."""
    with db.read() as session:
        seen = known(session, new_owner(), now)
    living = [one for one in seen if not one.ended]
    if not seen:
        yield True, "いま動いているプロセスはありません"
    for one in seen:
        yield _standing(one)
    machines = sorted({one.machine for one in living})
    if db.is_sqlite and len(machines) > 1:
        words = (
            f"{len(machines)}台の機械（{'、'.join(machines)}）が1つのSQLiteのファイルを使っています。"
            "壊れるおそれがあります。1台にするか、DATABASE_URL をPostgreSQLにしてください"
        )
        yield False, words
    spoken = {chat for one in living for chat in one.chats}
    if living and (unknown := [chat for chat in chats if chat not in spoken]):
        words = (
            f"{'、'.join(unknown)} の設定を読んだプロセスがありません。"
            "一度止めて、python -m bot run でもう一度動かしてください"
        )
        yield False, words


def _standing(one: Seen) -> Line:
    if one.ended and one.followed:
        words = f"{one.machine} で{clock(one.beat_at)}まで動いていたものは止まり、次のものに代わりました"
        return True, words
    if one.ended:
        words = (
            f"{one.machine} から{clock(one.beat_at)}を最後に返事がありません。止まったようです。"
            "python -m bot run でもう一度動かしてください"
        )
        return False, words
    since = f"{one.machine} で{clock(one.began_at)}から動いています"
    broken = [
        f"{chat} は「{why}」とのことです"
        for chat, why in one.chats.items()
        if why and not why.startswith(STANDS_BY)
    ]
    if broken:
        cure = "つながるまで試しつづけます。設定と、下の行を見てください"
        return False, f"{since}が、{'、'.join(broken)}。{cure}"
    joined = "、".join(chat for chat, why in one.chats.items() if not why)
    ready = "、".join(chat for chat, why in one.chats.items() if why)
    parts = [
        since,
        f"{joined} とつながっています" if joined else "",
        f"{ready} は{STANDS_BY}です" if ready else "",
    ]
    return True, "。".join(filter(None, parts))


@dataclass
class _Heap:
    """Rows that did not arrive for one reason at one home."""

    ids: list[int] = field(default_factory=list)
    oldest: datetime | None = None
    code: str = ""

    def add(self, row_id: int, created_at: datetime, error: str) -> None:
        self.ids.append(row_id)
        self.oldest = min(self.oldest or created_at, created_at)
        self.code = error if CODE.fullmatch(error) else self.code

    def __str__(self) -> str:
        """Numbers, times and codes; never what was said."""
        shown = "、".join(map(str, self.ids[:NAMED])) + (" など" if len(self.ids) > NAMED else "")
        why = f"、最後の理由 {self.code}" if self.code else ""
        since = clock(self.oldest) if self.oldest else ""
        return f"いちばん古いのは{since}{why}、ログの番号 delivery {shown}"


def undelivered(db: Database, now: datetime) -> Iterator[Line]:
    failed, unhosted, late = (dict[str, _Heap]() for _ in range(3))
    with db.read() as session:
        living = [one for one in known(session, new_owner(), now) if not one.ended]
        homes = {home for one in living for home in one.homes}
        rows = session.execute(
            select(
                Delivery.id,
                Delivery.home,
                Delivery.state,
                Delivery.created_at,
                Delivery.due_at,
                Delivery.tries,
                Delivery.error,
            )
            .where(
                or_(
                    and_(Delivery.state == State.FAILED, Delivery.due_at >= now - LOOKED_BACK),
                    and_(Delivery.state.in_(UNSENT), Delivery.created_at <= now),
                )
            )
            .order_by(Delivery.id)
        ).all()
    for row_id, home, state, created_at, due_at, tries, error in rows:
        since = created_at if tries else due_at  # a try in vain puts the next one off
        if state == State.FAILED:
            heap = failed
        elif home.startswith((OPENED_BY_ITS_READER, CARRIED)):
            continue
        elif living and home not in homes:
            heap = unhosted
        elif since < now - OVERDUE_AFTER:
            heap = late
        else:
            continue
        heap.setdefault(home, _Heap()).add(row_id, created_at, error)
    yield from _told(failed, unhosted, late, living)


def relays(db: Database, now: datetime) -> Iterator[Line]:
    """What waits to be carried by hand; nothing is said where nobody is reached so."""
    with db.read() as session:
        if not is_anybody_by_hand(session):
            return
        waits = [item.row.created_at for one in relay.waiting(session) for item in one.waiting]
    if not waits:
        yield True, "中継待ちはありません"
        return
    words = f"中継待ち {len(waits)}件、いちばん古いものは{clock(min(waits))}から"
    if min(waits) < now - TOO_LONG:
        yield (
            False,
            f"{words}です。事務局の「中継箱」を開き、投稿するか「中継しない」にしてください",
        )
    else:
        yield True, words


def _told(
    failed: Mapping[str, _Heap],
    unhosted: Mapping[str, _Heap],
    late: Mapping[str, _Heap],
    living: Sequence[Seen],
) -> Iterator[Line]:
    for home, heap in failed.items():
        cure = "相手に届いていません。もう一度送るか、電話で伝えてください"
        yield False, f"{home} へ{len(heap.ids)}件を送れませんでした（{heap}）。{cure}"
    for home, heap in unhosted.items():
        cure = "そのチャットの設定と、名簿にあるワークスペースのIDを見てください"
        yield (
            False,
            f"{home} への{len(heap.ids)}件を送るプロセスが動いていません（{heap}）。{cure}",
        )
    for home, heap in late.items():
        cure = (
            "送りつづけていますが、減らないときはログとチャットの側を見てください"
            if living
            else "python -m bot run で動かすと送ります"
        )
        yield False, f"{home} への{len(heap.ids)}件が10分たっても届いていません（{heap}）。{cure}"
    if not (failed or unhosted or late):
        yield True, "ありません"
