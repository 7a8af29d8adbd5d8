"""Ways to ask that were learnt from use: proposed by how questions ended, accepted by the office.

A wording belongs to one entry. Only an accepted one is in the index. What a wording may hold is decided
before it comes here (`knowledge/learning.py`).
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, delete, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import history
from bot.days import JST
from bot.db import Base, add_once

MOST_A_WEEK = 10
OPENS_AT = timedelta(hours=9)  # on Mondays
FORGOTTEN_AFTER = timedelta(days=90)
AGAINST = 2
"""So many 「聞きたいことと違う」 take an accepted wording out of the index until somebody looks again."""


class State(enum.StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class How(enum.StrEnum):
    """How a question that was worded so ended."""

    SOLVED = "solved"
    PICKED = "picked"
    DIFFERENT = "different"


class Batch(Base):
    """What the office is asked in one week, named by its Monday."""

    __tablename__ = "wording_batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    week: Mapped[date] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    postponed_at: Mapped[datetime | None]


class Proposal(Base):
    """One way to ask for one entry. `normal`: the wording normalised. `batch_id`: the week it was last shown in."""

    __tablename__ = "proposals"
    __table_args__ = (UniqueConstraint("entry_id", "normal"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[str]
    wording: Mapped[str]
    normal: Mapped[str]
    state: Mapped[str] = mapped_column(default=State.PROPOSED, index=True)
    last_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("wording_batches.id"), index=True)


class ProposalQuestion(Base):
    """A question that speaks for a wording, or against it; each question has one word on each wording."""

    __tablename__ = "proposal_questions"
    __table_args__ = (UniqueConstraint("proposal_id", "question_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    how: Mapped[str]
    at: Mapped[datetime]


@dataclass(frozen=True)
class Counted:
    """A proposal with how many questions speak for it and against it."""

    proposal: Proposal
    times: int
    against: int


def propose(
    session: Session,
    entry_id: str,
    wording: str,
    normal: str,
    question_id: int,
    how: How,
    now: datetime,
) -> None:
    """A question worded so ended well. What the office declined stays declined."""
    add_once(
        session, Proposal, entry_id=entry_id, wording=wording, normal=normal,
        state=State.PROPOSED, last_at=now, decided_by="",
    )  # fmt: skip
    query = select(Proposal).where(Proposal.entry_id == entry_id, Proposal.normal == normal)
    proposal = session.scalars(query.with_for_update()).one()
    said = _said(session, proposal.id, question_id)
    if said is not None and said.how == How.DIFFERENT:
        return
    if said is None:
        add_once(
            session, ProposalQuestion,
            proposal_id=proposal.id, question_id=question_id, how=how, at=now,
        )  # fmt: skip
    else:
        said.how = how
    proposal.last_at = now
    if proposal.state == State.WITHDRAWN:
        proposal.state = State.PROPOSED


def _said(session: Session, proposal_id: int, question_id: int) -> ProposalQuestion | None:
    query = select(ProposalQuestion).where(
        ProposalQuestion.proposal_id == proposal_id, ProposalQuestion.question_id == question_id
    )
    return session.scalars(query).first()


def speak_against(
    session: Session, question_id: int, accepted: Proposal | None, now: datetime
) -> bool:
    """「聞きたいことと違う」: what this question proposed is withdrawn; `accepted` is the wording that
    brought the answer. True where an accepted one left the index."""
    query = select(Proposal).join(ProposalQuestion).where(
        ProposalQuestion.question_id == question_id, ProposalQuestion.how != How.DIFFERENT
    )  # fmt: skip
    proposals = list(session.scalars(query))
    if accepted is not None and accepted not in proposals:
        proposals.append(accepted)
    left = [_count_against(session, proposal, question_id, now) for proposal in proposals]
    return any(left)


def _count_against(session: Session, proposal: Proposal, question_id: int, now: datetime) -> bool:
    told = {"how": How.DIFFERENT, "at": now}
    key = {"proposal_id": proposal.id, "question_id": question_id}
    add_once(session, ProposalQuestion, **key, **told)
    session.execute(update(ProposalQuestion).filter_by(**key).values(**told))
    [counted] = count(session, [proposal])
    if proposal.state == State.PROPOSED and not counted.times and proposal.decided_at is None:
        _turn(session, proposal.id, (State.PROPOSED,), state=State.WITHDRAWN)
    left = (
        proposal.state == State.ACCEPTED
        and counted.against >= AGAINST
        and _turn(session, proposal.id, (State.ACCEPTED,), state=State.PROPOSED, last_at=now)
    )
    if left:
        history.note(session, "proposal", proposal.id, "doubted", "", now)
    return left


def _turn(session: Session, proposal_id: int, was: tuple[State, ...], **values: object) -> bool:
    done = session.execute(
        update(Proposal)
        .where(Proposal.id == proposal_id, Proposal.state.in_(was))
        .values(**values)
        .execution_options(synchronize_session="fetch")
    )
    return isinstance(done, CursorResult) and done.rowcount == 1


def count(session: Session, proposals: Iterable[Proposal]) -> list[Counted]:
    """How many questions speak for each, and how many against it since it was decided."""
    found = list(proposals)
    ids = [proposal.id for proposal in found]
    said: dict[int, list[ProposalQuestion]] = {}
    for one in session.scalars(
        select(ProposalQuestion)
        .where(ProposalQuestion.proposal_id.in_(ids))
        .execution_options(populate_existing=True)
    ):
        said.setdefault(one.proposal_id, []).append(one)
    counted = []
    for proposal in found:
        words = said.get(proposal.id, [])
        against = [one for one in words if one.how == How.DIFFERENT]
        since = [one for one in against if proposal.decided_at and one.at > proposal.decided_at]
        counted.append(Counted(proposal, len(words) - len(against), len(since)))
    return counted


def decide(session: Session, proposal_id: int, to: State, who: str, now: datetime) -> bool:
    """Accept or decline; False where it does not wait any more."""
    done = _turn(session, proposal_id, (State.PROPOSED,), state=to, decided_at=now, decided_by=who)
    if done:
        history.note(session, "proposal", proposal_id, to, who, now)
    return done


def take_back(
    session: Session, entry_id: str, wording: str, normal: str, who: str, now: datetime
) -> bool:
    """A wording that was accepted elsewhere, or here before. False where it is accepted already; what the office
    declined stays declined."""
    told = {"state": State.ACCEPTED, "decided_at": now, "decided_by": who, "last_at": now}
    made = add_once(session, Proposal, entry_id=entry_id, wording=wording, normal=normal, **told)
    query = select(Proposal.id).where(Proposal.entry_id == entry_id, Proposal.normal == normal)
    proposal_id = session.scalars(query).one()
    taken = made is not None or _turn(
        session, proposal_id, (State.PROPOSED, State.WITHDRAWN), **told
    )
    if taken:
        history.note(session, "proposal", proposal_id, State.ACCEPTED, who, now)
    return taken


def undo(session: Session, proposal_id: int, who: str, now: datetime) -> bool:
    """It waits again; False where nothing was decided."""
    was = (State.ACCEPTED, State.DECLINED)
    done = _turn(
        session, proposal_id, was,
        state=State.PROPOSED, decided_at=None, decided_by="", last_at=now,
    )  # fmt: skip
    if done:
        history.note(session, "proposal", proposal_id, "undone", who, now)
    return done


def accepted(session: Session) -> dict[str, tuple[str, ...]]:
    """The accepted wordings of every entry that has any, oldest first."""
    query = (
        select(Proposal.entry_id, Proposal.wording)
        .where(Proposal.state == State.ACCEPTED)
        .order_by(Proposal.decided_at, Proposal.id)
    )
    found: dict[str, tuple[str, ...]] = {}
    for entry_id, wording in session.execute(query):
        found[entry_id] = (*found.get(entry_id, ()), wording)
    return found


def accepted_of(session: Session, entry_id: str) -> tuple[str, ...]:
    """The accepted wordings of one entry, oldest first."""
    return tuple(proposal.wording for proposal in learnt(session, entry_id))


def learnt(session: Session, entry_id: str | None = None) -> list[Proposal]:
    query = select(Proposal).where(Proposal.state == State.ACCEPTED)
    if entry_id is not None:
        query = query.where(Proposal.entry_id == entry_id)
    return list(session.scalars(query.order_by(Proposal.decided_at, Proposal.id)))


def of_batch(session: Session, batch: Batch) -> list[Counted]:
    """What the week's card shows, the most frequent first."""
    query = select(Proposal).where(Proposal.batch_id == batch.id, Proposal.state != State.WITHDRAWN)
    found = session.scalars(query.execution_options(populate_existing=True))
    return sorted(count(session, found), key=_urgency)


