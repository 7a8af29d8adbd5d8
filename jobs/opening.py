"""Before anything else: the folder, the schema, the directory and the pack, by one process at a time."""

import logging
import os
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import ArgumentError, OperationalError

from bot import roster
from bot.config import Config, ConfigError
from bot.db import Database, connect
from bot.migrate import alone, upgrade
from bot.roster import BadDirectory
from jobs.pack import load_pack
from knowledge import store
from knowledge.files import BadFiles

log = logging.getLogger(__name__)

DEMO = "demo"
DIRECTORY = "directory"


def open_desk(config: Config, now: datetime) -> Database:
    """A database that is ready. Raise ConfigError with a sentence that names the setting.

    Mistakes in directory or pack stop the start of a new desk; an existing one goes on with what it had
    and says so in the log.
    """
    ensure_folder(config)
    db = connect(config.database_url)
    try:
        with alone(db):
            upgrade(db)
            _load(db, config, now)
    except (OperationalError, ArgumentError) as error:
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


def ensure_folder(config: Config) -> None:
    folder = config.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"DATA_DIR={str(folder)!r} を作れません（{error.strerror}）。") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"DATA_DIR={str(folder)!r} に書けません。書ける場所にしてください。")
    file = Path(config.database_url.removeprefix("sqlite:///"))
    if config.database_url.startswith("sqlite") and not os.access(file.parent, os.W_OK | os.X_OK):
        raise ConfigError(f"DATABASE_URL：フォルダー {str(file.parent)!r} がないか、書けません。")


def _load(db: Database, config: Config, now: datetime) -> None:
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
