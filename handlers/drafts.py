"""Knowledge written by people: a draft, a second person who reads it, and then it answers."""

from sqlalchemy.orm import Session

from bot import guard, tickets
from bot.cards import drafts as cards
from bot.cards.knowledge import Listed
from bot.chat import Card, Form, FormValue, Message, Refused, Tone, id_of
from bot.days import day_of, fiscal_year
from bot.deliveries import amend, post, said_for
from bot.directory import Field as DeskField
from bot.directory import Person, fields, person_of, room_of_kind
from bot.tickets import Line, Status, Ticket
from handlers import entries, entry_forms
from knowledge import drafts, pieces
from knowledge.diff import changes
from knowledge.drafts import Draft, State
from knowledge.entries import Entry
from knowledge.files import UNREGISTERED
from knowledge.store import StoredEntry

TONES: dict[str, Tone] = {
    State.DRAFT: "wait", State.REVIEW: "warn", State.RETURNED: "warn", State.PUBLISHED: "done",
    State.WITHDRAWN: "off",
}  # fmt: skip

REVIEWED: dict[str, str] = {State.RETURNED: "差し戻した人", State.PUBLISHED: "確かめた人"}
"""What the second person did, where he has done it: in any other state nobody has, or not with this text."""


def write(session: Session, message: Message) -> Card | Form:
    """知識を書く: a new entry as a draft."""
    return _write_new(session, message, "write", "知識を書く", {}, "chat")


def faq(session: Session, message: Message) -> Card | Form:
    """FAQにする: a new entry from a consultation that was answered. The municipality is not in it."""
    ticket = tickets.locked(session, id_of(message.value) or 0)
    if ticket.confidential:
        raise Refused("担当だけで扱う相談は、FAQにできません。")
    if ticket.status not in (Status.ANSWERED, Status.CLOSED):
        raise Refused(f"{ticket.number}は{ticket.status}です。答えてからFAQにしてください。")
    at = f"ticket:{ticket.id}"
    return _write_new(session, message, "faq", "FAQにする", _from_ticket(session, ticket), at)


def _from_ticket(session: Session, ticket: Ticket) -> dict[str, FormValue]:
    """Numbers of people are masked; names are for who writes it to take out, and the form says so."""
    said = [
        line for line in tickets.lines(session, ticket, inside=False)
        if line.kind in (Line.REPLY, Line.TOLD)
    ]  # fmt: skip
    answer = said[-1].text if said else ""
    asked = [ticket.subject, *(line.strip() for line in ticket.body.split("\n"))]
    wordings = dict.fromkeys(text for text in asked if text)
    answered = day_of(ticket.replied_at or ticket.opened_at)
    values = {
        "title": ticket.subject,
        "answer": answer[: cards.ANSWER_LIMIT],
        "questions": "\n".join(wordings)[: cards.QUESTIONS_LIMIT],
        "field": ticket.field_name or "",
        "year": str(fiscal_year(answered)),
        "sources": f"市町からの相談への回答||{answered.isoformat()}",
    }
    return {
        name: guard.masked(text) if name != "sources" else text for name, text in values.items()
    }


def _write_new(
    session: Session,
    message: Message,
    action: str,
    title: str,
    filled: dict[str, FormValue],
    origin: str,
) -> Card | Form:
    form = cards.entry_form(action, message.value, title, _fields(session), with_id=True)
    if message.values is None:
        return form.with_values(filled)
    errors = {**form.wrong(message.values), **entry_forms.wrong(message)}
    if not errors and session.get(StoredEntry, message.filled("id")) is not None:
        errors = dict(cards.TAKEN_ID)
    if errors:
        return form.with_values(message.values, errors)
    key = message.filled("id") or drafts.id_for(session, message.filled("title"))
    entry = entry_forms.read(message, Entry(key, "", (), ""))
    return _put_up(session, entry, 0, message, origin)


def edit(session: Session, message: Message) -> Card | Form:
    """直す: the form with what stands in the entry; a draft of its next version."""
    known = entries.named(session, message.value)
    _, opened_on = entries.version_named(message.value)
    at = f"{known.id}@{opened_on or known.version}"
    form = cards.entry_form("edit", at, "知識を直す", _fields(session), with_id=False)
    if message.values is None:
        return form.with_values(entry_forms.values_of(known.entry))
    errors = {**form.wrong(message.values), **entry_forms.wrong(message)}
    entry = entry_forms.read(message, known.entry) if not errors else known.entry
    if not errors and entry == known.entry:
        errors = dict(cards.NO_CHANGE)
    if errors:
        return form.with_values(message.values, errors)
    return _put_up(session, entry, opened_on or known.version, message, "chat")


def rewrite(session: Session, message: Message) -> Card | Form:
    """書き直す: one's own draft again, with what stood in it."""
    draft, person = _draft_and_person(session, message)
    form = cards.entry_form(
        "rewrite", str(draft.id), "下書きを書き直す", _fields(session), with_id=draft.base == 0
    )
    if message.values is None:
        if draft.state not in drafts.OPEN:
            raise Refused(f"この下書きは{draft.state}です。もう変えられません。")
        return form.with_values(entry_forms.values_of(draft.entry))
    errors = {**form.wrong(message.values), **entry_forms.wrong(message)}
    key = message.filled("id") if draft.base == 0 else draft.entry_id
    if not errors and draft.base == 0 and key and session.get(StoredEntry, key) is not None:
        errors = dict(cards.TAKEN_ID)
    if errors:
        return form.with_values(message.values, errors)
    known = session.get(StoredEntry, draft.entry_id) if draft.base else None
    old = draft.entry if draft.base else Entry(key or draft.entry_id, "", (), "")
    entry, base = entry_forms.read(message, old), known.version if known else 0
    drafts.rewrite(session, draft, entry, base, person, message.said_at)
    show_anew(session, draft, message)
    return cards.drafted(draft.entry.title, draft.id, drafts.missing_in(session, draft))


