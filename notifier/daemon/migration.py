"""Before a record gets another schema, a copy of it is kept: an older version can be put back with that."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from notifier.errors import LedgerError
from notifier.ledger.copying import copy_store, schema_of
from notifier.ledger.lock import StoreLock
from notifier.ledger.schema import migrate

KEPT = "before-migration-"


def missing_steps(store: Path) -> Sequence[str]:
    """What this version would do to the store; nothing if there is none yet, or if it is damaged or too new."""
    try:
        done, missing = schema_of(store) if store.is_file() and store.stat().st_size else ([], [])
    except LedgerError:
        return ()
    return missing if done else ()


def keep_before(store: Path, mark: str) -> Path | None:
    """A copy if an opening of the store will change its schema, named by the last step it has.

    None if nothing will change. Raises LedgerError if a daemon holds the store or if there is no room.
    """
    if not store.is_file() or not store.stat().st_size:
        return None
    done, missing = schema_of(store)
    if not done or not missing:
        return None
    kept = store.with_name(f"{KEPT}{done[-1]}-{mark}.sqlite")
    if not kept.exists():
        copy_store(store, kept)
    return kept


def migrated(store: Path, mark: str) -> tuple[Sequence[str], Path | None]:
    """Keep a copy, then take the steps; returns them and the copy. Raises LedgerError, with the store as it was."""
    if not store.is_file():
        raise LedgerError(f"There is no store at {store}. Name the folder with --dir.")
    lock = StoreLock(store.parent)
    try:
        kept = keep_before(store, mark)
        with closing(sqlite3.connect(store, isolation_level=None)) as db:
            return migrate(db), kept
    except sqlite3.Error as error:
        raise LedgerError(f"The store {store} did not take its new schema, and stays as it was: {error}.") from error
    finally:
        lock.release()
