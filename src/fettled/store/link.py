"""
One connection, and statements compiled once: the road every statement takes.

Statements are written as SQLAlchemy Core and compiled once for the dialect; they are
run by the driver itself, since a storm runs tens of thousands of the same few. The types'
own conversions, taken from the compiled statement, stay the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Engine
from sqlalchemy.sql import ClauseElement, Select
from sqlalchemy.sql.compiler import SQLCompiler

Row = dict[str, Any]
Statement = ClauseElement
#: Of statements made for one question; there are as many as ways to ask.
_MOST_SHAPES = 400


class Prepared:
    """A compiled statement with what turns our values into the driver's and back."""

    __slots__ = ("binds", "fixed", "names", "pick", "places", "processes", "sql")

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 -- as above
        self.sql = str(compiled)
        processes = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for bind, name in compiled.bind_names.items()
        }
        names = compiled.positiontup or []
        self.fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self.pick = _picker(names)
        self.binds: list[tuple[int, Callable[[Any], Any]]] = [
            (place, process)
            for place, name in enumerate(names)
            if (process := processes[name]) is not None
        ]
        columns = [*statement.selected_columns] if isinstance(statement, Select) else []
        self.names = [column.name for column in columns]
        self.processes: list[tuple[int, Callable[[Any], Any]]] = []
        for place, column in enumerate(columns):
            process = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if process is not None:
                self.processes.append((place, process))
        key = statement._generate_cache_key()  # noqa: SLF001 -- see `Link.shaped`
        self.places = [compiled.bind_names.get(bind) for bind in key.bindparams] if key else []

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Make the driver's parameters, in the statement's order."""
        if self.fixed:
            given = {**self.fixed, **given}
        values = self.pick(given)
        for place, process in self.binds:
            value = values[place]
            if value is not None:
                values[place] = process(value)
        return values

    def row(self, raw: tuple[Any, ...]) -> Row:
        """Make our values of a row, by column name."""
        row = list(raw)
        for place, process in self.processes:
            value = row[place]
            if value is not None:
                row[place] = process(value)
        return dict(zip(self.names, row, strict=True))


def _picker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], list[Any]]:
    """Take the values of *names* out of a mapping, in order."""
    if len(names) > 1:
        take = itemgetter(*names)
        return lambda given: list(take(given))
    return lambda given: [given[name] for name in names]


class Link:
    """One connection of the driver in autocommit mode; used by one thread at a time."""

    def __init__(self, engine: Engine, prepared: dict[Statement, Prepared]) -> None:
        self._proxy = engine.raw_connection()
        self.driver: Any = self._proxy.driver_connection
        self.dialect = engine.dialect
        self.is_postgres = engine.dialect.name == "postgresql"
        self.integrity_error: type[Exception] = engine.dialect.loaded_dbapi.IntegrityError
        self._prepared = prepared
        self._shapes: dict[Any, Prepared] = {}

    def run(self, statement: Statement, given: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 -- the driver's cursor
        """Run one statement."""
        prepared = self._prepare(statement)
        return self.driver.execute(prepared.sql, prepared.values(given or {}))

    def told(self, statement: Statement, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- the first column's own type
        """
        Run a statement with RETURNING, and give the first column of its row, or None.

        Fetched to the end at once: SQLite cannot roll back while a write is still read.
        """
        prepared = self._prepare(statement)
        rows = self.driver.execute(prepared.sql, prepared.values(given)).fetchall()
        return rows[0][0] if rows else None

    def many(self, statement: Statement, given: Iterable[Mapping[str, Any]]) -> None:
        """Run one statement for each of *given*."""
        prepared = self._prepare(statement)
        rows = [prepared.values(each) for each in given]
        if len(rows) == 1:
            self.driver.execute(prepared.sql, rows[0])
        elif rows:
            self.driver.cursor().executemany(prepared.sql, rows)

    def one(self, statement: Statement, given: Mapping[str, Any] | None = None) -> Row | None:
        """Give the first row, or None."""
        prepared = self._prepare(statement)
        raw = self.driver.execute(prepared.sql, prepared.values(given or {})).fetchone()
        return None if raw is None else prepared.row(raw)

    def all(self, statement: Statement, given: Mapping[str, Any] | None = None) -> list[Row]:
        """Give every row."""
        prepared = self._prepare(statement)
        cursor = self.driver.execute(prepared.sql, prepared.values(given or {}))
        return [prepared.row(raw) for raw in cursor.fetchall()]

    def ask(self, statement: Statement) -> list[Row]:
        """Run a statement made for this one question; only its shape is kept."""
        prepared, given = self.shaped(statement)
        return [
            prepared.row(raw)
            for raw in self.driver.execute(prepared.sql, prepared.values(given)).fetchall()
        ]

    def shaped(self, statement: Statement) -> tuple[Prepared, dict[str, Any]]:
        """
        Give what was compiled of a statement of the same shape, and this one's own values.

        Compiling costs as much as all the rest of a short list. SQLAlchemy's connections
        know shapes by the same key; it has no name for whoever runs statements otherwise.
        """
        key = statement._generate_cache_key()  # noqa: SLF001 -- as said
        if key is None:
            return Prepared(statement, self.dialect), {}
        prepared = self._shapes.get(key.key)
        if prepared is None:
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            prepared = self._shapes[key.key] = Prepared(statement, self.dialect)
        given = {
            place: bind.effective_value
            for place, bind in zip(prepared.places, key.bindparams, strict=True)
            if place is not None and not bind.required
        }
        return prepared, given

    def say(self, sql: str) -> Any:  # noqa: ANN401 -- the driver's cursor
        """Run words of transaction control, the same in every dialect."""
        return self.driver.execute(sql)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Run what may be refused: PostgreSQL otherwise gives up the whole transaction."""
        if not self.is_postgres:
            yield  # SQLite takes back the one statement
            return
        self.say("SAVEPOINT attempt")
        try:
            yield
        except self.integrity_error:
            self.say("ROLLBACK TO SAVEPOINT attempt")
            self.say("RELEASE SAVEPOINT attempt")
            raise
        self.say("RELEASE SAVEPOINT attempt")

    def close(self) -> None:
        """Close, also when the connection is broken."""
        self._proxy.invalidate()
        self._proxy.close()

    def _prepare(self, statement: Statement) -> Prepared:
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = Prepared(statement, self.dialect)
        return prepared
