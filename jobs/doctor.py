"""Looks at everything a desk needs and says in one line each whether it is well, and else the cure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError

import jobs
from bot import roster
from bot.chat import Place
from bot.config import Config, ConfigError
from bot.days import clock as in_japan
from bot.db import Database, connect
from bot.directory import Field, Municipality, Person, Room
from bot.inbox import Arrival
from bot.migrate import head, revision
from bot.roster import BadDirectory
from jobs.doctor_desk import (
    Line,
    caution,
    links,
    practice,
    processes,
    relays,
    server_time,
    times,
    undelivered,
)
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


def examine(
    env: Mapping[str, str], dotenv: Path, clock: Callable[[], datetime] = jobs.now
) -> list[Finding]:
    """Nothing is made or changed. What stands on something that is not well is not looked at."""
    try:
        config = Config.read(env, dotenv)
        check_folders(config)
    except ConfigError as error:
        return [Finding("設定", fine=False, words=str(error))]
    zone = env.get("TZ")  # a line of .env comes too late for the log
    said = f"{config.public_url}、データは {config.data_dir}"
    findings = [Finding("設定", fine=True, words=said)]
    file = database_file(config)
    if file is not None and not file.exists():
        cure = "まだ作られていません。make run か python -m bot run で作られます"
        missing = Finding("データベース", fine=False, words=cure)
        return [*findings, *_times(zone, clock, None), missing, *_chats(config, None, clock)]
    db = connect(config.database_url)
    try:
        findings.extend(_base(db, zone, clock))
        if not findings[-1].fine:
            return [*findings, *_chats(config, None, clock)]
        return [*findings, *_desk(db, config, clock), *_chats(config, db, clock)]
    finally:
        db.close()


def _times(zone: str | None, clock: Callable[[], datetime], db: Database | None) -> list[Finding]:
    return _lines("時刻", lambda: times(zone, clock(), server_time(db) if db else None))


def _base(db: Database, zone: str | None, clock: Callable[[], datetime]) -> list[Finding]:
    database = _database(db)
    if not database.fine:
        return [*_times(zone, clock, None), database]
    return [*_times(zone, clock, db), database, _schema(db)]


def _desk(db: Database, config: Config, clock: Callable[[], datetime]) -> list[Finding]:
    return [
        _knowledge(db, config),
        _directory(db, config),
        *_lines("練習のデータ", lambda: practice(db, config)),
        *_lines("動いているプロセス", lambda: processes(db, clock(), config.chats)),
        *_lines("送れていないもの", lambda: undelivered(db, clock())),
        *_lines("慎重さ", lambda: caution(db)),
        *_lines("手で中継するもの", lambda: relays(db, clock())),
    ]


def _chats(config: Config, db: Database | None, clock: Callable[[], datetime]) -> list[Finding]:
    return [*_slack(config, db, clock), *_logo(config, db, clock)]


def _logo(config: Config, db: Database | None, clock: Callable[[], datetime]) -> list[Finding]:
    """It is not asked itself: a second login with the token would end the desk's own."""
    if config.logo is None:
        return []
    from bot.platforms.logo import checkup  # noqa: PLC0415  a desk without it need not load it

    found = [checkup.settings_of(config.logo)]
    if db is not None:
        with suppress(SQLAlchemyError):  # the line of the directory says so
            found += checkup.checkup(config.logo, db, clock(), _rooms(db))
    return [Finding(one.what, one.fine, one.words) for one in found]


def _slack(config: Config, db: Database | None, clock: Callable[[], datetime]) -> list[Finding]:
    """`db`: None where it cannot be read."""
    if config.slack is None:
        return []
    from bot.platforms.slack import checkup  # noqa: PLC0415  a desk without Slack need not load it

    rooms, last = None, ""
    if db is not None:
        with suppress(SQLAlchemyError):  # the line of the directory says so
            rooms, last = _rooms(db), _last_command(db, checkup.BEGUN_BY_COMMAND)
    found = checkup.checkup(config.slack, config.public_url, rooms, clock(), last)
    told = [Finding(one.what, one.fine, one.words) for one in found]
    return [*told, *_lines("メッセージのリンク", lambda: links(config))]


def _rooms(db: Database) -> list[tuple[str, Place]]:
    with db.read() as session:
        found = session.execute(select(Room.name, Room.place).order_by(Room.position)).all()
    return [(name, place) for name, place in found]


def _last_command(db: Database, beginnings: Sequence[str]) -> str:
    """When a command or shortcut last came in; empty where none ever did."""
    begun = or_(*(Arrival.event_id.startswith(begins, autoescape=True) for begins in beginnings))
    heard = select(func.max(Arrival.received_at)).where(Arrival.platform == "slack", begun)
    with db.read() as session:
        moment = session.scalar(heard)
    return in_japan(moment) if moment else ""


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
        waits = len(store.conflicts(session))
    if waits:
        cure = "事務局の「食い違い」で、ファイルとデータベースのどちらにするかを決めてください"
        return False, f"食い違いが{waits}件あります。{cure}"
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


def _lines(what: str, look: Callable[[], Iterable[Line]]) -> list[Finding]:
    try:
        return [Finding(what, fine, words) for fine, words in look()]
    except SQLAlchemyError as error:
        return [Finding(what, fine=False, words=f"読めません（{type(error).__name__}）")]
