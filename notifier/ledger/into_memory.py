"""Filling a store in memory when the disk has gone: what a press needs first, the rest behind it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from functools import partial

from notifier.errors import LedgerError
from notifier.ledger.aside import aside
from notifier.ledger.mirror import Mirror, fill
from notifier.ledger.sqlite import SqliteLedger
from notifier.ledger.standby import Slice, Standby, empty, put
from notifier.ledger.writer import Writer

log = logging.getLogger(__name__)

SMALL_LIMIT = 0.25
"""Seconds for the small tables, which are mostly in the machine's memory already; else the mirror answers."""

WHOLE_LIMIT = 5.0
"""Seconds for the tables with a row per person; presses do not wait for them."""


async def fill_memory(
    standby: Standby | None, mirror: Mirror, now: float
) -> tuple[sqlite3.Connection, Iterator[Slice] | None]:
    """A store with what a press needs, from the disk if it can be read, else from the mirror; and what is to come."""
    if standby is not None:
        filling = aside(lambda: standby.fill(now))
        await asyncio.wait({filling}, timeout=SMALL_LIMIT)
        if filling.done() and filling.exception() is None:
            return filling.result(), standby.rest(now)
    log.error("The store cannot even be read; memory goes on from the small tables it held.")
    rows = mirror.held()

    def from_mirror() -> sqlite3.Connection:
        db = empty()
        try:
            fill(db, rows)
        except (LedgerError, sqlite3.Error):
            log.exception("The held tables do not fit; memory starts empty.")
            return empty()
        return db

    return await aside(from_mirror), None


async def pour(memory: SqliteLedger, rest: Iterator[Slice]) -> None:
    """Bring the tables with a row per person into `memory`; a press overtakes them between two slices."""
    loop = asyncio.get_running_loop()

    def read_and_hand_over() -> None:
        for part in rest:
            asyncio.run_coroutine_threadsafe(memory.do(partial(_put, part=part)), loop).result()

    pouring = aside(read_and_hand_over)
    await asyncio.wait({pouring}, timeout=WHOLE_LIMIT)
    if not pouring.done() or pouring.exception() is not None:
        log.error("Not every delivery could be read from the store; some are unknown until it is back.")


def _put(writer: Writer, part: Slice) -> None:
    put(writer.db, part)
