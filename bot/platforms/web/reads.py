"""What somebody has read: the last post seen at each place."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Text, and_, case, cast, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.chat import Account, Place
from bot.db import Base, Database
from bot.platforms.web.places import place_at
from bot.platforms.web.posts import WebPost


class WebRead(Base):
    """`thread` is empty for the channel itself, because a key holds no NULL."""

    __tablename__ = "web_reads"

    account: Mapped[Account] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    thread: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


def last_read(session: Session, account: Account, place: Place) -> int:
    read = session.get(WebRead, (account, place.channel, place.thread or ""))
    return read.last if read else 0


def mark_read(db: Database, account: Account, place: Place, last: int) -> None:
    """Remember that posts up to `last` were seen. Never goes back; two tabs at once are harmless."""
    try:
        with db.write() as session:
            read = session.get(WebRead, (account, place.channel, place.thread or ""))
            if read is None:
                session.add(
                    WebRead(
                        account=account, channel=place.channel, thread=place.thread or "", last=last
                    )
                )
            elif read.last < last:
                read.last = last
    except IntegrityError:
        return  # the other tab was first, and says the same


def unread(session: Session, account: Account, channels: Iterable[str]) -> Mapping[Place, int]:
    """How many posts of others this account has not seen, by channel and by thread.

    The post that opens a thread counts in its thread, as that is where it is read.
    """
    thread = case((WebPost.opens != "", cast(WebPost.id, Text)), else_=WebPost.thread)
    joined = and_(
        WebRead.account == account,
        WebRead.channel == WebPost.channel,
        WebRead.thread == func.coalesce(thread, ""),
    )
    query = (
        select(WebPost.channel, thread, func.count())
        .outerjoin(WebRead, joined)
        .where(
            WebPost.channel.in_(list(channels)),
            WebPost.id > func.coalesce(WebRead.last, 0),
            or_(WebPost.account.is_(None), WebPost.account != account),
        )
        .group_by(WebPost.channel, thread)
    )
    return {place_at(channel, name): count for channel, name, count in session.execute(query)}
