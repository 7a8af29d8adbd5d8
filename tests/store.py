"""Databases for tests: SQLite files copied from a seeded one, or one schema of PostgreSQL that is put in order."""

import os
import shutil
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import Connection, Table, text
from sqlalchemy.engine import make_url

from bot import roster
from bot.db import Base, Database, connect
from bot.migrate import upgrade
from bot.platforms.logo import store as _logo_tables  # noqa: F401  its tables are among the others
from jobs.pack import load_pack

HYOGO = Path("knowledge/hyogo")
NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # Friday 2026-11-20, 12:00 in Japan
POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1/test")
ON_POSTGRES = os.environ.get("TEST_DATABASE") == "postgres"
KEPT = {
    "regions", "municipalities", "divisions", "rooms", "fields", "people", "duties", "accounts",
    "loaded_folders", "entries", "entry_versions", "index_version", "history",
}  # fmt: skip
"""Tables that hold directory and pack, with what history says of them; most tests only read the former."""


def seed(db: Database) -> None:
    """Directory, demo people and pack, as `make run` loads them."""
    with db.write() as session:
        roster.load_if_changed(session, HYOGO / "directory", "directory")
    with db.write() as session:
        roster.load_if_changed(session, HYOGO / "directory" / "demo", "demo")
    load_pack(db, HYOGO, NOON)


class Store:
    """Makes the database of each test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._schema = f"test_{os.getpid()}_{uuid4().hex[:8]}"
        self._copies = f"{self._schema}_copies"
        # A test loses nothing when the machine loses power, so no commit waits for the disk.
        options = f"-csearch_path%3D{self._schema}%20-csynchronous_commit%3Doff"
        self._url = f"{POSTGRES_URL}?options={options}"
        self._as_seeded: dict[str, tuple[int, int]] = {}
        """PostgreSQL: each kept table as it was when it was last put in order (`_mark`)."""
        if ON_POSTGRES:
            self._make_schema()
        else:
            self._make_files()

    def make(self, *, seeded: bool) -> str:
        """The address of a database for one test."""
        if not ON_POSTGRES:
            path = self._folder / f"{uuid4().hex}.db"
            shutil.copy(self._folder / f"{'seeded' if seeded else 'empty'}.db", path)
            return f"sqlite:///{path}"
        db = connect(self._url)
        if seeded and not self._as_seeded:
            self._empty(db, Base.metadata.tables)
            seed(db)
            self._copy(db)
        else:
            self._put_in_order(db, seeded=seeded)
        db.close()
        return self._url

    def drop(self) -> None:
        if ON_POSTGRES:
            self._sql(f"DROP SCHEMA {self._schema}, {self._copies} CASCADE")

    def _make_files(self) -> None:
        for name in ("empty", "seeded"):
            db = connect(f"sqlite:///{self._folder / name}.db")
            upgrade(db)
            if name == "seeded":
                seed(db)
            db.close()

    def _make_schema(self) -> None:
        self._sql(f"CREATE SCHEMA {self._schema}")
        self._sql(f"CREATE SCHEMA {self._copies}")
        db = connect(self._url)
        upgrade(db)
        with db.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):  # who names others goes first
                connection.execute(text(f'ALTER TABLE "{table.name}" SET UNLOGGED'))
        db.close()

    def _sql(self, statement: str) -> None:
        plain = make_url(POSTGRES_URL).set(drivername="postgresql")
        address = plain.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _put_in_order(self, db: Database, *, seeded: bool) -> None:
        """Empty what tests write, and bring the kept tables that one has changed back from their copies."""
        with db.engine.connect() as connection:
            marks = self._marks(connection) if seeded else {}
        changed = {name for name in KEPT if marks.get(name) != self._as_seeded.get(name)}
        changed = KEPT if not seeded else _with_dependents(changed)
        self._empty(db, [t for t in Base.metadata.tables if t not in KEPT or t in changed])
        if not seeded or not changed:
            return
        with db.engine.begin() as connection:
            for table in Base.metadata.sorted_tables:
                if table.name in changed:
                    insert = (
                        f'INSERT INTO "{table.name}" SELECT * FROM {self._copies}."{table.name}"'
                    )
                    connection.execute(text(insert))
            for counter in self._counters(connection, changed):
                last = f'(SELECT max(id) FROM "{counter.removesuffix("_id_seq")}")'
                connection.execute(text(f"SELECT setval('\"{counter}\"', {last})"))
        with db.engine.connect() as connection:
            self._as_seeded = self._marks(connection)

    def _copy(self, db: Database) -> None:
        with db.engine.begin() as connection:
            for name in KEPT:
                connection.execute(text(f'CREATE TABLE {self._copies}."{name}" AS TABLE "{name}"'))
        with db.engine.connect() as connection:
            self._as_seeded = self._marks(connection)

    def _marks(self, connection: Connection) -> dict[str, tuple[int, int]]:
        """How many rows each kept table has and by which transaction the newest was written: both stay as long as
        nobody writes there."""
        each = (
            f"SELECT '{name}', count(*), coalesce(max(xmin::text::bigint), 0) FROM \"{name}\""
            for name in sorted(KEPT)
        )
        found = connection.execute(text(" UNION ALL ".join(each)))
        return {name: (count, newest) for name, count, newest in found}

    def _counters(self, connection: Connection, names: Collection[str]) -> list[str]:
        """The sequences of these tables."""
        query = text("SELECT sequencename FROM pg_sequences WHERE schemaname = :schema")
        found = connection.scalars(query, {"schema": self._schema}).all()
        return [name for name in found if name.removesuffix("_id_seq") in names]

    def _empty(self, db: Database, names: Collection[str]) -> None:
        """Row by row: these tables hold few, and TRUNCATE makes thirty files anew for each test."""
        with db.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                if table.name in names:
                    connection.execute(table.delete())
            counters = self._counters(connection, names)
            if counters:
                anew = ", ".join(f"setval('\"{counter}\"', 1, false)" for counter in counters)
                connection.execute(text(f"SELECT {anew}"))


def _with_dependents(names: set[str]) -> set[str]:
    """These kept tables and those that name rows of theirs: they are emptied together."""

    def names_one(table: Table, some: set[str]) -> bool:
        return any(key.column.table.name in some for key in table.foreign_keys)

    found = set(names)
    for table in Base.metadata.sorted_tables:  # who is named stands before who names
        if table.name in KEPT and names_one(table, found):
            found.add(table.name)
    return found
