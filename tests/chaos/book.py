"""What the database says at the end."""

from collections import defaultdict
from functools import cached_property
from typing import TypeVar

from sqlalchemy import select

from bot.announcements import Acknowledgement, Announcement, Recipient
from bot.chat import Card
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


class Book:
    """Everything of the database that the checks read."""

    def __init__(self, db: Database, sent: list[Sent]) -> None:
        with db.read() as session:

            def every(table: type[T]) -> list[T]:
                return list(session.scalars(select(table)))

            self.every_arrival = every(Arrival)
            self.rows = every(Delivery)
            self.posts = every(WebPost)
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

    @cached_property
    def by_key(self) -> dict[str, list[WebPost]]:
        found: dict[str, list[WebPost]] = defaultdict(list)
        for post in self.posts:
            found[post.key].append(post)
        return found

    def sent_off(self, sent: Sent) -> bool:
        """Was the form of this event sent off, by this or another event of the same person?"""
        return any(
            (form.account.user, form.state) == (sent.who, Form.SENT)
            and f"{form.form.action}:{form.form.value}" == sent.button
            for form in self.forms
        )

    def direct(self, sent: Sent) -> list[Delivery]:
        return self.by_reason[f"event:web/page/{sent.event_id}"]

    def stands(self, row: Delivery) -> bool:
        """Sent, and to be read on the page with the card the ledger has."""
        posts = self.by_key[f"d{row.id}"]
        return row.state == Sending.SENT and len(posts) == 1 and posts[0].card == row.card

    def all_stand(self, reason: str, *recipients: str) -> bool:
        rows = [row for row in self.by_reason[reason] if row.recipient in recipients]
        return len(rows) == len(recipients) and all(map(self.stands, rows))

    def read_with(self, mark: str) -> int:
        """On how many posts of the page these words are to be read."""
        return sum(mark in post.text or mark in _words(post.card) for post in self.posts)

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


def _words(card: Card | None) -> str:
    return "\n".join((card.title, card.topic, *card.paragraphs)) if card else ""
