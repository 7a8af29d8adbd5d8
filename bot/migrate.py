"""The schema: made and brought up to date by Alembic, by one process at a time."""

import fcntl
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError

from bot.config import ConfigError
from bot.db import Base, Database

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = (
    8107_2026  # PostgreSQL's advisory lock of this program; any number, the same in every process
)


def head() -> str:
    """The newest revision. Files are named by it, so that a start need not load Alembic to compare."""
    names = [path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py")]
    return max(name.split("_")[0] for name in names)


def revision(db: Database) -> str | None:
    """The revision of this database; None where nothing has been made yet."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(db: Database) -> bool:
    """Bring the schema to the newest revision; True where something was done.

    The caller holds `alone`. A SQLite file that holds anything is copied beside itself first. Raise
    ConfigError where a newer program has been at this database.
    """
    was = revision(db)
    if was == head():
        return False
    if was is not None and was > head():
        raise ConfigError(
            f"DATABASE_URL のデータベースは、より新しいプログラムのもの（{was}）です。"
            f"プログラムを新しくしてください（いまは {head()}）。"
        )
    if db.is_sqlite and was is not None:
        _copy_file(Path(str(db.engine.url.database)), was)
    if db.is_sqlite:
        _upgrade_sqlite(db)
    else:
        with db.engine.begin() as connection:
            _run(connection)
    return True


def _upgrade_sqlite(db: Database) -> None:
    """With foreign keys off while tables are re-created, and checked before the commit."""
    engine = create_engine(db.engine.url)
    event.listen(engine, "connect", lambda raw, _record: setattr(raw, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            _run(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise DatabaseError("PRAGMA foreign_key_check", broken, ValueError(broken))
    finally:
        engine.dispose()


def _run(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  0.4 s that only a change of schema has to pay

    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Any:
    from alembic.config import Config  # noqa: PLC0415  as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = Base.metadata
    return config


def _copy_file(path: Path, was: str) -> None:
    with (
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(path.with_suffix(f".before-{was}.db"))) as target,
    ):
        source.backup(target)


@contextmanager
def alone(db: Database) -> Iterator[None]:
    """Only one process at a time is in here: what a start does, two starts do once."""
    if db.is_sqlite:
        path = Path(f"{db.engine.url.database}.lock")
        with path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    with db.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _lock_of(db)})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _lock_of(db)})


def _lock_of(db: Database) -> int:
    """Another number for another schema of the same server: tests run beside each other."""
    schema = re.search(r"search_path(?:=|%3D)(\w+)", str(db.engine.url))
    return LOCK + (sum(schema[1].encode()) if schema else 0)
