"""What every store does alike: a queue before one writer, reads from a file of SQLite, listeners, giving back."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from notifier.clock import BootReading, Clock
from notifier.errors import LedgerError, StoreGone
from notifier.interfaces import Ledger
from notifier.ledger.aside import aside
from notifier.ledger.deeds import Kept
from notifier.ledger.lock import StoreLock
from notifier.ledger.named_queries import Query, find
from notifier.ledger.seals import Seal, SealKey
from notifier.ledger.verify import Finding
from notifier.ledger.writer import rows_of
from notifier.ledger.writer_thread import Job, Outcome, WriterThread
from notifier.model.facts import Body, Event, Row, Rows

log = logging.getLogger(__name__)
T = TypeVar("T")

CLOSING = 10.0
"""Seconds to finish what is queued; a writer that hangs longer will not be waited for."""

# Statements kept ready on a connection: more than the engine has queries, so none is ever compiled twice.
STATEMENTS = 512


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal, and a sentence for each folder that did not take it: a trouble, for only copies elsewhere show a cut."""

    seal: Seal
    missed: Sequence[str]


class Store(Ledger):
    """`run` is for the loop that opened it; `read` answers on any thread."""

    time_jump: float | None
    """Seconds that the wall stood above the newest ledger time when a new boot opened the store, if more than a day."""
    slow: ClassVar[float]
    """Seconds after which an opening says that it works too slowly to come back to."""

    def __init__(self, path: str, node: str, clock: Clock, queries: Mapping[str, Query]) -> None:
        """`path`: the file of SQLite that is read from."""
        self.path = path
        self.node = node
        self.clock = clock
        self.time_jump = None
        self._queries = queries
        self._listeners: list[Callable[[Sequence[Event]], None]] = []
        self._reading = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._lock: StoreLock | None = None
        self._closed = False
        self._key: SealKey | None = None
        self._deeds: set[asyncio.Future[Any]] = set()
        self.gone: Callable[[StoreGone, list[asyncio.Future[Any]]], None] | None = None
        """Who takes over the transactions that a store which is gone could not write; else their callers hear it."""
        self.writer: WriterThread

    @abstractmethod
    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        boot: Callable[[], BootReading],
        before_commit: Callable[[], None],
        *,
        lock: StoreLock | None = None,
        anchor: bool = True,
        ready: sqlite3.Connection | None = None,
    ) -> None:
        """Open it, on the caller's thread. Raises StoreGone if it cannot be written, LedgerError if it must not be.

        `lock`: one already held, kept if this works and left to its holder if not.
        `anchor`: False if the clock already runs on this store's time.
        `ready`: a store in memory that somebody has filled.
        """

    # ------------------------------------------------------------------------------------------------ the contract

    async def run(self, body: Callable[[], Body[T]], *, urgent: bool = False) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.put(Job(body, None, future), urgent=urgent)
        return await future

    def read(self, query: str, **args: Any) -> Rows:
        found = find(self._queries, query)
        if found.writes:
            raise LedgerError(f"'{query}' changes rows; only a transaction may.")
        try:
            return rows_of(self._reader(), found, args)
        except sqlite3.Error as error:
            raise LedgerError(f"The store cannot be read: {error}.") from error

    def follow(self, listener: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    @property
    def recorded(self) -> bool:
        return True

    async def close(self) -> None:
        """Finish what is queued, fold the log in and give the store back."""
        if self._closed:
            return
        self._closed = True
        self.writer.stop()
        await aside(partial(self.writer.join, CLOSING))
        self.let_go()
        # What the writer told last is waiting on the loop.
        await asyncio.sleep(0)

    # ---------------------------------------------------------------------------------------------------- the record

    @abstractmethod
    async def seal(self, copies: Sequence[Path] = ()) -> Sealed | None:
        """Sign the heads of all chains, into the store, beside it and into each folder of `copies`.

        None if nothing has happened since the last seal and that is less than an hour old.
        """

    @abstractmethod
    async def erase(self, site: str, incident: str) -> int:
        """Retention: empty an incident's events and drop its rows; returns how many events were emptied.

        Hashes stay, so the chain still verifies; one ERASED event says which events are empty. The incident's own
        row stays too.
        """

    @abstractmethod
    async def verify(self, *, seals: Path | None = None, public_key: bytes | None = None) -> list[Finding]:
        """What `notifier.ledger.verify` finds, while this daemon holds the store."""

    # ---------------------------------------------------------------------------------------- after a spell in memory

    @abstractmethod
    def found_again(self, fresh: Store) -> tuple[str, bool]:
        """Called on the one that failed before `fresh` opens: what is left of it in words, and whether that is
        nothing. Raises StoreGone.
        """

    @abstractmethod
    async def brought(self, node: str) -> int:
        """How much of that chain the store has already: an earlier way back may have broken off."""

    @abstractmethod
    async def missing(self, kept: Kept) -> list[tuple[str, tuple[Any, ...]]]:
        """(table, key) of rows that these events change and that this store does not have."""

    @abstractmethod
    async def take_back(self, kept: Kept, said_anew: Sequence[Row]) -> int:
        """Take a stretch of a chain into the store under its own name; harmless to repeat. Returns its last number.

        `said_anew`: rows that the store did not have; they are part of the MERGED event before the stretch.
        """

    # ------------------------------------------------------------------------------------- for the ledger's own room

    async def do(self, deed: Callable[[Any], T | Awaitable[T]]) -> T:
        """Run a deed of the ledger's own inside a transaction; it is handed the writer."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._deeds.add(future)
        try:
            self.put(Job(None, deed, future))
            return await future
        finally:
            self._deeds.discard(future)

    def put(self, job: Job, *, urgent: bool = False) -> None:
        """Queue a transaction whose future the caller holds."""
        if self._closed:
            raise LedgerError("The ledger is closed.")
        self.writer.put(job, urgent=urgent)

    def give_up(self, why: str) -> None:
        """Run nothing more, and hear nothing more from a writer that may hang for ever."""
        self.writer.abandon()
        for future in tuple(self._deeds):
            if not future.done():
                future.set_exception(StoreGone(why))

    def lend_lock(self) -> StoreLock | None:
        """The lock, for the ledger that may follow this one; None if its file is no longer the one to hold."""
        if self._lock is not None and not self._lock.is_in_place():
            self._lock.release()
            self._lock = None
        return self._lock

    def let_go(self, *, keep_lock: bool = False) -> None:
        """Give back what can be given back without waiting. `keep_lock`: another ledger holds it now."""
        self._closed = True
        self.give_up("The ledger is closed.")
        if keep_lock:
            self._lock = None
        self.writer.join(0.1)
        if not self.writer.is_alive():
            self._give_back()
        elif self._lock is not None:
            self._lock.release()
            self._lock = None

    def _reader(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._reading, "db", None)
        if db is None:
            if self._closed:
                raise LedgerError("The ledger is closed.")
            db = self._reading.db = self._connect()
            db.execute("pragma query_only=1")
            self._readers.append(db)
        return db

    @abstractmethod
    def _connect(self) -> sqlite3.Connection:
        """A connection to `path`."""

    def _resolved(self, outcomes: list[Outcome], events: list[Event]) -> None:
        if self.writer.abandoned:
            # Another ledger has run these again; a late success is folded in by their ids.
            return
        lost: list[asyncio.Future[Any]] = []
        gone: StoreGone | None = None
        for future, value, error in outcomes:
            if future.done():
                continue
            if error is None:
                future.set_result(value)
            elif isinstance(error, StoreGone) and self.gone is not None:
                gone = error
                lost.append(future)
            else:
                future.set_exception(error)
        if events:
            for listener in tuple(self._listeners):
                try:
                    listener(events)
                except Exception:
                    log.exception("A listener of the ledger failed; the others go on.")
        if gone is not None and self.gone is not None:
            self.gone(gone, lost)

    def _give_back(self) -> None:
        while self._readers:
            self._readers.pop().close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
