"""Was anything lost, or done twice? What is to be seen at the end of what people sent."""

from collections import Counter
from collections.abc import Callable

from bot.announcements import Announcement
from bot.announcements import State as Notice
from bot.deliveries import State as Sending
from bot.inbox import State as Inbox
from bot.tickets import Line
from tests.chaos.book import Book, PageBook
from tests.chaos.plan import Sent, Tally


def _form(book: Book, sent: Sent) -> bool:
    """A form that is open or was sent off, opened by this event or taken up by a later one of its kind."""
    known = {s.event_id for s in book.sent if (s.who, s.about) == (sent.who, sent.about)}
    return book.shows_form(sent) and any(
        form.account.user == book.user_of(sent.who)
        and f"{form.form.action}:{form.form.value}" == sent.about
        and form.event_id in known
        for form in book.forms
    )


def _ticket(book: Book, sent: Sent) -> bool:
    """A consultation with its card at the asker's and in the room."""
    found = [ticket for ticket in book.tickets if sent.mark in ticket.subject]
    return len(found) == 1 and book.all_stand(f"ticket:{found[0].id}", "asker", "desk")


def _memo(book: Book, sent: Sent) -> bool:
    """The words themselves, in the thread and in the consultation."""
    return book.shows_own_words(sent) and _line(book, sent, Line.MEMO, posts=1)


def _reply(book: Book, sent: Sent) -> bool:
    """The letter in the thread and the same at the asker's."""
    return _line(book, sent, Line.REPLY, posts=2)


def _line(book: Book, sent: Sent, kind: Line, *, posts: int) -> bool:
    lines = [line.kind for line in book.lines if sent.mark in line.text]
    return lines == [kind] and book.read_with(sent.mark) == posts


def _opinion(book: Book, sent: Sent) -> bool:
    """The word kept once, and the answer's card says so."""
    opinion = sent.button.split(":")[0]
    said = (sent.about, book.user_of(sent.who), opinion)
    kept = [
        one
        for one in book.opinions
        if (str(one.question_id), one.account.user, one.opinion) == said
    ]
    rows = book.by_reason[book.questions[int(sent.about)].event_id]
    return len(kept) == 1 and any(row.card.note and book.stands(row) for row in rows)


def _take(book: Book, sent: Sent) -> bool:
    """A line in the thread for each press that counted."""
    name = book.people[sent.who].name
    return book.said_in(sent.about, f"{name}さんが担当になりました") == book.alike(sent)


def _close(book: Book, sent: Sent) -> bool:
    """A line in the thread for each press that counted."""
    name = book.people[sent.who].name
    return book.said_in(sent.about, f"{name}さんが完了にしました") == book.alike(sent)


def _solve(book: Book, sent: Sent) -> bool:
    """A line in the thread for each press that counted."""
    title = "相談した人が「解決した」を押しました"
    return book.said_in(sent.about, title) == book.alike(sent)


def _announcement(book: Book, sent: Sent) -> bool:
    """The announcement, and its card in the office's room."""
    found = [one for one in book.announcements if sent.mark in one.title]
    return len(found) == 1 and _in_office(book, found[0])


def _in_office(book: Book, one: Announcement) -> bool:
    return [book.stands(row) for row in book.by_reason[f"{one.reason}:office"]] == [True]


def _approve(book: Book, sent: Sent) -> bool:
    """The announcement is out by this approver, and its card in the office's room says so."""
    [one] = [one for one in book.announcements if str(one.id) == sent.about]
    out = (one.state, one.approver_id) == (Notice.SENT, sent.who)
    return out and book.alike(sent) == 1 and _in_office(book, one)


def _acknowledge(book: Book, sent: Sent) -> bool:
    """One acknowledgement of the municipality, and the notice says so."""
    town = book.people[sent.who].municipality_code
    said = [(str(one.announcement_id), one.municipality_code) for one in book.said]
    rows = [
        row for row in book.by_reason[f"announcement:{sent.about}"] if row.recipient == sent.who
    ]
    shown = [row.card.note != "" and book.stands(row) for row in rows]
    return said.count((sent.about, str(town))) == 1 and shown == [True]


def _came(book: Book, sent: Sent) -> bool:
    """The words in the asker's own place, and as a card in the working thread."""
    return _line(book, sent, Line.CAME, posts=2)


ANSWERED = {"question", "words", "announcement"}
"""Kinds of event that are answered with a card of their own right there."""

MAY_BE_ANSWERED = {"acknowledge"}  # when a colleague of the municipality was faster

EFFECTS: dict[str, Callable[[Book, Sent], bool]] = {
    "words": _came,
    "form": _form,
    "ticket": _ticket,
    "memo": _memo,
    "reply": _reply,
    "opinion": _opinion,
    "take": _take,
    "close": _close,
    "solve": _solve,
    "announcement": _announcement,
    "approve": _approve,
    "acknowledge": _acknowledge,
}
"""What is to be seen of each kind of event beside or in place of a card of its own."""


def check_inbox(book: Book, tally: Tally) -> None:
    """Each event that is stored was sent, and has been ended."""
    known = {sent.event_id for sent in book.sent}
    for arrival in book.every_arrival:
        if arrival.state != Inbox.DONE:
            tally.blame(f"inbox {arrival.id} is {arrival.state}: {arrival.event_id}")
        elif arrival.event_id not in known:
            tally.blame(f"inbox {arrival.id} was never sent: {arrival.event_id}")


