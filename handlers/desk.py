"""The door of the desk: one event in, once; one transaction; one place for errors."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from bot import dialogues, guard, inbox
from bot.cards import talk
from bot.cards.tickets import MOVED
from bot.chat import (
    Account,
    Button,
    Card,
    Door,
    Form,
    Home,
    Message,
    Place,
    Platform,
    Refused,
    Reply,
    Visitor,
)
from bot.days import day_of
from bot.db import Database
from bot.deliveries import Sender, is_opening, post, standing_at
from bot.directory import person_of, room_at, rooms_for
from bot.inbox import NotYet, Overtaken, reason_of
from bot.questions import last_at
from bot.tickets import ticket_at
from handlers import ask, steps, tickets
from handlers.clean import cleaned
from handlers.phone import about_phone
from handlers.small_talk import answer_small_talk, small_talk, visitor_of, visitor_talk
from handlers.standing import is_here, standings
from handlers.table import Button as Rule
from handlers.table import Handler, Look
from knowledge.library import Library

log = logging.getLogger(__name__)

LONGEST_TEXT = 5000  # characters of one message; what is longer is asked to be a consultation
PICKS = "123"
SEND_ANYWAY = "send_anyway"  # pressed on the card that asked about a phone number
NOT_YOURS = "このボタンは、あなたの役割では使えません。"
NOT_HERE = "このボタンは、ここでは使えません。"
CLOSED = "この用紙は、もう送られたか閉じています。"
UNKNOWN = "このボタンは、いまは使えません。もう一度はじめからお試しください。"
GROUPS = {"field": "分野の部屋", "regional": "みんなの部屋", "office": "みんなの部屋"}


@dataclass(frozen=True)
class HelpDesk:
    """Everything bound at start. `platforms`: the chats this process hosts; `clock` tells the time."""

    db: Database
    library: Library
    buttons: Mapping[str, Rule]
    looks: Mapping[str, Look]
    platforms: Mapping[Home, Platform]
    sender: Sender
    clock: Callable[[], datetime]

    def hear(self, message: Message, beside: Callable[[Any, Message], None] | None = None) -> Reply:
        """Take in one event, once: guard, inbox, effect, reply.

        Nothing of a stopped message is stored. `beside` runs in the transaction that stores the event.
        """
        message = _said_anyway(cleaned(message))
        if stop := _stopped(message):
            return Reply(alone=stop)
        with self.db.write() as session:
            arrival = inbox.receive(session, message, self.sender.owner, self.clock())
            if arrival is not None and beside is not None:
                beside(session, message)
        if arrival is None:
            return self._told_again(message)
        return self.answer(arrival, message)

    def answer(self, arrival: int, message: Message) -> Reply:
        """Do what an event asks for and send what is said right back. Called again for an event whose
        process died."""
        form_id = None
        try:
            form_id = self._act(arrival, message)
        except Overtaken:
            return Reply()
        except NotYet:
            with self.db.write() as session:
                inbox.postpone(session, arrival, self.sender.owner, self.clock())
            return Reply()
        except Refused as refusal:
            self._end(arrival, message, talk.refused(str(refusal)))
        except Exception:
            log.exception("event %s could not be handled", arrival)  # never what was said
            self._end(arrival, message, talk.trouble(arrival), inbox.State.FAILED)
        self.sender.send_due(self.clock(), lanes={str(message.place.root), *self._own(message)})
        return self._reply(message, form_id)

    def answer_left_over(self, now: datetime) -> None:
        """Take up events that a process began and never ended."""
        owner = self.sender.owner
        for arrival, message in inbox.left_over(self.db, list(self.platforms), owner, now):
            self.answer(arrival, message)

    def _act(self, arrival: int, message: Message) -> int | None:
        with self.db.read() as session:
            handler = self._choose(session, message)
        if handler is None:
            handler = self._question(message)
        with self.db.write() as session:
            inbox.end(session, arrival, self.sender.owner, self.clock())
            claimed = dialogues.claim(session, message) if message.values is not None else None
            if message.values is not None and claimed is None:
                raise Refused(CLOSED)
            asks = about_phone(claimed.form, message) if claimed else None
            said = asks or handler(session, message)
            if isinstance(said, Form):
                return self._ask(session, message, said, claimed)
            if claimed is not None:
                dialogues.forget(claimed)
            if said is not None:
                self._say(session, message, said)
            self._remind_of_form(session, message)
        return None

    def _remind_of_form(self, session: Session, message: Message) -> None:
        """A form left lying for an hour does not swallow words; it is offered again, once."""
        if self._shows_forms(message) or message.action is not None:
            return
        dialogue = dialogues.open_at(session, message.account, message.place)
        if dialogue is None or not steps.paused(dialogue, message.said_at):
            return
        post(
            session,
            message.place,
            steps.resume_card(dialogue),
            message.said_at,
            reason=f"resume:{dialogue.id}",
            occurrence=str(dialogue.touched_at.timestamp()),
        )

    def _choose(self, session: Session, message: Message) -> Handler | None:
        """Which handler this message is for; None for a question, which is searched for first."""
        if message.action is not None:
            rule = self.buttons.get(message.action)
            return self._step if message.action == "step" else partial(self._press, rule=rule)
        if not self._shows_forms(message) and self._in_dialogue(session, message):
            return self._step
        return self._choose_for_words(session, message)

    def _choose_for_words(self, session: Session, message: Message) -> Handler | None:
        if ticket_at(session, message.place) is not None:
            return tickets.speak
        if self._is_unknown_thread(session, message.place):
            raise NotYet
        if room_at(session, message.place) is not None:
            return _in_a_room
        if small_talk(message):
            return answer_small_talk
        return self._picked(session, message)

    @staticmethod
    def _is_unknown_thread(session: Session, place: Place) -> bool:
        """A thread that nothing is known to stand in, while one is being opened there."""
        unknown = place.thread is not None and not standing_at(session, place)
        return unknown and is_opening(session, place)

    def _picked(self, session: Session, message: Message) -> Handler | None:
        """A typed 1, 2 or 3 after choices is the choice."""
        number = message.text.translate(str.maketrans("１２３", PICKS)).strip()
        asked = last_at(session, message.account, message.place, message.said_at)
        if len(number) != 1 or number not in PICKS or asked is None:
            return None
        if PICKS.index(number) >= len(asked.choices):
            return None
        value = f"{asked.id}:{asked.choices[PICKS.index(number)]}"
        pressed = replace(message, action="pick", value=value)
        return lambda session, _message: self._press(session, pressed, self.buttons["pick"])

    def _question(self, message: Message) -> Handler:
        """Search with no transaction open, then answer with what was found."""
        index = self.library.index()
        found = index.search(message.text, at=day_of(message.said_at))
        return partial(ask.ask, found=found, index=index)

    def _press(self, session: Session, message: Message, rule: Rule | None) -> Card | Form | None:
        """Check who, where and on what, then do it."""
        if rule is None:
            raise Refused(UNKNOWN)
        person = person_of(session, message.account)
        subject = rule.about(session, message.value) if rule.about else None
        if not rule.who & standings(message.account, person, subject):
            raise Refused(NOT_YOURS)
        if not is_here(session, rule.where, message.place, person, subject):
            raise Refused(NOT_HERE)
        return rule.handle(session, message)

    def _in_dialogue(self, session: Session, message: Message) -> bool:
        dialogue = dialogues.open_at(session, message.account, message.place)
        if dialogue is None:
            return False
        return not steps.paused(dialogue, message.said_at) or steps.is_resume(message)

    def _step(self, session: Session, message: Message) -> Card | Form | None:
        """One answer in a form that is asked step by step; the last one sends it off."""
        dialogue = dialogues.open_at(session, message.account, message.place)
        if dialogue is None:
            raise Refused("この用紙は、もう閉じています。はじめからお試しください。")
        said = steps.take(session, message, dialogue)
        if isinstance(said, Card):
            return said
        answer = about_phone(dialogue.form, said) or self._press(
            session, said, self.buttons.get(said.action or "")
        )
        if not isinstance(answer, Form):
            dialogues.sent_off(session, said)
        return answer

    def _ask(
        self,
        session: Session,
        message: Message,
        form: Form,
        again: dialogues.Dialogue | None = None,
    ) -> int:
        """Open the form; where the chat cannot show it, ask its first step."""
        dialogue = dialogues.open_form(session, message, form, again)
        if not self._shows_forms(message):
            self._say(session, message, steps.ask(dialogue))
        return dialogue.id

    def _say(self, session: Session, message: Message, card: Card) -> None:
        """What is said right back is a row of the ledger too."""
        self._welcome(session, message)
        post(
            session,
            message.place,
            card,
            message.said_at,
            reason=reason_of(message),
            recipient=str(message.account),
        )

    def _welcome(self, session: Session, message: Message) -> None:
        """Three lines to somebody who is here for the first time, before the first answer."""
        person = person_of(session, message.account)
        if message.place.thread is None and not (person and person.inside):
            post(
                session,
                message.place,
                talk.welcome(),
                message.said_at,
                reason="welcome",
                recipient=str(message.account),
            )

    def _end(
        self,
        arrival: int,
        message: Message,
        card: Card,
        state: inbox.State = inbox.State.DONE,
    ) -> None:
        with suppress(Overtaken), self.db.write() as session:
            inbox.end(session, arrival, self.sender.owner, self.clock(), state)
            self._say(session, message, card)

    def _told_again(self, message: Message) -> Reply:
        """The same event once more: nothing happens, and who sent it is led to what came of it."""
        with self.db.read() as session:
            dialogue = dialogues.opened_by(session, message.account, message.event_id)
        return self._reply(message, dialogue.id if dialogue else None)

    def _reply(self, message: Message, form_id: int | None) -> Reply:
        form = self.form(message.account, form_id) if form_id is not None else None
        if form is not None and self._shows_forms(message):
            return Reply(form_id=form_id, form=form)
        return Reply(goes_to=self._goes_to(message))

    def _goes_to(self, message: Message) -> Place | None:
        """After a consultation was sent, in one form or step by step: its own place."""
        if message.action not in ("consult_send", "step") and self._shows_forms(message):
            return None
        with self.db.read() as session:
            found = tickets.just_opened(session, message)
            return found.asker_post.sent_as if found and found.asker_post else None

    def _own(self, message: Message) -> set[str]:
        return {str(visitor_talk(message))}

    def _shows_forms(self, message: Message) -> bool:
        platform = self.platforms.get(message.place.home)
        return platform is None or platform.shows_forms

    def look(self, account: Account, action: str, value: str) -> Card | None:
        """A list or board for this account; None where there is nothing for it to see."""
        look = self.looks.get(action)
        if look is None:
            return None
        with self.db.read() as session:
            person = person_of(session, account)
            try:
                subject = look.about(session, value) if look.about else None
                if not look.who & standings(account, person, subject):
                    return None
                return look.see(session, person, subject, value)
            except Refused:
                return None

    def form(self, account: Account, form_id: int) -> Form | None:
        with self.db.read() as session:
            dialogue = dialogues.get_open(session, account, form_id)
            return dialogue.form if dialogue else None

    def visitor(self, account: Account) -> Visitor | None:
        with self.db.read() as session:
            person = person_of(session, account)
            return visitor_of(account, person) if person else None

    def doors(self, account: Account) -> tuple[Door, ...]:
        """The own talk, and for the prefecture's people their rooms on this platform."""
        own = Door("質問する", Place(account.platform, account.workspace, account.user), "部屋")
        with self.db.read() as session:
            person = person_of(session, account)
            rooms = rooms_for(session, person) if person else []
            return (
                own,
                *(
                    Door(room.name, room.place, GROUPS[room.kind], inside=True)
                    for room in rooms
                    if room.place.platform == account.platform
                ),
            )

    def menu(self, account: Account) -> tuple[Button, ...]:
        """What this account can start, then what it can look at."""
        with self.db.read() as session:
            person = person_of(session, account)
            stands = standings(account, person, None)
        hidden = {"consult"} if person and person.inside else set()
        acts = tuple(
            Button(action, rule.menu, style="call")
            for action, rule in self.buttons.items()
            if rule.menu and rule.who & stands and action not in hidden
        )
        lists = tuple(
            Button(action, look.menu, style="link")
            for action, look in self.looks.items()
            if look.menu and look.who & stands
        )
        return (*acts, *lists, Button("help", "使い方"))

    def may_enter(self, account: Account, place: Place) -> bool:
        return any(place.root == door.place for door in self.doors(account))


def _in_a_room(session: Session, message: Message) -> None:
    """Words in a room of the prefecture outside a consultation's thread are its people's own; below a
    consultation that moved they would reach nobody."""
    openers = standing_at(session, message.place) if message.place.thread else []
    if any(row.card.state == MOVED for row in openers):
        raise Refused("この相談は別の部屋へ移りました。続きは新しい部屋に書いてください。")


def _said_anyway(message: Message) -> Message:
    """「このまま送る」 says the words its card gave back."""
    if message.action != SEND_ANYWAY:
        return message
    return replace(message, text=message.value, value=SEND_ANYWAY, action=None)


def _stopped(message: Message) -> Card | None:
    """The card for who wrote a personal number, or a phone number that is asked about."""
    for text in guard.texts_of(message).values():
        if found := guard.stops(text):
            return talk.stopped(guard.marked(text, found))
    if len(message.text) > LONGEST_TEXT:
        return talk.too_long(len(message.text), LONGEST_TEXT)
    asks = message.action is None and message.value != SEND_ANYWAY
    if asks and (phones := guard.find(message.text)):
        again = Button(SEND_ANYWAY, "このまま送る", message.text)
        return talk.phone_number(guard.marked(message.text, phones), again)
    return None
