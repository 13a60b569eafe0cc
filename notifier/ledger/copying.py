"""The store as it stood at one moment, as a file of its own: for backups, and before its schema changes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notifier.errors import LedgerError
from notifier.ledger.deeds import chains
from notifier.ledger.schema import applied, steps

PAGES = 256
"""Copied at once, 1 MB: between two such steps the disk belongs to whoever presses."""
REST = 0.002
"""Seconds between two steps."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a copy holds."""

    heads: Mapping[str, tuple[int, str]]
    """Node to (number, hash) of its newest event."""
    schema: Sequence[str]
    open_incidents: Sequence[str]
    """Their codes: whoever opens the copy goes on with them."""


def copy_store(store: Path, to: Path) -> Snapshot:
    """Copy the store while its daemon goes on writing; `to` is whole and on the disk when this returns.

    One reading transaction is held meanwhile, so that the copy is of one moment and never begins again. Raises
    LedgerError, and then there is no file `to`.
    """
    if not store.is_file():
        raise LedgerError(f"There is no store at {store}.")
    os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(_reading(store)) as source, closing(sqlite3.connect(to)) as target:
            source.execute("begin")
            source.execute("select count(*) from sqlite_master").fetchone()
            source.backup(target, pages=PAGES, sleep=REST)
            source.execute("rollback")
            target.execute("pragma journal_mode=delete").fetchall()  # one file, nothing beside it
        with to.open("rb") as file:
            os.fsync(file.fileno())
        return snapshot_of(to)
    except (sqlite3.Error, OSError) as error:
        with contextlib.suppress(OSError):
            to.unlink()
        raise LedgerError(f"The store {store} cannot be copied to {to.parent}: {error}.") from error


def snapshot_of(store: Path) -> Snapshot:
    """What a store that nobody writes holds. Raises sqlite3.Error if it is damaged."""
    with closing(_reading(store)) as db:
        newest = "select n, hash from event where node = ? order by n desc limit 1"
        heads = {node: tuple(db.execute(newest, (node,)).fetchone()) for node in chains(db)}
        still = "select code from incident where state <> 'closed' order by raised_at"
        return Snapshot(heads, applied(db), [code for (code,) in db.execute(still)])


def schema_of(store: Path) -> tuple[list[str], list[str]]:
    """(steps it has, steps that this version would take). Raises LedgerError if it cannot be read or is too new."""
    try:
        with closing(_reading(store)) as db:
            done = applied(db)
    except sqlite3.Error as error:
        raise LedgerError(f"{store} cannot be read as a store: {error}.") from error
    known = [name for name, _ in steps()]
    if strange := sorted(set(done) - set(known)):
        raise LedgerError(f"This store is from a newer version (it has {', '.join(strange)}); upgrade this machine.")
    return done, [name for name in known if name not in done]


def fold_in(store: Path) -> None:
    """Make a store that nobody has open one file, its log folded in. Raises sqlite3.Error if it is damaged."""
    with closing(sqlite3.connect(store, isolation_level=None)) as db:
        db.execute("pragma wal_checkpoint(truncate)").fetchall()


def beside(store: Path) -> list[Path]:
    """The files that belong to a store apart from its own."""
    return [store.with_name(f"{store.name}{end}") for end in ("-wal", "-shm", "-journal")]


def _reading(store: Path) -> sqlite3.Connection:
    db: Any = sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5)
    db.execute("pragma query_only=1")
    connection: sqlite3.Connection = db
    return connection
