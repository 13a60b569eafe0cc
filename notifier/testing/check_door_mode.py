"""What a door driver promises about the mode of a controller that it locks by: it says so, and it can leave it.

A door that stays in lockdown when the response is over refuses every badge, and nobody knows why.
"""

from __future__ import annotations

from contextlib import suppress

from notifier.errors import AdapterError, Reason, WillNotWork
from notifier.interfaces import DoorDriver
from notifier.model.door import Lock, Mode
from notifier.testing.door_bench import DoorBench, Trouble
from notifier.testing.scrutiny import (
    DEAD,
    FAILS,
    BrokenPromise,
    Make,
    failure_of,
    must,
    opened,
    possible,
    read_door,
    within,
)


async def says_whether_it_locks_by_a_mode(make: Make, bench: DoorBench) -> None:
    async with opened(make) as driver:
        by_mode = driver.locks_down(bench.door)
        before = await read_door(driver, bench.door)
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
        after = await read_door(driver, bench.door)
        if not by_mode:
            must(before.mode is after.mode is None, "It tells a mode, and says that it does not lock by one.")
            try:
                await within(driver.release(bench.door))
            except WillNotWork as error:
                must(error.reason is Reason.NOT_SUPPORTED, f"There is no mode to leave; that is no {error.reason}.")
                return
            raise BrokenPromise("release() says that it worked, and there is no mode to leave.")
    must(driver.leaves != DoorDriver.leaves, "It locks by a mode, and `leaves` tells technicians of a plain output.")
    must(before.mode is Mode.NORMAL, f"Nothing has locked the door down, and its mode reads {before.mode}.")
    must(after.mode is Mode.LOCKDOWN, f"The door was locked down, and its mode reads {after.mode}.")
    must(bench.shuts_out(), "The mode reads lockdown, and a badge opens the door.")


async def leaves_the_mode_with_the_lock_thrown(make: Make, bench: DoorBench) -> None:
    for schedule_opens in (False, not bench.schedule_wins):
        async with opened(make) as driver:
            if not driver.locks_down(bench.door):
                return
            bench.stands_locked()
            await within(driver.secure(bench.door))
            await bench.let_it_travel()
            if schedule_opens:
                bench.schedule_would_open()
            for _ in range(2):
                await within(driver.release(bench.door))
                await bench.let_it_travel()
                must(bench.holds(), "release() opened a door that was locked before.")
                must(not bench.shuts_out(), "release() returned, and badges are still refused.")
            reading = await read_door(driver, bench.door)
        must(reading.mode is Mode.NORMAL, f"The door has left lockdown, and its mode reads {reading.mode}.")
        expected = Lock.SECURED if bench.proves else Lock.UNKNOWN
        must(reading.lock is expected, f"A lock that holds after a release reads {reading.lock}.")


async def opens_nothing_that_was_not_locked_down(make: Make, bench: DoorBench) -> None:
    async with opened(make) as driver:
        if not driver.locks_down(bench.door):
            return
        bench.stands_locked()
        await within(driver.release(bench.door))
        await bench.let_it_travel()
        must(bench.holds(), "release() opened a door that was in no lockdown.")
        must(not bench.shuts_out(), "release() put a door into lockdown.")


async def says_what_became_of_a_release(make: Make, bench: DoorBench) -> None:
    async with opened(make) as driver:
        if not driver.locks_down(bench.door):
            return
        bench.stands_locked()
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
        if (stranger := bench.stranger()) is not None:
            error = await failure_of(driver.release(stranger), "release")
            refused = isinstance(error, WillNotWork) and error.reason is Reason.CREDENTIALS
            must(
                refused, f"A refused login is WillNotWork(CREDENTIALS), so that a technician is told; it was {error!r}."
            )
        for trouble in possible(bench, tuple(FAILS)):
            bench.inflict(trouble)
            error = await failure_of(driver.release(bench.door), "release")
            must(isinstance(error, FAILS[trouble]), f"The device {trouble}; that is not a {type(error).__name__}.")
            bench.mend()
        await bench.let_it_travel()
        must(bench.holds(), "A release that failed has opened the lock.")
        await within(driver.release(bench.door))
        must(not bench.shuts_out(), "After the wire was mended the driver does not reach the mode any more.")


async def believes_no_release_that_was_not_done(make: Make, bench: DoorBench) -> None:
    async with opened(make) as driver:
        if not driver.locks_down(bench.door):
            return
        bench.stands_locked()
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
        bench.inflict(Trouble.DEAF)
        with suppress(AdapterError):
            await within(driver.release(bench.door))
        must(bench.shuts_out(), "The bench obeyed although it was told to be deaf.")
        reading = await read_door(driver, bench.door)
        must(reading.mode is not Mode.NORMAL, "The device answered and did nothing, and the mode reads normal.")
        for trouble in possible(bench, DEAD):
            bench.mend()
            bench.inflict(trouble)
            mode = (await read_door(driver, bench.door)).mode
            must(mode is None, f"The device {trouble}, and the mode reads {mode}: a guess.")


MODE_PROMISES = (
    says_whether_it_locks_by_a_mode,
    leaves_the_mode_with_the_lock_thrown,
    opens_nothing_that_was_not_locked_down,
    says_what_became_of_a_release,
    believes_no_release_that_was_not_done,
)
"""A driver that commands a plain output says so, and the others ask nothing more of it."""
