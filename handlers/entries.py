"""Entries that are published: found, archived and brought back, kept past their day, settled with their files."""

from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import unquote

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import history
from bot.cards import knowledge as cards
from bot.chat import Card, Form, Message, Refused, id_of
from bot.days import in_full
from bot.deliveries import Delivery, amend
from bot.directory import Person, person_of
from handlers import entry_forms
from knowledge import conflicts as clashes
from knowledge import drafts, store
from knowledge.diff import changed_fields, changes
from knowledge.store import ARCHIVED, PUBLISHED, Conflict, EntryVersion, StoredEntry

BEFORE_EXPIRY = timedelta(days=30)
MOST_FOUND = 5
AUTHORS = {
    store.PACK: "知識パックのファイル", store.IMPORT: "取り込んだファイル", store.COMMAND: "コマンド",
    "": "知識パックのファイル",
}  # fmt: skip
TURNED = {PUBLISHED: "公開に戻した", ARCHIVED: "公開をやめた"}
STATES = {PUBLISHED: "公開中", ARCHIVED: "公開をやめています"}


def find(session: Session, message: Message) -> Card | Form:
    """知識を直す: entries whose id, title or wordings hold these words, the ones that hold them whole first."""
    form = cards.find_form()
    if message.values is None:
        return form
    if errors := form.wrong(message.values):
        return form.with_values(message.values, errors)
    words = message.filled("words").split()
    found = [
        cards.Found(known.id, known.entry.title, known.entry.answer.split("\n", 1)[0])
        for known in store.published(session)
        if _holds(known, words)
    ]
    whole = message.filled("words")
    found.sort(key=lambda one: (one.entry_id != whole, one.title != whole, whole not in one.title))
    return cards.found(found[:MOST_FOUND])


def _holds(known: StoredEntry, words: list[str]) -> bool:
    text = "\n".join((known.id, known.entry.title, *known.entry.questions)).casefold()
    return all(word.casefold() in text for word in words)


def archive(session: Session, message: Message) -> Card:
    """公開をやめる; 「戻す」 takes it back."""
    person = _person(session, message)
    known = store.turn(session, message.value, ARCHIVED, person.id, message.said_at)
    return cards.archived(known.entry.title, known.id)


def unarchive(session: Session, message: Message) -> Card:
    person = _person(session, message)
    known = store.turn(session, message.value, PUBLISHED, person.id, message.said_at)
    return cards.unarchived(known.entry.title, known.id)


def extend(session: Session, message: Message) -> Card | Form | None:
    """期限をのばす: the same entry with a later last day, at once; whoever looks after it says it is true."""
    known = _entry(session, message)
    last = known.entry.valid_until
    if last is None:
        raise Refused("この項目には有効期限がありません。")
    form = cards.extend_form(known.id, known.entry.title, last.isoformat())
    if message.values is None:
        return form
    errors = form.wrong(message.values)
    if not errors and date.fromisoformat(message.filled("until")) <= last:
        errors = dict(cards.PAST_DAY)
    if errors:
        return form.with_values(message.values, errors)
    until = date.fromisoformat(message.filled("until"))
    person = _person(session, message)
    later = replace(known.entry, valid_until=until)
    store.write(session, later, known.version, person.id, message.said_at)
    said = cards.extended(known.entry.title, until, person.name)
    return None if _answered(session, known.id, last, said, message) else cards.done(said)


def let_end(session: Session, message: Message) -> Card | None:
    """期限どおり終える: nothing changes; it is known that somebody looked."""
    known = _entry(session, message)
    last = known.entry.valid_until
    if last is None:
        raise Refused("この項目には有効期限がありません。")
    person = _person(session, message)
    history.note(session, "entry", known.id, "let_end", person.id, message.said_at)
    said = cards.ends(last, person.name)
    return None if _answered(session, known.id, last, said, message) else cards.done(said)


def _answered(session: Session, entry_id: str, last: date, said: str, message: Message) -> bool:
    """The card that asked says what was decided; False where there is none."""
    asked = session.scalars(
        select(Delivery).where(
            Delivery.reason == f"expiry:{entry_id}", Delivery.occurrence == last.isoformat()
        )
    ).first()
    if asked is None:
        return False
    known = session.get_one(StoredEntry, entry_id)
    card = cards.still_true(known.entry.title, entry_id, last, said)
    if asked.card != card:
        amend(session, asked, card, message.said_at)
    return True


def use_file(session: Session, message: Message) -> Card:
    return _settle(session, message, from_file=True)


