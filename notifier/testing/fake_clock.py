"""A clock that a test moves: minutes pass in milliseconds, and nothing is skipped on the way.

    clock = FakeClock()
    …                                       # everything that waits or stamps is handed `clock`
    await clock.advance("90s")              # from due time to due time, and at each until all is settled
    clock.steps_wall("+1h")                 # what people read moves; steady time does not

*Settled* means that nothing will happen any more unless time goes on: the loop has nothing left to run, and whatever is
watched (a ledger's writer thread) has nothing in hand. What waits for the clock itself, such as an exchange with a
provider that hangs, is settled: only time can end it. Sockets know nothing of this clock, so it moves none of them.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from notifier.clock import BootReading, Kept, SystemClock
from notifier.model.words import parse_duration

MORNING = datetime(2026, 9, 1, 15, 0, tzinfo=UTC).timestamp()
"""A Tuesday in term, ten o'clock in Chicago."""
PATIENCE = 10.0
"""Real seconds in which everything must settle; a healthy story needs milliseconds."""
QUIET_TURNS = 25
"""Turns of a loop that does not show what it has ready, after which it counts as idle."""


class NotSettledError(AssertionError):
    """Time could not go on, because something went on by itself; says what."""


class Watched(Protocol):
    """Something that works beside the loop."""

    @property
    def busy(self) -> int:
        """How many things it has in hand."""

    async def quiet(self) -> None:
        """Returns when it may have nothing in hand."""


def seconds(written: str | float) -> float:
    """Seconds from "90s" or "-1h"; a number is taken as it is."""
    if not isinstance(written, str):
        return float(written)
    sign = -1.0 if written.startswith("-") else 1.0
    return sign * float(parse_duration(written.lstrip("+-")))


@dataclass
class Machine:
    """The clocks of one machine, which stand still until they are moved."""

    wall: float = MORNING
    """Seconds since 1970 by the wall clock."""
    elapsed: float = 1000.0
    """Seconds of true time: nothing ever moves it but time."""
    boots: int = 1
    booted_at: float = 0.0
    kept: Kept | None = field(default_factory=lambda: Kept(right=True, error=0.01))
    """What the kernel would say of the wall clock."""
    sleepers: list[tuple[float, int, asyncio.Future[None]]] = field(default_factory=list)
    order: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._began = self.wall - self.elapsed

    @property
    def boottime(self) -> float:
        return self.elapsed - self.booted_at

    @property
    def true_wall(self) -> float:
        """What a wall clock says that nobody ever sets: that of another machine."""
        return self._began + self.elapsed

    def read(self) -> BootReading:
        """What `notifier.clock.read_boot` would say here."""
        return BootReading(f"boot-{self.boots}", self.boottime, self.wall)

    def reboots(self) -> None:
        """The machine itself starts anew: CLOCK_BOOTTIME begins at 0 and the wall clock is all that is left."""
        self.boots += 1
        self.booted_at = self.elapsed

    def next_due(self) -> float | None:
        while self.sleepers and self.sleepers[0][2].done():
            heapq.heappop(self.sleepers)
        return self.sleepers[0][0] if self.sleepers else None

    def move_to(self, elapsed: float) -> None:
        """Time goes on; whoever's time has come wakes."""
        self.wall += max(0.0, elapsed - self.elapsed)
        self.elapsed = max(elapsed, self.elapsed)
        while self.sleepers and self.sleepers[0][0] <= self.elapsed:
            _, _, sleeper = heapq.heappop(self.sleepers)
            if not sleeper.done():
                sleeper.set_result(None)


class FakeClock(SystemClock):
    """What a process on that machine reads; a ledger anchors it as it anchors the real one."""

    def __init__(self, machine: Machine | None = None) -> None:
        self.machine = machine or Machine()
        self.watched: list[Watched] = []
        self.open_work: Callable[[], str] = lambda: ""
        """Says in words what is going on, for the message when something does not settle."""
        super().__init__(self.machine.wall, self.machine.boottime)

    def now(self) -> float:
        return self._steady + self.machine.boottime - self._boottime

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self.machine.wall, UTC)

    def kept(self) -> Kept | None:
        return self.machine.kept

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        sleeper = asyncio.get_running_loop().create_future()
        # However short: a sleep that ends where it began would keep its caller turning for ever.
        until = max(self.machine.elapsed + seconds, math.nextafter(self.machine.elapsed, math.inf))
        heapq.heappush(self.machine.sleepers, (until, next(self.machine.order), sleeper))
        await sleeper

    # -------------------------------------------------------------------------------------------- moved by the test

    async def advance(
        self,
        span: str | float,
        between: Callable[[], Awaitable[None]] | None = None,
        until: Callable[[], bool] | None = None,
    ) -> None:
        """Let `span` pass ("90s", or seconds), settling at every time at which something is due.

        `between` is awaited after each settling. `until` ends it early. Raises NotSettledError.
        """
        end = self.machine.elapsed + seconds(span)
        while True:
            await self.settle()
            if between is not None:
                await between()
            if until is not None and until():
                return
            due = self.machine.next_due()
            if due is None or due > end:
                break
            self.machine.move_to(due)
        self.machine.move_to(end)
        await self.settle()
        if between is not None:
            await between()

    async def tick(self) -> None:
        """Settle, go on to the next time at which something is due, and settle there."""
        await self.settle()
        due = self.machine.next_due()
        if due is None:
            raise NotSettledError(f"Nothing waits for the clock any more. {self.open_work()}".strip())
        self.machine.move_to(due)
        await self.settle()

    async def settle(self) -> None:
        """Until nothing will happen any more unless time goes on; NotSettledError after 10 s of real time."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._settled()
        except TimeoutError:
            busy = [f"{type(each).__name__} has {each.busy} in hand" for each in self.watched if each.busy]
            said = ", ".join(filter(None, [*busy, self.open_work()])) or "the loop never runs out of work"
            raise NotSettledError(f"Not settled after {PATIENCE:g} s of real time: {said}.") from None

    async def _settled(self) -> None:
        while True:
            await _idle_loop()
            working = [each for each in self.watched if each.busy]
            if not working:
                return
            for each in working:
                await each.quiet()

    def steps_wall(self, by: str | float) -> None:
        """Somebody sets the wall clock ("+1h", "-1d"); true time knows nothing of it."""
        self.machine.wall += seconds(by)


async def _idle_loop() -> None:
    """Until the loop has nothing to run but us."""
    ready = vars(asyncio.get_running_loop()).get("_ready")
    if ready is None:
        for _ in range(QUIET_TURNS):
            await asyncio.sleep(0)
        return
    while True:
        await asyncio.sleep(0)
        if not ready:
            return
