"""Let a door out of the lockdown mode of its controller, and read back that it is out and still locked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from notifier.clock import Clock
from notifier.errors import AdapterError, WillNotWork
from notifier.interfaces import DoorDriver
from notifier.model.door import DoorReading, Lock, Mode
from notifier.model.site import Door

TRIES = 3
"""Unlike an unlock it is told again: it opens nothing, so a repetition can open nothing that was locked meanwhile."""
LOOKS = (0.3, 0.7, 1.5)
"""Seconds until the read-backs: a controller changes its mode at once, a cloud tells its panel within two."""


@dataclass(frozen=True, slots=True)
class LetOut:
    """What became of it."""

    reading: DoorReading
    tries: int
    fault: str
    """Why it was not told, or what the driver said of the last try; empty if it was taken."""

    def done(self, door: Door) -> bool:
        return is_out(door, self.reading)

    @property
    def detail(self) -> str:
        """What the driver said and what was read, as one sentence's end."""
        said = (self.fault.rstrip("."), self.reading.detail.rstrip("."))
        return "; ".join(dict.fromkeys(filter(None, said))) or "no answer"


def is_out(door: Door, reading: DoorReading) -> bool:
    """Out of lockdown and, as far as anything senses it, locked."""
    locked = reading.lock is Lock.SECURED or (not door.can_be_proven and reading.lock is Lock.UNKNOWN)
    return reading.mode is Mode.NORMAL and locked


async def let_out(
    door: Door,
    driver: DoorDriver | None,
    clock: Clock,
    why_not: Callable[[], str],
    read: Callable[[], Awaitable[DoorReading]] | None = None,
) -> LetOut:
    """`why_not` is asked right before each command: a sentence that begins small ends it there and then.

    `read`: how the door is read where this path is not the one that senses its lock.
    """
    if driver is None:
        return LetOut(DoorReading(), 0, f"there is no driver called {door.driver}")
    found = LetOut(DoorReading(), 0, "")
    for tries in range(1, TRIES + 1):
        if fault := why_not():
            return LetOut(found.reading, tries - 1, fault)
        useless = False
        try:
            await driver.release(door)
        except AdapterError as error:
            fault, useless = str(error), isinstance(error, WillNotWork)
        except Exception as error:  # a fault of ours in a driver must not keep the response from closing
            fault = f"a fault of ours, {error!r}"
        for look in LOOKS:
            await clock.sleep(look)
            found = LetOut(await (driver.read(door) if read is None else read()), tries, fault)
            if found.done(door) or useless:
                return found
    return found


def words_of(door: Door, found: LetOut) -> str:
    """What people are told of a door that is not out, or is out and not locked."""
    mode = found.reading.mode
    if mode is Mode.NORMAL:
        return (
            f"{door.title} has left lockdown mode and does NOT read locked: {found.detail}. Look at it: the schedule "
            "of its controller may hold it open."
        )
    sure = "is still" if mode is Mode.LOCKDOWN else "may still be"
    return (
        f"{door.title} {sure} in lockdown mode at its controller: {found.detail}. Its badges and schedules do nothing "
        "until somebody releases it there."
    )
