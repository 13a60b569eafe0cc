"""The store gone: the same ledger goes on in memory, and what it kept there is brought back later.

on disk → (a commit fails, or has not returned within `patience`) → filling → in memory → (the disk works) → bringing
back → on disk. The engine above hears of it by `recorded`, `on_gone` and `on_back`; its transactions only take longer
once. Ids are handed into bodies by their callers, so a commit that hung and then succeeded names the same rows.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from notifier.clock import BootReading, Clock, SystemClock, read_boot, stopwatch
from notifier.errors import LedgerError, StoreGone
from notifier.interfaces import Ledger
from notifier.ledger.aside import aside, up_to
from notifier.ledger.comeback import Back, bring_all_back, reopen
from notifier.ledger.deeds import chains
from notifier.ledger.history import MEMORY_MARK
from notifier.ledger.into_memory import fill_memory, pour
from notifier.ledger.mirror import Mirror
from notifier.ledger.named_queries import Query, load_queries
from notifier.ledger.postgres import PostgresLedger
from notifier.ledger.signs_of_life import hangs
from notifier.ledger.sqlite import MEMORY, SqliteLedger, take_up_time
from notifier.ledger.standby import Standby
from notifier.ledger.store import Sealed, Store
from notifier.ledger.verify import Finding
from notifier.ledger.writer import Job
from notifier.model.facts import Body, Event, Rows

log = logging.getLogger(__name__)
T = TypeVar("T")
Start = Callable[..., None]

PATIENCE = 0.25
"""Seconds without a sign of life from the writer: longer than any healthy commit, and a press can bear it once."""

MOST_PATIENCE = 8
"""Times the patience: as long as a writer may be starved of processor before it counts as hanging all the same."""

CLOSING = 5.0
"""Seconds to come back from memory before the end."""


@dataclass(slots=True, eq=False)
class _Open:
    """A transaction whose caller waits."""

    job: Job
    urgent: bool
    at: Store | None = None
    """Who was handed it last."""


class FailoverLedger(Ledger):
    """Made by `open`; all its methods belong to the loop that opened it."""

    time_jump: float | None

    def __init__(
        self,
        make: Callable[[], Store],
        make_memory: Callable[[str], SqliteLedger],
        start: Start,
        disk: Store,
        patience: float,
        probe_every: float,
    ) -> None:
        """`make` and `make_memory` (from a node's name) build a ledger; `start` opens one."""
        self.node = disk.node
        self.clock = disk.clock
        self.path = Path(disk.path)
        self.time_jump = None
        self._make = make
        self._make_memory = make_memory
        self._start = start
        self._patience = patience
        self._probe_every = probe_every
        self._loop = asyncio.get_running_loop()
        self._disk: Store | None = None
        self._memory: SqliteLedger | None = None
        self._at: Store | None = None
        """Who takes transactions now; None while they wait for the change from one to the other."""
        self._holding = False
        """While memory is being filled only presses run; the rest waits for the rows it may name."""
        self._pending: dict[asyncio.Future[Any], _Open] = {}
        self._watching = False
        self._recorded = False
        self._closed = False
        self._listeners: list[Callable[[Sequence[Event]], None]] = []
        self._gone: list[Callable[[str], None]] = []
        self._back: list[Callable[[Back], None]] = []
        self._mirror = Mirror()
        self._standby: Standby | None = None
        self._spells = 0
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
    ) -> FailoverLedger:
        """`patience` and `probe_every` in seconds; the rest as for SqliteLedger.open, which says what is raised.

        `address`: of a PostgreSQL server (`postgresql://…`); `path` is then the copy that is kept beside the daemon.

        A store that is there and cannot be written (a full disk) starts in memory; a first start must be able to.
        """
        loop = asyncio.get_running_loop()
        queries = load_queries() if queries is None else queries

        def make() -> Store:
            if address is None:
                return SqliteLedger(str(path), node, clock, queries)
            return PostgresLedger(str(path), node, clock, queries, address)

        def make_memory(node: str) -> SqliteLedger:
            return SqliteLedger(MEMORY, node, clock, queries)

        def start(made: Store, **how: Any) -> None:
            made.start(loop, boot, before_commit if made.recorded else lambda: None, **how)

        disk = make()
        ledger = cls(make, make_memory, start, disk, patience, probe_every)
        try:
            await asyncio.to_thread(start, disk)
        except StoreGone as error:
            try:
                await asyncio.to_thread(ledger._take_stock, boot())
            except StoreGone as nothing:
                # Without a copy from an earlier start, what is wrong is what the server said.
                raise (nothing if address is None else error) from nothing
            ledger._leave_disk(str(error))
            await ledger._filled.wait()  # a start reads at once
            return ledger
        ledger.time_jump, ledger._recorded = disk.time_jump, True
        ledger._disk = ledger._at = disk
        disk.gone = ledger._lost
        disk.follow(ledger._heard)
        await asyncio.to_thread(ledger._take_stock)
        return ledger

    # ------------------------------------------------------------------------------------------------ the contract

    async def run(self, body: Callable[[], Body[T]], *, urgent: bool = False) -> T:
        if self._closed:
            raise LedgerError("The ledger is closed.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._pending[future] = open_one = _Open(Job(body, None, future), urgent)
        self._offer(open_one)
        if not self._watching:
            self._watch()
        try:
            return await future
        finally:
            self._pending.pop(future, None)

    def read(self, query: str, **args: Any) -> Rows:
        at = self._at or self._memory or self._disk
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
        """In memory it tries once more to bring everything back; what cannot be is lost, and the log says so."""
        if self._closed:
            return
        self._closed = True
        if (away := self._away) is not None:
            self._probe_now.set()
            await asyncio.wait({away}, timeout=CLOSING)
            away.cancel()
        if not self._recorded:
            log.error("What was kept in memory since the store was gone could not be brought back and is lost.")
        for open_one in tuple(self._pending.values()):
            if not open_one.job.future.done() and open_one.at is not self._at:
                open_one.job.future.set_exception(StoreGone("The ledger closed before this could be written."))
        if self._memory is not None:
            await self._memory.close()
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

    def _watch(self) -> None:
        if self._pending and not self._watching:
            self._watching = True
            self._loop.call_later(self._patience, self._look)

    def _look(self) -> None:
        """While transactions are open: does the writer still show signs of life?"""
        if not self._pending or self._disk is None or self._at is not self._disk:
            self._watching = False
            return
        since = self._disk.writer.busy_since
        quiet = 0.0 if since is None else stopwatch() - since
        if quiet >= self._patience and (quiet >= MOST_PATIENCE * self._patience or hangs(self._disk.writer)):
            self._watching = False
            self._leave_disk(f"The store has not answered for {quiet:.2f} s.")
            return
        self._loop.call_later(max(self._patience - quiet, 0.005), self._look)

    def _lost(self, error: StoreGone, lost: list[asyncio.Future[Any]]) -> None:
        for future in lost:
            if future not in self._pending:
                future.set_exception(error)
        self._leave_disk(str(error))

    def _leave_disk(self, why: str) -> None:
        if self._at is not self._disk:
            return
        self._at, self._recorded = None, False
        if self._disk is not None:
            self._disk.give_up(why)
        log.error("%s Everything goes on in memory.", why)
        self._away = asyncio.create_task(self._be_away(why))

    async def _be_away(self, why: str) -> None:
        self._spells += 1
        memory = self._make_memory(f"{self.node}{MEMORY_MARK}{self._spells}")
        standby, self._standby = self._standby, None
        db, rest = await fill_memory(standby, self._mirror, self.clock.now())
        self._start(memory, ready=db)
        self._memory = memory  # not before: until it has started, what is read is read from the disk
        memory.follow(self._heard)
        self._take_over(memory, holding=rest is not None)
        if rest is not None:
            await pour(memory, rest)
            self._take_over(memory)
        for listener in tuple(self._gone):
            listener(why)
        while True:
            await up_to(self._probe_every, self._probe_now.wait())
            try:
                if await self._come_back(memory):
                    break
            except Exception:
                log.exception("Coming back failed; everything stays in memory.")
                self._take_over(memory)
            if self._closed:
                return
        if self._away is asyncio.current_task():
            # Else the disk has failed again already, and another task has taken over.
            self._away = None

    def _take_over(self, ledger: Store, *, holding: bool = False) -> None:
        """Hand every open transaction to `ledger`, which takes all new ones too. `holding`: presses only, for now."""
        self._at, self._holding = ledger, holding
        if not holding:
            self._filled.set()
        for open_one in tuple(self._pending.values()):
            self._offer(open_one)
        self._watch()

    def _offer(self, open_one: _Open) -> None:
        at = self._at
        if at is None or open_one.at is at or open_one.job.future.done() or (self._holding and not open_one.urgent):
            return
        open_one.at = at
        at.put(open_one.job, urgent=open_one.urgent)

    # ------------------------------------------------------------------------------------------------------ coming back

    async def _come_back(self, memory: SqliteLedger) -> bool:
        """Whether the disk works again and has everything that memory kept."""
        old, fresh = self._disk, self._make()
        try:
            found = await aside(lambda: reopen(old, fresh, self._start, self._patience))
        except LedgerError as error:
            log.warning("The store is not back: %s", error)
            return False
        if found is None:
            return False

        def slow_down() -> None:
            self._holding = True

        def stop_taking() -> None:
            self._at = None

        fresh.follow(self._heard)
        try:
            back = await bring_all_back(memory, fresh, found, slow_down, stop_taking, self._patience)
        except (LedgerError, TimeoutError) as error:
            log.warning("What memory kept could not be brought back yet: %s", error)
            fresh.give_up(str(error))
            if old is not None:
                old.let_go(keep_lock=True)
            self._disk = fresh
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
        await aside(self._get_ready)
        return True

    # ---------------------------------------------------------------------------------------------------------- ready

    def _get_ready(self) -> None:
        """Open a standby for the next time."""
        try:
            self._standby = Standby(self.path)
        except sqlite3.Error as error:
            log.warning("No standby can be made ready; the held tables would have to do: %s", error)

    def _take_stock(self, reading: BootReading | None = None) -> None:
        """Once, at the start: open a standby, fill the mirror, number the next spell in memory.

        `reading`: the store cannot be written, so its time is taken up from here.
        """
        try:
            trial, self._standby = Standby(self.path), Standby(self.path)
        except sqlite3.Error as error:
            raise StoreGone(f"The store {self.path} can be neither written nor read: {error}.") from error
        if reading is not None and isinstance(self.clock, SystemClock):
            resumed = take_up_time(trial.source, self.node, reading)
            self.clock.anchor(resumed.steady, resumed.boottime)
            self.time_jump = resumed.jump
        before = [name.partition(MEMORY_MARK) for name in chains(trial.source)]
        self._spells = max((int(spell) for node, _, spell in before if node == self.node and spell), default=0)
        self._mirror.load(trial.fill(self.clock.now()))
        trial.close()

    def _heard(self, events: Sequence[Event]) -> None:
        self._mirror.take(events)
        for listener in tuple(self._listeners):
            try:
                listener(events)
            except Exception:
                log.exception("A listener of the ledger failed; the others go on.")
