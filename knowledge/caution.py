"""慎重さ: what each step of it would have made of the questions that were asked lately."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot import questions, settings
from bot.questions import Asked
from bot.settings import CAREFUL, Caution
from knowledge.calibration import calibrated
from knowledge.decision import answers_from

LOOKED_BACK = timedelta(days=30)
MOST = 2_000
ANSWERED, ASKED_BACK, HANDED_OVER = "answered", "asked back", "handed over"
ENDS = {"answer": ANSWERED, "cases": ANSWERED, "choices": ASKED_BACK, "no_answer": HANDED_OVER}


@dataclass(frozen=True)
class Counted:
    """How so many questions would have ended."""

    answered: int
    asked_back: int
    handed_over: int


def replayed(session: Session, now: datetime) -> dict[Caution, Counted]:
    """The questions of the last 30 days under each step, by how sure the desk was of them then."""
    asked = questions.asked_since(session, now - LOOKED_BACK, MOST)
    held = settings.cautions(session)
    return {step: _counted(asked, step, held) for step in Caution}


def _counted(
    asked: Sequence[Asked], step: Caution, held: Sequence[tuple[datetime, Caution]]
) -> Counted:
    ends = Counter(_end(one, step, _held_at(held, one.at)) for one in asked)
    return Counted(ends[ANSWERED], ends[ASKED_BACK], ends[HANDED_OVER])


def _end(one: Asked, step: Caution, then: Caution) -> str:
    """An answer that would not have been sure enough is asked back: one of its choices is likelier still to be
    right. What was asked back though it was sure enough then was too vague to be answered at any step."""
    sure = one.score > _line(step)
    if one.outcome == "cases":
        return ANSWERED
    if one.outcome == "answer":
        return ANSWERED if sure else ASKED_BACK
    vague = one.score > _line(then)
    return ANSWERED if sure and not vague else ENDS[one.outcome]


def _line(step: Caution) -> float:
    return answers_from(CAREFUL[step], calibrated().threshold)


def _held_at(held: Sequence[tuple[datetime, Caution]], at: datetime) -> Caution:
    """How careful the desk was at a moment."""
    number = bisect_right([since for since, _ in held], at)
    return held[number - 1][1] if number else Caution.USUAL