def keep_ours(session: Session, message: Message) -> Card:
    return _settle(session, message, from_file=False)


def _settle(session: Session, message: Message, *, from_file: bool) -> Card:
    person = _person(session, message)
    known = clashes.settle(
        session, id_of(message.value) or 0, person.id, message.said_at, from_file=from_file
    )
    return cards.settled(known.entry.title, from_file=from_file)


def whole(known: StoredEntry, *, office: bool) -> Card:
    """One entry for who looks after it."""
    is_published = known.state == PUBLISHED
    return cards.entry(
        entry_forms.told(known.entry),
        STATES[known.state],
        is_published=is_published,
        may_archive=office,
    )


def expiring(session: Session, today: date) -> Card:
    """期限の近い知識."""
    found = drafts.expiring(session, today, today + BEFORE_EXPIRY)
    return cards.expiring(
        [
            cards.Listed(
                f"{one.entry.title}（{in_full(one.expires_on) if one.expires_on else ''}まで・"
                f"{one.entry.owner or one.entry.field or cards.OFFICE}）",
                cards.entry_path("knowledge", one.id),
            )
            for one in found
        ]
    )


def versions(session: Session, value: str) -> Card:
    """`value`: an entry's id for all of its versions, id:2:3 for what changed between two."""
    entry_id, old, new = _versions_named(value)
    known = session.get(StoredEntry, entry_id)
    if known is None:
        raise Refused("この項目は見つかりません。")
    there = {one.version: one for one in store.versions(session, entry_id)}
    if old is None or new is None:
        return cards.versions(
            known.entry.title, entry_id, [_told(session, v, there) for v in there.values()]
        )
    if old not in there or new not in there:
        raise Refused("この版は見つかりません。")
    before, after = there[old], there[new]
    lines = changes(before.entry, after.entry)
    if before.state != after.state:
        lines.append(f"{STATES[before.state]} → {STATES[after.state]}")
    return cards.changed(after.entry.title, old, new, author_of(session, after.author), lines)


def _versions_named(value: str) -> tuple[str, int | None, int | None]:
    text = unquote(value)
    head, _, new = text.rpartition(":")
    entry_id, _, old = head.rpartition(":")
    if entry_id and id_of(old) is not None and id_of(new) is not None:
        return entry_id, id_of(old), id_of(new)
    return text, None, None


def _told(session: Session, one: EntryVersion, there: dict[int, EntryVersion]) -> cards.Version:
    before = there.get(one.version - 1)
    if before is None:
        what = "はじめの版"
    elif before.state != one.state:
        what = TURNED[one.state]
    else:
        what = "・".join(changed_fields(before.entry, one.entry)) or "変わったところなし"
    return cards.Version(one.version, one.at, author_of(session, one.author), what)


def author_of(session: Session, author: str) -> str:
    """A person's name, or what wrote it where it was no person."""
    if author in AUTHORS:
        return AUTHORS[author]
    person = session.get(Person, author)
    return person.name if person else author


def conflicts(session: Session) -> Card:
    """食い違い."""
    return cards.conflicts([_clash(session, one) for one in store.conflicts(session)])


def _clash(session: Session, one: Conflict) -> cards.Clash:
    known = session.get_one(StoredEntry, one.entry_id)
    differs = changes(known.entry, one.entry) if one.entry else []
    if known.state == ARCHIVED:
        differs.append("データベースでは公開をやめています")
    return cards.Clash(one.id, known.entry.title, one.origin, tuple(differs), one.entry is None)


def named(session: Session, value: str) -> StoredEntry:
    """The entry a button's, a look's or a form's value names."""
    keys = {value, unquote(value), version_named(value)[0]}
    found = session.scalars(
        select(StoredEntry).where(StoredEntry.id.in_(keys)).order_by(StoredEntry.id.desc())
    ).first()
    if found is None:
        raise Refused("この項目は見つかりません。")
    return found


def version_named(value: str) -> tuple[str, int | None]:
    """The entry and its version that a form was opened on: ehyogo-join@3."""
    entry_id, _, version = value.rpartition("@")
    return (entry_id, id_of(version)) if entry_id and id_of(version) else (value, None)


def _entry(session: Session, message: Message) -> StoredEntry:
    known = session.get(StoredEntry, message.value, with_for_update=True, populate_existing=True)
    if known is None or known.state != PUBLISHED:
        raise Refused("この項目は、いまは公開されていません。")
    return known


def _person(session: Session, message: Message) -> Person:
    person = person_of(session, message.account)
    if person is None:
        raise Refused("名簿にない方は、このボタンを使えません。")
    return person
