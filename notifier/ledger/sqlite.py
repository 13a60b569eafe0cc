"""The embedded store: SQLite in one file (WAL, synchronous=FULL), or the same in memory."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from notifier import __version__
from notifier.clock import BootReading, Clock, SystemClock, read_boot
from notifier.errors import LedgerError, StoreGone
from notifier.interfaces import Ledger
from notifier.ledger.aside import aside
from notifier.ledger.deeds import chains, erase_incident, seal_heads
from notifier.ledger.lock import StoreLock
from notifier.ledger.named_queries import Query, load_queries
from notifier.ledger.schema import build, migrate
from notifier.ledger.seals import Seal, SealKey, write_line
from notifier.ledger.steady_time import Resumed, Stored, resume
from notifier.ledger.verify import Finding, verify
from notifier.ledger.writer import Hooks, Job, Outcome, Writer, find, rows_of
from notifier.model.facts import Body, Event, Rows

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal, and a sentence for each folder that did not take it: a trouble, for only copies elsewhere show a cut."""

    seal: Seal
    missed: Sequence[str]


MEMORY = ":memory:"

CLOSING = 10.0
"""Seconds to finish what is queued; a writer that hangs longer will not be waited for."""

# Statements kept ready on a connection: more than the engine has queries, so none is ever compiled twice.
_STATEMENTS = 512


