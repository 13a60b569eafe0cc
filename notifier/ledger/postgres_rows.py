"""Statements for asyncpg: named queries with their arguments in order, and after-images of rows as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from notifier.errors import LedgerError
from notifier.ledger.named_queries import Query, find
from notifier.ledger.postgres_schema import ARRAYS, Types
from notifier.ledger.rows import Batch, cell, rows_are_doubled
from notifier.ledger.tables import KEYS
from notifier.model.facts import Rows

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.prepared_stmt import PreparedStatement


def _text(value: Any) -> str | None:
    # PostgreSQL keeps no NUL in text; SQLite does, and a note must not be lost over one.
    return value if value is None else str(value).replace("\0", "\ufffd")


def _whole(value: Any) -> int | None:
    return value if value is None else int(value)


def _double(value: Any) -> float | None:
    return value if value is None else float(value)


TAKES: Mapping[str, Callable[[Any], Any]] = {
    "text": _text, "varchar": _text, "bigint": _whole, "integer": _whole, "int8": _whole, "int4": _whole,
    "double precision": _double, "float8": _double,
}  # fmt: skip
"""A value as SQLite would keep it in a column of this type; asyncpg converts nothing by itself."""


class Statements:
    """The named queries, prepared on one connection at their first use."""

    def __init__(self, connection: asyncpg.Connection[Any], queries: Mapping[str, Query], types: Types) -> None:
        self._connection, self._queries, self._types = connection, queries, types
        self._ready: dict[str, tuple[PreparedStatement[Any], list[tuple[str, Callable[[Any], Any]]]]] = {}

    def query(self, name: str) -> Query:
        return find(self._queries, name)

    async def ask(self, query: Query, args: Mapping[str, Any]) -> Rows:
        """Raises LedgerError if an argument is missing or of a kind that the query does not take."""
        if query.name not in self._ready:
            sql, names = query.for_postgres()
            prepared = await self._connection.prepare(sql)
            kinds = [TAKES.get(kind.name, cell) for kind in prepared.get_parameters()]
            self._ready[query.name] = prepared, list(zip(names, kinds, strict=True))
        prepared, takes = self._ready[query.name]
        try:
            given = [take(cell(args[name])) for name, take in takes]
        except (KeyError, TypeError, ValueError) as error:
            raise LedgerError(f"The query '{query.name}' was asked wrongly: {error!r}.") from error
        return [dict(row) for row in await prepared.fetch(*given)]

    async def write(self, batch: Batch) -> int:
        """Write after-images in their order; returns how many rows of the table were touched."""
        new, table, columns, cells = batch
        names = tuple(columns)
        types = self._types.get(table, {})
        if strange := [name for name in names if name not in types]:
            raise LedgerError(f"'{table}' has no column {strange[0]!r}.")
        parts = [[row] for row in cells] if rows_are_doubled(table, names, cells) else [cells]
        sql = _statement(new, table, names, tuple(ARRAYS[types[name]] for name in names))
        changed = 0
        for part in parts:
            status = await self._connection.execute(sql, *self.arrays(table, names, part))
            changed += int(status.rpartition(" ")[2])
        return changed

    def columns(self, table: str) -> list[str]:
        """In the order of the schema."""
        return list(self._types[table])

    def arrays(self, table: str, names: Sequence[str], cells: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """One array per column."""
        types = self._types[table]
        takes = [TAKES[types[name]] for name in names]
        return [[take(row[at]) for row in cells] for at, take in enumerate(takes)]

    def casts(self, table: str, names: Sequence[str], first: int = 1) -> str:
        """`$1::text[],$2::int8[]`: the arrays of these columns as parameters."""
        types = self._types[table]
        return ",".join(f"${at}::{ARRAYS[types[name]]}" for at, name in enumerate(names, first))


@cache
def _statement(new: int, table: str, columns: tuple[str, ...], arrays: tuple[str, ...]) -> str:
    """Writes any number of such rows, their values as one array per column."""
    if table not in KEYS:
        raise LedgerError(f"'{table}' is not a table of facts.")
    keys = KEYS[table]
    if missing := [key for key in keys if key not in columns]:
        raise LedgerError(f"A row of '{table}' comes without its key column {', '.join(missing)}.")
    rest = [column for column in columns if column not in keys]
    given = ",".join(f"${at}::{kind}" for at, kind in enumerate(arrays, 1))
    names = ",".join(columns)
    if new:
        change = ",".join(f"{column}=excluded.{column}" for column in rest)
        then = f"update set {change}" if rest else "nothing"
        into = f"insert into {table} ({names}) select * from unnest({given})"  # noqa: S608 -- names from the schema
        return f"{into} on conflict ({','.join(keys)}) do {then}"
    change = ",".join(f"{column}=given.{column}" for column in rest or keys)
    which = " and ".join(f"{table}.{key}=given.{key}" for key in keys)
    return f"update {table} set {change} from unnest({given}) as given({names}) where {which}"  # noqa: S608 -- see above
