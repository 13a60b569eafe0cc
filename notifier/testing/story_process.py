"""One run of the daemon inside a story: the real wiring over pretended devices, which can be dropped in mid-sentence.

A dropped process does nothing any more: its tasks are cancelled where they stand, its writer takes no further
transaction, and what was not committed never was. The campus around it lives on, as streets and phones do.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

from notifier.campus.in_process import InProcessCampus
from notifier.daemon import Daemon
from notifier.daemon.equipment import Equipment
from notifier.daemon.published_sets import PublishedSets
from notifier.engine.held import Gear, Held
from notifier.interfaces import Tools
from notifier.ledger.failover import FailoverLedger
from notifier.ledger.postgres import PostgresLedger
from notifier.ledger.sqlite import SqliteLedger
from notifier.model.facts import Body, Event
from notifier.model.settings import NodeSettings
from notifier.testing.fake_clock import FakeClock
from notifier.testing.lock_order import in_order

T = TypeVar("T")
_PROCESS: contextvars.ContextVar[Process | None] = contextvars.ContextVar("story_process", default=None)


class Process:
    """Every task that one run of the daemon has started, whoever started it for whom."""

    def __init__(self) -> None:
        self.alive = True
        self.tasks: set[asyncio.Task[Any]] = set()

    def start(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task of this process; all that it starts belongs to it too."""
        token = _PROCESS.set(self)
        try:
            return asyncio.get_running_loop().create_task(coroutine)
        finally:
            _PROCESS.reset(token)

    def adopt(self, task: asyncio.Task[Any]) -> None:
        if not self.alive:
            task.cancel()
            return
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def drop(self) -> None:
        """Not one more step: what waits, and what has just been woken, is cancelled."""
        self.alive = False
        for task in tuple(self.tasks):
            task.cancel()

    async def gone(self) -> None:
        """When its last task has ended."""
        while self.tasks:
            await asyncio.wait(tuple(self.tasks))


def attribute_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """From now on each task of `loop` belongs to the process that its creator belongs to."""

    def make(loop: asyncio.AbstractEventLoop, coroutine: Any, **how: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **how)
        process = _PROCESS.get()
        if process is not None:
            process.adopt(task)
        return task

    loop.set_task_factory(make)


def outside(listener: Callable[..., Any]) -> Callable[..., Any]:
    """The same listener, belonging to no process: a person who hears something lives on when the daemon does not."""
    context = contextvars.copy_context()
    return lambda *args: context.copy().run(listener, *args)


class _InHand:
    """Counts what a ledger has in hand, and attributes what its listeners start to the process that listens."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.busy = 0
        self._quiet = asyncio.Event()

    async def quiet(self) -> None:
        self._quiet.clear()
        if self.busy:
            await self._quiet.wait()

    @contextlib.contextmanager
    def _holding_one(self) -> Iterator[None]:
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
            self._quiet.set()

    async def run(self, body: Callable[[], Body[T]], *, urgent: bool = False) -> T:
        with self._holding_one():
            return await super().run(in_order(body), urgent=urgent)  # type: ignore[misc,no-any-return]  # of the ledger beside it

    async def seal(self, copies: Sequence[Path] = ()) -> Any:
        with self._holding_one():
            return await super().seal(copies)  # type: ignore[misc]  # of the ledger beside it

    def follow(self, listener: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        context = contextvars.copy_context()
        stop: Callable[[], None] = super().follow(lambda events: context.copy().run(listener, events))  # type: ignore[misc]  # of the ledger beside it
        return stop


class _CanBeDropped(_InHand):
    """A store that can be dropped in mid-sentence."""

    committed: Callable[[Sequence[Event]], None]
    """Told of every group that changed anything, claims too, which leave no event."""
    writer: Any
    _changes = -1

    def changes(self) -> int:
        """Grows with everything that it writes."""
        raise NotImplementedError

    def _resolved(self, outcomes: list[Any], events: list[Event]) -> None:
        super()._resolved(outcomes, events)  # type: ignore[misc]  # of the ledger beside it
        if not self.writer.abandoned and (changes := self.changes()) != self._changes:
            self._changes = changes
            self.committed(events)

    def on_gone(self, listener: Callable[[str], None]) -> None:
        """It never goes on in memory: whoever wants that asks for `failover`."""

    def on_back(self, listener: Callable[[Any], None]) -> None:
        """See `on_gone`."""

    def die(self) -> None:
        """As when its process is killed: nothing more is run or told."""
        self.writer.abandon()

    async def bury(self) -> None:
        """Give back what a dead process holds: its files and its lock."""
        await asyncio.to_thread(self.writer.join)
        await asyncio.to_thread(self.let_go)  # type: ignore[attr-defined]  # of the ledger beside it


class StoryLedger(_CanBeDropped, SqliteLedger):
    """The store on disk, which also says whether it has anything in hand."""

    def changes(self) -> int:
        return int(self.writer.db.total_changes)


class StoryPostgresLedger(_CanBeDropped, PostgresLedger):
    """The same on a server."""

    def changes(self) -> int:
        return int(self.writer.changes)

    async def _its_clock(self, connection: Any) -> float:
        """The server is another machine, in the story's time: whoever sets this one's clock does not set that one's."""
        return cast("FakeClock", self.clock).machine.true_wall


