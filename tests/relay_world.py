"""The desk where municipalities are in talks that no process reaches: people carry what is said."""

from typing import Any

from sqlalchemy import select, text

from bot.chat import Account, Card
from bot.db import Database
from bot.deliveries import Delivery
from bot.directory import KnownAccount, Person
from tests.conftest import Whole

TENANT = "hyogo"


def move_to_talks(db: Database, *, but: tuple[str, ...] = ()) -> None:
    """Everybody of a municipality, but for these, has one account: in the talk of the municipality's name."""
    with db.write() as session:
        for person in session.scalars(select(Person).where(Person.municipality_code.is_not(None))):
            if person.id in but or not person.accounts:
                continue
            assert person.municipality is not None
            person.accounts = [
                KnownAccount(
                    platform="relay",
                    workspace=TENANT,
                    user=f"{person.municipality.name}連絡:{person.id}",
                )
            ]


def account(whole: Whole, who: str) -> Account:
    """The first account of this person."""
    with whole.db.read() as session:
        return session.get_one(Person, who).accounts[0].account


def see(whole: Whole, who: str, look: str, value: str = "") -> Card:
    card = whole.desk.look(account(whole, who), look, value)
    assert card is not None, f"{who} may not see {look} {value}"
    return card


def rows(whole: Whole, talk: str, state: str = "waiting") -> list[Delivery]:
    """What is in the ledger for a talk, in this state."""
    with whole.db.read() as session:
        query = select(Delivery).where(
            Delivery.lane == f"relay/{TENANT}/{talk}", Delivery.state == state
        )
        return list(session.scalars(query.order_by(Delivery.id)))


def paste(whole: Whole, who: str, whose: str, words: str, **more: Any) -> None:
    """Somebody of the desk pastes what somebody wrote in a talk."""
    whole.press(who, "届いた言葉を貼り付ける")
    whole.fill(who, {"だれの言葉ですか": whose, "届いた言葉": words, **more})


def count(whole: Whole, statement: str) -> int:
    with whole.db.read() as session:
        return int(session.execute(text(statement)).scalar() or 0)
