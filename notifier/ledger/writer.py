"""The one writer: a thread with the one writing connection, and group commit.

Whatever arrives during one commit shares the next: one BEGIN IMMEDIATE and one COMMIT per group.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from notifier.clock import BootReading, Clock, stopwatch
from notifier.errors import LedgerError, StoreGone
from notifier.ledger import chain
from notifier.ledger.named_queries import Query, find
from notifier.ledger.rows import batches, cell
from notifier.ledger.rows_to_write import RowsToWrite
from notifier.ledger.writer_thread import Hooks, Job, Outcome, WriterThread
from notifier.model.facts import Ask, Body, Event, Fact, Rows

log = logging.getLogger(__name__)

MOST_BODIES = 256
"""Per group: with ~20 µs a body the last one waits about as long as two commits."""

MOST_WORK = 0.002
"""Seconds of bodies before a group commits: a press that arrives meanwhile waits no longer."""

CHECKPOINT_EVERY = 250
"""Changed rows after which an idle writer moves the log into the store; some presses' worth, so it takes no longer
than a press can wait."""

CHECKPOINT_AT_LAST = 2_000
"""Changed rows after which a busy writer does so too. A press waits for the whole of it: 8 ms where 8,000 rows took 20
(medians beside a fan-out, machine busy), for a hundredth more of the writer's time."""

IDLE = 0.02
"""Seconds without work before a writer counts as idle."""

PAIR_EVERY = 1.0
"""Seconds between storings of the (ledger time, boot time) pair."""

_GONE = frozenset({
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
})  # fmt: skip
"""What SQLite says when the store itself is at fault, not the statement."""

_STORE_PAIR = "update node set steady = ?, boottime = ?, wall = ? where node = ?"


