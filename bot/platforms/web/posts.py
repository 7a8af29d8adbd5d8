"""A post: what the desk or a person said at one place of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, Text, cast, func, select, text
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from bot.chat import Account, Card, Place, id_of
from bot.db import Base
from bot.platforms.web.places import place_at


class WebPost(Base):
    """`key` is the ledger's key or the event's id: the same key is one post.

    `opens` and `state` stand beside the card so that threads can be listed without reading cards.
    """

    __tablename__ = "web_posts"
    __table_args__ = (Index("ix_web_posts_place", "channel", "thread", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    thread: Mapped[str | None]
    key: Mapped[str] = mapped_column(unique=True)
    account: Mapped[Account | None]
    by: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    card: Mapped[Card | None]
    opens: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    changed: Mapped[int] = mapped_column(index=True)

    @property
    def place(self) -> Place:
        """Where it was said."""
        return place_at(self.channel, self.thread)

    @property
    def reference(self) -> Place:
        return place_at(self.channel, self.thread).of_post(str(self.id), opens=bool(self.opens))

    def show(self, card: Card) -> None:
        """Take on a card. A thread stays a thread, whatever its first card turns into."""
        self.card, self.by = card, card.by
        self.opens, self.state = card.opens or self.opens, card.state or self.state


class WebChange(Base):
    """One row with the newest change's number.

    Raising it locks the row, so numbers become visible in order and a watcher never skips one.
    """

    __tablename__ = "web_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


_RAISE = text(
    "INSERT INTO web_changes (id, number) VALUES (1, 1)"
    " ON CONFLICT (id) DO UPDATE SET number = web_changes.number + 1 RETURNING number"
)


def next_change(session: Session) -> int:
    return int(session.execute(_RAISE).scalar_one())


def newest_change(session: Session) -> int:
    return session.scalar(select(WebChange.number)) or 0


def with_key(session: Session, key: str) -> WebPost | None:
    return session.scalar(select(WebPost).where(WebPost.key == key))


def post_said(
    session: Session, place: Place, key: str, account: Account, by: str, said: str, at: datetime
) -> None:
    """Store what a person said, once."""
    if with_key(session, key) is None:
        session.add(
            WebPost(
                channel=place.channel,
                thread=place.thread,
                key=key,
                account=account,
                by=by,
                text=said,
                at=at,
                changed=next_change(session),
            )
        )


def latest(
    session: Session, place: Place, *, count: int, before: int | None = None, openers: bool = True
) -> Sequence[WebPost]:
    """The newest posts of one place in the order they were made."""
    query = select(WebPost).where(WebPost.channel == place.channel)
    query = query.where(
        WebPost.thread.is_(None) if place.thread is None else WebPost.thread == place.thread
    )
    if not openers:
        query = query.where(WebPost.opens == "")
    if before is not None:
        query = query.where(WebPost.id < before)
    return list(reversed(session.scalars(query.order_by(WebPost.id.desc()).limit(count)).all()))


def opener(session: Session, place: Place) -> WebPost | None:
    """The post that opened this thread. A thread has one name: 012 is not 12."""
    number = id_of(place.thread or "")
    post = session.get(WebPost, number) if number is not None else None
    return post if post and post.opens and post.reference == place else None


def threads(session: Session, channel: str, *, count: int) -> Sequence[WebPost]:
    """The posts that opened threads here, the one with the newest words first."""
    inner = aliased(WebPost)
    newest = (
        select(func.max(inner.id))
        .where(inner.channel == channel, inner.thread == cast(WebPost.id, Text))
        .scalar_subquery()
    )
    query = select(WebPost).where(
        WebPost.channel == channel, WebPost.thread.is_(None), WebPost.opens != ""
    )
    return session.scalars(
        query.order_by(func.coalesce(newest, WebPost.id).desc()).limit(count)
    ).all()


@dataclass(frozen=True)
class Change:
    number: int
    post: WebPost


def changes(session: Session, channels: frozenset[str], since: int) -> tuple[Change, ...]:
    """What was posted or changed in these channels after change `since`."""
    query = select(WebPost).where(WebPost.changed > since, WebPost.channel.in_(channels))
    return tuple(
        Change(post.changed, post)
        for post in session.scalars(query.order_by(WebPost.changed).limit(200))
    )
