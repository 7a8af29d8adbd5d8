"""Everything a person can press or look at, who may, and where: one table a reader can see."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from bot import announcements as announced
from bot import relay as carried
from bot import tickets as consultations
from bot.announcements import Announcement
from bot.chat import Card, Form, Message, Refused, id_of
from bot.days import day_of
from bot.directory import Person, Role
from bot.focus import Held, Passed
from bot.questions import Opinion
from bot.relay import Bundle
from bot.tickets import Ticket
from handlers import (
    announcements,
    ask,
    caution,
    drafts,
    entries,
    forms,
    pages,
    relay,
    relay_confirm,
    relay_paste,
    small_talk,
    sources,
    synonyms,
    threadless,
    tickets,
    why,
    wordings,
)
from handlers.standing import DESK, SEES, Standing, Subject, Where
from knowledge.drafts import Draft
from knowledge.library import Library
from knowledge.store import Conflict, StoredEntry

Handler = Callable[[Session, Message], Card | Form | None]
Find = Callable[[Session, str], Subject]
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Button:
    """`about` finds what the button's value names. `menu`: its label in the menu of who may press it.
    `sorry`: said to who may not, where the usual sentence does not help."""

    handle: Handler
    who: frozenset[Standing]
    where: Where = Where.ANYWHERE
    about: Find | None = None
    menu: str = ""
    sorry: str = ""


@dataclass(frozen=True)
class Look:
    """A list or a board: shown, never an event. `see` gets session, person, subject and value."""

    see: Callable[[Session, Person | None, Subject, str], Card]
    who: frozenset[Standing]
    about: Find | None = None
    menu: str = ""


def _may(*who: Standing) -> frozenset[Standing]:
    return frozenset(who)


def _ticket(session: Session, value: str) -> Ticket:
    ticket_id = id_of(value)
    found = session.get(Ticket, ticket_id) if ticket_id is not None else None
    if found is None:
        raise Refused("この相談は見つかりません。")
    return found


def _announcement(session: Session, value: str) -> Announcement:
    announcement_id = id_of(value)
    found = session.get(Announcement, announcement_id) if announcement_id is not None else None
    if found is None:
        raise Refused("このお知らせは見つかりません。")
    return found


def _draft(session: Session, value: str) -> Draft:
    draft_id = id_of(value.partition(":")[0])
    found = session.get(Draft, draft_id) if draft_id is not None else None
    if found is None:
        raise Refused("この下書きは見つかりません。")
    return found


def _conflict(session: Session, value: str) -> Conflict:
    conflict_id = id_of(value)
    found = session.get(Conflict, conflict_id) if conflict_id is not None else None
    if found is None:
        raise Refused("この食い違いは見つかりません。")
    return found


def _held(session: Session, value: str) -> Held:
    held_id = id_of(value.partition(":")[0])
    found = session.get(Held, held_id) if held_id is not None else None
    if found is None:
        raise Refused(threadless.GONE)
    return found


def _ticket_of_files(session: Session, value: str) -> Ticket:
    """The consultation that files were sent to."""
    return _ticket(session, _held(session, value).tickets[0])


def _passed(session: Session, value: str) -> Passed:
    passed_id = id_of(value)
    found = session.get(Passed, passed_id) if passed_id is not None else None
    if found is None:
        raise Refused(threadless.GONE)
    return found


def _question_picked_from(session: Session, value: str) -> Subject:
    return ask.question_of(session, value.partition(":")[0])


def _maybe_announcement(session: Session, value: str) -> Subject:
    return _announcement(session, value) if value else None


ANYBODY = _may(Standing.ANYBODY)
ASKED = _may(Standing.ASKED)
OFFICE = _may(Standing.OFFICE)
KEEPERS = _may(Standing.OFFICE, Standing.ENTRY_LIAISON)
CARRIER = _may(Standing.CARRIER)
WRITERS = _may(Standing.OFFICE, Standing.LIAISON)


def buttons(library: Library, page: str) -> Mapping[str, Button]:
    """The table, with what handlers need bound to them. `page`: the address of the desk's page."""

    def reads(handler: Callable[[Session, Message, Library], Card | Form | None]) -> Handler:
        return lambda session, message: handler(session, message, library)

    desk, talk, office = Where.DESK, Where.OWN_TALK, Where.OFFICE
    return {
        "entry": Button(reads(ask.read_entry), ANYBODY),
        "pick": Button(reads(ask.pick), ASKED, about=_question_picked_from),
        "none": Button(reads(ask.none_of_these), ASKED, about=ask.question_of),
        "solved": Button(reads(ask.opinion(Opinion.SOLVED)), ASKED, about=ask.question_of),
        "different": Button(reads(ask.opinion(Opinion.DIFFERENT)), ASKED, about=ask.question_of),
        "outdated": Button(reads(ask.opinion(Opinion.OUTDATED)), ASKED, about=ask.question_of),
        "why": Button(reads(why.why), ASKED, about=ask.question_of),
        "copy": Button(reads(ask.copy), ANYBODY),
        "wordings_accept": Button(wordings.accept_all, OFFICE, office),
        "wordings_each": Button(wordings.one_by_one, OFFICE, office),
        "wordings_later": Button(wordings.later, OFFICE, office),
        "wordings_undo": Button(wordings.undo_all, OFFICE, office),
        "wording_accept": Button(wordings.accept, OFFICE, office),
        "wording_decline": Button(wordings.decline, OFFICE, office),
        "wording_undo": Button(wordings.undo, OFFICE, office),
        "set_caution": Button(caution.set_caution, OFFICE, office),
        "undo_caution": Button(caution.undo, OFFICE, office),
        "synonyms_add": Button(reads(synonyms.add), OFFICE, office, menu="言い換えを足す"),
        "synonyms_remove": Button(synonyms.remove, OFFICE, office),
        "synonyms_restore": Button(reads(synonyms.restore), OFFICE, office),
        "help": Button(small_talk.help_me, ANYBODY),
        "form": Button(forms.open_again, ANYBODY),
        "page": Button(
            partial(pages.open_page, page=page),
            _may(Standing.LISTED),
            menu="ページを開く",
            sorry=pages.FOR_LISTED,
        ),
        "shut_pages": Button(pages.shut_pages, _may(Standing.LISTED), talk),
        "consult": Button(reads(tickets.consult), _may(Standing.MUNICIPAL), menu="相談する"),
        "consult_send": Button(reads(tickets.consult_send), _may(Standing.MUNICIPAL)),
        "solve": Button(tickets.solve, _may(Standing.ASKER), talk, _ticket),
        "take": Button(tickets.take, _may(Standing.TAKER), desk, _ticket),
        "reply": Button(tickets.reply, DESK, desk, _ticket),
        "told": Button(tickets.told, DESK, desk, _ticket),
        "move": Button(tickets.move, DESK, desk, _ticket),
        "close": Button(tickets.close, DESK, desk, _ticket),
        "announce": Button(
            announcements.announce, OFFICE, office, _maybe_announcement, menu="お知らせを書く"
        ),
        "approve": Button(
            announcements.approve, _may(Standing.OTHER_APPROVER), office, _announcement
        ),
        "return": Button(
            announcements.return_, _may(Standing.OTHER_APPROVER), office, _announcement
        ),
        "withdraw": Button(
            announcements.withdraw, _may(Standing.OFFICE, Standing.AUTHOR), office, _announcement
        ),
        "acknowledge": Button(
            announcements.acknowledge, _may(Standing.ADDRESSEE), talk, _announcement
        ),
        **_threadless(),
        **_knowledge(),
        **_relay(reads),
    }


