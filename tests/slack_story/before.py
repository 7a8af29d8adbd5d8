"""What there is before the story: people's edits and questions of the last weeks, as the desk would have kept them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from shutil import copytree

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import wordings
from bot.chat import Account, Place
from bot.db import Database
from bot.directory import KnownAccount, Person
from bot.questions import add_question
from bot.wordings import How
from jobs.knowledge import ask_before_expiry
from jobs.wordings import ask_weekly
from knowledge import store
from knowledge.store import StoredEntry
from tests.slack_driver import user_of
from tests.slack_fake import TEAM

PACK = Path(__file__).parent.parent.parent / "knowledge" / "hyogo"
ENDING = ("ehyogo-procedures", "ehyogo-sokushin-r8", "ehyogo-gaiyo")
"""Entries of 電子申請 whose last day comes."""
CLASHING = ("bosai-r8-12", "bosai-joho-naiyo")
"""Entries that were edited in the desk and then in their files."""
WORDED = ("電子申請のお金 <!here>", "オンライン申請の利用料", "うちの町の電子申請の負担")
"""Ways to ask that ended well last week."""


def pack_of_ones_own(folder: Path) -> Path:
    """The pack, where its files may be written in."""
    return Path(copytree(PACK, folder / "pack"))


def live_through(db: Database, pack: Path, now: datetime) -> None:
    """The weeks before: the bells have rung, their cards wait in the ledger."""
    with db.write() as session:
        for key in ENDING:
            _edit(session, key, store.IMPORT, now, valid_until=_in_days(now, 20))
        for key in CLASHING:
            _edit(session, key, "hayashi", now, title=f"{key} をここで直した題名 <@U1>")
        for number, wording in enumerate(WORDED):
            _solved(session, f"before-{number}", wording, now - timedelta(days=3))
    for key in CLASHING:
        path = pack / "entries" / f"{key}.md"
        path.write_text(
            path.read_text("utf-8") + "ファイルでも1行ふえました <!channel>。\n", "utf-8"
        )
    ask_before_expiry(db, now)
    ask_weekly(db, now)


def _edit(session: Session, key: str, who: str, now: datetime, **values: object) -> None:
    known = session.get_one(StoredEntry, key)
    entry = replace(known.entry, **values)  # type: ignore[arg-type]
    store.write(session, entry, known.version, who, now)


def _in_days(now: datetime, days: int) -> date:
    return (now + timedelta(days=days)).date()


def _solved(session: Session, event: str, wording: str, when: datetime) -> None:
    """ueda asked it so and pressed 「解決した」."""
    user = user_of("ueda")
    question = add_question(
        session,
        event_id=event,
        asked_at=when,
        account=Account("slack", TEAM, user),
        place=Place("slack", TEAM, user),
        municipality_code=None,
        text=wording,
        outcome="answer",
        entry_id="ehyogo-gaiyo",
        entry_version=1,
        choices=[],
        field="電子申請",
        score=0.9,
        candidates=[],
    )
    wordings.propose(session, "ehyogo-gaiyo", wording, wording, question, How.SOLVED, when)


BY_HAND = ("sec-toyooka", "sec-aioi", "sec-ako", "sec-ashiya")


def move_into_talks(db: Database) -> None:
    """Before the start: these are reached by hand."""
    with db.write() as session:
        for person in session.scalars(select(Person).where(Person.id.in_(BY_HAND))):
            talk = f"{person.municipality.name if person.municipality else ''}連絡:{person.id}"
            person.accounts = [KnownAccount(platform="relay", workspace="hyogo", user=talk)]
