"""A person consults the desk; the prefecture's side takes it, answers, moves it, closes it."""

from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import tickets
from bot.cards import ticket_forms
from bot.cards import tickets as cards
from bot.cards.threadless import with_files
from bot.chat import Card, Form, Message, Refused, id_of
from bot.days import JST, day_of, in_words
from bot.deliveries import Delivery, amend
from bot.directory import Field as DeskField
from bot.directory import (
    Person,
    fields,
    introduce,
    municipalities,
    person_of,
)
from bot.questions import Question
from bot.telling.tickets import (
    card_for_region,
    carry_over,
    finish,
    open_thread,
    send_letter,
    show_anew,
    tell_everybody,
    tell_thread,
)
from bot.tickets import BODY_LIMIT, Line, Request, Status, Ticket, Urgency, Visibility
from handlers.small_talk import visitor_talk
from knowledge.fields import SURE
from knowledge.library import Library
from knowledge.search import Index

LIKELY = 3
"""So many fields are offered where nobody can be sure (the right one is among them in .96 of the cases on tune)."""


def consult(session: Session, message: Message, library: Library) -> Form:
    """相談する: the form, with the question that was asked (or the words it was called for on) and the field it
    seems to belong to, or those it may belong to."""
    return _request_form(session, message, _own_question(session, message), library.now)


def _own_question(session: Session, message: Message) -> Question | None:
    """The question the button stood below, if this account asked it."""
    question_id = id_of(message.value)
    question = session.get(Question, question_id) if question_id is not None else None
    return question if question is not None and question.account == message.account else None


def _request_form(
    session: Session, message: Message, question: Question | None, index: Index
) -> Form:
    person = person_of(session, message.account)
    if person is not None and person.inside:
        raise Refused("相談は市町の方からお受けしています。")
    known = fields(session)
    text = question.text if question else message.text.strip()[:BODY_LIMIT]
    told = text or " ".join((message.filled("subject"), message.filled("body"))).strip()
    guess, likely = _fields_for(index, question, told)
    there = {field.name for field in known}
    return ticket_forms.request_form(
        message.value,
        known,
        guess if guess in there else None,
        tuple(name for name in likely if name in there),
        text,
        None if person else municipalities(session),
    )


def _fields_for(
    index: Index, question: Question | None, text: str
) -> tuple[str | None, tuple[str, ...]]:
    """The field it is surely about, else those it may be about, the likeliest first."""
    if question is not None and question.field:
        return question.field, ()
    likeliest = [one for one in index.fields_of(text, LIKELY) if one[1] > 0] if text else []
    if likeliest and likeliest[0][1] >= SURE:
        return likeliest[0][0], ()
    return None, tuple(name for name, _ in likeliest)


def consult_send(session: Session, message: Message, library: Library) -> Card | Form | None:
    """The filled-in form: a consultation, its places, and who is told of it."""
    question = _own_question(session, message)
    form = _request_form(session, message, question, library.now)
    values = message.values
    if values is None:
        return form
    if errors := form.wrong(values) or _past(message):
        return form.with_values(values, errors)
    now = message.said_at
    asker = person_of(session, message.account) or introduce(
        session,
        message.account,
        message.filled("name"),
        message.filled("town"),
        message.filled("section"),
        now,
    )
    request = Request(
        subject=message.filled("subject"),
        body=message.filled("body"),
        field=session.get(DeskField, message.filled("field")),
        urgency=Urgency(message.filled("urgency")),
        wished_by=_day(message.filled("wished_by")),
        visibility=Visibility(message.filled("visibility")),
        confidential=not message.carried_by and "yes" in message.chosen("confidential"),
        question_id=question.id if question else None,
    )
    ticket = tickets.open_ticket(session, asker, message.account, request, now)
    tell_everybody(session, ticket, visitor_talk(message), now)
    return None


def _past(message: Message) -> dict[str, str]:
    """A wish for a day that is over."""
    wished = _day(message.filled("wished_by"))
    if wished is not None and wished < day_of(message.said_at):
        return {"wished_by": "今日からあとの日付を選んでください"}
    return {}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def take(session: Session, message: Message) -> None:
    ticket, person = _ticket_and_person(session, message)
    tickets.take(session, ticket, person, message.said_at)
    show_anew(session, ticket, message.said_at)
    tell_thread(session, ticket, cards.taken(ticket, person), message.said_at)


def reply(session: Session, message: Message) -> Form | None:
    """市町へ返信: the form, the letter as it will arrive, then it goes out."""
    ticket, person = _ticket_and_person(session, message)
    if ticket.status == Status.CLOSED:
        raise Refused(f"{ticket.number}は完了しています。市町から続きが届くと、また返信できます。")
    form = ticket_forms.reply_form(ticket)
    if message.values is None:
        return form
    if errors := form.wrong(message.values):
        return form.with_values(message.values, errors)
    text = message.filled("text")
    letter = cards.letter_to_asker(ticket, person, text)
    if not message.confirmed:
        return replace(form.with_values(message.values), preview=replace(letter, buttons=()))
    tickets.reply(session, ticket, person, message.said_at, kind=Line.REPLY, text=text)
    send_letter(session, ticket, person, letter, text, message.said_at)
    return None


