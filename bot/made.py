"""Statements on the way of every event: made once for each kind of database, then run for what its driver costs.

SQLAlchemy writes them; its way to run one that it has cached costs twenty times what SQLite takes for it, and nine of them
were two fifths of an answer (`python -m benchmarks.slack`). Errors come as SQLAlchemy's, like everybody's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

Convert = Callable[[Any], Any]


class Cursor(Protocol):
    """What SQLite's and PostgreSQL's drivers give alike."""

    rowcount: int

    def fetchone(self) -> tuple[Any, ...] | None: ...


@dataclass(frozen=True)
class _Ready:
    """`names`: the parameters in the driver's order, each with what makes its value one of the driver's."""

    sql: str
    names: tuple[tuple[str, Convert | None], ...]
    fixed: Mapping[str, Any]
    in_order: bool

    def arguments(self, values: Mapping[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        given = {**self.fixed, **values}
        if self.in_order:
            return tuple(
                given[name] if convert is None else convert(given[name])
                for name, convert in self.names
            )
        return {
            name: given[name] if convert is None else convert(given[name])
            for name, convert in self.names
        }


class Made:
    """A statement that takes named values, without a list among them. Its rows come as the driver gives them: numbers and texts, no moments."""

    def __init__(self, write: Callable[[str], ClauseElement] | ClauseElement) -> None:
        """`write`: the statement, or what writes it in the words of a database ("sqlite", "postgresql")."""
        self._write = write
        self._ready: dict[tuple[str, tuple[str, ...]], _Ready] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Cursor:
        """In: an open transaction and the values by name; of an INSERT they are its columns. Out: the driver's
        cursor, with its rows and how many rows were changed. Raise KeyError for a value that is missing."""
        known = (connection.dialect.name, tuple(values))
        ready = self._ready.get(known)
        if ready is None:
            ready = self._ready[known] = self._make(connection.dialect, list(values))
        return execute(connection, ready.sql, ready.arguments(values))

    def _make(self, dialect: Dialect, columns: list[str]) -> _Ready:
        statement = self._write(dialect.name) if callable(self._write) else self._write
        inserts = getattr(statement, "is_insert", False)
        compiled = cast(
            SQLCompiler,
            statement.compile(dialect=dialect, column_keys=columns if inserts else None),
        )
        in_order = compiled.positional
        order = (compiled.positiontup or ()) if in_order else compiled.bind_names.values()
        binds = ((name, compiled.binds[name].type) for name in order)
        return _Ready(
            compiled.string,
            tuple((name, of.dialect_impl(dialect).bind_processor(dialect)) for name, of in binds),
            {name: value for name, value in compiled.params.items() if value is not None},
            in_order,
        )


def execute(connection: Connection, sql: str, arguments: Any = ()) -> Cursor:
    """Let the driver itself run this. Raise DBAPIError, without the values, where it fails."""
    driver = cast(Any, connection.connection.driver_connection)
    errors = cast(Any, connection.dialect.dbapi).Error
    try:
        return cast(Cursor, driver.execute(sql, arguments))
    except errors as error:
        raise DBAPIError.instance(
            sql, None, error, errors, hide_parameters=True, dialect=connection.dialect
        ) from error
