"""The database: one declarative base, our column types, one way to open a session.

SQLite: WAL; a writing session starts with BEGIN IMMEDIATE, a reading one with plain BEGIN, because a
read under the write lock stops every writer (and two plain transactions closed one ticket 8 times).
PostgreSQL: nothing special; rules lock their row or UPDATE … WHERE state and look at the count.
"""

import dataclasses
import json
import threading
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Engine,
    MetaData,
    Text,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session

from bot.chat import Account, Card, Form, Message, Place
from bot.made import Made, execute

T = TypeVar("T")

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def dump(value: Any) -> Any:
    """A dataclass as plain JSON values; fields that hold their default are left out."""
    if value is None or isinstance(value, str | int | float):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            name: dump(v)
            for name, default in _fields(type(value))
            if (v := getattr(value, name)) != default
        }
    if isinstance(value, Mapping):
        return {key: dump(v) for key, v in value.items()}
    if isinstance(value, tuple | list):
        return [dump(v) for v in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((f.name, f.default) for f in dataclasses.fields(kind))


def load(kind: type[T], value: Any) -> T:
    """The dataclass that `dump` wrote. Raises TypeError where a field is missing."""
    read = _reader(cast(Any, kind))
    return cast(T, read(value) if read else value)


@cache
def _reader(kind: Any) -> Callable[[Any], Any] | None:  # noqa: PLR0911  one line a kind of type
    """What makes a value of this type out of its JSON; None where they are the same."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _reader_of(kind)
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        choices = [a for a in typing.get_args(kind) if a is not types.NoneType]
        return _tuples if len(choices) > 1 else _reader(choices[0])
    if origin is tuple:
        one = _reader(typing.get_args(kind)[0])
        if one is None:
            return lambda value: None if value is None else tuple(value)
        return lambda value: None if value is None else tuple(map(one, value))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        of = _reader(typing.get_args(kind)[1]) or (lambda value: value)
        return lambda value: None if value is None else {key: of(v) for key, v in value.items()}
    if kind in (date, datetime):
        return lambda value: None if value is None else kind.fromisoformat(value)
    return None


def _reader_of(kind: type[Any]) -> Callable[[Any], Any]:
    readers: dict[str, Callable[[Any], Any] | None] = {}

    def read(value: Any) -> Any:
        if value is None:
            return None
        if not readers:  # not before: a type may hold others of its own
            readers.update(
                {key: _reader(hint) for key, hint in typing.get_type_hints(kind).items()}
            )
        return kind(**{
            key: v if (one := readers[key]) is None else one(v)
            for key, v in value.items()
            if key in readers
        })  # fmt: skip

    return read


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


class Moment(TypeDecorator[datetime]):
    """SQLite forgets time zones, so every moment is stored in UTC and comes back aware."""

    impl, cache_ok = DateTime, True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


class PlaceText(TypeDecorator[Place]):
    impl, cache_ok = Text, True

    def process_bind_param(self, value: Place | None, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Place | None:  # noqa: ARG002
        return None if value is None else Place.parse(value)


class AccountText(TypeDecorator[Account]):
    impl, cache_ok = Text, True

    def process_bind_param(self, value: Account | None, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Account | None:  # noqa: ARG002
        return None if value is None else Account.parse(value)


class Told(TypeDecorator[Any]):
    """A dataclass as JSON text; subclasses say which."""

    impl, cache_ok = Text, True
    kind: ClassVar[type]

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else json.dumps(dump(value), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:  # noqa: ARG002
        return None if value is None else load(self.kind, json.loads(value))


class CardText(Told):
    kind, cache_ok = Card, True


class FormText(Told):
    kind, cache_ok = Form, True


class MessageText(Told):
    kind, cache_ok = Message, True


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {
        str: Text,
        datetime: Moment,
        Place: PlaceText,
        Account: AccountText,
        Card: CardText,
        Form: FormText,
        Message: MessageText,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
    }


def core(session: Session) -> Connection:
    """The connection of this session's transaction, for statements that are made once and run often."""
    return cast(Connection, session.info["connection"])


@dataclass(frozen=True)
class Database:
    """`write()` commits or rolls back at the end of the block; `read()` never writes.

    Neither is ever open while a chat is being called.
    """

    engine: Engine
    _reading: Engine
    _turn: typing.ContextManager[object]

    @contextmanager
    def write(self) -> Iterator[Session]:
        """On SQLite the threads of a process take turns: its own lock makes waiters sleep and look again, which
        costs them tens of milliseconds each. Other processes are kept apart by BEGIN IMMEDIATE alone."""
        with self._turn, self.engine.begin() as connection, _session(connection) as session:
            yield session
            if session.in_transaction():
                session.commit()  # writes what is pending; the connection's own transaction is committed then

    @contextmanager
    def quick(self) -> Iterator[Connection]:
        """A short write of made statements, without a session around it."""
        with self._turn, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Session]:
        with (
            self._reading.connect() as connection,
            connection.begin(),
            _session(connection) as session,
        ):
            yield session

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        self.engine.dispose()


def connect(url: str) -> Database:
    """Open `sqlite:///file` or `postgresql+psycopg://…`. Nothing is made or changed.

    On PostgreSQL both kinds of session run at READ COMMITTED, the default.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(
            url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": 15}
        )
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        reading: Engine = engine.execution_options(reads_only=True)
    else:
        patience = {"connect_timeout": 10}  # seconds; a wrong address must end in its sentence
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            connect_args=patience,
        )
        reading = engine
    return Database(engine, reading, threading.Lock() if reading is not engine else nullcontext())


def _session(connection: Connection) -> Session:
    """A session within the connection's transaction: the two are one, without the price of a session's own."""
    return Session(connection, expire_on_commit=False, info={"connection": connection})


def insert_into(session: Session, table: type[Base]) -> Any:
    """INSERT that knows ON CONFLICT, in the words of this database."""
    return insert_for(session.get_bind().dialect.name, table)


def insert_for(dialect: str, table: type[Base]) -> Any:
    """The same for a database by its name ("sqlite", "postgresql")."""
    words = sqlite if dialect == "sqlite" else postgresql
    return words.insert(table)


@cache
def _insert_once(kind: type[Base]) -> Made:
    def write(dialect: str) -> Any:
        return insert_for(dialect, kind).on_conflict_do_nothing().returning(kind.__table__.c.id)

    return Made(write)


def add_once(session: Session, kind: type[Base], **values: Any) -> int | None:
    """INSERT a row unless one with its unique key is there; its id, or None. Two at once are one row, on
    PostgreSQL too. The statement is made once, as it is on the way of every event."""
    if session.new or session.dirty:
        session.flush()  # rows this one names are there
    return insert_once(core(session), kind, values)


def insert_once(connection: Connection, kind: type[Base], values: dict[str, Any]) -> int | None:
    """`add_once` without a session."""
    found = _insert_once(kind).run(connection, values).fetchone()
    return None if found is None else int(found[0])


def _set_up(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin
    connection.execute("PRAGMA busy_timeout = 15000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    """Let one transaction write at a time, so that two people never take the same ticket."""
    reads_only = connection.get_execution_options().get("reads_only")
    # Of the driver itself: SQLAlchemy's way to say these two words costs ten times as much.
    execute(connection, "BEGIN" if reads_only else "BEGIN IMMEDIATE")