def told(session: Session, message: Message) -> Form | None:
    """電話・対面・メールで答えた: a reply like any other; the asker gets a copy."""
    ticket, person = _ticket_and_person(session, message)
    form = ticket_forms.told_form(ticket, message.said_at.astimezone(JST))
    if message.values is None:
        return form
    if errors := form.wrong(message.values):
        return form.with_values(message.values, errors)
    how, day = message.filled("by"), date.fromisoformat(message.filled("when"))
    if day > day_of(message.said_at):
        return form.with_values(message.values, {"when": "今日までの日付を選んでください"})
    text = f"{in_words(day)}に{how}で：{message.filled('text')}"
    tickets.reply(session, ticket, person, message.said_at, kind=Line.TOLD, text=text)
    copy = cards.copy_to_asker(ticket, person, how, text)
    send_letter(session, ticket, person, copy, text, message.said_at, how)
    return None


def move(session: Session, message: Message) -> Form | None:
    """分野を変える: the working thread moves to the other room."""
    ticket, person = _ticket_and_person(session, message)
    form = ticket_forms.field_form(ticket, fields(session))
    if message.values is None:
        return form
    if errors := form.wrong(message.values):
        return form.with_values(message.values, errors)
    field = session.get_one(DeskField, message.filled("field"))
    old_post, old_room = ticket.desk_post, ticket.room_id
    tickets.change_field(session, ticket, field, person, message.said_at)
    session.flush()
    session.refresh(ticket)
    if old_post is not None and old_room != ticket.room_id:
        amend(session, old_post, cards.moved_away(ticket, person), message.said_at)
        open_thread(session, ticket, message.said_at, occurrence=f"{message.said_at.timestamp()}")
        carry_over(session, ticket, message.said_at)
        card_for_region(session, ticket, message.said_at)
    show_anew(session, ticket, message.said_at)
    return None


def close(session: Session, message: Message) -> None:
    """完了にする, by the prefecture's side."""
    ticket, person = _ticket_and_person(session, message)
    finish(session, ticket, person.id, message.said_at)
    line = cards.happened(f"{person.name}さんが完了にしました")
    tell_thread(session, ticket, line, message.said_at)


def solve(session: Session, message: Message) -> None:
    """解決した, by the asker."""
    ticket, person = _ticket_and_person(session, message)
    finish(session, ticket, person.id, message.said_at)
    tell_thread(
        session, ticket, cards.happened("相談した人が「解決した」を押しました"), message.said_at
    )


def speak(session: Session, message: Message) -> Card | None:
    """Words in a consultation's place: the asker's go to the working thread, the prefecture's stay inside."""
    found = tickets.ticket_at(session, message.place)
    person = person_of(session, message.account)
    if found is None or person is None:
        raise Refused("この相談は見つかりません。")
    ticket = tickets.locked(session, found[0].id)
    if not message.text.strip():
        return None
    if not found[1]:
        memo(session, ticket, person, message)
        return None
    pass_on(session, ticket, person, replace(message, files=()))  # they stay in that thread
    return cards.passed_on(ticket)


def pass_on(session: Session, ticket: Ticket, person: Person, message: Message) -> Delivery | None:
    """The asker's words go to the working thread; the row of the ledger that brings them there."""
    if person.id != ticket.asker_id:
        raise Refused("ここに書けるのは、相談した方です。")
    reopened = tickets.continue_(session, ticket, person, message.text, message.said_at)
    card = cards.came(ticket, person.name, message.text, reopened=reopened)
    if not ticket.confidential:
        card = with_files(card, message.files)
    row = tell_thread(session, ticket, card, message.said_at)
    show_anew(session, ticket, message.said_at)
    return row


def memo(session: Session, ticket: Ticket, person: Person, message: Message) -> None:
    """Words that stay in the prefecture."""
    if not person.inside:
        raise Refused("ここは県の部屋です。")
    now = message.said_at
    tickets.say(session, ticket, Line.MEMO, person.id, person.name, message.text, now)


def _ticket_and_person(session: Session, message: Message) -> tuple[Ticket, Person]:
    """Locked, for a button or form; that this person may was checked at the table."""
    person = person_of(session, message.account)
    if person is None:
        raise Refused("名簿にない方は、このボタンを使えません。")
    ticket_id = id_of(message.value)
    if ticket_id is None:
        raise Refused("この相談は見つかりません。")
    return tickets.locked(session, ticket_id), person


def whole(session: Session, person: Person | None, ticket: Ticket) -> Card:
    """Everything of one consultation for whoever may see it."""
    inside = bool(person and person.inside)
    return cards.whole(ticket, tickets.lines(session, ticket, inside=inside), inside=inside)


def own_list(session: Session, person: Person | None, *, by_hand: bool = False) -> Card:
    """`by_hand`: carried by somebody of the desk into a talk, so without what its owner alone handles."""
    found = tickets.of_asker(session, person) if person else []
    shown = [ticket for ticket in found if not (by_hand and ticket.confidential)]
    card = cards.listed("わたしと課の相談", shown, "まだ相談はありません。", inside=False)
    return card if len(shown) == len(found) else replace(card, paragraphs=(cards.LEFT_OUT,))


def mine(session: Session, message: Message) -> Card:
    """「私の相談は？」: what the one who asks may see as an asker, or has to do with as a liaison."""
    person = person_of(session, message.account)
    if person and person.inside:
        return queue(session, person)
    return own_list(session, person, by_hand=bool(message.carried_by))


def queue(session: Session, person: Person) -> Card:
    found = tickets.queue_of(session, person)
    return cards.listed("わたしの担当", found, "いま対応する相談はありません。", inside=True)


def just_opened(session: Session, message: Message) -> Ticket | None:
    """The consultation this account opened with this message."""
    query = select(Ticket).where(
        Ticket.asker_account == message.account, Ticket.opened_at == message.said_at
    )
    return session.scalars(query).first()
