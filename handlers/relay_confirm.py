"""Confirmations (確認) that came by hand: one pasted reply, or all of them on one screen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import announcements, relay, replies
from bot.announcements import Acknowledgement, Announcement, Recipient, State
from bot.cards import announcements as notices
from bot.cards import relay as cards
from bot.cards import relay_forms as forms
from bot.chat import Card, Form, FormValue, Message, Refused, id_of
from bot.deliveries import Delivery, amend
from bot.directory import Municipality, Person, municipalities, person_of


def confirm(session: Session, message: Message) -> Card | Form | None:
    """「確認」の返信を入れる: pasted or ticked, looked through, saved at once."""
    announcement_id = id_of(message.value)
    if announcement_id is None:
        raise Refused("このお知らせは見つかりません。")
    announcement = announcements.locked(session, announcement_id)
    by = person_of(session, message.account)
    if by is None:
        raise Refused("名簿にない方は、このボタンを使えません。")
    towns = _open_towns(session, announcement, by)
    form = forms.confirm_form(message.value, announcement.title, towns)
    if message.values is None:
        return form
    if errors := form.wrong(message.values):
        return form.with_values(message.values, errors)
    found = _read(session, message.filled("pasted"), towns)
    ticked = set(message.chosen("towns"))
    chosen = [town for town in towns if town.code in ticked or town.code in found.towns]
    if not chosen:
        why = "市町を読み取れませんでした。下から選ぶか、貼り付けたものを確かめてください"
        return form.with_values(message.values, {"pasted": why})
    if not message.confirmed:
        return _looked_through(form, announcement, towns, chosen, found)
    for town in chosen:
        name = found.towns.get(town.code, "")
        _write(session, announcement, town, name, by, message.said_at)
    return cards.confirms_saved(message.value, len(chosen), announcement.title)


def _looked_through(
    form: Form,
    announcement: Announcement,
    towns: Sequence[Municipality],
    chosen: Sequence[Municipality],
    found: replies.Replies,
) -> Form:
    """The preview. What was read is ticked, and what nobody could read stays in the box."""
    known = tuple(town.code for town in chosen)
    left = [town.name for town in towns if town.code not in known]
    preview = forms.confirm_preview(
        announcement.title, [town.name for town in chosen], found.unread, left
    )
    values: dict[str, FormValue] = {"towns": known, "pasted": "\n".join(_kept(found))}
    return replace(form.with_values(values), preview=preview)


def _kept(found: replies.Replies) -> list[str]:
    """The names stand in the box still, so that what is saved says who confirmed."""
    named = [f"{name} 確認" for name in found.towns.values() if name]
    return [*named, *found.unread]


def _open_towns(session: Session, announcement: Announcement, by: Person) -> list[Municipality]:
    """The municipalities that have not confirmed yet, as far as this person may write it down for them."""
    if announcement.state != State.SENT or not announcement.wants_acknowledgement:
        raise Refused("このお知らせには、確認の返信は要りません。")
    said = set(
        session.scalars(
            select(Acknowledgement.municipality_code).where(
                Acknowledgement.announcement_id == announcement.id
            )
        )
    )
    found = [
        town
        for town in municipalities(session)
        if town.code in announcement.targets and relay.may_speak_for(by, town.code)
    ]
    if not found:
        raise Refused("このお知らせに、あなたが担当する市町はありません。")
    left = [town for town in found if town.code not in said]
    if not left:
        raise Refused("もうすべての市町が確認済みです。")
    return left


def _read(session: Session, text: str, towns: Sequence[Municipality]) -> replies.Replies:
    everybody = session.scalars(select(Person).where(Person.active, ~Person.shared))
    people: dict[str, list[str]] = {}
    ours: list[str] = []
    for person in everybody:
        if person.municipality_code is None:
            ours.append(person.name)
        elif person.confirmed:
            people.setdefault(person.municipality_code, []).append(person.name)
    names = {town.code: town.name for town in municipalities(session)}
    found = replies.read(text, names, people, ours)
    wanted = {town.code for town in towns}
    return replies.Replies(
        {code: name for code, name in found.towns.items() if code in wanted}, found.unread
    )


def _write(
    session: Session,
    announcement: Announcement,
    town: Municipality,
    name: str,
    by: Person,
    now: datetime,
) -> None:
    person = _recipient(session, announcement, town.code, name) or by
    shown = name or (person.name if person is not by else f"{town.name}の方")
    said = announcements.write_acknowledgement(
        session, announcement, town.code, person, shown, now, relayed_by=by
    )
    show_said(session, announcement, town.code, said, now)


def _recipient(session: Session, announcement: Announcement, code: str, name: str) -> Person | None:
    """Who of the municipality confirms: the one who is named, else the first who got it."""
    named = select(Person).where(
        Person.municipality_code == code, Person.name == name, Person.active
    )
    got = (
        select(Person)
        .join(Recipient, Recipient.person_id == Person.id)
        .where(Recipient.announcement_id == announcement.id, Recipient.municipality_code == code)
        .order_by(Recipient.id)
    )
    return (session.scalars(named).first() if name else None) or session.scalars(got).first()


def show_said(
    session: Session, announcement: Announcement, code: str, said: Acknowledgement, now: datetime
) -> list[Delivery]:
    """Bring the notices of this municipality into line with its confirmation; which ones those are."""
    card = notices.notice(announcement, said)
    rows = [
        row
        for row in announcements.rows_in(session, announcement, code)
        if row.card != card and not row.place.by_hand
    ]
    for row in rows:
        amend(session, row, card, now)
    return rows


def to_confirm(session: Session, person: Person) -> list[Announcement]:
    """What was sent to this person's municipality and nobody of it has confirmed, what was posted last first."""
    code = person.municipality_code or ""
    query = (
        select(Announcement)
        .where(
            Announcement.state == State.SENT,
            Announcement.wants_acknowledgement,
            Announcement.id.in_(
                select(Recipient.announcement_id).where(Recipient.municipality_code == code)
            ),
            Announcement.id.not_in(
                select(Acknowledgement.announcement_id).where(
                    Acknowledgement.municipality_code == code
                )
            ),
        )
        .order_by(Announcement.id.desc())
    )
    found = list(session.scalars(query))
    posted = [
        one for one in found if any(r.sent_at for r in announcements.rows_in(session, one, code))
    ]
    return posted or found


def confirm_one(
    session: Session, announcement: Announcement, person: Person, by: Person, now: datetime
) -> str:
    """One pasted 「確認」: for the announcement that was posted last. Its title."""
    announcements.locked(session, announcement.id)
    said = announcements.write_acknowledgement(
        session,
        announcement,
        person.municipality_code or "",
        person,
        person.name,
        now,
        relayed_by=by,
    )
    show_said(session, announcement, person.municipality_code or "", said, now)
    return announcement.title
