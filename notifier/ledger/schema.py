"""The schema's steps, in order; each is applied once, in a transaction with its record."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from notifier.errors import LedgerError

HERE = Path(__file__).parent / "migrations"
SET = "notifier"


@cache
def steps() -> tuple[tuple[str, str], ...]:
    """(name, SQL) of every step that this version knows."""
    return tuple((path.stem, path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.sql")))


def applied(db: sqlite3.Connection) -> list[str]:
    if not db.execute("select 1 from sqlite_master where name = '_sqlite_migrations'").fetchone():
        return []
    asked = "select name from _sqlite_migrations where migration_set = ? order by id"
    return [name for (name,) in db.execute(asked, (SET,))]


def migrate(db: sqlite3.Connection) -> list[str]:
    """Bring a store to this version's schema; returns the steps taken.

    Raises LedgerError if the store is from a newer version: nothing is changed then.
    """
    done = set(applied(db))
    known = [name for name, _ in steps()]
    if strange := sorted(done - set(known)):
        raise LedgerError(f"This store is from a newer version (it has {', '.join(strange)}); upgrade this machine.")
    missing = [name for name in known if name not in done]
    if missing:
        # A tenth of a second to import, and on most starts there is nothing to do.
        from sqlite_utils import Database, Migrations

        plan = Migrations(SET)
        for name, script in steps():
            plan(name=name)(lambda store, script=script: _run(store.conn, script))
        plan.apply(Database(db))
    return missing


def build(db: sqlite3.Connection) -> None:
    """The newest schema in an empty store that nobody will ever upgrade (memory mode, rebuilding)."""
    for _, script in steps():
        _run(db, script)


def _run(db: sqlite3.Connection, script: str) -> None:
    # executescript() would commit the step's transaction before its record is written.
    for statement in _statements(script):
        db.execute(statement)


def _statements(script: str) -> Iterator[str]:
    held = ""
    for line in script.splitlines(keepends=True):
        held += line
        if sqlite3.complete_statement(held):
            yield held
            held = ""
