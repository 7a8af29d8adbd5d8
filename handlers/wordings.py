"""The office decides which ways to ask the desk learns."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import wordings
from bot.cards import wordings as cards
from bot.chat import Card, Message, Refused, id_of
from bot.deliveries import Delivery, amend, post
from bot.directory import person_of
from bot.inbox import reason_of
from bot.wordings import Batch, Proposal, State
from knowledge import learning
from knowledge.store import bump

GONE = "この言い方は見つかりません。「学んだ言い方」から見直してください。"
DECIDED = "この言い方は、もう決まっています。変えるときは「取り消す」を押してください。"
NOTHING = "取り消すものがありません。"


def accept_all(session: Session, message: Message) -> None:
    """すべて採用"""
    batch, who = _batch(session, message), _who(session, message)
    for one in wordings.of_batch(session, batch):
        wordings.decide(session, one.proposal.id, State.ACCEPTED, who, message.said_at)
    _changed(session, batch.id, message)


def one_by_one(session: Session, message: Message) -> None:
    """1つずつ見る: a card of its own that goes on by itself."""
    batch = _batch(session, message)
    post(
        session,
        message.place,
        _next(session, batch, None),
        message.said_at,
        reason=f"wordings:{batch.id}:one",
        recipient=str(message.account),
        occurrence=reason_of(message),
    )


def later(session: Session, message: Message) -> None:
    """今週は見送る"""
    batch = _batch(session, message)
    batch.postponed_at = message.said_at
    learning.show_anew(session, batch.id, message.said_at)


def undo_all(session: Session, message: Message) -> None:
    """取り消す on the week's card: everything that was decided from it waits again."""
    batch, who = _batch(session, message), _who(session, message)
    batch.postponed_at = None
    for one in wordings.of_batch(session, batch):
        wordings.undo(session, one.proposal.id, who, message.said_at)
    _changed(session, batch.id, message)


def accept(session: Session, message: Message) -> None:
    _decide(session, message, State.ACCEPTED)


def decline(session: Session, message: Message) -> None:
    _decide(session, message, State.DECLINED)


def undo(session: Session, message: Message) -> Card | None:
    """取り消す beside one wording, on its card or in the list of what was learnt."""
    proposal = _proposal(session, message)
    if not wordings.undo(session, proposal.id, _who(session, message), message.said_at):
        raise Refused(NOTHING)
    _changed(session, proposal.batch_id, message)
    if _go_on(session, message, proposal, None):
        return None
    [shown] = learning.proposed(session, wordings.count(session, [proposal]))
    return cards.undone(shown)


def see(session: Session) -> Card:
    """学んだ言い方"""
    newest = wordings.count(session, reversed(wordings.learnt(session)))
    return cards.learnt(learning.proposed(session, newest), len(wordings.waiting(session)))


def _decide(session: Session, message: Message, to: State) -> None:
    proposal = _proposal(session, message)
    if not wordings.decide(session, proposal.id, to, _who(session, message), message.said_at):
        raise Refused(DECIDED)
    _changed(session, proposal.batch_id, message)
    _go_on(session, message, proposal, proposal)


def _changed(session: Session, batch_id: int | None, message: Message) -> None:
    bump(session)
    learning.show_anew(session, batch_id, message.said_at)


def _next(session: Session, batch: Batch, last: Proposal | None) -> Card:
    waits = [
        one for one in wordings.of_batch(session, batch) if one.proposal.state == State.PROPOSED
    ]
    before = learning.proposed(session, wordings.count(session, [last] if last else []))
    shown = learning.proposed(session, waits[:1])
    decided = before[0] if before else None
    if not shown:
        return cards.all_seen(batch.week, decided)
    return cards.one(batch.week, shown[0], len(waits), decided)


def _go_on(session: Session, message: Message, proposal: Proposal, last: Proposal | None) -> bool:
    """Show the next one where this one stands; False where no such card stands there."""
    batch = session.get(Batch, proposal.batch_id) if proposal.batch_id else None
    if batch is None:
        return False
    row = session.scalars(
        select(Delivery)
        .where(
            Delivery.reason == f"wordings:{batch.id}:one",
            Delivery.recipient == str(message.account),
            Delivery.place == message.place,
        )
        .order_by(Delivery.id.desc())
    ).first()
    if row is None:
        return False
    amend(session, row, _next(session, batch, last), message.said_at)
    return True


def _batch(session: Session, message: Message) -> Batch:
    batch_id = id_of(message.value)
    batch = session.get(Batch, batch_id) if batch_id is not None else None
    if batch is None:
        raise Refused(GONE)
    return batch


def _proposal(session: Session, message: Message) -> Proposal:
    proposal_id = id_of(message.value)
    found = (
        session.get(Proposal, proposal_id, with_for_update=True)
        if proposal_id is not None
        else None
    )
    if found is None:
        raise Refused(GONE)
    return found


def _who(session: Session, message: Message) -> str:
    person = person_of(session, message.account)
    return person.id if person else ""
