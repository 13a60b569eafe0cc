"""The embedded store: SQLite in one file (WAL, synchronous=FULL), or the same in memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from notifier import __version__
from notifier.clock import BootReading, Clock, SystemClock, read_boot
from notifier.errors import LedgerError, StoreGone
from notifier.ledger.comeback import write_again
from notifier.ledger.deeds import Kept, bring_back, chains, erase_incident, missing_rows, seal_heads
from notifier.ledger.lock import StoreLock
from notifier.ledger.named_queries import Query, find, load_queries
from notifier.ledger.schema import build, migrate
from notifier.ledger.seals import SealKey, write_line
from notifier.ledger.spool import Spool
from notifier.ledger.steady_time import Resumed, Stored, resume
from notifier.ledger.store import STATEMENTS, Sealed, Store
from notifier.ledger.verify import Finding, verify
from notifier.ledger.writer import Writer, rows_of
from notifier.ledger.writer_thread import Hooks
from notifier.model.facts import Row, Rows

MEMORY = ":memory:"


class SqliteLedger(Store):
    """Made by `open`."""

    slow = 1.0
    writer: Writer

    def __init__(self, path: str, node: str, clock: Clock, queries: Mapping[str, Query]) -> None:
        super().__init__(path, node, clock, queries)
        self._identity: tuple[tuple[int, int], ...] = ()
        self.spool: Spool | None = None
        """Of a store in memory: a local file that takes what it commits."""

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
        """What `open` does, on the caller's thread."""
        try:
            if self.path != MEMORY:
                folder = Path(self.path).parent
                folder.mkdir(parents=True, exist_ok=True)
                if lock is None:
                    self._lock = StoreLock(folder)
                self._key = SealKey(folder)
                keep_to_ourselves(Path(self.path))
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
        hooks = Hooks(self._resolved, before_commit)
        if self._identity:
            hooks.in_place = self._in_place
        if self.spool is not None:
            hooks.keep = self.spool.keep
        self.writer = Writer(db, self.node, self.clock, boot, self._queries, loop, hooks)
        self.writer.start()

    # ------------------------------------------------------------------------------------------------ the contract

    def read(self, query: str, **args: Any) -> Rows:
        if self.path != MEMORY:
            return super().read(query, **args)
        found = find(self._queries, query)
        if found.writes:
            raise LedgerError(f"'{query}' changes rows; only a transaction may.")
        with self.writer.lock:
            return rows_of(self.writer.db, found, args)

    @property
    def recorded(self) -> bool:
        return self.path != MEMORY

    # ---------------------------------------------------------------------------------------------------- the record

    async def seal(self, copies: Sequence[Path] = ()) -> Sealed | None:
        key = self._key
        if key is None:
            raise LedgerError("A store in memory is not sealed: nothing of it would be left to compare.")
        seal = await self.do(lambda writer: seal_heads(writer, key))
        if seal is None:
            return None
        missed = await asyncio.to_thread(write_line, seal, [Path(self.path).parent, *copies])
        return Sealed(seal, tuple(missed))

    async def erase(self, site: str, incident: str) -> int:
        return await self.do(lambda writer: erase_incident(writer, site, incident))

    async def verify(self, *, seals: Path | None = None, public_key: bytes | None = None) -> list[Finding]:
        look = partial(verify, self.path, seals=seals, public_key=public_key, inside=True)
        return await asyncio.to_thread(look)

    # ---------------------------------------------------------------------------------------- after a spell in memory

    def found_again(self, fresh: Store) -> tuple[str, bool]:
        return ("the store was there.", False) if self.is_in_place() else write_again(self)

    async def brought(self, node: str) -> int:
        asked = "select coalesce(max(n), 0) from event where node = ?"
        return await self.do(lambda writer: int(writer.db.execute(asked, (node,)).fetchone()[0]))

    async def missing(self, kept: Kept) -> list[tuple[str, tuple[Any, ...]]]:
        return await self.do(partial(missing_rows, kept=kept))

    async def take_back(self, kept: Kept, said_anew: Sequence[Row]) -> int:
        return await self.do(partial(bring_back, kept=kept, said_anew=said_anew))

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS, timeout=5
        )
        for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=off", "wal_autocheckpoint=0",
                       "temp_store=memory"):  # fmt: skip
            db.execute(f"pragma {pragma}").fetchall()
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


def keep_to_ourselves(path: Path) -> None:
    """Numbers, answers and notes are nobody else's, whatever the folder allows; SQLite gives its log the same mode."""
    if not path.exists():  # closing one that SQLite has open would end its locks (fcntl(2))
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(OSError):  # not our file: whose it is decides
            file.chmod(0o600)
