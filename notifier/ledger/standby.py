"""A store in memory, made before it is needed, and what it is filled with from the disk.

The files are opened while all is well: open files stay readable when they are removed, when the disk is full, and
mostly while a write hangs. Only `source` touches the disk, on a thread of its own, so a read that hangs stops nobody.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from notifier.ledger.rows import SIZES, marks
from notifier.ledger.schema import build

RECENT = 24 * 3600.0
"""Seconds: what ended less than a day ago is still answered, and links live that long."""

WHOLE = (
    "document", "publication", "account", "credential", "invite", "lockout", "door", "trouble", "opt_out", "browser",
    "lane",
)  # fmt: skip
"""Tables of which everything matters: small, and every press needs them."""

LIVE = ("step", "timer", "command", "activation", "approval", "task", "room", "answer")
"""Tables of which the rows of live incidents matter, and those that belong to none."""

PER_PERSON = ("words", "delivery", "link", "event")
"""The same, with a row for every recipient or every deed: a press can be answered before they are there."""

SLICE = 1024
"""Rows that go into memory at once: some 10 ms for which a press may wait."""

CLAIMED = (
    "create table claimed (site text, id text, primary key (site, id))",
    "create table claimed_anew (site text, id text, primary key (site, id))",
    (
        "create trigger note_claim after update of node, attempt on delivery"
        " when old.attempt is not new.attempt or old.node is not new.node"
        " begin insert or ignore into claimed values (new.site, new.id);"
        " insert or ignore into claimed_anew values (new.site, new.id); end"
    ),
)
"""Claims leave no event, so memory notes whose lease changed: they are brought back by themselves. `claimed_anew` is
what the spool has not seen yet."""

Slice = tuple[str, list[tuple[Any, ...]]]
"""Whole rows of one table."""


class Standby:
    """Filled once, when the store is gone. One thread at a time."""

    def __init__(self, path: Path) -> None:
        """`path`: the store to be filled from. Raises sqlite3.Error if it cannot be read."""
        self.db = empty()
        try:
            self.source = _read_only(path, "mode=ro")
        except sqlite3.Error:
            # A disk without room for SQLite's own small files: readable all the same, if its log was folded in.
            log = path.with_name(f"{path.name}-wal")
            if log.exists() and log.stat().st_size:
                raise
            self.source = _read_only(path, "immutable=1")

    def fill(self, now: float) -> sqlite3.Connection:
        """Copy what a press needs; the rest comes from `rest`."""
        self.source.execute("begin")
        self._find_live(now - RECENT)
        self.db.execute("begin")
        for part in self._small():
            put(self.db, part)
        self.db.execute("commit")
        return self.db

    def rest(self, now: float) -> Iterator[Slice]:
        """What a running response needs besides, in slices; closes the source at the end."""
        for table in PER_PERSON:
            yield from self._read(table, _OF_LIVE.format(table=table))
        yield from self._read("session", "select * from session where state = 'open' and ends_at > ?", (now,))
        yield from self._read("seen", "select * from seen where at > ?", (now - RECENT,))
        self.source.close()

    def close(self) -> None:
        self.db.close()
        self.source.close()

    def _small(self) -> Iterator[Slice]:
        for table in WHOLE:
            yield from self._read(table, f"select * from {table}")  # noqa: S608 -- a table of ours
        live = "select here.* from live join incident here on here.site = live.site and here.id = live.id"
        yield from self._read("incident", live)
        for table in LIVE:
            yield from self._read(table, _OF_LIVE.format(table=table))

    def _find_live(self, recent: float) -> None:
        self.source.execute("create temp table live (site text, id text)")
        which = "select site, id from incident where state <> 'closed' or closed_at > ?"
        self.source.execute(f"insert into live {which}", (recent,))
        sites = "select site from publication union select site from door union select site from live"
        self.source.execute(f"create temp table sites as {sites}")
        # What belongs to no incident is live too.
        self.source.execute("insert into live select site, null from sites union all select site, '' from sites")

    def _read(self, table: str, asked: str, args: Sequence[Any] = ()) -> Iterator[Slice]:
        cursor = self.source.execute(asked, args)
        while rows := cursor.fetchmany(SLICE):
            yield table, rows


def _read_only(path: Path, how: str) -> sqlite3.Connection:
    where = f"{path.resolve().as_uri()}?{how}"
    source = sqlite3.connect(where, isolation_level=None, check_same_thread=False, uri=True)
    try:
        # Opens the files now: they may have no name when they are needed.
        source.execute("select count(*) from event where n = 0").fetchone()
    except sqlite3.Error:
        source.close()
        raise
    return source


_OF_LIVE = (
    # From the live incidents to their rows, by index: there may be years of others.
    "select here.* from live cross join {table} here on here.site = live.site and here.incident is live.id"
)


def put(db: sqlite3.Connection, part: Slice) -> None:
    """Write whole rows; those that a body has written meanwhile stand."""
    table, rows = part
    at = 0
    while at < len(rows):
        size = next(size for size in SIZES if size <= len(rows) - at)
        some = rows[at : at + size]
        db.execute(f"insert or ignore into {table} {marks(len(some[0]), size)}", list(chain.from_iterable(some)))
        at += size


def empty() -> sqlite3.Connection:
    """A store in memory with the newest schema and no rows."""
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=512)
    db.execute("pragma temp_store=memory").fetchall()
    build(db)
    for made in CLAIMED:
        db.execute(made)
    return db
