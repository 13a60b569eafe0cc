"""Time, handed in. The only file that asks what time it is.

Two kinds of time, never mixed:

- *steady* time, seconds as float: what `due`, leases and tokens use. Within one boot it only goes forward and no
  change of the wall clock moves it (ARCHITECTURE, decision 6).
- *wall* time, an aware UTC datetime: for people and calendars, written beside.
"""

from __future__ import annotations

import asyncio
import ctypes
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Kept:
    """What the kernel says of how the wall clock is kept."""

    right: bool
    """Whether something (NTP, PTP, a GPS receiver) keeps it right."""
    error: float
    """How far off it may be at most, seconds; the kernel lets it grow while nobody sets it."""


class Clock(ABC):
    """What everything that waits or stamps is handed."""

    @abstractmethod
    def now(self) -> float:
        """Steady ledger time in seconds."""

    @abstractmethod
    def wall(self) -> datetime:
        """Wall time, UTC, for people."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Wait on steady time."""

    def kept(self) -> Kept | None:
        """Whether something keeps the wall clock right; None: this clock cannot know."""
        return None

    async def sleep_until(self, when: float) -> None:
        await self.sleep(max(0.0, when - self.now()))


@dataclass(frozen=True, slots=True)
class BootReading:
    """One reading of the machine's own clocks, to be stored and continued from."""

    boot_id: str
    boottime: float
    """CLOCK_BOOTTIME in seconds: counts through suspend, starts at 0 at each boot."""
    wall: float
    """Seconds since 1970 by the wall clock."""


def read_boot() -> BootReading:
    """The machine's clocks now (Linux: proc(5) boot_id, clock_gettime(2) CLOCK_BOOTTIME)."""
    return BootReading(_boot_id(), time.clock_gettime(time.CLOCK_BOOTTIME), time.time())


@cache
def _boot_id() -> str:
    """Read once: no process outlives its boot, and a daemon out of file descriptors must still know the time."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def processor_time(thread: int) -> float:
    """Seconds of processor that a thread of this process has used (`Thread.ident`; pthread_getcpuclockid(3))."""
    return time.clock_gettime(time.pthread_getcpuclockid(thread))


def stopwatch() -> float:
    """A reading in seconds for measuring short spans; means nothing by itself."""
    return time.perf_counter()


class SystemClock(Clock):
    """Steady time continued from an anchor: at CLOCK_BOOTTIME `boottime` it was ledger time `steady`."""

    def __init__(self, steady: float | None = None, boottime: float | None = None) -> None:
        self._boottime = time.clock_gettime(time.CLOCK_BOOTTIME) if boottime is None else boottime
        self._steady = time.time() if steady is None else steady

    def anchor(self, steady: float, boottime: float) -> None:
        """Continue from a stored pair; done once, when the ledger opens."""
        self._steady, self._boottime = steady, boottime

    def now(self) -> float:
        return self._steady + time.clock_gettime(time.CLOCK_BOOTTIME) - self._boottime

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def kept(self) -> Kept | None:
        return _kernel_says()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


UNSYNCHRONISED = 5
"""What adjtimex(2) returns (TIME_ERROR) while nothing keeps the clock."""
TIMEX_BYTES, MAXERROR_AT = 512, 3 * ctypes.sizeof(ctypes.c_long)
"""More than `struct timex` of any Linux; its fourth word is the maximum error in microseconds."""


def _kernel_says() -> Kept | None:
    """Reads only (`modes` 0), which needs no right. None where there is no such call."""
    try:
        asked = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    timex = ctypes.create_string_buffer(TIMEX_BYTES)
    state = asked(timex)
    if state < 0:
        return None
    return Kept(state != UNSYNCHRONISED, ctypes.c_long.from_buffer(timex, MAXERROR_AT).value / 1e6)
