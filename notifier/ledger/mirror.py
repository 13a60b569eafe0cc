"""The small tables as the last committed facts left them, held for a disk that cannot even be read any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from notifier.ledger.rows import cell, write
from notifier.ledger.standby import LIVE, WHOLE
from notifier.ledger.tables import KEYS
from notifier.model.facts import Event, Row

TABLES = frozenset({*WHOLE, *LIVE, "incident"} & KEYS.keys())


class Mirror:
    """Touched by the loop's thread; `fill` reads a copy."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[tuple[object, ...], dict[str, object]]] = {table: {} for table in TABLES}

    def load(self, db: sqlite3.Connection) -> None:
        """Take what a freshly filled store in memory holds."""
        for table in TABLES:
            cursor = db.execute(f"select * from {table}")  # noqa: S608 -- a table of ours
            names = [column[0] for column in cursor.description]
            for cells in cursor:
                self._keep(Row(table, dict(zip(names, cells, strict=True))))

    def take(self, events: Iterable[Event]) -> None:
        for event in events:
            for row in event.rows:
                if row.table in TABLES:
                    self._keep(row)
                    if row.table == "incident" and row.values.get("state") == "closed":
                        self._drop(row.values["site"], row.values["id"])

    def held(self) -> list[Row]:
        """Every row held, to be written into an empty store."""
        return [Row(table, dict(row), new=True) for table, rows in self._rows.items() for row in rows.values()]

    def _keep(self, row: Row) -> None:
        key = tuple(row.values[name] for name in KEYS[row.table])
        kept = self._rows[row.table].setdefault(key, {})
        kept.update((name, cell(value)) for name, value in row.values.items())

    def _drop(self, site: object, incident: object) -> None:
        for table in LIVE:
            rows = self._rows[table]
            for key in [key for key, row in rows.items() if (row["site"], row.get("incident")) == (site, incident)]:
                del rows[key]


def fill(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    db.execute("begin")
    for row in rows:
        write(db, 1, row.table, tuple(row.values), [list(row.values.values())])
    db.execute("commit")