class StoryFailoverLedger(_InHand, FailoverLedger):
    """The ledger that goes on in memory when the store is gone. It is closed, not dropped."""

    def die(self) -> None:
        """Nothing: it is closed in `bury`."""

    async def bury(self) -> None:
        await self.close()


class CampusEquipment(Equipment):
    """A campus where the wire would be: nothing is opened, nothing needs to be given back."""

    def __init__(self, gear: Gear, tools: Tools, closing: Any, campus_for: Callable[[Held], InProcessCampus]) -> None:
        super().__init__(gear, tools, closing)
        self._campus_for = campus_for

    async def open_senders(self, settings: NodeSettings) -> None:
        """The campus has them."""

    async def fit(self, held: Held) -> None:
        for name, part in self._campus_for(held).equipment().items():
            setattr(self._gear, name, part)


class StoryDaemon(Daemon):
    """The daemon's own wiring, with a campus where the wire would be and without listeners."""

    def __init__(
        self,
        folder: Path,
        settings: NodeSettings,
        clock: FakeClock,
        campus_for: Callable[[Held], InProcessCampus],
        before_commit: Callable[[], None],
        committed: Callable[[Sequence[Event]], None],
        *,
        failover: bool,
    ) -> None:
        """`before_commit` runs on the writer's thread; `committed` hears each group before anybody acts on it: of the
        store on disk also those that left no event.
        """
        super().__init__(folder, settings, clock)
        self.sets = _SetsReadOnce(folder, self.state, settings)
        self._fake, self._campus_for = clock, campus_for
        self._before_commit, self._committed, self._failover = before_commit, committed, failover
        self.book: StoryLedger | StoryPostgresLedger | StoryFailoverLedger

    async def _open_ledger(self) -> Any:
        path, node, boot, address = self.store.path, self.settings.node, self._fake.machine.read, self.store.address
        if self._failover:
            patience = self.settings.commit_patience
            failover = await StoryFailoverLedger.open(
                path,
                node,
                self.clock,
                address=address,
                boot=boot,
                before_commit=self._before_commit,
                patience=patience,
                probe_every=0.05,
            )
            failover.on_gone(self._store_gone)
            failover.on_back(self._store_back)
            failover.follow(self._committed)
            self.book = cast("StoryFailoverLedger", failover)
        else:
            hook = self._before_commit
            kept = (
                await StoryLedger.open(path, node, self.clock, boot=boot, before_commit=hook)
                if address is None
                else await StoryPostgresLedger.open(
                    path, node, self.clock, address=address, boot=boot, before_commit=hook
                )
            )
            self.book = cast("StoryLedger | StoryPostgresLedger", kept)
            self.book.committed = self._committed
        return self.book

    def _equipment(self) -> Equipment:
        return CampusEquipment(self.gear, self.tools, self._closing.append, self._campus_for)

    async def _listen(self, held: Held) -> None:
        """Nobody comes by the wire: people and providers of a story speak to the commands themselves."""

    async def forever(self) -> None:
        """Everything that runs as long as the daemon does; ends only by a fault of ours."""
        await asyncio.gather(*self._parts())

    async def bury(self) -> None:
        """Give back what a dropped process holds."""
        await self.book.bury()
        await self.tools.http.close()


_READ: dict[tuple[tuple[str, bytes], ...], Held] = {}


class _SetsReadOnce(PublishedSets):
    """Reading is pure: a process that starts a hundred times on the same files reads them once."""

    def as_published(self, files: Mapping[str, bytes], version: int) -> Held:
        return self._once("", super().as_published, files, version)

    def remembers(self, files: Mapping[str, bytes]) -> bool:
        """Always: a story starts no process of its own to check."""
        return True

    def checked(self, files: Mapping[str, bytes], version: int) -> Held:
        return self._once("checked", super().checked, files, version)

    def _once(
        self, how: str, read: Callable[[Mapping[str, bytes], int], Held], files: Mapping[str, bytes], version: int
    ) -> Held:
        key = (*sorted(files.items()), (how, repr(self._settings.senders).encode()))
        if key not in _READ:
            if len(_READ) > 20:
                _READ.clear()
            _READ[key] = read(files, version)
        return replace(_READ[key], version=version)
