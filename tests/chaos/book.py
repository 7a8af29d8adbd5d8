"""What the database and the chat say at the end."""

from abc import ABC, abstractmethod
from collections import defaultdict
from functools import cached_property
from typing import ClassVar, TypeVar

from sqlalchemy import select

from bot.announcements import Acknowledgement, Announcement, Recipient
from bot.chat import Card, Home, for_chat
from bot.db import Database
from bot.deliveries import Delivery
from bot.deliveries import State as Sending
from bot.dialogues import Dialogue
from bot.dialogues import State as Form
from bot.directory import Person
from bot.inbox import Arrival
from bot.platforms.web.posts import WebPost
from bot.questions import Feedback, Question
from bot.tickets import Serial, Ticket, TicketLine
from tests.chaos.plan import Sent

T = TypeVar("T")


class Book(ABC):
    """Everything that the checks read: of the database here, of the chat in a subclass a platform."""

    home: ClassVar[Home]

    def __init__(self, db: Database, sent: list[Sent]) -> None:
        with db.read() as session:

            def every(table: type[T]) -> list[T]:
                return list(session.scalars(select(table)))

            self.every_arrival = every(Arrival)
            self.rows = every(Delivery)
            self.lines = every(TicketLine)
            self.tickets = every(Ticket)
            self.serials = every(Serial)
            self.announcements = every(Announcement)
            self.recipients = every(Recipient)
            self.said = every(Acknowledgement)
            self.forms = every(Dialogue)
            self.opinions = every(Feedback)
            self.questions = {row.id: row for row in every(Question)}
            self.people = {row.id: row for row in every(Person)}
        self.arrivals = {row.event_id: row for row in self.every_arrival}
        self.sent = sent

    @cached_property
    def by_reason(self) -> dict[str, list[Delivery]]:
        found: dict[str, list[Delivery]] = defaultdict(list)
        for row in self.rows:
            found[row.reason].append(row)
        return found

    @abstractmethod
    def user_of(self, who: str) -> str:
        """A person's account there."""

    @abstractmethod
    def stands(self, row: Delivery) -> bool:
        """Sent, and to be read there with the card the ledger has."""

    @abstractmethod
    def shows_own_words(self, sent: Sent) -> bool:
        """Do the words of this event stand where they were written?"""

    @abstractmethod
    def shows_form(self, sent: Sent) -> bool:
        """Did this event lead its sender to the form it opened?"""

    @abstractmethod
    def read_with(self, mark: str) -> int:
        """On how many posts these words are to be read, the person's own too."""

    @abstractmethod
    def said_with(self, mark: str) -> bool:
        """Does the desk show these words to anybody?"""

    def stored_with(self, sent: Sent, *, others: bool = False) -> bool:
        """Is an event with these words stored? `others`: another one than this."""
        found = {one.event_id for one in self.sent if one.mark == sent.mark}
        return bool((found - ({sent.event_id} if others else set())) & self.arrivals.keys())

    def sent_off(self, sent: Sent) -> bool:
        """Was the form of this event sent off, by this or another event of the same person?"""
        return any(
            (form.account.user, form.state) == (self.user_of(sent.who), Form.SENT)
            and f"{form.form.action}:{form.form.value}" == sent.button
            for form in self.forms
        )

    def direct(self, sent: Sent) -> list[Delivery]:
        return self.by_reason[f"event:{'/'.join(self.home)}/{sent.event_id}"]

    def all_stand(self, reason: str, *recipients: str) -> bool:
        rows = [row for row in self.by_reason[reason] if row.recipient in recipients]
        return len(rows) == len(recipients) and all(map(self.stands, rows))

    def kept(self, mark: str) -> bool:
        """Is there a noun with these words?"""
        texts = [line.text for line in self.lines]
        texts += [ticket.subject for ticket in self.tickets]
        texts += [one.title for one in self.announcements]
        return bool(mark) and any(mark in words for words in texts)

    def said_in(self, about: str, title: str) -> int:
        rows = self.by_reason[f"ticket:{about}:said"]
        return sum(row.card.title == title and self.stands(row) for row in rows)

    def alike(self, sent: Sent) -> int:
        """How many stored events pressed the same button and were not answered with a sentence."""
        same = (sent.kind, sent.who, sent.about)
        return sum(
            (s.kind, s.who, s.about) == same and s.event_id in self.arrivals and not self.direct(s)
            for s in self.sent
        )


class PageBook(Book):
    """The page keeps its posts in the database."""

    home = ("web", "page")

    def __init__(self, db: Database, sent: list[Sent]) -> None:
        super().__init__(db, sent)
        with db.read() as session:
            self.posts = list(session.scalars(select(WebPost)))
        self.by_key: dict[str, list[WebPost]] = defaultdict(list)
        for post in self.posts:
            self.by_key[post.key].append(post)

    def user_of(self, who: str) -> str:
        return who

    def stands(self, row: Delivery) -> bool:
        posts = self.by_key[f"d{row.id}"]
        shown = for_chat(row.card, threads=True)
        return row.state == Sending.SENT and len(posts) == 1 and posts[0].card == shown

    def shows_own_words(self, sent: Sent) -> bool:
        return len(self.by_key[sent.event_id]) == 1

    def shows_form(self, sent: Sent) -> bool:
        """The page leads to it by itself, whenever the event is told."""
        return sent.kind == "form"

    def read_with(self, mark: str) -> int:
        return sum(mark in post.text or mark in _words(post.card) for post in self.posts)

    def said_with(self, mark: str) -> bool:
        return self.read_with(mark) > 0


def _words(card: Card | None) -> str:
    return "\n".join((card.title, card.topic, *card.paragraphs)) if card else ""
