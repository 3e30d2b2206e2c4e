"""Statements of the busiest paths: compiled once for each kind of database, then handed to its driver as they are.

SQLAlchemy's own way from a statement to its rows takes several times as long as the database takes to run a small one.
What comes back is plain: rows are tuples of what the driver returns, so a flag may be 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import ClauseElement

Row = tuple[Any, ...]
Values = dict[str, Any]
_Bind = Callable[[Values], Any]


class Prepared:
    """One statement, whose every `bindparam` is given with each run."""

    def __init__(self, statement: ClauseElement) -> None:
        """Compile when it is first run: which database it is for is known then."""
        self._statement = statement
        self._compiled: dict[str, tuple[str, _Bind]] = {}

    def rows(self, tx: Connection, values: Values) -> list[Row]:
        """Run and return every row."""
        sql, bind = self._of(tx)
        found: list[Row] = self._run(tx, lambda cursor: cursor.execute(sql, bind(values)).fetchall())
        return found

    def row(self, tx: Connection, values: Values) -> Row | None:
        """Run and return the only row there can be, or None."""
        found = self.rows(tx, values)
        return found[0] if found else None

    def write(self, tx: Connection, many: Sequence[Values]) -> int:
        """Run once for each of `many`; return how many rows were written."""
        sql, bind = self._of(tx)

        def run(cursor: Any) -> int:
            cursor.executemany(sql, [bind(values) for values in many])
            return int(cursor.rowcount)

        written: int = self._run(tx, run)
        return written

    def _of(self, tx: Connection) -> tuple[str, _Bind]:
        found = self._compiled.get(tx.dialect.name)
        if found is None:
            found = self._compiled[tx.dialect.name] = self._compile(tx)
        return found

    def _compile(self, tx: Connection) -> tuple[str, _Bind]:
        compiled: Any = self._statement.compile(dialect=tx.dialect)
        own = {name: value for name, value in compiled.params.items() if value is not None}  # such as OFFSET 0
        order = compiled.positiontup
        if order is None:
            return str(compiled), lambda values: own | values
        if own:
            return str(compiled), lambda values: [values[name] if name in values else own[name] for name in order]
        return str(compiled), lambda values: [values[name] for name in order]

    def _run(self, tx: Connection, run: Callable[[Any], Any]) -> Any:
        cursor = tx.connection.cursor()
        driver = tx.dialect.loaded_dbapi
        try:
            return run(cursor)
        except driver.Error as error:
            raise DBAPIError.instance(str(self._statement), None, error, driver.Error) from error
        finally:
            cursor.close()
