"""Looks at everything a desk needs and says in one line each whether it is well, and else the cure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot import roster
from bot.config import Config, ConfigError
from bot.db import Database, connect
from bot.directory import Field, Municipality, Person, Room
from bot.migrate import head, revision
from bot.roster import BadDirectory
from jobs.opening import check_folders, database_file, folders
from jobs.pack import read_pack
from knowledge import store
from knowledge.files import BadFiles


@dataclass(frozen=True)
class Finding:
    what: str
    fine: bool
    words: str

    def __str__(self) -> str:
        return f"{'✓' if self.fine else '✗'} {self.what}：{self.words}"


def examine(env: Mapping[str, str], dotenv: Path) -> list[Finding]:
    """Nothing is made or changed. What stands on something that is not well is not looked at."""
    try:
        config = Config.read(env, dotenv)
        check_folders(config)
    except ConfigError as error:
        return [Finding("設定", fine=False, words=str(error))]
    findings = [
        Finding("設定", fine=True, words=f"{config.public_url}、データは {config.data_dir}")
    ]
    file = database_file(config)
    if file is not None and not file.exists():
        cure = "まだ作られていません。make run か python -m bot run で作られます"
        return [*findings, Finding("データベース", fine=False, words=cure)]
    db = connect(config.database_url)
    try:
        findings.append(_database(db))
        if findings[-1].fine:
            findings.append(_schema(db))
        if findings[-1].fine:
            findings.extend((_knowledge(db, config), _directory(db, config)))
    finally:
        db.close()
    return findings


def _database(db: Database) -> Finding:
    try:
        revision(db)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        cure = f"開けません（{reason}）。DATABASE_URL と、データベースが動いているかを見てください"
        return Finding("データベース", fine=False, words=cure)
    kind = "SQLite" if db.is_sqlite else "PostgreSQL"
    return Finding("データベース", fine=True, words=kind)


def _schema(db: Database) -> Finding:
    now = revision(db)
    if now is None:
        cure = "まだ作られていません。make run か python -m bot run で作られます"
        return Finding("スキーマ", fine=False, words=cure)
    if now > head():
        cure = f"{now} で、このプログラム（{head()}）より新しいです。プログラムを新しくしてください"
        return Finding("スキーマ", fine=False, words=cure)
    if now != head():
        cure = f"{now} です。python -m bot run を一度動かすと {head()} になります"
        return Finding("スキーマ", fine=False, words=cure)
    return Finding("スキーマ", fine=True, words=now)


def _knowledge(db: Database, config: Config) -> Finding:
    return _files_and_rows("知識", lambda: _pack_words(db, config))


def _pack_words(db: Database, config: Config) -> tuple[bool, str]:
    with db.read() as session:
        count = len(store.published(session))
        known = store.digests(session, from_pack=True)
    if config.knowledge_pack is not None:
        written = read_pack(config.knowledge_pack)
        if {one.entry.id: one.digest for one in written} != known:
            cure = "ファイルのほうが新しいです。python -m bot run が動いていれば数秒で入ります"
            return False, cure
    if not count:
        return False, "項目がありません。KNOWLEDGE_PACK か knowledge import で入れてください"
    return True, f"公開中の項目{count}件"


def _directory(db: Database, config: Config) -> Finding:
    return _files_and_rows("名簿", lambda: _roster_words(db, config))


def _roster_words(db: Database, config: Config) -> tuple[bool, str]:
    with db.read() as session:
        towns, fields, rooms, people = (
            session.scalar(select(func.count()).select_from(table))
            for table in (Municipality, Field, Room, Person)
        )
        changed = [
            str(folder)
            for folder, source in folders(config)
            if (known := session.get(roster.Loaded, source)) is None
            or known.digest != roster.digest(folder)
        ]
    if changed:
        cure = f"{'、'.join(changed)} のほうが新しいです。python -m bot run で取り込まれます"
        return False, cure
    if not towns or not rooms:
        return False, "市町か部屋がありません。directory import で入れてください"
    return True, f"市町{towns}、分野{fields}、部屋{rooms}、人{people}"


def _files_and_rows(what: str, look: Callable[[], tuple[bool, str]]) -> Finding:
    try:
        fine, words = look()
    except (BadFiles, BadDirectory) as bad:
        return Finding(what, fine=False, words=str(bad.problems[0]))
    except SQLAlchemyError as error:
        return Finding(what, fine=False, words=f"読めません（{type(error).__name__}）")
    return Finding(what, fine=fine, words=words)
