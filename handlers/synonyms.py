"""The office says which words mean one thing, and takes it back."""

from sqlalchemy.orm import Session

from bot import synonyms
from bot.cards import synonyms as cards
from bot.chat import Card, Form, Message, Refused, id_of
from bot.days import clock
from bot.directory import Person, person_of
from bot.synonyms import Group, State
from knowledge import alike
from knowledge.library import Library
from knowledge.store import bump

GONE = "この言い換えは見つかりません。「言い換え」から見直してください。"
THERE = "この言い換えは、もうあります。"
REMOVED = "この言い換えは、もう取り消してあります。"


def add(session: Session, message: Message, library: Library) -> Card | Form:
    """言い換えを足す"""
    form = cards.form()
    if message.values is None:
        return form
    words = alike.words_in(message.filled("words"))
    bump(session)  # first: whoever adds at the same time waits for this, and sees it
    index = library.now
    errors = form.wrong(message.values)
    if not errors and (why := alike.wrong(words, index.words, alike.others_than(session, words))):
        errors = {"words": why}
    if errors:
        return form.with_values(message.values, errors)
    who, normal = _who(session, message), alike.normal_of(words)
    group = synonyms.add(session, words, normal, who, message.said_at)
    if group is None:
        return form.with_values(message.values, {"words": THERE})
    return cards.added(_shown(session, group), alike.moved(words, index.synonyms))


def remove(session: Session, message: Message) -> Card:
    """取り消す"""
    group = _group(session, message)
    if not synonyms.turn(session, group.id, State.REMOVED, _who(session, message), message.said_at):
        raise Refused(REMOVED)
    bump(session)
    return cards.removed(_shown(session, group))


def restore(session: Session, message: Message, library: Library) -> Card:
    """元に戻す"""
    group = _group(session, message)
    bump(session)
    index = library.now
    if why := alike.wrong(group.words, index.words, alike.others_than(session, group.words)):
        raise Refused(why)
    if not synonyms.turn(session, group.id, State.ADDED, _who(session, message), message.said_at):
        raise Refused(THERE)
    return cards.added(_shown(session, group), alike.moved(group.words, index.synonyms))


def see(session: Session, library: Library) -> Card:
    """言い換え"""
    groups = reversed(synonyms.active(session))
    return cards.listed([_shown(session, one) for one in groups], library.synonyms.count())


def _shown(session: Session, group: Group) -> cards.Shown:
    person = session.get(Person, group.changed_by)
    by = f"{person.name if person else 'ファイル'}、{clock(group.changed_at)}"
    return cards.Shown(group.id, tuple(group.words), by)


def _group(session: Session, message: Message) -> Group:
    group_id = id_of(message.value)
    group = session.get(Group, group_id) if group_id is not None else None
    if group is None:
        raise Refused(GONE)
    return group


def _who(session: Session, message: Message) -> str:
    person = person_of(session, message.account)
    return person.id if person else ""