def is_gone(error: BaseException) -> bool:
    """Whether an error is the store's and not the body's."""
    return isinstance(error, sqlite3.Error) and (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _GONE


class Writer(WriterThread):
    """Runs jobs until told to stop. Only its thread touches `db`."""

    def __init__(
        self,
        db: sqlite3.Connection,
        node: str,
        clock: Clock,
        boot: Callable[[], BootReading],
        queries: Mapping[str, Query],
        loop: asyncio.AbstractEventLoop,
        hooks: Hooks,
    ) -> None:
        super().__init__(node)
        self.db = db
        self.clock = clock
        self.lock = threading.Lock()
        """Held while a group is open; a store in memory is read under it."""
        self._boot = boot
        self._queries = queries
        self._loop = loop
        self._hooks = hooks
        self._awake = threading.Event()
        self._n, self._head = self._newest_link()
        self._events: list[Event] = []
        self._links: list[tuple[Any, ...]] = []
        self._written = 0
        self._at, self._wall = 0.0, ""
        self._stamped = False
        self._pair_at = stopwatch()
        self._checkpointed = 0

    def _wake(self) -> None:
        if not self._awake.is_set():
            self._awake.set()

    # ------------------------------------------------------------------------------------------------ on its thread

    def run(self) -> None:
        while True:
            if not (self._urgent or self._jobs):
                if self._stopping:
                    return
                if not self._awake.wait(IDLE):
                    self._checkpoint(CHECKPOINT_EVERY)
                    self._awake.wait()
            # Cleared before looking, so that whoever puts a job after the look sets it again.
            self._awake.clear()
            while self._urgent or self._jobs:
                if self.abandoned:
                    self._refuse_all()
                    return
                with self.lock:
                    self._group()
                self._checkpoint(CHECKPOINT_AT_LAST)

    def newest(self) -> int:
        return self._n

    def append(self, fact: Fact, rows: RowsToWrite | None = None) -> None:
        """One fact: its event at the end of the group; its rows now, or with `rows`."""
        if not self._stamped:
            self._read_clocks()
        at, wall = self._at, self._wall
        found = batches(fact.rows)
        payload = chain.write_payload(fact.data, found)
        (written := RowsToWrite() if rows is None else rows).add(found)
        if rows is None:
            written.write(self.db)
        n = self._n + 1
        kind = str.__str__(fact.kind)
        linked = chain.link(self.node, n, self._head, fact.site, fact.incident, at, wall, kind, payload)
        self._links.append(linked)
        self._events.append(Event(self.node, n, at, wall, fact.kind, fact.site, fact.incident, fact.data, fact.rows))
        self._n, self._head = n, linked[-1]

    def write_events(self) -> None:
        """Put the group's events into the table; needed early only by whoever reads it inside a transaction."""
        if self._written < len(self._links):
            chain.store(self.db, self._links[self._written :])
            self._written = len(self._links)

    def _read_clocks(self) -> None:
        """Once per body; the wall is for people, so within half a millisecond it is the same."""
        at = float(self.clock.now())
        if not self._wall or at - self._at > 0.0005:
            self._wall = self.clock.wall().isoformat(timespec="milliseconds")
        self._at = at
        self._stamped = True

    def _group(self) -> None:
        began = stopwatch()
        self._beat()
        self._wall = ""
        taken: list[Job] = []
        outcomes: list[Outcome] = []
        link = self._n, self._head
        try:
            self.db.execute("begin immediate")
            if not self._take(began, taken, outcomes):
                self.db.execute("rollback")
                self.db.execute("begin immediate")
                self._forget(link)
                outcomes = [outcome for job in taken if (outcome := self._one(job, careful=True))]
            self._close_group()
        except Exception as error:  # noqa: BLE001 -- whatever broke it, the callers must hear and the thread go on
            self._undo()
            self._forget(link)
            gone = StoreGone(f"The store cannot be written: {error}.")
            gone.__cause__ = error
            outcomes = [(job.future, None, gone) for job in taken]
        finally:
            self._rest()
        events, self._events = self._events, []
        self._links.clear()
        self._written = 0
        self._tell(outcomes, events)

    def _take(self, began: float, taken: list[Job], outcomes: list[Outcome]) -> bool:
        """Run what waits, without care; False if all of it must be taken back and run again with care."""
        while len(taken) < MOST_BODIES and not self.abandoned:
            urgent = bool(self._urgent)
            if not urgent and not self._jobs:
                break
            job = (self._urgent if urgent else self._jobs).popleft()
            taken.append(job)
            self._beat()
            outcome = self._one(job, careful=False)
            if outcome is None:
                return False
            outcomes.append(outcome)
            if stopwatch() - began > MOST_WORK or (urgent and not self._urgent):
                break
        return True

    def _close_group(self) -> None:
        self.write_events()
        now = stopwatch()
        if self._links and now - self._pair_at > PAIR_EVERY:
            self.store_pair()
            self._pair_at = now
        self._beat()
        self._hooks.keep(self.db, self._links)
        self._hooks.before_commit()
        self._hooks.in_place()  # a commit to a file that is gone would be found in it, and taken for somebody else's
        self.db.execute("commit")
        self._hooks.in_place()

    def store_pair(self) -> None:
        """Within a boot any stored pair says the same; a new boot takes the newest as its floor."""
        reading = self._boot()
        self.db.execute(_STORE_PAIR, (float(self.clock.now()), reading.boottime, reading.wall, self.node))

    def _one(self, job: Job, *, careful: bool) -> Outcome | None:
        """Run one job; a failing one takes back what it wrote and hurts nobody else.

        Without care there is no savepoint (two calls into SQLite saved for every body): if a body fails after it
        wrote, that is None, and the whole group is taken back and run again with care. Bodies may be, by contract.
        """
        mark = (len(self._links), self._written, self._n, self._head)
        self._stamped = False
        changes = self.db.total_changes
        if careful:
            self.db.execute("savepoint body")
        try:
            value = self._drive(job.body()) if job.body else self._do(job.deed)
        except BaseException as error:  # a body's fault is its caller's, never its neighbours'
            if is_gone(error):
                raise
            if careful:
                self.db.execute("rollback to body")
                self.db.execute("release body")
            elif self.db.total_changes != changes:
                return None
            del self._links[mark[0] :], self._events[mark[0] :]
            self._written, self._n, self._head = mark[1:]
            if isinstance(error, sqlite3.Error):
                named = LedgerError(f"The store refused this: {error}.")
                named.__cause__ = error
                return job.future, None, named
            return job.future, None, error
        if careful:
            self.db.execute("release body")
        return job.future, value, None

    def _do(self, deed: Callable[[Writer], Any] | None) -> Any:
        return deed(self) if deed else None

    def _drive(self, body: Body[Any]) -> Any:
        send, rows = body.send, RowsToWrite()
        try:
            asked = next(body)
            while True:
                if type(asked) is Fact:
                    self.append(asked, rows)
                    asked = send(())
                else:
                    asked = send(self._answer(asked, rows))  # type: ignore[arg-type] # what is no Fact is an Ask
        except StopIteration as stop:
            rows.write(self.db)
            return stop.value
        finally:
            body.close()

    def _answer(self, asked: Ask, rows: RowsToWrite) -> Rows:
        query = find(self._queries, asked.query)
        if query.only_locks:
            return ()
        rows.before(self.db, query.tables)
        if query.reads_events:
            self.write_events()
        return rows_of(self.db, query, asked.args)

    def _forget(self, link: tuple[int, str]) -> None:
        """The group's facts are not in the store."""
        self._n, self._head = link
        self._events.clear()
        self._links.clear()
        self._written = 0

    def _undo(self) -> None:
        try:
            if self.db.in_transaction:
                self.db.execute("rollback")
        except sqlite3.Error as error:
            log.warning("The store did not even roll back: %s", error)

    def _checkpoint(self, due: int) -> None:
        """Outside of any group, so that nobody's commit pays for it, and never while a press waits."""
        if self._urgent or self.db.total_changes - self._checkpointed < due:
            return
        self._checkpointed = self.db.total_changes
        self._beat()
        try:
            self.db.execute("pragma wal_checkpoint(passive)").fetchall()
        except sqlite3.Error as error:
            log.warning("The store's log could not be folded in: %s", error)
        finally:
            self._rest()

    def _refuse_all(self) -> None:
        gone = StoreGone("The store was given up before this could be written.")
        for queue in (self._urgent, self._jobs):
            while queue:
                self._tell([(queue.popleft().future, None, gone)], [])

    def _tell(self, outcomes: list[Outcome], events: list[Event]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._hooks.resolved, outcomes, events)
        except RuntimeError:
            log.warning("Nobody is left to hear of %d committed transactions.", len(outcomes))

    def _newest_link(self) -> tuple[int, str]:
        asked = "select n, hash from event where node = ? order by n desc limit 1"
        return self.db.execute(asked, (self.node,)).fetchone() or (0, chain.GENESIS)


def rows_of(db: sqlite3.Connection, query: Query, args: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Lists and dicts among `args` are handed over as JSON text."""
    try:
        cursor = db.execute(query.sql, args)
    except (sqlite3.InterfaceError, sqlite3.ProgrammingError) as error:
        if "type" not in str(error):
            raise LedgerError(f"The query '{query.name}' was asked wrongly: {error}.") from error
        cursor = db.execute(query.sql, {name: cell(value) for name, value in args.items()})
    if cursor.description is None:
        return ()
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
