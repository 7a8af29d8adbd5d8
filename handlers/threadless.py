"""Consultations in a chat without threads: to which of them a person's words belong.

In the own talk words go into a consultation where the desk has just asked for them, where the person pressed
「返信する」, or where they begin with its number (#12, R8-0012). In a room of the prefecture the number alone
counts: what is said there without one is its people's own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from bot import dialogues, focus, tickets
from bot.cards import threadless as cards
from bot.cards import tickets as ticket_cards
from bot.chat import Card, Form, Message, Refused, id_of
from bot.deliveries import Delivery, amend
from bot.directory import Person, Room, person_of, room_at
from bot.focus import Held, Passed
from bot.inbox import NotYet
from bot.telling.tickets import send_letter, show_anew, tell_thread
from bot.tickets import Line, Status, Ticket
from handlers.small_talk import small_talk, visitor_talk
from handlers.standing import SEES, standings
from handlers.tickets import memo, pass_on

Handler = Callable[[Session, Message], Card | Form | None]

NUMBER = re.compile(
    r"\s*(?:[#＃]\s*(?:[RrＲｒ](?P<y1>\d{1,3})[-－‐−ー–])?(?P<n1>\d{1,6})"
    r"|[RrＲｒ](?P<y2>\d{1,3})[-－‐−ー–](?P<n2>\d{1,6}))(?!\d)"
)
"""#12, ＃１２, #R8-12, R8-0012 at the start of what is said."""
AFTER = re.compile(r"[\s:：、,，。.]+")
ASK_AFTER = ("new_question", "words_new")
"""Buttons that give words back to the desk: what they say is searched for as a question."""
COMMANDS = ("help", "page", "mine", "consult", "nothing")
"""Words to the desk itself, whatever waits for words."""
GONE = "この言葉は、もう届けたか取り下げたあとです。"


@dataclass(frozen=True)
class Number:
    """What somebody wrote at the start: 12 of this year, or of any."""

    serial: int
    year: int | None
    words: str

    def __str__(self) -> str:
        return f"R{self.year}-{self.serial:04}" if self.year else f"#{self.serial}"


def number_in(text: str) -> Number | None:
    """The number at the start of a text, and what follows it.

    Where the number is part of the sentence (「R8-0012の件ですが」) the sentence stays whole.
    """
    found = NUMBER.match(text)
    if found is None:
        return None
    year, serial = found["y1"] or found["y2"], found["n1"] or found["n2"]
    rest = text[found.end() :]
    apart = AFTER.match(rest)
    words = rest[apart.end() :] if apart else (text if rest else "")
    return Number(int(serial), int(year) if year else None, words.strip())


def placed(session: Session, message: Message) -> Message:
    """Words stand where the form stands that they answer; a press that gives words back brings them along."""
    if message.action in ASK_AFTER:
        return replace(message, text=_words_given_back(session, message))
    if message.action is not None:
        return message
    dialogue = dialogues.open_in(session, message.account, message.place)
    return message if dialogue is None else replace(message, place=dialogue.place)


def in_private(message: Message) -> Message:
    """A form is not asked step by step where others talk, as their words would be taken for answers: it goes on in
    the own talk, under the same number."""
    own = visitor_talk(message)
    if message.place.root == own:
        return message
    return replace(message, place=replace(own, thread=message.place.said_in.thread))


def _words_given_back(session: Session, message: Message) -> str:
    key = id_of(message.value)
    if key is None:
        return ""
    if message.action == "words_new":
        held = session.get(Held, key)
        return held.text if held is not None and held.account == message.account else ""
    passed = session.get(Passed, key)
    return focus.words_of(session, passed, message.account) if passed is not None else ""


def choose(session: Session, message: Message) -> Handler | None:
    """Who handles these words, if they belong to a consultation."""
    own = message.place == visitor_talk(message)
    room = None if own else room_at(session, message.place)
    if number_in(message.text):
        if own or room is not None:
            return by_number
        return _not_here if message.addressed else None
    if not own or (small_talk(message) in COMMANDS and not message.files):
        return None
    if focus.awaiting(session, message.account, message.place, message.said_at):
        return speak_on
    return _lone_file if message.files else None


def then(first: Handler, ask: Handler) -> Handler:
    """Do the one (which checks who may), then answer the words it gave back."""

    def both(session: Session, message: Message) -> Card | Form | None:
        first(session, message)
        return ask(session, message)

    return both


def _not_here(_session: Session, _message: Message) -> Card:
    raise Refused("相談の続きは、デスクとの1対1のトークに書いてください。")


def _lone_file(_session: Session, _message: Message) -> Card:
    return cards.lone_file()


def speak_on(session: Session, message: Message) -> Card:
    """Words after the desk asked for some, or 「返信する」 was pressed."""
    asked = focus.awaiting(session, message.account, message.place, message.said_at)
    if not asked:  # two messages at once: the other one was faster, this one is a question
        raise NotYet
    if len(asked) > 1:
        held = focus.hold(session, message, message.text, asked)
        return cards.which(asked, held.id, words=True, may_be_new=True)
    ticket = tickets.locked(session, asked[0].id)
    if not focus.take(session, message.account, message.place, ticket.id):
        raise NotYet
    return _pass_on(session, message, ticket)


def by_number(session: Session, message: Message) -> Card:
    """#12 …: that consultation takes the words; with no words it is shown, with what can be done."""
    said = number_in(message.text)
    assert said is not None  # noqa: S101  `choose` has looked
    person, room = person_of(session, message.account), room_at(session, message.place)
    if room is not None and not (person and person.inside):
        raise Refused("ここは県の部屋です。")
    found = [
        ticket
        for ticket in tickets.numbered(session, said.serial, said.year)
        if person is not None and _is_for(message, person, ticket, room)
    ]
    going_on = [ticket for ticket in found if ticket.status != Status.CLOSED]
    found = going_on or found
    if not found:
        return cards.unknown(str(said))
    if len(found) > 1:
        held = focus.hold(session, message, said.words, found)
        return cards.which(found, held.id, words=bool(said.words), may_be_new=False)
    return _to(session, replace(message, text=said.words), found[0].id)


