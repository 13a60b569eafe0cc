"""The suite that every signal driver keeps: strobes, signs and beacons. Used like `check_door_driver`."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable

from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import SignalDriver
from notifier.testing.door_bench import Arrived, SignalBench, Trouble
from notifier.testing.scrutiny import assert_hidden, failure_of, listening, must, opened, within

Make = Callable[[], SignalDriver]
Promise = Callable[[Make, SignalBench], Awaitable[None]]

DEAD = (Trouble.CUT, Trouble.HANGS, Trouble.BROKEN, Trouble.NONSENSE)


async def goes_on_and_off_and_says_so(make: Make, bench: SignalBench) -> None:
    async with opened(make) as driver:
        for on in (True, True, False, False):
            await within(driver.set_signal(bench.signal, on))
            must(bench.lit() is on, f"set_signal({on}) returned and the output is {'on' if bench.lit() else 'off'}.")
            said = await within(driver.read_signal(bench.signal))
            must(said is on, f"The output was told {on} and reads {said}.")


async def reads_nothing_over_a_dead_wire(make: Make, bench: SignalBench) -> None:
    async with opened(make) as driver:
        await within(driver.set_signal(bench.signal, True))
        for trouble in (each for each in DEAD if each not in bench.cannot):
            bench.inflict(trouble)
            said = await within(driver.read_signal(bench.signal))
            must(said is None, f"The device {trouble}, and the driver still says {said}: a guess.")
            bench.mend()


async def says_what_became_of_a_command(make: Make, bench: SignalBench) -> None:
    expected = {Trouble.CUT: TryAgain, Trouble.HANGS: OutcomeUnknown, Trouble.BROKEN: TryAgain}
    async with opened(make) as driver:
        for trouble in (each for each in expected if each not in bench.cannot):
            bench.inflict(trouble)
            error = await failure_of(driver.set_signal(bench.signal, True), "set_signal")
            must(isinstance(error, expected[trouble]), f"The device {trouble}; that is not a {type(error).__name__}.")
            bench.mend()


async def says_that_a_login_is_refused(make: Make, bench: SignalBench) -> None:
    stranger = bench.stranger()
    if stranger is None:
        return
    async with opened(make) as driver:
        error = await failure_of(driver.set_signal(stranger, True), "set_signal")
        must(
            isinstance(error, WillNotWork) and error.reason is Reason.CREDENTIALS,
            f"A refused login is WillNotWork(CREDENTIALS), so that a technician is told; it was {error!r}.",
        )


async def switches_nothing_when_it_reads(make: Make, bench: SignalBench) -> None:
    async with opened(make) as driver:
        await within(driver.read_signal(bench.signal))
    must(set(bench.arrived()) == {Arrived.READ}, "Reading a signal sent it a command.")


async def leaks_no_secret(make: Make, bench: SignalBench) -> None:
    with listening(bench.loggers) as written:
        async with opened(make) as driver:
            for trouble in (None, *(each for each in Trouble if each not in bench.cannot)):
                if trouble is not None:
                    bench.inflict(trouble)
                try:
                    await within(driver.set_signal(bench.stranger() or bench.signal, True))
                except AdapterError as error:
                    written.append("".join(traceback.format_exception(error)))
                await within(driver.read_signal(bench.signal))
                bench.mend()
            written.extend((repr(driver), str(vars(driver))))
    assert_hidden(bench.secrets, written)


SIGNAL_PROMISES: tuple[Promise, ...] = (
    goes_on_and_off_and_says_so,
    reads_nothing_over_a_dead_wire,
    says_what_became_of_a_command,
    says_that_a_login_is_refused,
    switches_nothing_when_it_reads,
    leaks_no_secret,
)
"""Each needs a bench that was just entered, and leaves it in any state."""


async def check_signal_driver(make: Make, make_bench: Callable[[], SignalBench]) -> None:
    """Every promise in turn, each on its own bench, for authors without pytest; raises the first broken one."""
    for promise in SIGNAL_PROMISES:
        async with make_bench() as bench:
            await promise(make, bench)
