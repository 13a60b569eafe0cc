"""After-images of rows: how a fact's rows become statements, and how they stand in the chain."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
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
        sql = statement(new, table, tuple(columns))
        cursor = db.execute(sql, cells[0]) if len(cells) == 1 else db.executemany(sql, cells)
        if not new and cursor.rowcount != len(cells):
            raise LedgerError(f"{len(cells) - cursor.rowcount} of {len(cells)} rows to change are not in '{table}'.")


@cache
def statement(new: int, table: str, columns: tuple[str, ...]) -> str:
    """The one statement that writes such rows, with `?1`… in the order of `columns`."""
    if table not in KEYS:
        raise LedgerError(f"'{table}' is not a table of facts.")
    keys = KEYS[table]
    if wrong := [column for column in columns if not column.isidentifier()]:
        raise LedgerError(f"{wrong[0]!r} is not the name of a column of '{table}'.")
    if missing := [key for key in keys if key not in columns]:
        raise LedgerError(f"A row of '{table}' comes without its key column {', '.join(missing)}.")
    rest = [column for column in columns if column not in keys]
    if new:
        marks = ",".join(f"?{place}" for place in range(1, len(columns) + 1))
        change = ",".join(f"{column}=excluded.{column}" for column in rest)
        then = f"update set {change}" if rest else "nothing"
        into = f"insert into {table} ({','.join(columns)}) values ({marks})"  # noqa: S608 -- names are checked above
        return f"{into} on conflict({','.join(keys)}) do {then}"
    place_of = {column: f"?{place}" for place, column in enumerate(columns, 1)}
    change = ",".join(f"{column}={place_of[column]}" for column in rest or keys)
    which = " and ".join(f"{key}={place_of[key]}" for key in keys)
    return f"update {table} set {change} where {which}"  # noqa: S608 -- names are checked above
