"""Steady ledger time over restarts (ARCHITECTURE, decision 6), as pure functions of stored and fresh readings."""

from __future__ import annotations

from dataclasses import dataclass

from notifier.clock import BootReading

JUMP_LIMIT = 24 * 3600.0
"""A new boot that reads the wall this far above the newest ledger time may have a wrong clock; the engine asks."""

STEP_LIMIT = 2.0
"""Seconds; time services slew smaller errors away, so anything above was a step."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the `node` table keeps: ledger time `steady` was read together with `reading`."""

    steady: float
    reading: BootReading


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where ledger time goes on: at CLOCK_BOOTTIME `boottime` it is `steady`."""

    steady: float
    boottime: float
    jump: float | None
    """Seconds that a new boot's wall clock stands above the newest ledger time, if more than a day."""


def resume(stored: Stored | None, newest: float | None, now: BootReading) -> Resumed:
    """Continue from the stored pair within one boot; else take the wall, floored at the newest ledger time.

    `newest`: ledger time of the newest event that this store holds.
    """
    floor = max((time for time in (newest, stored.steady if stored else None) if time is not None), default=None)
    if stored is not None and stored.reading.boot_id == now.boot_id:
        continued = stored.steady + now.boottime - stored.reading.boottime
        return Resumed(continued if floor is None else max(continued, floor), now.boottime, None)
    if floor is None:
        return Resumed(now.wall, now.boottime, None)
    ahead = now.wall - floor
    return Resumed(max(now.wall, floor), now.boottime, ahead if ahead > JUMP_LIMIT else None)


def wall_step(before: BootReading, now: BootReading) -> float:
    """Seconds that the wall clock moved beside CLOCK_BOOTTIME; 0.0 over a restart, where nothing can be compared."""
    if before.boot_id != now.boot_id:
        return 0.0
    return (now.wall - before.wall) - (now.boottime - before.boottime)


def has_stepped(before: BootReading, now: BootReading) -> bool:
    """Whether somebody moved the wall clock by more than 2 s; it moves no timer, but people should know."""
    return abs(wall_step(before, now)) > STEP_LIMIT
