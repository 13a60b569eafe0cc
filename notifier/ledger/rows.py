"""After-images of rows: how a fact's rows become statements, and how they stand in the chain."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any

from notifier.errors import LedgerError
from notifier.ledger.tables import KEYS
from notifier.model.facts import Row

Cells = list[Any]
Batch = tuple[int, str, list[str], list[Cells]]
"""(new, table, columns, one list of cells per row): consecutive rows of the same shape, as the chain keeps them."""

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_PLAIN = frozenset((str, int, float, bool, type(None)))


def cell(value: Any) -> Any:
    """A value as the table holds it: enums as their word, lists and dicts as JSON text."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, tuple | set | frozenset):
        value = list(value)
    return _encode(value)


def batches(rows: Sequence[Row]) -> list[Batch]:
    """Rows in their order, consecutive ones of the same shape together."""
    found: list[Batch] = []
    shape: tuple[bool, str, tuple[str, ...]] | None = None
    cells: list[Cells] = []
    for row in rows:
        values = row.values
        this = (row.new, row.table, tuple(values))
        if this != shape:
            shape, cells = this, []
            found.append((int(row.new), row.table, list(values), cells))
        cells.append([value if type(value) in _PLAIN else cell(value) for value in values.values()])
    return found


def apply_batches(db: sqlite3.Connection, found: Iterable[Batch]) -> None:
    """Write after-images. Raises LedgerError if a change names a row that is not there."""
    for new, table, columns, cells in found:
        changed = write(db, new, table, tuple(columns), cells)
        if not new and changed != len(cells):
            raise LedgerError(f"{len(cells) - changed} of {len(cells)} rows to change are not in '{table}'.")


def write(
    db: sqlite3.Connection, new: int, table: str, columns: tuple[str, ...], cells: Sequence[Sequence[Any]]
) -> int:
    """Write rows of one shape in their order; returns how many rows of the table were touched."""
    if len(cells) == 1:
        return db.execute(statement(new, table, columns, 1), cells[0]).rowcount
    changed = at = 0
    while at < len(cells):
        size = next(size for size in SIZES if size <= len(cells) - at)
        some = cells[at : at + size]
        if size > 1 and not new and rows_are_doubled(table, columns, some):
            for row in some:
                changed += db.execute(statement(new, table, columns, 1), row).rowcount
        else:
            values = some[0] if size == 1 else list(chain.from_iterable(some))
            changed += db.execute(statement(new, table, columns, size), values).rowcount
        at += size
    return changed


SIZES = (64, 16, 4, 1)
"""Rows per statement. Each call into SQLite gives the interpreter's lock away, and a busy loop gives it back late:
beside one, `executemany` (two calls a row) was up to a hundred times slower than statements of 64 rows."""


def rows_are_doubled(table: str, columns: tuple[str, ...], cells: Sequence[Sequence[Any]]) -> bool:
    """Whether one row is changed twice: one statement would take either change, and the last must win."""
    places = [columns.index(key) for key in KEYS[table] if key in columns]
    return len({tuple(row[place] for place in places) for row in cells}) < len(cells)


@cache
def statement(new: int, table: str, columns: tuple[str, ...], size: int) -> str:
    """The statement that writes `size` such rows, their values one after the other in the order of `columns`."""
    if table not in KEYS:
        raise LedgerError(f"'{table}' is not a table of facts.")
    keys = KEYS[table]
    if wrong := [column for column in columns if not column.isidentifier()]:
        raise LedgerError(f"{wrong[0]!r} is not the name of a column of '{table}'.")
    if missing := [key for key in keys if key not in columns]:
        raise LedgerError(f"A row of '{table}' comes without its key column {', '.join(missing)}.")
    rest = [column for column in columns if column not in keys]
    values = marks(len(columns), size)
    if new:
        change = ",".join(f"{column}=excluded.{column}" for column in rest)
        then = f"update set {change}" if rest else "nothing"
        into = f"insert into {table} ({','.join(columns)}) {values}"
        return f"{into} on conflict({','.join(keys)}) do {then}"
    place = {column: f"given.column{at}" for at, column in enumerate(columns, 1)}
    change = ",".join(f"{column}={place[column]}" for column in rest or keys)
    which = " and ".join(f"{table}.{key}={place[key]}" for key in keys)
    return f"update {table} set {change} from ({values}) given where {which}"  # noqa: S608 -- names are checked above


@cache
def marks(width: int, size: int) -> str:
    """`values (?,?),(?,?)`: `size` rows of `width` values."""
    return "values " + ",".join(["(" + ",".join("?" * width) + ")"] * size)
