"""Words out of a talk that no process reaches: pasted here by somebody of the desk, heard as their writer's."""

import re
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import history, relay, relayed
from bot.cards import relay as cards
from bot.cards import relay_forms as forms
from bot.cards.plain import picked
from bot.chat import Account, Card, Field, Form, Message, Option, Refused, id_of
from bot.directory import (
    KnownAccount,
    Municipality,
    Person,
    introduce,
    municipalities,
    person_of,
)
from bot.inbox import reason_of
from bot.telling.relay import bring_back
from bot.tickets import Status, Ticket
from handlers import tickets
from handlers.relay_confirm import confirm_one, to_confirm
from knowledge.library import Library

CARRIED = "carried"
"""Where the door of the desk finds the messages that are to be heard once this event is committed."""
CONFIRMS = re.compile(
    r"(内容)?(を)?確認(しました|いたしました|致しました|済み?(です)?|です|した)?[。.！!]*"
)
NUMBERED = re.compile(
    r"\s*(?:[#＃]|[RＲ]\s*(\d{1,2})\s*[-－ー])\s*0*(\d{1,5})[\s:：、。]*", re.IGNORECASE
)
NOBODY = "手で中継する方が名簿にいません。people.csv の accounts に relay/テナント/トーク名 を書いて取り込んでください。"
NOT_YOURS = "この市町の方の言葉は、事務局かその市町の地域リエゾンが貼り付けます。"


def paste(session: Session, message: Message, library: Library) -> Card | Form | None:
    """届いた言葉を貼り付ける: words out of a talk, heard as those of who wrote them."""
    person = _person(session, message)
    whom = _whom(session, person)
    form = forms.paste_form(message.value, whom, message.value.partition(":")[0])
    if message.values is None:
        return form
    if errors := form.wrong(message.values):
        return form.with_values(message.values, errors)
    return _taken(session, message, form, person, library)


def _taken(
    session: Session, message: Message, form: Form, by: Person, library: Library
) -> Card | Form:
    """What the words are: a confirmation, a consultation, a choice, or something said."""
    known, words = _spoken_for(session, message, by), message.filled("words")
    about = message.filled("about")
    if CONFIRMS.fullmatch(words.strip()) and (waits := to_confirm(session, known.person)):
        meant = [one for one in waits if about == str(one.id)] if len(waits) > 1 else waits
        if not meant:
            return _asked_about(form, forms.which_notice(waits), message)
        title = confirm_one(session, meant[0], known.person, by, message.said_at)
        return cards.confirmed_for(_called(known.person), title)
    said = _meant(session, known, message, by, words)
    if said.action == "consult" or message.filled("how") == "consult":
        asked = tickets.consult(session, replace(said, text=words), library)
        value = f"{known.id}:{said.value if said.action == 'consult' else ''}"
        return forms.consult_form(asked, value)
    placed = said if said.action else _placed(session, known.person, said, message, by)
    if placed is None:
        open_ones = relayed.open_tickets(session, known.person, message.said_at)
        return _asked_about(form, forms.which_one(open_ones), message)
    return _passed_in(session, placed, known, by, message)


def _passed_in(
    session: Session, said: Message, known: KnownAccount, by: Person, message: Message
) -> Card:
    """To be heard once this is committed, unless it was before."""
    if not relayed.write_down(
        session, reason_of(said), known.account, by, message.place, message.said_at
    ):
        return cards.known_already(_called(known.person))
    session.info.setdefault(CARRIED, []).append(said)
    return cards.heard(_called(known.person), known.talk.channel.replace("_", " "))


def _asked_about(form: Form, asks: Field, message: Message) -> Form:
    """The form once more, with one more question."""
    form = replace(form, fields=(*form.fields, asks))
    return form.with_values(message.values or {}, {asks.name: f"{asks.label}を選んでください"})


def _meant(
    session: Session, known: KnownAccount, message: Message, by: Person, words: str
) -> Message:
    """The words as a message of who wrote them; a number or the name of a choice presses it."""
    said = Message(
        relayed.event_of(known.account, words, message.said_at),
        known.account,
        known.talk,
        message.said_at,
        text=words,
        addressed=True,
        carried_by=by.id,
    )
    last = relayed.last_post(session, known.account)
    button = picked(last, words) if last else None
    if button is None:
        return said
    return replace(said, text="", action=button.action, value=button.value)


