"""The suite that every door driver keeps: what `DoorDriver` promises, checked against a small fake device.

    @pytest.mark.parametrize("promise", DOOR_PROMISES, ids=lambda promise: promise.__name__)
    async def test_keeps(promise):
        async with AcmeBench() as bench:
            await promise(lambda: Acme(tools), bench)

`make` builds a new driver that is not open yet; the bench's door sets time limits far below `PATIENCE`. A broken
promise raises `BrokenPromise` with one sentence that says what would go wrong at a school.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable

from notifier.errors import AdapterError, Reason, WillNotWork
from notifier.model.door import Lock
from notifier.testing.check_door_mode import MODE_PROMISES
from notifier.testing.door_bench import Arrived, Bench, DoorBench, Trouble
from notifier.testing.scrutiny import (
    DEAD,
    FAILS,
    PATIENCE,
    Make,
    Promise,
    assert_hidden,
    failure_of,
    listening,
    must,
    opened,
    possible,
    read_door,
    within,
)

__all__ = ["DOOR_PROMISES", "Make", "Promise", "check_door_driver"]


async def secures_and_reads_it_back(make: Make, bench: DoorBench) -> None:
    async with opened(make) as driver:
        before = await read_door(driver, bench.door)
        opened_lock = Lock.UNSECURED if bench.proves else Lock.UNKNOWN
        must(before.lock is opened_lock, f"An open lock with a working contact reads {before.lock}.")
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
        must(bench.holds(), "secure() returned and the lock was never thrown.")
        after = await read_door(driver, bench.door)
    expected = Lock.SECURED if bench.proves else Lock.UNKNOWN
    must(after.lock is expected, f"A lock that holds and says so reads {after.lock}: {after.detail}")
    must(after.detail != "", "A reading says nothing in words.")


async def opens_it_again_when_asked(make: Make, bench: DoorBench) -> None:
    async with opened(make) as driver:
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
        await within(driver.restore(bench.door))
        await bench.let_it_travel()
        must(not bench.holds(), "restore() returned and the lock still holds: a responder stands before it.")
        reading = await read_door(driver, bench.door)
    expected = Lock.UNSECURED if bench.proves else Lock.UNKNOWN
    must(reading.lock is expected, f"A lock that was opened reads {reading.lock}.")


async def is_harmless_to_repeat(make: Make, bench: DoorBench) -> None:
    async with opened(make) as driver:
        for _ in range(3):
            await within(driver.secure(bench.door))
            await bench.let_it_travel()
            must(bench.holds(), "A repeated secure() opened the lock: it toggles instead of commanding.")


async def follows_the_wiring_of_the_site_file(make: Make, bench: DoorBench) -> None:
    rewired = bench.rewired()
    if rewired is None:
        return
    async with opened(make) as driver:
        await within(driver.restore(rewired))
        await bench.let_it_travel()
    must(bench.holds(), "The driver does not heed `secured_when`: half of all doors would open in a lockdown.")


async def takes_no_relay_for_a_proof(make: Make, bench: DoorBench) -> None:
    if Trouble.LIES in bench.cannot:
        return
    async with opened(make) as driver:
        bench.inflict(Trouble.LIES)
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
        reading = await read_door(driver, bench.door)
    must(reading.lock is not Lock.SECURED, "The relay says on, the contact says open, and the driver says secured.")


async def does_not_know_a_lock_without_a_contact(make: Make, bench: DoorBench) -> None:
    blind = bench.blind()
    if blind is None:
        return
    async with opened(make) as driver:
        await within(driver.secure(blind))
        await bench.let_it_travel()
        reading = await read_door(driver, blind)
    must(reading.lock is Lock.UNKNOWN, f"A lock that nothing senses reads {reading.lock}; nobody can know that.")
    must(reading.detail != "", "A lock that nothing senses is unknown, and no word says why.")


async def does_not_know_a_lock_whose_contact_is_silent(make: Make, bench: DoorBench) -> None:
    if Trouble.SILENT_CONTACT in bench.cannot:
        return
    async with opened(make) as driver:
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
        bench.inflict(Trouble.SILENT_CONTACT)
        reading = await read_door(driver, bench.door)
    must(reading.lock is Lock.UNKNOWN, f"The contact says nothing, and the lock reads {reading.lock}.")


async def reads_unknown_over_a_dead_wire(make: Make, bench: DoorBench) -> None:
    async with opened(make) as driver:
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
        await read_door(driver, bench.door)
        for trouble in possible(bench, DEAD):
            bench.inflict(trouble)
            reading = await read_door(driver, bench.door)
            must(
                reading.lock is Lock.UNKNOWN and reading.relay_on is None,
                f"The device {trouble}, and the driver still says {reading.lock}, relay {reading.relay_on}: a guess.",
            )
            must(reading.detail != "", f"The device {trouble}, and no word says so.")
            health = await within(driver.check(bench.door))
            must(not health.well and health.text != "", f"check() says that a device is well that {trouble}.")
            bench.mend()


async def says_what_became_of_a_command(make: Make, bench: DoorBench) -> None:
    async with opened(make) as driver:
        for trouble in possible(bench, tuple(FAILS)):
            bench.inflict(trouble)
            error = await failure_of(driver.secure(bench.door), "secure")
            must(isinstance(error, FAILS[trouble]), f"The device {trouble}; that is not a {type(error).__name__}.")
            bench.mend()
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
    must(bench.holds(), "After the wire was mended the driver does not reach the lock any more.")


async def says_that_a_login_is_refused(make: Make, bench: DoorBench) -> None:
    stranger = bench.stranger()
    if stranger is None:
        return
    async with opened(make) as driver:
        error = await failure_of(driver.secure(stranger), "secure")
        must(
            isinstance(error, WillNotWork) and error.reason is Reason.CREDENTIALS,
            f"A refused login is WillNotWork(CREDENTIALS), so that a technician is told; it was {error!r}.",
        )
        reading = await read_door(driver, stranger)
        must(reading.lock is Lock.UNKNOWN, "The login is refused and the driver still claims to know the lock.")
        await within(driver.secure(bench.door))


async def switches_nothing_when_it_reads_or_checks(make: Make, bench: DoorBench) -> None:
    async with opened(make) as driver:
        await read_door(driver, bench.door)
        health = await within(driver.check(bench.door))
        must(health.well, f"check() says that a well door is not: {health.text}")
        must(health.text != "", "check() says nothing to the technician.")
    must(set(bench.arrived()) == {Arrived.READ}, "Reading or checking a door sent it a command.")


async def lets_a_command_overtake_questions(make: Make, bench: DoorBench) -> None:
    if Trouble.HOLDS_READS in bench.cannot:
        return
    async with opened(make) as driver:
        await read_door(driver, bench.door)
        before = len(bench.arrived())
        bench.inflict(Trouble.HOLDS_READS)
        polls = [asyncio.ensure_future(driver.read(bench.door)) for _ in range(3)]
        await within(bench.until(_more_than(bench, before)))
        command = asyncio.ensure_future(driver.secure(bench.door))
        # Every started coroutine gets its turn, so the command has taken its place in the queue, if there is one.
        for _ in range(5):
            await asyncio.sleep(0)
        bench.mend()
        await within(asyncio.gather(command, *polls))
    order = bench.arrived()[before:]
    commanded = next(place for place, what in enumerate(order) if what is not Arrived.READ)
    must(commanded <= 1, f"A lock command waited behind {commanded - 1} questions that had not left yet.")


async def leaves_no_queue_locked_when_cancelled(make: Make, bench: DoorBench) -> None:
    if Trouble.HANGS in bench.cannot:
        return
    async with opened(make) as driver:
        bench.inflict(Trouble.HANGS)
        for call in (lambda: driver.secure(bench.door), lambda: driver.read(bench.door)):
            before = len(bench.arrived())
            going = [asyncio.ensure_future(_as_any(call())) for _ in range(2)]
            await within(bench.until(_more_than(bench, before)))
            for task in going:
                task.cancel()
            done, _ = await asyncio.wait(going, timeout=PATIENCE)
            must(len(done) == 2, "A call goes on although it was cancelled.")
            must(all(task.cancelled() for task in done), "A call swallowed its cancellation.")
        bench.mend()
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
        reading = await read_door(driver, bench.door)
    expected = Lock.SECURED if bench.proves else Lock.UNKNOWN
    must(bench.holds() and reading.lock is expected, "After a cancelled call the door is not reached any more.")


async def leaks_no_secret(make: Make, bench: DoorBench) -> None:
    with listening(bench.loggers) as written:
        async with opened(make) as driver:
            doors = [door for door in (bench.door, bench.stranger()) if door is not None]
            for trouble in (None, *possible(bench, tuple(Trouble))):
                if trouble is not None:
                    bench.inflict(trouble)
                for door in doors:
                    for deed in (driver.secure, driver.release):
                        try:
                            await within(deed(door))
                        except AdapterError as error:
                            written.append("".join(traceback.format_exception(error)))
                    written.append(repr(await read_door(driver, door)))
                    written.append((await within(driver.check(door))).text)
                bench.mend()
            written.extend((repr(driver), str(vars(driver)), repr(driver.Settings.model_validate(bench.door.settings))))
    assert_hidden(bench.secrets, written)


async def can_be_opened_while_the_device_is_dead(make: Make, bench: DoorBench) -> None:
    if Trouble.CUT in bench.cannot:
        return
    bench.inflict(Trouble.CUT)
    async with opened(make) as driver:
        bench.mend()
        await within(driver.secure(bench.door))
        await bench.let_it_travel()
    must(bench.holds(), "A driver that was opened while its device was dead never reaches it.")


DOOR_PROMISES: tuple[Promise, ...] = (
    secures_and_reads_it_back,
    opens_it_again_when_asked,
    is_harmless_to_repeat,
    follows_the_wiring_of_the_site_file,
    takes_no_relay_for_a_proof,
    does_not_know_a_lock_without_a_contact,
    does_not_know_a_lock_whose_contact_is_silent,
    reads_unknown_over_a_dead_wire,
    says_what_became_of_a_command,
    says_that_a_login_is_refused,
    switches_nothing_when_it_reads_or_checks,
    lets_a_command_overtake_questions,
    leaves_no_queue_locked_when_cancelled,
    *MODE_PROMISES,
    leaks_no_secret,
    can_be_opened_while_the_device_is_dead,
)
"""Each needs a bench that was just entered, and leaves it in any state."""


async def check_door_driver(make: Make, make_bench: Callable[[], DoorBench]) -> None:
    """Every promise in turn, each on its own bench, for authors without pytest; raises the first broken one."""
    for promise in DOOR_PROMISES:
        async with make_bench() as bench:
            await promise(make, bench)


def _more_than(bench: Bench, count: int) -> Callable[[], bool]:
    return lambda: len(bench.arrived()) > count


async def _as_any(call: Awaitable[object]) -> object:
    return await call