class SqliteLedger(Ledger):
    """Made by `open`. `run` is for the loop that opened it; `read` answers on any thread."""

    time_jump: float | None
    """Seconds that the wall stood above the newest ledger time when a new boot opened the store, if more than a day."""

    def __init__(self, path: str, node: str, clock: Clock, queries: Mapping[str, Query]) -> None:
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
        self._identity: tuple[tuple[int, int], ...] = ()
        self._key: SealKey | None = None
        self._deeds: set[asyncio.Future[Any]] = set()
        self.gone: Callable[[StoreGone, list[asyncio.Future[Any]]], None] | None = None
        """Who takes over the transactions that a store which is gone could not write; else their callers hear it."""
        self.writer: Writer

    @classmethod
    async def open(
        cls,
        path: Path | str,
        node: str,
        clock: Clock,
        *,
        queries: Mapping[str, Query] | None = None,
        boot: Callable[[], BootReading] = read_boot,
        before_commit: Callable[[], None] = lambda: None,
    ) -> SqliteLedger:
        """Open, or make, the store at `path` (a file, or ":memory:"); its folder holds the lock and the seals.

        A SystemClock is anchored to the store's own time; any other clock is used as it is.
        `before_commit` is called on the writer's thread before each commit: a place for tests to hold or break it.
        Raises LedgerError if another process holds the store or a newer version made it, StoreGone if it cannot be
        written.
        """
        ledger = cls(str(path), node, clock, load_queries() if queries is None else queries)
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(ledger.start, loop, boot, before_commit)
        return ledger

    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        boot: Callable[[], BootReading] = read_boot,
        before_commit: Callable[[], None] = lambda: None,
        *,
        lock: StoreLock | None = None,
        anchor: bool = True,
        ready: sqlite3.Connection | None = None,
    ) -> None:
        """What `open` does, on the caller's thread.

        `lock`: one already held, kept if this works and left to its holder if not.
        `anchor`: False if the clock already runs on this store's time.
        `ready`: a store in memory that somebody has filled.
        """
        try:
            if self.path != MEMORY:
                folder = Path(self.path).parent
                folder.mkdir(parents=True, exist_ok=True)
                if lock is None:
                    self._lock = StoreLock(folder)
                self._key = SealKey(folder)
                _keep_to_ourselves(Path(self.path))
            db = ready or self._connect()
            self._readers.append(db)
            if self.path != MEMORY:
                migrate(db)
                self._identity = on_disk(self.path)
            elif ready is None:
                build(db)
            self._take_up_time(db, boot(), anchor=anchor and self.path != MEMORY)
        except (sqlite3.Error, OSError) as error:
            self._give_back()
            raise StoreGone(f"The store {self.path} cannot be opened for writing: {error}.") from error
        except BaseException:
            self._give_back()
            raise
        self._lock = lock or self._lock
        hooks = Hooks(self._resolved, before_commit, self._in_place if self._identity else lambda: None)
        self.writer = Writer(db, self.node, self.clock, boot, self._queries, loop, hooks)
        self.writer.start()

    # ------------------------------------------------------------------------------------------------ the contract

    async def run(self, body: Callable[[], Body[T]], *, urgent: bool = False) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.put(Job(body, None, future), urgent=urgent)
        return await future

    def read(self, query: str, **args: Any) -> Rows:
        found = find(self._queries, query)
        if found.writes:
            raise LedgerError(f"'{query}' changes rows; only a transaction may.")
        if self.path == MEMORY:
            with self.writer.lock:
                return rows_of(self.writer.db, found, args)
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
        return self.path != MEMORY

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

    async def seal(self, copies: Sequence[Path] = ()) -> Sealed | None:
        """Sign the heads of all chains, into the store, beside it and into each folder of `copies`.

        None if nothing has happened since the last seal and that is less than an hour old.
        """
        key = self._key
        if key is None:
            raise LedgerError("A store in memory is not sealed: nothing of it would be left to compare.")
        seal = await self.do(lambda writer: seal_heads(writer, key))
        if seal is None:
            return None
        missed = await asyncio.to_thread(write_line, seal, [Path(self.path).parent, *copies])
        return Sealed(seal, tuple(missed))

    async def erase(self, site: str, incident: str) -> int:
        """Retention: empty an incident's events and drop its rows; returns how many events were emptied.

        Hashes stay, so the chain still verifies; one ERASED event says which events are empty. The incident's own
        row stays too.
        """
        return await self.do(lambda writer: erase_incident(writer, site, incident))

    async def verify(self, *, seals: Path | None = None, public_key: bytes | None = None) -> list[Finding]:
        """What `notifier.ledger.verify.verify` finds, while this daemon holds the store."""
        look = partial(verify, self.path, seals=seals, public_key=public_key, inside=True)
        return await asyncio.to_thread(look)

    # ------------------------------------------------------------------------------------- for the ledger's own room

    async def do(self, deed: Callable[[Writer], T]) -> T:
        """Run a deed of the ledger's own inside a transaction."""
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

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS, timeout=5
        )
        for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=off", "wal_autocheckpoint=0",
                       "temp_store=memory"):  # fmt: skip
            db.execute(f"pragma {pragma}").fetchall()
        return db

    def _reader(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._reading, "db", None)
        if db is None:
            if self._closed:
                raise LedgerError("The ledger is closed.")
            db = self._reading.db = self._connect()
            db.execute("pragma query_only=1")
            self._readers.append(db)
        return db

    def _take_up_time(self, db: sqlite3.Connection, reading: BootReading, *, anchor: bool) -> None:
        if isinstance(self.clock, SystemClock) and anchor:
            resumed = take_up_time(db, self.node, reading)
            self.clock.anchor(resumed.steady, resumed.boottime)
            self.time_jump = resumed.jump
        db.execute(
            "insert into node (node, boot_id, steady, boottime, wall, version) values (?, ?, ?, ?, ?, ?)"
            " on conflict(node) do update set boot_id=excluded.boot_id, steady=excluded.steady,"
            " boottime=excluded.boottime, wall=excluded.wall, version=excluded.version",
            (self.node, reading.boot_id, float(self.clock.now()), reading.boottime, reading.wall, __version__),
        )

    def _in_place(self) -> None:
        if not self.is_in_place():
            raise StoreGone(f"{self.path} was removed or replaced")

    def is_in_place(self) -> bool:
        """Whether the files that are written to are those that a restart would open."""
        try:
            return on_disk(self.path) == self._identity
        except OSError:
            return False

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


def on_disk(path: str) -> tuple[tuple[int, int], ...]:
    """Which files a store at `path` is made of: (device, inode) of the store and of its log."""
    found = (os.stat(path), os.stat(f"{path}-wal"))  # noqa: PTH116 -- once per commit, and a Path costs as much again
    return tuple((stat.st_dev, stat.st_ino) for stat in found)


def take_up_time(db: sqlite3.Connection, node: str, reading: BootReading) -> Resumed:
    """Where the store's own time goes on at `reading`."""
    row = db.execute("select steady, boot_id, boottime, wall from node where node = ?", (node,)).fetchone()
    stored = Stored(row[0], BootReading(row[1], row[2], row[3])) if row else None
    # By its number the newest event of each chain is found at once; there is no index on time.
    newest = "select at from event where node = ? order by n desc limit 1"
    times = [db.execute(newest, (name,)).fetchone()[0] for name in chains(db)]
    return resume(stored, max(times, default=None), reading)


def _keep_to_ourselves(path: Path) -> None:
    """Numbers, answers and notes are nobody else's, whatever the folder allows; SQLite gives its log the same mode."""
    if not path.exists():  # closing one that SQLite has open would end its locks (fcntl(2))
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(OSError):  # not our file: whose it is decides
            file.chmod(0o600)
