"""What the office sets for the whole desk while it runs: one row a setting, with who and when."""

import enum
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import history
from bot.days import clock
from bot.db import Base, add_once
from bot.directory import Person

CAUTION = "caution"


class Caution(enum.StrEnum):
    """慎重さ: how sure the desk has to be before it answers."""

    MOST = "most"
    MORE = "more"
    USUAL = "usual"
    LESS = "less"
    LEAST = "least"


CAREFUL: Mapping[Caution, float] = {
    Caution.MOST: 4.0,
    Caution.MORE: 2.0,
    Caution.USUAL: 1.0,
    Caution.LESS: 0.5,
    Caution.LEAST: 0.25,
}
"""How many times worse a wrong answer is at each step than it usually is taken to be (knowledge/decision.py)."""


def step_of(text: str) -> Caution | None:
    """The step that a text names; None where it names none."""
    return next((step for step in Caution if step.value == text), None)


class Setting(Base):
    """`changes` counts them and names each one, so that an old button takes back nothing newer."""

    __tablename__ = "settings"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    value: Mapped[str]
    before: Mapped[str]
    changes: Mapped[int]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


def known(session: Session, name: str) -> Setting | None:
    """The row of a setting; None where nobody ever changed it."""
    return session.scalars(select(Setting).where(Setting.name == name)).first()


def caution(session: Session) -> Caution:
    """How careful the desk is now. A step that this program does not know is the usual one."""
    row = known(session, CAUTION)
    return (step_of(row.value) if row is not None else None) or Caution.USUAL


def be(session: Session, to: Caution, who: str, now: datetime) -> Setting | None:
    """Be so careful from now on; None where the desk is already."""
    add_once(
        session, Setting, name=CAUTION, value=Caution.USUAL, before=Caution.USUAL, changes=0,
        changed_at=now, changed_by="",
    )  # fmt: skip
    row = _locked(session)
    return None if row.value == to else _turned(session, row, to, who, now)


def undo(session: Session, change: int, who: str, now: datetime) -> Setting | None:
    """Take this change back; None where it was taken back, or something was changed since."""
    if known(session, CAUTION) is None:
        return None
    row = _locked(session)
    return _turned(session, row, row.before, who, now) if row.changes == change else None


def cautions(session: Session) -> list[tuple[datetime, Caution]]:
    """Since when the desk was how careful, oldest first."""
    lines = history.of(session, "setting", CAUTION)
    told = ((line.at, step_of(str(line.detail.get("to")))) for line in lines)
    return [(at, to) for at, to in told if to is not None]


def last_changed(session: Session) -> str:
    """Who changed it last, and when; empty where nobody ever did."""
    row = known(session, CAUTION)
    if row is None or not row.changes:
        return ""
    person = session.get(Person, row.changed_by)
    return f"{person.name if person else '事務局'}さん、{clock(row.changed_at)}"


def _locked(session: Session) -> Setting:
    query = select(Setting).where(Setting.name == CAUTION)
    found = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(found).one()


def _turned(session: Session, row: Setting, to: str, who: str, now: datetime) -> Setting:
    row.before, row.value, row.changes = row.value, to, row.changes + 1
    row.changed_at, row.changed_by = now, who
    history.note(session, "setting", CAUTION, "changed", who, now, to=to)
    return row
