"""なぜこの回答？: the search is made again as it was on that day for who asked, and told in plain words."""

from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session

from bot.cards import why as cards
from bot.chat import Card, Message
from bot.days import day_of
from bot.directory import known_as
from bot.questions import Question
from handlers.ask import question_of
from knowledge.explain import Grounds, grounds
from knowledge.library import Library
from knowledge.question import questions_in
from knowledge.search import Index, Looked


def why(session: Session, message: Message, library: Library) -> Card:
    """For who asked: what matched, what was asked for and is held, the year, the runner-up."""
    index, question = library.now, question_of(session, message.value)
    look = _look(session, index, question)
    if question.entry_id is None:
        return _of_choices(index, look(question.text), question)
    entry = index.get(question.entry_id)
    if entry is None:
        return cards.forgotten()
    if not question.candidates:
        return cards.by_hand(entry.title)
    looked = _looked(index, look, question)
    chosen = grounds(index, looked, entry.id)
    if chosen is None:
        return cards.forgotten()
    others = (index.entry(number) for number, _ in looked.order)
    second = next((one for one in others if one != entry and one.replaced_by != entry.id), None)
    behind = grounds(index, looked, second.id) if second else None
    return cards.of_answer(
        _weighed(chosen),
        _weighed(behind) if behind else None,
        question.score,
        picked=bool(question.choices),
    )


def _look(session: Session, index: Index, question: Question) -> Callable[[str], Looked]:
    """The search as it was made: that day, with the size and the place of who asked."""
    asker = known_as(session, question.account)
    return partial(
        index.look,
        at=day_of(question.asked_at),
        population=asker.population if asker else None,
        home=asker.home if asker else (),
    )


def _of_choices(index: Index, looked: Looked, question: Question) -> Card:
    found = (grounds(index, looked, entry_id) for entry_id in question.choices)
    options = tuple(_weighed(one) for one in found if one)
    return cards.of_choices(options) if options else cards.forgotten()


def _looked(index: Index, look: Callable[[str], Looked], question: Question) -> Looked:
    """Of two questions in one message the first is the one whose answer the question keeps."""
    for part in questions_in(question.text)[:1]:
        looked = look(part)
        if looked.order and index.entry(looked.order[0][0]).id == question.entry_id:
            return looked
    return look(question.text)


def _weighed(one: Grounds) -> cards.Weighed:
    return cards.Weighed(
        one.entry.title, one.same, one.alike, one.missing, one.asked, one.years,
        one.other_year, one.other_size, one.only_first,
    )  # fmt: skip