def waiting(session: Session) -> list[Counted]:
    """What nobody has decided yet: doubted ones first, then the most frequent."""
    query = select(Proposal).where(Proposal.state == State.PROPOSED)
    return sorted(count(session, session.scalars(query)), key=_urgency)


def _urgency(counted: Counted) -> tuple[int, int, int]:
    return -counted.against, -counted.times, counted.proposal.id


def week_of(now: datetime) -> date:
    """The Monday whose nine o'clock in Japan was the last."""
    day = (now.astimezone(JST) - OPENS_AT).date()
    return day - timedelta(days=day.weekday())


def is_made(session: Session, week: date) -> bool:
    return session.scalar(select(func.count(Batch.id)).where(Batch.week == week)) != 0


def make_batch(session: Session, week: date, now: datetime) -> Batch | None:
    """Gather at most ten for this week; None where that was done before. A week in which nothing waited
    is done too: what comes later in it waits for the next."""
    batch_id = add_once(session, Batch, week=week, made_at=now)
    if batch_id is None:
        return None
    for one in waiting(session)[:MOST_A_WEEK]:
        one.proposal.batch_id = batch_id
    session.flush()
    return session.get_one(Batch, batch_id)


def forget(session: Session, now: datetime) -> int:
    """What nobody decided for long is gone, as if it had never been proposed."""
    query = select(Proposal.id).where(
        Proposal.state.in_((State.PROPOSED, State.WITHDRAWN)),
        Proposal.last_at < now - FORGOTTEN_AFTER,
    )
    ids = list(session.scalars(query))
    if ids:
        session.execute(delete(ProposalQuestion).where(ProposalQuestion.proposal_id.in_(ids)))
        session.execute(delete(Proposal).where(Proposal.id.in_(ids)))
    return len(ids)
