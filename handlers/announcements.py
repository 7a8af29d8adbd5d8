"""The office writes, a second person approves, municipalities acknowledge."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from bot import announcements, history
from bot.announcements import Announcement, State
from bot.cards import announcements as cards
from bot.chat import Card, Form, FormValue, Message, Refused, id_of
from bot.days import JST, day_of
from bot.deliveries import cancel, post, states_of
from bot.directory import Person, municipalities, person_of, regions, room_of_kind
from bot.telling.announcements import office_card, show_anew
from handlers.relay_confirm import show_said
from knowledge import announced


def announce(session: Session, message: Message) -> Card | Form:
    """お知らせを書く: the form, the preview with the number of recipients, then it waits for approval."""
    person = _person(session, message)
    form = cards.write_form(message.value, regions(session), municipalities(session))
    if message.values is None:
        return _filled_again(session, form, message)
    now = message.said_at
    errors = form.wrong(message.values) or _wrong(message, now)
    if errors:
        return form.with_values(message.values, errors)
    draft = _draft(session, message, person)
    found = announcements.recipients_of(session, draft.targets)
    if not message.confirmed:
        names = {town.code: town.name for town in municipalities(session)}
        preview = cards.preview(
            replace(cards.notice(draft), buttons=()),
            draft.audience,
            sum(len(people) for people in found.values()),
            [names[code] for code, people in found.items() if not people],
            cards.when_sent(draft.send_at),
        )
        return replace(form.with_values(message.values), preview=preview)
    _put_up(session, draft, message, person)
    return cards.put_up(draft)


def _filled_again(session: Session, form: Form, message: Message) -> Form:
    """The form; for one that was returned, with what stood in it."""
    if not message.value:
        return form
    old = announcements.locked(session, _id(message))
    if old.state != State.RETURNED:
        raise Refused(f"このお知らせは{old.state}です。書き直せるのは差し戻しのときです。")
    values: dict[str, FormValue] = {
        "title": old.title,
        "body": old.body,
        "audience": cards.TOWNS,
        "towns": tuple(old.targets),
        "answers_until": old.answers_until.isoformat() if old.answers_until else "",
        "acknowledge": "yes" if old.wants_acknowledgement else "no",
    }
    return form.with_values(values)


def _wrong(message: Message, now: datetime) -> dict[str, str]:
    audience = message.filled("audience")
    if audience == cards.REGIONS and not message.chosen("regions"):
        return {"regions": "圏域を1つ以上選んでください"}
    if audience == cards.EVERYBODY and (message.chosen("regions") or message.chosen("towns")):
        return {
            "audience": "圏域や市町を選んだときは、あて先も「圏域を選ぶ」「市町を選ぶ」にしてください"
        }
    if audience == cards.TOWNS and not message.chosen("towns"):
        return {"towns": "市町を1つ以上選んでください"}
    return _wrong_days(message, now)


def _wrong_days(message: Message, now: datetime) -> dict[str, str]:
    if message.filled("hour") and not message.filled("day"):
        return {"day": "時刻を書いたときは、送る日も選んでください"}
    send_at = _send_at(message)
    if send_at is not None and send_at < now:
        return {"day": "これからの日時にしてください"}
    until = _day(message, "answers_until")
    if until is not None and until < day_of(send_at or now):
        return {"answers_until": "送る日からあとの日付を選んでください"}
    return {}


def _send_at(message: Message) -> datetime | None:
    if not message.filled("day"):
        return None
    hour = int(message.filled("hour") or "9")
    day = date.fromisoformat(message.filled("day"))
    return datetime.combine(day, time(hour), JST).astimezone(UTC)


def _day(message: Message, name: str) -> date | None:
    return date.fromisoformat(message.filled(name)) if message.filled(name) else None


def _draft(session: Session, message: Message, person: Person) -> Announcement:
    towns = municipalities(session)
    audience = message.filled("audience")
    if audience == cards.REGIONS:
        chosen = set(message.chosen("regions"))
        targets = [t.code for t in towns if t.region in chosen]
        words = "・".join(r.name for r in regions(session) if r.name in chosen)
    elif audience == cards.TOWNS:
        chosen = set(message.chosen("towns"))
        targets = [t.code for t in towns if t.code in chosen]
        named = [t.name for t in towns if t.code in chosen]
        words = "・".join(named) if len(named) <= 5 else f"{named[0]}など{len(named)}市町"  # noqa: PLR2004  names that fit a line
    else:
        targets, words = [t.code for t in towns], f"全{len(towns)}市町"
    return Announcement(
        title=message.filled("title"),
        body=message.filled("body"),
        audience=words,
        targets=targets,
        wants_acknowledgement=message.filled("acknowledge") == "yes",
        send_at=_send_at(message),
        answers_until=_day(message, "answers_until"),
        state=State.WAITING,
        author_id=person.id,
        written_at=message.said_at,
    )


def _put_up(session: Session, draft: Announcement, message: Message, person: Person) -> None:
    """Store it and ask for approval in the office's room. A returned one is replaced by this one."""
    if message.value:
        old = announcements.locked(session, _id(message))
        announcements.cancel(session, old, person, message.said_at)
        show_anew(session, old, message.said_at)
    session.add(draft)
    session.flush()  # the card carries its id
    history.note(session, "announcement", draft.id, "written", person.id, message.said_at)
    room = room_of_kind(session, "office")
    if room is None:
        raise Refused("事務局の部屋が名簿にありません。名簿に加えてから、もう一度送ってください。")
    post(
        session,
        room.place,
        office_card(session, draft),
        message.said_at,
        reason=f"{draft.reason}:office",
    )


