"""The door of the desk: one event in, once; one transaction; one place for errors."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from bot import dialogues, history, inbox
from bot.cards import talk
from bot.cards.tickets import MOVED
from bot.chat import (
    Account,
    Beside,
    Card,
    Form,
    Message,
    Place,
    Refused,
    Reply,
    Taken,
)
from bot.days import day_of
from bot.db import core
from bot.deliveries import (
    Parcel,
    has_unsent,
    is_opening,
    is_written,
    post,
    reply,
    standing_at,
)
from bot.directory import Known, known_as, person_of, room_at
from bot.inbox import NotYet, Overtaken, reason_of
from bot.questions import last_at, last_entry
from bot.sender import Sender
from bot.telling.relay import bring_back
from bot.tickets import ticket_at
from handlers import ask, steps, threadless, tickets
from handlers.clean import cleaned
from handlers.forms import CLOSED
from handlers.phone import about_phone
from handlers.reception import Reception
from handlers.relay_paste import CARRIED
from handlers.small_talk import answer_small_talk, small_talk, visitor_talk
from handlers.standing import is_here, standings
from handlers.stopping import said_anyway, stopped
from handlers.table import Button as Rule
from handlers.table import Handler
from knowledge.library import Library
from knowledge.store import index_version

log = logging.getLogger(__name__)

PICKS = "123"
LEANING = 40  # characters; a longer question says by itself what it is about
LEANS = re.compile(
    r"^\s*(じゃあ?|では|それ|その|そっち|そちら|なら|ほな|ほんなら|ほんだら|あと|ほかに|他に)|(なら|の場合は?|のときは)[？?。]?$"
)
"""Words that lean on what was talked of; anything else is a question of its own."""
NOT_YOURS = "このボタンは、あなたの役割では使えません。"
NOT_HERE = "このボタンは、ここでは使えません。"
UNKNOWN = "このボタンは、いまは使えません。もう一度はじめからお試しください。"


@dataclass(frozen=True)
class Done:
    """What an event came to: a form that was opened, the answer to send now, whether more waits, and what is to
    be heard next: words that it carried here from a chat that is reached by hand."""

    form_id: int | None = None
    answer: Parcel | None = None
    more: bool = False
    next: tuple[tuple[int, Message], ...] = ()


@dataclass(frozen=True)
class Asking:
    """Who asks, the index version just now, and the entry the conversation was last about."""

    version: int
    person: Known | None
    after: str | None


@dataclass(frozen=True)
class HelpDesk(Reception):
    """Everything bound at start."""

    library: Library
    sender: Sender
    _welcomed: set[str] = field(default_factory=set)
    """Accounts whose welcome is known to be written, so that it is looked for once."""

    def hear(self, message: Message, beside: Beside | None = None) -> Reply:
        """Take in one event, once: guard, inbox, effect, reply."""
        return self.answer(self.take_in(message, beside))

    def take_in(self, message: Message, beside: Beside | None = None) -> Taken:
        """Guard an event and write it down in a short transaction of its own, before anything else is
        done with it. Nothing of a stopped message is stored."""
        message = said_anyway(cleaned(message))
        if stop := stopped(message):
            return Taken(message, alone=stop)
        owner, now = self.sender.owner, self.clock()
        if beside is None:
            with self.db.quick() as connection:
                return Taken(message, inbox.receive(connection, message, owner, now))
        with self.db.write() as session:
            arrival = inbox.receive(core(session), message, owner, now)
            if arrival is not None:
                beside(session, message)
        return Taken(message, arrival)

    def answer(self, taken: Taken, at_once: Callable[[Reply], None] | None = None) -> Reply:
        """Do what an event asks for and send what is said right back."""
        if taken.alone is not None or taken.number is None:
            reply = Reply(alone=taken.alone) if taken.alone else self._told_again(taken.message)
            if at_once is not None:
                at_once(reply)
            return reply
        return self._work(taken.number, taken.message, at_once)

    def _work(
        self, arrival: int, message: Message, at_once: Callable[[Reply], None] | None = None
    ) -> Reply:
        """Called again for an event whose process died."""
        done = self._handled(arrival, message)
        if at_once is not None:
            at_once(self._reply(message, done.form_id) if done else Reply())
        if done is None:
            return Reply()
        if done.answer is not None:
            self.sender.send_now(done.answer, self.clock())
        if done.more:
            lanes = {str(message.place.root), str(visitor_talk(message))}
            self.sender.send_due(self.clock(), lanes=lanes)
        for number, carried in done.next:
            self._work(number, carried)
            self.sender.send_due(self.clock(), lanes={str(message.place.root)})
        return self._reply(message, done.form_id)

    def _handled(self, arrival: int, message: Message) -> Done | None:
        """The effect, committed; None where somebody else has the event, or it waits for a moment."""
        try:
            return self._act(arrival, message)
        except Overtaken:
            return None
        except NotYet:
            with self.db.write() as session:
                inbox.postpone(session, arrival, self.sender.owner, self.clock())
            return None
        except Refused as refusal:
            return self._end(arrival, message, talk.refused(str(refusal)))
        except Exception:
            log.exception("event %s could not be handled", arrival)  # never what was said
            return self._end(arrival, message, talk.trouble(arrival), inbox.State.FAILED)

    def answer_left_over(self, now: datetime) -> None:
        """Take up events that a process began and never ended."""
        owner = self.sender.owner
        for arrival, message in inbox.left_over(self.db, list(self.platforms), owner, now):
            reply = self._work(arrival, message)
            platform = self.platforms.get(message.place.home)
            if reply.form_id is not None and platform is not None and not platform.keeps_forms:
                self.offer_form(message.account, message.place, reply.form_id)

    def offer_form(self, account: Account, place: Place, form_id: int) -> None:
        """A form could not be shown: say so, with a button that opens it."""
        now, talk_alone = self.clock(), Place(*place.home, account.user)
        with self.db.write() as session:
            dialogue = dialogues.get_open(session, account, form_id)
            if dialogue is None:
                return
            post(
                session,
                talk_alone,
                talk.form_waits(dialogue.form.title, form_id),
                now,
                reason=f"form:{form_id}",
                occurrence=str(now.timestamp()),
            )
        self.sender.send_due(now, lanes={str(talk_alone)})

    def _act(self, arrival: int, message: Message) -> Done:
        with self.db.read() as session:
            if not self._has_threads(message):
                message = threadless.placed(session, message)
            chosen = self._choose(session, message) or self._asking(session, message)
            asks_after = message.action in threadless.ASK_AFTER
            after = self._asking(session, message) if asks_after else None
        handler = self._question(message, chosen) if isinstance(chosen, Asking) else chosen
        if after is not None:
            handler = threadless.then(handler, self._question(message, after))
        with self.db.write() as session:
            inbox.end(session, arrival, self.sender.owner, self.clock())
            if message.carried_by:
                history.carrying(session, message.carried_by)
            claimed = dialogues.claim(session, message) if message.values is not None else None
            if message.values is not None and claimed is None:
                raise Refused(CLOSED)
            asks = about_phone(claimed.form, message) if claimed else None
            said = asks or handler(session, message)
            if isinstance(said, Form):
                form_id, answer = self._ask(session, message, said, claimed)
                if claimed is not None and claimed.id != form_id:
                    dialogues.forget(claimed)
                return Done(form_id, answer, has_unsent(session))
            if claimed is not None:
                dialogues.forget(claimed)
            answer = self._say(session, message, said) if said is not None else None
            self._remind_of_form(session, message)
            if message.carried_by:
                bring_back(session, message)
            return Done(None, answer, has_unsent(session), self._carried_here(session))

    def _carried_here(self, session: Session) -> tuple[tuple[int, Message], ...]:
        """Words that this event brought out of another chat are events of their own, written down with it."""
        owner, now, connection = self.sender.owner, self.clock(), core(session)
        received = [
            (inbox.receive(connection, carried, owner, now), carried)
            for carried in session.info.get(CARRIED, ())
        ]
        return tuple((number, carried) for number, carried in received if number is not None)

    def _remind_of_form(self, session: Session, message: Message) -> None:
        """A form left lying for an hour does not swallow words; it is offered again, once."""
        if self._shows_forms(message) or message.action is not None:
            return
        find = dialogues.open_at if self._has_threads(message) else dialogues.open_in
        dialogue = find(session, message.account, message.place)
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
        flat = None if self._has_threads(message) else threadless.choose(session, message)
        return flat or self._choose_for_words(session, message)

    def _choose_for_words(self, session: Session, message: Message) -> Handler | None:
        if message.place != visitor_talk(message):  # there one neither consults nor works
            if ticket_at(session, message.place) is not None:
                return tickets.speak
            if self._is_unknown_thread(session, message.place):
                raise NotYet
            if not message.addressed and room_at(session, message.place) is not None:
                return _in_a_room
        kind = small_talk(message)
        if kind == "page" and self.page_by_link:
            return self._pressed(replace(message, action="page"))
        if kind not in ("", "page"):
            return tickets.mine if kind == "mine" else answer_small_talk
        return self._picked(session, message)

    @staticmethod
    def _is_unknown_thread(session: Session, place: Place) -> bool:
        """A thread that nothing is known to stand in, while one is being opened there."""
        unknown = place.thread is not None and not standing_at(session, place)
        return unknown and is_opening(session, place)

    def _picked(self, session: Session, message: Message) -> Handler | None:
        """A typed 1, 2 or 3 after choices is the choice."""
        number = message.text.translate(str.maketrans("１２３", PICKS)).strip()
        if len(number) != 1 or number not in PICKS:
            return None
        asked = last_at(session, message.account, message.place, message.said_at)
        if asked is None or PICKS.index(number) >= len(asked.choices):
            return None
        value = f"{asked.id}:{asked.choices[PICKS.index(number)]}"
        return self._pressed(replace(message, action="pick", value=value))

    def _pressed(self, pressed: Message) -> Handler:
        """Words that mean a button."""
        rule = self.buttons[pressed.action or ""]
        return lambda session, _message: self._press(session, pressed, rule)

    @staticmethod
    def _asking(session: Session, message: Message) -> Asking:
        """What has to be known before a question is searched for."""
        after = None
        if len(message.text) <= LEANING and LEANS.search(message.text):
            after = last_entry(session, message.account, message.place, message.said_at)
        return Asking(index_version(session), known_as(session, message.account), after)

    def _question(self, message: Message, asking: Asking) -> Handler:
        """Search with no transaction open, then answer with what was found."""
        index, person = self.library.index(asking.version), asking.person
        found = index.search(
            message.text,
            at=day_of(message.said_at),
            population=person.population if person else None,
            home=person.home if person else (),
            after=asking.after,
        )
        return partial(ask.ask, found=found, index=index, person=person)

    def _press(self, session: Session, message: Message, rule: Rule | None) -> Card | Form | None:
        """Check who, where and on what, then do it."""
        if rule is None:
            raise Refused(UNKNOWN)
        person = person_of(session, message.account)
        subject = rule.about(session, message.value) if rule.about else None
        if not rule.who & standings(message.account, person, subject):
            raise Refused(rule.sorry or NOT_YOURS)
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
        if not isinstance(answer, Form) or answer.action != said.action:
            dialogues.sent_off(session, said)
        return answer

    def _ask(
        self,
        session: Session,
        message: Message,
        form: Form,
        again: dialogues.Dialogue | None = None,
    ) -> tuple[int, Parcel | None]:
        """Open the form, with what was filled in before; where the chat cannot show it, ask its first step."""
        if not self._has_threads(message):
            message = threadless.in_private(message)
        if self._shows_forms(message):
            before = dialogues.filled_before(session, message, form)
            form = form if before is None else talk.taken_up(form, before)
        dialogue = dialogues.open_form(session, message, form, again)
        if self._shows_forms(message):
            return dialogue.id, None
        return dialogue.id, self._say(session, message, steps.ask(dialogue))

    def _say(self, session: Session, message: Message, card: Card) -> Parcel | None:
        """What is said right back is a row of the ledger too."""
        self._welcome(session, message)
        return reply(
            session,
            message.place,
            card,
            message.said_at,
            reason=reason_of(message),
            recipient=str(message.account),
            owner=self.sender.owner,
        )

    def _welcome(self, session: Session, message: Message) -> None:
        """Three lines to somebody who is here for the first time, before the first answer."""
        if message.place.thread is not None or message.account.by_hand:
            return
        recipient = str(message.account)
        if recipient in self._welcomed or is_written(session, "welcome", recipient):
            self._welcomed.add(recipient)
            return
        person = known_as(session, message.account)
        if person is None or not person.inside:
            post(
                session,
                message.place,
                talk.welcome(),
                message.said_at,
                reason="welcome",
                recipient=recipient,
            )

    def _end(
        self,
        arrival: int,
        message: Message,
        card: Card,
        state: inbox.State = inbox.State.DONE,
    ) -> Done | None:
        """Nothing came of it but a sentence, for who asked for it alone."""
        card = replace(card, only_for=message.account.user)
        try:
            with self.db.write() as session:
                inbox.end(session, arrival, self.sender.owner, self.clock(), state)
                answer = self._say(session, message, card)
                if message.carried_by:
                    bring_back(session, message)
                return Done(None, answer, has_unsent(session))
        except Overtaken:
            return None

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

    def _has_threads(self, message: Message) -> bool:
        platform = self.platforms.get(message.place.home)
        return platform is None or platform.has_threads

    def _shows_forms(self, message: Message) -> bool:
        platform = self.platforms.get(message.place.home)
        return not message.place.by_hand and (platform is None or platform.shows_forms)


def _in_a_room(session: Session, message: Message) -> None:
    """Words in a room of the prefecture outside a consultation's thread are its people's own; below a
    consultation that moved they would reach nobody."""
    openers = standing_at(session, message.place) if message.place.thread else []
    if any(row.card.state == MOVED for row in openers):
        raise Refused("この相談は別の部屋へ移りました。続きは新しい部屋に書いてください。")
