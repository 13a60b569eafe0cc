"""`log verify`: does the store still say what was said, and do its tables follow from it?"""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from notifier.errors import LedgerError
from notifier.ledger.history import History
from notifier.ledger.lock import StoreLock
from notifier.ledger.rebuild import Rebuild
from notifier.ledger.seals import LINES_FILE, Seal, is_signed_by, key_id_of, read_lines, read_public
from notifier.model.events import AGAIN, EventKind


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that verify found, in a sentence that says what and where."""

    text: str
    fault: bool = True
    """False: worth knowing, and no sign of damage."""

    def __str__(self) -> str:
        return self.text


def verify(
    path: Path | str, *, seals: Path | None = None, public_key: bytes | None = None, inside: bool = False
) -> list[Finding]:
    """Check every chain, every seal and every row of a fact table; an empty list means that all of it holds.

    Opens the store read-only and changes nothing. `seals`: the file of seals kept elsewhere (none named: the one
    beside the store). `public_key`: 32 bytes, Ed25519 (none given: `seal.pub` beside the store). `inside`: called by
    the daemon that holds the store. Raises LedgerError if a daemon holds it and this is not it, or if it cannot be
    read at all. Takes about 40 µs per event; keeps no event in memory.
    """
    path = Path(path)
    if not path.is_file():
        raise LedgerError(f"There is no store at {path}.")
    lock = None if inside else StoreLock(path.parent, to_read=True)
    try:
        return look(path, path.parent, seals, public_key)
    finally:
        if lock is not None:
            lock.release()


def look(
    path: Path, folder: Path, seals: Path | None = None, public_key: bytes | None = None, node: str | None = None
) -> list[Finding]:
    """`verify` of a store that nobody changes meanwhile; `folder` has the seals and the key.

    `node`: whose key that is, where several nodes seal one store (None: there is one). Raises LedgerError.
    """
    try:
        with closing(sqlite3.connect("", isolation_level=None, uri=True)) as db:
            db.execute("attach ? as store", (f"{path.resolve().as_uri()}?mode=ro",))
            db.execute("begin")
            keys = _Keys(public_key or read_public(folder), node)
            return list(_look(db, seals or folder / LINES_FILE, keys))
    except sqlite3.Error as error:
        raise LedgerError(f"{path} cannot be read as a store: {error}.") from error


@dataclass(frozen=True, slots=True)
class _Keys:
    public: bytes | None
    node: str | None
    """Whose it is; None: everybody's."""


async def verify_aside(path: Path) -> list[dict[str, Any]]:
    """`verify` by the daemon that holds the store: `text` and `fault` of each finding. Raises LedgerError.

    In a process of its own, because a year of records must not hold the loop.
    """
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    try:
        found = await asyncio.get_running_loop().run_in_executor(pool, partial(verify, path, inside=True))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [{"text": each.text, "fault": each.fault} for each in found]


def _look(db: sqlite3.Connection, lines: Path, public: _Keys) -> Iterator[Finding]:
    found: list[str] = []
    history = History(db, found.append)
    rebuild = Rebuild(db)
    emptied: set[tuple[str, int]] = set()
    twice: list[str] = []
    for told in history.read():
        if told.data is None:
            emptied.add((told.node, told.n))
        elif told.kind == EventKind.ERASED:
            for node, first, last in told.data.get("events", ()):
                emptied = {(of, n) for of, n in emptied if of != node or not first <= n <= last}
        elif told.kind == EventKind.MERGED:
            for late, n in told.data.get(AGAIN, ()):
                twice.append(
                    f"Event {late} of {told.node} was committed after it had been given up; event {n} of"
                    f" {told.data['node']} says the same again. It happened once."
                )
        rebuild.take(told)
    yield from map(Finding, found)
    yield from map(Finding, rebuild.faults)
    for node, n in sorted(emptied):
        yield Finding(f"Event {n} of {node} was emptied, and no event says that retention did so.")
    yield from (Finding(text, False) for text in twice)
    for fault, text in rebuild.differences():
        yield Finding(text, fault)
    if rebuild.erased.events:
        yield Finding(f"Retention erased the contents of {rebuild.erased.events} events; their hashes hold.", False)
    yield from _seals(db, lines, public)


def _seals(db: sqlite3.Connection, lines: Path, public: _Keys) -> Iterator[Finding]:
    kept: dict[tuple[str, int], Seal] = {}
    asked = "select node, n, at, wall, heads, key_id, signature from store.seal order by node, n"
    for row in db.execute(asked):
        seal = Seal(*row)
        if seal.n > 1 and (seal.node, seal.n - 1) not in kept:
            yield Finding(f"A seal of {seal.node} before its number {seal.n} is missing from the store.")
        kept[seal.node, seal.n] = seal
        yield from _seal(db, seal, f"Seal {seal.n} of {seal.node} ({seal.wall})", public)
    if not lines.exists():
        if kept:
            yield Finding(f"There are no seals at {lines} to compare with.", False)
        return
    for number, line in read_lines(lines):
        place = f"Line {number} of {lines.name}"
        if line is None:
            yield Finding(f"{place} is not a seal.")
        elif (twin := kept.get((line.node, line.n))) != line:
            yield Finding(f"{place} differs from the store's seal." if twin else f"{place} is not in the store.")
            yield from _seal(db, line, place, public)


def _seal(db: sqlite3.Connection, seal: Seal, name: str, keys: _Keys) -> Iterator[Finding]:
    public = keys.public
    if keys.node not in (None, seal.node):
        pass  # its key is on its own machine; that it names what stands here can be seen from anywhere
    elif public is None:
        yield Finding(f"{name} cannot be checked: there is no public key beside the store.")
    elif not is_signed_by(seal, public):
        yield Finding(f"{name} is not signed by the key {key_id_of(public)}.")
        return
    for node, (n, hashed) in seal.named_heads().items():
        row = db.execute("select hash from store.event where node = ? and n = ?", (node, n)).fetchone()
        if row is None:
            yield Finding(f"{name} names event {n} of {node}, which is not in the store: the end of the chain was cut.")
        elif row[0] != hashed:
            yield Finding(f"{name} names another event {n} of {node} than the one in the store.")