def _relay(
    reads: Callable[[Callable[[Session, Message, Library], Card | Form | None]], Handler],
) -> Mapping[str, Button]:
    """What people carry by hand, into talks that no process reaches and out of them."""
    office, one, text = Where.OFFICE, carried.item_of, carried.bundle_of
    return {
        "relay_posted": Button(relay.posted, CARRIER, office, one),
        "relay_mailed": Button(relay.mailed, CARRIER, office, one),
        "relay_undo": Button(relay.undo, CARRIER, office, one),
        "relay_all": Button(relay.all_posted, CARRIER, office, text),
        "relay_drop": Button(relay.drop, CARRIER, office, text),
        "relay_paste": Button(
            reads(relay_paste.paste), CARRIER, office, menu="届いた言葉を貼り付ける"
        ),
        "relay_consult": Button(reads(relay_paste.consult), CARRIER, office),
        "relay_confirm": Button(relay_confirm.confirm, CARRIER, office, _announcement),
    }


def _threadless() -> Mapping[str, Button]:
    """Where a chat has no threads: to which consultation words belong."""
    talk = Where.OWN_TALK
    return {
        "write_on": Button(threadless.write_on, _may(Standing.ASKER), talk, _ticket),
        "words_for": Button(threadless.words_for, ASKED, about=_held),
        "pass_file": Button(threadless.pass_file, DESK, Where.DESK, _ticket_of_files),
        "words_new": Button(threadless.words_new, ASKED, talk, _held),
        "new_question": Button(threadless.new_question, ASKED, talk, _passed),
    }


def _knowledge() -> Mapping[str, Button]:
    """What is written and kept: a second person publishes what somebody wrote."""
    here, office = Where.KNOWLEDGE, Where.OFFICE
    author, reader = _may(Standing.AUTHOR), _may(Standing.REVIEWER)
    return {
        "write": Button(drafts.write, OFFICE, office, menu="知識を書く"),
        "find": Button(entries.find, WRITERS, menu="知識を直す"),
        "from_document": Button(drafts.from_document, OFFICE, office, menu="文書から下書き"),
        "faq": Button(drafts.faq, DESK, Where.DESK, _ticket),
        "rewrite": Button(drafts.rewrite, author, here, _draft),
        "review": Button(drafts.review, author, Where.ANYWHERE, _draft),
        "drop": Button(drafts.drop, author | OFFICE, here, _draft),
        "publish": Button(drafts.publish, reader, here, _draft),
        "send_back": Button(drafts.send_back, reader, here, _draft),
        "edit": Button(drafts.edit, KEEPERS, here, entries.named),
        "archive": Button(entries.archive, OFFICE, here, entries.named),
        "unarchive": Button(entries.unarchive, OFFICE, here, entries.named),
        "extend": Button(entries.extend, KEEPERS, here, entries.named),
        "let_end": Button(entries.let_end, KEEPERS, here, entries.named),
        "use_file": Button(entries.use_file, OFFICE, office, _conflict),
        "keep_ours": Button(entries.keep_ours, OFFICE, office, _conflict),
    }


