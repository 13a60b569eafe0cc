"""A store in memory, made before it is needed: its schema is there, and the files on disk are open beside it.

Open files stay readable when they are removed, when the disk is full, and mostly while a write hangs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from notifier.ledger.schema import build

RECENT = 24 * 3600.0
"""Seconds: what ended less than a day ago is still answered, and links live that long."""

WHOLE = ("document", "publication", "account", "door", "trouble", "opt_out", "lane")
"""Tables of which everything matters: small, and every press needs them."""

LIVE = ("step", "timer", "command", "activation", "approval", "task", "room", "answer")
"""Tables of which the rows of live incidents matter, and those that belong to none."""

PER_PERSON = ("words", "delivery", "link", "event")
"""The same, with a row for every recipient or every deed."""


CLAIMED = "create table claimed (site text, id text, node text, attempt integer, primary key (site, id))"
"""Leases as they were when memory took over: claims leave no event, so what changed since is brought back by itself."""


class Standby:
    """Made while all is well; filled once, when the store is gone. One thread at a time."""

    def __init__(self, path: Path | None) -> None:
        """`path`: the store to be filled from; None if there is nothing to read."""
        self.db = empty()
        self._attached = path is not None
        if path is not None:
            self.db.execute("attach ? as disk", (f"{path.resolve().as_uri()}?mode=ro",))
            # Opens the files now: they may have no name when they are needed.
            self.db.execute("select count(*) from disk.event where n = 0").fetchone()

    def fill(self, now: float, small_done: Callable[[], object]) -> sqlite3.Connection:
        """Copy what a running response needs; calls `small_done` when a press could already be answered."""
        self.db.execute("begin")
        self._find_live(now - RECENT)
        for table in WHOLE:
            self.db.execute(f"insert into main.{table} select * from disk.{table}")  # noqa: S608 -- tables of ours
        for table in LIVE:
            self._copy(table)
        small_done()
        for table in PER_PERSON:
            self._copy(table)
        self.db.execute("insert into main.seen select * from disk.seen where at > ?", (now - RECENT,))
        self.db.execute("insert into claimed select site, id, node, attempt from delivery")
        self.db.execute("drop table live")
        self.db.execute("commit")
        self.db.execute("detach disk")
        return self.db

    def _find_live(self, recent: float) -> None:
        self.db.execute("create temp table live (site text, id text)")
        which = "state <> 'closed' or closed_at > ?"
        self.db.execute(f"insert into live select site, id from disk.incident where {which}", (recent,))  # noqa: S608 -- ours
        self.db.execute(
            "insert into main.incident select here.* from live join disk.incident here"
            " on here.site = live.site and here.id = live.id"
        )
        sites = "select site from disk.publication union select site from disk.door union select site from live"
        self.db.execute(f"create temp table sites as {sites}")
        # What belongs to no incident is live too.
        self.db.execute("insert into live select site, null from sites union all select site, '' from sites")
        self.db.execute("drop table sites")

    def _copy(self, table: str) -> None:
        # From the live incidents to their rows, by index: there may be years of others.
        self.db.execute(
            f"insert into main.{table} select here.* from live cross join disk.{table} here"  # noqa: S608 -- tables of ours
            " on here.site = live.site and here.incident is live.id"
        )


def empty() -> sqlite3.Connection:
    """A store in memory with the newest schema and no rows."""
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=512, uri=True)
    db.execute("pragma temp_store=memory").fetchall()
    build(db)
    db.execute(CLAIMED)
    return db
