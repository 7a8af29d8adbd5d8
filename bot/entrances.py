"""Ways into the page: a link for one person, good once and for ten minutes, sent by the desk in a chat.

Only the token's hash is looked for. Who has entered stays in until his session ends, he shuts his pages,
or the directory no longer knows him.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from bot import history
from bot.chat import Account
from bot.db import Base, add_once
from bot.directory import KnownAccount, Person

GOOD_FOR = timedelta(minutes=10)
PAGE = ("web", "page")
LEARNT = "page"


class Entrance(Base):
    __tablename__ = "entrances"

    id: Mapped[int] = mapped_column(primary_key=True)
    hashed: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


def open_for(session: Session, person: Person, now: datetime) -> str:
    """A new token for this person."""
    token = secrets.token_urlsafe(32)
    session.add(Entrance(hashed=_hashed(token), person_id=person.id, made_at=now))
    history.note(session, "person", person.id, "page link", person.id, now)
    return token


def whose(session: Session, token: str, now: datetime) -> Person | None:
    """Who may use this token, as long as nobody has."""
    found = session.scalars(
        select(Entrance).where(
            Entrance.hashed == _hashed(token),
            Entrance.used_at.is_(None),
            Entrance.made_at > now - GOOD_FOR,
        )
    ).first()
    return found.person if found is not None and found.person.active else None


def use(session: Session, token: str, now: datetime) -> Person | None:
    """Who enters with this token; None where it is used, too old or unknown. He has an account on the page
    from now on, see `account_of`."""
    person = whose(session, token, now)
    used = session.execute(
        update(Entrance)
        .where(
            Entrance.hashed == _hashed(token),
            Entrance.used_at.is_(None),
            Entrance.made_at > now - GOOD_FOR,
        )
        .values(used_at=now)
    )
    if person is None or not isinstance(used, CursorResult) or used.rowcount != 1:
        return None
    account = account_of(person)
    add_once(
        session,
        KnownAccount,
        platform=account.platform,
        workspace=account.workspace,
        user=account.user,
        person_id=person.id,
        learnt_from=LEARNT,
    )
    history.note(session, "person", person.id, "entered the page", person.id, now)
    return person


def account_of(person: Person) -> Account:
    """This person's account on the page: the one he has, else one that is nobody's and no room's. An id of
    the directory may be anything, also the name of another one's account."""
    for known in person.accounts:
        if (known.platform, known.workspace) == PAGE:
            return known.account
    return Account(*PAGE, f"p-{_hashed(person.id)[:16]}")


def shut_all(session: Session, person: Person, now: datetime) -> None:
    """Whoever is in the page as this person has to enter anew; links not yet used are void."""
    person.pages_shut_at = now
    session.execute(
        update(Entrance)
        .where(Entrance.person_id == person.id, Entrance.used_at.is_(None))
        .values(used_at=now)
    )
    history.note(session, "person", person.id, "shut pages", person.id, now)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
