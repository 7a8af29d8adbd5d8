"""An open form: what was asked of whom, and what is filled in so far.

A page shows the whole form; a chat that cannot asks step by step (`handlers/steps.py`). Either way it is
a row, so that a restart or a lost connection loses nothing a person has filled in.
"""

import enum
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Index, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.chat import Account, Form, FormValue, Message, Place
from bot.db import Base


class State(enum.StrEnum):
    OPEN = "open"
    SENT = "sent"
    CANCELLED = "cancelled"


class Dialogue(Base):
    """`step` counts the fields already asked in a step-by-step chat; `values` what is filled in there.
    `event_id` is the event that opened it."""

    __tablename__ = "dialogues"
    __table_args__ = (Index("ix_dialogues_account", "account", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[Account]
    place: Mapped[Place]
    event_id: Mapped[str]
    action: Mapped[str]
    value: Mapped[str]
    form: Mapped[Form]
    step: Mapped[int] = mapped_column(default=0)
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default=State.OPEN)
    touched_at: Mapped[datetime]


def claim(session: Session, message: Message) -> Dialogue | None:
    """Close the form this message sends off, before anything is done with it: of two tabs one sends.

    None where it is closed already. A form that comes back (errors, preview) is opened again.
    """
    for dialogue in _open_ones(session, message.account):
        if (dialogue.action, dialogue.value) == (message.action, message.value):
            return dialogue if close(session, dialogue, State.SENT) else None
    return None


def open_form(
    session: Session, message: Message, form: Form, again: Dialogue | None = None
) -> Dialogue:
    """Open `form` for who sent `message`. The same form for the same thing is taken up again, so that
    errors and preview land in the form that was sent off (`again`)."""
    if again is not None and (again.action, again.value) == (form.action, form.value):
        session.refresh(again)
        again.state, again.touched_at = State.OPEN, message.said_at
        again.form = replace(form, kept=True)
        again.event_id, again.place = message.event_id, message.place
        return again
    for dialogue in _open_ones(session, message.account):
        if (dialogue.action, dialogue.value) == (form.action, form.value):
            dialogue.form, dialogue.touched_at = form, message.said_at
            dialogue.event_id, dialogue.place = message.event_id, message.place
            return dialogue
    dialogue = Dialogue(
        account=message.account,
        place=message.place,
        event_id=message.event_id,
        action=form.action,
        value=form.value,
        form=form,
        values={},
        step=0,
        touched_at=message.said_at,
    )
    session.add(dialogue)
    session.flush()  # the page's address of the form is its id
    return dialogue


def filled_before(session: Session, message: Message, form: Form) -> Mapping[str, FormValue] | None:
    """What this account had filled in when the same form for the same thing came back to it and was left: None where
    it was never sent off, or where `message` brings words of its own to fill it with."""
    if message.values is not None or message.text:
        return None
    for dialogue in _open_ones(session, message.account):
        if (dialogue.action, dialogue.value) == (form.action, form.value):
            return {f.name: f.value for f in dialogue.form.fields} if dialogue.form.kept else None
    return None


def sent_off(session: Session, message: Message) -> None:
    """Close the form that this message sent off with success."""
    for dialogue in _open_ones(session, message.account):
        if (dialogue.action, dialogue.value) == (message.action, message.value):
            close(session, dialogue, State.SENT)
            forget(dialogue)


def forget(dialogue: Dialogue) -> None:
    """What was filled in is not kept once it is sent."""
    dialogue.form = replace(dialogue.form, fields=(), preview=None)


def close(session: Session, dialogue: Dialogue, state: State) -> bool:
    """Close it once; False where it was closed already. What was filled in is not kept."""
    closed = session.execute(
        update(Dialogue)
        .where(Dialogue.id == dialogue.id, Dialogue.state == State.OPEN)
        .values(state=state, values={})
    )
    return isinstance(closed, CursorResult) and closed.rowcount == 1


def opened_by(session: Session, account: Account, event_id: str) -> Dialogue | None:
    """The form this event opened, for an event that is told again."""
    query = select(Dialogue).where(Dialogue.account == account, Dialogue.event_id == event_id)
    return session.scalars(query).first()


def open_at(session: Session, account: Account, place: Place) -> Dialogue | None:
    """The form this account has open in this place, newest first."""
    return next((d for d in _open_ones(session, account) if d.place == place), None)


def open_in(session: Session, account: Account, channel: Place) -> Dialogue | None:
    """The form this account has open anywhere in this channel, newest first."""
    return next((d for d in _open_ones(session, account) if d.place.root == channel.root), None)


def get_open(session: Session, account: Account, form_id: int) -> Dialogue | None:
    """The open form with this id, if it is this account's."""
    dialogue = session.get(Dialogue, form_id)
    if dialogue is None or dialogue.account != account or dialogue.state != State.OPEN:
        return None
    return dialogue


def _open_ones(session: Session, account: Account) -> list[Dialogue]:
    query = select(Dialogue).where(Dialogue.account == account, Dialogue.state == State.OPEN)
    return list(session.scalars(query.order_by(Dialogue.id.desc())))
