"""The store gone: the same ledger goes on in memory, and what it kept there is brought back later.

on disk → (a commit fails, or has not returned within `patience`) → filling → in memory → (the disk works) → bringing
back → on disk. The engine above hears of it by `recorded`, `on_gone` and `on_back`; what becomes of the transactions
whose callers wait is `waiting`'s rule.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from notifier.clock import BootReading, Clock, read_boot
from notifier.errors import LedgerError, StoreGone
from notifier.interfaces import Ledger
from notifier.ledger.aside import aside, up_to
from notifier.ledger.comeback import Back, bring_all_back, reopen
from notifier.ledger.into_memory import fill_memory, pour
from notifier.ledger.leftovers import Leftovers
from notifier.ledger.making import Making
from notifier.ledger.mirror import Mirror
from notifier.ledger.named_queries import Query, load_queries
from notifier.ledger.sqlite import SqliteLedger
from notifier.ledger.standby import Standby
from notifier.ledger.stock import stand_by, take_stock
from notifier.ledger.store import Sealed, Store
from notifier.ledger.verify import Finding
from notifier.ledger.waiting import Waiting
from notifier.model.facts import Body, Event, Rows

log = logging.getLogger(__name__)
T = TypeVar("T")

PATIENCE = 0.25
"""Seconds without a sign of life from the writer: longer than any healthy commit, and a press can bear it once."""

CLOSING = 5.0
"""Seconds to come back from memory before the end; then the spool keeps it for the next start."""

AGAIN = 0.2
"""Seconds between tries to come back before the end."""


class FailoverLedger(Ledger):
    """Made by `open`; all its methods belong to the loop that opened it."""

    time_jump: float | None

    def __init__(
        self,
        making: Making,
        disk: Store,
        patience: float,
        probe_every: float,
        spool_to: Sequence[Path] = (),
    ) -> None:
        self.node = disk.node
        self.clock = disk.clock
        self.path = Path(disk.path)
        self.time_jump = None
        self._making = making
        self._patience = patience
        self._probe_every = probe_every
        self._waiting = Waiting(patience, self._hung)
        self._disk: Store | None = None
        self._memory: SqliteLedger | None = None
        self._recorded = False
        self._closed = self._ended = False
        self._listeners: list[Callable[[Sequence[Event]], None]] = []
        self._gone: list[Callable[[str], None]] = []
        self._back: list[Callable[[Back], None]] = []
        self._mirror = Mirror()
        self._standby: Standby | None = None
        self._spells = 0
        self._told: int | None = None
        """Number of the newest event of the store's own chain that was heard of; None: it was never open."""
        self._left_at: int | None = None
        """The same when memory took over: what the chain has behind that was committed late."""
        self._left = Leftovers(self.path, self.node, spool_to)
        self._away: asyncio.Task[None] | None = None
        self._probe_now, self._filled = asyncio.Event(), asyncio.Event()

    @classmethod
    async def open(
        cls,
        path: Path | str,
        node: str,
        clock: Clock,
        *,
        address: str | None = None,
        queries: Mapping[str, Query] | None = None,
        boot: Callable[[], BootReading] = read_boot,
        before_commit: Callable[[], None] = lambda: None,
        patience: float = PATIENCE,
        probe_every: float = 2.0,
        spool_to: Sequence[Path] = (),
    ) -> FailoverLedger:
        """`patience` and `probe_every` in seconds; the rest as for SqliteLedger.open, which says what is raised.

        `spool_to`: folders, best first, for what memory keeps if the store's own folder takes nothing.

        `address`: of a PostgreSQL server (`postgresql://…`); `path` is then the copy that is kept beside the daemon.

        A store that is there and cannot be written (a full disk) starts in memory; a first start must be able to.
        """
        loop = asyncio.get_running_loop()
        queries = load_queries() if queries is None else queries

        making = Making(str(path), node, clock, queries, address, loop, boot, before_commit)
        disk = making.store()
        ledger = cls(making, disk, patience, probe_every, spool_to)
        try:
            await asyncio.to_thread(making.start, disk)
        except StoreGone as error:
            try:
                await asyncio.to_thread(ledger._left.look)
                await asyncio.to_thread(ledger._take_stock, boot())
            except StoreGone as nothing:
                # Without a copy from an earlier start, what is wrong is what the server said.
                raise (nothing if address is None else error) from nothing
            ledger._leave_disk(str(error))
            await ledger._filled.wait()  # a start reads at once
            return ledger
        ledger.time_jump, ledger._recorded = disk.time_jump, True
        ledger._disk, ledger._told = disk, disk.writer.newest()
        ledger._waiting.hand_to(disk, watched=True)
        disk.gone = ledger._lost
        disk.follow(ledger._heard)
        await asyncio.to_thread(ledger._left.look)
        await asyncio.to_thread(ledger._take_stock)
        if ledger._left.found:
            if (why := await ledger._left.bring_first(disk)) is not None:
                ledger._leave_disk(why)
            if ledger._waiting.at is disk:
                await asyncio.to_thread(ledger._take_stock)
            else:
                await ledger._filled.wait()
        return ledger

    # ------------------------------------------------------------------------------------------------ the contract

    async def run(self, body: Callable[[], Body[T]], *, urgent: bool = False) -> T:
        if self._closed:
            raise LedgerError("The ledger is closed.")
        return await self._waiting.run(body, urgent=urgent)

    def read(self, query: str, **args: Any) -> Rows:
        at = self._waiting.at or self._memory or self._disk
        if at is None:
            raise StoreGone("The store is gone, and memory is not ready yet.")
        return at.read(query, **args)

    def follow(self, listener: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    @property
    def recorded(self) -> bool:
        return self._recorded

    async def close(self) -> None:
        """In memory: try for CLOSING seconds to come back; else the log says where the spool is, or what is lost."""
        if self._closed:
            return
        self._closed = True
        if (away := self._away) is not None:
            self._probe_now.set()
            await asyncio.wait({away}, timeout=CLOSING)
            self._ended = True
            away.cancel()
            await asyncio.wait({away}, timeout=1.0)
        self._waiting.refuse_unwritten("The ledger closed before this could be written.")
        if (memory := self._memory) is not None:
            await memory.close()
            if memory.spool is not None:
                log.error(await aside(partial(self._left.end, memory.spool)))
        if self._standby is not None:
            self._standby.close()
        if self._disk is not None and self._recorded:
            await self._disk.close()
        elif self._disk is not None:
            self._disk.let_go()

    # ---------------------------------------------------------------------------------------------------- the record

    def on_gone(self, listener: Callable[[str], None]) -> None:
        """Called with a sentence once memory has taken over."""
        self._gone.append(listener)

    def on_back(self, listener: Callable[[Back], None]) -> None:
        """Called once everything that memory kept is in the store again."""
        self._back.append(listener)

    async def seal(self, copies: Sequence[Path] = ()) -> Sealed | None:
        """As SqliteLedger.seal; None while in memory too."""
        return await self._disk.seal(copies) if self._disk is not None and self._recorded else None

    async def erase(self, site: str, incident: str) -> int:
        """As SqliteLedger.erase. Raises StoreGone while in memory."""
        return await self._on_disk().erase(site, incident)

    async def verify(self, *, seals: Path | None = None, public_key: bytes | None = None) -> list[Finding]:
        """As SqliteLedger.verify. Raises StoreGone while in memory."""
        return await self._on_disk().verify(seals=seals, public_key=public_key)

    def _on_disk(self) -> Store:
        if self._disk is None or not self._recorded:
            raise StoreGone("The store is gone and everything goes on in memory; ask again when it is back.")
        return self._disk

    # ------------------------------------------------------------------------------------------------- going to memory

    def _hung(self, store: Store, why: str) -> None:
        if store is self._disk:
            self._leave_disk(why)

    def _lost(self, error: StoreGone, lost: list[asyncio.Future[Any]]) -> None:
        self._waiting.refuse_others(lost, error)
        self._leave_disk(str(error))

    def _leave_disk(self, why: str) -> None:
        if self._waiting.at is not self._disk:
            return
        self._waiting.at, self._recorded = None, False
        self._left_at = self._told
        if self._disk is not None:
            self._disk.give_up(why)
        log.error("%s Everything goes on in memory.", why)
        self._away = asyncio.create_task(self._be_away(why))

    async def _be_away(self, why: str) -> None:
        standby, self._standby = self._standby, None
        db, rest = await fill_memory(standby, self._mirror, self.clock.now())
        if self._left.found:
            await aside(partial(self._left.put_into, db, rest or ()))
            rest = None
        memory, self._spells = self._left.to_be_continued(self._making.memory, self._spells)
        self._making.start(memory, ready=db)
        self._memory = memory  # not before: until it has started, what is read is read from the disk
        memory.follow(self._heard)
        self._take_over(memory, holding=rest is not None)
        if rest is not None:
            await pour(memory, rest)
            self._take_over(memory)
        for listener in tuple(self._gone):
            listener(why)
        tried = False
        while True:
            await up_to(self._probe_every, self._probe_now.wait())
            if self._closed and tried:
                await up_to(AGAIN, asyncio.Event().wait())
            tried = True
            try:
                if await self._come_back(memory):
                    break
            except Exception:
                log.exception("Coming back failed; everything stays in memory.")
                self._take_over(memory)
        if self._away is asyncio.current_task():
            # Else the disk has failed again already, and another task has taken over.
            self._away = None

    def _take_over(self, ledger: Store, *, holding: bool = False) -> None:
        """`holding`: presses only, for now."""
        if not holding:
            self._filled.set()
        self._waiting.hand_to(ledger, presses_only=holding, watched=ledger is self._disk)

    # ------------------------------------------------------------------------------------------------------ coming back

    async def _come_back(self, memory: SqliteLedger) -> bool:
        """Whether the disk works again and has everything that memory kept."""
        old, fresh = self._disk, self._making.store()

        try:
            found = await aside(lambda: reopen(old, fresh, self._making.start, self._patience, lambda: not self._ended))
            # Nobody presses any more at the end, so what memory kept may take its time.
            patience = CLOSING if self._closed else self._patience
        except LedgerError as error:
            log.warning("The store is not back: %s", error)
            return False
        if found is None:
            return False

        def slow_down() -> None:
            self._waiting.holding = True

        def stop_taking() -> None:
            self._waiting.at = None

        fresh.follow(self._heard)
        try:
            await self._left.bring_into(fresh, but=memory.node)
            back = await bring_all_back(memory, fresh, found, slow_down, stop_taking, patience, self._left_at)
        except (LedgerError, TimeoutError, asyncio.CancelledError) as error:
            log.warning("What memory kept could not be brought back yet: %s", str(error) or "there is no more time")
            fresh.give_up(str(error))
            if old is not None:
                old.let_go(keep_lock=True)
            self._disk = fresh
            if isinstance(error, asyncio.CancelledError):
                raise
            self._take_over(memory)
            return False
        self._disk = fresh
        fresh.gone = self._lost
        self._recorded = True
        self._memory = None
        self._take_over(fresh)
        log.warning("The store is back: %s", back.text)
        for listener in tuple(self._back):
            listener(back)
        if old is not None:
            old.let_go(keep_lock=True)
        await memory.close()
        await self._left.drop(memory.spool)
        if not self._closed:
            self._standby = await aside(partial(stand_by, self.path))
        return True

    # ---------------------------------------------------------------------------------------------------------- ready

    def _take_stock(self, reading: BootReading | None = None) -> None:
        """Once, at the start: open a standby, fill the mirror, number the next spell in memory.

        `reading`: the store cannot be written, so its time is taken up from here.
        """
        if self._standby is not None:
            self._standby.close()
        stock = take_stock(self.path, self.node, self.clock, reading, self._mirror)
        self._standby, self._spells = stock.standby, max(stock.spells, self._left.spells)
        self.time_jump = self.time_jump if reading is None else stock.time_jump

    def _heard(self, events: Sequence[Event]) -> None:
        self._mirror.take(events)
        self._told = max((event.n for event in events if event.node == self.node), default=self._told)
        for listener in tuple(self._listeners):
            try:
                listener(events)
            except Exception:
                log.exception("A listener of the ledger failed; the others go on.")
