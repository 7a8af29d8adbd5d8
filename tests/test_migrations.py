"""The schema is what the models say, however a database came to it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from bot.config import ConfigError
from bot.db import Base, Database, connect
from bot.migrate import alone, head, revision, upgrade
from tests.commands import nothing_yet


def test_a_migrated_database_is_what_the_models_say(empty_db: Database) -> None:
    with empty_db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_a_made_and_a_migrated_database_have_the_same_constraints(
    empty_db: Database, tmp_path: Path
) -> None:
    with nothing_yet(tmp_path) as url:
        made = connect(url)
        Base.metadata.create_all(made.engine)

        def shape(db: Database) -> dict[str, object]:
            look = inspect(db.engine)
            return {
                table: (
                    sorted(
                        (c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(table)
                    ),
                    look.get_pk_constraint(table)["name"],
                    sorted(str(key["name"]) for key in look.get_foreign_keys(table)),
                    sorted(str(key["name"]) for key in look.get_unique_constraints(table)),
                    sorted(str(key["name"]) for key in look.get_check_constraints(table)),
                    sorted(str(key["name"]) for key in look.get_indexes(table)),
                )
                for table in Base.metadata.tables
            }

        try:
            assert shape(empty_db) == shape(made)
        finally:
            made.close()


def test_every_constraint_has_a_name() -> None:
    for table in Base.metadata.tables.values():
        assert all(constraint.name for constraint in table.constraints), table.name


def test_a_second_upgrade_does_nothing(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        db = connect(url)
        try:
            assert revision(db) is None
            with alone(db):
                assert upgrade(db) is True
                assert revision(db) == head()
                assert upgrade(db) is False
        finally:
            db.close()
    assert not list(tmp_path.glob("*before*"))  # nothing was worth a copy


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        db = connect(url)
        try:
            upgrade(db)
            with db.engine.begin() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            with pytest.raises(ConfigError, match=r"DATABASE_URL.*新しいプログラム"):
                upgrade(db)
        finally:
            db.close()


def test_the_file_is_copied_beside_itself_before_it_is_changed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    db = connect(url)
    upgrade(db)
    with db.engine.begin() as connection:  # as a database of an older program would be
        for table in reversed(Base.metadata.sorted_tables):
            table.drop(connection)
        connection.execute(text("CREATE TABLE older (word TEXT)"))
        connection.execute(text("INSERT INTO older VALUES ('kept')"))
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0000')"))
    try:
        with pytest.raises(Exception, match="0000"):  # there never was such a revision
            upgrade(db)
    finally:
        db.close()

    with closing(sqlite3.connect(tmp_path / "desk.before-0000.db")) as copy:
        assert copy.execute("SELECT word FROM older").fetchall() == [("kept",)]


def test_the_newest_revision_is_the_one_alembic_knows(empty_db: Database) -> None:
    from alembic.script import ScriptDirectory

    from bot.migrate import alembic_config

    with empty_db.engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
    assert script.get_heads() == [head()]
    assert revision(empty_db) == head()


def test_only_one_at_a_time_is_alone(empty_db: Database) -> None:
    """Two that both look first and write then; with `alone` the second sees what the first wrote."""
    from concurrent.futures import ThreadPoolExecutor

    from sqlalchemy import select

    from bot.directory import Region

    def look_and_write(_: int) -> bool:
        with alone(empty_db):
            with empty_db.read() as session:
                if session.scalars(select(Region)).all():
                    return False
            with empty_db.write() as session:
                session.add(Region(name="播磨", office="", position=0))
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(look_and_write, range(8))) == [False] * 7 + [True]


def test_entries_of_an_older_desk_keep_their_versions_and_get_their_last_days(
    tmp_path: Path,
) -> None:
    from alembic import command

    from bot.migrate import alembic_config

    entry = '{"id": "k", "title": "題", "questions": ["問"], "answer": "答"%s}'
    with nothing_yet(tmp_path) as url:
        db = connect(url)
        try:
            with db.engine.begin() as connection:
                command.upgrade(alembic_config(connection), "0002")
                for key, more in (("k", ', "valid_until": "2027-03-31"'), ("m", "")):
                    told = {"id": key, "entry": entry % more, "at": "2026-11-20 03:00:00"}
                    connection.execute(
                        text(
                            "INSERT INTO entries (id, version, state, entry, origin, from_pack, digest,"
                            " updated_at) VALUES (:id, 1, 'published', :entry, 'f', true, 'd', :at)"
                        ),
                        told,
                    )
                    connection.execute(
                        text(
                            "INSERT INTO entry_versions (entry_id, version, entry, state, at)"
                            " VALUES (:id, 1, :entry, 'published', :at)"
                        ),
                        told,
                    )
            assert upgrade(db) is True
            with db.engine.connect() as connection:
                days = connection.execute(
                    text("SELECT id, edited, expires_on FROM entries ORDER BY id")
                ).all()
                authors = connection.execute(text("SELECT author FROM entry_versions")).scalars()
                assert [(d[0], bool(d[1]), str(d[2])) for d in days] == [
                    ("k", False, "2027-03-31"), ("m", False, "None"),
                ]  # fmt: skip
                assert list(authors) == ["", ""]
        finally:
            db.close()


def test_stamps_of_an_older_desk_are_found_by_their_card_and_their_form(tmp_path: Path) -> None:
    from alembic import command

    from bot.migrate import alembic_config

    stamps = {
        "1": [{"action": "step", "value": "7:sent", "place": "logo/9/8", "post": ""}],
        "2": [{"action": "take", "value": "12", "place": "logo/9/8", "post": "logo/9/8#5"}],
    }
    with nothing_yet(tmp_path) as url:
        db = connect(url)
        try:
            with db.engine.begin() as connection:
                command.upgrade(alembic_config(connection), "0012")
                for key, options in stamps.items():
                    connection.execute(
                        text(
                            "INSERT INTO logo_stamps (message_id, talk_id, kind, options, closed, account, sent_at)"
                            " VALUES (:id, '8', 'select', :options, false, '', '2026-11-20 03:00:00')"
                        ),
                        {"id": key, "options": json.dumps(options)},
                    )
            assert upgrade(db) is True
            with db.engine.connect() as connection:
                query = text("SELECT message_id, post, dialogue FROM logo_stamps ORDER BY 1")
                assert [tuple(row) for row in connection.execute(query)] == [
                    ("1", "", 7), ("2", "logo/9/8#5", None),
                ]  # fmt: skip
        finally:
            db.close()
