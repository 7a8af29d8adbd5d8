"""Directories that a test writes and takes in."""

from pathlib import Path

import pytest

from bot import roster
from bot.chat import Account
from bot.db import Database
from bot.directory import person_of
from bot.roster import BadDirectory

PEOPLE = "person,name,municipality,section,roles,accounts,shared\n"


def imported(db: Database, folder: Path, source: str = "directory") -> roster.Summary:
    with db.write() as session:
        return roster.load(session, folder, source)


def problems(db: Database, folder: Path, source: str = "directory") -> list[str]:
    with pytest.raises(BadDirectory) as bad:
        imported(db, folder, source)
    return [problem.removeprefix(f"{folder}/") for problem in bad.value.problems]


def people(folder: Path, *lines: str) -> Path:
    (folder / "people.csv").write_text(PEOPLE + "\n".join(lines) + "\n", encoding="utf-8")
    return folder


def person_at(db: Database, account: str) -> str | None:
    with db.read() as session:
        person = person_of(session, Account.parse(account))
        return person.id if person else None
