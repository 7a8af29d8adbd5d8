"""Before anything else: the folder, the schema, the directory and the pack, by one process at a time."""

import logging
import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, IntegrityError

from bot import roster
from bot.config import Config, ConfigError
from bot.db import Database, connect
from bot.inbox import Arrival
from bot.migrate import alone, upgrade
from bot.roster import BadDirectory
from jobs.pack import load_pack
from knowledge import store
from knowledge.files import BadFiles

log = logging.getLogger(__name__)

DEMO = "demo"
DIRECTORY = "directory"
PRACTISED_ON = ("web", "terminal")


def open_desk(config: Config, now: datetime) -> Database:
    """A database that is ready. Raise ConfigError with a sentence that names the setting.

    Mistakes in directory or pack stop the start of a new desk; an existing one goes on with what it had
    and says so in the log.
    """
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        pass  # a file of that name, as check_folders says
    except OSError as error:
        shown = str(config.data_dir)
        raise ConfigError(f"DATA_DIR={shown!r} を作れません（{error.strerror}）。") from None
    check_folders(config)
    db = connect(config.database_url)
    try:
        with alone(db):
            upgrade(db)
            _load(db, config, now)
    except (DataError, IntegrityError):  # ours, and not the database's
        db.close()
        raise
    except (DatabaseError, ArgumentError, OSError) as error:
        db.close()
        raise ConfigError(_cannot_connect(error)) from error
    except BaseException:
        db.close()
        raise
    return db


def _cannot_connect(error: Exception) -> str:
    reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
    return (
        f"DATABASE_URL のデータベースを開けません（{reason}）。"
        "場所と利用者を確かめ、データベースが動いているか見てください。"
    )


def check_folders(config: Config) -> None:
    """Raise ConfigError where data or the database's file cannot be written. Nothing is made."""
    folder = config.data_dir.absolute()
    there = next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
    shown = str(config.data_dir)
    if not there.is_dir():
        raise ConfigError(f"DATA_DIR={shown!r}：{str(there)!r} はフォルダーではありません。")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ConfigError(f"DATA_DIR={shown!r} に書けません。書ける場所にしてください。")
    file = database_file(config)
    if file is None or file.parent == folder:
        return
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise ConfigError(f"DATABASE_URL：フォルダー {str(file.parent)!r} がないか、書けません。")


def database_file(config: Config) -> Path | None:
    """The file of a SQLite database."""
    url = make_url(config.database_url)
    return Path(str(url.database)).absolute() if url.drivername == "sqlite" else None


def _keep_apart(db: Database, config: Config) -> None:
    """Invented people and what they asked never stand beside real ones: neither is a chat connected to a
    database for practice, nor is practice begun in one that a chat has used."""
    with db.read() as session:
        practised = roster.ever_held(session, DEMO)
        of_a_chat = select(Arrival.id).where(Arrival.platform.not_in(PRACTISED_ON)).limit(1)
        used = session.scalar(of_a_chat) is not None
    if config.chats and practised and not config.demo:
        raise ConfigError(
            "DATABASE_URL のデータベースに練習用の人がいるので、チャットにつないで始められません。"
            "DATA_DIR か DATABASE_URL を新しい場所にしてください。練習のままつなぐなら DEMO=1 と書いてください。"
        )
    if config.demo and used and not practised:
        raise ConfigError(
            "DEMO：DATABASE_URL のデータベースはチャットで使われているので、練習用の人を入れません。"
            "DEMO=0 と書くか、練習のために DATA_DIR か DATABASE_URL を別の場所にしてください。"
        )


def _load(db: Database, config: Config, now: datetime) -> None:
    _keep_apart(db, config)
    if not config.demo:
        with db.read() as session:
            practised = session.get(roster.Loaded, DEMO) is not None
        if practised:
            with db.write() as session:
                roster.retire(session, DEMO)
    for folder, source in folders(config):
        try:
            with db.write() as session:
                roster.load_if_changed(session, folder, source)
        except BadDirectory as bad:
            _stop_if_new(db, bad, source)
    if config.knowledge_pack is not None:
        try:
            load_pack(db, config.knowledge_pack, now)
        except BadFiles as bad:
            _stop_if_new(db, bad, "pack")


def folders(config: Config) -> list[tuple[Path, str]]:
    """The directory's folders, in the order in which they build on each other."""
    if config.directory is None:
        return []
    found = [(config.directory, DIRECTORY)]
    if config.demo and (config.directory / DEMO).is_dir():
        found.append((config.directory / DEMO, DEMO))
    return found


def _stop_if_new(db: Database, bad: BadDirectory | BadFiles, source: str) -> None:
    with db.read() as session:
        is_new = (
            not store.published(session)
            if source == "pack"
            else session.get(roster.Loaded, source) is None
        )
    if is_new:
        raise ConfigError("\n".join(str(problem) for problem in bad.problems)) from bad
    for problem in bad.problems:
        log.error("%s", problem)
