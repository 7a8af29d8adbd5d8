"""「人口3万くらいで窓口をやった市」: cases side by side instead of one answer."""

from sqlalchemy.orm import Session

from bot import guard
from bot.cards import cases as cards
from bot.chat import Card, Message
from bot.days import day_of
from bot.directory import known_as, municipalities, regions
from bot.inbox import reason_of
from bot.questions import add_question
from knowledge.cases import Case, Town, Wish, find, is_list, may_be, wish
from knowledge.normal import clean
from knowledge.search import Found, Index

LONGEST_KEPT = 1000  # characters of a question that are kept


def look_for(session: Session, message: Message, found: Found, index: Index) -> Card | None:
    """The cases asked for; None where the question asks for something else."""
    if not may_be(clean(message.text)):
        return None
    person = known_as(session, message.account)
    code = person.municipality_code if person else None
    listed = municipalities(session)
    towns = [Town(one.name, one.population, one.region) for one in listed]
    own = next((town for town, one in zip(towns, listed, strict=True) if one.code == code), None)
    wanted = wish(message.text, towns, [region.name for region in regions(session)], own)
    if wanted is None or not is_list(wanted, index.words):
        return None
    if wanted.bare and found.outcome == "answer":
        return None  # the search is sure of one
    cases = find(index, wanted, towns, day_of(message.said_at))
    if wanted.bare and not cases:
        return None
    question_id = add_question(
        session,
        event_id=reason_of(message),
        asked_at=message.said_at,
        account=message.account,
        place=message.place,
        municipality_code=code,
        text=guard.masked(message.text)[:LONGEST_KEPT],
        outcome="cases" if cases else "no_answer",
        entry_id=None,
        entry_version=None,
        choices=[],
        field=next(iter(sorted(wanted.fields)), found.field),
        score=found.score,
        candidates=[{"id": case.entry.id} for case in cases],
    )
    inside = bool(person and person.inside)
    asked = _understood(wanted)
    if not cases:
        return cards.nothing(asked, question_id, inside=inside)
    return cards.found(tuple(map(_shown, cases)), asked, question_id, inside=inside)


def _understood(wanted: Wish) -> str:
    theme = "・".join(sorted(wanted.fields)) or wanted.subject
    places = "・".join(sorted(wanted.regions | wanted.prefectures))
    return cards.understood(theme, wanted.near, wanted.like, places, size_unknown=wanted.own)


def _shown(case: Case) -> cards.Shown:
    return cards.Shown(
        case.entry.id, case.towns, case.population, case.what, case.did, case.outcome, case.point,
        case.far,
    )  # fmt: skip
