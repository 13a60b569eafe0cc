"""The way back from memory: is the disk well, what is left of the store, and taking back what memory kept."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from notifier.clock import stopwatch
from notifier.errors import StoreGone
from notifier.ledger.deeds import everything, read_kept, rows_by_key
from notifier.model.facts import Row

if TYPE_CHECKING:
    from notifier.ledger.sqlite import SqliteLedger
    from notifier.ledger.store import Store

log = logging.getLogger(__name__)
T = TypeVar("T")

STRETCH = 200
"""Events per transaction: new work waits for the last stretch only, some 20 ms."""

MOST_ROUNDS = 100
"""Stretches after which only presses go on in memory until everything is back: otherwise it might never end."""

STRETCH_LIMIT = 5.0
"""Seconds for a stretch that nobody waits for."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was left of the store when the disk worked again."""

    text: str
    made_anew: bool
    """True: the chain so far is lost, and only what memory holds stands in the store."""


@dataclass(frozen=True, slots=True)
class Back:
    """What coming back brought."""

    events: int
    made_anew: bool
    text: str
    """One sentence for a technician: what is there again, and what is missing."""


def reopen(
    old: Store | None, fresh: Store, start: Callable[..., None], patience: float, wanted: Callable[[], bool]
) -> Found | None:
    """Open `fresh`, if its store works; on a thread that may hang. None: not yet.

    `wanted`: whether anybody still waits for it.
    Raises LedgerError if the store says no.
    """
    if old is not None and old.writer.is_alive():
        return None
    found = Found(*old.found_again(fresh)) if old is not None else Found("the store was there.", made_anew=False)
    began = stopwatch()
    start(fresh, lock=old.lend_lock() if old else None, anchor=False)
    if stopwatch() - began > max(patience, fresh.slow):
        fresh.let_go(keep_lock=True)
        raise StoreGone("the store answers, but too slowly")
    if not wanted():
        fresh.let_go(keep_lock=True)
        return None
    return found


def write_again(old: SqliteLedger) -> tuple[str, bool]:
    """Write a store whose file was removed or replaced again from the open file, which is still whole.

    Returns what became of it, and whether nothing was left. Raises StoreGone.
    """
    path = Path(old.path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.again")
        fresh.unlink(missing_ok=True)
        with closing(sqlite3.connect(fresh)) as target:
            old.writer.db.backup(target)
            whole = _is_whole(target)
    except (sqlite3.Error, OSError) as error:
        raise StoreGone(f"the removed store cannot be written again: {error}") from error
    for rest in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        if rest.exists():
            # Whatever somebody put there is not ours to delete.
            rest.rename(rest.with_name(f"{rest.name}.replaced-{rest.stat().st_ino}"))
    if not whole:
        fresh.unlink()
        return "the store was removed and could not be read any more; its events so far are missing.", True
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return "the store was removed and has been written again from the open file, whole.", False


def _is_whole(db: sqlite3.Connection) -> bool:
    return bool(db.execute("pragma quick_check").fetchone() == ("ok",))


async def bring_all_back(
    memory: SqliteLedger,
    fresh: Store,
    found: Found,
    slow_down: Callable[[], None],
    stop_taking: Callable[[], None],
    patience: float,
    told: int | None,
) -> Back:
    """Take the chain that memory kept into `fresh`, stretch by stretch; new work waits for the last one only.

    `told`: how far the store's own chain was heard of when memory took over; what stands behind was committed late.
    Calls `slow_down` if memory goes on about as fast as it is brought back, `stop_taking` before the last stretch.
    Raises LedgerError or TimeoutError: memory then still has everything.
    """
    first = done = await _within(STRETCH_LIMIT, fresh.brought(memory.node))
    anew: list[Row] = await memory.do(everything) if found.made_anew else []
    stopped = False
    rounds = 0
    while True:
        rounds += 1
        if rounds == MOST_ROUNDS:
            slow_down()
        kept = replace(await memory.do(partial(read_kept, after=done, most=STRETCH)), told=told)
        if not stopped and len(kept.events) < STRETCH:
            stop_taking()
            stopped = True
            # The queue is in order, so what was put before is done when this is.
            await memory.do(lambda _: None)
            continue
        limit = 2 * patience if stopped else STRETCH_LIMIT
        if not anew:
            wanted = await _within(limit, fresh.missing(kept))
            anew = await memory.do(partial(rows_by_key, wanted=wanted))
        done = await _within(limit, fresh.take_back(kept, anew)) or done
        anew = []
        if stopped and len(kept.events) < STRETCH:
            break
    missing = " The end of the chain before is not in it." if found.made_anew else ""
    return Back(done - first, found.made_anew, f"{found.text} {done - first} events came back from memory.{missing}")


async def _within(seconds: float, deed: Awaitable[T]) -> T:
    async with asyncio.timeout(seconds):
        return await deed