def check_events(book: Book, tally: Tally) -> None:
    """Each stored event has one visible end; of one that was not stored nothing is to be seen."""
    for sent in book.sent:
        tally.figures["told that the form is closed"] += sent.closed
        if sent.closed and not book.sent_off(sent):
            tally.blame(f"told that the form is closed, and it was not sent off: {sent}")
        if sent.event_id in book.arrivals:
            tally.figures["events stored"] += 1
            end = end_of(book, sent)
            tally.figures[f"end {end or 'none'}"] += 1
            if not end:
                tally.blame(f"no one visible end: {sent}")
        elif sent.answered:
            tally.blame(f"answered and not stored: {sent}")
        elif not sent.mark or book.stored_with(sent):
            continue
        elif book.said_with(sent.mark) or book.kept(sent.mark):
            tally.blame(f"not stored and yet to be seen: {sent}")


def end_of(book: Book, sent: Sent) -> str:
    """How it ended: `answer`, `refusal` or by its effect, which a closed form may have told of too; empty
    where it has no end, or two."""
    direct = book.direct(sent)
    if len(direct) > 1 or not all(map(book.stands, direct)):
        return ""
    if direct and direct[0].card.frame == "refusal":
        by_another = book.stored_with(sent, others=True)
        return "" if book.kept(sent.mark) and not by_another else "refusal"
    as_ever = bool(direct) == (sent.kind in ANSWERED)
    if not as_ever and sent.kind not in MAY_BE_ANSWERED:
        return ""
    if sent.kind in EFFECTS and not EFFECTS[sent.kind](book, sent):
        return ""
    if direct:
        return "answer"
    return "closed form and its effect" if sent.closed else f"effect of {sent.kind}"


def check_ledger(book: Book, tally: Tally) -> None:
    """Each row in one final state, each post once, and what stands there is what the ledger says."""
    for row in book.rows:
        tally.figures[f"rows {row.state}"] += 1
        if row.state not in (Sending.SENT, Sending.FAILED, Sending.CANCELLED):
            tally.blame(f"delivery {row.id} is {row.state}")
        if row.owner or row.lease_until:
            tally.blame(f"delivery {row.id} is still owned by {row.owner}")
        if row.state == Sending.SENT and row.replaces_id is None and not book.stands(row):
            tally.blame(f"delivery {row.id} ({row.reason}) does not stand there as recorded")
    found = Counter((row.reason, row.recipient, row.occurrence) for row in book.rows)
    for what, count in found.items():
        if count > 1:
            tally.blame(f"{count} rows for {what}")


def check_posts(book: PageBook, tally: Tally) -> None:
    """Each post once, and each of a row or an event; what was sent and not recorded stands once too."""
    posting = {f"d{row.id}" for row in book.rows if row.replaces_id is None}
    for key, posts in book.by_key.items():
        tally.figures["posts repeated"] += len(posts) - 1 if posts else 0
        if len(posts) > 1:
            tally.blame(f"post {key} stands {len(posts)} times")
        if posts and key not in posting and key not in book.arrivals:
            tally.blame(f"post {key} belongs to no row and no event")
    for row_id in tally.lost_records:
        if len(book.by_key[f"d{row_id}"]) != 1:
            tally.blame(f"delivery {row_id}, whose record was lost, was posted again")


def check_nouns(book: Book, tally: Tally) -> None:
    """Numbers without gaps, and each recipient once."""
    for serial in book.serials:
        given = sorted(t.serial for t in book.tickets if t.fiscal_year == serial.fiscal_year)
        if given != list(range(1, serial.last + 1)):
            tally.blame(f"ticket numbers of {serial.fiscal_year}: {given}, last {serial.last}")
    for one in book.announcements:
        people = [r.person_id for r in book.recipients if r.announcement_id == one.id]
        rows = [row.recipient for row in book.by_reason[one.reason]]
        if sorted(people) != sorted(rows) or len(set(people)) != len(people):
            tally.blame(f"announcement {one.id}: {len(people)} recipients, {len(rows)} rows")
        if (one.state == Notice.SENT) != bool(people):
            tally.blame(f"announcement {one.id} is {one.state} with {len(people)} recipients")
    tally.figures["tickets"] = len(book.tickets)
    tally.figures["ticket lines"] = len(book.lines)
    tally.figures["announcements"] = len(book.announcements)
    tally.figures["recipients"] = len(book.recipients)
    tally.figures["acknowledgements"] = len(book.said)


def check_once(book: Book, tally: Tally) -> None:
    """An event is taken in once, asks one question and adds one line; one acknowledgement a municipality."""
    all_of_a_kind: dict[str, list[object]] = {
        "rows of the inbox": [arrival.event_id for arrival in book.every_arrival],
        "questions": [question.event_id for question in book.questions.values()],
        "lines": [line.text for line in book.lines],
        "acknowledgements": [(one.announcement_id, one.municipality_code) for one in book.said],
    }
    for kind, all_of_them in all_of_a_kind.items():
        for what, count in Counter(all_of_them).items():
            if count > 1:
                tally.blame(f"{count} {kind} of {what!r}")


CHECKS = (check_inbox, check_events, check_ledger, check_nouns, check_once)
"""What must hold on every platform."""
