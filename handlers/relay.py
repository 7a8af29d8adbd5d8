"""What people carry by hand into talks that no process reaches: each post is marked by who posted it."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot import relay
from bot.cards import relay as cards
from bot.cards import relay_forms as forms
from bot.chat import Card, Form, Message, Refused
from bot.directory import (
    Person,
    person_of,
)
from bot.relay import Bundle, Item
from bot.telling.relay import show_anew


def _mine(person: Person, bundle: Bundle) -> tuple[Item, ...]:
    return tuple(item for item in bundle.items if relay.may_carry(person, item))


def _carried_by(person: Person | None, bundle: Bundle) -> Bundle:
    items = _mine(person, bundle) if person else ()
    if not items:
        raise Refused("この中継は、あなたの役割では扱えません。")
    return Bundle(items)


def inbox(session: Session, person: Person | None, now: datetime) -> Card:
    """中継箱: what waits for this person, what waits for somebody else, and what was posted lately."""
    if person is None:
        raise Refused("名簿にない方は見られません。")
    mine, kept = [], []
    for bundle in relay.waiting(session):
        if items := _mine(person, bundle):
            mine.append(Bundle(items))
        elif _is_kept(person, bundle):
            kept.append(bundle)
    done = [
        Bundle(items)
        for bundle in relay.posted_since(session, now - relay.UNDO_WITHIN)
        if (items := _mine(person, bundle))
    ]
    return cards.inbox(mine, kept, done, now)


def _is_kept(person: Person, bundle: Bundle) -> bool:
    """A post that this person would carry, were it not for its owner alone."""
    item = bundle.items[0]
    secret = item.ticket is not None and item.ticket.confidential
    return secret and any(relay.may_speak_for(person, code) for code in item.codes)


def text(person: Person | None, bundle: Bundle, now: datetime) -> Card:
    """One text with the talks it goes to."""
    return cards.whole(_carried_by(person, bundle), now)


def mail(person: Person | None, bundle: Bundle) -> Card:
    return cards.mail(_carried_by(person, bundle))


def posted(session: Session, message: Message) -> Card | None:
    return _one_done(session, message, mailed=False)


def mailed(session: Session, message: Message) -> Card | None:
    return _one_done(session, message, mailed=True)


def _one_done(session: Session, message: Message, *, mailed: bool) -> Card | None:
    person = _person(session, message)
    bundle = _carried_by(person, relay.item_of(session, message.value))
    [item] = bundle.items
    relay.post_done(session, item, person, message.said_at, mailed=mailed)
    show_anew(session, bundle, message.said_at)
    what = "メール済みにしました" if mailed else "投稿済みにしました"
    return cards.noted(what, [item.name], _following(session, person))


def _following(session: Session, person: Person) -> Bundle | None:
    """What this person might carry next."""
    session.flush()
    for bundle in relay.waiting(session):
        if items := _mine(person, bundle):
            return Bundle(items)
    return None


def all_posted(session: Session, message: Message) -> Card | Form | None:
    """投稿したトークを選ぶ: one text stands in many talks now."""
    person = _person(session, message)
    bundle = _carried_by(person, relay.bundle_of(session, message.value))
    if message.values is None:
        return forms.all_form(_waiting(bundle))
    if errors := forms.all_form(bundle, done=True).wrong(message.values):
        return forms.all_form(_waiting(bundle)).with_values(message.values, errors)
    now, chosen = message.said_at, message.chosen("talks")
    meant = _waiting(bundle).waiting if forms.EVERY in chosen else bundle.items
    items = [item for item in meant if forms.EVERY in chosen or str(item.id) in chosen]
    done, left = relay.post_each(session, items, person, now)
    if not done:
        raise Refused("\n".join(left))
    show_anew(session, bundle, now)
    names = [item.name for item in done]
    return cards.noted("投稿済みにしました", names, _following(session, person), left)


def drop(session: Session, message: Message) -> Card | Form | None:
    """中継しない: with a reason out of a list."""
    person = _person(session, message)
    bundle = _carried_by(person, relay.bundle_of(session, message.value))
    form = forms.drop_form(_waiting(bundle))
    if message.values is None:
        return form
    if errors := form.wrong(message.values):
        return form.with_values(message.values, errors)
    items, now = _chosen(bundle, message), message.said_at
    relay.drop(session, items, person, message.filled("why"), now)
    show_anew(session, bundle, now)
    names = [item.name for item in items]
    return cards.noted("中継しないことにしました", names, _following(session, person))


def _waiting(bundle: Bundle) -> Bundle:
    if not bundle.waiting:
        raise Refused("もうすべて投稿済みか、中継しないことになっています。")
    return bundle


def _chosen(bundle: Bundle, message: Message) -> tuple[Item, ...]:
    chosen = message.chosen("talks")
    return tuple(item for item in bundle.waiting if forms.EVERY in chosen or str(item.id) in chosen)


def undo(session: Session, message: Message) -> Card | None:
    """まだでした: it waits again."""
    person = _person(session, message)
    bundle = _carried_by(person, relay.item_of(session, message.value))
    relay.undo(session, bundle.items[0], person, message.said_at)
    show_anew(session, bundle, message.said_at)
    again = Bundle(relay.item_of(session, message.value).items)
    return cards.noted("中継待ちに戻しました", [item.name for item in bundle.items], again)


def _person(session: Session, message: Message) -> Person:
    person = person_of(session, message.account)
    if person is None:
        raise Refused("名簿にない方は、このボタンを使えません。")
    return person
