"""A person asks; the desk answers from what it knows, asks back, or says that it does not know."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from urllib.parse import quote

from sqlalchemy.orm import Session

from bot import guard
from bot.cards import answers, talk
from bot.chat import Card, Message, Refused, id_of
from bot.days import day_of, in_words, working_days_after
from bot.deliveries import amend, post, said_for
from bot.directory import Field as DeskField
from bot.directory import Known, known_as, person_of, room_of_kind
from bot.inbox import reason_of
from bot.questions import Opinion, Question, add_question, give_feedback
from bot.tickets import FIRST_REPLY, Urgency
from bot.wordings import How
from handlers.cases import look_for
from knowledge.answers import as_draft, as_read, source_label, year_label
from knowledge.entries import Entry
from knowledge.learning import learn, unlearn
from knowledge.library import Library
from knowledge.search import Found, Index
from knowledge.store import versions_of

NEAR = 0.25  # below this the nearest entry has nothing to do with the question
CHOICES = 3
RELATED = 3
LONGEST_KEPT = 1000  # characters of a question that are kept


def ask(
    session: Session, message: Message, *, found: Found, index: Index, person: Known | None
) -> Card:
    """Keep the question, masked, and answer it with what was found (and who asked it) before the
    transaction began."""
    if cases := look_for(session, message, found, index):
        return cases
    best = found.candidates[0].entry if found.outcome == "answer" and found.candidates else None
    several = [c.entry for c in found.candidates[:CHOICES]] if found.outcome == "choices" else []
    near = [] if best or several else [c.entry for c in found.candidates[:2] if c.score >= NEAR]
    also = found.also.entry if found.also else None
    versions = index.editions  # of what is shown, whatever was published in this moment
    question_id = add_question(
        session,
        event_id=reason_of(message),
        asked_at=message.said_at,
        account=message.account,
        place=message.place,
        municipality_code=person.municipality_code if person else None,
        text=guard.masked(message.text)[:LONGEST_KEPT],
        outcome=found.outcome,
        entry_id=best.id if best else None,
        entry_version=versions.get(best.id) if best else None,
        also_id=also.id if also else None,
        choices=[entry.id for entry in several],
        field=found.field,
        score=found.score,
        candidates=[{"id": c.entry.id, "score": round(c.score, 4)} for c in found.candidates],
    )
    at = day_of(message.said_at)
    if best:
        second = _shown(also, index, at, versions) if also else None
        return answers.answer(_shown(best, index, at, versions), question_id, also=second)
    if several:
        return answers.choices(tuple(_shown(e, index, at, versions) for e in several), question_id)
    known = tuple(_shown(entry, index, at, versions) for entry in near)
    inside = bool(person and person.inside)
    return _unknown(question_id, known, found.field, message, inside=inside)


def shown(session: Session, entry: Entry, index: Index, at: date) -> answers.Shown:
    """The entry as the cards show it on this day."""
    return _shown(entry, index, at, versions_of(session, [entry.id]))


def _shown(entry: Entry, index: Index, at: date, versions: Mapping[str, int]) -> answers.Shown:
    past = entry.is_past(at) or entry.is_closed(at)
    current = index.get(entry.replaced_by) if entry.replaced_by else None
    related = [index.get(key) for key in entry.related]
    return answers.Shown(
        entry_id=entry.id,
        title=entry.title,
        lines=tuple(line for line in as_read(entry, at).splitlines() if line.strip()),
        year=year_label(entry),
        past=past,
        field=entry.field,
        sources=_sources(entry),
        related=tuple((e.id, e.title) for e in related if e and e.id != entry.replaced_by)[
            :RELATED
        ],
        current=(current.id, current.title) if current else None,
        draft=as_draft(entry, at, versions.get(entry.id, 1)),
    )


def _sources(entry: Entry) -> tuple[tuple[str, str], ...]:
    """One line a document: the first place in it, and how many more there are."""
    places = Counter(source.document for source in entry.sources)
    shown_documents: dict[str, tuple[str, str]] = {}
    for number, source in enumerate(entry.sources):
        more = places[source.document] - 1
        label = source_label(source) + (f"（ほか{more}か所）" if more else "")
        path = f"/view/source/{quote(entry.id, safe='')}:{number}"
        shown_documents.setdefault(source.document, (label, path))
    return tuple(shown_documents.values())


def _unknown(
    question_id: int,
    known: tuple[answers.Shown, ...],
    field: str | None,
    message: Message,
    *,
    inside: bool,
) -> Card:
    today = day_of(message.said_at)
    first_reply = in_words(working_days_after(today, FIRST_REPLY[Urgency.NORMAL]))
    return answers.unknown(question_id, known, field, first_reply, inside=inside)


def pick(session: Session, message: Message, library: Library) -> Card:
    """One of the choices was pressed or its number typed: the answer, and the question is answered."""
    index = library.now
    question_id, _, entry_id = message.value.partition(":")
    question = question_of(session, question_id)
    entry = index.get(entry_id)
    if entry is None:
        raise Refused("この項目は、いまは公開されていません。もう一度質問してください。")
    question.outcome, question.entry_id = "answer", entry.id
    question.entry_version = versions_of(session, [entry.id]).get(entry.id)
    learn(session, index, question, How.PICKED, message.said_at)
    return answers.answer(shown(session, entry, index, day_of(message.said_at)), question.id)


def none_of_these(session: Session, message: Message, _library: Library) -> Card:
    """どれでもない: said plainly, with the way on."""
    question = question_of(session, message.value)
    question.outcome = "no_answer"
    person = known_as(session, message.account)
    inside = bool(person and person.inside)
    return _unknown(question.id, (), question.field, message, inside=inside)


def read_entry(session: Session, message: Message, library: Library) -> Card:
    """A related entry was pressed: a question of its own, answered for sure."""
    index = library.now
    entry = index.get(message.value)
    if entry is None:
        raise Refused("この項目は、いまは公開されていません。もう一度質問してください。")
    person = known_as(session, message.account)
    question_id = add_question(
        session,
        event_id=reason_of(message),
        asked_at=message.said_at,
        account=message.account,
        place=message.place,
        municipality_code=person.municipality_code if person else None,
        text=entry.title,
        outcome="answer",
        entry_id=entry.id,
        entry_version=versions_of(session, [entry.id]).get(entry.id),
        choices=[],
        field=entry.field,
        score=1.0,
        candidates=[],
    )
    return answers.answer(shown(session, entry, index, day_of(message.said_at)), question_id)


def copy(session: Session, message: Message, library: Library) -> Card:
    """起案用にコピー, where the chat cannot put it on the clipboard itself."""
    index = library.now
    entry = index.get(message.value)
    if entry is None:
        raise Refused("この項目は、いまは公開されていません。もう一度質問してください。")
    version = versions_of(session, [entry.id]).get(entry.id, 1)
    return answers.draft(as_draft(entry, day_of(message.said_at), version))


def opinion(kind: Opinion) -> Callable[[Session, Message, Library], Card | None]:
    """The handler of one of the three words on an answer."""

    def handle(session: Session, message: Message, library: Library) -> Card | None:
        index = library.now
        question = question_of(session, message.value)
        entry = index.get(question.entry_id or "")
        if not give_feedback(session, question, message.account, kind, message.said_at):
            return None
        if kind is Opinion.SOLVED:
            learn(session, index, question, How.SOLVED, message.said_at)
        if kind is Opinion.DIFFERENT:
            unlearn(session, index, question, message.said_at)
        also = index.get(question.also_id or "")
        for told in (entry, also):
            if kind is Opinion.OUTDATED and told:
                _tell_owner(session, told, message)
        row = said_for(session, question.event_id, str(message.account))
        if row is None or entry is None:
            return talk.thanks()
        at = day_of(message.said_at)
        second = shown(session, also, index, at) if also else None
        card = answers.answer(shown(session, entry, index, at), question.id, kind, second)
        amend(session, row, card, message.said_at)
        return None

    return handle


def _tell_owner(session: Session, entry: Entry, message: Message) -> None:
    """To the room of the entry's owner: its field's, else the office's."""
    field = session.get(DeskField, entry.owner or entry.field or "")
    room = field.room if field else room_of_kind(session, "office")
    if room is None:
        return
    person = person_of(session, message.account)
    by = person.belongs_to if person else "名簿にない方"
    post(
        session,
        room.place,
        answers.outdated(entry.title, entry.id, by),
        message.said_at,
        reason=f"outdated:{entry.id}",
        occurrence=message.value,
    )


def question_of(session: Session, text: str) -> Question:
    question_id = id_of(text)
    question = session.get(Question, question_id) if question_id is not None else None
    if question is None:
        raise Refused("この質問は見つかりません。もう一度書いてください。")
    return question
