"""Learning from use: questions that ended well become proposed wordings; the office's word makes them findable."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import wordings
from bot.cards import wordings as cards
from bot.chat import Card
from bot.days import day_of
from bot.deliveries import amend, post, said_for
from bot.directory import Person, municipalities, room_of_kind
from bot.questions import Question
from bot.wordings import Batch, Counted, How, Proposal
from knowledge.entries import Entry
from knowledge.files import Written
from knowledge.normal import bare, clean
from knowledge.search import Index
from knowledge.store import StoredEntry, bump
from knowledge.text import Words
from knowledge.wording import Names, wording_of

LIKE = 0.4
"""The share of letter pairs from which on a wording is taken to have brought the answer."""


def learn(session: Session, index: Index, question: Question, how: How, now: datetime) -> None:
    """Propose the words of a question that ended well, unless they are known or hold what is nobody's business."""
    entry = index.get(question.entry_id or "")
    if entry is None or not question.candidates:
        return
    wording = wording_of(question.text, _names(session), index.words)
    if wording is None or _is_known(index, entry, wording, question):
        return
    wordings.propose(session, entry.id, wording, bare(clean(wording)), question.id, how, now)


def unlearn(session: Session, index: Index, question: Question, now: datetime) -> None:
    """「聞きたいことと違う」: against what this question proposed, and against the wording that led it astray."""
    doubted = _nearest(session, index.get(question.entry_id or ""), question.text)
    if wordings.speak_against(session, question.id, doubted, now):
        bump(session)


def take_back(
    session: Session, words: Words, written: Iterable[Written], who: str, now: datetime
) -> tuple[int, int]:
    """Accept the learnt wordings that stand in files. Out: how many are new here, and how many may not be kept."""
    names, taken, refused = _names(session), 0, 0
    for one in written:
        for text in one.learnt:
            wording = wording_of(text, names, words)
            if wording is None:
                refused += 1
                continue
            normal = bare(clean(wording))
            taken += wordings.take_back(session, one.entry.id, wording, normal, who, now)
    if taken:
        bump(session)
    return taken, refused


def _names(session: Session) -> Names:
    towns = ((town.name, town.kana, town.romaji) for town in municipalities(session))
    return Names.of(towns, session.scalars(select(Person.name).where(~Person.shared)))


def _is_known(index: Index, entry: Entry, wording: str, question: Question) -> bool:
    """Has this entry or another one these very words already?"""
    normal = bare(clean(wording))
    if normal in {bare(clean(text)) for text in (entry.title, *entry.questions, *entry.aliases)}:
        return True
    looked = index.look(wording, at=day_of(question.asked_at))
    known = any(len(ranked.exact) for _, ranked in looked.found)
    return known or any(index.memory.is_exact(name, normal) for name in index.memory.learnt)


def _nearest(session: Session, entry: Entry | None, text: str) -> Proposal | None:
    """The learnt wording that is liker to the question than anything its authors wrote."""
    if entry is None:
        return None
    learnt = wordings.learnt(session, entry.id)
    asked = _pairs(text)
    best = max(learnt, key=lambda one: _like(asked, one.wording), default=None)
    if best is None:
        return None
    least = max((_like(asked, one) for one in (entry.title, *entry.questions)), default=0.0)
    return best if _like(asked, best.wording) > max(least, LIKE) else None


def _pairs(text: str) -> frozenset[str]:
    letters = bare(clean(text))
    return frozenset(letters[at : at + 2] for at in range(len(letters) - 1))


def _like(asked: frozenset[str], wording: str) -> float:
    pairs = _pairs(wording)
    return 2 * len(asked & pairs) / ((len(asked) + len(pairs)) or 1)


def proposed(session: Session, counted: Iterable[Counted]) -> tuple[cards.Proposed, ...]:
    """Proposals as the cards show them."""
    return tuple(_proposed(session, one) for one in counted)


def _proposed(session: Session, counted: Counted) -> cards.Proposed:
    one = counted.proposal
    stored = session.get(StoredEntry, one.entry_id)
    entry = stored.entry if stored else None
    return cards.Proposed(
        one.id,
        one.wording,
        entry.title if entry else one.entry_id,
        entry.answer.splitlines()[0] if entry else "",
        one.entry_id,
        counted.times,
        counted.against,
        one.state,
    )


def batch_card(session: Session, batch: Batch) -> Card:
    shown = proposed(session, wordings.of_batch(session, batch))
    return cards.batch(batch.id, batch.week, shown, postponed=batch.postponed_at is not None)


def ask_office(session: Session, batch: Batch, now: datetime) -> None:
    """One card in the office's room, unless nothing waits."""
    room = room_of_kind(session, "office")
    if room is None or not wordings.of_batch(session, batch):
        return
    post(session, room.place, batch_card(session, batch), now, reason=_reason(batch.id))


def show_anew(session: Session, batch_id: int | None, now: datetime) -> None:
    """Bring the week's card into line."""
    row = said_for(session, _reason(batch_id)) if batch_id is not None else None
    batch = session.get(Batch, batch_id) if batch_id is not None else None
    if row is None or batch is None:
        return
    session.flush()
    card = batch_card(session, batch)
    if card != row.card:
        amend(session, row, card, now)


def _reason(batch_id: int) -> str:
    return f"wordings:{batch_id}"
