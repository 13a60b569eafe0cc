"""The tables as the events say they are, and every difference to the tables as they stand."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from notifier.ledger.history import Told
from notifier.ledger.rows import Batch, write
from notifier.ledger.tables import KEYS, LEASES

MOST_ROWS = 20
"""Differing rows named per table; a table that differs throughout is one fault, not a million sentences."""

Place = tuple[str, str | None]
"""(site, incident): what retention erases together."""


@dataclass(slots=True)
class Erased:
    """What retention took: rows of these cannot be rebuilt, so they are not compared."""

    events: int = 0
    places: set[Place] = field(default_factory=set)

    def covers(self, site: str, incident: str | None) -> bool:
        return (site, incident) in self.places

    @property
    def loose(self) -> bool:
        """Whether events that belong to no incident were erased."""
        return any(incident is None for _, incident in self.places)


class Rebuild:
    """Tables in a private store of their own (`main`), filled from events, beside the one looked at (`store`)."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.erased = Erased()
        self.faults: list[str] = []
        made = "select name, sql from store.sqlite_master where type = 'table'"
        self._tables = {name: sql for name, sql in db.execute(made).fetchall() if name in KEYS}
        for sql in self._tables.values():
            db.execute(sql)

    def take(self, told: Told) -> None:
        """Apply one event's rows."""
        if told.data is None:
            self.erased.events += 1
            self.erased.places.add((told.site, told.incident))
            return
        for new, table, columns, cells in told.batches:
            try:
                changed = write(self._db, new, table, tuple(columns), cells)
            except Exception as error:  # noqa: BLE001 -- a forged event may hold anything at all
                self.faults.append(f"{told.name} has rows that '{table}' does not take: {error}.")
                continue
            if not new and changed != len(cells) and not self._may_be_erased(told, (new, table, columns, cells)):
                self.faults.append(f"{told.name} changes a row of '{table}' that no event made.")

    def _may_be_erased(self, told: Told, batch: Batch) -> bool:
        # A batch of many incidents is rare (deliveries settled together), and its maker may be among the erased.
        return self.erased.covers(told.site, told.incident) or bool(self.erased.events and told.incident is None)

    def differences(self) -> Iterator[tuple[bool, str]]:
        """(is a fault, sentence) for each row that stands otherwise than its events say."""
        for table in self._tables:
            yield from self._table(table)

    def _table(self, table: str) -> Iterator[tuple[bool, str]]:
        columns = [name for _, name, *_ in self._db.execute(f"pragma main.table_info({table})")]
        compared = [column for column in columns if column not in LEASES.get(table, ())]
        shown = ",".join(_as_said(table, column) for column in compared)
        keys = KEYS[table]
        places = [compared.index(key) for key in keys]
        said: dict[tuple[object, ...], tuple[object, ...]] = {}
        stands: dict[tuple[object, ...], tuple[object, ...]] = {}
        for rows, one, other in ((said, "main", "store"), (stands, "store", "main")):
            differing = f"select {shown} from {one}.{table} except select {shown} from {other}.{table}"  # noqa: S608 -- names from the schema
            for row in self._db.execute(differing):
                rows[tuple(row[place] for place in places)] = row
        excused: Counter[str] = Counter()
        named = 0
        for key in sorted(said.keys() | stands.keys(), key=repr):
            row = said.get(key) or stands[key]
            if self._excused(table, compared, row):
                excused[table] += 1
                continue
            named += 1
            if named <= MOST_ROWS:
                yield True, _sentence(table, compared, key, said.get(key), stands.get(key))
        if named > MOST_ROWS:
            yield True, f"{named - MOST_ROWS} more rows of '{table}' stand otherwise than their events say."
        if excused[table]:
            yield False, f"{excused[table]} rows of '{table}' cannot be rebuilt: retention erased events about them."

    def _excused(self, table: str, columns: list[str], row: tuple[object, ...]) -> bool:
        if table == "incident":
            # What erases an incident says its row anew, so that row can always be compared.
            return False
        incident = row[columns.index("incident")] if "incident" in columns else None
        site = str(row[columns.index("site")])
        return self.erased.covers(site, incident if incident is None else str(incident)) or (
            incident is None and self.erased.loose
        )


def _as_said(table: str, column: str) -> str:
    # A claim leaves no event: what is being sent was last said to be queued.
    if (table, column) == ("delivery", "state"):
        return "case state when 'sending' then 'queued' else state end"
    return column


def _sentence(
    table: str,
    columns: list[str],
    key: tuple[object, ...],
    said: tuple[object, ...] | None,
    stands: tuple[object, ...] | None,
) -> str:
    which = f"The row {'/'.join(map(str, key))} of '{table}'"
    if stands is None:
        return f"{which} is missing: its events say that it should stand there."
    if said is None:
        return f"{which} stands there although no event made it."
    # Names only: the values may be telephone numbers and what people wrote.
    differing = [name for name, one, other in zip(columns, said, stands, strict=True) if one != other]
    return f"{which} was changed without an event: {', '.join(differing)}."