def _placed(
    session: Session, person: Person, said: Message, message: Message, by: Person
) -> Message | None:
    """Where the words belong: 「#12」 names a consultation, else it is asked where there is one; None: ask."""
    open_ones = relayed.open_tickets(session, person, message.said_at)
    named = NUMBERED.match(said.text)
    if named is not None:
        for ticket in open_ones:
            if ticket.serial == int(named[2]) and named[1] in (None, str(ticket.fiscal_year)):
                return _in_ticket(replace(said, text=said.text[named.end() :]), ticket, by)
    about = message.filled("about")
    going_on = any(ticket.status != Status.CLOSED for ticket in open_ones)
    if about == forms.NEW or not (going_on or about):
        return said
    for ticket in open_ones:
        if about == str(ticket.id):
            return _in_ticket(said, ticket, by)
    return None


def _in_ticket(said: Message, ticket: Ticket, by: Person) -> Message:
    """In the consultation's own place, wherever that is, for who may carry out of it."""
    if not relay.may_handle(by, ticket):
        raise Refused(cards.kept_apart(ticket.number))
    row = ticket.asker_post
    if row is None or (not row.place.by_hand and row.sent_as is None):
        raise Refused(
            f"{ticket.number}は、まだ相談した方の部屋に届いていません。少し待ってください。"
        )
    place = relay.stands_at(row) if row.place.by_hand else row.sent_as
    assert place is not None  # noqa: S101  asked two lines above
    return replace(said, place=place)


def consult(session: Session, message: Message, library: Library) -> Card | Form | None:
    """相談として受ける: the form of a consultation, filled in for who wrote the words."""
    by = _person(session, message)
    known = _known(session, message.value, by)
    question = message.value.partition(":")[2]
    said = Message(
        f"{message.event_id}:carried",
        known.account,
        known.talk,
        message.said_at,
        action="consult_send",
        value=question,
        carried_by=by.id,
    )
    if message.values is None:
        asked = tickets.consult_send(session, said, library)
        return forms.consult_form(asked, message.value) if isinstance(asked, Form) else None
    history.carrying(session, by.id)
    answer = tickets.consult_send(session, replace(said, values=message.values), library)
    if isinstance(answer, Form):
        return forms.consult_form(answer, message.value)
    relayed.write_down(session, reason_of(said), known.account, by, message.place, message.said_at)
    bring_back(session, said)
    return None


def _whom(session: Session, person: Person) -> tuple[Option, ...]:
    """Everybody this person may speak for, by municipality, and the others of each."""
    people: dict[str, list[Person]] = {}
    for known in relay.accounts(session):
        code = known.person.municipality_code or ""
        if relay.may_speak_for(person, code) and known.person.confirmed:
            people.setdefault(code, []).append(known.person)
    if not people:
        raise Refused(NOBODY)
    return tuple(
        option
        for town in municipalities(session)
        if town.code in people
        for option in (
            *map(forms.person_option, dict.fromkeys(people[town.code])),
            forms.other_option(town),
        )
    )


def _spoken_for(session: Session, message: Message, by: Person) -> KnownAccount:
    """The account whose words these are. Somebody whom the directory does not list is named, and sees his own
    alone like anybody who only told us who he is."""
    who = message.filled("who")
    if not who.startswith(forms.OTHER):
        found = next((k for k in relay.accounts(session) if k.person_id == who), None)
        if found is None:
            raise Refused(NOBODY)
        return found
    code = who.removeprefix(forms.OTHER)
    town = session.get_one(Municipality, code)
    if not relay.may_speak_for(by, code):
        raise Refused(NOT_YOURS)
    talk = next(k.talk for k in relay.accounts(session) if k.person.municipality_code == code)
    name = re.sub(r"[\s/]+", " ", message.filled("name")).strip() or f"{town.name}の方"
    account = Account(talk.platform, talk.workspace, f"{talk.channel}:{code} {name}")
    if person_of(session, account) is None:
        introduce(session, account, name, code, "", message.said_at)
        session.flush()
    query = select(KnownAccount).where(
        KnownAccount.platform == account.platform,
        KnownAccount.workspace == account.workspace,
        KnownAccount.user == account.user,
    )
    return session.scalars(query).one()


def _known(session: Session, value: str, by: Person) -> KnownAccount:
    known_id = id_of(value.partition(":")[0])
    found = session.get(KnownAccount, known_id) if known_id is not None else None
    if found is None or not found.account.by_hand or found.person.municipality_code is None:
        raise Refused("だれの相談かがわからなくなりました。もう一度、言葉を貼り付けてください。")
    if not relay.may_speak_for(by, found.person.municipality_code):
        raise Refused(NOT_YOURS)
    return found


def _called(person: Person) -> str:
    return f"{person.belongs_to} {person.name}さん".strip()


def _person(session: Session, message: Message) -> Person:
    person = person_of(session, message.account)
    if person is None:
        raise Refused("名簿にない方は、このボタンを使えません。")
    return person