def _is_for(message: Message, person: Person, ticket: Ticket, room: Room | None) -> bool:
    """Does this number mean anything here? Who may not see a consultation cannot tell that there is one."""
    if room is None:
        return bool(SEES & standings(message.account, person, ticket))
    return room.kind in ("regional", "office") or room.id == ticket.room_id


def _to(session: Session, message: Message, ticket_id: int) -> Card:
    """These words to this consultation, or a look at it where there are none."""
    ticket = tickets.locked(session, ticket_id)
    person, room = person_of(session, message.account), room_at(session, message.place)
    if person is None:
        raise Refused("この相談は見つかりません。")
    if not message.text.strip() and not message.files:
        return _show(session, message, ticket, person, room)
    if room is not None:
        if room.id != ticket.room_id:
            raise Refused(f"{ticket.number}は「{ticket.room.name}」で扱っています。")
        memo(session, ticket, person, _naming_files(message))
        held = focus.hold(session, message, "", [ticket]) if message.files else None
        return cards.noted(ticket, held.id if held else None)
    if person.inside:
        raise Refused(f"{ticket.number}への言葉は「{ticket.room.name}」の部屋に書いてください。")
    focus.take(session, message.account, message.place, ticket.id)
    return _pass_on(session, message, ticket)


def _show(
    session: Session, message: Message, ticket: Ticket, person: Person, room: Room | None
) -> Card:
    """The consultation with its buttons. In the own talk its asker's next words belong to it."""
    if room is not None:
        return replace(ticket_cards.for_desk(ticket), opens="")
    card = ticket_cards.whole(
        ticket, tickets.lines(session, ticket, inside=person.inside), inside=person.inside
    )
    if person.id != ticket.asker_id:
        return card
    lasting = focus.PRESSED_FOR
    focus.await_words(
        session, message.account, message.place, ticket, message.said_at, lasting=lasting
    )
    button = ticket_cards.write_on(ticket, ticket_cards.NEXT_WORDS)
    return replace(card, buttons=(button, *ticket_cards.for_asker(ticket).buttons[1:]))


def _pass_on(session: Session, message: Message, ticket: Ticket) -> Card:
    person = person_of(session, message.account)
    if person is None:
        raise Refused("この相談は見つかりません。")
    was = (ticket.status, ticket.closed_at)
    row = pass_on(session, ticket, person, _naming_files(message))
    passed = focus.passed_on(session, message.account, ticket, row, was=was)
    return cards.delivered(ticket, passed.id)


def _naming_files(message: Message) -> Message:
    return replace(message, text=cards.named_files(message.text, message.files))


def pass_file(session: Session, message: Message) -> None:
    """ファイルを市町へ渡す: what a liaison sent into the room goes to the asker, as a reply."""
    held = session.get_one(Held, _id(message.value))
    ticket, person = (
        tickets.locked(session, _id(held.tickets[0])),
        person_of(session, message.account),
    )
    given = focus.give_on(session, held)
    if given is None or person is None:
        raise Refused(GONE)
    text, now = cards.named_files("", given[1]), message.said_at
    tickets.reply(session, ticket, person, now, kind=Line.REPLY, text=text)
    letter = cards.with_files(ticket_cards.letter_to_asker(ticket, person, text), given[1])
    send_letter(session, ticket, person, letter, text, now)


def write_on(session: Session, message: Message) -> Card:
    """返信する: the next words there belong to this consultation."""
    ticket = tickets.locked(session, _id(message.value))
    focus.await_words(
        session,
        message.account,
        message.place.root,
        ticket,
        message.said_at,
        lasting=focus.PRESSED_FOR,
    )
    return cards.write_now(ticket)


def words_for(session: Session, message: Message) -> Card:
    """One of several was chosen: the words that were kept go there."""
    held_id, _, ticket_id = message.value.partition(":")
    held = session.get_one(Held, _id(held_id))
    if ticket_id not in held.tickets:
        raise Refused("この相談は見つかりません。")
    given = focus.give_on(session, held)
    if given is None:
        raise Refused(GONE)
    words = replace(message, text=given[0], files=given[1], place=held.place)
    return _to(session, words, _id(ticket_id))


def words_new(session: Session, message: Message) -> None:
    """新しい質問です, of words that were kept; `then` answers them."""
    if focus.give_on(session, session.get_one(Held, _id(message.value))) is None:
        raise Refused(GONE)


def new_question(session: Session, message: Message) -> None:
    """新しい質問でした, of words that went into a consultation: they are taken out, and `then` answers them."""
    passed = session.get_one(Passed, _id(message.value))
    ticket = tickets.locked(session, passed.ticket_id)
    person = person_of(session, message.account)
    if not focus.take_back(session, passed, ticket, person.id if person else "", message.said_at):
        raise Refused(GONE)
    came = session.get(Delivery, passed.delivery_id) if passed.delivery_id else None
    if came is not None:
        amend(session, came, cards.taken_back(ticket), message.said_at)
    tell_thread(
        session, ticket, ticket_cards.happened(cards.taken_back(ticket).title), message.said_at
    )
    show_anew(session, ticket, message.said_at)


def _id(text: str) -> int:
    found = id_of(text)
    if found is None:
        raise Refused("この相談は見つかりません。")
    return found
