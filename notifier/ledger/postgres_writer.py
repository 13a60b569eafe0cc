"""The one writer of a node on a server: a thread with a loop and a connection of its own, and group commit.

Bodies of one node run one after the other, so its chain has one order; bodies of different nodes run side by side and
meet at row locks. Whatever arrives during one commit shares the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from notifier.clock import BootReading, Clock, stopwatch
from notifier.errors import LedgerError, StoreGone
from notifier.ledger import chain
from notifier.ledger.local_copy import Change, Heads, Link, LocalCopy
from notifier.ledger.postgres_rows import Statements
from notifier.ledger.postgres_server import is_gone, may_pass
from notifier.ledger.postgres_turn import CopyFirst, Turn, Unmet
from notifier.ledger.writer_thread import Hooks, Job, Outcome, WriterThread
from notifier.model.events import EventKind
from notifier.model.facts import Body, Event, Fact

if TYPE_CHECKING:
    import asyncpg

log = logging.getLogger(__name__)

MOST_BODIES = 128
"""Per group: with half a millisecond a body the last one waits about as long as a slow commit."""

MOST_WORK = 0.010
"""Seconds of bodies before a group commits: a press that arrives meanwhile waits for one body and a commit."""

MOST_TRIES = 40
"""Times that a transaction is run again because another node was in its way; then its caller hears it."""

CHANNEL = "notifier_events"
"""What nodes listen to: `node:n` at each commit."""

_EVENTS = f"select {','.join(chain.COLUMNS)} from event where node = $1 and n > $2 and n <= $3 order by n"  # noqa: S608 -- names of ours

PING_EVERY = 10.0
"""Seconds of silence after which the server is asked whether it is there: a trouble within 60 s, not at a press."""

PAIR_EVERY = 1.0
"""Seconds between storings of the (ledger time, boot time) pair in the local copy."""


class PostgresWriter(WriterThread):
    """Runs jobs until told to stop. Only its thread touches the connection and writes the copy."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connection: asyncpg.Connection[Any],
        statements: Statements,
        copy: LocalCopy,
        node: str,
        heads: Heads,
        clock: Clock,
        boot: Callable[[], BootReading],
        told: asyncio.AbstractEventLoop,
        hooks: Hooks,
    ) -> None:
        """`loop` is its own and runs on its thread; `told` is that of whoever waits for its outcomes."""
        super().__init__(node)
        self.connection, self.statements, self.copy, self.clock = connection, statements, copy, clock
        self.changes = 0
        """Transactions so far that changed anything."""
        self._own, self._told, self._hooks, self._boot = loop, told, hooks, boot
        self._known = dict(heads)
        """How far each chain is in the copy."""
        self._awake = asyncio.Event()
        self._news = True
        self._broken = False
        self._main: asyncio.Task[None] | None = None
        self._pair_at = 0.0

    def _wake(self) -> None:
        if not self._awake.is_set():
            with contextlib.suppress(RuntimeError):  # its loop has ended, and so will it
                self._own.call_soon_threadsafe(self._awake.set)

    def abandon(self) -> None:
        super().abandon()
        with contextlib.suppress(RuntimeError):
            self._own.call_soon_threadsafe(self._break_off)

    def _break_off(self) -> None:
        self.connection.terminate()
        if self._main is not None:
            self._main.cancel()

    # ------------------------------------------------------------------------------------------------ on its thread

    def run(self) -> None:
        try:
            self._own.run_until_complete(self._live())
        except Exception:
            log.exception("The writer of the ledger failed.")
        finally:
            self._refuse_all()
            self.copy.db.close()
            self._own.close()

    async def _live(self) -> None:
        self._main = asyncio.current_task()
        connection = self.connection
        connection.add_termination_listener(lambda _: self._wake())
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await connection.add_listener(CHANNEL, self._heard)
                await self._work()
            except Exception as error:  # noqa: BLE001 -- whatever broke it, memory must take over
                self._lost(error)
            finally:
                await self._leave()

    async def _leave(self) -> None:
        if not self.abandoned and not self.connection.is_closed():
            with contextlib.suppress(Exception):
                await self.connection.close(timeout=2.0)
        self.connection.terminate()

    async def _work(self) -> None:
        while not (self.abandoned or self._broken):
            self._awake.clear()
            if self._urgent or self._jobs:
                await self._group()
            elif self._stopping:
                return
            elif self._news:
                await self._hear()
            else:
                await self._idle()

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(PING_EVERY):
                await self._awake.wait()
        except TimeoutError:
            self._beat()
            async with asyncio.timeout(PING_EVERY):
                await self.connection.fetchval("select 1")
            self._rest()
        if self.connection.is_closed():
            raise StoreGone("the server ended the connection")

    def _heard(self, _connection: Any, _pid: int, _channel: str, said: object) -> None:
        if str(said).rpartition(":")[0] != self.node:
            self._news = True
            self._awake.set()

    async def _hear(self) -> None:
        """Take what other nodes have written into the copy, and tell of it."""
        self._news = False
        try:
            await self.catch_up(await self.read_heads())
        except CopyFirst:
            await self.take_anew()

    # -------------------------------------------------------------------------------------------------------- groups

    async def _group(self) -> None:
        began = stopwatch()
        self._beat()
        taken: list[Job] = []
        try:
            if not await self._together(began, taken):
                while taken:
                    await self._alone(taken)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever broke it, the callers must hear and the thread go on
            self._lost(error, taken)
        finally:
            self._rest()

    async def _together(self, began: float, taken: list[Job]) -> bool:
        """Run what waits in one transaction; False if all of it was taken back and each must be run by itself."""
        turn = Turn(self)
        outcomes: list[Outcome] = []
        try:
            while len(taken) < MOST_BODIES:
                urgent = bool(self._urgent)
                if not urgent and not self._jobs:
                    break
                job = (self._urgent if urgent else self._jobs).popleft()
                taken.append(job)
                self._beat()
                if job.body is None:
                    raise Unmet("A deed runs by itself.")
                outcomes.append(await self._one(job, turn))
                if stopwatch() - began > MOST_WORK or (urgent and not self._urgent):
                    break
            await self._commit(turn)
        except Exception as error:
            if self._is_over(error):
                raise
            await turn.end("rollback")
            return False
        taken.clear()
        self._tell(outcomes, turn.events)
        return True

    async def _one(self, job: Job, turn: Turn) -> Outcome:
        """Run one body; raises Unmet if it failed after it wrote, so that all must be taken back."""
        mark = turn.mark()
        body = job.body() if job.body else _nothing()
        try:
            return job.future, await self._drive(body, turn), None
        except Exception as error:
            if self._is_over(error):
                raise
            if _is_servers(error) or not turn.forget(mark):
                raise Unmet("A body failed after it wrote.") from error
            return job.future, None, error

    async def _alone(self, taken: list[Job]) -> None:
        """Run the first of them in a transaction of its own, again if another node was in its way."""
        job = taken[0]
        for tries in range(1, MOST_TRIES + 1):
            turn = Turn(self)
            self._beat()
            try:
                value = await (self._drive(job.body(), turn) if job.body else self._do(job, turn))
                await self._commit(turn)
            except Exception as error:
                if self._is_over(error):
                    raise
                await turn.end("rollback")
                if isinstance(error, CopyFirst):
                    await self.take_anew()
                    continue
                if may_pass(error) and tries < MOST_TRIES:
                    await asyncio.sleep(random.uniform(0.001, 0.01) * min(tries, 10))
                    continue
                taken.pop(0)
                named = error
                if _is_servers(error):
                    named = LedgerError(f"The store refused this: {error}.")
                    named.__cause__ = error
                self._tell([(job.future, None, named)], [])
                return
            taken.pop(0)
            self._tell([(job.future, value, None)], turn.events)
            return

    async def _do(self, job: Job, turn: Turn) -> Any:
        await turn.begin()
        return await job.deed(turn) if job.deed else None

    async def _drive(self, body: Body[Any], turn: Turn) -> Any:
        send = body.send
        try:
            asked = next(body)
            while True:
                if type(asked) is Fact:
                    turn.append(asked)
                    asked = send(())
                else:
                    asked = send(await turn.answer(asked))  # type: ignore[arg-type] # what is no Fact is an Ask
                    self._beat()
        except StopIteration as stop:
            return stop.value
        finally:
            body.close()

    async def _commit(self, turn: Turn) -> None:
        """Make it durable, then put it into the copy, behind what other nodes wrote before it."""
        await turn.flush()
        if turn.changed:
            heads = await self.read_heads()
            await self.catch_up(heads)
            await turn.write_events(heads, last=True)
            self._beat()
            self._hooks.before_commit()
        await turn.end("commit")
        if turn.changed:
            self.changes += 1
            self._known.update(turn.heads)
            self._copy(turn.changes, [*turn.links, *turn.beside])
            if stopwatch() - self._pair_at > PAIR_EVERY:
                self._pair_at = stopwatch()
                self.copy.keep_time(self.node, float(self.clock.now()), self._boot())

    def _copy(self, changes: Sequence[Change], links: Sequence[Link]) -> None:
        try:
            self.copy.take(changes, links)
        except sqlite3.Error as error:
            raise StoreGone(f"the copy beside the daemon ({self.copy.path}) cannot be written: {error}") from error

    # --------------------------------------------------------------------------------------------------- other nodes

    async def read_heads(self) -> Heads:
        rows = await self.connection.fetch("select node, n, hash, at from head")
        return {row["node"]: (row["n"], row["hash"], row["at"]) for row in rows}

    async def catch_up(self, heads: Heads) -> None:
        """Take other nodes' events up to `heads` into the copy and tell of them, by ledger time."""
        links: list[Link] = []
        for node, (n, _, _) in heads.items():
            if node != self.node and n > (known := self._known.get(node, (0, "", 0.0))[0]):
                links += [tuple(row.values()) for row in await self.connection.fetch(_EVENTS, node, known, n)]
        if not links:
            return
        links.sort(key=lambda link: (link[4], link[0], link[1]))
        read = [read_link(link) for link in links]
        if any(event.kind in (EventKind.MERGED, EventKind.ERASED) for event, _ in read):
            # What a memory kept was written earlier than it was brought back, and what is erased has no rows to give.
            raise CopyFirst("The copy must be made anew first.")
        self._copy([change for _, changes in read for change in changes], links)
        self._known.update({node: heads[node] for node in heads if node != self.node})
        self._tell([], [event for event, _ in read])

    async def take_anew(self) -> None:
        """The whole copy; followers hear of what is new in it."""
        known = self.copy.heads()
        await self.copy.take_anew(self.connection)
        heads = await self.read_heads()
        self._known = {node: heads[node] for node in self.copy.heads() if node in heads}
        fresh: list[Link] = []
        for node, n in self.copy.heads().items():
            if n > known.get(node, 0):
                fresh += self.copy.links(node, known.get(node, 0))
        self._tell([], [read_link(link)[0] for link in sorted(fresh, key=lambda link: (link[4], link[0], link[1]))])

    def mine(self) -> tuple[int, str]:
        n, hashed, _ = self._known.get(self.node, (0, chain.GENESIS, 0.0))
        return n, hashed

    def newest(self) -> int:
        return self.mine()[0]

    def _is_over(self, error: BaseException) -> bool:
        """Whether nothing more can be asked here, whatever the error calls itself."""
        return is_gone(error) or self.connection.is_closed()

    # ------------------------------------------------------------------------------------------------------- telling

    def _lost(self, error: BaseException, taken: Sequence[Job] = ()) -> None:
        gone = StoreGone(f"The store cannot be written: {str(error).rstrip('.') or type(error).__name__}.")
        gone.__cause__ = error
        # Even if nobody waited: everybody must know before the next press.
        self._tell([(job.future, None, gone) for job in taken] or [(_no_one(self._told), None, gone)], [])
        self.connection.terminate()
        self._broken = True  # not abandoned: what it says last must be heard

    def _refuse_all(self) -> None:
        gone = StoreGone("The store was given up before this could be written.")
        for queue in (self._urgent, self._jobs):
            while queue:
                self._tell([(queue.popleft().future, None, gone)], [])

    def _tell(self, outcomes: list[Outcome], events: Sequence[Event]) -> None:
        if not outcomes and not events:
            return
        try:
            self._told.call_soon_threadsafe(self._hooks.resolved, outcomes, list(events))
        except RuntimeError:
            log.warning("Nobody is left to hear of %d committed transactions.", len(outcomes))


def read_link(link: Link) -> tuple[Event, list[Change]]:
    """An event of another node as its followers hear it, and what it changed."""
    named = dict(zip(chain.COLUMNS, link, strict=True))
    data: Mapping[str, Any] = {}
    batches: list[Any] = []
    if named["payload"] is not None:
        data, batches = chain.read_payload(named["payload"])
    event = Event(
        named["node"], named["n"], named["at"], named["wall"], EventKind(named["kind"]), named["site"],
        named["incident"], data, chain.rows_of_batches(batches),
    )  # fmt: skip
    return event, list(batches)


def _is_servers(error: BaseException) -> bool:
    import asyncpg

    return isinstance(error, asyncpg.PostgresError)


def _no_one(loop: asyncio.AbstractEventLoop) -> asyncio.Future[Any]:
    future = loop.create_future()
    future.add_done_callback(lambda done: done.exception())  # heard by whoever takes over, and by nobody else
    return future


def _nothing() -> Body[None]:
    return
    yield