def looks(library: Library, files: sources.Files, clock: Clock) -> Mapping[str, Look]:
    """What can be looked at without saying anything."""
    return {
        "tickets": Look(
            lambda session, person, _about, _value: tickets.own_list(session, person),
            _may(Standing.MUNICIPAL),
            menu="わたしと課の相談",
        ),
        "ticket": Look(_see_ticket, SEES, _ticket),
        "queue": Look(_see_queue, _may(Standing.LIAISON), menu="わたしの担当"),
        "notices": Look(
            lambda session, person, _about, _value: announcements.notices(session, person),
            _may(Standing.MUNICIPAL),
            menu="確認が必要なお知らせ",
        ),
        "waiting": Look(
            lambda session, _person, _about, _value: announcements.waiting_list(session),
            _may(Standing.APPROVER),
            menu="承認を待つもの",
        ),
        "announcements": Look(
            lambda session, _person, _about, _value: announcements.office_list(session),
            OFFICE,
            menu="お知らせの一覧",
        ),
        "announcement": Look(_see_announcement, OFFICE, _announcement),
        "board": Look(_see_board, OFFICE, _announcement),
        "wordings": Look(
            lambda session, _person, _about, _value: wordings.see(session),
            OFFICE,
            menu="学んだ言い方",
        ),
        "caution": Look(
            lambda session, _person, _about, _value: caution.see(session, clock()),
            OFFICE,
            menu="慎重さ",
        ),
        "synonyms": Look(
            lambda session, _person, _about, _value: synonyms.see(session, library),
            OFFICE,
            menu="言い換え",
        ),
        "relay": Look(
            lambda session, person, _about, _value: relay.inbox(session, person, clock()),
            CARRIER | _may(Standing.LIAISON),
            menu="中継箱",
        ),
        "relay_text": Look(partial(_see_relay, clock=clock), CARRIER, carried.bundle_of),
        "relay_mail": Look(_see_mail, CARRIER, carried.bundle_of),
        "source": Look(partial(sources.see, library=library, files=files), ANYBODY),
        "drafts": Look(
            lambda session, _person, _about, _value: drafts.listing(session),
            WRITERS,
            menu="知識の下書き",
        ),
        "draft": Look(_see_draft, _may(Standing.AUTHOR, Standing.REVIEWER) | OFFICE, _draft),
        "expiring": Look(
            lambda session, _person, _about, _value: entries.expiring(session, day_of(clock())),
            WRITERS,
            menu="期限の近い知識",
        ),
        "conflicts": Look(
            lambda session, _person, _about, _value: entries.conflicts(session),
            OFFICE,
            menu="食い違い",
        ),
        "knowledge": Look(_see_entry, WRITERS, entries.named),
        "versions": Look(
            lambda session, _person, _about, value: entries.versions(session, value), WRITERS
        ),
    }


def _see_ticket(session: Session, person: Person | None, about: Subject, _value: str) -> Card:
    assert isinstance(about, consultations.Ticket)  # noqa: S101  the row's `about` finds nothing else
    return tickets.whole(session, person, about)


def _see_queue(session: Session, person: Person | None, _about: Subject, _value: str) -> Card:
    if person is None:
        raise Refused("名簿にない方は見られません。")
    return tickets.queue(session, person)


def _see_announcement(
    session: Session, _person: Person | None, about: Subject, _value: str
) -> Card:
    assert isinstance(about, announced.Announcement)  # noqa: S101  the row's `about` finds nothing else
    return announcements.one(session, about)


def _see_board(session: Session, _person: Person | None, about: Subject, _value: str) -> Card:
    assert isinstance(about, announced.Announcement)  # noqa: S101  the row's `about` finds nothing else
    return announcements.board(session, about)


def _see_relay(
    _session: Session, person: Person | None, about: Subject, _value: str, *, clock: Clock
) -> Card:
    assert isinstance(about, Bundle)  # noqa: S101  the row's `about` finds nothing else
    return relay.text(person, about, clock())


def _see_mail(_session: Session, person: Person | None, about: Subject, _value: str) -> Card:
    assert isinstance(about, Bundle)  # noqa: S101  the row's `about` finds nothing else
    return relay.mail(person, about)


def _see_draft(session: Session, _person: Person | None, about: Subject, _value: str) -> Card:
    assert isinstance(about, Draft)  # noqa: S101  the row's `about` finds nothing else
    return drafts.card_of(session, about)


def _see_entry(_session: Session, person: Person | None, about: Subject, _value: str) -> Card:
    assert isinstance(about, StoredEntry)  # noqa: S101  the row's `about` finds nothing else
    return entries.whole(about, office=bool(person and person.has(Role.OFFICE)))