def from_document(session: Session, message: Message) -> Card | Form:
    """文書から下書き: up to ten drafts from pasted text, with what must be checked marked."""
    form = cards.from_document_form()
    if message.values is None:
        return form
    errors = form.wrong(message.values)
    found, more = pieces.pieces_of(message.filled("text"))
    if errors or not found:
        return form.with_values(message.values, errors or cards.NO_TEXT)
    today = day_of(message.said_at)
    listed: list[tuple[Listed, str]] = []
    for piece in found:
        entry = Entry(
            drafts.id_for(session, piece.title),
            piece.title,
            pieces.wordings_of(piece.title),
            piece.body,
            fiscal_year=fiscal_year(today),
            sources=(UNREGISTERED,),
        )
        draft = _new_draft(session, entry, 0, message, "document")
        line = Listed(piece.title, f"/view/draft/{draft.id}")
        listed.append((line, "・".join(piece.found)))
    return cards.split(listed, more)


def _put_up(session: Session, entry: Entry, base: int, message: Message, origin: str) -> Card:
    draft = _new_draft(session, entry, base, message, origin)
    return cards.drafted(entry.title, draft.id, drafts.missing_in(session, draft))


def _new_draft(session: Session, entry: Entry, base: int, message: Message, origin: str) -> Draft:
    """Store it and show it in the office's room."""
    draft = drafts.write(session, entry, base, _person(session, message), origin, message.said_at)
    room = room_of_kind(session, "office")
    if room is None:
        raise Refused("事務局の部屋が名簿にありません。名簿に加えてから、もう一度お試しください。")
    post(
        session,
        room.place,
        card_of(session, draft),
        message.said_at,
        reason=draft.reason,
        recipient="office",
    )
    return draft


def review(session: Session, message: Message) -> None:
    """確認を頼む: shown in the field's room too, whose liaison may publish it."""
    draft, person = _draft_and_person(session, message)
    drafts.ask_for_review(session, draft, person, message.said_at)
    field = session.get(DeskField, draft.entry.field or "")
    if field is not None:
        post(
            session,
            field.room.place,
            card_of(session, draft),
            message.said_at,
            reason=draft.reason,
            recipient=f"field:{field.name}",
        )
    show_anew(session, draft, message)


def publish(session: Session, message: Message) -> None:
    draft, person = _draft_and_person(session, message)
    read = message.value.partition(":")[2]
    drafts.publish(session, draft, person, message.said_at, read=read)
    _decided(session, draft, person, message)


def send_back(session: Session, message: Message) -> None:
    draft, person = _draft_and_person(session, message)
    drafts.send_back(session, draft, person, message.said_at)
    _decided(session, draft, person, message)


def drop(session: Session, message: Message) -> None:
    draft, person = _draft_and_person(session, message)
    drafts.withdraw(session, draft, person, message.said_at)
    show_anew(session, draft, message)


def _decided(session: Session, draft: Draft, by: Person, message: Message) -> None:
    """The cards are brought up to date, and the author hears of it."""
    show_anew(session, draft, message)
    if not draft.author.accounts:
        return
    is_published = draft.state == State.PUBLISHED
    post(
        session,
        draft.author.accounts[0].talk,
        cards.decided(
            draft.entry.title, draft.id, draft.entry_id, by.name, is_published=is_published
        ),
        message.said_at,
        reason=f"{draft.reason}:decided",
        occurrence=str(message.said_at.timestamp()),
    )


def show_anew(session: Session, draft: Draft, message: Message) -> None:
    """Bring the cards in the rooms into line with the draft."""
    session.flush()
    card = card_of(session, draft)
    names = ("office", *(f"field:{field.name}" for field in fields(session)))
    for recipient in names:
        row = said_for(session, draft.reason, recipient)
        if row is not None and row.card != card:
            amend(session, row, card, message.said_at)


def card_of(session: Session, draft: Draft) -> Card:
    known = session.get(StoredEntry, draft.entry_id) if draft.base else None
    is_open = draft.state in drafts.OPEN
    waits = draft.state in (State.DRAFT, State.RETURNED)
    missing = drafts.missing_in(session, draft) if is_open else ""
    differs = changes(known.entry, draft.entry) if known is not None and is_open else []
    return cards.draft(
        cards.Drafted(
            draft.id,
            draft.text,
            entry_forms.told(draft.entry),
            draft.state,
            TONES[draft.state],
            draft.author.name,
            draft.reviewer.name if draft.reviewer and draft.state in REVIEWED else "",
            REVIEWED.get(draft.state, ""),
            tuple(differs),
            missing,
            is_new=draft.base == 0,
            may_change=is_open,
            may_ask=waits and not missing,
            may_decide=draft.state == State.REVIEW,
        )
    )


def listing(session: Session) -> Card:
    """知識の下書き: what waits for a second person first."""
    return cards.drafts(
        [
            Listed(
                f"{draft.entry.title}（{draft.state}・{draft.author.name}）",
                f"/view/draft/{draft.id}",
            )
            for draft in drafts.waiting(session)
        ]
    )


def _fields(session: Session) -> list[str]:
    return [field.name for field in fields(session)]


def _draft_and_person(session: Session, message: Message) -> tuple[Draft, Person]:
    draft_id = id_of(message.value.partition(":")[0])
    return drafts.locked(session, draft_id or 0), _person(session, message)


def _person(session: Session, message: Message) -> Person:
    person = person_of(session, message.account)
    if person is None:
        raise Refused("名簿にない方は、このボタンを使えません。")
    return person
