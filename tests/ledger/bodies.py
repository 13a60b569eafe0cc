"""What the tests of this room share: stores opened with the suite's queries, and clocks that can be stepped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from notifier.clock import BootReading, SystemClock
from notifier.ledger.failover import FailoverLedger
from notifier.ledger.named_queries import load_queries
from notifier.ledger.sqlite import SqliteLedger
from notifier.testing.check_ledger import LEDGER_QUERIES

QUERIES = load_queries(LEDGER_QUERIES)

PATIENCE = 1.0
"""Seconds for a commit. With the 0.25 s of a daemon, a machine that is busy with other tests is taken for a store that
hangs, and a second absence begins in the middle of the one that is looked at."""


class Machine:
    """A machine whose clocks a test sets: time passes, the wall is moved, it boots again."""

    def __init__(self, wall: float = 1_790_000_000.0) -> None:
        self.boot_id, self.boottime, self.wall = "first-boot", 100.0, wall

    def reading(self) -> BootReading:
        return BootReading(self.boot_id, self.boottime, self.wall)

    def passes(self, seconds: float) -> None:
        self.boottime += seconds
        self.wall += seconds

    def boots_again(self, wall: float) -> None:
        self.boot_id, self.boottime, self.wall = f"{self.boot_id}+", 5.0, wall


class MachineClock(SystemClock):
    """The system's clock, on a machine of the test's."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine.wall, machine.boottime)
        self._machine = machine

    def now(self) -> float:
        return self._steady + self._machine.boottime - self._boottime

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self._machine.wall, UTC)


@asynccontextmanager
async def opened(folder: Path, **how: Any) -> AsyncIterator[SqliteLedger]:
    clock = how.pop("clock", None) or SystemClock()
    ledger = await SqliteLedger.open(folder / "store.db", "desk", clock, queries=QUERIES, **how)
    try:
        yield ledger
    finally:
        await ledger.close()


@asynccontextmanager
async def opened_with_failover(folder: Path, **how: Any) -> AsyncIterator[FailoverLedger]:
    how = {"probe_every": 0.02, "patience": PATIENCE, **how}
    clock = how.pop("clock", None) or SystemClock()
    ledger = await FailoverLedger.open(folder / "store.db", "desk", clock, queries=QUERIES, **how)
    try:
        yield ledger
    finally:
        await ledger.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that another thread brings about; the test's own time limit ends it."""
    while not holds():  # noqa: ASYNC110 -- a store comes back without anything to await
        await asyncio.sleep(0.005)
