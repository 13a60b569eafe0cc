"""The rows of one body's facts until they must be in the store: as few statements as the order of changes allows.

A body that decides sixty escalations changes the same few tables sixty times. Each statement gives the interpreter's
lock away, so their number is what such a body costs. Rows are written before a question reads their table, and at the
body's end, so nobody can tell.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from notifier.ledger.rows import Batch, Cells, apply_batches
from notifier.ledger.tables import KEYS

Shape = tuple[int, str, tuple[str, ...]]


class RowsToWrite:
    """Of one body; what is left of it when the body fails was never written."""

    def __init__(self) -> None:
        self._facts: list[Sequence[Batch]] = []
        self._tables: set[str] = set()

    def add(self, found: Sequence[Batch]) -> None:
        if found:
            self._facts.append(found)
            self._tables.update(batch[1] for batch in found)

    def before(self, db: sqlite3.Connection, tables: frozenset[str]) -> None:
        """Write all if one of `tables` is about to be read or changed."""
        if self._facts and not self._tables.isdisjoint(tables):
            self.write(db)

    def write(self, db: sqlite3.Connection) -> None:
        """Raises LedgerError if a change names a row that is not there."""
        facts, self._facts = self._facts, []
        self._tables.clear()
        if facts:
            apply_batches(db, facts[0] if len(facts) == 1 else together(facts))


def together(facts: Iterable[Sequence[Batch]]) -> list[Batch]:
    """The same changes in fewer batches: a row joins an earlier batch of its shape unless it was changed by one since.

    A row that is changed twice in one batch is written once, as it is after both.
    """
    batches: list[Batch] = []
    places: list[dict[tuple[Any, ...], int]] = []
    newest: dict[Shape, int] = {}
    changed_by: dict[tuple[str, tuple[Any, ...]], int] = {}
    for new, table, columns, rows in (batch for found in facts for batch in found):
        shape = new, table, tuple(columns)
        keys = [columns.index(name) for name in KEYS.get(table, ()) if name in columns]
        for row in rows:
            key = tuple([row[at] for at in keys])
            batch = newest.get(shape, -1)
            if batch < changed_by.get((table, key), 0):
                batch = newest[shape] = len(batches)
                batches.append((new, table, columns, []))
                places.append({})
            changed_by[table, key] = batch
            cells: list[Cells] = batches[batch][3]
            if (place := places[batch].setdefault(key, len(cells))) < len(cells):
                cells[place] = row
            else:
                cells.append(row)
    return batches
