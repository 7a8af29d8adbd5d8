"""The page as a chat the desk can post to."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.chat import Account, Card, Home, Place, SendError
from bot.db import Database
from bot.platforms.web.places import PLATFORM, WORKSPACE
from bot.platforms.web.posts import WebPost, next_change, post_said, with_key
from bot.platforms.web.watch import Watch


class Page:
    """Posts are rows of the page's own tables; whoever has the page open is told at once."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self.home: Home = (PLATFORM, WORKSPACE)
        self.shows_forms = self.keeps_forms = self.has_threads = True
        self.watch = Watch(db)
        self._db = db
        self._clock = clock

    def send(self, place: Place, card: Card, key: str, tried: datetime | None = None) -> Place:  # noqa: ARG002
        """Post once a key, tried before or not. A card that opens a thread stands in the channel: threads
        hold no threads."""
        try:
            try:
                posted = self._post(place.said_in, card, key)
            except IntegrityError:  # another process posted the same key in this moment
                posted = self._post(place.said_in, card, key)
        except SQLAlchemyError as error:
            raise SendError(type(error).__name__) from error
        self.watch.wake()
        return posted

    def update(self, posted: Place, card: Card, key: str, tried: datetime | None = None) -> Place:
        """Show another card where `posted` stands. What is not there any more is posted anew."""
        try:
            number = int(posted.post)
        except ValueError:
            return self.send(posted, card, key, tried)
        try:
            stands = self._change(number, posted, card)
        except SQLAlchemyError as error:
            raise SendError(type(error).__name__) from error
        if stands is None:
            return self.send(posted, card, key, tried)
        self.watch.wake()
        return stands

    def say(
        self, session: object, place: Place, key: str, account: Account, by: str, said: str
    ) -> None:
        """Post what a person said, in the transaction that stores the event."""
        post_said(session, place, key, account, by, said, self._clock())  # type: ignore[arg-type]

    def _change(self, number: int, posted: Place, card: Card) -> Place | None:
        with self._db.write() as session:
            post = session.get(WebPost, number, with_for_update=True)
            if post is None or post.channel != posted.channel:
                return None
            if post.card != card:
                post.show(card)
                post.changed = next_change(session)
            return post.reference

    def _post(self, place: Place, card: Card, key: str) -> Place:
        with self._db.write() as session:
            post = with_key(session, key)
            if post is None:
                post = WebPost(
                    channel=place.channel,
                    thread=None if card.opens else place.thread,
                    key=key,
                    at=self._clock(),
                    changed=next_change(session),
                    opens="",
                    state="",
                    text="",
                )
                post.show(card)
                session.add(post)
                session.flush()
            return post.reference
