"""The embedded store: SQLite in one file (WAL, synchronous=FULL), or the same in memory."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from notifier import __version__
from notifier.clock import BootReading, Clock, SystemClock, read_boot
from notifier.errors import LedgerError, StoreGone
from notifier.interfaces import Ledger
from notifier.ledger.lock import StoreLock
from notifier.ledger.named_queries import Query, load_queries
from notifier.ledger.schema import build, migrate
from notifier.ledger.steady_time import Stored, resume
from notifier.ledger.writer import Hooks, Job, Outcome, Writer, find, rows_of
from notifier.model.facts import Body, Event, Rows

log = logging.getLogger(__name__)
T = TypeVar("T")

MEMORY = ":memory:"

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
        """Open, or make, the store at `path` (a file, or ":memory:"); its folder holds the lock.

        A SystemClock is anchored to the store's own time; any other clock is used as it is.
        `before_commit` is called on the writer's thread before each commit: a place for tests to hold or break it.
        Raises LedgerError if another process holds the store, or a newer version made it.
        """
        ledger = cls(str(path), node, clock, load_queries() if queries is None else queries)
        loop = asyncio.get_running_loop()
        try:
            await asyncio.to_thread(ledger._open, loop, boot, before_commit)
        except BaseException:
            ledger._give_back()
            raise
        return ledger

    # ------------------------------------------------------------------------------------------------ the contract

    async def run(self, body: Callable[[], Body[T]], *, urgent: bool = False) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(Job(body, None, future), urgent=urgent)
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
        await asyncio.to_thread(self.writer.join)
        await asyncio.to_thread(self._give_back)
        # What the writer told last is waiting on the loop.
        await asyncio.sleep(0)

    # ------------------------------------------------------------------------------------- for the ledger's own room

    async def do(self, deed: Callable[[Writer], T]) -> T:
        """Run a deed of the ledger's own inside a transaction."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(Job(None, deed, future))
        return await future

    def _put(self, job: Job, *, urgent: bool = False) -> None:
        if self._closed:
            raise LedgerError("The ledger is closed.")
        self.writer.put(job, urgent=urgent)

    def _open(
        self, loop: asyncio.AbstractEventLoop, boot: Callable[[], BootReading], before_commit: Callable[[], None]
    ) -> None:
        if self.path != MEMORY:
            folder = Path(self.path).parent
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = StoreLock(folder)
        db = self._connect()
        self._readers.append(db)
        if self.path == MEMORY:
            build(db)
        else:
            migrate(db)
            self._identity = self._on_disk()
        self._take_up_time(db, boot())
        hooks = Hooks(self._resolved, before_commit, self._in_place if self._identity else lambda: None)
        self.writer = Writer(db, self.node, self.clock, boot, self._queries, loop, hooks)
        self.writer.start()

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

    def _take_up_time(self, db: sqlite3.Connection, reading: BootReading) -> None:
        asked = "select steady, boot_id, boottime, wall from node where node = ?"
        row = db.execute(asked, (self.node,)).fetchone()
        stored = Stored(row[0], BootReading(row[1], row[2], row[3])) if row else None
        (newest,) = db.execute("select max(at) from event").fetchone()
        if isinstance(self.clock, SystemClock) and self.path != MEMORY:
            resumed = resume(stored, newest, reading)
            self.clock.anchor(resumed.steady, resumed.boottime)
            self.time_jump = resumed.jump
        db.execute(
            "insert into node (node, boot_id, steady, boottime, wall, version) values (?, ?, ?, ?, ?, ?)"
            " on conflict(node) do update set boot_id=excluded.boot_id, steady=excluded.steady,"
            " boottime=excluded.boottime, wall=excluded.wall, version=excluded.version",
            (self.node, reading.boot_id, float(self.clock.now()), reading.boottime, reading.wall, __version__),
        )

    def _on_disk(self) -> tuple[tuple[int, int], ...]:
        found = (os.stat(self.path), os.stat(f"{self.path}-wal"))  # noqa: PTH116 -- once per commit, Path costs more
        return tuple((stat.st_dev, stat.st_ino) for stat in found)

    def _in_place(self) -> None:
        try:
            same = self._on_disk() == self._identity
        except OSError:
            same = False
        if not same:
            raise StoreGone(f"{self.path} was removed or replaced")

    def _resolved(self, outcomes: list[Outcome], events: list[Event]) -> None:
        for future, value, error in outcomes:
            if not future.done():
                if error is None:
                    future.set_result(value)
                else:
                    future.set_exception(error)
        if events:
            for listener in tuple(self._listeners):
                try:
                    listener(events)
                except Exception:
                    log.exception("A listener of the ledger failed; the others go on.")

    def _give_back(self) -> None:
        while self._readers:
            self._readers.pop().close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
