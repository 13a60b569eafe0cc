"""The store on a PostgreSQL server: the same bodies and queries, one writer per node, reads from a copy beside it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifier import __version__
from notifier.clock import BootReading, Clock, SystemClock, read_boot
from notifier.errors import LedgerError, StoreGone
from notifier.ledger import postgres_deeds as deeds
from notifier.ledger.deeds import Kept
from notifier.ledger.local_copy import LocalCopy
from notifier.ledger.lock import StoreLock
from notifier.ledger.named_queries import Query, load_queries
from notifier.ledger.postgres_rows import Statements
from notifier.ledger.postgres_schema import migrate_server
from notifier.ledger.postgres_server import connect, is_gone, take_node, without_password
from notifier.ledger.postgres_verify import verify_server
from notifier.ledger.postgres_writer import PostgresWriter
from notifier.ledger.seals import Seal, SealKey, write_line
from notifier.ledger.sqlite import keep_to_ourselves
from notifier.ledger.steady_time import resume
from notifier.ledger.store import STATEMENTS, Sealed, Store
from notifier.ledger.verify import Finding
from notifier.ledger.writer_thread import Hooks
from notifier.model.facts import Row

if TYPE_CHECKING:
    import asyncpg

log = logging.getLogger(__name__)


class PostgresLedger(Store):
    """Made by `open`. Its folder holds the lock, the seals and the local copy."""

    slow = 30.0
    writer: PostgresWriter

    def __init__(
        self, path: str, node: str, clock: Clock, queries: Mapping[str, Query], address: str, token: str = ""
    ) -> None:
        """`path`: the local copy. `address`: `postgresql://user:password@host:port/database`.

        `token` names the daemon to the server (`take_node`); without one each opening is somebody else's.
        """
        super().__init__(path, node, clock, queries)
        self.address = address
        self.store = ""
        """The id of the store that was found there."""
        self._token = token or secrets.token_hex(6)

    @classmethod
    async def open(
        cls,
        path: Path | str,
        node: str,
        clock: Clock,
        *,
        address: str,
        queries: Mapping[str, Query] | None = None,
        boot: Callable[[], BootReading] = read_boot,
        before_commit: Callable[[], None] = lambda: None,
    ) -> PostgresLedger:
        """Open, or make, the store at `address`; the rest as for SqliteLedger.open.

        A SystemClock is anchored to the server's clock, floored at the newest ledger time.
        Raises LedgerError if another daemon writes as this node or a newer version made the store, StoreGone if it
        cannot be reached or written.
        """
        ledger = cls(str(path), node, clock, load_queries() if queries is None else queries, address)
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
        own = asyncio.new_event_loop()
        try:
            folder = Path(self.path).parent
            folder.mkdir(parents=True, exist_ok=True)
            if lock is None:
                self._lock = StoreLock(folder)
            self._key = SealKey(folder)
            hooks = Hooks(self._resolved, before_commit)
            self.writer = own.run_until_complete(self._opened(own, loop, boot, hooks, anchor=anchor))
        except BaseException as error:
            own.close()
            self._give_back()
            if isinstance(error, LedgerError):
                raise
            if isinstance(error, sqlite3.Error | OSError) or is_gone(error):
                where = without_password(self.address)
                raise StoreGone(f"The store at {where} cannot be opened for writing: {error}.") from error
            raise
        self._lock = lock or self._lock
        self.writer.start()

    async def _opened(
        self,
        own: asyncio.AbstractEventLoop,
        told: asyncio.AbstractEventLoop,
        boot: Callable[[], BootReading],
        hooks: Hooks,
        *,
        anchor: bool,
    ) -> PostgresWriter:
        connection = await connect(self.address)
        copied: sqlite3.Connection | None = None
        try:
            await take_node(connection, self.node, self._token)
            self.store, types = await migrate_server(connection)
            path = Path(self.path)
            if not LocalCopy.fits(path, self.store) or not await self._follows(connection, path):
                LocalCopy.remove(path)
            keep_to_ourselves(path)
            copied = self._connect()
            copy = LocalCopy(path, copied)
            copy.make(self.store)
            await copy.take_anew(connection)
            reading = boot()
            await self._take_up_time(connection, reading, anchor=anchor)
            copy.keep_time(self.node, float(self.clock.now()), reading)
            statements = Statements(connection, self._queries, types)
            rows = await connection.fetch("select node, n, hash, at from head")
            heads = {row["node"]: (row["n"], row["hash"], row["at"]) for row in rows}
            behind = copy.heads()
            known = {node: head for node, head in heads.items() if behind.get(node) == head[0]}
            return PostgresWriter(own, connection, statements, copy, self.node, known, self.clock, boot, told, hooks)
        except BaseException:
            if copied is not None:
                copied.close()
            connection.terminate()
            await asyncio.sleep(0)  # its transport is closed in the loop's next turn
            raise

    async def _follows(self, connection: asyncpg.Connection[Any], path: Path) -> bool:
        """Whether everything in the copy still stands on the server: one put back from a backup may have less."""
        with contextlib.closing(sqlite3.connect(path)) as db:
            newest = "select node, max(n), hash from event group by node"
            for node, n, hashed in db.execute(newest).fetchall():
                there = await connection.fetchval("select hash from event where node = $1 and n = $2", node, n)
                if there != hashed:
                    log.warning("The copy at %s goes another way than the store; it is made anew.", path)
                    return False
        return True

    async def _its_clock(self, connection: asyncpg.Connection[Any]) -> float:
        """What the server's clock says, in seconds of the epoch."""
        return float(await connection.fetchval("select extract(epoch from clock_timestamp())::float8"))

    async def _take_up_time(self, connection: asyncpg.Connection[Any], reading: BootReading, *, anchor: bool) -> None:
        if isinstance(self.clock, SystemClock) and anchor:
            newest = await connection.fetchval("select max(at) from head")
            now = await self._its_clock(connection)
            resumed = resume(None, newest, BootReading("", reading.boottime, now))
            self.clock.anchor(resumed.steady, resumed.boottime)
            self.time_jump = resumed.jump
        await connection.execute(
            "insert into node (node, boot_id, steady, boottime, wall, version) values ($1, $2, $3, $4, $5, $6)"
            " on conflict(node) do update set boot_id=excluded.boot_id, steady=excluded.steady,"
            " boottime=excluded.boottime, wall=excluded.wall, version=excluded.version",
            self.node, reading.boot_id, float(self.clock.now()), reading.boottime, reading.wall, __version__,
        )  # fmt: skip

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS, timeout=5
        )
        # Not synced at each commit: what a power cut takes from it, the server still has.
        for pragma in ("journal_mode=wal", "synchronous=normal", "foreign_keys=off", "temp_store=memory"):
            db.execute(f"pragma {pragma}").fetchall()
        return db

    # ---------------------------------------------------------------------------------------------------- the record

    async def seal(self, copies: Sequence[Path] = ()) -> Sealed | None:
        key = self._key
        if key is None:
            raise LedgerError("The ledger is closed.")
        seal: Seal | None = await self.do(partial(deeds.seal_heads, key=key))
        if seal is None:
            return None
        missed = await asyncio.to_thread(write_line, seal, [Path(self.path).parent, *copies])
        return Sealed(seal, tuple(missed))

    async def erase(self, site: str, incident: str) -> int:
        return await self.do(partial(deeds.erase_incident, site=site, incident=incident))

    async def verify(self, *, seals: Path | None = None, public_key: bytes | None = None) -> list[Finding]:
        folder = Path(self.path).parent
        return await verify_server(self.address, folder, self.node, seals=seals, public_key=public_key)

    # ---------------------------------------------------------------------------------------- after a spell in memory

    def found_again(self, fresh: Store) -> tuple[str, bool]:
        return "the server answers again.", False

    async def brought(self, node: str) -> int:
        return await self.do(partial(deeds.brought, node=node))

    async def missing(self, kept: Kept) -> list[tuple[str, tuple[Any, ...]]]:
        return await self.do(partial(deeds.missing_rows, kept=kept))

    async def take_back(self, kept: Kept, said_anew: Sequence[Row]) -> int:
        return await self.do(partial(deeds.bring_back, kept=kept, said_anew=said_anew))
