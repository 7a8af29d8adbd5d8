"""How a person stands to what a button is about. The table of buttons says which standings may press."""

import enum

from sqlalchemy.orm import Session

from bot.announcements import Announcement
from bot.chat import Account, Place
from bot.directory import Field, Person, Role, Room, room_at
from bot.focus import Held, Passed
from bot.questions import Question
from bot.relay import Bundle, may_carry
from bot.tickets import Ticket, Visibility
from knowledge.drafts import Draft
from knowledge.entries import Entry
from knowledge.store import Conflict, StoredEntry

Subject = (
    Ticket
    | Announcement
    | Question
    | Held
    | Passed
    | Draft
    | StoredEntry
    | Conflict
    | Bundle
    | None
)


class Standing(enum.Enum):
    """One person may stand in several ways to one thing."""

    ANYBODY = "anybody, a stranger too"
    LISTED = "in the directory"
    MUNICIPAL = "belongs to a municipality, or is a stranger who may"
    LIAISON = "any liaison"
    OFFICE = "the desk's office"
    APPROVER = "approves what the office sends"
    ASKED = "asked this question, or wrote these words"
    ASKER = "opened this consultation"
    SECTION_MATE = "same section of the asker's municipality, where the consultation lets them see"
    TOWN_MATE = "same municipality, where the consultation lets them see"
    OWNER = "answers this consultation"
    FIELD_LIAISON = "liaison of this consultation's field, unless only its owner handles it"
    TICKET_OFFICE = "the desk's office, unless only its owner handles this consultation"
    READER = "any liaison, unless only its owner handles this consultation"
    TAKER = "may become this consultation's owner"
    REGIONAL_LIAISON = "liaison of the asker's municipality"
    ADDRESSEE = "belongs to a municipality this announcement goes to"
    AUTHOR = "wrote this announcement or draft"
    OTHER_APPROVER = "approver who did not write this announcement"
    REVIEWER = "approver, or liaison of this draft's field, who did not write it"
    CARRIER = "carries by hand: the office, regional liaisons for their municipalities; of a post, who may carry it"
    ENTRY_LIAISON = "liaison of the field this entry belongs to or is looked after by"


DESK = frozenset(
    {Standing.OWNER, Standing.FIELD_LIAISON, Standing.REGIONAL_LIAISON, Standing.TICKET_OFFICE}
)
"""Works on a consultation."""
SEES = DESK | {Standing.ASKER, Standing.SECTION_MATE, Standing.TOWN_MATE, Standing.READER}
"""May read a consultation."""


class Where(enum.Enum):
    """Where a button works."""

    ANYWHERE = "anywhere"
    OWN_TALK = "where the desk talks with this person alone"
    DESK = (
        "the consultation's room, the regional room, or the own talk of a person of the prefecture"
    )
    OFFICE = "the office's room, or the own talk of a person of the prefecture"
    KNOWLEDGE = "the office's room, the field's room, or the own talk of a person of the prefecture"


def standings(account: Account, person: Person | None, subject: Subject) -> frozenset[Standing]:
    """All ways in which this account stands to the subject."""
    found = {Standing.ANYBODY}
    if isinstance(subject, Question | Held | Passed) and subject.account == account:
        found.add(Standing.ASKED)
    if person is None or person.municipality_code is not None:
        found.add(Standing.MUNICIPAL)
    if person is not None and person.confirmed:
        found.add(Standing.LISTED)
    if person is not None:
        found |= _by_role(person)
        if _carries(person, subject):
            found.add(Standing.CARRIER)
        if isinstance(subject, Ticket):
            found |= _to_ticket(person, subject)
        if isinstance(subject, Announcement):
            found |= _to_announcement(person, subject)
        if isinstance(subject, Draft):
            found |= _to_draft(person, subject)
        if isinstance(subject, StoredEntry) and _looks_after(person, subject.entry):
            found.add(Standing.ENTRY_LIAISON)
    return frozenset(found)


def _by_role(person: Person) -> set[Standing]:
    found: set[Standing] = set()
    if person.is_liaison:
        found.add(Standing.LIAISON)
    if person.has(Role.OFFICE):
        found.add(Standing.OFFICE)
    if person.has(Role.APPROVER):
        found.add(Standing.APPROVER)
    return found


def _carries(person: Person, subject: Subject) -> bool:
    if isinstance(subject, Bundle):
        return any(may_carry(person, item) for item in subject.items)
    return person.has(Role.OFFICE) or person.has(Role.REGIONAL)


def _to_ticket(person: Person, ticket: Ticket) -> set[Standing]:
    found: set[Standing] = set()
    same_town = person.confirmed and person.municipality_code == ticket.municipality_code
    if ticket.asker_id == person.id:
        found.add(Standing.ASKER)
    if same_town and ticket.visibility == Visibility.MUNICIPALITY:
        found.add(Standing.TOWN_MATE)
    if same_town and ticket.visibility != Visibility.SELF and person.section == ticket.section:
        found.add(Standing.SECTION_MATE)
    if ticket.owner_id == person.id:
        found.add(Standing.OWNER)
    of_field = bool(ticket.field_name and person.has(Role.FIELD, ticket.field_name))
    of_region = person.has(Role.REGIONAL, ticket.municipality_code)
    of_office = person.has(Role.OFFICE)
    if of_region:
        found.add(Standing.REGIONAL_LIAISON)
    if of_field or of_region or of_office:
        found.add(Standing.TAKER)
    if not ticket.confidential:
        open_to = (
            (of_field, Standing.FIELD_LIAISON),
            (of_office, Standing.TICKET_OFFICE),
            (person.is_liaison, Standing.READER),
        )
        found |= {standing for holds, standing in open_to if holds}
    return found


def _to_announcement(person: Person, announcement: Announcement) -> set[Standing]:
    found: set[Standing] = set()
    if person.confirmed and person.municipality_code in announcement.targets:
        found.add(Standing.ADDRESSEE)
    if announcement.author_id == person.id:
        found.add(Standing.AUTHOR)
    elif person.has(Role.APPROVER):
        found.add(Standing.OTHER_APPROVER)
    return found


def _to_draft(person: Person, draft: Draft) -> set[Standing]:
    if draft.author_id == person.id:
        return {Standing.AUTHOR}
    may = person.has(Role.APPROVER) or _looks_after(person, draft.entry)
    return {Standing.REVIEWER} if may else set()


def _looks_after(person: Person, entry: Entry) -> bool:
    return any(name and person.has(Role.FIELD, name) for name in (entry.field, entry.owner))


def is_here(
    session: Session, where: Where, place: Place, person: Person | None, subject: Subject
) -> bool:
    """Does a button that works `where` work at this place?"""
    if where is Where.ANYWHERE:
        return True
    room = room_at(session, place)
    if room is None:
        return where is Where.OWN_TALK or (person is not None and person.inside)
    if where in (Where.OFFICE, Where.KNOWLEDGE) and room.kind == "office":
        return True
    if where is Where.KNOWLEDGE and isinstance(subject, Draft | StoredEntry):
        return _is_room_of(session, room, subject.entry)
    if where is Where.DESK and isinstance(subject, Ticket):
        return room.kind in ("regional", "office") or room.id == subject.room_id
    return False


def _is_room_of(session: Session, room: Room, entry: Entry) -> bool:
    found = [session.get(Field, name) for name in (entry.field, entry.owner) if name]
    return any(field is not None and field.room_id == room.id for field in found)
