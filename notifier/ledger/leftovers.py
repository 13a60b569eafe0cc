"""The spools of a node: what earlier starts have left, and where the next one goes.

A chain that was left is continued, under its own name and in the same files, if the store is away at the start too.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from notifier.errors import LedgerError
from notifier.ledger.aside import aside
from notifier.ledger.spool import Spool, named
from notifier.ledger.spool_part import IN_RAM, places_beside, remove
from notifier.ledger.spooled import Spooled, bring_back, left_over, put_left
from notifier.ledger.standby import Slice, put
from notifier.model.events import MEMORY_MARK

if TYPE_CHECKING:
    from notifier.ledger.sqlite import SqliteLedger
    from notifier.ledger.store import Store

log = logging.getLogger(__name__)

LIMIT = 3.0
"""Seconds for the last lines of a spool, or for its removal; a disk that hangs longer is not waited for."""

LEFT_LIMIT = 60.0
"""Seconds for what an earlier start has left: hours of a response are thousands of events."""


class Leftovers:
    def __init__(self, store: Path, node: str, more: Sequence[Path] = ()) -> None:
        """`more`: folders beside that of the store, best first."""
        self.found: list[Spooled] = []
        """What this start has not brought back yet, oldest first."""
        self._places = places_beside(store, more)
        self._node = node

    def look(self) -> None:
        """Read what is there; on a thread that may wait for a disk."""
        self.found = left_over(self._places, self._node)

    @property
    def spells(self) -> int:
        return max((left.spell for left in self.found), default=0)

    def to_be_continued(self, make: Callable[[str], SqliteLedger], spells: int) -> tuple[SqliteLedger, int]:
        """A store in memory with its spool, and how many spells there were with this one."""
        last = self.found[-1] if self.found and self.found[-1].whole else None
        spells += last is None
        memory = make(last.chain if last else f"{self._node}{MEMORY_MARK}{spells}")
        memory.spool = Spool(memory.node, self._places, last.seq if last else 0)
        return memory, spells

    def put_into(self, db: sqlite3.Connection, rest: Iterable[Slice]) -> None:
        """Into a store in memory that nobody writes yet, after the `rest` of what it is filled with."""
        try:
            for part in rest:
                put(db, part)
            for left in self.found:
                put_left(db, left)
        except (sqlite3.Error, LedgerError, ValueError):
            # A response must go on; the files stay.
            log.exception("What an earlier start kept does not fit, and memory goes on without the rest of it.")
            if db.in_transaction:
                db.execute("rollback")
            self.found = [replace(left, whole=False) for left in self.found]

    async def bring_into(self, store: Store, *, but: str = "") -> None:
        """Raises LedgerError. `but`: a chain that memory holds, and more of it."""
        for left in self.found:
            if left.chain != but:
                brought = await bring_back(store, left)
                log.warning("%d events that %s had kept in memory are in the store now.", brought, left.chain)

    async def bring_first(self, store: Store) -> str | None:
        """At a start, before anybody reads. Returns why the store is not to be used; what it refused stays."""
        try:
            async with asyncio.timeout(LEFT_LIMIT):
                await self.bring_into(store)
        except TimeoutError:
            return f"The store has not taken in {LEFT_LIMIT:.0f} s what an earlier start kept in memory."
        except Exception:
            log.exception("What an earlier start kept in memory stays in its file, for the next start to try again.")
        else:
            await self.drop(None)
        return None

    async def drop(self, spool: Spool | None) -> None:
        """Everything is in the store."""
        files = [file for left in self.found for file in left.files if left.whole]
        self.found = []

        def drop() -> None:
            if spool is not None:
                spool.drop(LIMIT)
            remove(files)

        await asyncio.wait({aside(drop)}, timeout=LIMIT)

    def end(self, spool: Spool) -> str:
        """Stop with the store still gone; on a thread that may wait. Returns what becomes of it all, for the log."""
        kept = spool.end(LIMIT)
        files = [*(file for left in self.found for file in left.files), *kept.files]
        where = ", ".join(str(file) for file in files)
        if kept.unkept:
            also = f" What came before is in {where}; the next start brings that back." if files else ""
            what = f"{len(kept.unkept)} events that memory kept without the store"
            return f"LOST: no place took {what} ({kept.why}): {named(kept.unkept)}.{also}"
        if not files:
            return "The store is still gone; memory had kept nothing."
        in_ram = any(IN_RAM in file.parents for file in files)
        ram = " Some of it is only in the machine's memory and does not survive a reboot." if in_ram else ""
        return f"The store is still gone. What memory kept is in {where}; the next start brings it back.{ram}"