def approve(session: Session, message: Message) -> None:
    _decide(session, message, State.APPROVED)


def return_(session: Session, message: Message) -> None:
    _decide(session, message, State.RETURNED)


def _decide(session: Session, message: Message, to: State) -> None:
    announcement = announcements.locked(session, _id(message))
    person = _person(session, message)
    announcements.decide(session, announcement, person, to, message.said_at)
    show_anew(session, announcement, message.said_at)


def withdraw(session: Session, message: Message) -> None:
    """取り消す, before it went out."""
    announcement = announcements.locked(session, _id(message))
    person = _person(session, message)
    announcements.cancel(session, announcement, person, message.said_at)
    announced.forget(session, announcement, person.id, message.said_at)
    cancel(session, announcement.reason)
    show_anew(session, announcement, message.said_at)


def acknowledge(session: Session, message: Message) -> Card | Form | None:
    """確認しました: any one's counts for the municipality and names who; pressing again is harmless."""
    announcement = announcements.locked(session, _id(message))
    person = _person(session, message)
    name = person.name
    code = person.municipality_code or ""
    known = announcements.acknowledged_by(session, announcement.id, code)
    if person.shared and message.speaker:
        name = f"{message.speaker}（{person.name}）"
    elif person.shared and known is None:
        form = cards.name_form(announcement)
        if message.values is None:
            return form
        if errors := form.wrong(message.values):
            return form.with_values(message.values, errors)
        name = f"{message.filled('name')}（{person.name}）"
    said = announcements.acknowledge(session, announcement, person, name, message.said_at)
    rows = show_said(session, announcement, code, said, message.said_at)
    return None if rows else cards.notice(announcement, said)


def board(session: Session, announcement: Announcement) -> Card:
    by_hand = [r for r in states_of(session, announcement.reason).values() if r.place.by_hand]
    return cards.board(
        announcement, announcements.progress(session, announcement), relayed=bool(by_hand)
    )


def one(session: Session, announcement: Announcement) -> Card:
    """An announcement as the office sees it."""
    return office_card(session, announcement)


def office_list(session: Session) -> Card:
    return cards.listed(
        "お知らせの一覧", announcements.recent(session), "まだお知らせはありません。"
    )


def waiting_list(session: Session) -> Card:
    found = [a for a in announcements.recent(session, 100) if a.state == State.WAITING]
    return cards.listed("承認を待つもの", found, "承認を待つお知らせはありません。")


def notices(session: Session, person: Person | None) -> Card:
    return cards.notices(announcements.to_acknowledge(session, person) if person else [])


def _id(message: Message) -> int:
    found = id_of(message.value)
    if found is None:
        raise Refused("このお知らせは見つかりません。")
    return found


def _person(session: Session, message: Message) -> Person:
    person = person_of(session, message.account)
    if person is None:
        raise Refused("名簿にない方は、このボタンを使えません。")
    return person
